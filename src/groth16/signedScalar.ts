import { FIELD_R } from "../encoding/field.js";

/** Limbs of 32 bits, little-endian: what sums of points have their scalars in. */
export const LIMBS = 8;
/** Limbs of a scalar with a sign: of its magnitude, then 1 for minus or 0. */
export const SIGNED_LIMBS = LIMBS + 1;
/** Bits of the largest magnitude, r/2. */
export const MOST_BITS = 253;
/** Wider digits would have more buckets than sums here have points. */
const WIDEST = 13;
const HALF = limbs(FIELD_R >> 1n);
const ORDER = limbs(FIELD_R);

/**
 * Writes a scalar below r, of {@link LIMBS} at `at`, as {@link SIGNED_LIMBS} at `toAt`. A scalar above r/2 is taken as the negative number it
 * stands for, so that small amounts of either sign are short.
 * @returns the number of bits of the magnitude; 0 for 0, of which nothing is written
 */
export function writeSigned(scalars: Uint32Array, at: number, to: Uint32Array, toAt = 0): number {
  let top = LIMBS - 1;
  while (top >= 0 && scalars[at + top] === 0) top--;
  if (top < 0) return 0;
  for (let limb = 0; limb < LIMBS; limb++) to[toAt + limb] = scalars[at + limb] as number;
  to[toAt + LIMBS] = 0;
  if (exceedsHalf(to, toAt)) {
    to[toAt + LIMBS] = 1;
    subtractFromOrder(to, toAt);
    top = LIMBS - 1;
    while (to[toAt + top] === 0) top--;
  }
  return top * 32 + 32 - Math.clz32(to[toAt + top] as number);
}

/** 31 bits or more of the magnitude at `at`, from bit `start` on. */
export function bitsAt(words: Uint32Array, at: number, start: number): number {
  const limb = start >> 5;
  const shift = start & 31;
  if (limb >= LIMBS) return 0;
  const low = (words[at + limb] as number) >>> shift;
  return shift === 0 || limb === LIMBS - 1 ? low : low | ((words[at + limb + 1] as number) << (32 - shift));
}

/**
 * The width of digits that makes a sum cheapest. Each scalar costs about length/width additions into buckets. Each window then adds up
 * 2^(width−1) buckets.
 * @param lengths    how many scalars have so many bits, by bits
 * @param bucketCost of one bucket, in additions into buckets
 */
export function cheapestWidth(lengths: Uint32Array, bucketCost: number): number {
  let longest = lengths.length - 1;
  while (longest > 1 && lengths[longest] === 0) longest--;
  let best = 2;
  let least = Number.POSITIVE_INFINITY;
  for (let width = 2; width <= WIDEST; width++) {
    let cost = windowsOf(longest, width) * 2 ** (width - 1) * bucketCost;
    for (let length = 1; length <= longest; length++)
      cost += (lengths[length] as number) * Math.ceil(length / width);
    if (cost < least) {
      least = cost;
      best = width;
    }
  }
  return best;
}

/** Digits of so many bits, each with a sign, that a number of `length` bits needs: the carry may take one bit more. */
export const windowsOf = (length: number, width: number): number => Math.ceil((length + 1) / width);

/** Room for counting scalars by their bits. */
export const lengthCounts = (): Uint32Array => new Uint32Array(32 * LIMBS + 1);

function exceedsHalf(words: Uint32Array, at: number): boolean {
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const value = words[at + limb] as number;
    const half = HALF[limb] as number;
    if (value !== half) return value > half;
  }
  return false;
}

function subtractFromOrder(words: Uint32Array, at: number): void {
  let borrow = 0;
  for (let limb = 0; limb < LIMBS; limb++) {
    const difference = (ORDER[limb] as number) - (words[at + limb] as number) - borrow;
    borrow = difference < 0 ? 1 : 0;
    words[at + limb] = difference;
  }
}

function limbs(value: bigint): Uint32Array {
  return Uint32Array.from({ length: LIMBS }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn));
}
