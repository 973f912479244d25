import { BAND_MOST, type SleeveArrays, type SleeveBand, type Tangent } from "../../book/sleeveFile.js";
import { FormatError, MissingFieldError, OutOfRangeError, UnknownAssetError } from "../../errors.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import { shocksDigest } from "../../market/profile.js";
import { BPS, SLACK_BITS, SLEEVE_BITS, USD_DECIMALS } from "../../protocol/bounds.js";
import { type Listing, slotOf } from "../../protocol/listing.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { magnitude } from "../../protocol/statement.js";
import type { Book } from "../../protocol/types.js";
import type { OptionPosition } from "./book.js";
import { CALL_ERROR } from "./callSums.js";
import { nakedShorts } from "./optionMargin.js";
import { type Sleeve, underlyingsOf } from "./sleeve.js";
import { SleeveBounds } from "./sleeveBounds.js";
import type { BoundsBox } from "./sleeveGrid.js";
import type { ValueBounds } from "./sleeveNodes.js";
import { matchScenarios, type SleeveRule } from "./sleeveRules.js";
import { priceSleeve, SETTLEMENT_WINDOW, sleeveGroups } from "./sleeveValues.js";
import { optionsSold } from "./span.js";
import type { Surface } from "./surface.js";

/** What arrays are made of. */
export interface SleeveRequest {
  readonly sleeve: Sleeve;
  readonly surface: Surface;
  readonly market: MarketFile;
  readonly rule: SleeveRule;
  readonly band: SleeveBand;
  /** The rest of the account's book, whose margin on perpetuals, liquidity and impact the tangent changes. Nothing if absent. */
  readonly book?: Pick<Book, "spot" | "perp">;
}

const MOST_WEIGHT = 1000;
/** Scale of the prices and of impact in {@link nettingOf}. */
const SCALE = 10n ** 8n;
const MICRO = 1_000_000;

/**
 * Tangent and remainder of a sleeve: bounds over every price from low·(1 − price) to high·(1 + price), the stated moves of
 * volatility, basis and funding, and all times until `until`. An option keeps its implied volatility as the price moves.
 * Underlyings add up: each has its own worst place in the band, which is conservative.
 * @throws FormatError, OutOfRangeError, MissingFieldError, UnknownAssetError; none quotes an amount
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSurface, sleeveArrays } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * console.log(sleeveArrays(request).gains.length === market.profile.scenarios.length); // true
 * ```
 */
export function sleeveArrays(request: SleeveRequest): SleeveArrays {
  const { surface, market, rule, band } = request;
  const parts = underlyings(request);
  const scenarios = market.profile.scenarios.length;
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0);
  const gains = Array.from({ length: scenarios }, (_, s) => ({
    least: sum(({ gains }) => gains[s]?.least ?? 0),
    most: sum(({ gains }) => gains[s]?.most ?? 0),
  }));
  const value = { least: sum((part) => part.value.least), most: sum((part) => part.value.most) };
  const charge = { most: sum((part) => part.charge.most), least: sum((part) => part.charge.least) };
  const slack = Math.max(
    value.most - value.least,
    charge.most - charge.least,
    ...gains.map(({ most, least }) => most - least),
  );
  return {
    rule: rule.name,
    market: marketDigest(market),
    shocks: shocksDigest(market.profile, market.listing),
    pricedAt: surface.time,
    band,
    tangents: parts.map(({ tangent }) => tangent),
    value: cents(value.least, -1, SLEEVE_BITS, "value"),
    gains: gains.map(({ least }, s) => cents(least, -1, SLEEVE_BITS, `gains[${s}]`)),
    charge: cents(charge.most, 1, SLEEVE_BITS, "charge"),
    // Three numbers were rounded by up to a cent.
    slack: cents(slack + 0.02, 1, SLACK_BITS, "slack"),
  };
}

/** What arrays are summed from: one underlying, in dollars. */
interface Part {
  readonly tangent: Tangent;
  readonly value: ValueBounds;
  readonly gains: readonly ValueBounds[];
  readonly charge: ValueBounds;
}

