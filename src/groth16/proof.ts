/** A Groth16 proof as snarkjs writes it: decimal strings, projective coordinates with a last one of 1. */
export interface Groth16Proof {
  readonly pi_a: readonly [string, string, string];
  readonly pi_b: readonly [readonly [string, string], readonly [string, string], readonly [string, string]];
  readonly pi_c: readonly [string, string, string];
  readonly protocol: "groth16";
  readonly curve: "bn128";
}

/** A proof and the public signals it is for, in their order. */
export interface ProvenSignals {
  readonly proof: Groth16Proof;
  readonly publicSignals: bigint[];
}

/**
 * Makes Groth16 proofs with one key. Another implementation (native, remote) can replace the ones here; its proofs are
 * verified before they are used.
 */
export interface Prover {
  readonly name: string;
  /**
   * @param witness one little-endian word of 32 bytes for each wire
   * @param inputs of the circuit, for a prover elsewhere that works out the witness itself
   */
  prove(witness: Uint8Array, inputs?: Readonly<Record<string, readonly bigint[]>>): Promise<ProvenSignals>;
  /** Ends every thread. The prover cannot be used afterwards. */
  close(): Promise<void>;
}
