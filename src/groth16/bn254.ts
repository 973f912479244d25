import bn128 from "wasmcurves/build/bn128_wasm.js";
import { FIELD_Q, FIELD_R } from "../encoding/field.js";
import { fromWord, toWord, WORD } from "./field.js";

const PAGE = 65_536;
const FIRST_PAGES = 32;

/** A function of the module. Arguments are addresses or counts; the result, if any, is 0 or 1. */
type Code = (...args: number[]) => number;

const FIELD_CODE = ["sub", "mul", "square", "isZero", "batchInverse"] as const;
const POINT_CODE = [
  "zero",
  "isZero",
  "add",
  "addMixed",
  "addAffine",
  "double",
  "neg",
  "timesScalar",
  "toAffine",
  "toJacobian",
  "copyAffine",
  "negAffine",
  "isZeroAffine",
  "inCurveAffine",
  "toMontgomeryAffine",
  "fromMontgomeryAffine",
] as const;

/** The constants and functions of one of the two groups; points in memory are in Montgomery form. */
export interface Group {
  /** Bytes of a coordinate, of an affine point and of a Jacobian point. */
  readonly coordinate: number;
  readonly affine: number;
  readonly jacobian: number;
  readonly field: Readonly<Record<(typeof FIELD_CODE)[number], Code>>;
  readonly point: Readonly<Record<(typeof POINT_CODE)[number], Code>>;
}

/**
 * One instance of the BN254 arithmetic with memory of its own, for one thread. Memory is handed out by
 * `allocate` and taken back down to a `mark`; it grows as needed, so hold no view of `memory.buffer` across an
 * allocation.
 */
export class Bn254 {
  readonly memory = new WebAssembly.Memory({ initial: FIRST_PAGES });
  readonly #code: Readonly<Record<string, Code>>;
  readonly g1: Group;
  readonly g2: Group;
  readonly constants = bn128;

  constructor() {
    const module = new WebAssembly.Module(decoded(bn128.code));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.#code = instance.exports as Record<string, Code>;
    this.g1 = this.#group("g1m", "f1m", WORD);
    this.g2 = this.#group("g2m", "f2m", 2 * WORD);
  }

  /** The function of that name. */
  function(name: string): Code {
    const found = this.#code[name];
    if (found === undefined) throw new ReferenceError(`no function ${name} in the curve module`);
    return found;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** The end of the memory in use; pass it to {@link release}. */
  mark(): number {
    return this.#end[0] as number;
  }

  release(mark: number): void {
    this.#end[0] = mark;
  }

  /** The address of `length` fresh bytes. `room` more are made sure of behind them, for functions that need scratch. */
  allocate(length: number, room = PAGE): number {
    const address = (this.mark() + 7) & ~7;
    const missing = address + length + room - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.release(address + length);
    return address;
  }

  /** The address of a copy of `data`. */
  store(data: Uint8Array): number {
    const address = this.allocate(data.length);
    this.bytes.set(data, address);
    return address;
  }

  /** A copy of the bytes at `address`. */
  load(address: number, length: number): Uint8Array {
    return this.bytes.slice(address, address + length);
  }

  get #end(): Uint32Array {
    return new Uint32Array(this.memory.buffer, 0, 1);
  }

  #group(point: string, field: string, coordinate: number): Group {
    const pick = <Name extends string>(prefix: string, names: readonly Name[]) =>
      Object.fromEntries(names.map((name) => [name, this.function(`${prefix}_${name}`)])) as Record<
        Name,
        Code
      >;
    return {
      coordinate,
      affine: 2 * coordinate,
      jacobian: 3 * coordinate,
      field: pick(field, FIELD_CODE),
      point: pick(point, POINT_CODE),
    };
  }
}

/** The bytes of base64, in Node and in a browser. */
function decoded(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Points of one group as byte strings, Jacobian and in Montgomery form, calculated in the memory of `curve`. */
export class PointArithmetic {
  readonly #curve: Bn254;
  readonly #group: Group;
  readonly #a: number;
  readonly #b: number;
  readonly #scalar: number;

  constructor(curve: Bn254, group: Group) {
    this.#curve = curve;
    this.#group = group;
    this.#a = curve.allocate(group.jacobian);
    this.#b = curve.allocate(group.jacobian);
    this.#scalar = curve.allocate(WORD);
  }

  add(a: Uint8Array, b: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#put(this.#b, b);
    this.#group.point.add(this.#a, this.#b, this.#a);
    return this.#get(this.#group.jacobian);
  }

  neg(a: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#group.point.neg(this.#a, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** scalar·a, for a scalar from 0 to 2^256 − 1, or of so many bytes: shorter ones take less. */
  times(a: Uint8Array, scalar: bigint, bytes = WORD): Uint8Array {
    this.#put(this.#a, a);
    this.#put(this.#scalar, toWord(scalar));
    this.#group.point.timesScalar(this.#a, this.#scalar, bytes, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** From affine bytes, as a proving key holds them. */
  fromAffine(affine: Uint8Array): Uint8Array {
    this.#put(this.#a, affine);
    this.#group.point.toJacobian(this.#a, this.#a);
    return this.#get(this.#group.jacobian);
  }

  /** From affine coordinates below q: 2 of them in G1, 4 in G2. Whether they are on the curve is not checked. */
  fromCoordinates(coordinates: readonly bigint[]): Uint8Array {
    coordinates.forEach((coordinate, i) => {
      if (coordinate < 0n || coordinate >= FIELD_Q) throw new RangeError("coordinate outside the base field");
      this.#put(this.#a + i * WORD, toWord(coordinate));
    });
    this.#group.point.toMontgomeryAffine(this.#a, this.#a);
    return this.fromAffine(this.#get(this.#group.affine));
  }

  /** To affine bytes, in Montgomery form. */
  toAffine(a: Uint8Array): Uint8Array {
    this.#put(this.#a, a);
    this.#group.point.toAffine(this.#a, this.#a);
    return this.#get(this.#group.affine);
  }

  /** Affine coordinates; all 0 for the point at infinity. */
  toCoordinates(a: Uint8Array): bigint[] {
    this.#put(this.#a, a);
    this.#group.point.toAffine(this.#a, this.#a);
    this.#group.point.fromMontgomeryAffine(this.#a, this.#a);
    const words = this.#get(this.#group.affine);
    return Array.from({ length: this.#group.affine / WORD }, (_, i) =>
      fromWord(words.subarray(i * WORD, (i + 1) * WORD)),
    );
  }

  isZero(a: Uint8Array): boolean {
    this.#put(this.#a, a);
    return this.#group.point.isZero(this.#a) === 1;
  }

  /** Whether `a` is on the curve. In G1 every such point is of order r (or infinity); in G2 see {@link isMember}. */
  isOnCurve(a: Uint8Array): boolean {
    if (this.isZero(a)) return true;
    this.#group.point.toAffine(this.#a, this.#a);
    return this.#group.point.inCurveAffine(this.#a) === 1;
  }

  /** Whether `a` is on the curve and of order r, or infinity. snarkjs does not check the order; the EVM does. */
  isMember(a: Uint8Array): boolean {
    return this.isOnCurve(a) && this.isZero(this.times(a, FIELD_R));
  }

  #put(address: number, bytes: Uint8Array): void {
    this.#curve.bytes.set(bytes, address);
  }

  #get(length: number): Uint8Array {
    return this.#curve.load(this.#a, length);
  }
}
