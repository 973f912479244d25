import { basename } from "node:path";
import { Command } from "commander";
import { denseBook } from "../../book/opening.js";
import { UsageError } from "../../errors.js";
import type { DailyPrices } from "../../market/history.js";
import type { Listing } from "../../protocol/listing.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import { adversaries } from "../../risk/backtest/adversary.js";
import { backtest } from "../../risk/backtest/backtest.js";
import {
  type BookRecipe,
  backtestBooks,
  DEFAULT_SEED,
  listedBooks,
  ownBook,
} from "../../risk/backtest/books.js";
import { backtestPlots } from "../../risk/backtest/plots.js";
import { calibratedRegime, fixedRegime, type Regime } from "../../risk/backtest/regimes.js";
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
  horizonOption,
  macroOption,
  methodOf,
  namingOptions,
  wholeNumber,
  withListing,
  withMethod,
  withPrices,
} from "../arguments.js";
import {
  chosenProfile,
  horizonNotes,
  priceNotes,
  readBookFile,
  readDailyHistory,
  readHorizon,
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
    .addOption(horizonOption("days from a margin to its loss, and of the calibration"))
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .addOption(macroOption())
    .option(
      "--profile <name|file>",
      `a fixed profile to compare with, once or more; ${COMPARED.map(({ name }) => name).join(", ")} by default, and none with --listing`,
      eachOf,
    )
    .option("--book <name|file>", "test this book only, or a book file of your own, once or more", eachOf)
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
without prices as untested. A book of your own is as large each day as at the last closes, in the same shares; its output is as private as it is. It tests the listed assets of the history; with --listing it makes its books of them. If a price stands still, or jumps as after a redenomination, it names it and exits with code 3.

Examples:
  $ zkmargin risk backtest --out backtest
  $ zkmargin risk backtest --from 2021-04-01 --every 30 --book long-btc --book eth-vs-btc
  $ zkmargin risk backtest --book desk.json --horizon plan.json
  $ zkmargin risk backtest --confidence 9950 --profile portfolio-margin --json
  $ zkmargin risk backtest --listing listing.json --history closes.csv`,
    )
    .action(async (options) => {
      const { from, to, every, confidence, seed } = options;
      const horizon = await readHorizon(io, options.horizon);
      const own = options.listing !== undefined;
      const assets = await readListingFile(io, options.listing);
      const { history: prices, report: read } = await readDailyHistory(io, options, assets, {
        "--from": from,
        "--to": to,
      });
      const listing = assets.filter(({ symbol }) => prices.assets.includes(symbol));
      const pegged = peggedAssets(listing);
      const fixed: Regime[] = [];
      for (const name of options.profile ?? (own ? [] : COMPARED.map((preset) => preset.name)))
        fixed.push(fixedRegime(await chosenProfile(io, name, assets), findPreset(name) ? DEPTHS : []));
      const macro =
        options.macro === undefined
          ? undefined
          : { days: parseMacro(await readInput(io, options.macro, "macro")), policy: DEFAULT_MACRO };
      const made = [
        ...(own
          ? listedBooks(
              listing.map(({ symbol }) => symbol),
              pegged,
              seed,
            )
          : backtestBooks(seed)),
        ...adversaries(await openSolver(), confidence, pegged),
      ];
      const books = await chosenBooks(io, options.book, made, listing, prices);
      const isPrivate = books.some(({ kind }) => kind === "own");
      const step = progressOn(io);
      step({ label: LABEL });
      const result = namingOptions(() =>
        backtest({
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
                horizonDays: horizon.days,
                liquidationDays: Math.max(horizon.days, DEFAULT_CALIBRATION.liquidationDays),
                ...methodOf(options),
              },
              macro,
            ),
            ...fixed,
          ],
          books,
          every,
          horizonDays: horizon.days,
          minimumReturns: DEFAULT_CALIBRATION.minimumReturns,
          confidence,
          acceptJumps: options.acceptJump ?? [],
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          onProgress: (fraction) => {
            if (io.interactive) step({ label: LABEL, fraction });
          },
        }),
      );
      phasesOn(io)(LABEL, "end");
      const report = {
        result,
        every,
        horizon: horizon.days,
        seed,
        history: prices.sha256,
        read: { ...read, stated: statedPrices(options) },
        notes: [...horizonNotes(horizon), ...priceNotes(read, assets), ...statedNotes(options)],
        isPrivate,
      };
      const forPrograms = json(backtestJson(report));
      const lines = [options.json ? forPrograms : backtestText(report)];
      if (options.out !== undefined) {
        const files = {
          ...backtestPlots(result),
          "backtest.json": forPrograms,
          "days.csv": daysCsv(result),
        };
        await saveAll(io, options.out, files, isPrivate ? "report" : "prices");
        if (!options.json) lines.push(`\nWrote ${Object.keys(files).length} files into ${options.out}\n`);
      }
      io.out(lines.join(""));
    });
}

/** An option that may be given once or more, for commander. */
function eachOf(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Books of the backtest by their names, and own ones by their files; all of the backtest's where none is named. */
async function chosenBooks(
  io: Io,
  names: readonly string[] | undefined,
  books: readonly BookRecipe[],
  listing: Listing,
  prices: DailyPrices,
): Promise<BookRecipe[]> {
  if (names === undefined) return [...books];
  const chosen: BookRecipe[] = [];
  for (const name of new Set(names)) {
    const known = books.find((book) => book.name === name);
    // A name of a backtest's book has neither a dot nor a folder.
    if (known === undefined && !/[./\\]|^-$/.test(name))
      throw new UsageError(
        `--book: expected a book file, or one of ${books.map((book) => book.name).join(", ")}, got ${JSON.stringify(name)}`,
      );
    chosen.push(known ?? (await readOwnBook(io, name, listing, prices)));
  }
  return chosen;
}

/** A book file as a backtest holds it, at the last closes of each asset. */
async function readOwnBook(io: Io, path: string, listing: Listing, prices: DailyPrices): Promise<BookRecipe> {
  const book = denseBook(await readBookFile(io, path, listing), listing, listing.length);
  const closes = listing.map(({ symbol }) => {
    const column = prices.assets.indexOf(symbol);
    return prices.days.findLast(({ closes }) => (closes[column] ?? null) !== null)?.closes[column] ?? null;
  });
  const name = basename(path)
    .replace(/\.[^.]*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  return ownBook(`own-${name.replace(/^-|-$/g, "") || "book"}`, book, listing, closes);
}
