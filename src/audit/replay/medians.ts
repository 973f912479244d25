import type { FeedReadings, LogBlock } from "../../chain/eventLog/record.js";
import type { MedianAnswers, MedianRule } from "../../chain/eventLog/sides.js";
import type { MedianFeedEvents } from "../../chain/generated/MedianFeed.js";
import { CHECK_NAMES, type CheckName } from "../../chain/medians.js";
import { BPS, PRICE_BITS } from "../../protocol/bounds.js";
import type { SideContext, SideHandlers } from "./sideContext.js";

/** What a median has recorded, as its events tell. Prices in attodollars per quantum. */
export interface MedianState {
  low: bigint;
  high: bigint;
  /** Places of the sources that did not answer. */
  readonly silent: Set<number>;
  check: CheckName;
}

/** What events of medians change: by asset. */
export interface MedianPart {
  readonly medians: Map<string, MedianState>;
}

interface Band {
  readonly low: bigint;
  readonly high: bigint;
}

/** The record has so many combinations of answers at most: a source may have changed within the block. */
const MOST_COMBINATIONS = 256;
const MOST_PRICE = (1n << BigInt(PRICE_BITS)) - 1n;

export const medianHandlers: SideHandlers<MedianFeedEvents, MedianPart> = {
  BandMoved(state, { low, high }, context) {
    const { report, quote } = context;
    const median = medianOf(state, context.of);
    const seen = answersOf(context);
    if (seen !== undefined && !bandsOf(seen, median).some((band) => band.low === low && band.high === high))
      report("median-rule", {}, "low and high by the rule of its sources' answers", quote(low, high));
    if (low === median.low && high === median.high)
      report("median-rule", {}, "a band that moves", "the one there was");
    [median.low, median.high] = [low, high];
  },

  SourceSilenced(state, { source }, context) {
    const median = medianOf(state, context.of);
    const place = Number(source);
    if (median.silent.has(place)) context.report("median-rule", {}, `source ${place} silenced once`, "again");
    checkSource(context, place, null);
    median.silent.add(place);
  },

  SourceAnswered(state, { source }, context) {
    const median = medianOf(state, context.of);
    const place = Number(source);
    if (!median.silent.delete(place))
      context.report("median-rule", {}, `source ${place} silent before it answers again`, "not silent");
    checkSource(context, place, "a price");
  },

  CheckChanged(state, event, context) {
    const { report, quote } = context;
    const median = medianOf(state, context.of);
    const said = CHECK_NAMES[Number(event.state)] ?? "none";
    if (said === median.check) report("median-rule", {}, "a check that says otherwise than before", said);
    if (event.low !== median.low || event.high !== median.high)
      report("median-rule", {}, quote(median.low, median.high), quote(event.low, event.high));
    median.check = said;
    const seen = answersOf(context);
    if (seen === undefined) return;
    const { check } = seen.answers;
    const expected = check.map((answer) => checkOf(answer, median, seen.rule.tolerance));
    if (!expected.some(({ name, price }) => name === said && price === event.price))
      report(
        "median-rule",
        {},
        `a check that ${expected[0]?.name ?? "is there"} by the tolerance`,
        `${said} at ${event.price}`,
      );
  },
};

/** Holds a round's median to the rule: what its feed answered, and what it had recorded. */
export function checkMedians(state: MedianPart, block: LogBlock, context: Omit<SideContext, "of">): void {
  const { feeds } = block;
  if (feeds === null) return;
  for (const { asset, low, high, silent, check } of feeds.medians ?? []) {
    const median = medianOf(state, asset);
    const { report, quote } = context;
    // A log of an older version has no events of medians.
    if (context.rules === undefined) continue;
    const places = [...median.silent].reduce((bits, place) => bits | (1 << place), 0);
    if (BigInt(low) !== median.low || BigInt(high) !== median.high)
      report("median-rule", {}, quote(median.low, median.high), quote(BigInt(low), BigInt(high)));
    if (places !== silent || median.check !== check)
      report(
        "median-rule",
        {},
        `silent ${places}, check ${median.check}`,
        `silent ${silent}, check ${check}`,
      );
    checkAnswer(median, feeds, { ...context, of: asset });
  }
}

