import type { Bn254, Group } from "./bn254.js";
import type { PointBatches } from "./kernel/batches.js";
import type { PointTable } from "./pointTable.js";
import {
  bitsAt,
  cheapestWidth,
  LIMBS,
  lengthCounts,
  MOST_BITS,
  SIGNED_LIMBS,
  windowsOf,
  writeSigned,
} from "./signedScalar.js";

/** A bucket costs an addition to its row and one to its column. */
const BUCKET_COST = 2;

/**
 * Sums Σ scalarᵢ·pointᵢ over a table of points, by Pippenger's method.
 *
 * Made for a circuit that compares numbers, most of whose wires are bits. Scalars are recoded to signed digits of their own length: a 0 costs
 * nothing, a 1 (or −1) one addition, a 64-bit value a quarter of a hash. A point with multiples in the table has all of its digits in one set of buckets,
 * any other a set for each window. All additions are affine and by batches; what is left, a few hundred, are Jacobian.
 */
export class BucketSum {
  readonly #curve: Bn254;
  /** Of each digit that is not 0: its bucket, and the multiple that it takes. */
  #bucket = new Uint32Array(0);
  #reference = new Uint32Array(0);
  #sorted = new Uint32Array(0);
  #entries = 0;
  readonly #magnitude = new Uint32Array(SIGNED_LIMBS);

  constructor(curve: Bn254) {
    this.#curve = curve;
  }

  /**
   * With `part` and `parts`, only every so many points are summed, so that threads may divide the work; the sum of all parts is the whole.
   * @param scalars little-endian words of 8 limbs, below r, one for each point
   * @returns the sum, Jacobian and in wasmcurves' form
   */
  sum(batches: PointBatches, table: PointTable, scalars: Uint32Array, part = 0, parts = 1): Uint8Array {
    const width = table.width || this.#cheapestWidth(table, scalars, part, parts);
    const half = 1 << (width - 1);
    const sets = this.#collect(batches.group.point, table, scalars, width, part, parts);
    const buckets = this.#sort(sets * half);
    batches.addUp(this.#sorted, buckets.start, buckets.length);

    // Bucket d = 2^low·row + column: the sum of d times it is made of the sums of rows and of columns.
    const low = (width - 1) >> 1;
    const [rows, columns] = [half >> low, (1 << low) - 1];
    this.#entries = 0;
    for (let bucket = 0; bucket < sets * half; bucket++) {
      if (buckets.length[bucket] === 0) continue;
      const reference = this.#sorted[buckets.start[bucket] as number] as number;
      const d = (bucket & (half - 1)) + 1;
      const first = Math.floor(bucket / half) * (rows + columns) - 1;
      if (d >> low > 0) this.#enter(first + (d >> low), reference);
      if ((d & columns) > 0) this.#enter(first + rows + (d & columns), reference);
    }
    const lines = this.#sort(sets * (rows + columns));
    batches.addUp(this.#sorted, lines.start, lines.length);

    const curveGroup = this.#curve[table.group];
    const mark = this.#curve.mark();
    const result = this.#curve.allocate(curveGroup.jacobian);
    const weighted = this.#curve.allocate(curveGroup.jacobian);
    const { point } = curveGroup;
    point.zero(result);
    const double = (times: number) => {
      for (let i = 0; i < times; i++) point.double(result, result);
    };
    for (let set = sets - 1; set >= 0; set--) {
      const first = set * (rows + columns);
      double(width - low);
      this.#weigh(batches, curveGroup, lines, first, rows, weighted);
      point.add(result, weighted, result);
      double(low);
      this.#weigh(batches, curveGroup, lines, first + rows, columns, weighted);
      point.add(result, weighted, result);
    }
    const sum = this.#curve.load(result, curveGroup.jacobian);
    this.#curve.bytes.fill(0, mark, this.#curve.mark());
    this.#curve.release(mark);
    this.#clear();
    batches.clear();
    return sum;
  }

  /** Σ k·lineₖ over `count` lines from `first`, k from 1, Jacobian to `total`. */
  #weigh(
    batches: PointBatches,
    group: Group,
    lines: Lists,
    first: number,
    count: number,
    total: number,
  ): void {
    const mark = this.#curve.mark();
    const running = this.#curve.allocate(group.jacobian);
    const line = this.#curve.allocate(group.affine);
    const { point } = group;
    point.zero(running);
    point.zero(total);
    let isEmpty = true;
    for (let k = count - 1; k >= 0; k--) {
      if (lines.length[first + k] !== 0) {
        const reference = this.#sorted[lines.start[first + k] as number] as number;
        this.#curve.bytes.set(batches.kernel.toFilePoint(batches.group, reference & ~1), line);
        if (reference & 1) point.negAffine(line, line);
        point.addMixed(running, line, running);
        isEmpty = false;
      }
      if (!isEmpty) point.add(total, running, total);
    }
    this.#curve.bytes.fill(0, mark, this.#curve.mark());
    this.#curve.release(mark);
  }

  /** Enters every digit. @returns the number of sets of buckets */
  #collect(
    pointBytes: number,
    table: PointTable,
    scalars: Uint32Array,
    width: number,
    part: number,
    parts: number,
  ): number {
    const { finite, rank, address, count, extended } = table;
    const magnitude = this.#magnitude;
    const half = 1 << (width - 1);
    const mask = (1 << width) - 1;
    let sets = 1;
    this.#entries = 0;
    this.#reserve(table.width > 0 ? windowsOf(MOST_BITS, width) * Math.ceil(count / parts) : 0);
    for (let i = part; i < count; i += parts) {
      if (finite[i] === 0) continue;
      const length = writeSigned(scalars, i * LIMBS, magnitude);
      if (length === 0) continue;
      let reference = address + i * pointBytes;
      const sign = magnitude[LIMBS] as number;
      if (length === 1) {
        this.#enter(0, reference | sign);
        continue;
      }
      const ranked = rank[i] as number;
      let carry = 0;
      for (let start = 0, window = 0; start < length || carry === 1; start += width, window++) {
        let digit = (bitsAt(magnitude, 0, start) & mask) + carry;
        carry = digit > half ? 1 : 0;
        if (carry === 1) digit -= mask + 1;
        if (ranked >= 0 && window > 0)
          reference = address + (count + (window - 1) * extended + ranked) * pointBytes;
        if (digit === 0) continue;
        const set = ranked >= 0 ? 0 : window;
        if (set >= sets) sets = set + 1;
        this.#enter(set * half + Math.abs(digit) - 1, (reference | (digit < 0 ? 1 - sign : sign)) >>> 0);
      }
    }
    return sets;
  }

