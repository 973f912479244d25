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
import { joinedCsv } from "../../market/priceFiles.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { listingDigest } from "../../protocol/listing.js";
import { PRESETS } from "../../risk/presets.js";
import { acceptJumpOption, signedNumber, wholeNumber, withListing, withPrices } from "../arguments.js";
import {
  buildMarketFile,
  DEFAULT_PROFILE,
  joinedPrices,
  priceNotes,
  readListingFile,
  readMarketFile,
  SHIPPED_WORDS,
  statedNotes,
  statedPrices,
} from "../files.js";
import { alignPoints, isoTime, json, pairs, percent, shortPercent, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";

/** `zkmargin market`: build and show the public market a proof is made against. */
export function marketCommand(io: Io): Command {
  return new Command("market")
    .description("Build and show a market: prices, funding and a risk profile.")
    .addCommand(buildCommand(io))
    .addCommand(showCommand(io))
    .addCommand(pricesCommand(io))
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
  const command = new Command("build")
    .description("Build a market from price history for one date.")
    .requiredOption("--date <yyyy-mm-dd>", "day whose close is used");
  return withListing(withPrices(command, SHIPPED_WORDS))
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

The command says what it took each file for, what it ignored, and which days have no close. The day ends at 24:00 UTC. A file
that does not say what it prices is given with its asset. A rate such as WSTETH/ETH is multiplied with the price of ETH.

Examples:
  $ zkmargin market build --date 2021-05-19 --out market.json
  $ zkmargin market build --date 2021-05-17 --profile rate-perps --funding-rate 3 --out market.json
  $ zkmargin market build --date 2020-03-12 --profile collateralised-debt --out black-thursday.json
  $ zkmargin market build --date 2024-08-05 --price USDC=1 --out august.json
  $ zkmargin market build --date 2024-08-05 --prices BTC=BTCUSDT-1d-2024-08.csv --prices ETH=eth.json --price USDC=1 --out own.json`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const { market, leftOut, unpriced, assets, report } = await buildMarketFile(io, options);
      await save(io, options.out, serialiseMarket(market), "market");
      const { profile, source } = market;
      const digest = marketDigest(market);
      if (options.json)
        return io.out(
          json({
            file: options.out,
            profile: profile.name,
            date: source.date,
            digest,
            leftOut,
            prices: { ...report, stated: statedPrices(options) },
          }),
        );
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["market", `${profile.name} on ${source.date}`],
          ["digest", digest],
          ...(leftOut.length === 0
            ? []
            : [["left out", `${leftOut.join(", ")}: ${leftOutWords(unpriced)}`] as const]),
          ...priceNotes(report, assets),
          ...statedNotes(options),
        ]),
      );
    });
}

/** Why assets are left out. */
function leftOutWords(unpriced: readonly string[]): string {
  const [first] = unpriced;
  const stated =
    first === undefined ? "" : ` (--price ${first}=… states a price of what the history never has)`;
  return `not yet priced, or not in the profile${stated}`;
}

/** `zkmargin market prices`: price files as one plain file. */
function pricesCommand(io: Io): Command {
  const command = new Command("prices").description(
    "Join price files of any layout into one plain CSV, which every command reads.",
  );
  return withListing(withPrices(command, "the shipped history"))
    .option("--hourly", "hourly closes instead of daily ones")
    .requiredOption("--out <file>", "price file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
It reads Binance klines (CSV or JSON), CoinGecko's market_chart, CCXT's OHLCV, Yahoo's CSV and plain CSV, wide or long. Prices
are exact. A market that is built from the files has the same digest as one that is built from the written file.

Examples:
  $ zkmargin market prices --prices BTCUSDT-1d-2024-07.csv --prices BTCUSDT-1d-2024-08.csv --out closes.csv
  $ zkmargin market prices --listing listing.json --prices ETH=eth.json --prices WSTETH/ETH=rate.csv --out closes.csv`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const listing = await readListingFile(io, options.listing);
      const joined = await joinedPrices(io, options, listing);
      await save(io, options.out, joinedCsv(joined), "prices");
      const { rows, assets, files, ignored, gaps, dropped, step } = joined;
      const [first, last] = [rows[0], rows.at(-1)].map((row) => isoTime(BigInt(row?.begin ?? 0)));
      if (options.json)
        return io.out(
          json({
            file: options.out,
            step,
            assets,
            rows: rows.length,
            from: first,
            to: last,
            files,
            ignored,
            gaps,
            dropped,
          }),
        );
      io.out(`Wrote ${options.out}\n`);
      io.out(
        pairs([
          ["assets", assets.join(", ")],
          ["closes", `${rows.length} ${step}s, ${first} to ${last}`],
          ...priceNotes(joined, listing),
          ...statedNotes(options),
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
