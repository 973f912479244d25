import { Wallet } from "ethers";
import { ACCOUNTS } from "../../../examples/demo/setting.js";
import { ANVIL_KEYS } from "../../../src/chain/anvil.js";
import { accountOf, encodeAttest, signBook } from "../../../src/chain/attest.js";
import { submissionsIn } from "../../../src/chain/eventLog/calls.js";
import { encodeEvent } from "../../../src/chain/eventLog/decode.js";
import type { BatchVerifier } from "../../../src/groth16/batchVerifier.js";
import { encodeBatch, Forger } from "./forgery.js";
import { governanceTamperings } from "./governanceTamperings.js";
import { refit, reprofile } from "./market.js";
import { AFTER_WITHDRAWAL, accountIdOf, disclosed, disclosedWithin, openingOf } from "./openings.js";
import { Recording, runOptions } from "./recording.js";
import { edit, type Tampering } from "./tampering.js";

/** Lines up to: the deployment, the last round before any account, the accounts, their books, their proofs … */
const DEPLOYED = 8;
const ROUNDS = 29;
const BOOKS = 42;
const PROVEN = 43;
const SECOND_BOOK = 46;
const RELEASED = 48;
const NEXT_DAY = 60;
const WEEK = 61;
const SETTLED = 114;
const SOLD = 119;
const ALL = 127;

/** The submissions of a call, with one of them replaced. */
function resubmit(
  log: Recording,
  nth: number,
  change: (all: ReturnType<typeof submissionsIn>, at: number) => void,
): void {
  const { block, event, fields } = log.find("ProofAccepted", nth);
  const call = block.calls.find(({ tx }) => tx === event.tx);
  if (call === undefined) throw new RangeError("no call");
  const all = submissionsIn(call.data).map((each) => ({ ...each }));
  change(
    all,
    all.findIndex(({ account }) => account === fields.account),
  );
  call.data = encodeBatch(all);
}

/** Leaves out what the chain counted, of which another kind of finding would come. */
function uncounted(log: Recording): void {
  for (const block of log.blocks) block.counts = null;
}

