import { Command } from "commander";
import { formatDecimal } from "../../../encoding/decimal.js";
import { type MarketFile, type MarketSource, marketDigest, marketToJson } from "../../../market/file.js";
import { USD_DECIMALS } from "../../../protocol/bounds.js";
import { listingDigest } from "../../../protocol/listing.js";
import { readMarketFile } from "../../files.js";
import { alignPoints, json, pairs, percent, shortPercent, table } from "../../format.js";
import type { Io } from "../../io.js";
import { isoTime } from "../../time.js";

/** `zkmargin market show`: what a market says. */
export function showCommand(io: Io): Command {
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
