import { getCurveFromName } from "ffjavascript";
import { groth16 } from "snarkjs";
import { FIELD_R } from "../encoding/field.js";
import { FormatError, PhaseOneError } from "../errors.js";
import { toWord, WORD } from "./field.js";
import type { Groth16Proof, Prover } from "./proof.js";
import { parseProvingKey } from "./provingKey.js";
import { PHASE_TWO_BEACON } from "./setup/developmentSecrets.js";

type Snarkjs = typeof import("snarkjs");

/** A file of snarkjs that lives in memory; `data` is filled when it is written. */
export interface MemoryFile {
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
  const final: MemoryFile = { type: "mem" };
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
  const initial: MemoryFile = { type: "mem" };
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

/**
 * Stock snarkjs: the reference against which the package's own prover is tested. It shares one curve, and that curve's
 * threads, with everything else in the process that uses snarkjs; `close` ends them.
 * @throws ArtefactAlteredError if `zkey` is no Groth16 proving key over BN254
 *
 * @example
 * ```ts
 * import { ProvingSession, snarkjsProver } from "zkmargin/prove";
 *
 * const session = await ProvingSession.open(artefacts, { prover: snarkjsProver });
 * await session.close();
 * ```
 */
export function snarkjsProver(zkey: Uint8Array): Prover {
  const { wires } = parseProvingKey(zkey);
  return {
    name: "snarkjs",
    async prove(witness) {
      if (witness.length !== wires * WORD)
        throw new FormatError("witness", `${wires} wires`, `${witness.length / WORD}`);
      const { proof, publicSignals } = await groth16.prove(zkey, witnessFile(witness));
      return { proof: proof as unknown as Groth16Proof, publicSignals: publicSignals.map(BigInt) };
    },
    async close() {
      await (await getCurveFromName("bn128")).terminate();
    },
  };
}

/** A witness in the form of a .wtns file, in memory only. */
function witnessFile(witness: Uint8Array): Uint8Array {
  const wires = witness.length / WORD;
  return Buffer.concat([
    Buffer.from("wtns"),
    uint32(2),
    uint32(2),
    // Section 1: the field and the number of wires.
    uint32(1),
    uint64(4 + WORD + 4),
    uint32(WORD),
    toWord(FIELD_R),
    uint32(wires),
    // Section 2: the wires.
    uint32(2),
    uint64(witness.length),
    witness,
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
