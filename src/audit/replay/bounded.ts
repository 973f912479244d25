/** Lists that a result holds however long the history is: of some the newest items, of others stretches that grow. */

/** A list of which only the newest are kept; see Bounded in result.ts. */
export interface Growing<T> {
  omitted: number;
  readonly items: T[];
}

/** Items of a list that a result keeps of each account. */
export const KEPT = 1_000;

export function newGrowing<T>(): Growing<T> {
  return { omitted: 0, items: [] };
}

export function push<T>(list: Growing<T>, item: T, kept = KEPT): void {
  list.items.push(item);
  if (list.items.length > kept) {
    list.items.shift();
    list.omitted++;
  }
}

/** Something that each round has, over a stretch of rounds. */
export interface Stretch {
  readonly fromRound: number;
  toRound: number;
  readonly fromTime: number;
  toTime: number;
}

/** A series by round in stretches whose number is bounded: the longer the history, the longer each. */
export interface Series<T extends Stretch> {
  /** Rounds in a stretch. */
  width: number;
  /** Rounds in the last one. */
  filled: number;
  stretches: T[];
}

export function newSeries<T extends Stretch>(): Series<T> {
  return { width: 1, filled: 0, stretches: [] };
}

/**
 * Adds a round.
 * @param point the round as a stretch of its own
 * @param joined what two stretches that follow each other are as one, but for their rounds and times
 * @param most stretches that are kept
 */
function addToSeries<T extends Stretch>(
  series: Series<T>,
  point: T,
  joined: (a: T, b: T) => T,
  most: number,
): void {
  const join = (a: T, b: T): T => ({
    ...joined(a, b),
    fromRound: a.fromRound,
    toRound: b.toRound,
    fromTime: a.fromTime,
    toTime: b.toTime,
  });
  const last = series.stretches.at(-1);
  if (last !== undefined && series.filled < series.width) {
    series.stretches[series.stretches.length - 1] = join(last, point);
    series.filled++;
    return;
  }
  series.stretches.push(point);
  series.filled = 1;
  if (series.stretches.length <= most) return;
  const pairs: T[] = [];
  for (let i = 0; i < series.stretches.length; i += 2) {
    const [one, two] = [series.stretches[i], series.stretches[i + 1]];
    if (one !== undefined) pairs.push(two === undefined ? one : join(one, two));
  }
  const odd = series.stretches.length % 2 === 1;
  series.filled = odd ? series.filled : series.width + series.filled;
  series.width *= 2;
  series.stretches = pairs;
}

/** What rounds said of prices over a stretch of them, attodollars per quantum, in the listing's order. */
export interface PriceStretch extends Stretch {
  /** The least low and the greatest high of each asset. */
  least: readonly bigint[];
  greatest: readonly bigint[];
}
export type PriceSeries = Series<PriceStretch>;

/** Stretches of prices in a result: enough for the eye. */
const PRICE_STRETCHES = 256;

/** Adds the prices of a round. Least and greatest are exact, however many rounds a stretch has. */
export function addPrices(
  series: PriceSeries,
  { number, time }: { readonly number: number; readonly time: number },
  quotes: readonly { readonly low: bigint; readonly high: bigint }[],
): void {
  const rounds = { fromRound: number, toRound: number, fromTime: time, toTime: time };
  const [least, greatest] = [quotes.map(({ low }) => low), quotes.map(({ high }) => high)];
  addToSeries(series, { ...rounds, least, greatest }, joinedPrices, PRICE_STRETCHES);
}

function joinedPrices(a: PriceStretch, b: PriceStretch): PriceStretch {
  const each = (of: "least" | "greatest", better: (one: bigint, other: bigint) => boolean) =>
    a[of].map((one, u) => {
      const other = b[of][u] ?? one;
      return better(one, other) ? one : other;
    });
  return { ...b, least: each("least", (x, y) => x < y), greatest: each("greatest", (x, y) => x > y) };
}

/** Health factors of disclosed books over a stretch of rounds, basis points; null is infinite. */
export interface HealthStretch extends Stretch {
  least: bigint | null;
  greatest: bigint | null;
  theta: number | null;
}
export type HealthSeries = Series<HealthStretch>;

/** Stretches of health factors that a result keeps of each account. */
const HEALTH_STRETCHES = 512;

/** Adds the health factor at a round. Least and greatest are exact, however many rounds a stretch has. */
export function addHealth(
  series: HealthSeries,
  { number, time }: { readonly number: number; readonly time: number },
  healthFactor: bigint | null,
  theta: number | null,
): void {
  const rounds = { fromRound: number, toRound: number, fromTime: time, toTime: time };
  addToSeries(
    series,
    { ...rounds, least: healthFactor, greatest: healthFactor, theta },
    joinedHealth,
    HEALTH_STRETCHES,
  );
}

function joinedHealth(a: HealthStretch, b: HealthStretch): HealthStretch {
  return {
    ...b,
    least: a.least === null ? b.least : b.least === null || a.least < b.least ? a.least : b.least,
    greatest:
      a.greatest === null || b.greatest === null ? null : a.greatest > b.greatest ? a.greatest : b.greatest,
  };
}
