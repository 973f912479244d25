import { FormatError, MissingFieldError } from "../../errors.js";
import type { Listing } from "../../protocol/listing.js";
import type { RiskProfile, Scenario } from "../../protocol/profile.js";
import { haircutOf, moveOf, type OptionRegime } from "./optionMargin.js";
import { DERIBIT_PORTFOLIO_MARGIN, DERIVE_PMRM_1, DERIVE_PMRM_2 } from "./regimes.js";
import type { RegimeMove } from "./sleeveBounds.js";
import type { RegimeValues } from "./sleeveNodes.js";
import { type SpanParameters, spanScenarios } from "./span.js";
import {
  scaledMove,
  shiftedMove,
  UNMOVED,
  type VolatilityMove,
  type VolatilityRange,
} from "./volatilityMoves.js";

/** How arrays are made under a regime: what each of its price scenarios does to the value of a sleeve. */
export interface SleeveRule {
  readonly name: string;
  readonly values: RegimeValues;
  /** Share of the notional that an option sold costs where none held covers it. */
  readonly nakedShort: number;
  /** Whether options are ruled apart from dated futures, which then count as perpetuals do. */
  readonly optionsApart: boolean;
  /** The moves of volatility, if the profile's own scenarios are taken, and every price on the way to each. */
  readonly onTheWay?: readonly VolatilityMove[];
  /** Else the regime's own price scenarios; a profile has to have all of them. */
  readonly scenarios?: readonly RuleScenario[];
}

/** All that a regime does at one effective move of the price. */
export interface RuleScenario {
  /** What a perpetual is charged with: basis points of its price, rounded away from 0. */
  readonly shock: number;
  readonly moves: readonly RegimeMove[];
  /** Moves of the basis, each expiry by itself, and what they count for by the years to expiry. */
  readonly contingency?: { readonly factors: readonly number[]; weight(years: number): number };
  /** Dollars for each option sold, whatever covers it: the gain is at most their loss. */
  readonly shortMinimum?: number;
}

/**
 * Moves of implied volatility for the profile's own scenarios: those that historicalMoves finds in the example prices until
 * 17 May 2021, rounded up to whole percent. Term structure and the charge for naked shorts are those that Deribit and Derive share.
 */
export const CALIBRATED_VOLATILITY: VolatilityRange = {
  rangeUp: 0.37,
  rangeDown: 0.27,
  leastShockedUp: 0,
  shortTermPower: 0.3,
  longTermPower: 0.13,
  leastDays: 1,
};
const CALIBRATED_NAKED_SHORT = 0.01;

/**
 * This project's own rule: the scenarios of the profile, whatever they are, each with volatility up, as it is and down, at
 * every price on the way. Conservative where the book's linear part does not gain in the scenario.
 *
 * @example
 * ```ts
 * import { calibratedRule } from "zkmargin/risk";
 *
 * console.log(calibratedRule().name); // calibrated
 * ```
 */
export function calibratedRule(range: VolatilityRange = CALIBRATED_VOLATILITY): SleeveRule {
  return {
    name:
      range === CALIBRATED_VOLATILITY
        ? "calibrated"
        : `calibrated ${bpsOf(range.rangeUp)}/${bpsOf(range.rangeDown)}`,
    values: { discounted: true },
    nakedShort: CALIBRATED_NAKED_SHORT,
    optionsApart: false,
    onTheWay: [scaledMove(range, "up"), UNMOVED, scaledMove(range, "down")],
  };
}

/**
 * The rule of a venue. Scenarios that move a perpetual by as much are one: 31 of PMRM 2 are eleven. Its maintenance factor is
 * in the shocks. Exact for one underlying, but for basis points rounded away from 0 and the band's own cost.
 *
 * @example
 * ```ts
 * import { DERIVE_PMRM_2, venueRule } from "zkmargin/risk";
 *
 * console.log(venueRule("derive-pmrm-2", DERIVE_PMRM_2).scenarios?.length); // 11
 * ```
 */
