import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";
import { OutOfRangeError } from "../errors.js";
import { FIELD_R } from "./bounds.js";
import { poseidonChain } from "./commitment.js";

/**
 * The three public signals that stand for any number of words. The circuit hashes words that fix all its others to `hash`. The
 * verifier takes the challenge from a hash of its own words and of `hash`. The two sums at the challenge are equal only if
 * the words are.
 */
export interface BoundWords {
  /** Poseidon chain of the words, or of those that fix the others. */
  readonly hash: bigint;
  /** Keccak-256 of `hash` and the words, modulo the field. */
  readonly challenge: bigint;
  /** Σ wordᵢ·challengeⁱ. */
  readonly sum: bigint;
}

/**
 * What a prover's words come to.
 * @param hashed what the circuit hashes, if not its words: numbers that allow no other words
 * @throws OutOfRangeError for a word that is no canonical field element
 */
export function bindWords(words: readonly bigint[], hashed: readonly bigint[] = words): BoundWords {
  checkWords(words);
  const hash = poseidonChain(hashed);
  const challenge = challengeOf(words, hash);
  return { hash, challenge, sum: sumAt(words, challenge) };
}

/**
 * The challenge to a prover who has said `hash`: a verifier's part, which costs no Poseidon.
 * @throws OutOfRangeError for a word, or a hash, that is no canonical field element
 */
export function challengeOf(words: readonly bigint[], hash: bigint): bigint {
  checkWords(words);
  if (!isElement(hash)) throw new OutOfRangeError("hash", "a number below the field's order", "another");
  return BigInt(wordsDigest([hash, ...words])) % FIELD_R;
}

/** Keccak-256 of words, 32 bytes each: what an owner signs of a transition. */
export function wordsDigest(words: readonly bigint[]): string {
  const text = words.map((word) => word.toString(16).padStart(64, "0")).join("");
  return `0x${bytesToHex(keccak_256(hexToBytes(text)))}`;
}

/** Σ wordᵢ·challengeⁱ in the field. */
export function sumAt(words: readonly bigint[], challenge: bigint): bigint {
  return words.reduceRight((sum, word) => (sum * challenge + word) % FIELD_R, 0n);
}

/**
 * A signed number as a word: its one encoding, below the field's order. A negative number is taken from the order.
 * @param bits the number's magnitude is below 2^bits
 * @throws OutOfRangeError, which quotes no number
 */
export function signedWord(value: bigint, bits: number, path: string): bigint {
  const limit = 1n << BigInt(bits);
  if (value <= -limit || value >= limit)
    throw new OutOfRangeError(path, `a magnitude below 2^${bits}`, "a larger one");
  return value < 0n ? value + FIELD_R : value;
}

function checkWords(words: readonly bigint[]): void {
  const wrong = words.findIndex((word) => !isElement(word));
  if (wrong >= 0) throw new OutOfRangeError(`words[${wrong}]`, "a number below the field's order", "another");
}

function isElement(value: bigint): boolean {
  return value >= 0n && value < FIELD_R;
}
