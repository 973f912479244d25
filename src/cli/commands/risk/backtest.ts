import { Command } from "commander";
import { UsageError } from "../../../errors.js";
import { parseHistory } from "../../../market/history.js";
import { DEFAULT_LISTING } from "../../../protocol/listing.js";
import { type Backtest, backtest } from "../../../risk/backtest/backtest.js";
import { type BookRecipe, backtestBooks, DEFAULT_SEED } from "../../../risk/backtest/books.js";
import { calibratedRegime, fixedRegime } from "../../../risk/backtest/regimes.js";
import { DEFAULT_CALIBRATION } from "../../../risk/calibration/options.js";
import { CALIBRATED } from "../../../risk/generated/calibrated.js";
import { DEPTHS } from "../../../risk/impact.js";
import { backtestPlots } from "../../../risk/plot/backtestPlots.js";
import { findPreset, PRESETS } from "../../../risk/presets.js";
import { wholeNumber } from "../../arguments.js";
import { dollars, json } from "../../format.js";
import { type Io, readInput, saveAll } from "../../io.js";
import { chosenProfile, shippedHistory } from "../../markets.js";
import { phasesOn, progressOn } from "../../progress.js";
import { backtestJson } from "./backtest/json.js";
import { backtestText } from "./backtest/text.js";
import { acceptJumpOption, confidenceOption, halfLifeOption } from "./calibrationOptions.js";

/** Name of the regime that is calibrated as the walk goes on. */
const RECALIBRATED = "recalibrated";
/** The fixed profiles of the comparison: all shipped ones but the calibrated, which has seen most of the history. */
const COMPARED = PRESETS.filter((preset) => preset !== CALIBRATED);
/** Days from one calibration to the next, by default. */
const WEEK = 7;
/** The step whose progress is shown. */
const LABEL = "walking forward";

/** `zkmargin risk backtest`: would the margin have held? */
export function backtestCommand(io: Io): Command {
  return new Command("backtest")
    .description("Walk forward over price history and test margins against the next day's losses.")
    .option("--history <csv>", "daily closes; the shipped history by default")
    .option("--from <yyyy-mm-dd>", "first day on which a margin is set; as soon as there is history enough")
    .option("--to <yyyy-mm-dd>", "last day on which a margin is set; the last but one of the history")
    .option("--every <days>", "days from one calibration to the next", wholeNumber, WEEK)
    .addOption(confidenceOption())
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .option(
      "--profile <name|file>",
      `a fixed profile to compare with, once or more; ${COMPARED.map(({ name }) => name).join(", ")} by default`,
      eachOf,
    )
    .option("--book <name>", "test this book only, once or more", eachOf)
    .option("--seed <n>", "of the random books", wholeNumber, DEFAULT_SEED)
    .option(
      "--out <folder>",
      "write drawings (SVG), backtest.json and every tested day (days.csv) into this folder",
    )
    .option("--json", "print JSON: amounts in 10^-26 dollars, shares in basis points")
    .addHelpText(
      "after",
      `
On each day the margin is set from closes until then, and set against the loss to the next close. "${RECALIBRATED}" is
recalibrated as time goes on; the other profiles stay as they are. Every book has the same size each day. A day without
prices is not tested, and counted. Exit code 3 names a price that stands still, or jumps as after a redenomination or by a bad print.

Examples:
  $ zkmargin risk backtest --out backtest
  $ zkmargin risk backtest --from 2021-04-01 --every 30 --book long-btc --book eth-vs-btc
  $ zkmargin risk backtest --confidence 9950 --profile portfolio-margin --json`,
    )
    .action(async (options) => {
      const { from, to, every, confidence, seed } = options;
      const prices = parseHistory(await readInput(io, options.history ?? shippedHistory(), "prices"));
      const fixed = [];
      for (const name of options.profile ?? COMPARED.map((preset) => preset.name))
        fixed.push(fixedRegime(await chosenProfile(io, name), findPreset(name) ? DEPTHS : []));
      const step = progressOn(io);
      step({ label: LABEL });
      const result = backtest({
        prices,
        listing: DEFAULT_LISTING.filter(({ symbol }) => prices.assets.includes(symbol)),
        regimes: [
          calibratedRegime(RECALIBRATED, { ...DEFAULT_CALIBRATION, confidence, halfLife: options.halfLife }),
          ...fixed,
        ],
        books: chosenBooks(options.book, seed),
        every,
        minimumReturns: DEFAULT_CALIBRATION.minimumReturns,
        confidence,
        acceptJumps: options.acceptJump ?? [],
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        onProgress: (fraction) => {
          if (io.interactive) step({ label: LABEL, fraction });
        },
      });
      phasesOn(io)(LABEL, "end");
      const report = { result, every, seed, history: prices.sha256 };
      const forPrograms = json(backtestJson(report));
      const lines = [options.json ? forPrograms : backtestText(report)];
      if (options.out !== undefined) {
        const files = {
          ...backtestPlots(result),
          "backtest.json": forPrograms,
          "days.csv": daysCsv(result),
        };
        await saveAll(io, options.out, files, "prices");
        if (!options.json) lines.push(`\nWrote ${Object.keys(files).length} files into ${options.out}\n`);
      }
      io.out(lines.join(""));
    });
}

/** An option that may be given once or more, for commander. */
function eachOf(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function chosenBooks(names: readonly string[] | undefined, seed: number): BookRecipe[] {
  const books = backtestBooks(seed);
  const known = books.map(({ name }) => name);
  for (const name of names ?? []) {
    if (!known.includes(name))
      throw new UsageError(`--book: expected one of ${known.join(", ")}, got ${JSON.stringify(name)}`);
  }
  return books.filter(({ name }) => names === undefined || names.includes(name));
}

/** Every tested day of a backtest as CSV; amounts in dollars and cents, rounded to the nearest. */
export function daysCsv({ outcomes }: Backtest): string {
  const rows = outcomes.flatMap(({ regime, book, walked }) =>
    walked.days.map(({ date, lossDate, margin, loss }) =>
      [date, lossDate, regime, book.name, plain(margin), plain(loss)].join(","),
    ),
  );
  return ["set on,loss on,regime,book,margin,loss", ...rows].map((row) => `${row}\n`).join("");
}

/** As people write dollars, but for programs: "−$1,234.50" is "-1234.50". */
function plain(amount: bigint): string {
  return dollars(amount).replace(/[$,]/g, "").replace("−", "-");
}
