import { FIELD_Q, FIELD_R } from "../../encoding/field.js";
import { WORD } from "../field.js";
import { Assembler } from "./assembler.js";
import { defineCurve } from "./curveCode.js";
import { defineExtension, defineField, ELEMENT, FACTOR, LIMB_BITS } from "./fieldCode.js";
import { defineTransform } from "./transformCode.js";

/** Pages that a memory may have at most: all that 32 bits address. */
const MOST_PAGES = 65_536;
export const PAGE = 65_536;

/** A function of the kernel: of addresses and counts. */
type Code = (...args: number[]) => number;

let compiled: WebAssembly.Module | undefined;

/** The kernel's module, put together and compiled once in a thread; others are given it. */
export function kernelModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const module = new Assembler();
    defineField(module, "q", FIELD_Q);
    defineExtension(module, "q2", "q", FIELD_Q);
    defineCurve(module, "g1", "q", ELEMENT);
    defineCurve(module, "g2", "q2", 2 * ELEMENT);
    defineField(module, "r", FIELD_R);
    defineTransform(module, "r");
    compiled = new WebAssembly.Module(module.bytes(MOST_PAGES));
  }
  return compiled;
}

/** One of the two groups as the kernel has it: affine points of reduced coordinates, `point` bytes each. */
export interface KernelGroup {
  /** Bytes, as in {@link GROUP_BYTES}. */
  readonly coordinate: number;
  readonly point: number;
  readonly filePoint: number;
  readonly addPrefix: Code;
  readonly add: Code;
  readonly doublePrefix: Code;
  readonly double: Code;
  readonly isZero: Code;
  readonly sub: Code;
}

/** Bytes of a coordinate, of a point, and of a point in a key's file. */
export const GROUP_BYTES = {
  g1: { coordinate: ELEMENT, point: 2 * ELEMENT, filePoint: 2 * WORD },
  g2: { coordinate: 2 * ELEMENT, point: 4 * ELEMENT, filePoint: 4 * WORD },
} as const;

/** What an instance of the kernel works in: three elements of room, then 16 powers of what it inverts and the result. */
const ROOM_ELEMENTS = 3;
const SCRATCH_ELEMENTS = ROOM_ELEMENTS + 17;
/** Bytes at the start of an instance's own that hold what it calculated last. */
export const KERNEL_SCRATCH = SCRATCH_ELEMENTS * ELEMENT;

/** Bytes that each instance of the kernel needs for itself. */
export const KERNEL_ROOM = KERNEL_SCRATCH + 3 * ELEMENT;

/**
 * BN254's arithmetic for many numbers at once, over a memory that threads share. Faster than the curve module of
 * wasmcurves, which carries after every product of limbs, and free of calls from JavaScript within a batch.
 */
export class Kernel {
  readonly memory: WebAssembly.Memory;
  readonly g1: KernelGroup;
  readonly g2: KernelGroup;
  /** Of three elements. */
  readonly #room: number;
  readonly #code: Readonly<Record<string, Code>>;
  readonly #constants: Record<"toCurve" | "fromCurve" | "toScalar", number>;
  /** Of the powers, or of a word or a point from a file. */
  readonly #window: number;
  readonly #bytes: Uint8Array;

