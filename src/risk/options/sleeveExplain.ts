import type { MarketFile } from "../../market/file.js";
import { exp, ln } from "../statistics/elementary.js";
import { black76 } from "./black76.js";
import { type Sleeve, underlyingsOf } from "./sleeve.js";
import type { BoundedGroup } from "./sleeveNodes.js";
import { matchScenarios, type SleeveRule } from "./sleeveRules.js";
import { sleeveGroups } from "./sleeveValues.js";
import type { Surface } from "./surface.js";
import type { VolatilityMove } from "./volatilityMoves.js";

/** What one scenario does to the positions in one underlying, at the surface's own prices. Dollars. */
export interface ScenarioChange {
  readonly symbol: string;
  readonly scenario: string;
  /** The worst place: the price over the spot price, and how volatility moves. */
  readonly factor: number;
  readonly volatility: string;
  /** Change of value by position, in the sleeve's order, before a venue's haircut. */
  readonly positions: readonly { readonly name: string; readonly change: number }[];
  /** Their sum. */
  readonly change: number;
}

/** Places of a path that are looked at. */
const PLACES = 40;

/**
 * Which move of each scenario is the worst for the positions of each underlying, and what every position changes by there.
 * At the surface's prices and time: what the band adds is in the arrays. Haircuts and contingencies of a venue are left out.
 * @throws as sleeveArrays for what has no price; matchScenarios' errors for a profile without the rule's scenarios
 *
 * @example
 * ```ts
 * import { calibratedRule, explainSleeve, parseSleeve, parseSurface } from "zkmargin/risk";
 *
 * const [worst] = explainSleeve(parseSleeve(sleeveText), { surface: parseSurface(surfaceText), market, rule: calibratedRule() });
 * console.log(worst?.symbol ?? "no scenario"); // BTC
 * ```
 */
export function explainSleeve(
  sleeve: Sleeve,
  {
    surface,
    market,
    rule,
  }: { readonly surface: Surface; readonly market: MarketFile; readonly rule: SleeveRule },
): ScenarioChange[] {
  return underlyingsOf(sleeve).flatMap((symbol) => {
    const spot = surface.underlyings.get(symbol)?.spot ?? 0;
    const own = singles(sleeve, symbol).map(({ name, sleeve: one }) => ({
      name,
      groups: sleeveGroups(one, surface, symbol, rule.optionsApart),
    }));
    const matched =
      rule.scenarios === undefined ? [] : matchScenarios(rule, market.profile.scenarios, symbol);
    return market.profile.scenarios.map(({ name: scenario, shocks }, s): ScenarioChange => {
      const shock = (shocks[symbol] ?? 0) / 10_000;
      const moves =
        matched[s]?.moves ??
        (rule.onTheWay ?? []).flatMap((volatility) =>
          Array.from({ length: PLACES + 1 }, (_, i) => ({
            volatility,
            factor: 1 + (shock * i) / PLACES,
            share: 1,
          })),
        );
      let worst: ScenarioChange | undefined;
      for (const { volatility, factor, share } of moves) {
        const positions = own.map(({ name, groups }) => ({
          name,
          change:
            share *
            (valueOf(groups, spot, factor, volatility, rule.values.discounted) -
              valueOf(groups, spot, 1, null, rule.values.discounted)),
        }));
        const change = positions.reduce((sum, each) => sum + each.change, 0);
        if (worst === undefined || change < worst.change)
          worst = { symbol, scenario, factor, volatility: volatility.name, positions, change };
      }
      return worst ?? { symbol, scenario, factor: 1, volatility: "unmoved", positions: [], change: 0 };
    });
  });
}

/** Each position of one underlying as a sleeve of its own. */
function singles({ positions, payoffs }: Sleeve, symbol: string): { name: string; sleeve: Sleeve }[] {
  return [
    ...positions
      .filter(({ instrument }) => instrument.underlying === symbol)
      .map((each) => ({ name: each.instrument.name, sleeve: { positions: [each], payoffs: [] } })),
    ...payoffs
      .filter(({ underlying }) => underlying === symbol)
      .map((each) => ({ name: each.name, sleeve: { positions: [], payoffs: [each] } })),
  ];
}

function valueOf(
  groups: readonly BoundedGroup[],
  spot: number,
  factor: number,
  move: VolatilityMove | null,
  discounted: boolean,
): number {
  const price = spot * factor;
  return groups.reduce((total, { constant, slope, ratio, years, rate, inverse, legs }) => {
    const ages = Number.isFinite(years);
    const moved = ages ? move?.at(years) : undefined;
    const discount = inverse ? 1 / ratio : discounted && ages ? exp(-rate * years) : 1;
    return legs.reduce(
      (sum, { amount, strike, call, volatility }) => {
        const now = moved?.(volatility, ln(strike / (spot * ratio))) ?? volatility;
        const option = {
          forward: price * ratio,
          strike,
          years: ages ? years : 0,
          volatility: now,
          discount,
          call,
        };
        return sum + amount * black76(option);
      },
      total + constant + slope * price,
    );
  }, 0);
}
