import { buildBn128, type Curve } from "ffjavascript";
import { FixedBase } from "./fixedBase.js";

/** A curve of one's own with the tables of both generators; about half a second to build, nothing to terminate. */
export interface Bases {
  readonly curve: Curve;
  readonly g1: FixedBase;
  readonly g2: FixedBase;
}

/** Builds the curve and its tables. Single-threaded: it starts no worker and shares nothing with snarkjs. */
export async function buildBases(): Promise<Bases> {
  const curve = await buildBn128(true);
  return { curve, g1: new FixedBase(curve, "G1"), g2: new FixedBase(curve, "G2") };
}
