import { keccak256, type TransactionReceipt, toUtf8Bytes } from "ethers";
import { MarketMismatchError, RevertedError } from "../errors.js";
import type { Groth16Proof } from "../groth16/proof.js";
import { BPS } from "../protocol/bounds.js";
import { type Claim, packClaim } from "../protocol/claim.js";
import type { Bundle } from "../prove/bundle.js";
import { eventsOf, interfaceOf } from "./binding.js";
import type { OpenMarket } from "./deployment.js";
import {
  type HealthRecord,
  type Marks,
  marginGate,
  type Proof,
  type SupportRecord,
} from "./generated/MarginGate.js";
import { multicall, type OutcomesOf, type Read, valueOf, viewOf } from "./multicall.js";
import { accountStatus } from "./status.js";
import { asChainError, ERRORS } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";
import { pointOf, wordsOfG2 } from "./verificationKey.js";

/** A proven claim, with its book and round. */
export interface ProvenClaim {
  readonly account: string;
  readonly round: bigint;
  /** Of the book. */
  readonly sequence: bigint;
  /** Of the profile, in a derived market: its rounds go over to the next epoch. */
  readonly epoch?: bigint;
  readonly claim: Claim;
  readonly proof: Groth16Proof;
}

/** The outcome of submitting a proof. */
export interface Submitted {
  readonly proven: ProvenClaim;
  /** Already: the gate had it, or a stronger one. */
  readonly outcome: "accepted" | "already" | "refused";
  /** The name of the gate's error. */
  readonly reason?: string;
}

/** The outcome of a batch, and what it cost: null if nothing was sent. */
export interface SubmittedBatch {
  readonly results: readonly Submitted[];
  readonly receipt: TransactionReceipt | null;
}

const GATE = interfaceOf(marginGate);

/** A proof in the EVM's words. */
export function proofWords({ pi_a, pi_b, pi_c }: Groth16Proof): Proof {
  const [a, c] = [pointOf(pi_a), pointOf(pi_c)];
  return { a: [a.x, a.y], b: wordsOfG2(pi_b), c: [c.x, c.y] };
}

/** Calldata of `submit`. */
export function encodeSubmit({ account, round, claim, proof }: ProvenClaim): string {
  return GATE.encodeFunctionData("submit", [account, round, packClaim(claim), proofWords(proof)]);
}

/** Calldata of `submitBatch`. */
export function encodeSubmitBatch(proven: readonly ProvenClaim[]): string {
  const submissions = proven.map(({ account, round, claim, proof }) => ({
    account,
    round,
    claim: packClaim(claim),
    proof: proofWords(proof),
  }));
  return GATE.encodeFunctionData("submitBatch", [submissions]);
}

/**
 * Submits one proof, unless the gate has it.
 * @throws RevertedError naming the gate's error, and what Transactions.send throws
 *
 * @example
 * ```ts
 * import { submit } from "zkmargin/chain";
 *
 * console.log((await submit(open, transactions, proven)).outcome); // accepted
 * ```
 */
export async function submit(
  open: OpenMarket,
  transactions: Transactions,
  proven: ProvenClaim,
): Promise<{ readonly outcome: "accepted" | "already"; readonly receipt: TransactionReceipt | null }> {
  if (await isAccepted(open, proven)) return { outcome: "already", receipt: null };
  const receipt = await transactions.send({
    key: keyOf(open, proven),
    to: open.addresses.marginGate,
    data: encodeSubmit(proven),
    isDone: () => isAccepted(open, proven),
  });
  return { outcome: receipt === null ? "already" : "accepted", receipt };
}

/**
 * Submits many proofs in one transaction. It leaves out claims that the gate already has. The gate skips what the state
 * of an account refuses by then, such as a proof that somebody has copied and submitted first. A false proof or a round
 * that is not usable reverts the batch: it is then sent again without what the gate refuses.
 * @throws what Transactions.send throws; RevertedError only if a batch of good proofs is refused
 *
 * @example
 * ```ts
 * import { submitBatch } from "zkmargin/chain";
 *
 * const { results, receipt } = await submitBatch(open, transactions, [proven]);
 * console.log(results.map(({ outcome }) => outcome), receipt); // ["already"] null
 * ```
 */
