import { Command } from "commander";
import { denseBook } from "../../book/dense.js";
import { type Health, healthOf } from "../../margin/health.js";
import { denseMarket } from "../../market/dense.js";
import type { MarketFile } from "../../market/file.js";
import { checkClaim } from "../../spec/claim.js";
import { DEFAULT_THETA, defaultTier, tierNamed, wholeNumber } from "../arguments.js";
import { readBookFile, readMarketFile } from "../files.js";
import { dollars, factor, json, pairs, percent, table } from "../format.js";
import type { Io } from "../io.js";

/** `zkmargin health`: the what-if of a book in a market. */
export function healthCommand(io: Io): Command {
  return new Command("health")
    .description("Show a book's health in a market: the full breakdown, and what would end it.")
    .argument("<book>", "book file, or - for standard input")
    .requiredOption("--market <file>", "market file (zkmargin market build)")
    .option(
      "--theta <bps>",
      "health factor to exceed, basis points; 10000 is maintenance margin",
      wholeNumber,
      DEFAULT_THETA,
    )
    .option("--tier <name>", "circuit size", tierNamed, defaultTier)
    .option("--json", "print JSON; amounts are attodollars × 10^8")
    .addHelpText(
      "after",
      `
Prints the book's positions' contributions: keep the output as private as the book.

Examples:
  $ zkmargin health desk.json --market market.json
  $ zkmargin health desk.json --market market.json --theta 12500     # initial margin of 1.25
  $ zkmargin health - --market market.json --json < desk.json`,
    )
    .action(async (bookPath: string, options) => {
      const { market: marketPath, theta, tier } = options;
      checkClaim({ theta, envelope: 0, healthy: true, isolated: false });
      const market = await readMarketFile(io, marketPath);
      const file = await readBookFile(io, bookPath, market.listing);
      const health = healthOf(denseBook(file, market.listing, tier.assets), denseMarket(market, tier), theta);
      io.out(
        options.json
          ? json(asJson(health, market, theta))
          : asText(health, market, theta, file.account, file.sequence),
      );
    });
}

function asJson(health: Health, market: MarketFile, theta: number) {
  const { assets, ...totals } = health.assessment;
  return {
    theta,
    ...health,
    assessment: {
      ...totals,
      worstScenario: scenarioName(health, market),
      assets: Object.fromEntries(market.listing.map(({ symbol }, u) => [symbol, assets[u]])),
    },
    breakingMoves: Object.fromEntries(
      market.listing.map(({ symbol }, u) => [symbol, health.breakingMoves[u]]),
    ),
  };
}

function scenarioName({ assessment }: Health, market: MarketFile): string | null {
  return assessment.worstScenario === null
    ? null
    : (market.profile.scenarios[assessment.worstScenario]?.name ?? null);
}

function asText(
  health: Health,
  market: MarketFile,
  theta: number,
  account: string,
  sequence: number,
): string {
  const { A, D, N, M, P, R, assets } = health.assessment;
  const verdict = health.healthy ? "above" : "not above";
  const scenario = scenarioName(health, market);
  const held = market.listing.flatMap(({ symbol }, u) => {
    const asset = assets[u];
    const move = health.breakingMoves[u];
    if (!asset || !move || Object.values(asset).every((amount) => amount === 0n)) return [];
    return [{ symbol, asset, move }];
  });
  return [
    `${account}, sequence ${sequence}, on ${market.source.date} under ${market.profile.name}\n\n`,
    `  health factor ${factor(health.healthFactor)}: ${verdict} ${factor(theta)}\n\n`,
    pairs([
      ["A  risk-weighted collateral", dollars(A)],
      ["D  debt", dollars(D)],
      ["N  margin and charges", dollars(N)],
      ["M  worst scenario", `${dollars(M)}${scenario ? `  (${scenario})` : ""}`],
      ["R  debt and maintenance margin", dollars(R)],
      ["P  unrealised profit", dollars(P)],
    ]),
    "\n",
    table(
      ["asset", "collateral", "debt", "profit", "perp margin", "liquidity", "impact", "scenario loss"],
      held.map(({ symbol, asset }) => [
        symbol,
        ...[
          asset.collateral,
          asset.debt,
          asset.pnl,
          asset.perpMargin,
          asset.liquidity,
          asset.impact,
          asset.scenarioLoss,
        ].map(dollars),
      ]),
    ),
    "\n  what can be proven\n",
    pairs(
      [
        ["largest health factor to exceed", health.largestTheta === 0 ? "none" : factor(health.largestTheta)],
        [
          `largest envelope at ${factor(theta)}`,
          health.largestEnvelope === null
            ? `none: ${health.unhealthy ? "ill health can be proven" : "within the spread, neither verdict can be proven"}`
            : percent(health.largestEnvelope),
        ],
      ],
      "    ",
    ),
    health.healthy ? "\n  price moves, each alone, that end it\n" : "",
    health.healthy
      ? table(
          ["asset", "fall", "rise"],
          held.map(({ symbol, move }) => [
            symbol,
            move.fall === null ? "none" : percent(-move.fall),
            move.rise === null ? "none" : percent(move.rise),
          ]),
          "    ",
        )
      : "",
  ].join("");
}
