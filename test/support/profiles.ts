import type { Listing } from "../../src/protocol/listing.js";
import {
  BORROW_RATE_MAX,
  leastDebtFactor,
  type RiskProfile,
  YEAR_SECONDS,
} from "../../src/protocol/profile.js";
import type { Random } from "./cases.js";

const FACTOR_MAX = 32_767;

/** A valid profile anywhere within its bounds; ends, zeros and equal numbers are frequent. */
export function randomProfile(random: Random, listing: Listing): RiskProfile {
  const number = (low: number, high: number) => Number(random.spread(BigInt(low), BigInt(high)));
  // Most interests of the whole range would need a debt factor beyond its bound.
  const bookMaxAge = number(1, random.pick([86_400, YEAR_SECONDS]));
  const most = Math.min(BORROW_RATE_MAX, Math.floor((20_000 * YEAR_SECONDS) / bookMaxAge));
  const maxBorrowRate = number(0, most);
  const least = Number(leastDebtFactor({ maxBorrowRate, bookMaxAge }));
  const shockLimit = number(0, 10_000);
  const shock = () => number(0, shockLimit) * random.pick([1, -1, -1]) + 0;
  return {
    name: `random ${random.integer(0, 999)}`,
    description: "A profile for tests.",
    pnlFactor: number(0, 10_000),
    maxBorrowRate,
    bookMaxAge,
    assets: listing.map(({ symbol }) => ({
      asset: symbol,
      collateralFactor: number(0, 10_000),
      debtFactor: number(least, FACTOR_MAX),
      perpMargin: number(0, FACTOR_MAX),
      liquidity: number(0, FACTOR_MAX),
      impact: random.spread(0n, (1n << 64n) - 1n),
    })),
    scenarios: Array.from({ length: random.integer(0, 5) }, (_, s) => ({
      name: `move ${s}`,
      shocks: Object.fromEntries(listing.map(({ symbol }) => [symbol, shock() || 0])),
    })),
  };
}

/** A profile with one parameter more or less, of the asset (and for a shock the first scenario) where it has one. */
export function withParameter(profile: RiskProfile, field: string, asset: number, by: number): RiskProfile {
  if (field === "shock") {
    const [first, ...rest] = profile.scenarios;
    const symbol = profile.assets[asset]?.asset ?? "";
    if (!first) throw new RangeError("a profile without scenarios");
    const shocks = { ...first.shocks, [symbol]: (first.shocks[symbol] ?? 0) + by };
    return { ...profile, scenarios: [{ ...first, shocks }, ...rest] };
  }
  if (field in profile)
    return { ...profile, [field]: (profile as unknown as Record<string, number>)[field]! + by };
  const assets = profile.assets.map((risk, u) => {
    if (u !== asset) return risk;
    if (field === "impact") return { ...risk, impact: risk.impact + BigInt(by) };
    return { ...risk, [field]: (risk as unknown as Record<string, number>)[field]! + by };
  });
  return { ...profile, assets };
}
