import { PhaseOneError } from "../errors.js";
import { PHASE_TWO_BEACON } from "./setup/developmentSecrets.js";

type Snarkjs = typeof import("snarkjs");

/** A file of snarkjs that lives in memory; `data` is filled when it is written. */
export interface SnarkjsFile {
  readonly type: "mem";
  readonly data?: Uint8Array;
}

/** Works under way; whether the threads were somebody else's before the first of them. */
const threads = { works: 0, before: false };

/**
 * Runs stock snarkjs, and ends the worker threads that it started, unless they were there before. Starting them takes a
 * second, so several tasks are done within one.
 */
export async function withSnarkjs<T>(work: (snarkjs: Snarkjs) => Promise<T>): Promise<T> {
  const snarkjs = await import("snarkjs"); // a tenth of a second that most commands do without
  if (threads.works === 0) threads.before = Boolean(globalThis.curve_bn128);
  threads.works++;
  try {
    return await work(snarkjs);
  } finally {
    threads.works--;
    if (threads.works === 0 && !threads.before) await globalThis.curve_bn128?.terminate();
  }
}

/**
 * The Groth16 proving key of a circuit on a given phase 1, by stock snarkjs, closed with the development beacon of phase 2.
 * @param r1cs bytes of the circuit
 * @param ptau path of a checked phase-1 file
 * @throws {PhaseOneError} when snarkjs cannot make a key from the file
 */
export async function beaconKey(r1cs: Uint8Array, ptau: string): Promise<Uint8Array> {
  const final: SnarkjsFile = { type: "mem" };
  const { name, seed, iterationsExp } = PHASE_TWO_BEACON;
  const initial = await initialKey(r1cs, ptau, ptau);
  await withSnarkjs((snarkjs) =>
    snarkjs.zKey.beacon({ type: "mem", data: initial }, final, name, seed, iterationsExp),
  );
  if (final.data === undefined) throw new PhaseOneError(`${ptau}: expected a proving key from it, got none`);
  return final.data;
}

/**
 * The key that phase 2 begins from, by stock snarkjs: nobody has contributed, and anybody can forge under it.
 * @param ptau path of a checked phase-1 file, or its bytes
 * @param name of the phase 1, for the error
 * @throws {PhaseOneError} when snarkjs cannot make a key from the file
 */
export async function initialKey(
  r1cs: Uint8Array,
  ptau: string | Uint8Array,
  name: string,
): Promise<Uint8Array> {
  const initial: SnarkjsFile = { type: "mem" };
  try {
    await withSnarkjs((snarkjs) => snarkjs.zKey.newZKey(r1cs, ptau as string, initial));
  } catch (error) {
    throw new PhaseOneError(
      `${name}: expected a phase 1 that snarkjs can use, got ${error instanceof Error ? error.message : "a failure"}`,
    );
  }
  if (initial.data === undefined) throw new PhaseOneError(`${name}: expected a key from it, got none`);
  return initial.data;
}
