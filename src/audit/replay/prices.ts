import type { FeedReadings } from "../../chain/eventLog/record.js";
import { OBSERVATIONS, ROUNDS } from "../../protocol/bounds.js";
import { type Average, quoteOf } from "../../protocol/odometer.js";
import type { Basis, Report } from "./context.js";

/** A whole number that is known to lie between two, mostly the same. */
export interface Interval {
  readonly least: bigint;
  readonly most: bigint;
}

/** What a round says of an asset; attodollars per quantum. */
export interface Quote {
  readonly low: bigint;
  readonly high: bigint;
  readonly funding: bigint;
  /** Follows from low, high and the average, but for a tie of two neighbours. */
  readonly spot: Interval;
}

/** What is remembered of rounds for the averages of later ones. */
export interface PriceHistory {
  readonly newest: { readonly number: number; readonly time: number } | null;
  /** The rounds in the ring, by number modulo ROUNDS. */
  readonly ring: readonly ({ readonly number: number; readonly time: number } | null)[];
  /** Number of the round that the average reaches back to; 0 before the first. */
  anchor: number;
  /** Of the newest round, in the listing's order. */
  readonly quotes: readonly Quote[];
  /** Σ spot · seconds up to each observation, by number modulo OBSERVATIONS. */
  readonly sums: (readonly Interval[] | null)[];
  /** The oldest observation since the last gap in the record: earlier averages are not known. */
  knownFrom: number;
  /** Whether each feed answers without a confidence; null once the sources were replaced. */
  readonly exact: readonly boolean[] | null;
}

/** The round of that number if it is still in the ring. */
export function roundIn<Round extends { readonly number: number }>(
  { ring }: { readonly ring: readonly (Round | null)[] },
  number: number,
): Round | null {
  const round = ring[number % ROUNDS] ?? null;
  return round?.number === number ? round : null;
}

/** With more averages than this it is unknown which one holds: the record's author must not choose how long the search takes. */
const MOST = 8n;

/**
 * The averages that the sums up to now allow, mostly one: more only where a spot price could have been either of two
 * neighbours. None without seconds to average over; null where so many fit that nothing is known.
 */
export function averagesOf(area: Interval, span: bigint): Average[] | null {
  if (span === 0n) return [];
  if (area.most / span - area.least / span > MOST) return null;
  const found: Average[] = [];
  for (let floor = area.least / span; floor <= area.most / span; floor++) {
    const exact = floor * span;
    if (exact >= area.least && exact <= area.most) found.push({ floor, ceiling: floor });
    if (area.most > exact && area.least < exact + span) found.push({ floor, ceiling: floor + 1n });
  }
  return found;
}

/**
 * The spot prices that make this low and high with this average: one where spot and confidence make both; where the average
 * makes one of them, as many as there are confidences that leave it so.
 * @param exact whether the feed has no confidence to speak of: none, or 1 for what a division cuts off
 */
function spotsOf(
  { low, high }: Pick<Quote, "low" | "high">,
  average: Average | null,
  exact: boolean,
): Interval[] {
  const found: Interval[] = [];
  const width = high - low;
  const inside = average === null || (low <= average.floor && high >= average.ceiling);
  if (low <= 0n || !inside) return found;
  if (width % 2n === 0n && (!exact || width <= 2n))
    found.push({ least: low + width / 2n, most: low + width / 2n });
  const widest = exact && width > 2n ? 1n : width / 2n;
  if (low === average?.floor) found.push({ least: high - widest, most: high });
  if (high === average?.ceiling) found.push({ least: low, most: low + widest });
  return found;
}

/** The sums up to `time`, in which each asset's last spot counts for the seconds since the last round. */
export function sumsAt(history: PriceHistory, time: number): Interval[] {
  const { newest, quotes } = history;
  const last = newest === null ? null : (history.sums[newest.number % OBSERVATIONS] ?? null);
  const elapsed = BigInt(time - (newest?.time ?? time));
  return quotes.map(({ spot }, u) => ({
    least: (last?.[u]?.least ?? 0n) + spot.least * elapsed,
    most: (last?.[u]?.most ?? 0n) + spot.most * elapsed,
  }));
}

/**
 * Moves the anchor as the ledger does: to the youngest observation that is at least `twapWindow` old, or the oldest.
 * Returns its number.
 */
export function advanceAnchor(
  history: PriceHistory,
  number: number,
  time: number,
  twapWindow: number,
): number {
  let anchor = history.anchor === 0 ? 1 : history.anchor;
  if (anchor + OBSERVATIONS <= number) anchor = number - OBSERVATIONS + 1;
  const old = (observation: number) =>
    // Before a gap in the record no time is known, and none is needed.
    observation < history.knownFrom || (roundIn(history, observation)?.time ?? time) + twapWindow <= time;
  while (anchor + 1 < number && old(anchor + 1)) anchor++;
  history.anchor = anchor;
  return anchor;
}

/** What a round says of an asset, as its event has it: attodollars per quantum. */
export type Prices = Omit<Quote, "spot">;