export function venueRule(name: string, regime: OptionRegime): SleeveRule {
  const factor = regime.maintenanceFactor;
  const moves = regime.scenarios.map(({ spot, volatility, dampening }) => ({
    shock: awayFromZero((spot - 1) * dampening * factor * 10_000),
    move: {
      volatility: moveOf(regime, volatility),
      factor: spot,
      share: dampening * factor,
      either: volatility === "linear" || volatility === "absolute",
    },
  }));
  const { spotUp, spotDown, addend, multiple } = regime.basis;
  const contingency = {
    factors: [spotUp, spotDown],
    weight: (years: number) => (addend + multiple * years) * factor,
  };
  const hasContingency = addend > 0 || multiple > 0;
  return {
    name,
    values: {
      discounted: regime.discounts,
      haircut: (years, rate) => haircutOf(regime, years, rate),
    },
    nakedShort: regime.maintenanceOption,
    optionsApart: true,
    scenarios: grouped(moves).map((scenario) =>
      scenario.shock === 0 && hasContingency ? { ...scenario, contingency } : scenario,
    ),
  };
}

/**
 * SPAN's sixteen scenarios as nine, by the move of the price; the short-option minimum is a scenario without a move. The name
 * has every parameter, so that an auditor finds the rule by it.
 * @param shortMinimum dollars for each option sold, counted in whole cents
 *
 * @example
 * ```ts
 * import { spanRule } from "zkmargin/risk";
 *
 * const parameters = { priceScan: 0.16, volatilityScan: 0.15, extremeMultiple: 2, extremeShare: 0.35 };
 * console.log(spanRule(parameters).scenarios?.length); // 9
 * ```
 */
export function spanRule(parameters: SpanParameters, shortMinimum = 0): SleeveRule {
  const moves = spanScenarios(parameters).map(([price, volatility, share]) => ({
    shock: awayFromZero(price * parameters.priceScan * share * 10_000),
    move: {
      volatility: volatility === 0 ? UNMOVED : shiftedMove(volatility * parameters.volatilityScan),
      factor: 1 + price * parameters.priceScan,
      share,
      either: false,
    },
  }));
  if (moves.some(({ move }) => !(move.factor > 0)))
    throw new FormatError("span", "scan ranges that leave every price above 0", "larger ones");
  const { priceScan, volatilityScan, extremeMultiple, extremeShare } = parameters;
  const least = Math.round(shortMinimum * 100);
  const usual =
    extremeMultiple === SPAN_EXTREMES.extremeMultiple && extremeShare === SPAN_EXTREMES.extremeShare;
  const numbers = [
    ...[bpsOf(priceScan), bpsOf(volatilityScan)],
    ...(usual && least === 0 ? [] : [least]),
    ...(usual ? [] : [bpsOf(extremeMultiple), bpsOf(extremeShare)]),
  ];
  return {
    name: `span ${numbers.join("/")}`,
    values: { discounted: true },
    nakedShort: 0,
    optionsApart: false,
    scenarios: grouped(moves).map((scenario) =>
      scenario.shock === 0 && least > 0 ? { ...scenario, shortMinimum: least / 100 } : scenario,
    ),
  };
}

/** The extreme moves of SPAN: two scan ranges, of whose loss 35 % counts. */
export const SPAN_EXTREMES = { extremeMultiple: 2, extremeShare: 0.35 };

const PARAMETERS = /^(calibrated|span) (\d{1,6})\/(\d{1,6})(?:\/(\d{1,9})(?:\/(\d{1,6})\/(\d{1,6}))?)?$/;

/**
 * The rule of a name that arrays have: one of {@link SLEEVE_RULES}, or one with its parameters in basis points, as
 * "calibrated 4000/2700" and "span 1600/1500". SPAN's may have a short-option minimum in cents after them, and then multiple and
 * share of the extreme moves: "span 1600/1500/2500/30000/3300".
 * @throws FormatError for another name
 *
 * @example
 * ```ts
 * import { ruleNamed } from "zkmargin/risk";
 *
 * console.log(ruleNamed("span 1600/1500").name); // span 1600/1500
 * ```
 */
export function ruleNamed(name: string, path = "rule"): SleeveRule {
  const [, kind, first, second, least, multiple, share] = PARAMETERS.exec(name) ?? [];
  const [one, other] = [Number(first) / 10_000, Number(second) / 10_000];
  if (kind === "calibrated" && least === undefined)
    return calibratedRule({ ...CALIBRATED_VOLATILITY, rangeUp: one, rangeDown: other });
  const extremes =
    multiple === undefined
      ? SPAN_EXTREMES
      : { extremeMultiple: Number(multiple) / 10_000, extremeShare: Number(share) / 10_000 };
  if (kind === "span")
    return spanRule({ priceScan: one, volatilityScan: other, ...extremes }, Number(least ?? 0) / 100);
  const rule = Object.hasOwn(SLEEVE_RULES, name) ? SLEEVE_RULES[name] : undefined;
  if (rule === undefined)
    throw new FormatError(
      path,
      `${Object.keys(SLEEVE_RULES).join(", ")}, or calibrated or span with two numbers`,
      "another rule",
    );
  return rule();
}

