import { interfaceOf } from "../binding.js";
import { clearingDefaults } from "../generated/ClearingDefaults.js";
import { clearingHouse, type HealthCall, type TransitionCall } from "../generated/ClearingHouse.js";
import type { Submission } from "../generated/MarginGate.js";
import { CallReader, decodeCall, WORD, wordAt } from "./callReader.js";

/**
 * The calls of a clearing house that call data carries, in the call itself or nested in another's. The house makes the calls of its
 * gates itself, so a claim of health stands in no `submitBatch` of the transaction: it stands here.
 */

/** The book that a call shows of an account, with a proof of RevealBook. */
export interface ShownBook {
  readonly account: string;
  readonly perp: readonly bigint[];
  /** Attodollars. */
  readonly basis: bigint;
  readonly hash: bigint;
  readonly proof: TransitionCall["proof"];
}

/** What call data has of a house. Nothing says that a call was made, or did not revert: only its proof shows what it was of. */
export interface HouseCalls {
  readonly transitions: readonly TransitionCall[];
  readonly shown: readonly ShownBook[];
  /** Of accounts that leave: the book is empty. */
  readonly exits: readonly ShownBook[];
  /** Claims of health for the house's gates. */
  readonly claims: readonly Submission[];
  /** Whether all of it was searched. */
  readonly complete: boolean;
}

const HOUSE = interfaceOf(clearingHouse);
const DEFAULTS = interfaceOf(clearingDefaults);
/** Words of a TransitionCall before its signature, and the most that its signature may have. */
const [TRANSITION, SIGNATURE] = [50, 65];
/** More sides than a block has gas for. */
const MOST_SIDES = 64;
/** A call is read with room for a longest signature, so more is decoded than there is. */
const TIMES = 4;

type LengthOf = (data: string, at: number) => number | null;

/** At most so many words, and no more than are left. */
const upTo =
  (words: number): LengthOf =>
  (data, at) =>
    Math.min(data.length - at, words * WORD);

const ofTrade: LengthOf = (data, at) => {
  const calls = wordAt(data, at);
  const count = calls === null ? null : wordAt(data, at + 2 * calls);
  if (count === null || count > MOST_SIDES) return null;
  return upTo(4 + 17 + count * (1 + TRANSITION + SIGNATURE))(data, at);
};

/** One transition, with so many words beside it. */
const oneCall = (words: number) => upTo(words + TRANSITION + SIGNATURE);
/** Account, basis or perpetuals in any order, hash and proof. */
const SHOWN = upTo(1 + 1 + 16 + 1 + 8);

const FUNCTIONS = [
  [HOUSE, "deposit", oneCall(2)],
  [HOUSE, "trade", ofTrade],
  [HOUSE, "refresh", oneCall(1)],
  [HOUSE, "renew", upTo(1 + 10 + 10 + 1)],
  [HOUSE, "withdraw", oneCall(3)],
  [HOUSE, "exit", oneCall(12)],
  [DEFAULTS, "bid", oneCall(4)],
  [DEFAULTS, "reveal", SHOWN],
  [DEFAULTS, "claimAtEnd", SHOWN],
] as const;

/** The arguments of the functions, by name. */
interface Arguments extends Partial<Omit<ShownBook, "basis">> {
  readonly basis?: bigint;
  readonly call?: TransitionCall;
  readonly calls?: readonly TransitionCall[];
  readonly initial?: HealthCall;
  readonly stress?: HealthCall;
}

/** Every call of a house in call data, in time that grows with its length and not with what it holds. */
export function houseCallsIn(data: string): HouseCalls {
  const reader = new CallReader(data, TIMES);
  const found = {
    transitions: [] as TransitionCall[],
    shown: [] as ShownBook[],
    exits: [] as ShownBook[],
    claims: [] as Submission[],
  };
  const claim = (account: string, { round, claim: word, proof: { a, b, c } }: HealthCall) =>
    found.claims.push({ account, round, claim: word, proof: { a: [...a], b: [...b], c: [...c] } });
  for (const [contract, name, lengthOf] of FUNCTIONS)
    for (const one of reader.all(contract.getFunction(name)?.selector ?? "", lengthOf)) {
      const args = decodeCall(contract, name, one)?.toObject() as Arguments | undefined;
      if (args === undefined) continue;
      const { account, perp, basis, hash, proof, call, calls = [], initial, stress } = args;
      for (const each of call === undefined ? calls : [call]) {
        found.transitions.push(each);
        claim(each.account, each.initial);
        claim(each.account, each.stress);
      }
      if (account !== undefined && initial !== undefined && stress !== undefined) {
        claim(account, initial);
        claim(account, stress);
      }
      if (hash === undefined || proof === undefined) continue;
      if (account !== undefined && perp !== undefined && basis !== undefined)
        found.shown.push({ account, perp: [...perp], basis, hash, proof });
      if (call !== undefined)
        found.exits.push({ account: call.account, perp: EMPTY, basis: 0n, hash, proof });
    }
  return { ...found, complete: reader.complete };
}

const EMPTY: readonly bigint[] = new Array<bigint>(16).fill(0n);
