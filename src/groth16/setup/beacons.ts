import { createHash } from "node:crypto";

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
