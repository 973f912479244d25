import { GROUP_BYTES, type Kernel, type KernelGroup } from "./kernel.js";

/** So many additions share one inversion, which costs as much as sixty of them; their points still fit a core's cache. */
const BATCH = 4096;

/** Bytes of the list of pairs, two references each. */
const LIST = 8 * BATCH;
/** Of G2, whose points are the larger. */
const { point: POINT, coordinate: COORDINATE } = GROUP_BYTES.g2;
/** Bytes that the kernel's functions of curves work in. */
const ROOM = 4 * COORDINATE;
/** The list, a product for each pair, the room, and the inverse. */
const FIXED = LIST + BATCH * COORDINATE + ROOM + COORDINATE;

/** Bytes that {@link PointBatches} needs to add up `sums` pairs in all. */
export const batchesRoom = (sums: number): number => FIXED + sums * POINT;

/**
 * Additions of affine points by batches, in memory of one thread. A point is named by a *reference*: its address, a multiple of 4, and 1 more
 * for its negative; 0 is infinity.
 */
export class PointBatches {
  readonly kernel: Kernel;
  readonly group: KernelGroup;
  readonly #list: Uint32Array;
  readonly #prefix: number;
  readonly #room: number;
  readonly #inverse: number;
  readonly #results: number;
  readonly #end: number;
  #next: number;
  /** Where in the caller's references each result of the batch stands. */
  readonly #places = new Uint32Array(BATCH);

  /** @param bytes of room at `address`, as {@link batchesRoom} says */
  constructor(kernel: Kernel, group: KernelGroup, address: number, bytes: number) {
    this.kernel = kernel;
    this.group = group;
    this.#list = new Uint32Array(kernel.memory.buffer, address, 2 * BATCH);
    this.#prefix = address + LIST;
    this.#room = this.#prefix + BATCH * COORDINATE;
    this.#inverse = this.#room + ROOM;
    this.#results = address + FIXED;
    this.#end = address + bytes;
    this.#next = this.#results;
  }

  /**
   * Adds up the references of each list, in rounds of pairs. List b has length[b] of them from start[b]; afterwards it has its sum
   * alone, or nothing if that is infinity.
   */
  addUp(references: Uint32Array, start: Uint32Array, length: Uint32Array): void {
    const { point } = this.group;
    for (;;) {
      let pairs = 0;
      let round = 0;
      let hasHoles = false;
      for (let b = 0; b < length.length; b++) {
        const count = length[b] as number;
        if (count < 2) continue;
        const from = start[b] as number;
        let to = from;
        for (let i = 1; i < count; i += 2) {
          this.#list[2 * pairs] = references[from + i - 1] as number;
          this.#list[2 * pairs + 1] = references[from + i] as number;
          this.#places[pairs] = to;
          references[to++] = this.#next + pairs * point;
          if (++pairs === BATCH) {
            hasHoles = this.#add(references, pairs) || hasHoles;
            round += pairs;
            pairs = 0;
          }
        }
        if (count & 1) references[to++] = references[from + count - 1] as number;
        length[b] = to - from;
      }
      if (pairs > 0) hasHoles = this.#add(references, pairs) || hasHoles;
      if (round + pairs === 0) return;
      if (hasHoles) dropInfinity(references, start, length);
    }
  }

  /** Writes the doubles of the points referred to, one after the other. */
  double(references: readonly number[], out: number): void {
    for (let from = 0; from < references.length; from += BATCH) {
      const count = Math.min(BATCH, references.length - from);
      for (let i = 0; i < count; i++) this.#list[i] = references[from + i] as number;
      this.#double(count, out + from * this.group.point);
    }
  }

  /** Leaves nothing behind: which points were added tells the scalars. */
  clear(): void {
    const { buffer } = this.kernel.memory;
    new Uint8Array(buffer, this.#list.byteOffset, this.#next - this.#list.byteOffset).fill(0);
    this.#places.fill(0);
    this.#next = this.#results;
  }

  /** Adds the pairs of the list. @returns whether a sum is infinity, whose reference is then 0 */
  #add(references: Uint32Array, count: number): boolean {
    const { group } = this;
    if (this.#next + count * group.point > this.#end)
      throw new RangeError("more sums than there is room for");
    group.addPrefix(this.#list.byteOffset, count, this.#prefix, this.#room);
    if (this.#productIsZero(count)) return this.#addCarefully(references, count);
    this.#invertProduct(count);
    group.add(this.#list.byteOffset, count, this.#prefix, this.#inverse, this.#next, this.#room);
    this.#next += count * group.point;
    return false;
  }

  /** Where a point meets itself or its negative, whose differences cannot be inverted. */
  #addCarefully(references: Uint32Array, count: number): boolean {
    const { group } = this;
    const twice: { reference: number; place: number }[] = [];
    let kept = 0;
    let hasHoles = false;
    for (let k = 0; k < count; k++) {
      const [a, b] = [this.#list[2 * k] as number, this.#list[2 * k + 1] as number];
      const place = this.#places[k] as number;
      if (!this.#isSame(a & ~1, b & ~1)) {
        references[place] = this.#next + kept * group.point;
        this.#list[2 * kept] = a;
        this.#list[2 * kept + 1] = b;
        kept++;
        continue;
      }
      const sameY = this.#isSame((a & ~1) + group.coordinate, (b & ~1) + group.coordinate);
      if (sameY === ((a & 1) === (b & 1))) twice.push({ reference: a, place });
      else {
        references[place] = 0;
        hasHoles = true;
      }
    }
    if (kept > 0) this.#add(references, kept);
    for (const { reference, place } of twice) {
      this.#list[0] = reference;
      references[place] = this.#next | (reference & 1);
      this.#double(1, this.#next);
      this.#next += group.point;
    }
    return hasHoles;
  }

  #isSame(a: number, b: number): boolean {
    this.group.sub(a, b, this.#room);
    return this.group.isZero(this.#room) === 1;
  }

  #double(count: number, out: number): void {
    this.group.doublePrefix(this.#list.byteOffset, count, this.#prefix, this.#room);
    this.#invertProduct(count);
    this.group.double(this.#list.byteOffset, count, this.#prefix, this.#inverse, out, this.#room);
  }

  #product(count: number): number {
    return this.#prefix + (count - 1) * this.group.coordinate;
  }

  #productIsZero(count: number): boolean {
    return this.group.isZero(this.#product(count)) === 1;
  }

  #invertProduct(count: number): void {
    this.kernel.invert(this.group, this.#product(count), this.#inverse);
  }
}

function dropInfinity(references: Uint32Array, start: Uint32Array, length: Uint32Array): void {
  for (let b = 0; b < length.length; b++) {
    const from = start[b] as number;
    const end = from + (length[b] as number);
    let to = from;
    for (let i = from; i < end; i++) if (references[i] !== 0) references[to++] = references[i] as number;
    length[b] = to - from;
  }
}
