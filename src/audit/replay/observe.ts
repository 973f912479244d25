import type { FeedReadings } from "../../chain/eventLog/record.js";
import { OBSERVATIONS, ROUNDS } from "../../protocol/bounds.js";
import { advanceAnchor, averagesOf, quoteOf, spotsOf, sumsAt } from "./average.js";
import type { Report, Terms } from "./context.js";
import type { Interval, LedgerState, Quote } from "./ledgerState.js";

/** What a round says of an asset, as its event has it: attodollars per quantum. */
export type Prices = Omit<Quote, "spot">;

/** Holds prices to average and feeds; returns them with the spot prices that they came from. */
export function observe(
  terms: Terms,
  ledger: LedgerState,
  prices: readonly Prices[],
  number: number,
  time: number,
  feeds: FeedReadings | null,
  report: Report,
): Quote[] {
  const sums = sumsAt(ledger, time);
  const anchor = advanceAnchor(ledger, number, time, terms.constants.ledger.twapWindow);
  const anchorTime = ledger.ring[anchor % ROUNDS]?.time ?? time;
  const span = number === 1 ? 0n : BigInt(time - anchorTime);
  const known = anchor >= ledger.knownFrom || number === 1;
  const old = ledger.sums[anchor % OBSERVATIONS];
  const quotes = prices.map((price, u): Quote => {
    const [sum, then] = [sums[u], old?.[u]];
    const area = {
      least: (sum?.least ?? 0n) - (then?.most ?? 0n),
      most: (sum?.most ?? 0n) - (then?.least ?? 0n),
    };
    // Of one observation the sums are the same number, whichever it is.
    const exactArea = sum && then && sum.least === sum.most && then.least === then.most;
    const spot = spotOf(
      terms,
      {
        price,
        asset: u,
        round: number,
        averages: known ? averagesOf(exactArea ? area : widened(area), span) : null,
        exact: ledger.exact?.[u] ?? false,
        noSpan: known && span === 0n,
      },
      feeds,
      report,
    );
    return { ...price, spot };
  });
  checkFunding(prices, feeds, number, report);
  ledger.sums[number % OBSERVATIONS] = prices.map((_, u) => sums[u] ?? { least: 0n, most: 0n });
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
  { deployment }: Terms,
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