export async function submitBatch(
  open: OpenMarket,
  transactions: Transactions,
  proven: readonly ProvenClaim[],
): Promise<SubmittedBatch> {
  const results: Submitted[] = [];
  let left: ProvenClaim[] = [];
  const known = await areAccepted(open, proven);
  for (const [i, item] of proven.entries()) {
    if (known[i]) results.push({ proven: item, outcome: "already" });
    else left.push(item);
  }
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof RevertedError)) throw error;
    const before = left.length;
    left = await accepted(left);
    if (left.length === before) throw error;
    return send();
  }

  async function send(): Promise<SubmittedBatch> {
    if (left.length === 0) return { results, receipt: null };
    const receipt = await transactions.send({
      key: `batch ${keccak256(toUtf8Bytes(left.map((item) => keyOf(open, item)).join("\n"))).slice(2, 34)}`,
      to: open.addresses.marginGate,
      data: encodeSubmitBatch(left),
      isDone: async () => (await areAccepted(open, left)).every(Boolean),
    });
    const skipped = receipt === null ? null : skippedBy(receipt);
    // Without a receipt a run before this one had it mined.
    const had = receipt === null ? await areAccepted(open, left) : [];
    for (const [i, item] of left.entries()) {
      const reason = skipped?.get(skipKey(item));
      if (reason !== undefined) results.push({ proven: item, outcome: "refused", reason });
      else if (skipped !== null) results.push({ proven: item, outcome: "accepted" });
      else if (had[i]) results.push({ proven: item, outcome: "already" });
      else results.push({ proven: item, outcome: "refused", reason: "unknown" });
    }
    return { results, receipt };
  }

  /** Those that the gate would take one by one; the others are noted as refused. */
  async function accepted(items: readonly ProvenClaim[]): Promise<ProvenClaim[]> {
    const good: ProvenClaim[] = [];
    for (const item of items) {
      const refusal = await refusalOf(open, transactions.sender, item);
      if (refusal === null) good.push(item);
      else results.push({ proven: item, outcome: "refused", reason: refusal.reason ?? "unknown" });
    }
    return good;
  }
}

/** Names of the errors for which the gate has skipped proofs of a batch, by {@link skipKey}. */
function skippedBy({ logs }: TransactionReceipt): Map<string, string> {
  const events = eventsOf(marginGate, "ProofSkipped", logs);
  return new Map(
    events.map(({ fields: { account, round, claim, reason } }) => [
      `${account} ${round} ${claim}`,
      ERRORS.getError(reason)?.name ?? "unknown",
    ]),
  );
}

function skipKey({ account, round, claim }: ProvenClaim): string {
  return `${account} ${round} ${packClaim(claim)}`;
}

/** Why the gate would refuse a proof now; null if it would not. */
export async function refusalOf(
  open: OpenMarket,
  from: string,
  proven: ProvenClaim,
): Promise<RevertedError | null> {
  try {
    const to = open.addresses.marginGate;
    await open.connection.provider.call({ from, to, data: encodeSubmit(proven) });
    return null;
  } catch (error) {
    const known = asChainError(error, `submit ${proven.account}`);
    if (known instanceof RevertedError) return known;
    throw known;
  }
}

/**
 * Whether the gate has this claim, or one that says as much.
 *
 * @example
 * ```ts
 * import { isAccepted } from "zkmargin/chain";
 *
 * console.log(await isAccepted(open, proven)); // true
 * ```
 */
export async function isAccepted(open: OpenMarket, proven: ProvenClaim): Promise<boolean> {
  return (await areAccepted(open, [proven]))[0] ?? false;
}

/** As {@link isAccepted}, of many with few requests, in their order. */
async function areAccepted(
  { connection, contracts }: OpenMarket,
  proven: readonly ProvenClaim[],
): Promise<readonly boolean[]> {
  const { provider } = connection;
  const gate = contracts.marginGate;
  const reads = proven.flatMap(({ account }) => [
    viewOf(gate, "recordOf", account),
    viewOf(gate, "supportOf", account),
    viewOf(gate, "marksOf", account),
  ]);
  const outcomes = await multicall(
    provider,
    reads as readonly Read<unknown>[],
    await provider.getBlockNumber(),
  );
  return proven.map((item, i) => {
    const [record, support, marks] = outcomes.slice(3 * i, 3 * i + 3) as unknown as OutcomesOf<
      readonly [Read<HealthRecord>, Read<Supports>, Read<Marks>]
    >;
    return item.claim.healthy
      ? hasHealth(item, valueOf(record), valueOf(support))
      : hasMarks(item, valueOf(marks));
  });
}

