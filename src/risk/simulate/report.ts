import { fanChart, waterfall } from "../../charts/fanChart.js";
import { quantile } from "../statistics/elementary.js";
import type { RunResult } from "./runs.js";
import { type EngineName, FIGURES, type FigureName, type ScenarioFile } from "./scenario.js";

/** What a figure is counted in. */
export const UNITS: Readonly<
  Record<FigureName, "dollars" | "units" | "count" | "percent" | "ratio" | "minutes" | "price">
> = {
  badDebt: "dollars",
  badDebtUnits: "units",
  liquidated: "dollars",
  repaid: "dollars",
  zeroBids: "dollars",
  failedAuctions: "count",
  auctions: "count",
  accounts: "count",
  fundUsed: "dollars",
  haircut: "dollars",
  deleveraged: "dollars",
  deleverageMinutes: "minutes",
  overshoot: "dollars",
  fall: "percent",
  amplification: "ratio",
  basis: "percent",
  minutes: "minutes",
  trigger: "price",
  coverTwo: "ratio",
};

/** A figure over several runs. Null where no run has it. */
export interface Spread {
  readonly mean: number | null;
  readonly low: number | null;
  readonly median: number | null;
  readonly high: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

/** The runs of one engine. */
export interface EngineSummary {
  readonly engine: EngineName;
  readonly runs: number;
  readonly figures: Readonly<Record<FigureName, Spread>>;
  /** Mean gain of everybody over keeping what they had, dollars; it adds up to 0 but for rounding. */
  readonly payers: Readonly<Record<string, number>>;
}

/** A public figure beside what the runs say. */
export interface Comparison {
  readonly figure: FigureName;
  readonly least: number;
  readonly most: number;
  readonly source: string;
  readonly simulated: Spread;
  /** Whether the runs' band from 5 % to 95 % and the public range meet. */
  readonly met: boolean;
}

/** Shares of the runs that a band lies between. */
const BAND = { low: 0.05, high: 0.95 } as const;

/**
 * Sums runs up by engine, in the order in which engines first occur.
 *
 * @example
 * ```ts
 * import { knotsOf, parseScenario, simulate, summarise } from "zkmargin/risk";
 *
 * const file = parseScenario(scenarioText);
 * const run = simulate({ file, knots: knotsOf(file, null), own: [] }, "attester", 1);
 * console.log(summarise([run])[0]?.runs); // 1
 * ```
 */
export function summarise(runs: readonly RunResult[]): EngineSummary[] {
  return [...new Set(runs.map(({ engine }) => engine))].map((engine) => {
    const own = runs.filter((run) => run.engine === engine);
    const names = Object.keys(own[0]?.payers ?? {});
    return {
      engine,
      runs: own.length,
      figures: Object.fromEntries(
        FIGURES.map((name) => [name, spreadOf(own.flatMap(({ figures }) => figures[name] ?? []))]),
      ) as Record<FigureName, Spread>,
      payers: Object.fromEntries(
        names.map((name) => [
          name,
          own.reduce((sum, { payers }) => sum + Number(payers[name] ?? 0) / 1e18, 0) / own.length,
        ]),
      ),
    };
  });
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0)
    return { mean: null, low: null, median: null, high: null, least: null, most: null };
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: quantile(values, BAND.low),
    median: quantile(values, 0.5),
    high: quantile(values, BAND.high),
    least: values.reduce((a, b) => Math.min(a, b)),
    most: values.reduce((a, b) => Math.max(a, b)),
  };
}

/** A scenario's public figures beside the runs of its own engine; none where that engine did not run. */
export function compared(file: ScenarioFile, summaries: readonly EngineSummary[]): Comparison[] {
  const own = summaries.find(({ engine }) => engine === file.venue.engine);
  if (own === undefined) return [];
  return (file.publicFigures ?? []).map(({ figure, source, least, most }) => {
    const simulated = own.figures[figure];
    const met =
      simulated.low !== null && simulated.high !== null && simulated.low <= most && simulated.high >= least;
    return { figure, least, most, source, simulated, met };
  });
}

