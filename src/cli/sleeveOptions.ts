import { type Command, Option } from "commander";
import type { SleeveBand } from "../book/sleeveFile.js";
import { UsageError } from "../errors.js";
import {
  CALIBRATED_VOLATILITY,
  calibratedRule,
  SLEEVE_RULES,
  type SleeveRule,
  SPAN_EXTREMES,
  spanRule,
} from "../risk/options/sleeveRules.js";
import { cents, wholeNumber } from "./arguments.js";

/** Hours for which arrays hold where nothing else is asked, or until the first settlement window. */
export const DEFAULT_HOURS = 8;

/** SPAN's short-option minimum. */
export const SHORT_MINIMUM = "--short-minimum <dollars>";

/** Dollars of that option; 0 without it. @throws UsageError for less */
export function shortMinimumOf({ shortMinimum = 0n }: { readonly shortMinimum?: bigint }): number {
  if (shortMinimum < 0n) throw new UsageError("--short-minimum: expected dollars from 0, got less");
  return Number(shortMinimum) / 100;
}

/** Adds the options that name a rule. */
export function ruleOptions(command: Command, byDefault: string): Command {
  return command
    .addOption(
      new Option("--rule <name>", "whose rule")
        .choices([...Object.keys(SLEEVE_RULES), "span"])
        .default(byDefault),
    )
    .option("--scan <bps>", "with span: price scan range, basis points of the forward", wholeNumber, 1600)
    .option("--volatility-scan <bps>", "with span: volatility scan range, basis points", wholeNumber, 1500)
    .option(SHORT_MINIMUM, "with span: least margin of each option sold", cents)
    .option(
      "--volatility-up <bps>",
      "with calibrated: rise of a 30-day volatility; 3700 by default",
      wholeNumber,
    )
    .option("--volatility-down <bps>", "with calibrated: its fall; 2700 by default", wholeNumber);
}

/** A rule, and its parameters in basis points. */
export interface RuleOptions {
  readonly rule: string;
  readonly scan: number;
  readonly volatilityScan: number;
  /** Cents. */
  readonly shortMinimum?: bigint;
  readonly volatilityUp?: number;
  readonly volatilityDown?: number;
}

/** The rule that the options name. */
export function ruleOf({
  rule,
  scan,
  volatilityScan,
  volatilityUp,
  volatilityDown,
  ...rest
}: RuleOptions): SleeveRule {
  if (rule === "span") {
    const parameters = {
      priceScan: scan / 10_000,
      volatilityScan: volatilityScan / 10_000,
      ...SPAN_EXTREMES,
    };
    return spanRule(parameters, shortMinimumOf(rest));
  }
  if (rule === "calibrated" && (volatilityUp !== undefined || volatilityDown !== undefined))
    return calibratedRule({
      ...CALIBRATED_VOLATILITY,
      ...(volatilityUp === undefined ? {} : { rangeUp: volatilityUp / 10_000 }),
      ...(volatilityDown === undefined ? {} : { rangeDown: volatilityDown / 10_000 }),
    });
  return (SLEEVE_RULES[rule] ?? calibratedRule)();
}

/** Adds the moves that arrays hold through. */
export function bandOptions(command: Command): Command {
  return command
    .option("--band <bps>", "move of every price beyond the market's low and high", wholeNumber, 100)
    .option("--volatility-band <bps>", "move of all volatilities alike, as a share of each", wholeNumber, 0)
    .option("--smile-band <bps>", "move of each volatility by itself, beside that", wholeNumber, 0)
    .option("--basis-band <bps>", "move of each forward against the spot price", wholeNumber, 0);
}

/** Moves, basis points. */
export interface BandOptions {
  readonly band: number;
  readonly volatilityBand: number;
  readonly smileBand: number;
  readonly basisBand: number;
}

/** The moves that the options name. */
export function movesOf(options: BandOptions): Omit<SleeveBand, "until" | "fundingWeight"> {
  return {
    price: options.band,
    volatility: options.volatilityBand,
    smile: options.smileBand,
    basis: options.basisBand,
  };
}
