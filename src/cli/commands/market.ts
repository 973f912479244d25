import { Command } from "commander";
import { DEFAULT_WINDOW } from "../../market/build.js";
import { type MarketFile, marketDigest, marketToJson, serialiseMarket } from "../../market/file.js";
import { PRESETS } from "../../risk/presets.js";
import { USD_DECIMALS } from "../../spec/bounds.js";
import { formatDecimal } from "../../spec/decimal.js";
import { listingDigest } from "../../spec/listing.js";
import { wholeNumber } from "../arguments.js";
import { readMarketFile } from "../files.js";
import { json, pairs, percent, table } from "../format.js";
import { type Io, save } from "../io.js";
import { buildMarketFile, DEFAULT_PROFILE } from "../markets.js";

/** `zkmargin market`: build and show the public market a proof is made against. */
export function marketCommand(io: Io): Command {
  return new Command("market")
    .description("Build and show a market: prices, funding and a risk profile.")
    .addCommand(buildCommand(io))
    .addCommand(showCommand(io));
}

function buildCommand(io: Io): Command {
  return new Command("build")
    .description("Build a market from price history for one date.")
    .requiredOption("--date <yyyy-mm-dd>", "day whose close is used")
    .option("--history <csv>", "daily closes; the shipped history (2019-10-01 to 2021-07-06) unless told")
    .option(
      "--window <days>",
      "days of the time-weighted average, the date included",
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
      "instead: basis points of each close a day, accrued from the first day",
      wholeNumber,
    )
    .requiredOption("--out <file>", "market file to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
low and high are the smaller and the larger of the day's close and its n-day time-weighted average.

Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market build --date 2021-05-17 --profile rate-perps --funding-rate 3 --out market.json`,
    )
    .action(async (options) => {
      const market = await buildMarketFile(io, options);
      await save(options.out, serialiseMarket(market));
      if (options.json) return io.out(json({ file: options.out, digest: marketDigest(market) }));
      io.out(
        `Wrote ${options.out}: ${market.profile.name} on ${market.source.date}\ndigest ${marketDigest(market)}\n`,
      );
    });
}

function showCommand(io: Io): Command {
  return new Command("show")
    .description("Check a market and show it.")
    .argument("<market>", "market file, or - for standard input")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin market show market.json")
    .action(async (path: string, options) => {
      const market = await readMarketFile(io, path);
      io.out(
        options.json
          ? json({ digest: marketDigest(market), market: marketToJson(market) })
          : describeMarket(market),
      );
    });
}

function describeMarket(market: MarketFile): string {
  const { profile, listing, prices } = market;
  const perUnit = (attodollars: bigint, u: number) =>
    formatDecimal(attodollars * 10n ** BigInt(listing[u]?.decimals ?? 0), USD_DECIMALS);
  return [
    `${profile.name} on ${market.source.date}\n\n`,
    pairs([
      ["digest", marketDigest(market)],
      ["listing", String(listingDigest(listing))],
      ["average over", `${market.source.window} days`],
      ["profit counted", percent(profile.pnlFactor)],
      ["largest shock", percent(profile.shockCap)],
      ["book valid for", `${profile.bookMaxAge} s at up to ${percent(profile.maxBorrowRate)} a year`],
    ]),
    "\n",
    table(
      ["asset", "low $", "high $", "funding $", "collateral", "debt", "perp margin", "liquidity", "impact"],
      profile.assets.map((risk, u) => [
        risk.asset,
        perUnit(prices[u]?.low ?? 0n, u),
        perUnit(prices[u]?.high ?? 0n, u),
        perUnit(prices[u]?.funding ?? 0n, u),
        percent(risk.collateralFactor),
        percent(risk.debtFactor),
        percent(risk.perpMargin),
        percent(risk.liquidity),
        String(risk.impact),
      ]),
    ),
    profile.scenarios.length > 0 ? "\n" : "",
    profile.scenarios.length > 0
      ? table(
          ["scenario", ...listing.map(({ symbol }) => symbol)],
          profile.scenarios.map(({ name, shocks }) => [
            name,
            ...listing.map(({ symbol }) => percent(shocks[symbol] ?? 0)),
          ]),
        )
      : "",
  ].join("");
}