/**
 * A profile with a venue's scenarios in the place of its own; all else is the base profile's.
 *
 * @example
 * ```ts
 * import { DERIBIT_PORTFOLIO_MARGIN, ruleProfile, venueRule } from "zkmargin/risk";
 *
 * const rule = venueRule("deribit", DERIBIT_PORTFOLIO_MARGIN);
 * console.log(ruleProfile(rule, market.profile, market.listing).scenarios.length); // 9
 * ```
 */
export function ruleProfile(rule: SleeveRule, base: RiskProfile, listing: Listing): RiskProfile {
  const scenarios = ruleScenarios(rule, listing);
  return {
    ...base,
    name: rule.name.replace(/[^a-z0-9-]+/g, "-"),
    description: `The scenarios of ${rule.name}, with the factors of ${base.name}.`,
    scenarios,
  };
}

/** The rules that have no parameters of their own, by name. */
export const SLEEVE_RULES: Readonly<Record<string, () => SleeveRule>> = {
  calibrated: () => calibratedRule(),
  "derive-pmrm-2": () => venueRule("derive-pmrm-2", DERIVE_PMRM_2),
  "derive-pmrm-1": () => venueRule("derive-pmrm-1", DERIVE_PMRM_1),
  deribit: () => venueRule("deribit", DERIBIT_PORTFOLIO_MARGIN),
};

/**
 * The scenarios that a profile has to have for a venue's rule: one for each effective move of the underlying. Other assets
 * move alike, but those that are pegged.
 */
export function ruleScenarios(
  rule: SleeveRule,
  listing: Listing,
  pegged: readonly string[] = ["USDC"],
): Scenario[] {
  return (rule.scenarios ?? []).map(({ shock }) => ({
    name: `${rule.name} ${shock > 0 ? "+" : ""}${shock}`,
    shocks: Object.fromEntries(listing.map(({ symbol }) => [symbol, pegged.includes(symbol) ? 0 : shock])),
  }));
}

/**
 * Which of a rule's scenarios each scenario of a profile is, by the move of the underlying.
 * @throws FormatError for a scenario that the rule does not have, MissingFieldError for one that the profile does not have
 */
export function matchScenarios(
  { name, scenarios = [] }: SleeveRule,
  profile: readonly Scenario[],
  symbol: string,
  path = "market.profile.scenarios",
): RuleScenario[] {
  const matched = profile.map(({ shocks }, s) => {
    const found = scenarios.find(({ shock }) => shock === shocks[symbol]);
    if (found === undefined)
      throw new FormatError(
        `${path}[${s}].shocks.${symbol}`,
        `a move of ${name}: ${scenarios.map(({ shock }) => shock).join(", ")}`,
        String(shocks[symbol] ?? "none"),
      );
    return found;
  });
  const missing = scenarios.find((scenario) => !matched.includes(scenario));
  if (missing !== undefined)
    throw new MissingFieldError(
      path,
      `a scenario that moves ${symbol} by ${missing.shock} bps, as ${name} has`,
      "none",
    );
  return matched;
}

function grouped(
  moves: readonly { readonly shock: number; readonly move: RegimeMove }[],
): { readonly shock: number; readonly moves: readonly RegimeMove[] }[] {
  const shocks = [...new Set(moves.map(({ shock }) => shock))].sort((a, b) => a - b);
  return shocks.map((shock) => ({
    shock,
    moves: moves.filter((each) => each.shock === shock).map(({ move }) => move),
  }));
}

const bpsOf = (share: number): number => Math.round(share * 10_000);

/** Whole basis points; what doubles have rounded off does not count. */
function awayFromZero(bps: number): number {
  const size = Math.ceil(Math.abs(bps) - 1e-6);
  return size === 0 ? 0 : bps < 0 ? -size : size;
}
