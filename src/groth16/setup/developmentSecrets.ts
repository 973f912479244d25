import { createHash } from "node:crypto";
import { ChaCha, type Curve, type FieldElement, type Point } from "ffjavascript";
import { type Beacon, PHASE_ONE_BEACON, PHASE_TWO_BEACON } from "./beacons.js";

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
