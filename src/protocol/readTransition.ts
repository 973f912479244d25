import { OutOfRangeError } from "../errors.js";
import { FIELD_R, NOTES, QUOTE_BITS, QUOTE_OFFSET } from "./bounds.js";
import type { Point } from "./folding.js";
import { cipherWordCount, type SealedBook } from "./sealedBook.js";
import { type NetBox, TRANSITION_DOMAIN, TRANSITION_FIXED_WORDS } from "./transition.js";

/** What the words of a transition say, as {@link transitionWords} writes them. */
export interface ReadTransition {
  readonly assets: number;
  readonly place: bigint;
  readonly sequence: bigint;
  /** Unix seconds. */
  readonly deadline: bigint;
  readonly key: Point;
  /** 0 at birth. */
  readonly oldCommitment: bigint;
  readonly newCommitment: bigint;
  readonly listing: bigint;
  readonly birth: boolean;
  readonly reduces: boolean;
  /** Of each of the four notes: what the account does with it, and its digest; null where none is used. */
  readonly notes: readonly ({ readonly side: "buy" | "sell"; readonly digest: bigint } | null)[];
  readonly deltaBasis: bigint;
  readonly deltaPerp: readonly bigint[];
  /** Net price of each asset that is torn up. */
  readonly tearUps: readonly (bigint | undefined)[];
  /** Prices that a transition is held to that reduces; undefined where it needs none. */
  readonly box: readonly (NetBox | undefined)[];
  readonly sealed: SealedBook;
}

const BOX_LANE = BigInt(QUOTE_BITS + 1);

/**
 * Reads a transition's words.
 * @throws OutOfRangeError for words of another statement, another number of them, or flags that no transition has
 */
export function readTransition(words: readonly bigint[]): ReadTransition {
  const fixed = TRANSITION_FIXED_WORDS + NOTES;
  const assets = [16, 32].find((slots) => words.length === transitionWordCount(slots));
  if (assets === undefined || words[0] !== TRANSITION_DOMAIN)
    throw new OutOfRangeError("words", "those of a transition of 16 or 32 slots", "others");
  const at = (i: number) => words[i] as bigint;
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  const flags = at(8);
  const bit = (i: number) => ((flags >> BigInt(i)) & 1n) === 1n;
  const tornAt = 2 + 2 * NOTES;
  if (flags >> BigInt(tornAt + assets) !== 0n)
    throw new OutOfRangeError("words[8]", `flags below 2^${tornAt + assets}`, "others");
  const notes = Array.from({ length: NOTES }, (_, k) => {
    const [buys, sells] = [bit(2 + 2 * k), bit(3 + 2 * k)];
    if (buys && sells) throw new OutOfRangeError("words[8]", "one side of a note", "both");
    const digest = at(TRANSITION_FIXED_WORDS + k);
    return buys || sells ? { side: buys ? ("buy" as const) : ("sell" as const), digest } : null;
  });
  return {
    assets,
    place: at(1),
    sequence: at(2) & ((1n << 64n) - 1n),
    deadline: at(2) >> 64n,
    key: { x: at(3), y: at(4) },
    oldCommitment: at(5),
    newCommitment: at(6),
    listing: at(7),
    birth: bit(0),
    reduces: bit(1),
    notes,
    deltaBasis: signedOf(at(9)),
    deltaPerp: each((u) => signedOf(at(fixed + u))),
    tearUps: each((u) => (bit(tornAt + u) ? signedOf(at(fixed + assets + u)) : undefined)),
    box: each((u) => boxOf(at(fixed + 2 * assets + u))),
    sealed: { ephemeral: { x: at(10), y: at(11) }, cipher: words.slice(fixed + 3 * assets) },
  };
}

/** Words of a transition of so many slots, those of its ciphertext among them. */
export function transitionWordCount(slots: number): number {
  return TRANSITION_FIXED_WORDS + NOTES + 3 * slots + cipherWordCount(slots);
}

/** A word as the signed number that it encodes. */
function signedOf(word: bigint): bigint {
  return word > FIELD_R / 2n ? word - FIELD_R : word;
}

function boxOf(word: bigint): NetBox | undefined {
  if (word === 0n) return undefined;
  const [low, high] = [word & ((1n << BOX_LANE) - 1n), word >> BOX_LANE];
  return { low: low - QUOTE_OFFSET, high: high - QUOTE_OFFSET };
}
