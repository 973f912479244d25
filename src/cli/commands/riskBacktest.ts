import { Command } from "commander";
import { UsageError } from "../../errors.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import { adversaries } from "../../risk/backtest/adversary.js";
import { backtest } from "../../risk/backtest/backtest.js";
import { type BookRecipe, backtestBooks, DEFAULT_SEED, listedBooks } from "../../risk/backtest/books.js";
import { backtestPlots } from "../../risk/backtest/plots.js";
import { calibratedRegime, fixedRegime } from "../../risk/backtest/regimes.js";
import { DEFAULT_CALIBRATION, listingTerms } from "../../risk/calibration/options.js";
import { CALIBRATED } from "../../risk/generated/calibrated.js";
import { DEPTHS } from "../../risk/impact.js";
import { DEFAULT_MACRO, parseMacro } from "../../risk/macro.js";
import { findPreset, PRESETS } from "../../risk/presets.js";
import { openSolver } from "../../risk/statistics/linearProgramme.js";
import {
  acceptJumpOption,
  confidenceOption,
  halfLifeOption,
  macroOption,
  methodOf,
  wholeNumber,
  withListing,
  withMethod,
  withPrices,
} from "../arguments.js";
import {
  chosenProfile,
  priceNotes,
  readDailyHistory,
  readListingFile,
  SHIPPED_WORDS,
  statedNotes,
  statedPrices,
} from "../files.js";
import { json } from "../format.js";
import { type Io, phasesOn, progressOn, readInput, saveAll } from "../io.js";
import { backtestJson, backtestText, daysCsv } from "./riskBacktestReport.js";

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
  const command = new Command("backtest").description(
    "Walk forward over price history and test margins against the next day's losses.",
  );
  return withMethod(withListing(withPrices(command, SHIPPED_WORDS)))
    .option("--from <yyyy-mm-dd>", "first day on which a margin is set; as soon as there is history enough")
    .option("--to <yyyy-mm-dd>", "last day on which a margin is set; the last but one of the history")
    .option("--every <days>", "days from one calibration to the next", wholeNumber, WEEK)
    .addOption(confidenceOption())
    .option("--horizon <days>", "days from a margin to its loss, and of the calibration", wholeNumber, 1)
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .addOption(macroOption())
    .option(
      "--profile <name|file>",
      `a fixed profile to compare with, once or more; ${COMPARED.map(({ name }) => name).join(", ")} by default, and none with --listing`,
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
The command sets each day's margin from the closes until then, and compares it with the loss to the next close, or over the horizon. It recalibrates
"${RECALIBRATED}" as it walks; the other profiles stay fixed. Two books are an adversary's: at each calibration a linear programme
finds, on past days alone, the book with the most risk for its margin. Every book has the same size each day. The command counts days
without prices as untested. It tests the listed assets of the history; with --listing it makes its books of them. If a price stands still, or jumps as after a redenomination, it names it and exits with code 3.

Examples:
  $ zkmargin risk backtest --out backtest
  $ zkmargin risk backtest --from 2021-04-01 --every 30 --book long-btc --book eth-vs-btc
  $ zkmargin risk backtest --confidence 9950 --profile portfolio-margin --json
  $ zkmargin risk backtest --listing listing.json --history closes.csv`,
    )
    .action(async (options) => {
      const { from, to, every, confidence, seed } = options;
      const own = options.listing !== undefined;
      const assets = await readListingFile(io, options.listing);
      const { history: prices, report: read } = await readDailyHistory(io, options, assets, [from, to]);
      const listing = assets.filter(({ symbol }) => prices.assets.includes(symbol));
      const pegged = peggedAssets(listing);
      const fixed = [];
      for (const name of options.profile ?? (own ? [] : COMPARED.map((preset) => preset.name)))
        fixed.push(fixedRegime(await chosenProfile(io, name, assets), findPreset(name) ? DEPTHS : []));
      const macro =
        options.macro === undefined
          ? undefined
          : { days: parseMacro(await readInput(io, options.macro, "macro")), policy: DEFAULT_MACRO };
      const step = progressOn(io);
      step({ label: LABEL });
      const result = backtest({
        prices,
        listing,
        pegged,
        regimes: [
          calibratedRegime(
            RECALIBRATED,
            {
              ...DEFAULT_CALIBRATION,
              ...listingTerms(listing, { own }),
              confidence,
              halfLife: options.halfLife,
              horizonDays: options.horizon,
              liquidationDays: Math.max(options.horizon, DEFAULT_CALIBRATION.liquidationDays),
              ...methodOf(options),
            },
            macro,
          ),
          ...fixed,
        ],
        books: chosenBooks(options.book, [
          ...(own
            ? listedBooks(
                listing.map(({ symbol }) => symbol),
                pegged,
                seed,
              )
            : backtestBooks(seed)),
          ...adversaries(await openSolver(), confidence, pegged),
        ]),
        every,
        horizonDays: options.horizon,
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
      const report = {
        result,
        every,
        horizon: options.horizon,
        seed,
        history: prices.sha256,
        read: { ...read, stated: statedPrices(options) },
        notes: [...priceNotes(read, assets), ...statedNotes(options)],
      };
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

function chosenBooks(names: readonly string[] | undefined, books: readonly BookRecipe[]): BookRecipe[] {
  const known = books.map(({ name }) => name);
  for (const name of names ?? []) {
    if (!known.includes(name))
      throw new UsageError(`--book: expected one of ${known.join(", ")}, got ${JSON.stringify(name)}`);
  }
  return books.filter(({ name }) => names === undefined || names.includes(name));
}
