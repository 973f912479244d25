import { appendFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { denseBook } from "../../book/opening.js";
import { parseInteger, percentInBps } from "../../encoding/decimal.js";
import { cell, parseCsv } from "../../encoding/sheet.js";
import { canonicalJson, sha256OfText } from "../../encoding/strictJson.js";
import { FormatError, OutOfRangeError, UnreadableError, UsageError } from "../../errors.js";
import { packageRoot } from "../../groth16/artefacts/layout.js";
import { dailyTable, dateOf, type PriceTable, parsePriceTable, rowOf } from "../../market/history.js";
import { serialiseProfile } from "../../market/profile.js";
import { DEFAULT_ASSETS } from "../../protocol/listingFile.js";
import { listingOf } from "../../risk/simulate/population.js";
import { type Closes, knotsOf } from "../../risk/simulate/prices.js";
import { runsCsv, simulationPlots, summarise } from "../../risk/simulate/report.js";
import { keptRun, type RunResult, type Simulation, simulateRuns } from "../../risk/simulate/runs.js";
import {
  COMPARED,
  ENGINES,
  type EngineName,
  parseScenario,
  type ScenarioFile,
} from "../../risk/simulate/scenario.js";
import {
  keptSweptRun,
  SWEPT,
  type SweptRun,
  sweep,
  sweepPlot,
  sweptBy,
  sweptProfile,
} from "../../risk/simulate/sweep.js";
import { type PriceOptions, wholeNumber, withPrices } from "../arguments.js";
import { readBookFile, readDailyHistory } from "../files.js";
import { json } from "../format.js";
import { checkOutput, type Io, makeFolder, readInput, readKept, saveAll, shareOn } from "../io.js";
import { summaryJson, summaryText, sweepText } from "./riskSimulateReport.js";

/** Runs of each engine where nothing is said. */
const DEFAULT_RUNS = 20;
const MOST_RUNS = 100_000;
/** Seeds that differ. */
const SEEDS = 2 ** 32;
/** All engines that a comparison has. */
const ALL = "all";

interface SimulateOptions extends PriceOptions {
  readonly engine?: readonly string[];
  readonly runs: number;
  readonly seed: number;
  readonly book?: readonly string[];
  readonly sweep?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `zkmargin risk simulate`: what liquidations do to prices, and who pays. */
export function simulateCommand(io: Io): Command {
  const command = new Command("simulate").description(
    "Simulate a venue in a falling market, minute by minute: liquidations, what they do to prices, and who pays.",
  );
  return withPrices(command, "the shipped history of the path")
    .argument("<scenario>", "scenario file, zkmargin/simulation@1")
    .option(
      "--engine <name>",
      `how accounts are liquidated, once or more: ${ENGINES.join(", ")}; ${ALL} for the first five; the scenario's by default`,
      eachOf,
    )
    .option("--runs <n>", "runs of each engine, with consecutive seeds", wholeNumber, DEFAULT_RUNS)
    .option("--seed <n>", "the first seed", wholeNumber, 1)
    .option("--book <book>", "a book of your own, opened beside the drawn accounts, once or more", eachOf)
    .option(
      "--sweep <what>",
      `run each value of a parameter instead, and find the best: ${SWEPT.map(({ name }) => name).join(", ")}, with values of your own as floor=50%,80%`,
    )
    .option("--threads <n>", "runs at a time; as many as there are cores by default", wholeNumber)
    .option(
      "--out <folder>",
      "write drawings (SVG), simulation.json and runs.csv into this folder, and keep each run in runs.ndjson or sweep.ndjson: a command that was killed goes on from there",
    )
    .option("--json", "print JSON: amounts in dollars, falls in percent")
    .addHelpText(
      "after",
      `
The venue has the rules of the contracts: rounds of the ledger, proofs that lapse, grace, calls, auctions, relief, insurance. The
scenario says everything else: accounts, prices, depth of the market, bidders. The same seed gives the same run.

  attester     an attester proves each breach at once, and auctions sell the collateral
  grace        nobody proves a breach; grace has to end first
  few-bidders  as attester, with two bidders who are there one minute in ten
  amm          as attester, and auctions are taken by flash swaps alone
  adl          the venue takes accounts over; its fund pays, then auto-deleveraging
  english      rising bids, as Maker had them in 2020
  fixed        a sale at the oracle's price with a bonus, as Aave v2 had it

A sweep takes one engine, few-bidders unless --engine names another. Of collateralFactor it writes profile.json as well, which
zkmargin risk propose takes with --to, if the scenario names a shipped profile.

A scenario may state public figures. The command shows them beside the simulated ones, met or missed. With your own books the
output is as private as they are.

Examples:
  $ zkmargin risk simulate examples/simulations/crash.json
  $ zkmargin risk simulate examples/simulations/crash.json --engine all --runs 50 --out crash
  $ zkmargin risk simulate examples/simulations/crash.json --sweep floor
  $ zkmargin risk simulate examples/simulations/maker-2020-03-12.json`,
    )
    .action(async (path: string, options: SimulateOptions) => {
      const { runs, seed, threads } = options;
      if (runs < 1 || runs > MOST_RUNS)
        throw new OutOfRangeError("--runs", `1 to ${MOST_RUNS}`, String(runs));
      if (seed > SEEDS - runs)
        throw new OutOfRangeError("--seed", `0 to ${SEEDS - runs} with ${runs} runs`, String(seed));
      const file = parseScenario(await readInput(io, path, "simulation"));
      const engines = chosenEngines(options.engine, file);
      const closes = await closesOf(io, file, path, options);
      const own = [];
      for (const name of options.book ?? []) {
        const listing = listingOf(file);
        own.push(denseBook(await readBookFile(io, name, listing), listing, listing.length));
      }
      const simulation: Simulation = { file, knots: knotsOf(file, closes), own };
      const seeds = Array.from({ length: runs }, (_, i) => seed + i);
      if (options.sweep !== undefined) return sweepParameter(io, simulation, seeds, options);
      const kept = options.out === undefined ? null : await keptLines(io, options.out, RUNS, simulation);
      const share = shareOn(io, "simulating");
      const results = await simulateRuns(simulation, {
        engines,
        seeds,
        ...(kept && { done: kept.done }),
        ...(threads !== undefined && threads > 0 && { threads }),
        onRun: async (run, done) => {
          share.at(done);
          await kept?.keep(run);
        },
      });
      share.end();
      const summaries = summarise(results);
      const forPrograms = json(summaryJson(file, summaries, { seed, runs }));
      const lines = [options.json ? forPrograms : summaryText(file, summaries, { seed, runs })];
      if (options.out !== undefined) {
        const files = {
          ...simulationPlots(file, results),
          "simulation.json": forPrograms,
          "runs.csv": runsCsv(results),
        };
        await saveAll(io, options.out, files, own.length > 0 ? "report" : "prices");
        if (!options.json) lines.push(`\nWrote ${Object.keys(files).length} files into ${options.out}\n`);
      }
      io.out(lines.join(""));
    });
}

/** Runs a sweep, and prints its frontier. */
async function sweepParameter(
  io: Io,
  simulation: Simulation,
  seeds: readonly number[],
  { sweep: given = "", engine, threads, out, json: asJson }: SimulateOptions,
): Promise<void> {
  const [name = "", values] = given.split("=");
  const swept = sweptBy(name);
  const engines = engine === undefined ? ["few-bidders" as const] : chosenEngines(engine, simulation.file);
  const [chosen] = engines;
  if (chosen === undefined || engines.length !== 1)
    throw new UsageError(`--sweep: expected one engine, got ${engines.length}; name one with --engine`);
  const kept =
    out === undefined
      ? null
      : await keptLines(io, out, SWEPT_RUNS, simulation, `${swept.name} with ${chosen}`);
  const share = shareOn(io, "sweeping");
  const result = await sweep(simulation, swept.name, {
    engine: chosen,
    seeds,
    ...(values !== undefined && { values: values.split(",").map(percentOf) }),
    ...(threads !== undefined && threads > 0 && { threads }),
    ...(kept && { done: kept.done }),
    onRun: async (run, done) => {
      share.at(done);
      await kept?.keep(run);
    },
  });
  share.end();
  const forPrograms = json({
    ...result,
    rows: result.rows.map(({ value, summary }) => ({ value, figures: summary.figures })),
  });
  const lines = [asJson ? forPrograms : sweepText(result)];
  if (out !== undefined) {
    const files = {
      "sweep.svg": sweepPlot(simulation.file, result),
      "sweep.json": forPrograms,
      ...(swept.name === "collateralFactor" &&
        simulation.file.profile !== undefined && {
          "profile.json": serialiseProfile(sweptProfile(simulation.file, result)),
        }),
    };
    await saveAll(io, out, files, simulation.own.length > 0 ? "report" : "prices");
    if (!asJson) lines.push(`\nWrote ${Object.keys(files).join(", ")} into ${out}\n`);
  }
  io.out(lines.join(""));
}

function percentOf(text: string): number {
  const bps = percentInBps(text);
  if (bps === undefined || bps < 0 || bps > 10_000)
    throw new UsageError("--sweep: expected values such as floor=50%,82.5%, got other text");
  return bps;
}

function eachOf(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function chosenEngines(names: readonly string[] | undefined, { venue }: ScenarioFile): EngineName[] {
  if (names === undefined) return [venue.engine];
  const chosen = names.flatMap((name): EngineName[] => {
    if (name === ALL) return [...COMPARED];
    const found = ENGINES.find((engine) => engine === name);
    if (found === undefined)
      throw new UsageError(
        `--engine: expected one of ${[...ENGINES, ALL].join(", ")}, got ${JSON.stringify(name)}`,
      );
    return [found];
  });
  return [...new Set(chosen)];
}

/** The closes that a scenario's path names, at minutes from its start. */
async function closesOf(
  io: Io,
  { path, minutes, assets }: ScenarioFile,
  scenarioPath: string,
  options: SimulateOptions,
): Promise<Closes | null> {
  if (path.kind === "day") {
    const { history } = await readDailyHistory(io, options, DEFAULT_ASSETS, {
      "scenario.path.date": path.date,
    });
    const row = rowOf(history, path.date, "scenario.path.date");
    if (row === 0)
      throw new OutOfRangeError("scenario.path.date", `a day after ${dateOf(history, 0)}`, path.date);
    return rowsFrom(dailyTable(history), row - 1, 24 * 60);
  }
  if (path.kind === "hours") {
    const text =
      options.history?.[0] ??
      options.prices?.[0] ??
      join(packageRoot(), "examples", "prices", "hourly-close.csv");
    const prices = parsePriceTable(await readInput(io, text, "prices"));
    const row = prices.times.indexOf(path.from);
    if (row === -1)
      throw new OutOfRangeError(
        "scenario.path.from",
        `an hour from ${prices.times[0]} to ${prices.times.at(-1)}`,
        path.from,
      );
    return rowsFrom(prices, row, 60);
  }
  if (path.kind !== "file") return null;
  const name = join(dirname(scenarioPath), path.file);
  const { header, rows } = parseCsv(await readInput(io, name, "prices"), "prices");
  if (header[0] !== "minute")
    throw new FormatError("prices.line1", 'a first column named "minute"', "another");
  const symbols = header.slice(1);
  const missing = assets.slice(1).find(({ symbol }) => !symbols.includes(symbol));
  if (missing !== undefined) throw new FormatError("prices.line1", `a column for ${missing.symbol}`, "none");
  const closes = {
    assets: symbols,
    minutes: rows.map((row) => Number(parseInteger(cell(row, 0), `${row.path}.minute`))),
    prices: rows.map((row) => symbols.map((_, i) => priceOf(cell(row, i + 1), `${row.path}.${symbols[i]}`))),
  };
  if (
    closes.minutes[0] !== 0 ||
    closes.minutes.some((minute, i) => i > 0 && minute <= (closes.minutes[i - 1] ?? 0))
  )
    throw new FormatError("prices.minute", `rising minutes from 0 to ${minutes} or later`, "others");
  return closes;
}

function priceOf(text: string, path: string): number | null {
  if (text === "") return null;
  if (!/^\d{1,12}(\.\d{1,18})?$/.test(text) || !(Number(text) > 0))
    throw new FormatError(path, "a price above 0", "other text");
  return Number(text);
}

/** Rows of a table from one on, `step` minutes apart; a row that is missing leaves a gap. */
function rowsFrom({ assets, times, closes }: PriceTable, first: number, step: number): Closes {
  const at = (time: string) => Date.parse(time.length === 10 ? `${time}T00:00Z` : time) / 60_000;
  const start = at(times[first] ?? "");
  const rows = times.flatMap((time, i) => (i >= first && (at(time) - start) % step === 0 ? [i] : []));
  return {
    assets,
    minutes: rows.map((i) => at(times[i] ?? "") - start),
    prices: rows.map((i) => closes[i] ?? []),
  };
}

/** What is kept of a command, so that one that was killed goes on from there. */
interface KeptFile<Line> {
  readonly name: string;
  readonly format: string;
  readonly read: (line: string) => Line | undefined;
}

const RUNS: KeptFile<RunResult> = {
  name: "runs.ndjson",
  format: "zkmargin/simulation-runs@1",
  read: keptRun,
};
const SWEPT_RUNS: KeptFile<SweptRun> = {
  name: "sweep.ndjson",
  format: "zkmargin/simulation-sweep@1",
  read: keptSweptRun,
};

/** What an earlier command kept of the same scenario, one JSON value a line, and how more is kept. */
async function keptLines<Line>(
  io: Io,
  folder: string,
  { name, format, read }: KeptFile<Line>,
  simulation: Simulation,
  sweep?: string,
) {
  await makeFolder(folder);
  const path = join(folder, name);
  await checkOutput(path);
  const plain = JSON.stringify(simulation, (_, value) =>
    typeof value === "bigint" ? value.toString() : value instanceof Map ? Object.fromEntries(value) : value,
  );
  const digest = sha256OfText(canonicalJson(plain));
  const head = `${JSON.stringify({ format, digest, ...(sweep !== undefined && { sweep }) })}\n`;
  let text = "";
  try {
    text = await readKept(io, path, "runs");
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
  }
  if (text !== "" && !text.startsWith(head))
    throw new FormatError(
      path,
      `runs of this ${sweep === undefined ? "scenario" : "sweep"}, these prices and these books`,
      "runs of others; name another folder",
    );
  if (text === "") await appendFile(path, head, { mode: simulation.own.length > 0 ? 0o600 : 0o644 });
  // What a kill has cut off is made again; a new line keeps it from what follows.
  else if (!text.endsWith("\n")) await appendFile(path, "\n");
  const done = text
    .split("\n")
    .slice(1)
    .flatMap((line) => read(line) ?? []);
  return {
    done,
    keep: (line: Line) =>
      appendFile(
        path,
        `${JSON.stringify(line)}
`,
      ),
  };
}
