import { inverse } from "./field.js";

/** A hint of circuits/lib, as its source computes it: what an honest prover says, and an attacker begins with. */
export interface HintRule {
  /** Signals it reads and writes, by name; undefined where the component is none of its template. */
  readonly find: (component: string, has: (signal: string) => boolean) => HintSignals | undefined;
  /** From the values read, nearest to 0, to those written. */
  readonly solve: (read: readonly bigint[]) => bigint[];
}

export interface HintSignals {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const size = (x: bigint) => (x < 0n ? -x : x);

/** circuits/lib/NettedPair.circom */
const nettedPair: HintRule = {
  find: (at, has) => {
    const writes = ["aIsLargest", "bIsLargest", "largestIsPositive", "p", "q"].map((name) => `${at}.${name}`);
    return writes.every(has) ? { reads: [`${at}.a`, `${at}.b`], writes } : undefined;
  },
  solve: ([a = 0n, b = 0n]) => {
    const opposite = a < 0n !== b < 0n;
    const aIsLargest = opposite && size(a) >= size(b);
    const bIsLargest = opposite && size(a) < size(b);
    const largestIsPositive = bIsLargest ? b >= 0n : a >= 0n;
    const p = aIsLargest ? size(b) : size(a);
    const q = aIsLargest ? size(a) - size(b) : bIsLargest ? size(b) - size(a) : size(b);
    return [BigInt(aIsLargest), BigInt(bIsLargest), BigInt(largestIsPositive), p, q];
  },
};

/** circuits/lib/Maximum.circom */
const maximum: HintRule = {
  find: (at, has) => {
    const reads: string[] = [];
    while (has(`${at}.atLeast[${reads.length}].in`)) reads.push(`${at}.in[${reads.length}]`);
    return reads.length > 0 && has(`${at}.atLeastZero.in`) ? { reads, writes: [`${at}.out`] } : undefined;
  },
  solve: (values) => [values.reduce((largest, x) => (x > largest ? x : largest), 0n)],
};

/** circuits/lib/NonZeroWhere.circom */
const nonZeroWhere: HintRule = {
  find: (at, has) => {
    const [reads, writes] = [[`${at}.where`, `${at}.in`], [`${at}.inverse`]];
    return [...reads, ...writes].every(has) ? { reads, writes } : undefined;
  },
  solve: ([where = 0n, x = 0n]) => [where === 1n && x !== 0n ? inverse(x) : 0n],
};

/** circuits/lib/OneHot.circom */
const oneHot: HintRule = {
  find: (at, has) => {
    const writes: string[] = [];
    while (has(`${at}.at[${writes.length}]`)) writes.push(`${at}.at[${writes.length}]`);
    return writes.length > 0 && has(`${at}.index`) ? { reads: [`${at}.index`], writes } : undefined;
  },
  solve: ([index = 0n]) => Array.from({ length: SLOTS }, (_, i) => (BigInt(i) === index ? 1n : 0n)),
};

/** Most slots that a OneHot has. */
const SLOTS = 32;

export const hintRules: readonly HintRule[] = [nettedPair, maximum, nonZeroWhere, oneHot];
