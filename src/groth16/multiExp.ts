import type { Bn254, Group } from "./bn254.js";
import { WORD } from "./field.js";
import {
  bitsAt,
  cheapestWidth,
  LIMBS,
  lengthCounts,
  SIGNED_LIMBS,
  windowsOf,
  writeSigned,
} from "./signedScalar.js";

/** A bucket costs two additions that share no inversion. */
const BUCKET_COST = 2.2;

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
 * Recodes scalars below r to signed digits of the width that makes the sum cheapest.
 *
 * @param scalars words of 8 little-endian limbs
 * @param finite  1 for each scalar that counts, 0 for each that does not
 */
export function signedDigits(scalars: Uint32Array, finite: Uint8Array): Digits {
  const index = new Uint32Array(finite.length);
  const magnitudes = new Uint32Array(finite.length * SIGNED_LIMBS);
  const lengths = lengthCounts();
  let longest = 0;
  let n = 0;
  for (let i = 0; i < finite.length; i++) {
    const length = finite[i] === 0 ? 0 : writeSigned(scalars, i * LIMBS, magnitudes, n * SIGNED_LIMBS);
    if (length === 0) continue;
    lengths[length] = (lengths[length] as number) + 1;
    longest = Math.max(longest, length);
    index[n++] = i;
  }

  const width = cheapestWidth(lengths, BUCKET_COST);
  const windows = windowsOf(longest, width);
  const values = new Int16Array(windows * n);
  const mask = (1 << width) - 1;
  const half = 1 << (width - 1);
  for (let i = 0; i < n; i++) {
    const at = i * SIGNED_LIMBS;
    const sign = magnitudes[at + LIMBS] === 1 ? -1 : 1;
    let carry = 0;
    for (let window = 0; window < windows; window++) {
      let digit = (bitsAt(magnitudes, at, window * width) & mask) + carry;
      carry = digit > half ? 1 : 0;
      if (carry) digit -= 1 << width;
      values[window * n + i] = sign * digit;
    }
  }
  return { width, windows, largest: half, index: index.slice(0, n), values };
}

/** Fewer pairs than this are cheaper added one by one than with a shared inversion. */
const LEAST_PAIRS = 24;

/** Points in memory, affine and in Montgomery form, one after the other. */
export interface Points {
  readonly group: Group;
  readonly address: number;
  /** Which of them are not the point at infinity. */
  readonly finite: Uint8Array;
}

/** Finds out which of `count` points at `address` are finite. */
export function pointsAt(group: Group, address: number, count: number): Points {
  const finite = new Uint8Array(count);
  for (let i = 0; i < count; i++)
    finite[i] = group.point.isZeroAffine(address + i * group.affine) === 0 ? 1 : 0;
  return { group, address, finite };
}

/**
 * Σ scalarᵢ·pointᵢ by Pippenger's method, on one thread, in a browser too: for verifiers, of proofs and of ceremonies. A prover's threads have
 * `BucketSum`, whose kernel needs a memory that they share.
 *
 * Most public signals are short or 0. Scalars are recoded to signed digits: a 0 costs nothing, a 1 (or −1) one addition and a 64-bit value
 * a quarter of a hash. The additions inside a bucket are done in rounds of independent pairs that share one field inversion, which
 * halves the cost of each.
 *
 * @param scalars little-endian words of 8 limbs, below r
 * @returns the sum, Jacobian
 */
export function multiExp(curve: Bn254, points: Points, scalars: Uint32Array): Uint8Array {
  const { group } = points;
  const mark = curve.mark();
  const digits = signedDigits(scalars, points.finite);
  const result = curve.allocate(group.jacobian);
  const total = curve.allocate(group.jacobian);
  const buckets = new Buckets(curve, points, digits);
  group.point.zero(result);
  for (let window = digits.windows - 1; window >= 0; window--) {
    for (let bit = 0; bit < digits.width; bit++) group.point.double(result, result);
    buckets.sum(window, total);
    group.point.add(result, total, result);
  }
  const sum = curve.load(result, group.jacobian);
  curve.release(mark);
  return sum;
}

/** The buckets of one window after another, in one piece of memory. */
class Buckets {
  readonly #points: Points;
  readonly #digits: Digits;
  /** Points still to be added, bucket by bucket; bucket d holds points with digit d or, negated, −d. */
  readonly #entries: number;
  /** Slopes' denominators, then their inverses. */
  readonly #denominators: number;
  /** Two coordinates and a Jacobian point of scratch. */
  readonly #scratch: number;
  readonly #running: number;
  /** Whether an entry may be infinity: none is, until a point has met its negative. */
  #infinity = false;
  readonly #start: Uint32Array;
  readonly #length: Uint32Array;

  constructor(curve: Bn254, points: Points, digits: Digits) {
    const { group } = points;
    this.#points = points;
    this.#digits = digits;
    const n = digits.index.length;
    this.#running = curve.allocate(group.jacobian);
    this.#scratch = curve.allocate(2 * group.coordinate + group.jacobian);
    this.#entries = curve.allocate(n * group.affine);
    // The batch inversion writes n + 1 coordinates behind everything allocated.
    this.#denominators = curve.allocate((n >> 1) * group.coordinate, ((n >> 1) + 2) * group.coordinate);
    this.#start = new Uint32Array(digits.largest + 2);
    this.#length = new Uint32Array(digits.largest + 1);
  }

