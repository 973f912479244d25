import {
  CrossedPricesError,
  DuplicateFieldError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  TooManyError,
  UnknownAssetError,
} from "../errors.js";
import { BPS } from "./bounds.js";
import { checkRiskParameters } from "./checks.js";
import { checkAssetOrder, type Listing, slotOf } from "./listing.js";
import type { RiskParameters } from "./types.js";

/** Risk parameters of one asset, basis points but for `impact`. */
export interface AssetRisk {
  readonly asset: string;
  /** Share of its value that counts as collateral, 0 … 10 000. */
  readonly collateralFactor: number;
  /** Weight of a debt in this asset, ≥ 10 000; covers the interest between two attestations. */
  readonly debtFactor: number;
  /** Margin on gross perpetual notional. */
  readonly perpMargin: number;
  /** Margin on net exposure. */
  readonly liquidity: number;
  /** Charge on the square of net exposure, 10^-8 attodollars per quantum². */
  readonly impact: bigint;
}

/** A joint price scenario: the relative move of every listed asset, basis points, signed. */
export interface Scenario {
  readonly name: string;
  readonly shocks: Readonly<Record<string, number>>;
}

/** The risk parameters of a margin regime, by name: what a risk-profile file holds. */
export interface RiskProfile {
  readonly name: string;
  readonly description: string;
  /** Share of an unrealised gain that counts as collateral, basis points. */
  readonly pnlFactor: number;
  /** Highest interest any debt can bear, basis points a year. */
  readonly maxBorrowRate: number;
  /** Longest time between two attestations of a book, seconds. */
  readonly bookMaxAge: number;
  /** In the listing's order. */
  readonly assets: readonly AssetRisk[];
  readonly scenarios: readonly Scenario[];
}

/** Upper bounds of the two numbers that serve only to bound the debt factor. */
export const BORROW_RATE_MAX = 1_000_000;
export const YEAR_SECONDS = 365 * 86_400;

/** Least debt factor that covers the interest between two attestations, rounded up, basis points. */
export function leastDebtFactor(profile: Pick<RiskProfile, "maxBorrowRate" | "bookMaxAge">): bigint {
  const interest = BigInt(profile.maxBorrowRate) * BigInt(profile.bookMaxAge);
  const year = BigInt(YEAR_SECONDS);
  return BPS + (interest + year - 1n) / year;
}

/**
 * The profile as dense parameters, padded to `size`: a slot beyond the listing has collateral factor 0 and debt
 * factor 1, a scenario beyond the profile's moves nothing.
 * @throws TooManyError if the profile is larger than `size`, FormatError for a number that is not whole.
 */
export function denseRisk(
  profile: RiskProfile,
  size: { readonly assets: number; readonly scenarios: number },
  path = "profile",
): RiskParameters {
  for (const part of ["assets", "scenarios"] as const) {
    if (profile[part].length > size[part])
      throw new TooManyError(`${path}.${part}`, `at most ${size[part]}`, String(profile[part].length));
  }
  const column = (
    field: "collateralFactor" | "debtFactor" | "perpMargin" | "liquidity" | "impact",
    padding = 0n,
  ) =>
    Array.from({ length: size.assets }, (_, u) => {
      const asset = profile.assets[u];
      return asset ? whole(asset[field], `${path}.assets[${u}].${field}`) : padding;
    });
  return {
    pnlFactor: whole(profile.pnlFactor, `${path}.pnlFactor`),
    collateralFactor: column("collateralFactor"),
    debtFactor: column("debtFactor", BPS),
    perpMargin: column("perpMargin"),
    liquidity: column("liquidity"),
    impact: column("impact"),
    shock: Array.from({ length: size.scenarios }, (_, s) =>
      Array.from({ length: size.assets }, (_, u) => {
        const symbol = profile.assets[u]?.asset;
        const shock = symbol === undefined ? undefined : profile.scenarios[s]?.shocks[symbol];
        return shock === undefined ? 0n : whole(shock, `${path}.scenarios[${s}].shocks.${symbol}`);
      }),
    ),
  };
}