export const TAMPERINGS: readonly Tampering[] = [
  // the record itself
  edit("log-altered", "another digest", DEPLOYED, (log) => {
    log.digest = "ab".repeat(32);
  }),
  edit("log-truncated", "no last line", DEPLOYED, (log) => {
    log.withoutEnd = true;
  }),
  edit("log-incomplete", "fewer rounds than the chain counts", ROUNDS, (log) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    block.counts = { round: Number(fields.number) + 1, epoch: 1, accounts: [] };
  }),
  edit("log-incomplete", "a book less than the chain counts", BOOKS, (log) => {
    const { block, fields } = log.find("BookAttested", 0);
    const { attesters, threshold } = log.find("AccountOpened", 0).fields;
    const set = { attesters: [...attesters], threshold: Number(threshold) };
    const account = { account: fields.account, book: 2, health: 0, ...set };
    block.counts = {
      round: Number(log.find("RoundCommitted", -1).fields.number),
      epoch: 1,
      accounts: [account],
    };
  }),
  edit("log-incomplete", "an account of which there is no opening", ROUNDS, (log) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    const account = { account: `0x${"12".repeat(32)}`, book: 0, health: 0, attesters: [], threshold: 1 };
    block.counts = { round: Number(fields.number), epoch: 1, accounts: [account] };
  }),
  edit("block-chain-broken", "a block with another parent", 31, (log) => {
    const { block } = log.find("AccountOpened", 1);
    block.parent = `0x${"12".repeat(32)}`;
  }),
  edit("event-order", "an event twice", PROVEN, (log) => {
    const { block, event } = log.find("ProofAccepted", 1);
    block.events.push({ ...event });
    block.events.sort((a, b) => a.index - b.index);
  }),
  edit("event-order", "two events in another order", PROVEN, (log) => {
    const { block } = log.find("ProofAccepted", 0);
    block.events.reverse();
  }),
  edit("event-impossible", "a proposal cancelled that there was none of", BOOKS, (log) => {
    const { account } = log.find("AccountOpened", 0).fields;
    const at = log.find("BookAttested", 0);
    log.insert(at, { role: "bookRegistry", name: "ProposalCancelled", fields: { account } });
  }),
  edit("event-impossible", "an event with stray bits", 30, (log) => {
    const { block, at, event } = log.find("AccountOpened", 0);
    block.events[at] = { ...event, data: `${event.data}${"00".repeat(32)}` };
  }),
  edit("event-impossible", "a vault that the head has none of", DEPLOYED, (log) => {
    log.constants.vault = null;
  }),
  edit("event-missing", "marks lifted without a word of it", ALL, (log) => log.remove("MarksLifted", 0)),
  edit("event-missing", "an auction without the lapse written down", SOLD, (log) =>
    log.remove("LapseNoted", 0),
  ),

  // keys and code
  edit("key-mismatch", "a gate with another α", DEPLOYED, (log) => {
    log.constants.key.words[0] = "1";
  }),
  edit("key-mismatch", "a table of other points", DEPLOYED, (log) => {
    log.constants.key.table = `0x${"77".repeat(32)}`;
  }),
  {
    code: "key-unsound",
    what: "a key with δ = γ",
    lines: DEPLOYED,
    tamper: async () => {
      const { key } = await runOptions();
      const bad = { ...key.named.key, vk_delta_2: key.named.key.vk_gamma_2 };
      return { key: { ...key, named: { ...key.named, key: bad } } };
    },
  },
  edit("development-key", "a development key on the main net", DEPLOYED, (log) => {
    log.deployment = { ...log.deployment, chainId: 1n };
  }),
  edit("code-mismatch", "a gate of other code", DEPLOYED, (log) => {
    log.constants.code.marginGate = `0x${"99".repeat(32)}`;
  }),
  edit("code-mismatch", "a feed of other code than the manifest's", DEPLOYED, (log) => {
    log.constants.sources["BTC"] = {
      code: `0x${"99".repeat(32)}`,
      bare: log.constants.sources["BTC"]?.bare ?? "",
    };
  }),
  edit("code-mismatch", "a table of other code", DEPLOYED, (log) => {
    log.constants.code.signalTable = `0x${"99".repeat(32)}`;
  }),
  edit("key-mismatch", "a chunk of the table with other points", DEPLOYED, (log) => {
    log.constants.key.chunks[1] = `0x${"99".repeat(32)}`;
  }),
  edit("tie-mismatch", "a ledger of another authority", DEPLOYED, (log) => {
    log.constants.ties["marketLedger.authority"] = `0x${"99".repeat(20)}`;
  }),
  edit("tie-mismatch", "a gate that was not asked for its registry", DEPLOYED, (log) => {
    delete log.constants.ties["marginGate.registry"];
  }),
  edit("development-key", "a development key on a node that is not of this machine", DEPLOYED, (log) => {
    log.constants.local = false;
  }),
  edit("code-mismatch", "a gate whose code is left out", DEPLOYED, (log) => {
    delete log.constants.code.marginGate;
  }),

  // governance
  ...governanceTamperings(ROUNDS),

  // the risk profile
  edit("epoch-gap", "an epoch skipped", DEPLOYED, (log) => {
    const at = log.find("ProfileChanged", 0);
    log.insert(at, {
      role: "riskProfile",
      name: "ProfileChanged",
      fields: { ...at.fields, epoch: 3n, change: 1n },
    });
  }),
  edit("profile-fold", "another folded point", DEPLOYED, (log) =>
    log.edit("ProfileChanged", 0, () => ({ x: 1n, y: 2n })),
  ),
  edit("profile-bounds", "more collateral than there is", DEPLOYED, (log, verifier) => {
    const risky = reprofile(log, verifier, (profile) => ({
      ...profile,
      assets: profile.assets.map((asset, u) => (u === 0 ? { ...asset, collateralFactor: 12_000 } : asset)),
    }));
    log.edit("ProfileChanged", 0, () => risky);
  }),
  edit("profile-loosened", "a tightening that loosens", DEPLOYED, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const fields = { ...at.fields, ...looser(log, verifier), epoch: 2n, change: 1n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("profile-loosened", "an expiry of what does not expire", DEPLOYED, (log) => {
    const at = log.find("ProfileChanged", 0);
    const fallbackProfile = at.fields.profile;
    log.edit("ProfileChanged", 0, () => ({ expiresAt: 2n ** 40n, fallbackProfile }));
    const fields = { ...at.fields, epoch: 2n, change: 2n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("tightening-unbounded", "a tightening by more than one goes", DEPLOYED, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const far = reprofile(log, verifier, (profile) => ({
      ...profile,
      bookMaxAge: Math.floor(profile.bookMaxAge / 2) - 1,
    }));
    const fields = { ...at.fields, ...far, epoch: 2n, change: 1n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("tightening-unbounded", "a tightening right after another", DEPLOYED, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    for (const by of [1, 2]) {
      const next = reprofile(log, verifier, (profile) => ({ ...profile, pnlFactor: profile.pnlFactor - by }));
      const fields = { ...at.fields, ...next, epoch: BigInt(1 + by), change: 1n };
      log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
    }
  }),
  edit("loosening-undelayed", "a looser profile at once", DEPLOYED, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const fields = { ...at.fields, ...looser(log, verifier), epoch: 2n, change: 0n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),

  // rounds
  edit("round-gap", "a round left out", ROUNDS, (log) => {
    uncounted(log);
    log.remove("RoundCommitted", 12);
  }),
  edit("round-time", "a round of another time", ROUNDS, (log) =>
    log.edit("RoundCommitted", 5, ({ time }) => ({ time: time + 1n })),
  ),
  edit("round-epoch", "a round of an epoch to come", ROUNDS, (log) =>
    log.edit("RoundCommitted", -1, () => ({ epoch: 2n })),
  ),
  edit("round-too-soon", "rounds of a ledger that takes one in two days", ROUNDS, (log) => {
    log.constants.ledger.minInterval = 2 * 86_400;
  }),
  edit("round-too-soon", "a round of a market that has not moved since the last", ROUNDS, (log) => {
    uncounted(log);
    log.constants.ledger.minInterval = 0;
    const at = log.find("RoundCommitted", -1);
    const fields = { ...at.fields, number: at.fields.number + 1n };
    log.insert(at, { role: "marketLedger", name: "RoundCommitted", fields });
  }),
  edit("round-prices", "funding beyond its bound", ROUNDS, (log, verifier) => {
    log.edit("RoundCommitted", -1, ({ funding }) => ({ funding: [2n ** 63n, ...funding.slice(1)] }));
    log.find("RoundCommitted", -1).block.feeds = null;
    refit(log, verifier);
  }),
  edit(
    "round-average",
    "low and high above the average, and no feeds to be asked",
    ROUNDS,
    (log, verifier) => {
      log.edit("RoundCommitted", -1, ({ low, high }) => ({
        low: [...low].map((price) => price + 10n ** 9n),
        high: [...high].map((price) => price + 10n ** 9n),
      }));
      log.find("RoundCommitted", -1).block.feeds = null;
      refit(log, verifier);
    },
  ),
  edit("round-feeds", "a spot price that no feed said", ROUNDS, (log, verifier) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    const spots = (block.feeds?.prices ?? []).map(([reading]) => BigInt(reading?.[0] ?? 0));
    const risen = [...fields.high].findIndex((high, u) => high === spots[u] && high > (fields.low[u] ?? 0n));
    log.edit("RoundCommitted", -1, ({ high }) => ({
      high: [...high].map((price, u) => (u === risen ? price + 10n ** 6n : price)),
    }));
    refit(log, verifier);
  }),
  edit("round-feeds", "funding that its source did not say", ROUNDS, (log, verifier) => {
    log.edit("RoundCommitted", -1, ({ funding }) => ({ funding: [1n, ...funding.slice(1)] }));
    refit(log, verifier);
  }),
  edit("round-fold", "another folded point", ROUNDS, (log) =>
    log.edit("RoundCommitted", 9, () => ({ x: 1n, y: 2n })),
  ),
  edit("round-odometer", "an odometer that stood still", ROUNDS, (log) =>
    log.edit("RoundCommitted", -1, () => ({ odometer: log.find("RoundCommitted", -2).fields.odometer })),
  ),

  // books and attesters
  edit("attestation-forged", "a book signed by somebody else in an attester's name", BOOKS, (log) =>
    log.sign(0, () => new Wallet(ANVIL_KEYS[8])),
  ),
  edit("attestation-forged", "a signature of another book", BOOKS, async (log) => {
    log.edit("BookAttested", 0, ({ expiresAt }) => ({ expiresAt: expiresAt - 1n }));
    await log.sign(0);
    const { block, event } = log.find("BookAttested", 0);
    const call = block.calls.find(({ tx }) => tx === event.tx);
    const before = new Recording(BOOKS).find("BookAttested", 0);
    const old = before.block.calls.find(({ tx }) => tx === before.event.tx)?.data ?? "";
    // The signatures stand at the end, behind the book.
    if (call !== undefined) call.data = call.data.slice(0, 2 + 8 + 5 * 64) + old.slice(2 + 8 + 5 * 64);
  }),
  edit("attestation-stranger", "a book signed by nobody's attester", BOOKS, (log) => {
    log.edit("AccountOpened", 1, () => ({ attesters: [new Wallet(ANVIL_KEYS[9]).address] }));
  }),
  edit("attestation-too-few", "two signatures where three are asked for", BOOKS, (log) =>
    log.edit("AccountOpened", 0, () => ({ threshold: 3n })),
  ),
  edit(
    "attestation-unseen",
    "a contract's signature, of which no node could tell whether it is one",
    BOOKS,
    async (log) => {
      await log.sign(0, () => new Wallet(ANVIL_KEYS[8]));
      const { block, fields } = log.find("BookAttested", 0);
      block.unknown = [...fields.signers];
    },
  ),
  edit("attestation-unseen", "no call", BOOKS, (log) => {
    log.find("BookAttested", 0).block.calls = [];
  }),
  edit("sequence-gap", "a book numbered 2 before any other", BOOKS, async (log) => {
    log.edit("BookAttested", 0, () => ({ sequence: 2n }));
    await log.sign(0);
  }),
  edit("sequence-repeated", "the same number again", SECOND_BOOK, async (log) => {
    log.edit("BookAttested", -1, () => ({ sequence: 1n }));
    await log.sign(-1);
  }),
  edit("book-times", "a book for a month", BOOKS, async (log) => {
    log.edit("BookAttested", 0, ({ expiresAt }) => ({ expiresAt: expiresAt + 30n * 86_400n }));
    await log.sign(0);
  }),
  edit("commitment-reused", "the commitment of an earlier book", SECOND_BOOK, async (log) => {
    const { commitment } = bookOf(log, log.find("BookAttested", -1).fields.account).fields;
    log.edit("BookAttested", -1, () => ({ commitment }));
    await log.sign(-1);
  }),
  edit("rotation-undelayed", "other attesters from now on", BOOKS, (log) => {
    const at = log.find("BookAttested", 0);
    const { account, attesters, threshold } = log.find("AccountOpened", 0).fields;
    const fields = { account, attesters, threshold, effectiveAt: BigInt(at.block.time) };
    log.insert(at, { role: "bookRegistry", name: "AttestersProposed", fields });
  }),

  // proofs
  edit("proof-invalid", "the C of another proof", PROVEN, (log) =>
    resubmit(log, 0, (all, at) => {
      const [one, other] = [all[at], all[(at + 1) % all.length]];
      if (one !== undefined && other !== undefined)
        all[at] = { ...one, proof: { ...one.proof, c: other.proof.c } };
    }),
  ),
  edit("proof-invalid", "a proof of one account for another", PROVEN, (log) =>
    resubmit(log, 0, (all, at) => {
      const [one, other] = [all[at], all[(at + 1) % all.length]];
      if (one !== undefined && other !== undefined) all[at] = { ...one, proof: other.proof };
    }),
  ),
  edit("proof-invalid", "a wider envelope than was proven", PROVEN, (log) => {
    log.edit("ProofAccepted", 0, ({ claim }) => ({ claim: claim + (1n << 16n) }));
    resubmit(log, 0, (all, at) => {
      const one = all[at];
      if (one !== undefined) all[at] = { ...one, claim: one.claim + (1n << 16n) };
    });
  }),
  edit("proof-unseen", "no call", PROVEN, (log) => {
    log.find("ProofAccepted", 0).block.calls = [];
  }),
  edit("proof-claim", "another claim than the call's", PROVEN, (log) =>
    log.edit("ProofAccepted", 0, ({ claim }) => ({ claim: claim + 1n })),
  ),
  edit("proof-round", "proofs of a ledger whose rounds are good for a second", PROVEN, (log) => {
    log.constants.ledger.provingWindow = 1;
  }),
  edit("proof-book", "a proof of the book before", NEXT_DAY, (log) => {
    log.edit("ProofAccepted", -1, ({ sequence }) => ({ sequence: sequence - 1n }));
  }),
  edit("proof-dead-book", "a proof of a book that has expired", PROVEN, async (log) => {
    log.edit("BookAttested", 0, () => ({ expiresAt: BigInt(log.find("BookAttested", 0).block.time + 1) }));
    await log.sign(0);
  }),
  edit("proof-terms", "a claim of cross margin of an isolated account", PROVEN, (log) =>
    log.edit("AccountOpened", 0, () => ({ isolated: true })),
  ),
  edit("proof-order", "a proof once more", PROVEN, (log) => {
    const { block, event, fields } = log.find("ProofAccepted", 0);
    log.insert({ block }, { role: "marginGate", name: "ProofAccepted", fields });
    const call = block.calls.find(({ tx }) => tx === event.tx);
    if (call !== undefined) block.calls.push({ ...call, tx: block.events.at(-1)?.tx ?? 0 });
  }),
  edit("proof-outside-envelope", "a proof that comes after the market has moved", SETTLED, (log) =>
    proveLate(log, true),
  ),
  edit(
    "proof-terms",
    "a proof at a round before its book that comes after the market has moved",
    SETTLED,
    (log) => proveLate(log, false),
  ),
  edit("denial-stranger", "ill health proven by a passer-by", SOLD, (log) =>
    log.edit("ProofAccepted", -1, () => ({ submitter: new Wallet(ANVIL_KEYS[6]).address })),
  ),

  // status, releases and liquidations
  edit("status-not-lapsed", "a gate that still calls an account healthy", WEEK, (log) => {
    const [answer] = log.find("RoundCommitted", -1).block.answers;
    if (answer !== undefined) Object.assign(answer, { status: "healthy", deadline: 0 });
  }),
  edit("status-mismatch", "a gate with another deadline", WEEK, (log) => {
    const [answer] = log.find("RoundCommitted", -1).block.answers;
    if (answer !== undefined) answer.deadline++;
  }),
  edit("note-mismatch", "a default of another round", ALL, (log) =>
    log.edit("DefaultNoted", 0, ({ round }) => ({ round: round - 1n })),
  ),
  edit("release-unhealthy", "a vault that asks for more", RELEASED, (log) => {
    if (log.constants.vault !== null) log.constants.vault.initialMargin = 20_000;
  }),
  edit("release-old-book", "a withdrawal on a book as of its very request", RELEASED, async (log) => {
    const { block } = log.find("WithdrawalRequested", 0);
    log.edit("BookAttested", -1, ({ asOf, expiresAt }) => ({
      asOf: BigInt(block.time),
      expiresAt: expiresAt - (asOf - BigInt(block.time)),
    }));
    await log.sign(-1);
  }),
  edit("liquidation-unfounded", "an auction without a proof of ill health", SOLD, (log) =>
    log.remove("ProofAccepted", -1),
  ),
  edit("vault-accounts", "a larger share for the keeper", SOLD, (log) =>
    log.edit("Taken", 0, ({ incentive, insured }) => ({ incentive: incentive + 1n, insured: insured - 1n })),
  ),

  // disclosed openings
  {
    code: "opening-commitment",
    what: "a book with a unit more",
    lines: BOOKS,
    tamper: () => {
      const honest = openingOf("carry", 1);
      const spot = honest.opening.spot.map((quantity, u) => (u === 1 ? quantity + 1n : quantity));
      return disclosed({ ...honest, opening: { ...honest.opening, spot } });
    },
  },
  {
    code: "opening-commitment",
    what: "another salt",
    lines: BOOKS,
    tamper: () => {
      const honest = openingOf("carry", 1);
      return disclosed({ ...honest, opening: { ...honest.opening, salt: honest.opening.salt + 1n } });
    },
  },
  {
    code: "opening-contradiction",
    what: "two openings of one book",
    lines: BOOKS,
    tamper: () => disclosed(openingOf("carry", 1), openingOf("carry", 1, CAST_OTHER)),
  },
  {
    code: "opening-bounds",
    what: "two kinds of collateral in an isolated account",
    lines: BOOKS,
    tamper: (log) => {
      log.edit("AccountOpened", 2, () => ({ isolated: true }));
      return disclosed(openingOf("ether", 1));
    },
  },
  {
    code: "opening-unknown",
    what: "an opening of a book that nobody attested",
    lines: BOOKS,
    tamper: () => disclosed(openingOf("carry", 99)),
  },
  {
    code: "opening-epoch",
    what: "an opening of another epoch",
    lines: BOOKS,
    tamper: () => disclosed({ ...openingOf("carry", 1), epoch: 7n }),
  },
  {
    code: "opening-unknown",
    what: "a scope of an account that nobody opened",
    lines: BOOKS,
    tamper: () => disclosedWithin([{ account: "nobody's", first: 0n, last: 9n }]),
  },
  {
    code: "opening-gap",
    what: "books 1 and 3, and not 2",
    lines: NEXT_DAY,
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
    lines: BOOKS,
    tamper: () => disclosedWithin([{ account: ACCOUNTS.carry.account, first: 0n, last: 2n ** 53n - 1n }]),
  },
  {
    code: "opening-gap",
    what: "every book of an account by its id, and no opening",
    lines: BOOKS,
    tamper: (log) => {
      const id = accountIdOf(log, "carry");
      return disclosedWithin([{ account: ACCOUNTS.carry.account, id, first: 0n, last: 9n }]);
    },
  },
  {
    code: "opening-ambiguous",
    what: "an altered book, which a stranger's account of the same name attests",
    lines: BOOKS,
    tamper: async (log) => {
      await attestAltered(log);
      return disclosed(openingOf("carry", 1, CAST_OTHER));
    },
  },
  {
    code: "opening-commitment",
    what: "the same, by a disclosure that says which account it is of",
    lines: BOOKS,
    tamper: async (log) => {
      await attestAltered(log);
      const scope = { account: ACCOUNTS.carry.account, id: accountIdOf(log, "carry"), first: 1n, last: 1n };
      return disclosedWithin([scope], openingOf("carry", 1, CAST_OTHER));
    },
  },
  {
    code: "opening-verdict",
    what: "a forged proof, which the development key takes, of a book that was disclosed",
    lines: PROVEN,
    tamper: async (log) => {
      await overstate(log);
      return disclosed(openingOf("carry", 1));
    },
  },
  {
    code: "opening-verdict",
    what: "the same, after a stranger's account of the same name attested the same commitment",
    lines: PROVEN,
    tamper: async (log) => {
      await overstate(log);
      await attestAsStranger(log, bookOf(log, log.find("ProofAccepted", 0).fields.account));
      return disclosed(openingOf("carry", 1));
    },
  },
];

/** The first book of an account. */
function bookOf(log: Recording, account: string) {
  const books = [0, 1, 2, 3].map((nth) => log.find("BookAttested", nth));
  const book = books.find(({ fields }) => fields.account === account);
  if (book === undefined) throw new RangeError("no book");
  return book;
}

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
  const { commitment } = openingOf("carry", 1, CAST_OTHER);
  await attestAsStranger(log, { block, fields: { ...fields, commitment } });
}

/**
 * Proves a little more of an account at the round before the last, forged under the development key.
 * @param ofBook whether its book is as of that round
 */
async function proveLate(log: Recording, ofBook: boolean): Promise<void> {
  uncounted(log);
  const { block: round } = log.find("RoundCommitted", -1);
  round.answers = [];
  const { fields: before } = log.find("RoundCommitted", -2);
  const { block, fields } = log.find("ProofAccepted", -1);
  let nth = -1;
  while (log.find("BookAttested", nth).fields.account !== fields.account) nth--;
  const { commitment } = log.find("BookAttested", nth).fields;
  if (ofBook) {
    const asOf = before.time;
    log.edit("BookAttested", nth, (book) => ({ asOf, expiresAt: asOf + book.expiresAt - book.asOf }));
    await log.sign(nth);
  }
  const claim = fields.claim + 1n;
  const { key } = await runOptions();
  const forger = await Forger.of(key.verificationKey);
  const proof = forger.forge(before, commitment, claim);
  const data = encodeBatch([{ account: fields.account, round: fields.round, claim, proof }]);
  log.blocks.push({
    ...block,
    number: round.number + 2,
    time: round.time,
    events: [
      {
        index: 0,
        tx: 0,
        ...encodeEvent({ role: "marginGate", name: "ProofAccepted", fields: { ...fields, claim } }),
      },
    ],
    calls: block.calls.slice(0, 1).map((call) => ({ ...call, tx: 0, data })),
    answers: [],
  });
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

const CAST_OTHER = [{ asset: "USDC", spot: "1", perp: "0" }];

/** The same profile with a little less margin. */
function looser(log: Recording, verifier: BatchVerifier) {
  return reprofile(log, verifier, (profile) => ({
    ...profile,
    assets: profile.assets.map((asset, u) =>
      u === 1 ? { ...asset, liquidity: asset.liquidity - 1 } : asset,
    ),
  }));
}
