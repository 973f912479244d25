import { Wallet } from "ethers";
import { ACCOUNTS } from "../../../../examples/demo/setting.js";
import { ANVIL_KEYS } from "../../../../src/chain/anvil.js";
import { accountOf, encodeAttest, signBook } from "../../../../src/chain/attest.js";
import { Forger } from "../forgery.js";
import { AFTER_WITHDRAWAL, accountIdOf, disclosed, disclosedWithin, openingOf } from "../openings.js";
import { type Recording, runOptions } from "../recording.js";
import { resubmit } from "./proofs.js";
import { bookOf, LINES, type Tampering } from "./tampering.js";

const OTHER_BOOK = [{ asset: "USDC", spot: "1", perp: "0" }];

/** Ways to disclose what does not fit the record. */
export const OPENING_TAMPERINGS: readonly Tampering[] = [
  // disclosed openings
  {
    code: "opening-commitment",
    what: "a book with a unit more",
    lines: LINES.books,
    tamper: () => {
      const honest = openingOf("carry", 1);
      const spot = honest.opening.spot.map((quantity, u) => (u === 1 ? quantity + 1n : quantity));
      return disclosed({ ...honest, opening: { ...honest.opening, spot } });
    },
  },
  {
    code: "opening-commitment",
    what: "another salt",
    lines: LINES.books,
    tamper: () => {
      const honest = openingOf("carry", 1);
      return disclosed({ ...honest, opening: { ...honest.opening, salt: honest.opening.salt + 1n } });
    },
  },
  {
    code: "opening-contradiction",
    what: "two openings of one book",
    lines: LINES.books,
    tamper: () => disclosed(openingOf("carry", 1), openingOf("carry", 1, OTHER_BOOK)),
  },
  {
    code: "opening-bounds",
    what: "two kinds of collateral in an isolated account",
    lines: LINES.books,
    tamper: (log) => {
      log.edit("AccountOpened", 2, () => ({ isolated: true }));
      return disclosed(openingOf("ether", 1));
    },
  },
  {
    code: "opening-unknown",
    what: "an opening of a book that nobody attested",
    lines: LINES.books,
    tamper: () => disclosed(openingOf("carry", 99)),
  },
  {
    code: "opening-epoch",
    what: "an opening of another epoch",
    lines: LINES.books,
    tamper: () => disclosed({ ...openingOf("carry", 1), epoch: 7n }),
  },
  {
    code: "opening-unknown",
    what: "a scope of an account that nobody opened",
    lines: LINES.books,
    tamper: () => disclosedWithin([{ account: "nobody's", first: 0n, last: 9n }]),
  },
  {
    code: "opening-gap",
    what: "books 1 and 3, and not 2",
    lines: LINES.nextDay,
    tamper: () =>
      disclosedWithin(
        [{ account: ACCOUNTS.ether.account, first: 1n, last: 3n }],
        openingOf("ether", 1),
        openingOf("ether", 3, AFTER_WITHDRAWAL),
      ),
  },
  {
    code: "opening-gap",
    what: "every book, and no opening",
    lines: LINES.books,
    tamper: () => disclosedWithin([{ account: ACCOUNTS.carry.account, first: 0n, last: 2n ** 53n - 1n }]),
  },
  {
    code: "opening-gap",
    what: "every book of an account by its id, and no opening",
    lines: LINES.books,
    tamper: (log) => {
      const id = accountIdOf(log, "carry");
      return disclosedWithin([{ account: ACCOUNTS.carry.account, id, first: 0n, last: 9n }]);
    },
  },
  {
    code: "opening-ambiguous",
    what: "an altered book, which a stranger's account of the same name attests",
    lines: LINES.books,
    tamper: async (log) => {
      await attestAltered(log);
      return disclosed(openingOf("carry", 1, OTHER_BOOK));
    },
  },
  {
    code: "opening-commitment",
    what: "the same, by a disclosure that says which account it is of",
    lines: LINES.books,
    tamper: async (log) => {
      await attestAltered(log);
      const scope = { account: ACCOUNTS.carry.account, id: accountIdOf(log, "carry"), first: 1n, last: 1n };
      return disclosedWithin([scope], openingOf("carry", 1, OTHER_BOOK));
    },
  },
  {
    code: "opening-verdict",
    what: "a forged proof, which the development key takes, of a book that was disclosed",
    lines: LINES.proven,
    tamper: async (log) => {
      await overstate(log);
      return disclosed(openingOf("carry", 1));
    },
  },
  {
    code: "opening-verdict",
    what: "the same, after a stranger's account of the same name attested the same commitment",
    lines: LINES.proven,
    tamper: async (log) => {
      await overstate(log);
      await attestAsStranger(log, bookOf(log, log.find("ProofAccepted", 0).fields.account));
      return disclosed(openingOf("carry", 1));
    },
  },
];

/** Puts a proof of more than is true in place of the first, forged under the development key. */
async function overstate(log: Recording): Promise<void> {
  const { key } = await runOptions();
  const { account } = log.find("ProofAccepted", 0).fields;
  const claim = 60_000n | (1n << 30n);
  const { x, y } = log.find("RoundCommitted", -1).fields;
  const forger = await Forger.of(key.verificationKey);
  const proof = forger.forge({ x, y }, bookOf(log, account).fields.commitment, claim);
  log.edit("ProofAccepted", 0, () => ({ claim }));
  resubmit(log, 0, (all, at) => {
    const one = all[at];
    if (one !== undefined) all[at] = { ...one, claim, proof };
  });
}

/** Has a stranger attest another first book of cash-and-carry, for an account of that name of its own. */
export async function attestAltered(log: Recording): Promise<void> {
  const { block, fields } = bookOf(log, accountIdOf(log, "carry"));
  const { commitment } = openingOf("carry", 1, OTHER_BOOK);
  await attestAsStranger(log, { block, fields: { ...fields, commitment } });
}

/** Opens an account of the same name for another owner, in the block of a book, and attests that book for it as well. */
async function attestAsStranger(
  log: Recording,
  { block, fields }: Pick<ReturnType<typeof bookOf>, "block" | "fields">,
): Promise<void> {
  const stranger = new Wallet(ANVIL_KEYS[9]);
  const opened = [0, 1, 2, 3].map((nth) => log.find("AccountOpened", nth).fields);
  const { subaccount, isolated } = opened.find(
    ({ account }) => account === fields.account,
  ) as (typeof opened)[0];
  const account = accountOf(stranger.address, subaccount);
  const { commitment, sequence, asOf, expiresAt } = fields;
  const signers = [stranger.address];
  log.insert(
    { block },
    {
      role: "bookRegistry",
      name: "AccountOpened",
      fields: { account, owner: stranger.address, subaccount, isolated, attesters: signers, threshold: 1n },
    },
  );
  const attested = { account, sequence, commitment, asOf, expiresAt, signers };
  log.insert({ block }, { role: "bookRegistry", name: "BookAttested", fields: attested });
  const { chainId, listing, contracts } = log.deployment;
  const place = { chainId, registry: contracts.bookRegistry.address, listing };
  const book = { account, commitment, sequence, asOf, expiresAt };
  const data = encodeAttest(book, [await signBook(stranger, place, book, stranger.address)]);
  const tx = block.events.at(-1)?.tx ?? 0;
  block.calls.push({ tx, from: stranger.address, to: contracts.bookRegistry.address, data });
}