/**
 * Checks that a profile names exactly the listed assets, in the listing's order and in every scenario. All its numbers
 * must be within bounds.
 * @throws UnknownAssetError, DuplicateAssetError, MissingFieldError, DuplicateFieldError, FormatError,
 *   OutOfRangeError, each naming the field.
 *
 * @example
 * ```ts
 * import { checkProfile } from "zkmargin/protocol";
 *
 * checkProfile(profile, market.listing); // throws an InputError that names the field
 * ```
 */
export function checkProfile(profile: RiskProfile, listing: Listing, path = "profile"): void {
  checkAssetOrder(
    profile.assets.map(({ asset }) => asset),
    listing,
    `${path}.assets`,
  );
  const names = profile.scenarios.map(({ name }) => name);
  profile.scenarios.forEach(({ name, shocks }, s) => {
    const at = `${path}.scenarios[${s}]`;
    if (names.indexOf(name) !== s)
      throw new DuplicateFieldError(`${at}.name`, "each scenario's name once", JSON.stringify(name));
    for (const symbol of Object.keys(shocks)) {
      if (slotOf(listing, symbol) === undefined)
        throw new UnknownAssetError(`${at}.shocks.${symbol}`, "a listed asset", JSON.stringify(symbol));
    }
    for (const { symbol } of listing) {
      if (!Object.hasOwn(shocks, symbol))
        throw new MissingFieldError(`${at}.shocks.${symbol}`, "a shock for every listed asset", "none");
    }
  });

  const size = { assets: listing.length, scenarios: profile.scenarios.length };
  const dense = denseRisk(profile, size, path);
  checkAtPaths(
    () => checkRiskParameters(dense, path),
    (densePath) =>
      densePath
        .replace(/\.(collateralFactor|debtFactor|perpMargin|liquidity|impact)\[(\d+)\]$/, ".assets[$2].$1")
        .replace(
          /\.shock\[(\d+)\]\[(\d+)\]$/,
          (_, s, u) => `.scenarios[${s}].shocks.${listing[Number(u)]?.symbol}`,
        ),
  );

  within(profile.maxBorrowRate, 0, BORROW_RATE_MAX, `${path}.maxBorrowRate`);
  within(profile.bookMaxAge, 1, YEAR_SECONDS, `${path}.bookMaxAge`);
  const least = leastDebtFactor(profile);
  dense.debtFactor.forEach((factor, u) => {
    if (factor < least)
      throw new OutOfRangeError(
        `${path}.assets[${u}].debtFactor`,
        `at least ${least}, to cover the interest of ${profile.bookMaxAge} s at ${profile.maxBorrowRate} bps a year`,
        String(factor),
      );
  });
}

/**
 * Restricts a profile to part of its listing: assets that are not listed are left out of assets and scenarios.
 *
 * @example
 * ```ts
 * import { restrictProfile } from "zkmargin/protocol";
 *
 * console.log(restrictProfile(profile, market.listing.slice(0, 2)).assets.length); // 2
 * ```
 */
export function restrictProfile(profile: RiskProfile, listing: Listing): RiskProfile {
  const listed = (symbol: string) => slotOf(listing, symbol) !== undefined;
  return {
    ...profile,
    assets: profile.assets.filter(({ asset }) => listed(asset)),
    scenarios: profile.scenarios.map(({ name, shocks }) => ({
      name,
      shocks: Object.fromEntries(Object.entries(shocks).filter(([asset]) => listed(asset))),
    })),
  };
}

/** Runs a check of dense data, and renames an error's path to the file's, which its reader knows. */
export function checkAtPaths(check: () => void, rename: (densePath: string) => string): void {
  try {
    check();
  } catch (error) {
    for (const Class of [OutOfRangeError, CrossedPricesError]) {
      if (error instanceof Class) throw new Class(rename(error.path), error.expected, error.got);
    }
    throw error;
  }
}

function whole(value: number | bigint, path: string): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new FormatError(path, "a whole number", String(value));
  return BigInt(value);
}

function within(value: number, low: number, high: number, path: string): void {
  if (whole(value, path) < low || value > high)
    throw new OutOfRangeError(path, `${low} to ${high}`, String(value));
}
