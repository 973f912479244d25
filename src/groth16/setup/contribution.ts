import { createHash } from "node:crypto";
import type { Curve, FieldElement, Point } from "ffjavascript";
import type { Beacon } from "./beacons.js";
import { concatBytes, u32Bytes } from "./binFile.js";
import { generatorFromHash } from "./developmentSecrets.js";

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