/** What a round read of the median must be the rule's, with what was kept before or after in the block. */
function checkAnswer(median: MedianState, feeds: FeedReadings, context: SideContext): void {
  const { of, listing, report } = context;
  const seen = answersOf(context);
  if (seen === undefined) return report("median-unseen", {}, `what the sources of ${of} said`, "nothing");
  const kept = [median, context.before.get(of) ?? median];
  const expected = kept.flatMap((before) => bandsOf(seen, before).map(answerOf));
  for (const [price, confidence] of feeds.prices[listing.indexOf(of)] ?? [])
    if (!expected.includes(`${price} ${confidence}`))
      report("median-rule", {}, `${of}: an answer by the rule of its sources'`, "another");
}

/** As MedianFeed.read: price − confidence is low, and price + confidence high, or one more. */
function answerOf({ low, high }: Band): string {
  const price = (low + high + 1n) / 2n;
  return `${price} ${price - low}`;
}

interface Seen {
  readonly answers: MedianAnswers;
  readonly rule: MedianRule;
}

function answersOf({ of, block, rules }: SideContext): Seen | undefined {
  const answers = block.medians?.find(({ asset }) => asset === of);
  const rule = rules?.[of];
  return answers === undefined || rule === undefined ? undefined : { answers, rule };
}

function checkSource(context: SideContext, place: number, expected: "a price" | null): void {
  const of = answersOf(context)?.answers.sources[place];
  if (of === undefined) return;
  if (!of.some((answer) => (priceOf(answer) === null) === (expected === null)))
    context.report("median-rule", {}, `${expected ?? "silence"} of source ${place}`, "the other");
}

type Answer = MedianAnswers["check"][number];

/** As MedianFeed._ask: null for what is no price. */
function priceOf(answer: Answer): Band | null {
  if (answer === null) return null;
  const [price, confidence] = [BigInt(answer[0]), BigInt(answer[1])];
  if (price > MOST_PRICE || confidence >= price || price + confidence >= MOST_PRICE) return null;
  return { low: price - confidence, high: price + confidence };
}

/** The bands that the rule makes of the answers: one for each combination that there can have been. */
function bandsOf({ answers, rule }: Seen, before: Band): Band[] {
  let combinations: (Band | null)[][] = [[]];
  for (const source of answers.sources) {
    const said = source.map(priceOf);
    if (combinations.length * said.length > MOST_COMBINATIONS) said.length = 1;
    combinations = combinations.flatMap((one) => said.map((answer) => [...one, answer]));
  }
  return combinations.flatMap((one) => {
    const counted = one.filter((answer) => answer !== null).slice(0, rule.seats);
    return counted.length < rule.quorum ? [] : [banded(counted, rule.deadBand, before)];
  });
}

/** As MedianFeed._banded. */
function banded(counted: readonly Band[], deadBand: number, before: Band): Band {
  const sorted = (side: keyof Band) => counted.map((answer) => answer[side]).sort((a, b) => (a < b ? -1 : 1));
  const last = counted.length - 1;
  const least = Math.floor(last / 2);
  const [low, high] = [sorted("low")[least] ?? 0n, sorted("high")[last - least] ?? 0n];
  const [bps, share] = [BPS, BigInt(deadBand)];
  const keepsLow = before.low <= low && before.low * bps >= low * (bps - share);
  const keepsHigh = before.high >= high && before.high * bps <= high * (bps + share);
  return { low: keepsLow ? before.low : low, high: keepsHigh ? before.high : high };
}

/** As MedianFeed._compare. */
function checkOf(answer: Answer, { low, high }: Band, tolerance: number): { name: CheckName; price: bigint } {
  const said = priceOf(answer);
  if (said === null) return { name: "silent", price: 0n };
  const [bps, share] = [BPS, BigInt(tolerance)];
  const isApart = said.high * bps < low * (bps - share) || said.low * bps > high * (bps + share);
  return { name: isApart ? "disagrees" : "agrees", price: (said.low + said.high) / 2n };
}

function medianOf({ medians }: MedianPart, asset: string): MedianState {
  const known = medians.get(asset);
  if (known !== undefined) return known;
  const fresh: MedianState = { low: 0n, high: 0n, silent: new Set(), check: "none" };
  medians.set(asset, fresh);
  return fresh;
}
