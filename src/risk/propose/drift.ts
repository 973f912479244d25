import { BPS, USD_DECIMALS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { denseRisk, type RiskProfile } from "../../protocol/profile.js";
import type { Book } from "../../protocol/types.js";
import { AT_PAR, marginOf, marketAt } from "../margin.js";
import { tightestOf } from "./tightening.js";

/** A book of the measure, by its name. */
export interface ReferenceBook {
  readonly name: string;
  readonly book: Book;
}

/** How far one profile's margins are from another's. */
export interface Drift {
  /** Largest rise of a reference book's margin, basis points of what it is under the live profile, rounded up; 0 if none. */
  readonly tighter: number;
  /** Largest fall, likewise. */
  readonly looser: number;
  /** The books of these; null where there is none. */
  readonly tighterIn: string | null;
  readonly looserIn: string | null;
}

/** Attodollars in every position of a reference book: a million dollars. */
const NOTIONAL = 10n ** 24n;
/** A rise from nothing counts as this, and no change as more. */
const DRIFT_MAX = 1_000_000;

/**
 * The books that drift is measured on, a million dollars a position: of every asset the holding, the debt, the long and the
 * short perpetual; the whole market long and short; and every asset long against the first that is not `cash` short (basis
 * and relative value).
 * @param prices attodollars per quantum
 *
 * @example
 * ```ts
 * import { quantumPrices, referenceBooks } from "zkmargin/risk";
 *
 * const assets = market.listing.map(({ symbol }) => symbol);
 * const each = quantumPrices(assets.map(() => 1), market.listing);
 * console.log(referenceBooks(assets, each, null).length > 0); // true
 * ```
 */
export function referenceBooks(
  assets: readonly string[],
  prices: readonly bigint[],
  cash: number | null,
): ReferenceBook[] {
  const none = assets.map(() => 0n);
  const quanta = prices.map((price) => (price > 0n ? NOTIONAL / price : 0n));
  const of = (u: number, sign: bigint) => none.with(u, sign * (quanta[u] ?? 0n));
  const perpetuals = (name: string, perp: readonly bigint[]): ReferenceBook => ({
    name,
    book: { spot: none, perp, basis: -perp.reduce((sum, q, u) => sum + q * (prices[u] ?? 0n), 0n) },
  });
  const spots = (name: string, spot: readonly bigint[]): ReferenceBook => ({
    name,
    book: { spot, perp: none, basis: 0n },
  });
  const risky = assets.map((_, u) => u).filter((u) => u !== cash);
  const [base] = risky;
  const all = (sign: bigint) => quanta.map((q, u) => (u === cash ? 0n : sign * q));
  return [
    ...assets.flatMap((asset, u) => [
      spots(`${asset} held`, of(u, 1n)),
      spots(`${asset} owed`, of(u, -1n)),
      perpetuals(`${asset} long`, of(u, 1n)),
      perpetuals(`${asset} short`, of(u, -1n)),
    ]),
    perpetuals("market long", all(1n)),
    perpetuals("market short", all(-1n)),
    ...(base === undefined ? [] : risky.filter((u) => u !== base)).map((u) =>
      perpetuals(
        `${assets[u]} against ${assets[base ?? 0]}`,
        of(u, 1n).with(base ?? 0, -(quanta[base ?? 0] ?? 0n)),
      ),
    ),
  ];
}

/** The margin of a book under a profile, attodollars × SCALE: {@link marginOf} with dollars at par. */
export function marginUnder(profile: RiskProfile, book: Book, prices: readonly bigint[]): bigint {
  const risk = denseRisk(profile, { assets: prices.length, scenarios: profile.scenarios.length });
  return marginOf(book, marketAt(risk, prices), AT_PAR);
}

/**
 * The largest relative changes of margin from the live profile to another, over the reference books.
 *
 * @example
 * ```ts
 * import { driftOf, quantumPrices, referenceBooks } from "zkmargin/risk";
 *
 * const assets = market.listing.map(({ symbol }) => symbol);
 * const each = quantumPrices(assets.map(() => 1), market.listing);
 * const drift = driftOf(profile, profile, each, referenceBooks(assets, each, null));
 * console.log(typeof drift); // object
 * ```
 */
export function driftOf(
  live: RiskProfile,
  next: RiskProfile,
  prices: readonly bigint[],
  books: readonly ReferenceBook[],
): Drift {
  let drift: Drift = { tighter: 0, looser: 0, tighterIn: null, looserIn: null };
  for (const { name, book } of books) {
    const before = marginUnder(live, book, prices);
    const after = marginUnder(next, book, prices);
    const size = relative(before, after);
    if (after > before && size > drift.tighter) drift = { ...drift, tighter: size, tighterIn: name };
    if (after < before && size > drift.looser) drift = { ...drift, looser: size, looserIn: name };
  }
  return drift;
}

function relative(before: bigint, after: bigint): number {
  const change = after > before ? after - before : before - after;
  if (before <= 0n) return change === 0n ? 0 : DRIFT_MAX;
  const bps = (change * BPS + before - 1n) / before;
  return bps > BigInt(DRIFT_MAX) ? DRIFT_MAX : Number(bps);
}

/**
 * Closes in dollars per unit as attodollars per quantum, rounded down to no less than 1.
 * @param closes above 0, one for every listed asset
 *
 * @example
 * ```ts
 * import { quantumPrices } from "zkmargin/risk";
 *
 * console.log(quantumPrices(market.listing.map(() => 1), market.listing).length === market.listing.length); // true
 * ```
 */
export function quantumPrices(closes: readonly number[], listing: Listing): bigint[] {
  return listing.map(({ decimals }, u) => {
    const price = BigInt(Math.floor((closes[u] ?? 0) * Number(10n ** BigInt(USD_DECIMALS - decimals))));
    return price > 0n ? price : 1n;
  });
}

/** When a drift is worth a proposal: fast where it tightens, slow where it loosens. */
export interface WatchPolicy {
  /** Rise of a reference margin beyond which to tighten, basis points. */
  readonly band: number;
  /** Fall of one beyond which to loosen. */
  readonly loosenBand: number;
  /** Days after a proposal in which nothing is loosened, and nothing tightened that it would tighten too. */
  readonly coolDown: number;
}

export const DEFAULT_POLICY: WatchPolicy = { band: 2_000, loosenBand: 3_000, coolDown: 7 };

/** What was proposed before. */
export interface LastProposal {
  readonly target: RiskProfile;
  /** Days since, by the history's dates. */
  readonly age: number;
}

/** What to do about a calibration. */
export type Decision =
  | { readonly kind: "hold"; readonly why: "within the band" | "proposed already" | "cooling down" }
  | { readonly kind: "tighten" | "loosen"; readonly target: RiskProfile };

/** What a decision is made from. */
export interface DecisionInputs {
  readonly live: RiskProfile;
  readonly calibrated: RiskProfile;
  /** Attodollars per quantum. */
  readonly prices: readonly bigint[];
  readonly books: readonly ReferenceBook[];
  readonly last: LastProposal | null;
}

/**
 * Proposes to tighten as soon as a reference margin has risen beyond the band: to the calibration's shocks, and parameter by
 * parameter the tighter of it and the live profile. It proposes to loosen only when none has, one has fallen beyond its own
 * band, and nothing was proposed for a while: to the calibration itself.
 */
export function decide(
  { live, calibrated, prices, books, last }: DecisionInputs,
  { band, loosenBand, coolDown }: WatchPolicy,
): { readonly decision: Decision; readonly drift: Drift } {
  const drift = driftOf(live, calibrated, prices, books);
  const recent = last !== null && last.age < coolDown;
  const hold = (why: Extract<Decision, { kind: "hold" }>["why"]) => ({
    decision: { kind: "hold", why } as const,
    drift,
  });
  if (drift.tighter > band) {
    const target = tightestOf(calibrated, live);
    if (recent && driftOf(last.target, target, prices, books).tighter <= band)
      return hold("proposed already");
    return { decision: { kind: "tighten", target }, drift };
  }
  if (drift.looser <= loosenBand) return hold("within the band");
  if (recent) return hold("cooling down");
  return { decision: { kind: "loosen", target: calibrated }, drift };
}
