import { PhaseOneError } from "../../errors.js";
import { PHASE_TWO_BEACON } from "./beacons.js";

/** A file of snarkjs that lives in memory; `data` is filled when it is written. */
interface MemoryFile {
  readonly type: "mem";
  readonly data?: Uint8Array;
}

/**
 * The Groth16 proving key of a circuit on a given phase 1, by stock snarkjs, closed with the development beacon of
 * phase 2. It ends the worker threads that snarkjs started, unless they were there before.
 * @param r1cs bytes of the circuit
 * @param ptau path of a checked phase-1 file
 * @throws {PhaseOneError} when snarkjs cannot make a key from the file
 */
export async function ceremonyKey(r1cs: Uint8Array, ptau: string): Promise<Uint8Array> {
  const snarkjs = await import("snarkjs"); // a tenth of a second that a development key does without
  const threadsBefore = Boolean(globalThis.curve_bn128);
  const initial: MemoryFile = { type: "mem" };
  const final: MemoryFile = { type: "mem" };
  const { name, seed, iterationsExp } = PHASE_TWO_BEACON;
  try {
    await snarkjs.zKey.newZKey(r1cs, ptau, initial);
    await snarkjs.zKey.beacon(initial, final, name, seed, iterationsExp);
  } catch (error) {
    throw new PhaseOneError(
      `${ptau}: expected a phase 1 that snarkjs can use, got ${error instanceof Error ? error.message : "a failure"}`,
    );
  } finally {
    if (!threadsBefore) await globalThis.curve_bn128?.terminate();
  }
  if (final.data === undefined) throw new PhaseOneError(`${ptau}: expected a proving key from it, got none`);
  return final.data;
}
