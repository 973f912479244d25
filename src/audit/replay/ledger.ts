import { otherSources } from "../../chain/checkDeployment.js";
import type { LogConstants } from "../../chain/eventLog/record.js";
import type { MarketLedgerEvents } from "../../chain/generated/MarketLedger.js";
import { LEAST_MOVE, OBSERVATIONS, PRICE_BITS, ROUNDS } from "../../protocol/bounds.js";
import type { Point } from "../../protocol/folding.js";
import { moveOf, sleeveMoveOf } from "../../protocol/odometer.js";
import { signalLayout, toField } from "../../protocol/signals.js";
import { liveEpoch } from "../../protocol/status.js";
import { addPrices, type PriceSeries } from "./bounded.js";
import {
  type Basis,
  type CoverageCount,
  checkAuthority,
  countOf,
  type EventContext,
  type Handlers,
  type Report,
} from "./context.js";
import { type PriceHistory, type Prices, type Quote, roundIn, spotPrices } from "./prices.js";
import { type EpochList, type FoldBasis, type ProfileState, profileSignals } from "./profile.js";

type RoundCommitted = MarketLedgerEvents["RoundCommitted"];

/** A committed round. */
export interface RoundHead {
  readonly number: number;
  /** Unix seconds. */
  readonly time: number;
  readonly epoch: number;
  /** Units of 10^-8. */
  readonly odometer: bigint;
  /** Of the slots that may carry sleeves, units of 10^-8. */
  readonly sleeveOdometer: bigint;
  /** Folded here from prices and profile, independently of the chain. */
  readonly folded: Point;
}

/** Everything of the market ledger that later events depend on. */
export interface LedgerState extends PriceHistory {
  newest: RoundHead | null;
  readonly ring: (RoundHead | null)[];
  /** Unix seconds at which the market last came back from an outage. */
  liveSince: number;
  quotes: readonly Quote[];
  exact: readonly boolean[] | null;
  /** Times that the ledger was given its sources. */
  sourcesSet: number;
}

/** What a market is folded and proven with. */
export interface MarketBasis extends FoldBasis {
  readonly deployment: FoldBasis["deployment"] & {
    readonly contracts: { readonly marketLedger: { readonly address: string } };
  };
  readonly constants: MarketConstants;
}

/** The terms of a gate and of its ledger. */
export interface MarketConstants {
  readonly gate: LogConstants["gate"];
  readonly ledger: Pick<LogConstants["ledger"], "provingWindow" | "maxRoundAge" | "sleeveSlots">;
}

/** What the status of an account, and everything that hangs on it, depends on beside the account. */
export interface ReplayedMarket {
  readonly constants: MarketConstants;
  /** The address of the ledger, which sleeves must have been priced at. */
  readonly ledgerAddress: string;
  readonly profile: ProfileState;
  readonly ledger: LedgerState;
  /** A round of the ring as the gate has it; null if the ring has none of this number. */
  roundAt(number: number): RoundHead | null;
  /** Whether the round of this number may be proven against at a time. */
  isUsable(number: number, time: number): boolean;
}

/** The market of a deployment's own gate. */
export function ownMarket(
  { constants, deployment }: Pick<MarketBasis, "constants" | "deployment">,
  profile: ProfileState,
  ledger: LedgerState,
): ReplayedMarket {
  const roundAt = (number: number) => roundIn(ledger, number);
  const isUsable = (number: number, time: number) => {
    const round = roundAt(number);
    if (round === null || time - round.time > constants.ledger.provingWindow) return false;
    return round.epoch === liveEpoch(profile, time);
  };
  const ledgerAddress = deployment.contracts.marketLedger.address;
  return { constants, profile, ledger, ledgerAddress, roundAt, isUsable };
}

/**
 * A derived market, as DerivedLedger has it. Its profile is paused also while the base's is. Every round has the newest epoch
 * of that profile, and its point while the base's point is of the newest parameters of the base.
 * @param own the base's profile
 */
