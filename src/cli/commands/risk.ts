import { Command, InvalidArgumentError } from "commander";
import { isPrintable } from "../../encoding/shape.js";
import { OutOfRangeError, TooLittleHistoryError } from "../../errors.js";
import { parseDepths } from "../../market/assetTables.js";
import { DAY_SECONDS, parseDate } from "../../market/date.js";
import type { PriceTable } from "../../market/history.js";
import { profileToJson, serialiseProfile } from "../../market/profile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { type CalibrationReport, calibrate } from "../../risk/calibration/calibrate.js";
import { calibratable } from "../../risk/calibration/data.js";
import { DEFAULT_CALIBRATION, listingTerms } from "../../risk/calibration/options.js";
import {
  type ConditionalMoves,
  compareRegimes,
  DEFAULT_MACRO,
  type MacroDay,
  type MacroState,
  macroStateOn,
  parseMacro,
} from "../../risk/macro.js";
import { type Omission, pricesUntil } from "../../risk/returns.js";
import {
  acceptJumpOption,
  confidenceOption,
  halfLifeOption,
  horizonOption,
  macroOption,
  methodOf,
  namingOptions,
  withListing,
  withMethod,
  withPrices,
} from "../arguments.js";
import {
  horizonNotes,
  priceNotes,
  readHorizon,
  readListingFile,
  readTable,
  SHIPPED_WORDS,
  statedNotes,
  statedPrices,
} from "../files.js";
import { json, pairs, percent, sentence, shortPercent, table } from "../format.js";
import { checkOutput, type Io, readInput, save } from "../io.js";
import { backtestCommand } from "./riskBacktest.js";
import { coverCommand } from "./riskCover.js";
import { proposeCommand } from "./riskPropose.js";
import { reverseCommand } from "./riskReverse.js";
import { reviewCommand } from "./riskReview.js";
import { simulateCommand } from "./riskSimulate.js";
import { stressCommand } from "./riskStress.js";
import { watchCommand } from "./riskWatch.js";