/** What the gate has of claims with a support. */
interface Supports {
  readonly taken: SupportRecord;
  readonly added: SupportRecord;
}

function hasHealth(
  { round, sequence, epoch, claim }: ProvenClaim,
  plain: HealthRecord,
  { taken, added }: Supports,
): boolean {
  const { theta, envelope, support = 0n } = claim;
  const of = support < 0n ? taken : added;
  const [record, recorded] = support === 0n ? [plain, 0n] : [of.claim, of.support];
  return (
    record.round === round &&
    record.sequence === sequence &&
    (epoch === undefined || record.epoch === epoch) &&
    record.theta >= BigInt(theta) &&
    record.envelope >= BigInt(envelope) &&
    recorded <= support
  );
}

function hasMarks({ round, claim: { theta } }: ProvenClaim, marks: Marks): boolean {
  if (BigInt(theta) <= BPS) return marks.breachRound >= round;
  return marks.callRound >= round && marks.callTheta >= BigInt(theta);
}

function keyOf({ addresses }: OpenMarket, { account, round, sequence, epoch, claim }: ProvenClaim): string {
  const of = epoch === undefined ? "" : ` of epoch ${epoch}`;
  return `submit ${addresses.marginGate} ${account} ${round} ${sequence} ${packClaim(claim)}${of}`;
}

/**
 * Turns a bundle made against a round into a claim to submit for an account.
 * @throws MarketMismatchError if it was made against another market, or of another book than the attested one
 *
 * @example
 * ```ts
 * import { provenClaim, roundMarket } from "zkmargin/chain";
 *
 * const { market: ofRound } = await roundMarket(open, proven.round, trusted.key);
 * const against = await session.prove({ opening, market: ofRound, theta: 10_000, envelope: 0 });
 * console.log((await provenClaim(open, account, against)).sequence); // 1n
 * ```
 */
export async function provenClaim(
  open: OpenMarket,
  account: string,
  bundle: Pick<Bundle, "claim" | "commitment" | "market" | "proof">,
): Promise<ProvenClaim> {
  const source = bundle.market?.source;
  const { marketLedger } = open.addresses;
  const here = `a round of ${marketLedger} on chain ${open.connection.chainId}`;
  if (source === undefined || !("round" in source))
    throw new MarketMismatchError("bundle.market", here, "another market", "prove against `zkmargin round`");
  if (
    source.chainId !== open.connection.chainId.toString() ||
    source.ledger.toLowerCase() !== marketLedger.toLowerCase()
  )
    throw new MarketMismatchError("bundle.market", here, "a round of another ledger", "give its deployment");
  const { book } = await accountStatus(open, account);
  if (book.commitment !== bundle.commitment)
    throw new MarketMismatchError(
      "bundle.commitment",
      "that of the account's attested book",
      "another",
      "attest the book first, or prove the attested one",
    );
  const { claim, proof } = bundle;
  const epoch = open.derived === undefined ? {} : { epoch: await open.contracts.riskProfile.epoch() };
  return { account, round: BigInt(source.round), sequence: book.sequence, ...epoch, claim, proof };
}

/**
 * Has the gate record that an account's proof has lapsed, or that its time to answer a margin call or a breach has run
 * out. The gate finds a lapse by looking back over the ledger's rounds, which forgets old rounds; once it is recorded, it
 * stands, and no outage restarts the clock. Anybody may call this, and the account stays as it is.
 *
 * @param account 32 bytes, hex: see accountId
 * @returns the receipt, or null if a run before this one had it mined
 * @throws RevertedError naming NothingToRecord if there is nothing to record, and what Transactions.send throws
 *
 * @example
 * ```ts
 * import { recordLapse } from "zkmargin/chain";
 * import { RevertedError } from "zkmargin/protocol";
 *
 * const done = await recordLapse(open, transactions, account).catch((error) => error);
 * console.log(done instanceof RevertedError ? done.reason : done?.hash); // either NothingToRecord or its transaction
 * ```
 */
export async function recordLapse(
  { addresses, contracts }: OpenMarket,
  transactions: Transactions,
  account: string,
): Promise<TransactionReceipt | null> {
  const { to, data } = await contracts.marginGate.recordLapse.populateTransaction(account);
  const { key } = await transactions.occasion(`record lapse ${addresses.marginGate} ${account}`);
  return transactions.send({ key, to, data });
}
