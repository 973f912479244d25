/**
 * The part of ffjavascript (0.3) that this package uses; the library ships no types.
 *
 * Field elements and points are byte strings in Montgomery form, little-endian ("LEM"): 32 bytes for Fr and F1,
 * 64 for an affine G1 point, 96 for a Jacobian one, twice that in G2. `toObject` and `fromObject` cross to bigint.
 */
declare module "ffjavascript" {
  export type FieldElement = Uint8Array;
  export type Point = Uint8Array;
  /** Something `e()` turns into an element. */
  export type Elementary = Uint8Array | bigint | number | string;

  export interface PrimeField {
    /** Bytes of an element. */
    readonly n8: number;
    readonly p: bigint;
    /** Two-adicity: 2^s divides p − 1. */
    readonly s: number;
    /** w[k] is a primitive 2^k-th root of unity. */
    readonly w: readonly FieldElement[];
    readonly zero: FieldElement;
    readonly one: FieldElement;
    e(value: Elementary, radix?: number): FieldElement;
    add(a: FieldElement, b: FieldElement): FieldElement;
    sub(a: FieldElement, b: FieldElement): FieldElement;
    mul(a: FieldElement, b: FieldElement): FieldElement;
    neg(a: FieldElement): FieldElement;
    inv(a: FieldElement): FieldElement;
    div(a: FieldElement, b: FieldElement): FieldElement;
    square(a: FieldElement): FieldElement;
    exp(a: FieldElement, exponent: bigint | number | Uint8Array): FieldElement;
    eq(a: FieldElement, b: FieldElement): boolean;
    isZero(a: FieldElement): boolean;
    toMontgomery(a: Uint8Array): FieldElement;
    fromMontgomery(a: FieldElement): Uint8Array;
    /** To the integer the element stands for. */
    toObject(a: FieldElement): bigint;
    fromObject(value: bigint): FieldElement;
    toString(a: FieldElement, radix?: number): string;
    toRprLE(buffer: Uint8Array, offset: number, a: FieldElement): void;
    fromRprLE(buffer: Uint8Array, offset?: number): FieldElement;
    fromRng(rng: ChaCha): FieldElement;
    random(): FieldElement;
    fft(values: Uint8Array): Promise<Uint8Array>;
    ifft(values: Uint8Array): Promise<Uint8Array>;
    batchToMontgomery(values: Uint8Array): Promise<Uint8Array>;
    batchFromMontgomery(values: Uint8Array): Promise<Uint8Array>;
    batchInverse(values: Uint8Array): Promise<Uint8Array>;
    /** values[i] · first · inc^i. */
    batchApplyKey(values: Uint8Array, first: FieldElement, inc: FieldElement): Promise<Uint8Array>;
  }

  export interface ExtensionField {
    readonly n8: number;
    readonly zero: FieldElement;
    readonly one: FieldElement;
    mul(a: FieldElement, b: FieldElement): FieldElement;
    eq(a: FieldElement, b: FieldElement): boolean;
    toObject(a: FieldElement): unknown;
    fromObject(value: unknown): FieldElement;
  }

  export interface Group<Coordinate> {
    readonly F: { readonly n8: number };
    /** The generator, Jacobian (`g`) and affine (`gAffine`). */
    readonly g: Point;
    readonly gAffine: Point;
    readonly one: Point;
    readonly oneAffine: Point;
    readonly zero: Point;
    readonly zeroAffine: Point;
    add(a: Point, b: Point): Point;
    sub(a: Point, b: Point): Point;
    neg(a: Point): Point;
    double(a: Point): Point;
    eq(a: Point, b: Point): boolean;
    isZero(a: Point): boolean;
    isValid(a: Point): boolean;
    /** Scalar as a plain integer (bigint) or as its little-endian bytes, *not* in Montgomery form. */
    timesScalar(a: Point, scalar: bigint | number | Uint8Array): Point;
    /** Scalar as a field element of Fr (Montgomery form). */
    timesFr(a: Point, scalar: FieldElement): Point;
    toAffine(a: Point): Point;
    toJacobian(a: Point): Point;
    toObject(a: Point): Coordinate[];
    fromObject(value: readonly Coordinate[]): Point;
    toRprLEM(buffer: Uint8Array, offset: number, a: Point): void;
    fromRprLEM(buffer: Uint8Array, offset?: number): Point;
    toRprUncompressed(buffer: Uint8Array, offset: number, a: Point): void;
    fromRprUncompressed(buffer: Uint8Array, offset: number): Point;
    toUncompressed(a: Point): Uint8Array;
    fromRng(rng: ChaCha): Point;
    /** Σ scalarᵢ·baseᵢ: affine LEM bases, plain little-endian scalars of one common width. */
    multiExpAffine(bases: Uint8Array, scalars: Uint8Array, logger?: unknown, label?: string): Promise<Point>;
    multiExp(bases: Uint8Array, scalars: Uint8Array, logger?: unknown, label?: string): Promise<Point>;
    batchApplyKey(points: Uint8Array, first: FieldElement, inc: FieldElement): Promise<Uint8Array>;
    batchToAffine(points: Uint8Array): Promise<Uint8Array>;
    batchToJacobian(points: Uint8Array): Promise<Uint8Array>;
    /** LEM ⇄ uncompressed big-endian (U) ⇄ compressed (C). */
    batchLEMtoU(points: Uint8Array): Promise<Uint8Array>;
    batchUtoLEM(points: Uint8Array): Promise<Uint8Array>;
    batchLEMtoC(points: Uint8Array): Promise<Uint8Array>;
    batchCtoLEM(points: Uint8Array): Promise<Uint8Array>;
    fft(points: Uint8Array, inType?: string, outType?: string): Promise<Uint8Array>;
    ifft(points: Uint8Array, inType?: string, outType?: string): Promise<Uint8Array>;
    lagrangeEvaluations(points: Uint8Array, inType?: string, outType?: string): Promise<Uint8Array>;
  }

