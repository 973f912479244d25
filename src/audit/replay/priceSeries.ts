import { addToSeries, type Series, type Stretch } from "./stretches.js";

/** What rounds said of prices over a stretch of them, attodollars per quantum, in the listing's order. */
export interface PriceStretch extends Stretch {
  /** The least low and the greatest high of each asset. */
  least: readonly bigint[];
  greatest: readonly bigint[];
}
export type PriceSeries = Series<PriceStretch>;

/** Stretches of the record: enough for the eye. */
const MOST = 256;

/** Adds a round. Least and greatest are exact, however many rounds a stretch has. */
export function addPrices(
  series: PriceSeries,
  { number, time }: { readonly number: number; readonly time: number },
  quotes: readonly { readonly low: bigint; readonly high: bigint }[],
): void {
  const rounds = { fromRound: number, toRound: number, fromTime: time, toTime: time };
  const [least, greatest] = [quotes.map(({ low }) => low), quotes.map(({ high }) => high)];
  addToSeries(series, { ...rounds, least, greatest }, joined, MOST);
}

function joined(a: PriceStretch, b: PriceStretch): PriceStretch {
  const each = (of: "least" | "greatest", better: (one: bigint, other: bigint) => boolean) =>
    a[of].map((one, u) => {
      const other = b[of][u] ?? one;
      return better(one, other) ? one : other;
    });
  return { ...b, least: each("least", (x, y) => x < y), greatest: each("greatest", (x, y) => x > y) };
}
