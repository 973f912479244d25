import type { BookFile } from "../../../book/bookFile.js";
import { type MarketFile, marketDigest } from "../../../market/file.js";
import type { Health } from "../../../protocol/health.js";
import { SCALE } from "../../../protocol/statement.js";

/** What `zkmargin health` reports on. */
export interface HealthReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  /** Basis points. */
  readonly theta: number;
  /** Of the book, attodollars. */
  readonly basis: bigint;
  readonly health: Health;
}

/** The health of a book for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. */
export function healthJson({ file, market, theta, basis, health }: HealthReport) {
  const { assessment, breakingMoves, ...verdicts } = health;
  const { assets, scenarioLosses, worstScenario, ...totals } = assessment;
  const { profile, listing, source } = market;
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    theta,
    ...verdicts,
    assessment: {
      ...totals,
      basis: basis * SCALE,
      worstScenario: scenarioName(worstScenario, market),
      scenarioLosses: Object.fromEntries(profile.scenarios.map(({ name }, s) => [name, scenarioLosses[s]])),
      assets: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, assets[u]])),
    },
    breakingMoves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, breakingMoves[u]])),
  };
}

/** The name of the scenario with that index. */
export function scenarioName(index: number | null, { profile }: MarketFile): string | null {
  return index === null ? null : (profile.scenarios[index]?.name ?? null);
}