  /** @param own address of {@link KERNEL_ROOM} bytes for this instance alone, a multiple of 4 */
  constructor(memory: WebAssembly.Memory, own: number, module: WebAssembly.Module = kernelModule()) {
    this.memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#code = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, Code>;
    const element = (index: number) => own + index * ELEMENT;
    this.#room = element(0);
    this.#window = element(ROOM_ELEMENTS);
    const [toCurve, fromCurve, toScalar] = [0, 1, 2].map((i) => element(SCRATCH_ELEMENTS + i)) as [
      number,
      number,
      number,
    ];
    this.#constants = { toCurve, fromCurve, toScalar };
    // Files hold x·2^256, the kernel x·FACTOR; a matrix' entries are there twice over.
    this.write(this.#constants.toCurve, (1n << 256n) % FIELD_Q);
    this.write(this.#constants.fromCurve, ((FACTOR * FACTOR) >> 256n) % FIELD_Q);
    this.write(this.#constants.toScalar, ((FACTOR * FACTOR * FACTOR) >> 512n) % FIELD_R);
    const group = (name: "g1" | "g2", field: string): KernelGroup => ({
      ...GROUP_BYTES[name],
      addPrefix: this.function(`${name}.addPrefix`),
      add: this.function(`${name}.add`),
      doublePrefix: this.function(`${name}.doublePrefix`),
      double: this.function(`${name}.double`),
      isZero: this.function(`${field}.isZero`),
      sub: this.function(`${field}.sub`),
    });
    this.g1 = group("g1", "q");
    this.g2 = group("g2", "q2");
  }

  function(name: string): Code {
    const found = this.#code[name];
    if (found === undefined) throw new ReferenceError(`no function ${name} in the kernel`);
    return found;
  }

  /** Writes a number below 2^256 as an element, as it is. */
  write(address: number, value: bigint): void {
    const limbs = new Int32Array(this.memory.buffer, address, ELEMENT / 4);
    for (let i = 0; i < limbs.length; i++)
      limbs[i] = Number((value >> BigInt(i * LIMB_BITS)) & ((1n << BigInt(LIMB_BITS)) - 1n));
  }

  /** Writes a number below r as an element in Montgomery form. */
  writeScalar(address: number, value: bigint): void {
    this.write(address, (value * FACTOR) % FIELD_R);
  }

  /** The element at `address` from a matrix' value as a key's file has it. */
  fromFileScalar(word: Uint8Array, address: number): void {
    this.#bytes.set(word, this.#window);
    this.function("r.unpack")(this.#window, address);
    this.function("r.mul")(address, this.#constants.toScalar, address);
  }

  /** A point from the bytes of a key's file. */
  fromFilePoint(bytes: Uint8Array, address: number): void {
    const [unpack, mul] = [this.function("q.unpack"), this.function("q.mul")];
    this.#bytes.set(bytes, this.#window);
    for (let i = 0; i < bytes.length / WORD; i++) {
      unpack(this.#window + i * WORD, address + i * ELEMENT);
      mul(address + i * ELEMENT, this.#constants.fromCurve, address + i * ELEMENT);
    }
  }

  /** The bytes of a point as a key's file would have them. */
  toFilePoint(group: KernelGroup, address: number): Uint8Array {
    const bytes = new Uint8Array(group.filePoint);
    const words = this.#window;
    for (let i = 0; i < bytes.length / WORD; i++) {
      this.function("q.mul")(address + i * ELEMENT, this.#constants.toCurve, this.#room);
      this.function("q.pack")(this.#room, words);
      bytes.set(this.#bytes.subarray(words, words + WORD), i * WORD);
    }
    return bytes;
  }

  /** The inverse of a coordinate that is not 0; `out` may be `a`. */
  invert(group: KernelGroup, a: number, out: number): void {
    if (group.coordinate === ELEMENT) return this.#invertBase(a, out);
    // 1/(x + iy) = (x − iy)/(x² + y²)
    const [mul, sub] = [this.function("q.mul"), this.function("q.subReduced")];
    const [norm, square, zero] = [this.#room, this.#room + ELEMENT, this.#room + 2 * ELEMENT];
    mul(a, a, norm);
    mul(a + ELEMENT, a + ELEMENT, square);
    this.function("q.addReduced")(norm, square, norm);
    this.#invertBase(norm, norm);
    this.write(zero, 0n);
    mul(a, norm, out);
    mul(a + ELEMENT, norm, square);
    sub(zero, square, out + ELEMENT);
  }

  /** By Fermat: a^(q − 2), four bits at a time. */
  #invertBase(a: number, out: number): void {
    const mul = this.function("q.mul");
    const power = (i: number) => this.#window + i * ELEMENT;
    this.write(power(0), FACTOR % FIELD_Q);
    for (let i = 1; i < 16; i++) mul(power(i - 1), a, power(i));
    const result = power(16);
    this.function("q.copy")(power(0), result);
    for (let shift = 252n; shift >= 0n; shift -= 4n) {
      for (let i = 0; i < 4; i++) mul(result, result, result);
      mul(result, power(Number(((FIELD_Q - 2n) >> shift) & 15n)), result);
    }
    this.function("q.copy")(result, out);
  }
}