/** Holds a round's prices to average and feeds. Returns them with the spot prices that they came from. */
export function spotPrices(
  basis: Basis,
  history: PriceHistory,
  prices: readonly Prices[],
  number: number,
  time: number,
  feeds: FeedReadings | null,
  report: Report,
): Quote[] {
  const sums = sumsAt(history, time);
  const anchor = advanceAnchor(history, number, time, basis.constants.ledger.twapWindow);
  const anchorTime = history.ring[anchor % ROUNDS]?.time ?? time;
  const span = number === 1 ? 0n : BigInt(time - anchorTime);
  const known = anchor >= history.knownFrom || number === 1;
  const old = history.sums[anchor % OBSERVATIONS];
  const quotes = prices.map((price, u): Quote => {
    const [sum, then] = [sums[u], old?.[u]];
    const area = {
      least: (sum?.least ?? 0n) - (then?.most ?? 0n),
      most: (sum?.most ?? 0n) - (then?.least ?? 0n),
    };
    // Of one observation the sums are the same number, whichever it is.
    const exactArea = sum && then && sum.least === sum.most && then.least === then.most;
    const spot = spotOf(
      basis,
      {
        price,
        asset: u,
        round: number,
        averages: known ? averagesOf(exactArea ? area : widened(area), span) : null,
        exact: history.exact?.[u] ?? false,
        noSpan: known && span === 0n,
      },
      feeds,
      report,
    );
    return { ...price, spot };
  });
  checkFunding(prices, feeds, number, report);
  tellMedians(feeds, number, report);
  history.sums[number % OBSERVATIONS] = prices.map((_, u) => sums[u] ?? { least: 0n, most: 0n });
  return quotes;
}

function widened({ least, most }: Interval): Interval {
  return { least: least < 0n ? 0n : least, most };
}

interface Observed {
  readonly price: Prices;
  readonly asset: number;
  readonly round: number;
  /** Null where the record does not reach back as far as the average. */
  readonly averages: readonly { readonly floor: bigint; readonly ceiling: bigint }[] | null;
  readonly exact: boolean;
  readonly noSpan: boolean;
}

/** The spot price behind low and high, by what the feed said or, where that is not in the record, by the average. */
function spotOf(
  { deployment }: Basis,
  observed: Observed,
  feeds: FeedReadings | null,
  report: Report,
): Interval {
  const { price, asset, round, averages, exact, noSpan } = observed;
  const symbol = deployment.listing[asset]?.symbol ?? String(asset);
  const readings = (feeds?.prices[asset] ?? []).map(([spot, confidence]) => ({
    spot: BigInt(spot),
    confidence: BigInt(confidence),
  }));
  const candidates = noSpan ? [null] : averages;
  const derived = candidates?.flatMap((average) => spotsOf(price, average, exact));
  if (derived !== undefined && derived.length === 0)
    report(
      "round-average",
      { round },
      `${symbol}: low and high of a spot price and the average over time`,
      "of no spot price there can be",
    );
  const said = readings.find((reading) =>
    candidates === null
      ? price.low <= reading.spot - reading.confidence && price.high >= reading.spot + reading.confidence
      : candidates.some((average) => {
          const [low, high] = quoteOf(reading, average);
          return low === price.low && high === price.high;
        }),
  );
  if (said !== undefined) return { least: said.spot, most: said.spot };
  if (readings.length > 0 && derived?.length !== 0)
    report("round-feeds", { round }, `${symbol}: low and high of what its feed said`, "others");
  if (derived === undefined || derived.length === 0) return { least: price.low, most: price.high };
  return {
    least: derived.map(({ least }) => least).reduce((a, b) => (a < b ? a : b)),
    most: derived.map(({ most }) => most).reduce((a, b) => (a > b ? a : b)),
  };
}

/** What medians had recorded when the round was committed: it changes no price, and somebody should know of it. */
function tellMedians(feeds: FeedReadings | null, round: number, report: Report): void {
  for (const { asset, silent, check } of feeds?.medians ?? []) {
    if (check === "disagrees" || check === "silent")
      report("median-check", { round }, `${asset}: a check that agrees`, `one that ${WORDS[check]}`);
    if (silent !== 0) {
      const places = [...silent.toString(2)].reverse().flatMap((bit, i) => (bit === "1" ? [i] : []));
      report(
        "median-silent",
        { round },
        `${asset}: an answer of every source`,
        `none of ${places.join(", ")}`,
      );
    }
  }
}

const WORDS = { disagrees: "disagrees", silent: "does not answer" } as const;

function checkFunding(
  prices: readonly Prices[],
  feeds: FeedReadings | null,
  round: number,
  report: Report,
): void {
  if (feeds === null) return;
  const got = prices.map(({ funding }) => funding.toString()).join();
  const said = feeds.funding.length === 0 ? [prices.map(() => "0").join()] : feeds.funding.map(String);
  if (!said.includes(got))
    report("round-feeds", { round }, "the funding that its source said", "other funding");
}
