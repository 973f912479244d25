import { CrossedPricesError, NotIsolatedError, OutOfRangeError, TooManyError } from "../errors.js";
import {
  BASIS_BITS,
  BPS,
  FACTOR_BITS,
  IMPACT_BITS,
  PRICE_BITS,
  QUANTITY_BITS,
  SALT_BITS,
  SLACK_BITS,
  SLEEVE_BITS,
  SLEEVE_GAINS,
} from "./bounds.js";
import type { Book, Market, RiskParameters, SleeveNumbers } from "./types.js";

const power = (bits: number): bigint => 1n << BigInt(bits);

/**
 * Checks a dense book against its bounds. Errors name fields, never values.
 * @throws OutOfRangeError, TooManyError, and NotIsolatedError if `isolated`.
 *
 * @example
 * ```ts
 * import { checkBook } from "zkmargin/protocol";
 *
 * checkBook(dense, { isolated: false }); // throws an InputError for a book out of bounds
 * ```
 */
export function checkBook(book: Book, options: { isolated?: boolean; path?: string } = {}): void {
  const path = options.path ?? "book";
  if (book.spot.length !== book.perp.length)
    throw new TooManyError(`${path}.perp`, `${book.spot.length} slots as in spot`, `${book.perp.length}`);
  const limit = power(QUANTITY_BITS);
  for (const field of ["spot", "perp"] as const) {
    book[field].forEach((quantity, u) => {
      if (quantity <= -limit || quantity >= limit)
        throw new OutOfRangeError(
          `${path}.${field}[${u}]`,
          `a magnitude below 2^${QUANTITY_BITS} quanta`,
          "a larger one",
        );
    });
  }
  if (book.basis < -power(BASIS_BITS) || book.basis >= power(BASIS_BITS))
    throw new OutOfRangeError(
      `${path}.basis`,
      `−2^${BASIS_BITS} to 2^${BASIS_BITS} − 1 attodollars`,
      "a larger magnitude",
    );
  if (book.sleeve) checkSleeve(book.sleeve, `${path}.sleeve`);
  if (options.isolated) {
    if (book.sleeve) throw new NotIsolatedError(`${path}.sleeve`, "no sleeve in an isolated book", "one");
    if (book.perp.filter((q) => q !== 0n).length > 1)
      throw new NotIsolatedError(
        `${path}.perp`,
        "at most one perpetual in an isolated book",
        "more than one",
      );
    if (book.spot.filter((q) => q > 0n).length > 1)
      throw new NotIsolatedError(
        `${path}.spot`,
        "at most one collateral asset in an isolated book",
        "more than one",
      );
  }
}

/** Checks a salt, a blind or a digest cut to fit a field element. @throws OutOfRangeError, which does not quote it */
export function checkSalt(value: bigint, path: string): void {
  if (value < 0n || value >= power(SALT_BITS))
    throw new OutOfRangeError(path, `a natural number below 2^${SALT_BITS}`, "another number");
}

/** @throws OutOfRangeError, TooManyError; neither quotes an amount */
export function checkSleeve(sleeve: SleeveNumbers, path: string): void {
  const limit = power(SLEEVE_BITS);
  const hold = (value: bigint, low: bigint, high: bigint, field: string, expected: string) => {
    if (value < low || value >= high)
      throw new OutOfRangeError(`${path}.${field}`, expected, "another number");
  };
  const signed = `−2^${SLEEVE_BITS} to 2^${SLEEVE_BITS} − 1 cents`;
  hold(sleeve.value, -limit, limit, "value", signed);
  if (sleeve.gains.length !== SLEEVE_GAINS)
    throw new TooManyError(
      `${path}.gains`,
      `${SLEEVE_GAINS} gains, one a scenario`,
      String(sleeve.gains.length),
    );
  sleeve.gains.forEach((gain, s) => hold(gain, -limit, limit, `gains[${s}]`, signed));
  hold(sleeve.charge, 0n, limit, "charge", `0 to 2^${SLEEVE_BITS} − 1 cents`);
  hold(sleeve.slack, 0n, power(SLACK_BITS), "slack", `0 to 2^${SLACK_BITS} − 1 cents`);
  checkSalt(sleeve.detail, `${path}.detail`);
}

/**
 * Checks risk parameters against their hard bounds.
 * @throws OutOfRangeError, TooManyError naming the field.
 *
 * @example
 * ```ts
 * import { checkRiskParameters } from "zkmargin/protocol";
 *
 * checkRiskParameters(prices); // throws an OutOfRangeError that names the parameter
 * ```
 */
export function checkRiskParameters(risk: RiskParameters, path = "profile"): void {
  within(risk.pnlFactor, 0n, BPS, `${path}.pnlFactor`);
  const factorMax = power(FACTOR_BITS) - 1n;
  const limits = {
    collateralFactor: [0n, BPS],
    debtFactor: [BPS, factorMax],
    perpMargin: [0n, factorMax],
    liquidity: [0n, factorMax],
    impact: [0n, power(IMPACT_BITS) - 1n],
  } as const;
  const assets = risk.collateralFactor.length;
  for (const [field, [low, high]] of Object.entries(limits) as [
    keyof typeof limits,
    readonly [bigint, bigint],
  ][]) {
    sameLength(risk[field], assets, `${path}.${field}`);
    risk[field].forEach((value, u) => within(value, low, high, `${path}.${field}[${u}]`));
  }
  risk.shock.forEach((row, s) => {
    sameLength(row, assets, `${path}.shock[${s}]`);
    row.forEach((shock, u) => within(shock, -BPS, BPS, `${path}.shock[${s}][${u}]`));
  });
}

/**
 * Checks a market's prices, funding and risk parameters against the bounds that the circuit's bit budget relies on.
 * Every verifier calls this, because the circuit does not range-check public signals.
 *
 * A slot beyond the listing has prices of 0; its quantities are worth nothing.
 * @throws OutOfRangeError, CrossedPricesError, TooManyError naming the field.
 *
 * @example
 * ```ts
 * import { checkMarket } from "zkmargin/protocol";
 *
 * checkMarket(prices, market.listing.length); // throws an InputError that names the asset
 * ```
 */
export function checkMarket(market: Market, listed: number, path = "market"): void {
  checkRiskParameters(market, `${path}.profile`);
  const priceMax = power(PRICE_BITS) - 1n;
  const assets = market.collateralFactor.length;
  for (const field of ["low", "high", "funding"] as const)
    sameLength(market[field], assets, `${path}.${field}`);
  market.low.forEach((low, u) => {
    const high = market.high[u] ?? 0n;
    const least = u < listed ? 1n : 0n;
    const most = u < listed ? priceMax : 0n;
    within(low, least, most, `${path}.low[${u}]`);
    within(high, least, most, `${path}.high[${u}]`);
    if (low > high)
      throw new CrossedPricesError(`${path}.low[${u}]`, `at most the high price ${high}`, String(low));
    within(market.funding[u] ?? 0n, -most, most, `${path}.funding[${u}]`);
  });
}

/** Market data is public, so its errors may show the value. */
function within(value: bigint, low: bigint, high: bigint, path: string): void {
  if (value < low || value > high) throw new OutOfRangeError(path, `${low} to ${high}`, String(value));
}

function sameLength(values: readonly bigint[], length: number, path: string): void {
  if (values.length !== length)
    throw new TooManyError(path, `${length} values, one per slot`, String(values.length));
}
