import { callDataOf, type LoggedTransaction } from "../../chain/contractLog.js";
import { type HouseCalls, houseCallsIn } from "../../chain/eventLog/houseCalls.js";
import type { TransitionCall } from "../../chain/generated/ClearingHouse.js";
import type { BatchItem } from "../../groth16/batchVerifier.js";
import { challengeOf, sumAt } from "../../protocol/boundWords.js";
import type { ReadTransition } from "../../protocol/readTransition.js";
import type { ClearedBook } from "../../protocol/sealedBook.js";
import { placeWord, revealWords, termsWord } from "../../protocol/transition.js";
import { MOST_ALIKE, proofPoints } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import type { ClearedCircuit, HouseState } from "./houseState.js";
import type { LoggedContext } from "./replay.js";

/** The proofs of a clearing house, found in the calls that carried them and verified together. */

/** Finds the proof of a change in its call, to be verified together with others. */
export function queueProof(
  state: HouseState,
  {
    hash,
    words,
    account,
    read,
    about,
  }: {
    readonly hash: bigint;
    readonly words: readonly bigint[];
    readonly account: string;
    readonly read: ReadTransition;
    readonly about: About;
  },
  transaction: LoggedTransaction,
  report: Report,
): void {
  const calls = houseCallsOf(transaction).transitions.filter(
    (one) => one.account.toLowerCase() === account.toLowerCase() && one.newCommitment === read.newCommitment,
  );
  if (calls.length === 0 || calls.length > MOST_ALIKE)
    return report("proof-unseen", about, "the call that carried the transition", seen(calls));
  const candidates = calls.map(({ proof }) => itemOf(state, "transition", { hash, words, proof }));
  state.pending.push({ circuit: "transition", candidates, about, report });
}

/** Which book a proof of RevealBook is of. */
interface Revealed {
  readonly account: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
}

/**
 * Finds the book that a call shows of a commitment, and has its proof verified, together with others. Reported, and undefined, where
 * there is none. A call may hold several books of an account: the one that its proof proves is told apart at once.
 * @param empty whether the account leaves with it
 */
export function revealedBook(
  state: HouseState,
  { account, sequence, commitment }: Revealed,
  { transaction, report }: Pick<LoggedContext, "transaction" | "report">,
  empty = false,
): ClearedBook | undefined {
  const { chainId, house, listing } = state;
  const about = { account, sequence: countOf(sequence) };
  const place = placeWord({ chainId, house, account });
  const { shown, exits } = houseCallsOf(transaction);
  const calls = (empty ? exits : shown).filter((one) => one.account.toLowerCase() === account.toLowerCase());
  if (calls.length === 0 || calls.length > MOST_ALIKE) {
    report("proof-unseen", about, "the call that carried the reveal", seen(calls));
    return undefined;
  }
  const candidates = calls.map(({ hash, proof, perp, basis }) => {
    const book = { perp, basis };
    const words = revealWords({ place, terms: termsWord(sequence, 0n), listing }, commitment, book);
    return { book, item: itemOf(state, "reveal", { hash, words, proof }) };
  });
  const { verifier } = state.verifiers.reveal;
  const proven = ({ item }: (typeof candidates)[number]) => verifier.invalid([item]).length === 0;
  const found = candidates.length > 1 ? (candidates.find(proven) ?? candidates[0]) : candidates[0];
  if (found !== undefined) state.pending.push({ circuit: "reveal", candidates: [found.item], about, report });
  return found?.book;
}

function itemOf(
  state: HouseState,
  circuit: ClearedCircuit,
  {
    hash,
    words,
    proof,
  }: { readonly hash: bigint; readonly words: readonly bigint[]; readonly proof: TransitionCall["proof"] },
): BatchItem {
  const challenge = challengeOf(words, hash);
  const own = [hash, challenge, sumAt(words, challenge)];
  const folded = state.verifiers[circuit].constant;
  return { proof: proofPoints(proof), own, folded };
}

const carried = new WeakMap<LoggedTransaction, HouseCalls>();

/** The calls of the house that a transaction carries, directly or through a wallet, read once however many events are of it. */
function houseCallsOf(transaction: LoggedTransaction): HouseCalls {
  const known = carried.get(transaction);
  if (known !== undefined) return known;
  const found = houseCallsIn(callDataOf(transaction));
  carried.set(transaction, found);
  return found;
}

const seen = (calls: readonly unknown[]) =>
  calls.length === 0 ? "none" : "one that repeats calls without end";

/** Verifies the proofs that wait, together, and reports those that are not valid. */
export function verifyPending(state: HouseState): void {
  const pending = state.pending.splice(0);
  for (const circuit of ["transition", "reveal", "margin"] as const) {
    const proofs = pending.filter((one) => one.circuit === circuit);
    if (proofs.length === 0) continue;
    const items = proofs.flatMap(({ candidates }) => candidates);
    const invalid = new Set(state.verifiers[circuit].verifier.invalid(items));
    let first = 0;
    for (const { candidates, about, report } of proofs) {
      const isValid = candidates.some((_, i) => !invalid.has(first + i));
      first += candidates.length;
      if (circuit === "margin") state.counts.claims++;
      else state.counts.proofs++;
      if (!isValid) report("proof-invalid", about, `a valid proof of the ${circuit}`, "another");
    }
  }
}
