import { quantile } from "../statistics/elementary.js";
import type { AssetTail } from "./marginals.js";

/** What one past day would be at today's volatilities: moves of log prices. */
export interface HistoricalDay {
  readonly name: string;
  readonly basis: string;
  readonly moves: ReadonlyMap<string, number>;
}

/**
 * Filtered historical worst days, chosen to be unlike each other (filtered historical simulation: G. Barone-Adesi,
 * K. Giannopoulos, L. Vosper, "VaR without correlations for portfolios of derivative securities", Journal of Futures
 * Markets 19, 1999). Each day is a vector of residuals, one per asset, that today's volatilities turn into moves.
 *
 * The first is the day on which the risky assets' residuals had the lowest mean. Every other one is the day whose
 * residuals reach furthest in a direction that neither the market nor a day before it has: the length of what is left
 * of them after projection. A day is then shrunk until its size, by the same measure, is the quantile of all days'
 * sizes at the confidence. No asset goes beyond its own tail: these are patterns at the stated confidence, not records.
 *
 * A risky asset that was not priced that day moves as the mean residual of those that were; a day with fewer than half of them
 * priced, or than three, is none (of one or two assets all are wanted). A pegged asset that was not priced stays at its peg:
 * neither kind stands in for the other.
 * @param assets the risky ones first
 * @param options `risky`: how many assets are; `count`: days to choose; `confidence`: a probability
 */
export function historicalDays(
  assets: readonly AssetTail[],
  times: readonly string[],
  {
    risky,
    count,
    confidence,
  }: { readonly risky: number; readonly count: number; readonly confidence: number },
): HistoricalDay[] {
  const rows = times.map((_, t) =>
    completed(assets.slice(0, risky).map((a) => a.marginal.residuals[t] ?? null)),
  );
  const mean = (row: readonly number[]) => row.reduce((sum, z) => sum + z, 0) / risky;
  const chosen: { readonly t: number; readonly scale: number }[] = [];
  const basis: number[][] = [Array.from({ length: risky }, () => 1 / Math.sqrt(risky))];
  for (let k = 0; k < count; k++) {
    const sizes = rows.map((row) => {
      if (row === null) return 0;
      return k === 0 ? Math.max(0, -mean(row)) : length(without(row, basis));
    });
    const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
    const t = sizes.indexOf(largest);
    const row = rows[t];
    if (!row || largest < 1e-9 || chosen.some((day) => day.t === t)) break;
    chosen.push({
      t,
      scale: Math.min(
        1,
        quantile(
          sizes.filter((_, i) => rows[i] !== null),
          confidence,
        ) / largest,
      ),
    });
    const left = without(row, basis);
    const size = length(left);
    if (size < 1e-9) break;
    basis.push(left.map((z) => z / size));
  }
  return chosen.map(({ t, scale }, k): HistoricalDay => {
    const row = rows[t] ?? [];
    const fallback = mean(row);
    return {
      name: `as on ${times[t]}`,
      basis: `${k === 0 ? "worst for the market" : "least like those before"}, at ${Math.round(scale * 100)} % of its size${notPriced(assets, t)}`,
      moves: new Map(
        assets.map(({ marginal, tails }, u) => {
          const z = scale * (u < risky ? (row[u] ?? fallback) : (marginal.residuals[t] ?? 0));
          return [marginal.asset, marginal.volatility * Math.max(-tails.down, Math.min(tails.up, z))];
        }),
      ),
    };
  });
}

/** Least number of residuals that others may be given the mean of, beside half of all. */
const LEAST_PRESENT = 3;

/** A row with the mean of what there is in place of what there is not; null where there is too little. */
function completed(row: readonly (number | null)[]): number[] | null {
  const present = row.filter((z) => z !== null);
  const least = Math.max(Math.ceil(row.length / 2), Math.min(row.length, LEAST_PRESENT));
  if (present.length < least || present.length === 0) return null;
  const mean = present.reduce((sum, z) => sum + z, 0) / present.length;
  return row.map((z) => z ?? mean);
}

function notPriced(assets: readonly AssetTail[], t: number): string {
  const without = assets.filter(({ marginal }) => (marginal.residuals[t] ?? null) === null);
  return without.length === 0
    ? ""
    : `; not priced then: ${without.map(({ marginal }) => marginal.asset).join(", ")}`;
}

/** What is left of a vector after projection on orthonormal ones. */
function without(row: readonly number[], basis: readonly (readonly number[])[]): number[] {
  let left = [...row];
  for (const direction of basis) {
    const along = left.reduce((sum, z, u) => sum + z * (direction[u] ?? 0), 0);
    left = left.map((z, u) => z - along * (direction[u] ?? 0));
  }
  return left;
}

function length(row: readonly number[]): number {
  return Math.sqrt(row.reduce((sum, z) => sum + z * z, 0));
}
