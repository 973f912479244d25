import type { Tier } from "./tiers.js";

/**
 * The public signals in their order. Circuit, prover, verifier and contracts take it from here; index 0 of a
 * verification key's IC is the constant, so signal i has the point IC[i + 1].
 */
export const PUBLIC_SIGNALS = [
  /** Poseidon commitment to the book and the listing it is written in. */
  { name: "commitment", shape: "one" },
  /** θ, envelope, verdict and isolated, packed (see claim.ts). */
  { name: "claim", shape: "one" },
  /** Digest of the listed assets and their quanta, so that slot u means one asset only. */
  { name: "listing", shape: "one" },
  { name: "pnlFactor", shape: "one" },
  { name: "shockCap", shape: "one" },
  { name: "low", shape: "asset" },
  { name: "high", shape: "asset" },
  { name: "funding", shape: "asset" },
  { name: "collateralFactor", shape: "asset" },
  { name: "debtFactor", shape: "asset" },
  { name: "perpMargin", shape: "asset" },
  { name: "liquidity", shape: "asset" },
  { name: "impact", shape: "asset" },
  /** Row-major: shock[s][u]. */
  { name: "shock", shape: "scenario" },
] as const;

export type PublicSignalName = (typeof PUBLIC_SIGNALS)[number]["name"];

/** Signals that belong to one account's proof; the rest is the market, the same for everybody. */
export const ACCOUNT_SIGNALS = 2;

function width(shape: "one" | "asset" | "scenario", tier: Tier): number {
  if (shape === "one") return 1;
  return shape === "asset" ? tier.assets : tier.assets * tier.scenarios;
}

/** Offset and width of each named signal in the flat public vector of `tier`. */
export function signalLayout(tier: Tier): Map<PublicSignalName, { offset: number; width: number }> {
  const layout = new Map<PublicSignalName, { offset: number; width: number }>();
  let offset = 0;
  for (const { name, shape } of PUBLIC_SIGNALS) {
    layout.set(name, { offset, width: width(shape, tier) });
    offset += width(shape, tier);
  }
  return layout;
}

/** The number of public signals of `tier`. */
export function signalCount(tier: Tier): number {
  let count = 0;
  for (const { shape } of PUBLIC_SIGNALS) count += width(shape, tier);
  return count;
}