  /** Writes Σ d·bucket_d of `window` to `total`, Jacobian. */
  sum(window: number, total: number): void {
    this.#distribute(window);
    while (this.#pairs() >= LEAST_PAIRS) this.#addPairs();
    const { affine, point } = this.#points.group;
    point.zero(this.#running);
    point.zero(total);
    let empty = true;
    for (let d = this.#digits.largest; d > 0; d--) {
      const length = this.#length[d] as number;
      const start = this.#entries + (this.#start[d] as number) * affine;
      for (let i = 0; i < length; i++) point.addMixed(this.#running, start + i * affine, this.#running);
      if (length > 0) empty = false;
      if (!empty) point.add(total, this.#running, total);
    }
  }

  /** Sorts the points into their buckets by counting. */
  #distribute(window: number): void {
    const { index, values } = this.#digits;
    const start = this.#start;
    const length = this.#length;
    const row = window * index.length;
    length.fill(0);
    for (let i = 0; i < index.length; i++) {
      const digit = Math.abs(values[row + i] as number);
      if (digit !== 0) length[digit] = (length[digit] as number) + 1;
    }
    start[1] = 0;
    for (let d = 1; d < length.length; d++) start[d + 1] = (start[d] as number) + (length[d] as number);
    const next = start.slice();
    const { affine, point } = this.#points.group;
    for (let i = 0; i < index.length; i++) {
      const digit = values[row + i] as number;
      if (digit === 0) continue;
      const bucket = Math.abs(digit);
      const slot = next[bucket] as number;
      next[bucket] = slot + 1;
      const from = this.#points.address + (index[i] as number) * affine;
      const to = this.#entries + slot * affine;
      if (digit > 0) point.copyAffine(from, to);
      else point.negAffine(from, to);
    }
  }

  #pairs(): number {
    let pairs = 0;
    for (const length of this.#length) pairs += length >> 1;
    return pairs;
  }

  /** One round: adds the points of every bucket in pairs, which halves their number. */
  #addPairs(): void {
    const { affine, coordinate, field } = this.#points.group;
    let denominator = this.#denominators;
    for (let d = 1; d < this.#length.length; d++) {
      const length = this.#length[d] as number;
      let p = this.#entries + (this.#start[d] as number) * affine;
      for (let i = 1; i < length; i += 2, p += 2 * affine, denominator += coordinate)
        field.sub(p + affine, p, denominator);
    }
    // A denominator of 0 (a point met with itself, its negative or infinity) stays 0 and is seen below.
    const count = (denominator - this.#denominators) / coordinate;
    field.batchInverse(this.#denominators, coordinate, count, this.#denominators, coordinate);

    denominator = this.#denominators;
    let slot = 0;
    for (let d = 1; d < this.#length.length; d++) {
      const length = this.#length[d] as number;
      let p = this.#entries + (this.#start[d] as number) * affine;
      this.#start[d] = slot;
      for (let i = 1; i < length; i += 2, p += 2 * affine, denominator += coordinate)
        this.#add(p, p + affine, denominator, this.#entries + slot++ * affine);
      if (length & 1) this.#points.group.point.copyAffine(p, this.#entries + slot++ * affine);
      this.#length[d] = (length + 1) >> 1;
    }
  }

  /** Affine p + q to `to`, which may be p; `inverse` holds 1/(q.x − p.x), or 0 where there is none. */
  #add(p: number, q: number, inverse: number, to: number): void {
    const { coordinate, field, point } = this.#points.group;
    if (field.isZero(inverse) === 1 || (this.#infinity && this.#meetsInfinity(p, q))) {
      const sum = this.#scratch + 2 * coordinate;
      point.addAffine(p, q, sum);
      point.toAffine(sum, sum);
      point.copyAffine(sum, to);
      this.#infinity = true;
      return;
    }
    const slope = this.#scratch;
    const t = slope + coordinate;
    field.sub(q + coordinate, p + coordinate, slope);
    field.mul(slope, inverse, slope);
    field.square(slope, t);
    field.sub(t, p, t);
    // From here on p is not needed: x = slope² − p.x − q.x, y = slope·(q.x − x) − q.y.
    field.sub(t, q, to);
    field.sub(q, to, t);
    field.mul(t, slope, t);
    field.sub(t, q + coordinate, to + coordinate);
  }

  #meetsInfinity(p: number, q: number): boolean {
    const { isZeroAffine } = this.#points.group.point;
    return isZeroAffine(p) === 1 || isZeroAffine(q) === 1;
  }
}

/** A view of scalars (bytes, a multiple of {@link WORD}) as limbs; copies if they are not aligned. */
export function limbsOf(scalars: Uint8Array): Uint32Array {
  const aligned = scalars.byteOffset % 4 === 0 ? scalars : scalars.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, (scalars.length / WORD) * LIMBS);
}
