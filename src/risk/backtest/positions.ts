import { columnOf, type DailyPrices } from "../../market/history.js";
import { BPS, USD_DECIMALS } from "../../protocol/bounds.js";
import type { ListedAsset, Listing } from "../../protocol/listing.js";
import { denseRisk, type RiskProfile, restrictProfile } from "../../protocol/profile.js";
import { SCALE } from "../../protocol/statement.js";
import type { Book, RiskParameters } from "../../protocol/types.js";
import { type CashFactors, marginOf, marketAt } from "../margin.js";
import { type BookRecipe, CASH, type Leg, WEIGHT_UNIT } from "./books.js";
import type { KnownPrices, Regime } from "./regimes.js";

/** A book's positions between two calibrations, and the parameters of what it holds in every regime. */
export interface Prepared {
  readonly recipe: BookRecipe;
  readonly assets: readonly { readonly asset: ListedAsset; readonly column: number }[];
  /** Null in a regime that does not hold it. */
  readonly inRegime: readonly ({ readonly legs: readonly Leg[]; readonly risk: RiskParameters } | null)[];
}

/** How dollars count in a profile; in full where it does not list them. */
export function cashFactors(profile: RiskProfile, dollar: string = CASH): CashFactors {
  const cash = profile.assets.find(({ asset }) => asset === dollar);
  return {
    collateralFactor: BigInt(cash?.collateralFactor ?? BPS),
    debtFactor: BigInt(cash?.debtFactor ?? BPS),
  };
}

/** The parameters of what the book holds alone: what it does not hold adds nothing to any figure. */
export function prepare(
  recipe: BookRecipe,
  known: Pick<KnownPrices, "listing" | "prices">,
  assets: readonly string[],
  regimes: readonly Regime[],
  profiles: readonly RiskProfile[],
): Prepared[] {
  const { listing, prices } = known;
  const universe = listing.map(({ symbol }) => symbol);
  const all = profiles.map((profile) => recipe.legs(universe, { profile, prices }));
  if (all.every((legs) => legs === null)) return [];
  const held = listing.filter(({ symbol }) =>
    all.some((legs) => legs?.some(({ asset }) => asset === symbol)),
  );
  return [
    {
      recipe,
      assets: held.map((asset) => ({ asset, column: columnOf(assets, asset.symbol) })),
      inRegime: profiles.map((profile, r) => {
        const legs = all[r] ?? null;
        if (legs === null) return null;
        return {
          legs: regimes[r]?.perpetuals ? legs : legs.map((leg) => asCoins(leg, legs)),
          risk: denseRisk(restrictProfile(profile, held), {
            assets: held.length,
            scenarios: profile.scenarios.length,
          }),
        };
      }),
    },
  ];
}

/** A perpetual as coins held or owed, but beside coins of the same asset, which it would merely cancel. */
function asCoins(leg: Leg, legs: readonly Leg[]): Leg {
  const beside = legs.some(({ asset, kind }) => asset === leg.asset && kind === "spot");
  return beside ? leg : { ...leg, kind: "spot" };
}

/** Closes of what a book holds, attodollars per quantum, floored; null where one is missing. */
export function closesOf(prices: DailyPrices, row: number, { assets }: Prepared): bigint[] | null {
  const closes = assets.map(({ asset, column }) => {
    const close = prices.days[row]?.closes[column] ?? null;
    return close === null ? 0n : close / 10n ** BigInt(asset.decimals);
  });
  return closes.includes(0n) ? null : closes;
}

/** The book at these prices: perpetuals are entered at them. Sizes are cut to whole quanta. */
export function compose({ recipe, assets }: Prepared, legs: readonly Leg[], prices: readonly bigint[]): Book {
  const size = recipe.gross * 10n ** BigInt(USD_DECIMALS);
  const quantities = (kind: Leg["kind"]) =>
    assets.map(({ asset }, u) => {
      const weight = legs
        .filter((leg) => leg.asset === asset.symbol && leg.kind === kind)
        .reduce((sum, leg) => sum + BigInt(leg.weight), 0n);
      return (size * weight) / (BigInt(WEIGHT_UNIT) * (prices[u] ?? 1n));
    });
  const perp = quantities("perp");
  return {
    spot: quantities("spot"),
    perp,
    basis: -perp.reduce((sum, quantity, u) => sum + quantity * (prices[u] ?? 0n), 0n),
  };
}

/** The margin that one position needs alone. */
export function marginApart(
  book: Prepared,
  leg: Leg,
  risk: RiskParameters,
  prices: readonly bigint[],
  cash: CashFactors,
): bigint {
  return marginOf(compose(book, [leg], prices), marketAt(risk, prices), cash);
}

/** What the book loses from one price to the next, attodollars × SCALE; negative is a gain. */
export function lossOf({ spot, perp }: Book, now: readonly bigint[], next: readonly bigint[]): bigint {
  return (
    SCALE *
    now.reduce((sum, price, u) => sum + ((spot[u] ?? 0n) + (perp[u] ?? 0n)) * (price - (next[u] ?? 0n)), 0n)
  );
}
