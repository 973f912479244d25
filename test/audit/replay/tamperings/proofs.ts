import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../../../src/chain/anvil.js";
import { submissionsIn } from "../../../../src/chain/eventLog/calls.js";
import { encodeEvent } from "../../../../src/chain/eventLog/record.js";
import { encodeBatch, Forger } from "../forgery.js";
import { type Recording, runOptions } from "../recording.js";
import { edit, LINES, type Tampering, uncounted } from "./tampering.js";

/** Ways to alter proofs, and what follows from them: status, releases and liquidations. */
export const PROOF_TAMPERINGS: readonly Tampering[] = [
  // proofs
  edit("proof-invalid", "the C of another proof", LINES.proven, (log) =>
    resubmit(log, 0, (all, at) => {
      const [one, other] = [all[at], all[(at + 1) % all.length]];
      if (one !== undefined && other !== undefined)
        all[at] = { ...one, proof: { ...one.proof, c: other.proof.c } };
    }),
  ),
  edit("proof-invalid", "a proof of one account for another", LINES.proven, (log) =>
    resubmit(log, 0, (all, at) => {
      const [one, other] = [all[at], all[(at + 1) % all.length]];
      if (one !== undefined && other !== undefined) all[at] = { ...one, proof: other.proof };
    }),
  ),
  edit("proof-invalid", "a wider envelope than was proven", LINES.proven, (log) => {
    log.edit("ProofAccepted", 0, ({ claim }) => ({ claim: claim + (1n << 16n) }));
    resubmit(log, 0, (all, at) => {
      const one = all[at];
      if (one !== undefined) all[at] = { ...one, claim: one.claim + (1n << 16n) };
    });
  }),
  edit("proof-unseen", "no call", LINES.proven, (log) => {
    log.find("ProofAccepted", 0).block.calls = [];
  }),
  edit("proof-claim", "another claim than the call's", LINES.proven, (log) =>
    log.edit("ProofAccepted", 0, ({ claim }) => ({ claim: claim + 1n })),
  ),
  edit("proof-round", "proofs of a ledger whose rounds are good for a second", LINES.proven, (log) => {
    log.constants.ledger.provingWindow = 1;
  }),
  edit("proof-book", "a proof of the book before", LINES.nextDay, (log) => {
    log.edit("ProofAccepted", -1, ({ sequence }) => ({ sequence: sequence - 1n }));
  }),
  edit("proof-dead-book", "a proof of a book that has expired", LINES.proven, async (log) => {
    log.edit("BookAttested", 0, () => ({ expiresAt: BigInt(log.find("BookAttested", 0).block.time + 1) }));
    await log.sign(0);
  }),
  edit("proof-terms", "a claim of cross margin of an isolated account", LINES.proven, (log) =>
    log.edit("AccountOpened", 0, () => ({ isolated: true })),
  ),
  edit("proof-order", "a proof once more", LINES.proven, (log) => {
    const { block, event, fields } = log.find("ProofAccepted", 0);
    log.insert({ block }, { role: "marginGate", name: "ProofAccepted", fields });
    const call = block.calls.find(({ tx }) => tx === event.tx);
    if (call !== undefined) block.calls.push({ ...call, tx: block.events.at(-1)?.tx ?? 0 });
  }),
  edit("proof-outside-envelope", "a proof that comes after the market has moved", LINES.settled, (log) =>
    proveLate(log, true),
  ),
  edit(
    "proof-terms",
    "a proof at a round before its book that comes after the market has moved",
    LINES.settled,
    (log) => proveLate(log, false),
  ),
  edit("denial-stranger", "ill health proven by a passer-by", LINES.sold, (log) =>
    log.edit("ProofAccepted", -1, () => ({ submitter: new Wallet(ANVIL_KEYS[6]).address })),
  ),
  // status, releases and liquidations
  edit("status-not-lapsed", "a gate that still calls an account healthy", LINES.week, (log) => {
    const [answer] = log.find("RoundCommitted", -1).block.answers;
    if (answer !== undefined) Object.assign(answer, { status: "healthy", deadline: 0 });
  }),
  edit("status-mismatch", "a gate with another deadline", LINES.week, (log) => {
    const [answer] = log.find("RoundCommitted", -1).block.answers;
    if (answer !== undefined) answer.deadline++;
  }),
  edit("record-mismatch", "a default of another round", LINES.all, (log) =>
    log.edit("DefaultRecorded", 0, ({ round }) => ({ round: round - 1n })),
  ),
  edit("release-unhealthy", "a vault that asks for more", LINES.released, (log) => {
    if (log.constants.vault !== null) log.constants.vault.initialMargin = 20_000;
  }),
  edit("release-old-book", "a withdrawal on a book as of its very request", LINES.released, async (log) => {
    const { block } = log.find("WithdrawalRequested", 0);
    log.edit("BookAttested", -1, ({ asOf, expiresAt }) => ({
      asOf: BigInt(block.time),
      expiresAt: expiresAt - (asOf - BigInt(block.time)),
    }));
    await log.sign(-1);
  }),
  edit("liquidation-unfounded", "an auction without a proof of ill health", LINES.sold, (log) =>
    log.remove("ProofAccepted", -1),
  ),
  edit("vault-accounts", "a larger share for the keeper", LINES.sold, (log) =>
    log.edit("Taken", 0, ({ incentive, insured }) => ({ incentive: incentive + 1n, insured: insured - 1n })),
  ),
];

/** The submissions of a call, with one of them replaced. */
export function resubmit(
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
