import { FIELD_R } from "../protocol/bounds.js";
import { type Claim, packClaim } from "../protocol/claim.js";
import { PUBLIC_SIGNALS, type PublicSignalName } from "../protocol/signals.js";
import type { Book, Market } from "../protocol/types.js";

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

/** A signed integer as the field element that the circuit and the contracts know it by. */
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
    shockCap: [market.shockCap],
    low: market.low,
    high: market.high,
    funding: market.funding,
    collateralFactor: market.collateralFactor,
    debtFactor: market.debtFactor,
    perpMargin: market.perpMargin,
    liquidity: market.liquidity,
    impact: market.impact,
    shock: market.shock.flat(),
  };
}

/** The public signals in their order, as field elements; signalCount(tier) of them for a market of `tier`. */
export function publicSignals(statement: PublicStatement): bigint[] {
  const values = named(statement);
  return PUBLIC_SIGNALS.flatMap(({ name }) => values[name].map(toField));
}

/** The inputs of the circuit: the public signals by name, and the opening. */
export function circuitInputs(statement: PublicStatement, { book, salt }: PrivateOpening): CircuitInputs {
  const inputs: Record<string, readonly bigint[]> = named(statement);
  const all = { ...inputs, spot: book.spot, perp: book.perp, basis: [book.basis], salt: [salt] };
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.map(toField)]));
}
