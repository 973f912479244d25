import { createHash } from "node:crypto";
import { ChaCha, type Curve, type FieldElement, type Point } from "ffjavascript";
import { concatBytes, u32Bytes } from "../binFile.js";

/**
 * A random beacon, in the sense of the ceremonies: everybody can derive its secrets again, by hashing its seed
 * 2^iterationsExp times. That is what makes the keys of this package reproducible, and what makes them DEVELOPMENT
 * keys: anybody who reads this file can forge proofs under them.
 */
export interface Beacon {
  /** Name of the contribution, at most 64 characters; shown by `snarkjs powersoftau verify` and `zkey verify`. */
  readonly name: string;
  /** Hexadecimal seed. */
  readonly seed: string;
  readonly iterationsExp: number;
}

function developmentBeacon(phase: string): Beacon {
  const seed = createHash("sha256").update(`zkmargin development ${phase}: not for production`).digest("hex");
  return { name: "zkmargin development - not for production", seed, iterationsExp: 10 };
}

export const PHASE_ONE_BEACON: Beacon = developmentBeacon("phase 1");
export const PHASE_TWO_BEACON: Beacon = developmentBeacon("phase 2");

/** Names the development phase 1, of whatever power, in manifests: SHA-256 of its beacon. */
export const DEVELOPMENT_PHASE_ONE_HASH: string = createHash("sha256")
  .update(JSON.stringify([PHASE_ONE_BEACON.name, PHASE_ONE_BEACON.seed, PHASE_ONE_BEACON.iterationsExp]))
  .digest("hex");

/** A secret x with the public proof of knowing it: a random s·G1 and x·s·G1 (affine, Montgomery). */
export interface Secret {
  /** x as a field element, for `timesFr`. */
  readonly element: FieldElement;
  /** x as an integer below r. */
  readonly value: bigint;
}

export interface SecretKey extends Secret {
  readonly s: Point;
  readonly sx: Point;
}

/** Seeds a generator from 32 bytes of a hash, as eight big-endian words. */
export function generatorFromHash(hash: Uint8Array): ChaCha {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  return new ChaCha(Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, false)));
}

/** The generator of a beacon, exactly as snarkjs derives it. */
export function generatorFromBeacon(beacon: Beacon): ChaCha {
  let hash: Uint8Array = Buffer.from(beacon.seed, "hex");
  for (let i = 0; i < 2 ** beacon.iterationsExp; i++) hash = createHash("sha256").update(hash).digest();
  return generatorFromHash(hash);
}

/** Draws a secret. The generator's bytes *are* the Montgomery form, as in snarkjs. */
export function drawSecret(curve: Curve, rng: ChaCha): Secret {
  const element = curve.Fr.fromRng(rng);
  return { element, value: curve.Fr.toObject(element) };
}

/** Draws the point s that proves knowledge of `secret`. */
export function proveKnowledge(curve: Curve, secret: Secret, rng: ChaCha): SecretKey {
  const s = curve.G1.toAffine(curve.G1.fromRng(rng));
  const sx = curve.G1.toAffine(curve.G1.timesFr(s, secret.element));
  return { ...secret, s, sx };
}

/** τ, α, β of the development phase 1, in the order in which a beacon contribution draws them. */
export function phaseOneSecrets(curve: Curve): { tau: SecretKey; alpha: SecretKey; beta: SecretKey } {
  const rng = generatorFromBeacon(PHASE_ONE_BEACON);
  const [tau, alpha, beta] = [drawSecret(curve, rng), drawSecret(curve, rng), drawSecret(curve, rng)];
  return {
    tau: proveKnowledge(curve, tau, rng),
    alpha: proveKnowledge(curve, alpha, rng),
    beta: proveKnowledge(curve, beta, rng),
  };
}

/** δ of the development phase 2. */
export function phaseTwoSecret(curve: Curve): SecretKey {
  const rng = generatorFromBeacon(PHASE_TWO_BEACON);
  return proveKnowledge(curve, drawSecret(curve, rng), rng);
}

/** Contribution type of a beacon, as against 0 for a person's. */
const BEACON_TYPE = 1;
/** Tags of the parameters of a contribution. */
const PARAM = { name: 1, iterationsExp: 2, seed: 3 } as const;

/** BLAKE2b-512 of byte strings, the hash of every transcript of this field. */
export function blake2b512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("blake2b512");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** A point of G2 of unknown discrete logarithm, drawn from a hash. */
export function hashToG2(curve: Curve, hash: Uint8Array): Point {
  return curve.G2.toAffine(curve.G2.fromRng(generatorFromHash(hash)));
}

/** x·P for P in G2, affine. */
export function timesG2(curve: Curve, point: Point, x: FieldElement): Point {
  return curve.G2.toAffine(curve.G2.timesFr(point, x));
}

/** The end of a beacon contribution's record: its type, then name, exponent and seed, each with its tag. */
export function beaconParameters(beacon: Beacon): Uint8Array {
  const name = new TextEncoder().encode(beacon.name);
  const seed = new Uint8Array(Buffer.from(beacon.seed, "hex"));
  if (name.length > 64) throw new RangeError("expected a beacon name of at most 64 bytes");
  const parameters = concatBytes(
    Uint8Array.of(PARAM.name, name.length),
    name,
    Uint8Array.of(PARAM.iterationsExp, beacon.iterationsExp),
    Uint8Array.of(PARAM.seed, seed.length),
    seed,
  );
  return concatBytes(u32Bytes(BEACON_TYPE, parameters.length), parameters);
}