  /** The cheapest width where there are no multiples. */
  #cheapestWidth({ finite, count }: PointTable, scalars: Uint32Array, part: number, parts: number): number {
    const lengths = lengthCounts();
    for (let i = part; i < count; i += parts) {
      if (finite[i] === 0) continue;
      const length = writeSigned(scalars, i * LIMBS, this.#magnitude);
      lengths[length] = (lengths[length] as number) + 1;
    }
    return cheapestWidth(lengths, BUCKET_COST);
  }

  #enter(bucket: number, reference: number): void {
    if (this.#entries === this.#bucket.length) this.#reserve(2 * this.#entries + 1024);
    this.#bucket[this.#entries] = bucket;
    this.#reference[this.#entries++] = reference;
  }

  #reserve(length: number): void {
    if (length <= this.#bucket.length) return;
    const longer = (from: Uint32Array) => {
      const to = new Uint32Array(length);
      to.set(from);
      from.fill(0);
      return to;
    };
    this.#bucket = longer(this.#bucket);
    this.#reference = longer(this.#reference);
  }

  /** Sorts what was entered by buckets, by counting. */
  #sort(buckets: number): Lists {
    if (this.#sorted.length < this.#entries) {
      this.#sorted.fill(0);
      this.#sorted = new Uint32Array(this.#bucket.length);
    }
    const length = new Uint32Array(buckets);
    const start = new Uint32Array(buckets);
    const next = new Uint32Array(buckets);
    for (let k = 0; k < this.#entries; k++) (length[this.#bucket[k] as number] as number)++;
    for (let b = 1; b < buckets; b++) start[b] = (start[b - 1] as number) + (length[b - 1] as number);
    next.set(start);
    for (let k = 0; k < this.#entries; k++)
      this.#sorted[(next[this.#bucket[k] as number] as number)++] = this.#reference[k] as number;
    return { start, length };
  }

  #clear(): void {
    for (const array of [this.#bucket, this.#reference, this.#sorted, this.#magnitude]) array.fill(0);
  }
}

/** Where in the sorted references each bucket begins, and how many it has. */
interface Lists {
  readonly start: Uint32Array;
  readonly length: Uint32Array;
}