function underlyings(request: SleeveRequest): Part[] {
  const { sleeve, surface, market, rule, band } = request;
  checkBand(band, surface.time);
  const symbols = underlyingsOf(sleeve);
  if (symbols.length === 0) throw new MissingFieldError("sleeve", "a position or a payoff", "none");
  if (rule.scenarios !== undefined && symbols.length > 1)
    throw new FormatError(
      "sleeve",
      `positions in one underlying under ${rule.name}, which margins each alone (use calibrated for several)`,
      `${symbols.length}`,
    );
  const settles = Math.min(
    ...sleeve.positions.map(({ instrument }) => instrument.expiry - SETTLEMENT_WINDOW),
  );
  // Prices once as the venue would, which refuses what is over or has no surface.
  const priced = priceSleeve(sleeve, surface);
  if (band.until > settles)
    throw new OutOfRangeError(
      "band.until",
      `at most ${settles}, when the first settlement window opens`,
      String(band.until),
    );
  return symbols.map((symbol) => {
    const expiries = priced.find((each) => each.symbol === symbol)?.expiries ?? [];
    const count = (of: (options: readonly OptionPosition[]) => number) =>
      expiries.reduce((sum, { options }) => sum + of(options), 0);
    return part(request, symbol, { naked: count(nakedShorts), sold: count(optionsSold) });
  });
}

/** Options of an underlying that are sold: where none held covers them, and all. */
interface Shorts {
  readonly naked: number;
  readonly sold: number;
}

function part(
  { sleeve, surface, market, rule, band, book }: SleeveRequest,
  symbol: string,
  { naked, sold }: Shorts,
): Part {
  const slot = slotOf(market.listing, symbol);
  const [asset, quote] = [market.listing[slot ?? -1], market.prices[slot ?? -1]];
  if (slot === undefined || asset === undefined || quote === undefined)
    throw new UnknownAssetError(
      "sleeve",
      "positions in coins that the market lists",
      "another coin",
      market.listing.map((each) => each.symbol),
    );
  const unit = Number(10n ** BigInt(USD_DECIMALS - asset.decimals));
  const reference = (quote.low + quote.high) / 2n;
  const box: BoundsBox = {
    low: Number(quote.low) / unit,
    high: Number(quote.high) / unit,
    reference: Number(reference) / unit,
    price: band.price / 10_000,
    volatility: band.volatility / 10_000,
    smile: band.smile / 10_000,
    basis: band.basis / 10_000,
    elapsed: band.until - surface.time,
  };
  const spot = surface.underlyings.get(symbol)?.spot ?? 0;
  if (spot < box.low * (1 - box.price) || spot > box.high * (1 + box.price))
    throw new OutOfRangeError(
      `surface.underlyings.${symbol}.spot`,
      `a price in the band of the market, ${box.low * (1 - box.price)} to ${box.high * (1 + box.price)}`,
      String(spot),
    );

  const groups = sleeveGroups(sleeve, surface, symbol, rule.optionsApart);
  const bounds = new SleeveBounds(groups, box);
  const exact = bounds.tangent();
  const quanta = Number(10n ** BigInt(asset.decimals));
  const perp = BigInt(Math.round(exact.slope * quanta));
  const micros = BigInt(Math.floor(exact.value * MICRO));
  const tangent: Tangent = {
    asset: symbol,
    perp,
    basis: micros * 10n ** BigInt(USD_DECIMALS - 6) - perp * (reference - quote.funding),
  };
  const slope = Number(perp) / quanta;
  const rounding = CALL_ERROR * (Math.abs(slope) * box.high * 2 + Math.abs(exact.value));
  const wider = ({ least, most }: ValueBounds): ValueBounds => ({
    least: least - rounding,
    most: most + rounding,
  });

  const funding = band.fundingWeight === null ? 0 : box.price / band.fundingWeight;
  const value = bounds.valueBounds({ value: Number(micros) / MICRO, slope }, funding);
  const shares = market.profile.scenarios.map(({ shocks }) => (shocks[symbol] ?? 0) / 10_000);
  const gains =
    rule.onTheWay === undefined
      ? ofVenue(bounds, { rule, market, symbol, slope, sold })
      : bounds.pathBounds(rule.onTheWay, { slope, shocks: shares, values: rule.values });
  const netting = nettingOf(market, slot, { band, tangent: perp, book });
  const notional = naked * rule.nakedShort;
  return {
    tangent,
    value: wider(value),
    gains: gains.map(wider),
    charge: {
      most: Math.max(0, netting.most) + notional * box.high * (1 + box.price),
      least: netting.least + notional * box.low * (1 - box.price),
    },
  };
}

