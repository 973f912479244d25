import type { BookFile } from "../../../../book/file.js";
import { type MarketFile, marketDigest } from "../../../../market/file.js";
import type { PathPoint, Stress } from "../../../../risk/stress.js";

/** What `zkmargin risk stress` reports on. */
export interface StressReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  readonly stresses: readonly Stress[];
}

/** Stresses for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. As private as the book. */
export function stressJson({ file, market, stresses }: StressReport) {
  const { profile, listing, source } = market;
  const standing = ({ worstScenario, losses, ...rest }: PathPoint) => ({
    ...rest,
    worstScenario: worstScenario === null ? null : (profile.scenarios[worstScenario]?.name ?? null),
    losses: losses.map(({ slot, kind, loss }) => ({ asset: listing[slot]?.symbol, kind, loss })),
  });
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    tested: stresses.filter(({ cascade }) => cascade !== null).length,
    notTested: stresses.filter(({ cascade }) => cascade === null).length,
    stresses: stresses.map(({ shock, cascade, unpriced }) => ({
      name: shock.name,
      moves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.moves[u] ?? null])),
      tested: cascade !== null,
      unpriced,
      ...(cascade && {
        before: standing(cascade.before),
        after: standing(cascade.after),
        crossings: cascade.crossings.map(({ threshold, point: at }) => ({
          ...threshold,
          standing: at && standing(at),
        })),
      }),
    })),
  };
}
