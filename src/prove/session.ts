import type { Artefacts } from "../groth16/artefacts/load.js";
import { fastProver } from "../groth16/fastProver.js";
import type { Prover } from "../groth16/proof.js";
import { WitnessCalculator } from "../groth16/witnessCalculator.js";
import type { Tier } from "../protocol/tiers.js";
import type { Bundle } from "./bundle.js";
import { type OnPhase, type ProofRequest, type ProvingParts, proveBook } from "./proveBook.js";
import { BundleVerifier, trustedKeyOf } from "./verify.js";

export interface SessionOptions {
  /** What makes the proofs; by default the package's own prover with a thread per core. */
  readonly prover?: (zkey: Uint8Array) => Prover | Promise<Prover>;
  readonly onPhase?: OnPhase;
}

/** A tier's circuit and key made ready once, for any number of proofs. */
export class ProvingSession {
  readonly #parts: ProvingParts;

  private constructor(parts: ProvingParts) {
    this.#parts = parts;
  }

  /** @throws ArtefactAlteredError if the artefacts are not what they should be */
  static async open(artefacts: Artefacts, options: SessionOptions = {}): Promise<ProvingSession> {
    const { tier, verificationKeyHash } = artefacts;
    const verifier = new BundleVerifier(tier, trustedKeyOf(artefacts));
    const calculator = new WitnessCalculator(artefacts.wasm);
    const prover = await (options.prover ?? fastProver)(artefacts.zkey);
    return new ProvingSession({
      tier,
      calculator,
      prover,
      verifier,
      verificationKeyHash,
      key: artefacts.worth,
      ...(options.onPhase === undefined ? {} : { onPhase: options.onPhase }),
    });
  }

  get tier(): Tier {
    return this.#parts.tier;
  }

  /** Verifies bundles under the key of this session. */
  get verifier(): BundleVerifier {
    return this.#parts.verifier;
  }

  /** As {@link proveBook}, which says what it throws. */
  prove(request: ProofRequest): Promise<Bundle> {
    return proveBook(this.#parts, request);
  }

  /** Ends every thread. */
  close(): Promise<void> {
    return this.#parts.prover.close();
  }
}
