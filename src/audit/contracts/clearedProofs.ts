import { interfaceOf } from "../../chain/binding.js";
import type { LoggedTransaction } from "../../chain/contractLog.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse, type TransitionCall } from "../../chain/generated/ClearingHouse.js";
import { challengeOf, sumAt } from "../../protocol/boundWords.js";
import type { ReadTransition } from "../../protocol/readTransition.js";
import type { ClearedBook } from "../../protocol/sealedBook.js";
import { placeWord, revealWords, termsWord } from "../../protocol/transition.js";
import { proofPoints } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import { type ClearedCircuit, type HouseState, SLOTS } from "./houseState.js";

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
  const call = transitionCalls(transaction).find(
    (one) => one.account.toLowerCase() === account.toLowerCase() && one.newCommitment === read.newCommitment,
  );
  if (call === undefined)
    return report("proof-unseen", about, "the call that carried the transition", "none");
  queue(state, "transition", { hash, words, proof: call.proof }, about, report);
}

/** A proof of RevealBook, as a call has it. */
interface RevealCall extends ClearedBook {
  readonly hash: bigint;
  readonly proof: TransitionCall["proof"];
}

/** Has the proof that a commitment opens to a book verified, together with others. */
export function queueReveal(
  state: HouseState,
  {
    account,
    sequence,
    hash,
    proof,
    ...book
  }: RevealCall & { readonly account: string; readonly sequence: bigint },
  commitment: bigint,
  report: Report,
): void {
  const { chainId, house, listing } = state;
  const about = { account, sequence: countOf(sequence) };
  const place = placeWord({ chainId, house, account });
  const words = revealWords({ place, terms: termsWord(sequence, 0n), listing }, commitment, book);
  queue(state, "reveal", { hash, words, proof }, about, report);
}

function queue(
  state: HouseState,
  circuit: ClearedCircuit,
  {
    hash,
    words,
    proof,
  }: { readonly hash: bigint; readonly words: readonly bigint[]; readonly proof: TransitionCall["proof"] },
  about: About,
  report: Report,
): void {
  const challenge = challengeOf(words, hash);
  const own = [hash, challenge, sumAt(words, challenge)];
  const folded = state.verifiers[circuit].constant;
  state.pending.push({ circuit, item: { proof: proofPoints(proof), own, folded }, about, report });
}

const CALLED = [interfaceOf(clearingHouse), interfaceOf(clearingDefaults)];

/** A call of the house or of its defaults, with its arguments by name. */
function calledOf({ data }: LoggedTransaction): Readonly<Record<string, unknown>> {
  for (const called of CALLED) {
    const function_ = called.getFunction(data.slice(0, 10));
    if (function_ === null) continue;
    try {
      return called.decodeFunctionData(function_, data).toObject();
    } catch {
      return {};
    }
  }
  return {};
}

/** The transitions that a call carries: of the house, or a bid for an estate. */
function transitionCalls(transaction: LoggedTransaction): readonly TransitionCall[] {
  const { call, calls } = calledOf(transaction) as { call?: TransitionCall; calls?: TransitionCall[] };
  return [...(calls ?? []), ...(call === undefined ? [] : [call])];
}

/** The book that a call reveals of an account, and its proof; undefined where the call is another. */
export function revealCall(transaction: LoggedTransaction, account: string): RevealCall | undefined {
  const called = calledOf(transaction) as Partial<RevealCall> & { readonly account?: string };
  const { perp, basis, hash, proof } = called;
  if (called.account?.toLowerCase() !== account.toLowerCase()) return undefined;
  if (perp === undefined || basis === undefined || hash === undefined || proof === undefined)
    return undefined;
  return { perp: [...perp], basis, hash, proof };
}

/** The proof that an exit's book is empty; undefined where the call is another. */
export function exitCall(transaction: LoggedTransaction, account: string): RevealCall | undefined {
  const { call, hash, proof } = calledOf(transaction) as Partial<RevealCall> & {
    readonly call?: TransitionCall;
  };
  if (call?.account.toLowerCase() !== account.toLowerCase() || hash === undefined || proof === undefined)
    return undefined;
  return { perp: new Array<bigint>(SLOTS).fill(0n), basis: 0n, hash, proof };
}

/** Verifies the proofs that wait, together, and reports those that are not valid. */
export function verifyPending(state: HouseState): void {
  const pending = state.pending.splice(0);
  if (pending.length === 0) return;
  for (const circuit of ["transition", "reveal"] as const) {
    const items = pending.filter((one) => one.circuit === circuit);
    if (items.length === 0) continue;
    const invalid = new Set(state.verifiers[circuit].verifier.invalid(items.map(({ item }) => item)));
    items.forEach(({ about, report }, i) => {
      state.counts.proofs++;
      if (invalid.has(i)) report("proof-invalid", about, `a valid proof of the ${circuit}`, "another");
    });
  }
}
