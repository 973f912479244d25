import * as z from "zod/mini";
import { type DotChart, dotChart } from "../../charts/charts.js";
import type { DeepReadonly } from "../../encoding/shape.js";
import { FormatError, UsageError } from "../../errors.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { findPreset } from "../presets.js";
import { type EngineSummary, summarise } from "./report.js";
import { type RunsOptions, runShape, type Simulation, simulateRuns } from "./runs.js";
import { DEFAULT_VENUE, type EngineName, type ScenarioFile } from "./scenario.js";

/** A parameter that a sweep can vary, in basis points, with the values that it takes where none are given. */
interface Swept {
  readonly name: SweptName;
  readonly values: readonly number[];
  /** Which of two values that cost creditors the same is better. */
  readonly better: "low" | "high";
  readonly set: (file: ScenarioFile, value: number) => ScenarioFile;
}

/** The names of {@link SWEPT}. */
export type SweptName = "floor" | "closeFactor" | "penalty" | "premium" | "collateralFactor";

const vault =
  (name: "floor" | "closeFactor" | "penalty" | "premium") =>
  (file: ScenarioFile, value: number): ScenarioFile => ({
    ...file,
    venue: { ...file.venue, vault: { ...(file.venue.vault ?? DEFAULT_VENUE.vault), [name]: value } },
  });

/** Terms of the vault, and the factor of every asset that is collateral. A low floor sells more surely, a high factor lends more. */
export const SWEPT: readonly Swept[] = [
  {
    name: "floor",
    values: [5_000, 6_000, 7_000, 7_500, 8_000, 8_500, 9_000, 9_500],
    better: "low",
    set: vault("floor"),
  },
  {
    name: "closeFactor",
    values: [2_500, 5_000, 7_500, 10_000],
    better: "low",
    set: vault("closeFactor"),
  },
  { name: "penalty", values: [0, 250, 500, 1_000, 1_500], better: "low", set: vault("penalty") },
  { name: "premium", values: [0, 250, 500, 1_000], better: "low", set: vault("premium") },
  {
    name: "collateralFactor",
    values: [5_000, 6_000, 6_500, 7_000, 7_500, 8_000, 8_500, 9_000],
    better: "high",
    set: (file, value) => ({
      ...file,
      assets: file.assets.map((asset, u) => (u === 0 ? asset : { ...asset, collateralFactor: value })),
    }),
  },
];

/** One value of a swept parameter, and its runs. */
export interface SweepRow {
  /** Basis points. */
  readonly value: number;
  readonly summary: EngineSummary;
}

const sweptRun = z.strictObject({
  /** Of the parameter, basis points. */
  value: z.int(),
  run: runShape,
});

/** A run of a sweep, at one value of its parameter. */
export type SweptRun = DeepReadonly<z.infer<typeof sweptRun>>;

