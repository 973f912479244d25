import type { FeedReadings } from "../../chain/eventLog/record.js";
import type { MarketLedgerEvents } from "../../chain/generated/MarketLedger.js";
import { LEAST_MOVE, PRICE_BITS, ROUNDS } from "../../protocol/bounds.js";
import { moveOf } from "../../protocol/odometer.js";
import { signalLayout, toField } from "../../protocol/signals.js";
import { liveEpoch } from "../../protocol/status.js";
import { countOf } from "./bounded.js";
import type { Place, Report, Terms } from "./context.js";
import type { LedgerState, Quote, RoundHead } from "./ledgerState.js";
import { observe, type Prices } from "./observe.js";
import type { ProfileState } from "./profileState.js";

type RoundCommitted = MarketLedgerEvents["RoundCommitted"];

/** A checked round: its head, and whether the record has its feeds to compare it with. */
export interface CheckedRound {
  readonly head: RoundHead;
  readonly comparedWithFeeds: boolean;
}

/** Takes a round in: its order, its time, its epoch, its prices against average and feeds, its odometer and its point. */
export function commitRound(
  terms: Terms,
  ledger: LedgerState,
  profile: ProfileState,
  event: RoundCommitted,
  feeds: FeedReadings | null,
  place: Place,
  report: Report,
): CheckedRound {
  const number = countOf(event.number);
  const epoch = countOf(event.epoch);
  const about = { round: number, epoch };
  const before = ledger.newest;
  const follows = number === (before?.number ?? 0) + 1;
  if (!follows) report("round-gap", about, `round ${(before?.number ?? 0) + 1}`, `round ${number}`);
  if (countOf(event.time) !== place.time)
    report("round-time", about, `its block's time ${place.time}`, String(event.time));
  checkEpoch(terms, profile, before, about, place.time, report);
  const prices = checkedPrices(terms, event, report, about);

  if (!follows) forget(ledger, number);
  const quotes = observe(terms, ledger, prices, number, place.time, feeds, report);
  const odometer = checkedOdometer(ledger, quotes, event, follows, report);
  checkMove(terms, before, { time: place.time, epoch, odometer }, about, report);
  const folded = fold(terms, ledger, profile, prices, epoch);
  if (folded.x !== event.x || folded.y !== event.y)
    report("round-fold", about, "the folded point of its prices and profile", "another point");

  const head: RoundHead = { number, time: place.time, epoch, odometer, folded };
  ledger.ring[number % ROUNDS] = head;
  if (before === null || place.time - before.time > terms.constants.ledger.maxRoundAge)
    ledger.liveSince = place.time;
  ledger.newest = head;
  ledger.quotes = quotes;
  return { head, comparedWithFeeds: feeds !== null };
}

function checkEpoch(
  { constants }: Terms,
  profile: ProfileState,
  before: RoundHead | null,
  about: { readonly round: number; readonly epoch: number },
  time: number,
  report: Report,
): void {
  // A poke of a paused market is allowed: its round is of the epoch, and of no use until the pause ends.
  const live = profile.paused ? profile.epoch : liveEpoch(profile, time);
  if (about.epoch !== live)
    report(
      "round-epoch",
      about,
      live === 0 ? "no round of an expired profile" : `epoch ${live}`,
      `epoch ${about.epoch}`,
    );
  const earliest = (before?.time ?? 0) + constants.ledger.minInterval;
  if (before?.epoch === about.epoch && time < earliest)
    report("round-too-soon", about, `no round before ${earliest}`, String(time));
}

/** Within half the proving window of another of its epoch, a round needs a market that has moved. */
function checkMove(
  { constants }: Terms,
  before: RoundHead | null,
  { time, epoch, odometer }: Pick<RoundHead, "time" | "epoch" | "odometer">,
  about: { readonly round: number; readonly epoch: number },
  report: Report,
): void {
  if (before === null || before.epoch !== epoch || about.round !== before.number + 1) return;
  const free = before.time + Math.floor(constants.ledger.provingWindow / 2);
  const moved = odometer - before.odometer;
  if (time < free && moved < LEAST_MOVE)
    report(
      "round-too-soon",
      about,
      `a move of ${LEAST_MOVE}, or no round before ${free}`,
      `a move of ${moved}`,
    );
}

function checkedPrices(
  { deployment }: Terms,
  { low, high, funding }: RoundCommitted,
  report: Report,
  about: { readonly round: number },
): Prices[] {
  const { listing } = deployment;
  const most = 1n << BigInt(PRICE_BITS);
  const bad = listing.find((_, u) => {
    const [l, h, f] = [low[u] ?? 0n, high[u] ?? 0n, funding[u] ?? 0n];
    return l <= 0n || l > h || h >= most || f >= most / 2n || f <= -most / 2n;
  });
  const lengths = [low, high, funding].map(({ length }) => length);
  if (bad !== undefined || lengths.some((length) => length !== listing.length))
    report(
      "round-prices",
      about,
      `${listing.length} prices with 0 < low ≤ high < 2^${PRICE_BITS}`,
      bad === undefined ? `${lengths.join(", ")} of them` : `others of ${bad.symbol}`,
    );
  return listing.map((_, u) => ({ low: low[u] ?? 0n, high: high[u] ?? 0n, funding: funding[u] ?? 0n }));
}

/** After a gap nothing before it is known: averages and the anchor start again. */
function forget(ledger: LedgerState, number: number): void {
  ledger.knownFrom = number;
}

/** The event's reading, which later events go on from; checked against the greatest move of any asset. */
function checkedOdometer(
  { newest, quotes: before }: LedgerState,
  next: readonly Quote[],
  { odometer, number }: RoundCommitted,
  follows: boolean,
  report: Report,
): bigint {
  if (!follows) return odometer;
  const moves = newest === null ? [] : next.map((quote, u) => moveOf(before[u], quote));
  const most = moves.reduce((a, b) => (a > b ? a : b), 0n);
  const expected = (newest?.odometer ?? 0n) + most;
  if (odometer !== expected)
    report("round-odometer", { round: countOf(number) }, String(expected), String(odometer));
  return odometer;
}

/** The folded point: what changed since the last round of the epoch, or all prices on the profile's. */
function fold(
  { deployment, verifier }: Terms,
  { newest, quotes }: LedgerState,
  profile: ProfileState,
  next: readonly Prices[],
  epoch: number,
) {
  const layout = signalLayout(deployment.tier);
  const same = newest?.epoch === epoch;
  const changes: (readonly [number, bigint])[] = [];
  for (const name of ["low", "high", "funding"] as const)
    next.forEach((price, u) => {
      const change = price[name] - (same ? (quotes[u]?.[name] ?? 0n) : 0n);
      if (change !== 0n) changes.push([(layout.get(name)?.offset ?? 0) + u, toField(change)]);
    });
  return verifier.refold(same ? newest.folded : profile.folded, changes);
}