  /** One step of a task for a worker; `var` numbers the memory of that task. */
  export type TaskStep =
    | { cmd: "ALLOCSET"; var: number; buff: Uint8Array }
    | { cmd: "ALLOC"; var: number; len: number }
    | { cmd: "SET"; var: number; buff: Uint8Array }
    | { cmd: "CALL"; fnName: string; params: ({ var: number; offset?: number } | { val: number })[] }
    | { cmd: "GET"; out: number; var: number; len: number };

  export interface ThreadManager {
    /** Memory of the main thread's instance. `alloc` never grows it; after growing it, refresh u8 and u32. */
    readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
    u8: Uint8Array;
    u32: Uint32Array;
    readonly instance: { readonly exports: Record<string, (...args: number[]) => number> };
    readonly singleThread: boolean;
    readonly concurrency: number;
    alloc(length: number): number;
    allocBuff(buffer: Uint8Array): number;
    getBuff(pointer: number, length: number): Uint8Array;
    setBuff(pointer: number, buffer: Uint8Array): void;
    startSyncOp(): void;
    endSyncOp(): void;
    resetMemory(): void;
    queueAction(task: TaskStep[], transfers?: ArrayBuffer[]): Promise<Uint8Array[]>;
    terminate(): Promise<void>;
  }

  export interface Curve {
    readonly name: string;
    readonly q: bigint;
    readonly r: bigint;
    readonly tm: ThreadManager;
    readonly Fr: PrimeField;
    readonly F1: PrimeField;
    readonly F2: ExtensionField;
    readonly F12: ExtensionField;
    readonly Gt: ExtensionField;
    readonly G1: Group<bigint>;
    readonly G2: Group<bigint[]>;
    pairing(a: Point, b: Point): FieldElement;
    /** Whether the product of the pairings of the couples given is one (or the last odd argument). */
    pairingEq(...points: Uint8Array[]): Promise<boolean>;
    prepareG1(p: Point): Uint8Array;
    prepareG2(q: Point): Uint8Array;
    millerLoop(preparedG1: Uint8Array, preparedG2: Uint8Array): FieldElement;
    finalExponentiation(a: FieldElement): FieldElement;
    /** Ends the workers and clears the cache; does nothing on a single-threaded curve. */
    terminate(): Promise<void>;
  }

  /** The multi-threaded curve is kept in `globalThis.curve_bn128`, which snarkjs shares. */
  export function buildBn128(singleThread?: boolean, plugins?: (builder: unknown) => void): Promise<Curve>;
  export function getCurveFromName(
    name: string,
    singleThread?: boolean,
    plugins?: (builder: unknown) => void,
  ): Promise<Curve>;

  /** A prime field in bigints, as the readers of binary files want one. */
  export class F1Field {
    constructor(p: bigint);
  }

  /** The deterministic generator behind snarkjs' contributions; eight 32-bit seed words. */
  export class ChaCha {
    constructor(seed?: readonly number[]);
    nextU32(): number;
    nextU64(): bigint;
    nextBool(): boolean;
  }

  export class BigBuffer {
    constructor(size: number);
    readonly byteLength: number;
    slice(from?: number, to?: number): Uint8Array;
    set(buffer: Uint8Array, offset?: number): void;
  }

  export const Scalar: {
    e(value: bigint | number | string, radix?: number): bigint;
    toRprLE(buffer: Uint8Array, offset: number, value: bigint, n8: number): void;
    fromRprLE(buffer: Uint8Array, offset?: number, n8?: number): bigint;
    bitLength(value: bigint): number;
  };

  export const utils: {
    stringifyBigInts(value: unknown): unknown;
    unstringifyBigInts(value: unknown): unknown;
    leInt2Buff(value: bigint, bytes: number): Uint8Array;
    leBuff2int(buffer: Uint8Array): bigint;
    beInt2Buff(value: bigint, bytes: number): Uint8Array;
    beBuff2int(buffer: Uint8Array): bigint;
  };
}

/** The multi-threaded curve that ffjavascript keeps for everybody; null when there is none. */
declare var curve_bn128: import("ffjavascript").Curve | null | undefined;

/**
 * The curve arithmetic behind ffjavascript (and so behind snarkjs), as prebuilt WebAssembly: the very functions
 * that ffjavascript assembles again, for 0.3 s, each time it builds a curve.
 */
declare module "wasmcurves/build/bn128_wasm.js" {
  const bn128: {
    /** The module, base64. It imports its memory, and keeps the end of what it uses at address 0. */
    readonly code: string;
    /** Addresses of constants in its memory. */
    readonly pq: number;
    readonly pr: number;
    readonly pG1gen: number;
    readonly pG1zero: number;
    readonly pG1b: number;
    readonly pG2gen: number;
    readonly pG2zero: number;
    readonly pG2b: number;
    readonly pOneT: number;
    /** Bytes of a prepared point of G1 and G2. */
    readonly prePSize: number;
    readonly preQSize: number;
  };
  export default bn128;
}
