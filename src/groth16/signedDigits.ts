import { FIELD_R } from "../protocol/bounds.js";

const LIMBS = 8;
const WIDEST = 13;
const HALF = limbs(FIELD_R >> 1n);
const ORDER = limbs(FIELD_R);

/** Scalars recoded for windows of `width` bits: digits from −2^(width−1) to 2^(width−1). */
export interface Digits {
  readonly width: number;
  readonly windows: number;
  /** Largest magnitude of a digit. */
  readonly largest: number;
  /** Which scalars take part: those that are not 0 and whose point is finite. */
  readonly index: Uint32Array;
  /** values[window · index.length + i] is a digit of scalar index[i]. */
  readonly values: Int16Array;
}

/**
 * Recodes scalars below r to signed digits. A scalar above r/2 is taken as the negative number it stands for, so
 * that small amounts of either sign are short. The width of windows is the one that makes the sum cheapest.
 *
 * @param scalars words of 8 little-endian limbs
 * @param finite  1 for each scalar that counts, 0 for each that does not
 */
export function signedDigits(scalars: Uint32Array, finite: Uint8Array): Digits {
  const index = new Uint32Array(finite.length);
  const magnitudes = new Uint32Array(finite.length * LIMBS);
  const negative = new Uint8Array(finite.length);
  const lengths = new Uint32Array(257);
  let n = 0;
  for (let i = 0; i < finite.length; i++) {
    const at = i * LIMBS;
    if (finite[i] === 0 || isZero(scalars, at)) continue;
    const to = n * LIMBS;
    if (exceedsHalf(scalars, at)) {
      negative[n] = 1;
      subtractFromOrder(scalars, at, magnitudes, to);
    } else magnitudes.set(scalars.subarray(at, at + LIMBS), to);
    const length = bitLength(magnitudes, to);
    lengths[length] = (lengths[length] as number) + 1;
    index[n++] = i;
  }

  const width = cheapestWidth(lengths);
  const windows = Math.ceil((longest(lengths) + 1) / width);
  const values = new Int16Array(windows * n);
  const mask = (1 << width) - 1;
  const half = 1 << (width - 1);
  for (let i = 0; i < n; i++) {
    const sign = negative[i] === 1 ? -1 : 1;
    let carry = 0;
    for (let window = 0; window < windows; window++) {
      let digit = (bitsAt(magnitudes, i * LIMBS, window * width) & mask) + carry;
      carry = digit > half ? 1 : 0;
      if (carry) digit -= 1 << width;
      values[window * n + i] = sign * digit;
    }
  }
  return { width, windows, largest: half, index: index.slice(0, n), values };
}

/**
 * The cheapest width. Each scalar costs about length/width additions into buckets. Each window then sums 2^(width−1)
 * buckets, and each bucket costs a little more than two such additions.
 */
function cheapestWidth(lengths: Uint32Array): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let width = 2; width <= WIDEST; width++) {
    let cost = Math.ceil((longest(lengths) + 1) / width) * 2 ** (width - 1) * 2.2;
    for (let length = 1; length < lengths.length; length++)
      cost += (lengths[length] as number) * Math.ceil(length / width);
    if (cost < least) {
      least = cost;
      best = width;
    }
  }
  return best;
}

function longest(lengths: Uint32Array): number {
  let length = lengths.length - 1;
  while (length > 0 && lengths[length] === 0) length--;
  return length;
}

/** 31 bits or more of the number at `at`, from bit `start` on. */
function bitsAt(words: Uint32Array, at: number, start: number): number {
  const limb = start >> 5;
  const shift = start & 31;
  if (limb >= LIMBS) return 0;
  const low = (words[at + limb] as number) >>> shift;
  return shift === 0 || limb === LIMBS - 1 ? low : low | ((words[at + limb + 1] as number) << (32 - shift));
}

function bitLength(words: Uint32Array, at: number): number {
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const value = words[at + limb] as number;
    if (value !== 0) return limb * 32 + 32 - Math.clz32(value);
  }
  return 0;
}

function isZero(words: Uint32Array, at: number): boolean {
  return bitLength(words, at) === 0;
}

function exceedsHalf(words: Uint32Array, at: number): boolean {
  for (let limb = LIMBS - 1; limb >= 0; limb--) {
    const value = words[at + limb] as number;
    const half = HALF[limb] as number;
    if (value !== half) return value > half;
  }
  return false;
}

function subtractFromOrder(words: Uint32Array, at: number, to: Uint32Array, toAt: number): void {
  let borrow = 0;
  for (let limb = 0; limb < LIMBS; limb++) {
    const difference = (ORDER[limb] as number) - (words[at + limb] as number) - borrow;
    borrow = difference < 0 ? 1 : 0;
    to[toAt + limb] = difference;
  }
}

function limbs(value: bigint): Uint32Array {
  return Uint32Array.from({ length: LIMBS }, (_, i) => Number((value >> BigInt(32 * i)) & 0xffffffffn));
}
