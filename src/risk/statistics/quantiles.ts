/**
 * The value that a share p of a sample lies below, by linear interpolation between its order statistics at
 * h = (n + ⅓)·p + ⅓: median-unbiased whatever the distribution (R. Hyndman, Y. Fan, "Sample Quantiles in
 * Statistical Packages", American Statistician 50, 1996, definition 8). Beyond the sample it is the extreme.
 * @throws RangeError for an empty sample, or p outside 0 … 1
 */
export function quantile(sample: readonly number[], p: number): number {
  if (sample.length === 0) throw new RangeError("a quantile of nothing");
  if (!(p >= 0 && p <= 1)) throw new RangeError("a quantile at no probability");
  const sorted = sample.toSorted((a, b) => a - b);
  const h = (sorted.length + 1 / 3) * p + 1 / 3;
  const below = Math.min(sorted.length, Math.max(1, Math.floor(h)));
  const above = Math.min(sorted.length, below + 1);
  const low = sorted[below - 1] ?? Number.NaN;
  const high = sorted[above - 1] ?? Number.NaN;
  return low + Math.min(1, Math.max(0, h - below)) * (high - low);
}
