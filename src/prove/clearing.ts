import { InvalidProofError } from "../errors.js";
import type { CircuitArtefacts } from "../groth16/artefacts/load.js";
import { fastProver } from "../groth16/fastProver.js";
import type { Groth16Proof, Prover } from "../groth16/proof.js";
import type { ProgressListener } from "../groth16/setup/progress.js";
import { setUpCircuit } from "../groth16/setup/setup.js";
import { Groth16Verifier } from "../groth16/verifier.js";
import { WitnessCalculator } from "../groth16/witnessCalculator.js";
import type { CircuitInputs } from "../protocol/signals.js";
import { CLEARING_CIRCUITS, type ClearingCircuit, type ClearingStatement } from "../protocol/tiers.js";
import { clearingCircuitOf } from "./artefacts.js";
import type { SessionOptions } from "./session.js";

/**
 * The circuit of the clearing house that states this of so many dense slots.
 *
 * @example
 * ```ts
 * import { clearingCircuit } from "zkmargin/clearing";
 *
 * console.log(clearingCircuit("reveal", 16).name); // reveal-16
 * ```
 */
export function clearingCircuit(statement: ClearingStatement, assets: number): ClearingCircuit {
  const found = CLEARING_CIRCUITS.find((one) => one.statement === statement && one.assets === assets);
  if (found === undefined) throw new RangeError(`no circuit of ${assets} slots states a ${statement}`);
  return found;
}

/**
 * The artefacts of a circuit of the clearing house: those of the home folder, or made there on first use.
 * @throws as setUpCircuit
 *
 * @example
 * ```ts
 * import { clearingArtefacts, clearingCircuit } from "zkmargin/clearing";
 *
 * const { manifest } = await clearingArtefacts(home, clearingCircuit("transition", 16)); // keeps what is there already
 * console.log(manifest.publicSignals); // 3
 * ```
 */
export async function clearingArtefacts(
  home: string,
  circuit: ClearingCircuit,
  onProgress?: ProgressListener,
): Promise<CircuitArtefacts> {
  const { artefacts } = await setUpCircuit({
    home,
    circuit: clearingCircuitOf(circuit),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return artefacts;
}

/**
 * A circuit of the clearing house and its key, loaded once for any number of transitions or reveals.
 *
 * @example
 * ```ts
 * import { ClearingSession, clearingArtefacts, clearingCircuit } from "zkmargin/clearing";
 *
 * const session = await ClearingSession.open(await clearingArtefacts(home, clearingCircuit("reveal", 16)));
 * await session.close();
 * console.log(typeof session.prove); // function
 * ```
 */
export class ClearingSession {
  readonly #calculator: WitnessCalculator;
  readonly #prover: Prover;
  readonly #verifier: Groth16Verifier;

  private constructor(calculator: WitnessCalculator, prover: Prover, verifier: Groth16Verifier) {
    this.#calculator = calculator;
    this.#prover = prover;
    this.#verifier = verifier;
  }

  /** @throws ArtefactAlteredError if the artefacts are not what they should be */
  static async open(
    artefacts: CircuitArtefacts,
    options: Pick<SessionOptions, "prover"> = {},
  ): Promise<ClearingSession> {
    const calculator = new WitnessCalculator(artefacts.wasm);
    const verifier = new Groth16Verifier(artefacts.verificationKey);
    return new ClearingSession(calculator, await (options.prover ?? fastProver)(artefacts.zkey), verifier);
  }

  /**
   * Proves what makeTransition or makeReveal made. Nothing is written, and the proof has verified.
   * @param inputs of the circuit, the three public signals among them
   * @throws NotProvableError if the inputs break a rule of the circuit, InvalidProofError if the prover failed
   */
  async prove(inputs: CircuitInputs): Promise<Groth16Proof> {
    const witness = this.#calculator.calculate(inputs);
    const { proof } = await this.#prover.prove(witness, inputs).finally(() => witness.fill(0));
    const signals = ["hash", "challenge", "sum"].map((name) => inputs[name]?.[0]);
    if (!signals.every((signal) => signal !== undefined))
      throw new InvalidProofError("inputs: expected hash, challenge and sum, got fewer");
    this.#verifier.verify(proof, signals);
    return proof;
  }

  /** Ends every thread. */
  close(): Promise<void> {
    return this.#prover.close();
  }
}
