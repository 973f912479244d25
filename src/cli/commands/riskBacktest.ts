import { Command } from "commander";
import { UsageError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import { peggedAssets } from "../../protocol/listingFile.js";
import { adversaries } from "../../risk/backtest/adversary.js";
import { type Backtest, backtest, type Outcome, outcomeOf } from "../../risk/backtest/backtest.js";
import { type BookRecipe, backtestBooks, DEFAULT_SEED, listedBooks } from "../../risk/backtest/books.js";
import { isRejected } from "../../risk/backtest/coverage.js";
import { backtestPlots } from "../../risk/backtest/plots.js";
import { calibratedRegime, fixedRegime } from "../../risk/backtest/regimes.js";
import { DEFAULT_CALIBRATION, listingTerms } from "../../risk/calibration/options.js";
import { CALIBRATED } from "../../risk/generated/calibrated.js";
import { DEPTHS } from "../../risk/impact.js";
import { findPreset, PRESETS } from "../../risk/presets.js";
import { openSolver } from "../../risk/statistics/linearProgramme.js";
import {
  acceptJumpOption,
  confidenceOption,
  halfLifeOption,
  wholeNumber,
  withListing,
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
import { dollars, json, pairs, percent, table } from "../format.js";
import { type Io, phasesOn, progressOn, saveAll } from "../io.js";

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
  return withListing(withPrices(command, SHIPPED_WORDS))
    .option("--from <yyyy-mm-dd>", "first day on which a margin is set; as soon as there is history enough")
    .option("--to <yyyy-mm-dd>", "last day on which a margin is set; the last but one of the history")
    .option("--every <days>", "days from one calibration to the next", wholeNumber, WEEK)
    .addOption(confidenceOption())
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
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
The command sets each day's margin from the closes until then, and compares it with the loss to the next close. It recalibrates
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
      const step = progressOn(io);
      step({ label: LABEL });
      const result = backtest({
        prices,
        listing,
        pegged,
        regimes: [
          calibratedRegime(RECALIBRATED, {
            ...DEFAULT_CALIBRATION,
            ...listingTerms(listing, { own }),
            confidence,
            halfLife: options.halfLife,
          }),
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

/** Every tested day of a backtest as CSV; amounts in dollars and cents, rounded to the nearest. */
function daysCsv({ outcomes }: Backtest): string {
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

/** A backtest for people. */
function backtestText(report: BacktestReport): string {
  const { result } = report;
  const [main] = result.totals;
  if (main === undefined) return "no regime\n";
  const own = result.outcomes.filter(({ regime }) => regime === main.regime);
  return [
    summary(report),
    exceptions(report),
    margins(report),
    tests(main.regime, own),
    movements(report),
    failures(main.regime, own),
    ...notTested(report),
  ].join("\n");
}

function summary({ result, every, seed, history, notes }: BacktestReport): string {
  const { walk, confidence, totals } = result;
  return `Margins set from ${walk.from} to ${walk.to}, each against the loss of the next day\n\n${pairs([
    ["stated confidence", `${percent(confidence)} of days`],
    ["calibrations", `${walk.calibrations.length}, every ${every} days, on the past alone`],
    ["random books", `seed ${seed}`],
    ["price history", `SHA-256 ${history}`],
    ...notes,
    ...untestedLine(walk.untested),
    ...totals.map(
      ({ regime, days, exceptions, tooMany, tooFew }) =>
        [
          regime,
          `${exceptions} exceptions in ${days} days of all books: ${ratio(days - exceptions, days)} covered; by Kupiec too many in ${tooMany.length} books, too few in ${tooFew.length}`,
        ] as const,
    ),
  ])}`;
}

function untestedLine(untested: BacktestReport["result"]["walk"]["untested"]): [string, string][] {
  if (untested.length === 0) return [];
  const days = new Set(untested.map(({ date }) => date)).size;
  return [["not tested", `something on ${days} ${days === 1 ? "day" : "days"}: see below`]];
}

function exceptions({ result }: BacktestReport): string {
  return `  days with a loss above the margin\n${byRegime(result, ({ coverage }) => String(coverage.exceptions.length))}`;
}

function margins({ result }: BacktestReport): string {
  return `  mean margin as a share of gross exposure, and (in brackets) what margining the whole book saves\n${byRegime(
    result,
    ({ meanShare, saving, walked }) =>
      `${percent(meanShare)} ${(walked.apart === walked.whole || saving === null ? "" : `(${whole(saving)})`).padStart(7)}`,
  )}`;
}

function tests(regime: string, outcomes: readonly Outcome[]): string {
  return `  ${regime}: coverage, and how probable as many exceptions (Kupiec), as many in a row (independence), both\n${table(
    ["book", "days", "exceptions", "expected", "covered", "Kupiec", "independence", "both", "worst excess"],
    outcomes.map(({ book, coverage }) => [
      book.name,
      String(coverage.days),
      String(coverage.exceptions.length),
      coverage.expected.toFixed(1),
      percent(coverage.coverage),
      ...[coverage.kupiec, coverage.independence, coverage.conditional].map(
        (test) => `${test.pValue.toFixed(3)}${isRejected(test) ? " !" : "  "}`,
      ),
      coverage.exceptions.length === 0 || coverage.worstShortfall === null
        ? ""
        : percent(coverage.worstShortfall),
    ]),
  )}  !: rejected at 5 %, for too many exceptions or too few; excess: of the worst loss over its margin, as a share of it\n`;
}

function movements({ result }: BacktestReport): string {
  const regimes = result.totals.map(({ regime }) => regime);
  return `  largest rise of the margin within 1, 5 and 30 days, and peak over trough\n${table(
    ["book", "regime", "1 day", "5 days", "30 days", "peak / trough"],
    result.outcomes
      .filter(({ book, procyclicality }) => book.kind !== "random" && procyclicality.rise30 > 0n)
      .toSorted((a, b) => regimes.indexOf(a.regime) - regimes.indexOf(b.regime))
      .map(({ book, regime, procyclicality: { rise1, rise5, rise30, peakToTrough } }) => [
        book.name,
        regime,
        ...[rise1, rise5, rise30].map(whole),
        peakToTrough === null ? "" : (Number(peakToTrough) / Number(BPS)).toFixed(2),
      ]),
    { text: [0, 1] },
  )}  without the random books and those whose margin never moved\n`;
}

function failures(regime: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ book, coverage }) =>
    coverage.exceptions.map(({ lossDate, loss, margin }) => [
      lossDate,
      book.name,
      dollars(loss),
      dollars(margin),
    ]),
  );
  if (rows.length === 0) return `  ${regime}: no loss above the margin\n`;
  return `  ${regime}: every loss above the margin\n${table(
    ["day", "book", "loss", "margin"],
    rows.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0)),
    { text: [0, 1] },
  )}`;
}

function notTested({ result: { walk } }: BacktestReport): string[] {
  if (walk.untested.length === 0) return [];
  const reasons = [...new Set(walk.untested.map(({ what, why }) => `${what}: ${why}`))];
  return [
    `  not tested\n${reasons
      .map((reason) => {
        const dates = walk.untested.filter(({ what, why }) => `${what}: ${why}` === reason);
        return `    ${reason} (${dates.length} times, ${dates[0]?.date} to ${dates.at(-1)?.date})\n`;
      })
      .join("")}`,
  ];
}

function byRegime(result: BacktestReport["result"], value: (outcome: Outcome) => string): string {
  const regimes = result.totals.map(({ regime }) => regime);
  const books = [...new Set(result.outcomes.map(({ book }) => book.name))];
  return table(
    ["book", ...regimes],
    books.map((book) => [
      book,
      ...regimes.map((regime) => {
        const outcome = outcomeOf(result, regime, book);
        return outcome ? value(outcome) : "";
      }),
    ]),
  );
}

/** Basis points as a whole percentage, towards less. */
function whole(bps: bigint): string {
  const share = bps < 0n ? -((-bps + 99n) / 100n) : bps / 100n;
  return `${share < 0n ? "−" : ""}${share < 0n ? -share : share} %`;
}

function ratio(part: number, of: number): string {
  return of === 0 ? "none" : percent(Math.floor((part * 10_000) / of));
}

/** What `zkmargin risk backtest` reports on. */
interface BacktestReport {
  readonly result: Backtest;
  readonly every: number;
  readonly seed: number;
  /** SHA-256 of the price history, hex. */
  readonly history: string;
  /** How the prices were read, for programs and for people. */
  readonly read: object;
  readonly notes: readonly (readonly [string, string])[];
}

/** A backtest for programs: amounts are 10^-26 dollars, shares and ratios basis points. */
function backtestJson({ result, every, seed, history, read }: BacktestReport) {
  const { walk, confidence, totals, outcomes } = result;
  const { from, to, calibrations, since, untested } = walk;
  return {
    history,
    prices: read,
    from,
    to,
    every,
    seed,
    confidence,
    calibrations,
    since: Object.fromEntries(since.map(({ asset, date }) => [asset, date])),
    untested,
    regimes: totals,
    outcomes: outcomes.map(({ regime, book, walked: _, coverage, ...rest }) => ({
      regime,
      book: { name: book.name, kind: book.kind, gross: book.gross },
      ...coverage,
      ...rest,
    })),
  };
}