/** As keptRun, of a sweep. */
export function keptSweptRun(line: string): SweptRun | undefined {
  try {
    return sweptRun.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** A sweep, and the value that it finds best. */
export interface Sweep {
  readonly name: SweptName;
  readonly engine: EngineName;
  readonly rows: readonly SweepRow[];
  /** The best of the values: what bad debt stays below in 95 % of runs is at most a tenth of the way from the least to the most. */
  readonly answer: number;
}

/** A parameter by its name. @throws UsageError */
export function sweptBy(name: string): Swept {
  const found = SWEPT.find((swept) => swept.name === name);
  if (found === undefined)
    throw new UsageError(
      `--sweep: expected one of ${SWEPT.map((swept) => swept.name).join(", ")}, got ${JSON.stringify(name)}`,
    );
  return found;
}

/**
 * Runs a scenario for each value of one parameter, with the same seeds, and finds the one that costs creditors least.
 *
 * @example
 * ```ts
 * import { knotsOf, parseScenario, sweep } from "zkmargin/risk";
 *
 * const file = parseScenario(scenarioText);
 * const simulation = { file, knots: knotsOf(file, null), own: [] };
 * const { rows } = await sweep(simulation, "floor", { engine: "few-bidders", seeds: [1], values: [5_000, 9_000] });
 * console.log(rows.length); // 2
 * ```
 */
export async function sweep(
  simulation: Simulation,
  name: SweptName,
  {
    engine,
    values,
    done = [],
    onRun,
    ...options
  }: Pick<RunsOptions, "seeds" | "threads"> & {
    readonly engine: EngineName;
    readonly values?: readonly number[];
    /** Runs that were made before, and are not made again. */
    readonly done?: readonly SweptRun[];
    /** Called with each run as it ends, in no order. */
    readonly onRun?: (swept: SweptRun, share: number) => void | Promise<void>;
  },
): Promise<Sweep> {
  const swept = sweptBy(name);
  const all = values ?? swept.values;
  const rows: SweepRow[] = [];
  for (const [i, value] of all.entries()) {
    const runs = await simulateRuns(
      { ...simulation, file: swept.set(simulation.file, value) },
      {
        ...options,
        engines: [engine],
        done: done.filter((kept) => kept.value === value).map(({ run }) => run),
        onRun: (run, share) => onRun?.({ value, run }, (i + share) / all.length),
      },
    );
    const [summary] = summarise(runs);
    if (summary !== undefined) rows.push({ value, summary });
  }
  return { name, engine, rows, answer: answerOf(rows, swept.better) };
}

function answerOf(rows: readonly SweepRow[], better: "low" | "high"): number {
  const costs = rows.map(({ summary }) => summary.figures.badDebt.high ?? 0);
  const least = costs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = costs.reduce((a, b) => Math.max(a, b), 0);
  const close = least + (most - least) / 10;
  const good = rows.filter((_, i) => (costs[i] ?? 0) <= close).map(({ value }) => value);
  return good.reduce((a, b) => (better === "low" ? Math.min(a, b) : Math.max(a, b)), good[0] ?? 0);
}

/** The frontier as a drawing: what creditors lose, and what is sold, at each value. */
export function sweepPlot(file: ScenarioFile, { name, engine, rows, answer }: Sweep): string {
  const millions = (of: (row: SweepRow) => number | null) => rows.map((row) => (of(row) ?? 0) / 1e6);
  const chart: DotChart = {
    title: `${file.name}: ${name} with ${engine}`,
    description: `Bad debt in million dollars at each ${name}, the median and what 95 % of runs stay below. Best: ${answer / 100} %.`,
    axis: `million dollars; best: ${answer / 100} %`,
    rows: rows.map(({ value }) => `${name} ${value / 100} %`),
    series: [
      { name: "bad debt, median", values: millions(({ summary }) => summary.figures.badDebt.median) },
      { name: "bad debt, 95 %", values: millions(({ summary }) => summary.figures.badDebt.high) },
    ],
  };
  return dotChart(chart);
}

/**
 * The profile that a sweep of collateral factors finds, for `zkmargin risk propose --to`: the scenario's, with the factor of each of
 * its assets at most the answer.
 * @throws FormatError where the scenario names no profile, so that there is nothing to propose
 *
 * @example
 * ```ts
 * import { parseScenario, sweptProfile } from "zkmargin/risk";
 *
 * const file = { ...parseScenario(scenarioText), profile: "collateralised-debt" };
 * console.log(sweptProfile(file, { answer: 7_500 }).assets.find(({ asset }) => asset === "ETH")?.collateralFactor); // 7500
 * ```
 */
export function sweptProfile(file: ScenarioFile, { answer }: Pick<Sweep, "answer">): RiskProfile {
  const preset = file.profile === undefined ? undefined : findPreset(file.profile);
  if (preset === undefined)
    throw new FormatError("scenario.profile", "a shipped profile, of which the sweep makes another", "none");
  const swept = file.assets.slice(1).map(({ symbol }) => symbol);
  return {
    ...preset,
    name: `${preset.name}, swept`,
    description: `As ${preset.name}, with the collateral factors that a sweep of the scenario "${file.name}" finds.`,
    assets: preset.assets.map((asset) =>
      swept.includes(asset.asset)
        ? { ...asset, collateralFactor: Math.min(asset.collateralFactor, answer) }
        : asset,
    ),
  };
}
