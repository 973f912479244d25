import { concat, getBytes, keccak256 } from "ethers";
import type { VerificationKeyPoints } from "../groth16/verificationKey.js";
import type { Point } from "../protocol/folding.js";
import { signalCount } from "../protocol/signals.js";
import type { Tier } from "../protocol/tiers.js";

/** A verification key with its hash, and its kind. */
export interface NamedKey {
  readonly key: VerificationKeyPoints;
  /** SHA-256 of its canonical JSON, hex. */
  readonly hash: string;
  /** With a development key anybody can forge. */
  readonly kind: "development" | "ceremony";
}

/** The constants of the gate, as FoldedGroth16's VerifyingKey. */
export interface VerifyingKeyWords {
  readonly alpha: Point;
  readonly beta: readonly bigint[];
  readonly gamma: readonly bigint[];
  readonly delta: readonly bigint[];
  readonly ic1: Point;
  readonly ic2: Point;
}

/** A G1 point of snarkjs' JSON; infinity, whose last coordinate is 0, is (0, 0). */
export function pointOf([x = "0", y = "0", z]: readonly string[]): Point {
  return z === "0" ? { x: 0n, y: 0n } : { x: BigInt(x), y: BigInt(y) };
}

/** A G2 point in the EVM's order: of each coordinate the imaginary part comes first, the swap of snarkjs' JSON. */
export function wordsOfG2([x, y]: readonly (readonly string[])[]): bigint[] {
  return [x?.[1], x?.[0], y?.[1], y?.[0]].map((part) => BigInt(part ?? "0"));
}

/** IC[index]; signal i has the point IC[i + 1]. */
export function signalPoint(key: VerificationKeyPoints, index: number): Point {
  return pointOf(key.IC[index] ?? []);
}

export function verifyingKeyWords(key: VerificationKeyPoints): VerifyingKeyWords {
  return {
    alpha: pointOf(key.vk_alpha_1),
    beta: wordsOfG2(key.vk_beta_2),
    gamma: wordsOfG2(key.vk_gamma_2),
    delta: wordsOfG2(key.vk_delta_2),
    ic1: signalPoint(key, 1),
    ic2: signalPoint(key, 2),
  };
}

/** All IC points as the SignalTable takes them: x ‖ y, 32 bytes each. */
export function tableBytes(key: VerificationKeyPoints): string {
  const words = key.IC.map(pointOf).flatMap(({ x, y }) => [x, y]);
  return `0x${words.map((word) => word.toString(16).padStart(64, "0")).join("")}`;
}

/** Bytes of the table that one of its chunks holds: contracts/lib/SignalTable.sol. */
const CHUNK_BYTES = 256 * 64;

/** How many contracts hold the table of a tier. */
export function tableChunkCount(tier: Tier): number {
  return Math.ceil(((signalCount(tier) + 1) * 64) / CHUNK_BYTES);
}

/** keccak256 of the code of each contract that holds a chunk of the table: a stop, and the points. */
export function tableChunks(key: VerificationKeyPoints): string[] {
  const bytes = getBytes(tableBytes(key));
  return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, chunk) =>
    keccak256(concat(["0x00", bytes.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)])),
  );
}

/** What SignalTable.hash is for this key. */
export function tableHash(key: VerificationKeyPoints): string {
  return keccak256(tableBytes(key));
}
