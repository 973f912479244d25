import { OBSERVATIONS } from "../../protocol/bounds.js";
import { type Interval, type LedgerState, type Quote, roundIn } from "./ledgerState.js";

/** A time-weighted average, rounded down and up. */
export interface Average {
  readonly floor: bigint;
  readonly ceiling: bigint;
}

/** What a feed answered: attodollars per quantum. */
export interface Observation {
  readonly spot: bigint;
  readonly confidence: bigint;
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

/** low = min(spot − confidence, average), high = max(spot + confidence, average). */
export function quoteOf({ spot, confidence }: Observation, average: Average | null): [bigint, bigint] {
  const [low, high] = [spot - confidence, spot + confidence];
  if (average === null) return [low, high];
  return [average.floor < low ? average.floor : low, average.ceiling > high ? average.ceiling : high];
}

/**
 * The spot prices that make this low and high with this average: one where spot and confidence make both; where the average
 * makes one of them, as many as there are confidences that leave it so.
 * @param exact whether the feed has no confidence to speak of: none, or 1 for what a division cuts off
 */
export function spotsOf(
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
export function sumsAt(ledger: LedgerState, time: number): Interval[] {
  const { newest, quotes } = ledger;
  const last = newest === null ? null : (ledger.sums[newest.number % OBSERVATIONS] ?? null);
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
export function advanceAnchor(ledger: LedgerState, number: number, time: number, twapWindow: number): number {
  let anchor = ledger.anchor === 0 ? 1 : ledger.anchor;
  if (anchor + OBSERVATIONS <= number) anchor = number - OBSERVATIONS + 1;
  const old = (observation: number) =>
    // Before a gap in the record no time is known, and none is needed.
    observation < ledger.knownFrom || (roundIn(ledger, observation)?.time ?? time) + twapWindow <= time;
  while (anchor + 1 < number && old(anchor + 1)) anchor++;
  ledger.anchor = anchor;
  return anchor;
}
