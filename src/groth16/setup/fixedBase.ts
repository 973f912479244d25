import { buildBn128, type Curve, type Group, type Point } from "ffjavascript";

/** Bits of the scalar looked up at once: 24 windows of 2047 points each, the best of 8…12 for 10^4…10^5 products. */
const WINDOW_BITS = 11;
const WINDOWS = Math.ceil(254 / WINDOW_BITS);
const ENTRIES = 2 ** WINDOW_BITS - 1;
/** Points brought to affine form at once; one inversion for all of them. */
const BATCH = 1024;
const SCALAR_BYTES = 32;
const PAGE_BYTES = 65_536;

/**
 * Products scalar·G of one generator G by a table of (d·2^(11·k))·G, so that one product costs 24 mixed additions
 * and no doubling. It calls the curve's WebAssembly on pointers: 20 times faster than `timesScalar`.
 *
 * Give it a single-threaded curve of your own (`buildBn128(true)`), because it enlarges that curve's memory.
 */
export class FixedBase {
  readonly #curve: Curve;
  readonly #affineBytes: number;
  readonly #jacobianBytes: number;
  readonly #prefix: "g1m" | "g2m";
  readonly #table: number;
  readonly #work: number;

  constructor(curve: Curve, groupName: "G1" | "G2") {
    const group: Group<bigint> | Group<bigint[]> = curve[groupName];
    this.#curve = curve;
    this.#prefix = groupName === "G1" ? "g1m" : "g2m";
    this.#affineBytes = group.F.n8 * 2;
    this.#jacobianBytes = group.F.n8 * 3;
    this.#table = this.#allocate(WINDOWS * ENTRIES * this.#affineBytes);
    this.#work = this.#allocate(ENTRIES * this.#jacobianBytes);
    this.#fillTable(group.g);
  }

  /** The affine points scalarᵢ·G, one after another, in Montgomery form. Scalars are integers in 0 … r − 1. */
  multiply(scalars: readonly bigint[]): Uint8Array {
    const points = new Uint8Array(scalars.length * this.#affineBytes);
    const digits = new DataView(new ArrayBuffer(SCALAR_BYTES + 4));
    const add = this.#call("addMixed");
    const setZero = this.#call("zero");
    for (let start = 0; start < scalars.length; start += BATCH) {
      const count = Math.min(BATCH, scalars.length - start);
      for (let i = 0; i < count; i++) {
        const sum = this.#work + i * this.#jacobianBytes;
        setZero(sum);
        writeScalar(digits, scalars[start + i] ?? 0n);
        for (let window = 0; window < WINDOWS; window++) {
          const digit = digitAt(digits, window);
          if (digit !== 0) add(sum, this.#entry(window, digit), sum);
        }
      }
      this.#toAffine(this.#work, count, this.#work);
      points.set(
        this.#curve.tm.u8.subarray(this.#work, this.#work + count * this.#affineBytes),
        start * this.#affineBytes,
      );
    }
    return points;
  }

  #entry(window: number, digit: number): number {
    return this.#table + (window * ENTRIES + digit - 1) * this.#affineBytes;
  }

  /** Row k holds d·B for d = 1 … 2047, where B = 2^(11·k)·G; the next row's base is the last entry plus B. */
  #fillTable(generator: Point): void {
    const base = this.#allocate(this.#affineBytes);
    const next = this.#allocate(this.#jacobianBytes);
    const add = this.#call("addMixed");
    this.#curve.tm.setBuff(next, generator);
    for (let window = 0; window < WINDOWS; window++) {
      this.#call("toAffine")(next, base);
      this.#call("zero")(next);
      for (let digit = 1; digit <= ENTRIES; digit++) {
        add(next, base, next);
        this.#call("copy")(next, this.#work + (digit - 1) * this.#jacobianBytes);
      }
      this.#toAffine(this.#work, ENTRIES, this.#entry(window, 1));
      add(next, base, next);
    }
  }

  /** The library's batch conversion takes its scratch space from the free pointer and frees it again. */
  #toAffine(jacobian: number, count: number, affine: number): void {
    this.#reserve(4 * count * this.#jacobianBytes);
    this.#call("batchToAffine")(jacobian, count, affine);
  }

  #call(name: string): (...args: number[]) => number {
    const found = this.#curve.tm.instance.exports[`${this.#prefix}_${name}`];
    if (found === undefined) throw new TypeError(`the curve has no function ${this.#prefix}_${name}`);
    return found;
  }

  #allocate(bytes: number): number {
    this.#reserve(bytes);
    return this.#curve.tm.alloc(bytes);
  }

  #reserve(bytes: number): void {
    const { tm } = this.#curve;
    const missing = (tm.u32[0] ?? 0) + bytes + PAGE_BYTES - tm.memory.buffer.byteLength;
    if (missing <= 0) return;
    tm.memory.grow(Math.ceil(missing / PAGE_BYTES));
    tm.u8 = new Uint8Array(tm.memory.buffer);
    tm.u32 = new Uint32Array(tm.memory.buffer);
  }
}

function writeScalar(digits: DataView, scalar: bigint): void {
  let rest = scalar;
  for (let offset = 0; offset < SCALAR_BYTES; offset += 8) {
    digits.setBigUint64(offset, BigInt.asUintN(64, rest), true);
    rest >>= 64n;
  }
}

function digitAt(digits: DataView, window: number): number {
  const bit = window * WINDOW_BITS;
  return (digits.getUint32(bit >>> 3, true) >>> (bit & 7)) & ENTRIES;
}

/** A single-threaded curve with the tables of both generators; about half a second to build, nothing to terminate. */
export interface Bases {
  readonly curve: Curve;
  readonly g1: FixedBase;
  readonly g2: FixedBase;
}

/** Builds the curve and its tables. Single-threaded: it starts no worker and shares nothing with snarkjs. */
export async function buildBases(): Promise<Bases> {
  const curve = await buildBn128(true);
  return { curve, g1: new FixedBase(curve, "G1"), g2: new FixedBase(curve, "G2") };
}
