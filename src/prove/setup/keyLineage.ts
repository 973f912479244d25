import { KeyLineageError } from "../../errors.js";
import type { VerificationKey } from "../artefacts/verificationKey.js";
import { bytesInteger, concatBytes, integerBytes, readBinFile } from "./binFile.js";

const FIELD_BYTES = 32;
const G1_BYTES = 64;
const G2_BYTES = 128;
/** In the header section: two field sizes and primes, three counts, then α₁, β₁, β₂, γ₂, δ₁, δ₂. */
const GAMMA_2 = 4 + FIELD_BYTES + 4 + FIELD_BYTES + 12 + 2 * G1_BYTES + G2_BYTES;
const DELTA_1 = GAMMA_2 + G2_BYTES;
const DELTA_2 = DELTA_1 + G1_BYTES;
const HEADER_BYTES = DELTA_2 + G2_BYTES;
const CIRCUIT_HASH_BYTES = 64;

const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
/** The generators of BN254 (EIP-196, EIP-197): x, then y; in G2 each with its real part first. */
const GENERATOR_1 = [1n, 2n];
const GENERATOR_2 = [
  10857046999023057135944570762232829481370756359578518086990519993285655852781n,
  11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  8495653923123431417604973247489272438418190587263600148770280649306958101930n,
  4082367875863433681332203403145435568316851327593401208105741076214120093531n,
];

/**
 * Refuses a proving key under which anybody can forge because of how it was made. With no contribution to phase 2,
 * γ = δ and a proof of any statement is a sum of public points; stock checks call such a key good.
 * @param zkey the bytes of a Groth16 `.zkey`
 * @returns the number of contributions to phase 2
 * @throws {KeyLineageError} no contribution, γ = δ, δ = generator, or bytes that are not a key
 */
export function checkKeyLineage(zkey: Uint8Array): { contributions: number } {
  const sections = readBinFile("zkey", zkey);
  const protocol = sections?.get(1);
  const header = sections?.get(2);
  const transcript = sections?.get(10);
  if (
    protocol === undefined ||
    bytesInteger(protocol) !== 1n ||
    header?.length !== HEADER_BYTES ||
    transcript === undefined ||
    transcript.length < CIRCUIT_HASH_BYTES + 4
  ) {
    throw new KeyLineageError("proving key: expected a whole Groth16 key on bn128, got other bytes");
  }
  const contributions = Number(bytesInteger(transcript.subarray(CIRCUIT_HASH_BYTES, CIRCUIT_HASH_BYTES + 4)));
  if (contributions === 0) throw forgeable("at least one contribution to phase 2", "none");
  const gamma2 = header.subarray(GAMMA_2, DELTA_1);
  const delta1 = header.subarray(DELTA_1, DELTA_2);
  const delta2 = header.subarray(DELTA_2);
  checkDelta(
    equal(gamma2, delta2),
    equal(delta1, montgomery(GENERATOR_1)) || equal(delta2, montgomery(GENERATOR_2)),
  );
  return { contributions };
}

/**
 * The same of a verification key, which shows γ and δ but not its contributions.
 * @throws {KeyLineageError} γ = δ, or δ = generator
 */
export function checkVerificationKeyLineage(key: VerificationKey): void {
  const same = (a: readonly unknown[], b: readonly unknown[]) => JSON.stringify(a) === JSON.stringify(b);
  const [x0, x1, y0, y1] = GENERATOR_2.map(String);
  checkDelta(
    same(key.vk_gamma_2, key.vk_delta_2),
    same(key.vk_delta_2, [
      [x0, x1],
      [y0, y1],
      ["1", "0"],
    ]),
  );
}

function checkDelta(isGamma: boolean, isGenerator: boolean): void {
  if (isGamma) throw forgeable("δ and γ to differ", "the same point");
  if (isGenerator) throw forgeable("δ of a contribution", "the generator");
}

function forgeable(expected: string, got: string): KeyLineageError {
  return new KeyLineageError(
    `key: expected ${expected}, got ${got}; anybody can forge proofs under such a key`,
  );
}

function montgomery(coordinates: readonly bigint[]): Uint8Array {
  return concatBytes(...coordinates.map((x) => integerBytes((x << 256n) % BASE_FIELD)));
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