/** A run as a row of CSV, with the header that {@link FIGURES} gives. */
export function runsCsv(runs: readonly RunResult[]): string {
  const payers = Object.keys(runs[0]?.payers ?? {});
  const header = ["engine", "seed", ...FIGURES, ...payers.map((name) => `gain of ${name}`)];
  const rows = runs.map(({ engine, seed, figures, payers: gains }) => [
    engine,
    seed,
    ...FIGURES.map((name) => {
      const value = figures[name];
      return value === null ? "" : Math.round(value * 1e6) / 1e6;
    }),
    ...payers.map((name) => Math.round(Number(gains[name] ?? 0) / 1e16) / 100),
  ]);
  return [header, ...rows].map((row) => `${row.join(",")}\n`).join("");
}

const MILLION = 1e6;

/** The drawings of a simulation by file name: the price, what is liquidated over time, and who pays the losses. */
export function simulationPlots(file: ScenarioFile, runs: readonly RunResult[]): Record<string, string> {
  const summaries = summarise(runs);
  const hours = file.minutes / 60;
  const asset = file.assets[1]?.symbol ?? "";
  const own = (engine: EngineName) => runs.filter((run) => run.engine === engine);
  const fan = (name: string, series: readonly (readonly number[])[]) => ({ name, ...fanOf(series) });
  const band = `5 % to 95 % of ${summaries[0]?.runs ?? 0} runs`;
  const [first] = summaries;
  const names = summaries.map(({ engine }) => engine).join(", ");
  return {
    "price.svg": fanChart({
      title: `${file.name}: the price of ${asset}`,
      description: `The price of ${asset} over ${hours} hours: without the venue, and as liquidations move it with ${first?.engine}.`,
      unit: "dollars",
      hours,
      groups: [
        fan("without the venue", first === undefined ? [] : own(first.engine).map(({ index }) => index)),
        ...(first === undefined
          ? []
          : [
              fan(
                `with it, ${first.engine}`,
                own(first.engine).map(({ price }) => price),
              ),
            ]),
      ],
      band,
      fromZero: false,
    }),
    "impact.svg": fanChart({
      title: `${file.name}: what liquidations do to the price of ${asset}`,
      description: `By how much the price of ${asset} is off the one without the venue, in percent, with ${names}.`,
      unit: "percent off the price without the venue",
      hours,
      groups: summaries.map(({ engine }) =>
        fan(
          engine,
          own(engine).map(({ price, index }) =>
            price.map((value, i) => (value / (index[i] ?? value) - 1) * 100),
          ),
        ),
      ),
      band,
      fromZero: true,
    }),
    "liquidations.svg": fanChart({
      title: `${file.name}: liquidated so far`,
      description: `Dollars of collateral and positions liquidated until each hour, with ${names}.`,
      unit: "million dollars",
      hours,
      groups: summaries.map(({ engine }) =>
        fan(
          engine,
          own(engine).map(({ liquidated }) => {
            let sum = 0;
            return liquidated.map((dollars) => {
              sum += dollars;
              return sum / MILLION;
            });
          }),
        ),
      ),
      band,
      fromZero: true,
    }),
    "losses.svg": waterfall({
      title: `${file.name}: who paid`,
      description: `Mean losses over keeping what one had, in million dollars, by engine: owners of accounts, creditors, the insurance fund and bidders, as far as they lost.`,
      axis: "million dollars lost, mean over runs",
      groups: summaries.map(({ engine, payers }) => ({
        name: engine,
        steps: Object.entries(payers)
          .filter(([name, gain]) => name in LOSERS && (gain < 0 || name === "creditors"))
          .map(([name, gain]) => ({ name: LOSERS[name] ?? name, amount: Math.max(0, -gain) / MILLION })),
      })),
    }),
  };
}

/** Those who lose, in words. */
const LOSERS: Readonly<Record<string, string>> = {
  owners: "owners of accounts",
  creditors: "creditors (bad debt)",
  fund: "insurance fund",
  bidders: "bidders",
};

function fanOf(series: readonly (readonly number[])[]) {
  const length = series[0]?.length ?? 0;
  const at = (share: number) =>
    Array.from({ length }, (_, i) =>
      quantile(
        series.map((values) => values[i] ?? 0),
        share,
      ),
    );
  return { low: at(BAND.low), middle: at(0.5), high: at(BAND.high) };
}
