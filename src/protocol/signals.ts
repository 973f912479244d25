import { FIELD_R } from "./bounds.js";
import { type Claim, packClaim } from "./claim.js";
import { largestShocks } from "./statement.js";
import type { Tier } from "./tiers.js";
import type { Book, Market } from "./types.js";

/**
 * The public signals in their order. Circuit, prover, verifier and contracts take this order. Index 0 of a verification
 * key's IC is the constant, so signal i has the point IC[i + 1].
 */
export const PUBLIC_SIGNALS = [
  /** Poseidon commitment to the book and the listing it is written in. */
  { name: "commitment", shape: "one" },
  /** θ, envelope, verdict, flags and support, packed (see claim.ts). */
  { name: "claim", shape: "one" },
  /** Digest of the listed assets and their quanta, so that slot u means one asset only. */
  { name: "listing", shape: "one" },
  { name: "pnlFactor", shape: "one" },
  { name: "low", shape: "asset" },
  { name: "high", shape: "asset" },
  { name: "funding", shape: "asset" },
  { name: "collateralFactor", shape: "asset" },
  { name: "debtFactor", shape: "asset" },
  { name: "perpMargin", shape: "asset" },
  { name: "liquidity", shape: "asset" },
  { name: "impact", shape: "asset" },
  /** The largest |shock| of each asset: derived from `shock`, so that the circuit needs no maximum of public numbers. */
  { name: "shockCap", shape: "asset" },
  /** Row-major: shock[s][u]. */
  { name: "shock", shape: "scenario" },
] as const;

export type PublicSignalName = (typeof PUBLIC_SIGNALS)[number]["name"];

/** Signals that belong to one account's proof; the rest are the market's, the same for all accounts. */
export const ACCOUNT_SIGNALS = 2;

function width(shape: "one" | "asset" | "scenario", tier: Tier): number {
  if (shape === "one") return 1;
  return shape === "asset" ? tier.assets : tier.assets * tier.scenarios;
}

/**
 * Offset and width of each named signal in the flat public vector of `tier`.
 *
 * @example
 * ```ts
 * import { signalLayout } from "zkmargin/protocol";
 *
 * console.log(signalLayout(tier).get("commitment")?.offset); // 0
 * ```
 */
export function signalLayout(tier: Tier): Map<PublicSignalName, { offset: number; width: number }> {
  const layout = new Map<PublicSignalName, { offset: number; width: number }>();
  let offset = 0;
  for (const { name, shape } of PUBLIC_SIGNALS) {
    layout.set(name, { offset, width: width(shape, tier) });
    offset += width(shape, tier);
  }
  return layout;
}

/**
 * The number of public signals of `tier`.
 *
 * @example
 * ```ts
 * import { signalCount } from "zkmargin/protocol";
 *
 * console.log(signalCount(tier)); // 404
 * ```
 */
export function signalCount(tier: Tier): number {
  let count = 0;
  for (const { shape } of PUBLIC_SIGNALS) count += width(shape, tier);
  return count;
}

/** What the public signals are made of; arrays of `market` are dense over the tier. */
export interface PublicStatement {
  readonly commitment: bigint;
  readonly claim: Claim;
  readonly listing: bigint;
  readonly market: Market;
}

/** What a prover knows beyond the public statement. */
export interface PrivateOpening {
  readonly book: Book;
  readonly salt: bigint;
}

/** Circuit inputs by signal name; arrays are flat, shock row-major. */
export type CircuitInputs = Readonly<Record<string, readonly bigint[]>>;

/** A signed integer as the field element that stands for it in the circuit and the contracts. */
export function toField(value: bigint): bigint {
  return value < 0n ? value + FIELD_R : value;
}

function named({
  commitment,
  claim,
  listing,
  market,
}: PublicStatement): Record<PublicSignalName, readonly bigint[]> {
  return {
    commitment: [commitment],
    claim: [packClaim(claim)],
    listing: [listing],
    pnlFactor: [market.pnlFactor],
    low: market.low,
    high: market.high,
    funding: market.funding,
    collateralFactor: market.collateralFactor,
    debtFactor: market.debtFactor,
    perpMargin: market.perpMargin,
    liquidity: market.liquidity,
    impact: market.impact,
    shockCap: largestShocks(market),
    shock: market.shock.flat(),
  };
}

/**
 * The public signals in their order, as field elements; signalCount(tier) of them for a market of `tier`.
 *
 * @example
 * ```ts
 * import { listingDigest, publicSignals, signalCount } from "zkmargin/protocol";
 *
 * const listing = listingDigest(market.listing);
 * const claim = { theta: 10_000, envelope: 100, healthy: true, isolated: false };
 * const signals = publicSignals({ commitment: opening.commitment, claim, listing, market: prices });
 * console.log(signals.length === signalCount(tier)); // true
 * ```
 */
export function publicSignals(statement: PublicStatement): bigint[] {
  const values = named(statement);
  return PUBLIC_SIGNALS.flatMap(({ name }) => values[name].map(toField));
}

/**
 * The inputs of the circuit: the public signals by name, and the opening.
 *
 * @example
 * ```ts
 * import { circuitInputs, listingDigest } from "zkmargin/protocol";
 * import { deriveSalt } from "zkmargin/prove";
 *
 * const listing = listingDigest(market.listing);
 * const claim = { theta: 10_000, envelope: 100, healthy: true, isolated: false };
 * const salt = deriveSalt(secret, book.account, book.sequence);
 * const inputs = circuitInputs({ commitment: opening.commitment, claim, listing, market: prices }, { book: dense, salt });
 * console.log(Object.keys(inputs).length > 0); // true
 * ```
 */
export function circuitInputs(statement: PublicStatement, { book, salt }: PrivateOpening): CircuitInputs {
  const inputs: Record<string, readonly bigint[]> = named(statement);
  const { sleeve } = book;
  const all = {
    ...inputs,
    spot: book.spot,
    perp: book.perp,
    basis: [book.basis],
    sleeveValue: [sleeve?.value ?? 0n],
    sleeveGain: statement.market.shock.map((_, s) => sleeve?.gains[s] ?? 0n),
    sleeveCharge: [sleeve?.charge ?? 0n],
    sleeveSlack: [sleeve?.slack ?? 0n],
    detail: [sleeve?.detail ?? 0n],
    salt: [salt],
  };
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.map(toField)]));
}