export function derivedMarket(
  basis: MarketBasis,
  profile: ProfileState,
  own: ProfileState,
  ledger: LedgerState,
): ReplayedMarket {
  const base = ownMarket(basis, own, ledger);
  let kept: { readonly name: string; readonly changes: readonly (readonly [number, bigint])[] } | undefined;
  /** The newest points, by both epochs and the round: claims of one round are many. */
  const points = new Map<string, Point>();
  const differences = () => {
    const name = `${profile.epoch} ${own.epoch}`;
    if (kept?.name !== name) {
      const removed = new Map(profileSignals(basis, own.words, own.epoch));
      const added = [...profileSignals(basis, profile.words, profile.epoch)];
      const moved = added.map(([i, value]) => [i, toField(value - (removed.get(i) ?? 0n))] as const);
      kept = { name, changes: moved.filter(([, change]) => change !== 0n) };
    }
    return kept;
  };
  // What is not named here is read from the state as it then is.
  const view: ProfileState = Object.create(profile, {
    paused: { get: () => profile.paused || own.paused },
    resumedAt: { get: () => Math.max(profile.resumedAt, own.resumedAt) },
  });
  const rounds: LedgerState = Object.create(ledger, {
    newest: { get: () => ledger.newest && { ...ledger.newest, epoch: profile.epoch } },
  });
  return {
    constants: basis.constants,
    profile: view,
    ledger: rounds,
    ledgerAddress: base.ledgerAddress,
    roundAt: (number) => {
      const round = base.roundAt(number);
      // Of a log that lacks a profile no point can be told.
      if (round === null || profile.words.length === 0 || own.words.length === 0) return null;
      const { name, changes } = differences();
      const key = `${name} ${number}`;
      const point = points.get(key) ?? basis.verifier.refold(round.folded, changes);
      points.set(key, point);
      for (const oldest of points.keys()) if (points.size > POINTS_KEPT) points.delete(oldest);
      return { ...round, epoch: profile.epoch, folded: point };
    },
    isUsable: (number, time) => base.isUsable(number, time) && liveEpoch(view, time) !== 0,
  };
}

const POINTS_KEPT = 64;

export function newLedger(exact: readonly boolean[]): LedgerState {
  return {
    newest: null,
    ring: Array.from({ length: ROUNDS }, () => null),
    anchor: 0,
    liveSince: 0,
    quotes: [],
    sums: Array.from({ length: OBSERVATIONS }, () => null),
    knownFrom: 1,
    exact,
    sourcesSet: 0,
  };
}

/** What events of the ledger change. */
interface LedgerPart {
  readonly ledger: LedgerState;
  readonly profile: ProfileState;
  readonly baseProfile: ProfileState | null;
  readonly epochs: EpochList;
  readonly priceSeries: PriceSeries;
  readonly coverage: CoverageCount;
}

interface LedgerContext extends EventContext {
  readonly disclosed: { checkRound(head: RoundHead, quotes: readonly Quote[]): void };
}

export const ledgerHandlers: Handlers<MarketLedgerEvents, LedgerPart, LedgerContext> = {
  AuthorityUpdated: (_, event, context) => checkAuthority("marketLedger", event, context),

  /** A round: its order, its time, its epoch, its prices against average and feeds, its odometer and its point. */
  RoundCommitted({ ledger, profile: own, baseProfile, epochs, priceSeries, coverage }, event, context) {
    const { basis, block, report } = context;
    const profile = baseProfile ?? own;
    const { time, feeds } = block;
    const number = countOf(event.number);
    const epoch = countOf(event.epoch);
    const about = { round: number, epoch };
    const before = ledger.newest;
    const follows = number === (before?.number ?? 0) + 1;
    if (!follows) report("round-gap", about, `round ${(before?.number ?? 0) + 1}`, `round ${number}`);
    if (countOf(event.time) !== time)
      report("round-time", about, `its block's time ${time}`, String(event.time));
    checkEpoch(basis, profile, before, about, time, report);
    const prices = checkedPrices(basis, event, report, about);

    // After a gap nothing before it is known: averages and the anchor start again.
    if (!follows) ledger.knownFrom = number;
    const quotes = spotPrices(basis, ledger, prices, number, time, feeds, report);
    const moves = follows ? movesOf(basis, ledger, quotes) : null;
    const { odometer, sleeveOdometer } = checkedOdometers(ledger, moves, event, report);
    checkMove(basis, before, { time, epoch, odometer }, about, report);
    const head = takeRound(
      basis,
      { ledger, profile },
      { ...event, time, quotes, odometer, sleeveOdometer },
      report,
    );
    addPrices(priceSeries, head, quotes);
    coverage.rounds++;
    if (feeds !== null) coverage.roundsWithFeeds++;
    const listed = epochs.items.at(-1);
    if (listed?.epoch === (baseProfile === null ? epoch : own.epoch)) listed.rounds++;
    context.disclosed.checkRound(head, quotes);
  },

  /** The sources that the ledger was made with are the manifest's; later ones are another matter, and told of. */
  SourcesChanged({ ledger }, event, { basis, waited, report }) {
    const { deployment } = basis;
    const others = [...otherSources(deployment, { ...event, feeds: [...event.feeds] })];
    const isFirst = ledger.sourcesSet++ === 0;
    const [first] = others;
    if (first !== undefined && isFirst)
      report("sources-mismatch", {}, `${first.expected} as the source of ${first.name}`, first.got);
    else if (first !== undefined && waited) {
      const names = others.map(({ name }) => name).join(", ");
      report("sources-changed", {}, `the manifest's sources of ${names}`, "others since");
    }
    const sources = Object.values(deployment.sources);
    ledger.exact = event.feeds.map((feed) =>
      sources.some(({ address, contract }) => address === feed && contract === "ChainlinkFeed"),
    );
  },
};

