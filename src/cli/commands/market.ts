import { Command } from "commander";
import { formatDecimal } from "../../encoding/decimal.js";
import { DEFAULT_WINDOW } from "../../market/build.js";
import {
  type MarketFile,
  type MarketSource,
  marketDigest,
  marketToJson,
  serialiseMarket,
} from "../../market/file.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { listingDigest } from "../../protocol/listing.js";
import { PRESETS } from "../../risk/presets.js";
import { acceptJumpOption, signedNumber, wholeNumber } from "../arguments.js";
import { buildMarketFile, DEFAULT_PROFILE, readMarketFile } from "../files.js";
import { alignPoints, isoTime, json, pairs, percent, shortPercent, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";

/** `zkmargin market`: build and show the public market a proof is made against. */
export function marketCommand(io: Io): Command {
  return new Command("market")
    .description("Build and show a market: prices, funding and a risk profile.")
    .addCommand(buildCommand(io))
    .addCommand(showCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market show market.json`,
    );
}

/** `zkmargin market build`: a market from price history. */
function buildCommand(io: Io): Command {
  return new Command("build")
    .description("Build a market from price history for one date.")
    .requiredOption("--date <yyyy-mm-dd>", "day whose close is used")
    .option("--history <csv>", "daily closes; the shipped history (2019-10-01 to 2021-07-06) by default")
    .option(
      "--window <days>",
      "days of the time-weighted average, including the date",
      wholeNumber,
      DEFAULT_WINDOW,
    )
    .option(
      "--profile <name|file>",
      `risk profile: ${PRESETS.map(({ name }) => name).join(", ")}, or a profile file`,
      DEFAULT_PROFILE,
    )
    .option("--funding <csv>", "cumulative funding: asset,index in dollars per unit")
    .option(
      "--funding-rate <bps>",
      "instead: basis points of each close a day, accrued from the first day; negative where shorts pay",
      signedNumber,
    )
    .addOption(acceptJumpOption())
    .requiredOption("--out <file>", "market file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
low and high are the smaller and the larger of the day's close and its n-day time-weighted average.

The market omits an asset that had no price on the first of these days, or that the profile lacks. It then has its own
listing: give it to the book commands (--market). If a close looks like a redenomination or a bad print, the command names
it and exits with code 3.

Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market build --date 2021-05-17 --profile rate-perps --funding-rate 3 --out market.json
  $ zkmargin market build --date 2020-03-12 --profile collateralised-debt --out black-thursday.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const { market, leftOut } = await buildMarketFile(io, options);
      await save(io, options.out, serialiseMarket(market), "market");
      const { profile, source } = market;
      const digest = marketDigest(market);
      if (options.json)
        return io.out(json({ file: options.out, profile: profile.name, date: source.date, digest, leftOut }));
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["market", `${profile.name} on ${source.date}`],
          ["digest", digest],
          ...(leftOut.length === 0
            ? []
            : [["left out", `${leftOut.join(", ")}: not yet priced, or not in the profile`] as const]),
        ]),
      );
    });
}

/** `zkmargin market show`: what a market says. */
function showCommand(io: Io): Command {
  return new Command("show")
    .description("Check a market and show it.")
    .argument("<market>", "market file, or - for standard input")
    .option("--json", "print JSON: the digest and the market file itself")
    .addHelpText("after", "\nExample:\n  $ zkmargin market show market.json")
    .action(async (path: string, options) => {
      const market = await readMarketFile(io, path);
      io.out(
        options.json
          ? json({ digest: marketDigest(market), market: marketToJson(market) })
          : [summary(market), assets(market), scenarios(market)].join("\n"),
      );
    });
}

function summary({ profile, listing, source, ...market }: MarketFile): string {
  const time = isoTime(BigInt(market.time));
  return `${profile.name} on ${source.date}\n\n${pairs([
    ["digest", marketDigest({ profile, listing, source, ...market })],
    ["listing", String(listingDigest(listing))],
    ["time", time],
    ...sourceRows(source),
    ["gains counted", percent(profile.pnlFactor)],
    ["shock cap", percent(profile.shockCap)],
    ["highest interest", `${percent(profile.maxBorrowRate)} a year`],
    ["oldest book", `${profile.bookMaxAge} s`],
  ])}`;
}

function sourceRows(source: MarketSource): [string, string][] {
  if ("round" in source)
    return [
      ["round", `${source.round} of ledger ${source.ledger}`],
      ["chain", source.chainId],
    ];
  return [
    ["average over", `${source.window} ${source.window === 1 ? "day" : "days"}`],
    ["price history", `SHA-256 ${source.history}`],
    ["funding", fundingWords(source.fundingRate)],
  ];
}

function fundingWords(rate: number | null): string {
  if (rate === null) return "given for each asset";
  return rate === 0 ? "none" : `${percent(rate)} of each close a day`;
}

function assets({ profile, prices, listing }: MarketFile): string {
  const dollars = (field: "low" | "high" | "funding") =>
    alignPoints(
      prices.map((price, u) =>
        formatDecimal(price[field] * 10n ** BigInt(listing[u]?.decimals ?? 0), USD_DECIMALS),
      ),
    );
  const columns = [dollars("low"), dollars("high"), dollars("funding")];
  return (
    table(
      [
        "asset",
        "low, $",
        "high, $",
        "funding, $",
        "collateral",
        "debt",
        "perp margin",
        "liquidity",
        "impact",
      ],
      profile.assets.map((risk, u) => [
        risk.asset,
        ...columns.map((column) => column[u] ?? ""),
        percent(risk.collateralFactor),
        percent(risk.debtFactor),
        percent(risk.perpMargin),
        percent(risk.liquidity),
        String(risk.impact),
      ]),
    ) + `  prices and cumulative funding in dollars per unit; impact in 10^-8 attodollars per quantum²\n`
  );
}

function scenarios({ profile, listing }: MarketFile): string {
  if (profile.scenarios.length === 0) return "  no scenarios\n";
  return table(
    ["scenario, %", ...listing.map(({ symbol }) => symbol)],
    profile.scenarios.map(({ name, shocks }) => [
      name,
      ...listing.map(({ symbol }) => shortPercent(shocks[symbol] ?? 0)),
    ]),
  );
}
