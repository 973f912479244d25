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
