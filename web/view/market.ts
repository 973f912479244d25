import { formatDecimal, USD_DECIMALS } from "zkmargin/protocol";
import { type MarketFile, type MarketSource, percentText } from "zkmargin/verify";
import { code, facts, foreign, h, section, table } from "./dom.js";

/**
 * Against which market: its name, where its prices are from, and all its numbers.
 * @param own name of the file that the reader gave it in
 */
export function marketView(market: MarketFile, digest: string, own: string | undefined): HTMLElement {
  const { profile, source, time } = market;
  return section(
    "Against which market",
    facts([
      ["Prices", "round" in source ? `of ${isoTime(time)}` : `the close of ${source.date}, ${isoTime(time)}`],
      ["Source", sourceWords(source)],
      ["Risk profile", [foreign(profile.name), h("span", { class: "aside" }, foreign(profile.description))]],
      [
        "Given by",
        own === undefined
          ? "the bundle: nobody vouches for it but its sender"
          : ["you, in a file: ", foreign(own)],
      ],
      ["Digest", code(digest)],
    ]),
    h(
      "p",
      { class: "aside" },
      "The digest names every price and every parameter. Compare it with what ",
      code("zkmargin market show"),
      " prints of a market that you built, or of a round that you read from the chain.",
    ),
    h("details", {}, h("summary", {}, "All prices and parameters"), prices(market), scenarios(market)),
  );
}

function sourceWords(source: MarketSource): (HTMLElement | string)[] {
  if ("round" in source)
    return [`round ${source.round} of the ledger `, code(source.ledger), ` on chain ${source.chainId}`];
  const window = source.window === 1 ? "of 1 day" : `averaged over ${source.window} days`;
  return [`daily closes ${window}, of the price history with SHA-256 `, code(source.history)];
}

function prices({ listing, prices, profile }: MarketFile): HTMLElement {
  const dollars = (amount: bigint, u: number) =>
    formatDecimal(amount * 10n ** BigInt(listing[u]?.decimals ?? 0), USD_DECIMALS);
  return table(
    "Dollars for a unit, and shares of value",
    ["asset", "low", "high", "funding", "collateral", "debt", "perp margin", "liquidity"],
    prices.map(({ asset, low, high, funding }, u) => {
      const { collateralFactor = 0, debtFactor = 0, perpMargin = 0, liquidity = 0 } = profile.assets[u] ?? {};
      const shares = [collateralFactor, debtFactor, perpMargin, liquidity].map(percentText);
      return [asset, dollars(low, u), dollars(high, u), dollars(funding, u), ...shares];
    }),
  );
}

function scenarios({ listing, profile }: MarketFile): HTMLElement {
  if (profile.scenarios.length === 0) return h("p", {}, "No scenarios.");
  return table(
    "Joint moves of prices in each scenario, percent",
    ["scenario", ...listing.map(({ symbol }) => symbol)],
    profile.scenarios.map(({ name, shocks }) => [
      name,
      ...listing.map(({ symbol }) => formatDecimal(BigInt(shocks[symbol] ?? 0), 2)),
    ]),
  );
}

function isoTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", ", ")} UTC`;
}
