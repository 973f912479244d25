/** The points of a Groth16 verification key: snarkjs' JSON, decimal strings, projective points. */
export interface VerificationKeyPoints {
  readonly nPublic: number;
  readonly vk_alpha_1: readonly string[];
  readonly vk_beta_2: readonly (readonly string[])[];
  readonly vk_gamma_2: readonly (readonly string[])[];
  readonly vk_delta_2: readonly (readonly string[])[];
  readonly IC: readonly (readonly string[])[];
}

/** The generators of BN254 (EIP-196, EIP-197): x, then y; in G2 each with its real part first. */
export const GENERATOR_1: readonly bigint[] = [1n, 2n];
export const GENERATOR_2: readonly bigint[] = [
  10857046999023057135944570762232829481370756359578518086990519993285655852781n,
  11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  8495653923123431417604973247489272438418190587263600148770280649306958101930n,
  4082367875863433681332203403145435568316851327593401208105741076214120093531n,
];