/** `zkmargin risk`: derive risk profiles from price history, test them, and propose them. */
export function riskCommand(io: Io): Command {
  return new Command("risk")
    .description("Derive risk profiles from price history, test them, and propose them.")
    .addCommand(calibrateCommand(io))
    .addCommand(backtestCommand(io))
    .addCommand(stressCommand(io))
    .addCommand(reverseCommand(io))
    .addCommand(simulateCommand(io))
    .addCommand(coverCommand(io))
    .addCommand(proposeCommand(io))
    .addCommand(reviewCommand(io))
    .addCommand(watchCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin risk calibrate --date 2021-05-17 --out calibrated.json
  $ zkmargin market build --date 2021-05-17 --profile calibrated.json --out market.json`,
    );
}

/** `zkmargin risk calibrate`: a risk profile from price history. */
function calibrateCommand(io: Io): Command {
  const defaults = DEFAULT_CALIBRATION;
  const command = new Command("calibrate").description(
    "Derive a risk profile from price history up to a date.",
  );
  return withMethod(withListing(withPrices(command, SHIPPED_WORDS)))
    .option("--date <yyyy-mm-dd>", "last day to use; the last of the history by default")
    .option("--daily", "of an hourly history take the last close of each day, instead of scaling hours")
    .addOption(confidenceOption())
    .addOption(horizonOption("days over which a loss is measured"))
    .addOption(halfLifeOption())
    .addOption(acceptJumpOption())
    .addOption(macroOption())
    .option(
      "--depths <csv>",
      "what can be traded in a day: asset,millions,spread, and volume where it was measured; what the listing states, or the shipped assumptions, by default",
    )
    .option("--name <name>", "name of the profile", profileName, "calibrated")
    .requiredOption("--out <file>", "profile file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The command calibrates the assets of the history that are listed, and names those that are not. It uses prices up to the date
only. The profile omits an asset with fewer than ${defaults.minimumReturns} returns by then; the report
names it. If a price stands still, or jumps as after a redenomination, the command names it and exits with code 3. If every
file has hourly closes, it takes hourly returns.

Examples:
  $ zkmargin risk calibrate --date 2021-05-17 --out calibrated.json
  $ zkmargin risk calibrate --confidence 9950 --horizon 2 --name two-days --out two-days.json
  $ zkmargin risk calibrate --listing listing.json --history closes.csv --out own.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const horizon = await readHorizon(io, options.horizon);
      const assets = await readListingFile(io, options.listing);
      const { table, report: read } = await readTable(io, options, assets, { "--date": options.date });
      const prices = options.date === undefined ? table : pricesOn(table, options.date);
      const { listing, leftOut } = calibratable(assets, prices, defaults.minimumReturns);
      if (listing.length === 0)
        throw new TooLittleHistoryError(
          "history",
          `an asset with ${defaults.minimumReturns} returns`,
          leftOut.map(({ asset, why }) => `${asset}: ${why}`).join("; "),
        );
      const macro =
        options.macro === undefined ? null : parseMacro(await readInput(io, options.macro, "macro"));
      const end = (prices.times.at(-1) ?? "").slice(0, 10);
      const state = macro === null ? null : macroStateOn(macro, end, DEFAULT_MACRO);
      const depths = options.depths && parseDepths(await readInput(io, options.depths, "depths"), listing);
      const { profile, report } = namingOptions(() =>
        calibrate({
          ...defaults,
          name: options.name,
          listing,
          prices,
          confidence: options.confidence,
          horizonDays: horizon.days,
          liquidationDays: Math.max(horizon.days, defaults.liquidationDays),
          halfLife: options.halfLife,
          ...methodOf(options),
          addOn: state?.addOn ?? 0,
          acceptJumps: options.acceptJump ?? [],
          ...listingTerms(listing, { own: options.listing !== undefined && options.depths === undefined }),
          ...(depths && { depths }),
        }),
      );
      const text = serialiseProfile(profile);
      await save(io, options.out, text, "profile");
      io.out(
        options.json
          ? json({
              file: options.out,
              profile: profileToJson(profile),
              report,
              leftOut,
              ...(state !== null && { macro: state }),
              prices: { ...read, stated: statedPrices(options) },
            })
          : `Wrote ${options.out}\n\n${calibrationText(profile, report, leftOut)}${state === null || macro === null ? "" : macroText(macro, state, prices)}${notesText([...horizonNotes(horizon), ...priceNotes(read, assets), ...statedNotes(options)])}`,
      );
    });
}

/** What follows from a plan, and what was read otherwise than as the plain history of listed assets. */
function notesText(notes: readonly [string, string][]): string {
  return notes.length === 0 ? "" : `\n${pairs(notes)}`;
}

/** 1 to 64 printable characters, as profile files have them, for commander. */
function profileName(text: string): string {
  if (text.length > 64 || !isPrintable(text))
    throw new InvalidArgumentError("Expected 1 to 64 printable characters such as calibrated.");
  return text;
}

/** The rows up to the end of a day that the table has. */
function pricesOn(table: PriceTable, date: string): PriceTable {
  parseDate(date, "--date");
  if (!table.times.some((time) => time.slice(0, 10) === date)) {
    const [first, last] = [table.times[0], table.times.at(-1)];
    throw new OutOfRangeError("--date", `a day of the price history, ${first} to ${last}`, date);
  }
  return pricesUntil(table, date);
}

/** A calibration for people: what was found, what was made of it, and what was not there. */
function calibrationText(
  profile: RiskProfile,
  report: CalibrationReport,
  leftOut: readonly Omission[],
): string {
  return [
    `${profile.name}, from ${report.stepSeconds === DAY_SECONDS ? "daily" : "hourly"} closes of ${report.from} to ${report.to}\n`,
    volatilities(report),
    correlation(report),
    parameters(profile),
    scenarios(profile, report),
    omissions(report, leftOut),
  ].join("\n");
}

/** What the stock market adds, and how the first risky asset has moved in each of its states. */
function macroText(days: readonly MacroDay[], state: MacroState, prices: PriceTable): string {
  const asset = prices.assets.indexOf("BTC");
  const known = days.filter(({ date }) => date <= state.asOf);
  const closes = new Map(
    prices.times.flatMap((time, t) => {
      const close = prices.closes[t]?.[asset] ?? null;
      return close === null ? [] : [[time.slice(0, 10), close] as const];
    }),
  );
  const { raised, calm } = compareRegimes(known, closes, DEFAULT_MACRO);
  const told = ({ count, volatility, correlation }: ConditionalMoves) =>
    `${share(volatility)} a business day, correlation with the S&P 500 ${correlation.toFixed(2)} (${count} days)`;
  return `\n${pairs([
    ["stock market", `as of ${state.asOf}; trigger last fired on ${state.firedOn ?? "no day"}`],
    ["add-on", `${percent(state.addOn)} on every risky volatility`],
    ...(asset === -1
      ? []
      : ([
          ["BTC while raised", told(raised)],
          ["BTC in a calm", told(calm)],
        ] as [string, string][])),
  ])}`;
}

const share = (fraction: number) => percent(Math.round(fraction * 10_000));

function volatilities({ assets }: CalibrationReport): string {
  return (
    table(
      ["asset", "returns", "EWMA", "GARCH", "floor", "used", "tail down", "tail up", "market"],
      assets.map((asset) => [
        asset.asset,
        String(asset.returns),
        share(asset.ewma),
        share(asset.garch),
        `${asset.raised > 1 ? `x${asset.raised.toFixed(2)} ` : ""}${share(asset.longRun * asset.raised)}`,
        share(asset.volatility),
        asset.tailDown.toFixed(2),
        asset.tailUp.toFixed(2),
        asset.market === null ? "pegged" : asset.market.toFixed(2),
      ]),
    ) +
    sentence(
      "volatility over the horizon; floor: whole history, raised for what the market did before a listing (x);",
    ) +
    sentence("tails in volatilities; market: correlation with the first component")
  );
}

function correlation({ correlation, beyond, assets }: CalibrationReport): string {
  const { observations, intensity, average, shares, aboveNoise, shortest } = correlation;
  const edges = [...new Set(assets.flatMap(({ garchEdge }) => garchEdge ?? []))].map((edge) => {
    const there = assets.filter(({ garchEdge }) => garchEdge === edge).map(({ asset }) => asset);
    return `${there.join(", ")} (${edge})`;
  });
  return pairs([
    ["correlations from", `${observations} rows in which every risky asset has a return`],
    ["mean correlation", average.toFixed(2)],
    ["shrunk to it by", share(intensity)],
    [
      "listing cliff",
      `${shortest.asset} has the fewest returns; without it ${shortest.observationsWithout} rows`,
    ],
    ["components explain", shares.slice(0, 5).map(share).join(", ")],
    ["above noise", `${aboveNoise} of ${shares.length} components; the signs of the others are chance`],
    [
      "mean beyond the tail",
      `${beyond.down.toFixed(2)} of it down, ${beyond.up.toFixed(2)} up; 1.50 is assumed`,
    ],
    ["GARCH's search ends", edges.length === 0 ? "inside its bounds" : `at a bound for ${edges.join("; ")}`],
  ]);
}

function parameters({ assets, pnlFactor }: RiskProfile): string {
  return (
    table(
      ["asset", "collateral", "debt", "perp margin", "liquidity", "impact"],
      assets.map((risk) => [
        risk.asset,
        percent(risk.collateralFactor),
        percent(risk.debtFactor),
        percent(risk.perpMargin),
        percent(risk.liquidity),
        String(risk.impact),
      ]),
    ) + `  gains counted ${percent(pnlFactor)}\n`
  );
}

function scenarios(profile: RiskProfile, report: CalibrationReport): string {
  const symbols = profile.assets.map(({ asset }) => asset);
  return (
    table(
      ["scenario, %", ...symbols],
      profile.scenarios.map(({ name, shocks }) => [
        name,
        ...symbols.map((symbol) => shortPercent(shocks[symbol] ?? 0)),
      ]),
    ) + `\n${pairs(report.scenarios.map(({ name, basis }) => [name, basis]))}`
  );
}

function omissions({ omitted }: CalibrationReport, leftOut: readonly Omission[]): string {
  const rows = [
    ...leftOut.map(({ asset, time, why }) => [asset, time, `not in the profile: ${why}`]),
    ...omitted.map(({ asset, time, why }) => [asset, time, why]),
  ];
  return rows.length === 0
    ? "  nothing was missing\n"
    : table(["missing", "at", "why"], rows, { text: [0, 1, 2] });
}
