import type { BookFile } from "../../../../book/file.js";
import { type MarketFile, marketDigest } from "../../../../market/file.js";
import type { Cascade, Standing } from "../../../../risk/stress/cascade.js";
import type { Shock } from "../../../../risk/stress/shocks.js";

/** What `zkmargin risk stress` reports on. */
export interface StressReport {
  readonly file: BookFile;
  readonly market: MarketFile;
  readonly stresses: readonly { readonly shock: Shock; readonly cascade: Cascade }[];
}

/** Stresses for programs; amounts are attodollars × SCALE, that is 10^-26 dollars. As private as the book. */
export function stressJson({ file, market, stresses }: StressReport) {
  const { profile, listing, source } = market;
  const standing = ({ worstScenario, losses, ...rest }: Standing) => ({
    ...rest,
    worstScenario: worstScenario === null ? null : (profile.scenarios[worstScenario]?.name ?? null),
    losses: losses.map(({ slot, kind, loss }) => ({ asset: listing[slot]?.symbol, kind, loss })),
  });
  return {
    account: file.account,
    sequence: file.sequence,
    market: { profile: profile.name, date: source.date, digest: marketDigest(market) },
    stresses: stresses.map(({ shock, cascade }) => ({
      name: shock.name,
      moves: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, shock.moves[u]])),
      substituted: shock.substituted,
      before: standing(cascade.before),
      after: standing(cascade.after),
      crossings: cascade.crossings.map(({ threshold, standing: at }) => ({
        ...threshold,
        standing: at && standing(at),
      })),
    })),
  };
}