function checkEpoch(
  { constants }: Basis,
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
  { constants }: Basis,
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
  { deployment }: Basis,
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

/** Readings of the two odometers, or how far they moved. */
type Odometers = Pick<RoundHead, "odometer" | "sleeveOdometer">;

/** The greatest move of any asset, and of any that may carry sleeves. */
function movesOf(
  { constants }: Basis,
  { newest, quotes: before }: LedgerState,
  next: readonly Quote[],
): Odometers {
  if (newest === null) return { odometer: 0n, sleeveOdometer: 0n };
  const most = (moves: readonly bigint[]) => moves.reduce((a, b) => (a > b ? a : b), 0n);
  const carries = (u: number) => ((constants.ledger.sleeveSlots >> u) & 1) === 1;
  return {
    odometer: most(next.map((quote, u) => moveOf(before[u], quote))),
    sleeveOdometer: most(next.map((quote, u) => (carries(u) ? sleeveMoveOf(before[u], quote) : 0n))),
  };
}

/**
 * The event's readings, which later events go on from; checked against the greatest moves.
 * @param moves null after a gap, where nothing is known of them
 */
function checkedOdometers(
  { newest }: LedgerState,
  moves: Odometers | null,
  { odometer, sleeveOdometer, number }: RoundCommitted,
  report: Report,
): Odometers {
  const got = { odometer, sleeveOdometer };
  if (moves === null) return got;
  for (const which of ["odometer", "sleeveOdometer"] as const) {
    const expected = (newest?.[which] ?? 0n) + moves[which];
    if (got[which] !== expected)
      report("round-odometer", { round: countOf(number) }, `${which} ${expected}`, String(got[which]));
  }
  return got;
}

/** Takes a round in: its folded point after the rounds before it, its place in the ring, and whether the market comes back with it. */
export function takeRound(
  basis: FoldBasis & { readonly constants: Pick<MarketConstants, "ledger"> },
  { ledger, profile }: { readonly ledger: LedgerState; readonly profile: ProfileState },
  round: Pick<RoundCommitted, "number" | "epoch" | "x" | "y"> &
    Odometers & { readonly time: number; readonly quotes: readonly Quote[] },
  report: Report,
): RoundHead {
  const { time, quotes, odometer, sleeveOdometer } = round;
  const [number, epoch, before] = [countOf(round.number), countOf(round.epoch), ledger.newest];
  const folded = fold(basis, ledger, profile, quotes, epoch);
  if (folded.x !== round.x || folded.y !== round.y)
    report(
      "round-fold",
      { round: number, epoch },
      "the folded point of its prices and profile",
      "another point",
    );
  const head: RoundHead = { number, time, epoch, odometer, sleeveOdometer, folded };
  ledger.ring[number % ROUNDS] = head;
  if (before === null || time - before.time > basis.constants.ledger.maxRoundAge) ledger.liveSince = time;
  ledger.newest = head;
  ledger.quotes = quotes;
  return head;
}

/** The folded point: what changed since the last round of the epoch, or all prices on the profile's. */
function fold(
  { deployment, verifier }: FoldBasis,
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