function ofVenue(
  bounds: SleeveBounds,
  {
    rule,
    market,
    symbol,
    slope,
    sold,
  }: {
    readonly rule: SleeveRule;
    readonly market: MarketFile;
    readonly symbol: string;
    readonly slope: number;
    readonly sold: number;
  },
): ValueBounds[] {
  return matchScenarios(rule, market.profile.scenarios, symbol).map(
    ({ shock, moves, contingency, shortMinimum }) => {
      const change = bounds.changeBounds(moves, { slope, shock: shock / 10_000, values: rule.values });
      const asked = shortMinimum === undefined ? 0 : -sold * shortMinimum;
      const feared =
        contingency === undefined
          ? 0
          : bounds.contingency(contingency.factors, contingency.weight, rule.values);
      const floor = Math.min(asked, feared);
      return {
        least: floor < 0 ? Math.min(change.least, floor) : change.least,
        most: asked < 0 ? Math.min(change.most, asked) : change.most,
      };
    },
  );
}

/**
 * What the tangent takes off the book's own margin on perpetuals, liquidity and impact, in dollars; below 0 where it adds.
 * Least and most over the band's prices.
 */
function nettingOf(
  { prices, profile }: MarketFile,
  slot: number,
  {
    band,
    tangent,
    book,
  }: { readonly band: SleeveBand; readonly tangent: bigint; readonly book: SleeveRequest["book"] },
): ValueBounds {
  const [quote, risk] = [prices[slot], profile.assets[slot]];
  const [spot, perp] = [book?.spot[slot] ?? 0n, book?.perp[slot] ?? 0n];
  if (quote === undefined || risk === undefined) return { least: 0, most: 0 };
  const margin = BigInt(risk.perpMargin) * (magnitude(perp) - magnitude(perp + tangent));
  const net = spot + perp;
  const liquidity = BigInt(risk.liquidity) * (magnitude(net) - magnitude(net + tangent));
  const impact = risk.impact * (net * net - (net + tangent) * (net + tangent));
  const ends = [
    (quote.low * (BPS - BigInt(band.price))) / BPS,
    (quote.high * (BPS + BigInt(band.price))) / BPS + 1n,
  ].map((price) => (margin + liquidity) * price * (SCALE / BPS) + impact);
  // Attodollars × SCALE; a double of it is as near as its sixteen digits.
  const amounts = ends.map((each) => Number(each) / 1e26);
  return { least: Math.min(...amounts), most: Math.max(...amounts) };
}

/** @throws OutOfRangeError naming the number */
function checkBand(band: SleeveBand, pricedAt: number): void {
  const within = (value: number, low: number, high: number, name: string) => {
    if (!Number.isSafeInteger(value) || value < low || value > high)
      throw new OutOfRangeError(`band.${name}`, `${low} to ${high}`, String(value));
  };
  for (const name of ["price", "volatility", "smile", "basis"] as const)
    within(band[name], 0, BAND_MOST[name], name);
  if (band.fundingWeight !== null) within(band.fundingWeight, 1, MOST_WEIGHT, "fundingWeight");
  within(band.until, pricedAt, 253_402_300_799, "until");
}

/** Dollars as whole cents, rounded down (−1) or up (1). The amount is private, so an error does not quote it. */
function cents(dollars: number, side: 1 | -1, bits: number, path: string): bigint {
  const rounded = side === 1 ? Math.ceil(dollars * 100) : Math.floor(dollars * 100);
  if (!(Math.abs(rounded) < Number(1n << BigInt(bits))))
    throw new OutOfRangeError(`arrays.${path}`, `a magnitude below 2^${bits} cents`, "a larger one");
  return BigInt(rounded);
}
