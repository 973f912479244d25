import type { Claim } from "./claim.js";
import { firstBeyond, type OdometerReading, odometerLimit } from "./odometer.js";

/**
 * The status machine of MarginGate.sol: when a claim of health lapses and why, which status an account has, and when its
 * clock runs out. Times are whole unix seconds, periods seconds; 0 stands for "none", as in the contract.
 */

/** Every status, worst first, in the order of the contracts' enum Status. */
export const STATUS_NAMES = ["unknown", "liquidatable", "marginCall", "grace", "healthy"] as const;
/** A status of an account. */
export type StatusName = (typeof STATUS_NAMES)[number];

/** What can end a claim of health. */
export const GATE_LAPSES = [
  "price",
  "age",
  "epoch",
  "newBook",
  "brokenBook",
  "oldBook",
  "sleeveEnd",
  "sleeveBand",
  "sleeveVoid",
  "sleeveShocks",
] as const;
/** A cause that ends a claim of health. */
export type GateLapse = (typeof GATE_LAPSES)[number];

/** How long the sleeve of a claim of health holds, unless it is voided: as IMarginGate.SleeveRecord. */
export interface ProvenSleeve {
  /** Reading of the sleeve odometer up to which it holds, units of 10^-8. */
  readonly limit: bigint;
  readonly until: number;
  /** Since when the profile had its shocks as the gate accepted the claim. */
  readonly shocksSince: number;
}

/** The claim of health on record. */
export interface ProvenHealth extends OdometerReading {
  readonly claim: Pick<Claim, "envelope">;
  /** Number, time and epoch of the round that it is proven at. */
  readonly round: number;
  readonly time: number;
  readonly epoch: number;
  /** Of the proven book. */
  readonly sequence: number;
  /** Null or absent without a sleeve. */
  readonly sleeve?: ProvenSleeve | null;
}

/** The newest attested book, as BookRegistry.bookStateOf has it. */
export interface AttestedBook {
  readonly sequence: number;
  readonly asOf: number;
  readonly expiresAt: number;
  readonly attestedAt: number;
  /** When it lost so many signers that it broke. */
  readonly brokenAt: number;
  /** When its sleeve was voided; 0 or absent if it was not, or if it has none. */
  readonly sleeveVoidedAt?: number;
}

/** The marks against an account: the part of IMarginGate.Marks that its status depends on. */
export interface StatusMarks {
  readonly breachRound: number;
  readonly callRound: number;
  readonly callSince: number;
  /** The lapse that was recorded on chain. */
  readonly lapsedAt: number;
  /** Start of the epoch whose grace the breach waits for. */
  readonly graceSince: number;
}

/** An account as the gate sees it. */
export interface GateAccount {
  readonly book: AttestedBook;
  readonly health: ProvenHealth | null;
  readonly marks: StatusMarks;
}

/** A round as the gate sees it. */
export interface GateRound extends OdometerReading {
  /** Reading of the sleeve odometer; absent where there are no sleeves. */
  readonly sleeveOdometer?: bigint;
  readonly number: number;
  readonly time: number;
  readonly epoch: number;
}

/** What a status depends on beside the account. */
export interface GateMarket {
  readonly constants: {
    readonly gate: {
      readonly maxProofAge: number;
      readonly gracePeriod: number;
      readonly callPeriod: number;
    };
    readonly ledger: { readonly maxRoundAge: number };
  };
  readonly profile: Pick<BookTerms<number>, "bookMaxAge"> & {
    readonly epoch: number;
    /** When each epoch began, from the first on. */
    readonly epochStarts: readonly number[];
    readonly expiresAt: number;
    readonly paused: boolean;
    readonly resumedAt: number;
    /** Since when its shocks are in force; absent where there are no sleeves. */
    readonly shocksSince?: number;
  };
  readonly ledger: {
    readonly newest: GateRound | null;
    /** The last rounds, by number modulo ROUNDS. */
    readonly ring: readonly (GateRound | null)[];
    /** When the market last came back from an outage. */
    readonly liveSince: number;
  };
}

/** The gate's answer about an account at one moment. */
export interface GateStatus {
  readonly status: StatusName;
  /** When the claim of health lapsed; 0 if it has not. */
  readonly lapsedAt: number;
  /** Why it lapsed then; null if it has not, or if only a recorded lapse shows it. */
  readonly cause: GateLapse | null;
  /** The last second before the account is liquidatable; 0 if no clock runs. */
  readonly deadline: number;
}

/** The profile's terms that end books. */
export interface BookTerms<Seconds extends number | bigint> {
  /** Longest age of a book whose interest the debt factor covers. */
  readonly bookMaxAge: Seconds;
  /** When the epoch began. */
  readonly epochSince: Seconds;
}

const NOTHING: GateStatus = { status: "unknown", lapsedAt: 0, cause: null, deadline: 0 };

/**
 * The worst of statuses; healthy where there are none.
 *
 * @example
 * ```ts
 * import { worstStatus } from "zkmargin/protocol";
 *
 * console.log(worstStatus(["healthy", "grace", "marginCall"])); // marginCall
 * ```
 */
export function worstStatus(statuses: readonly StatusName[]): StatusName {
  return STATUS_NAMES.find((name) => statuses.includes(name)) ?? "healthy";
}

/**
 * The last second of a proof's greatest age: it lapses a second later. As GateStatus._lapse.
 *
 * @example
 * ```ts
 * import { endOfProof } from "zkmargin/protocol";
 *
 * console.log(endOfProof(1_621_209_600, 86_400)); // 1621296000
 * ```
 */
export function endOfProof<Seconds extends number | bigint>(time: Seconds, maxProofAge: Seconds): Seconds {
  return plus(time, maxProofAge);
}

/**
 * When a book dated `asOf` is too old for the live profile: never before that profile's epoch, so that a shorter
 * `bookMaxAge` ends no book earlier than the change. As GateStatus._endOfBookAge.
 *
 * @example
 * ```ts
 * import { endOfBookAge } from "zkmargin/protocol";
 *
 * console.log(endOfBookAge({ bookMaxAge: 86_400, epochSince: 1_621_300_000 }, 1_621_209_600)); // 1621300000
 * ```
 */
export function endOfBookAge<Seconds extends number | bigint>(
  { bookMaxAge, epochSince }: BookTerms<Seconds>,
  asOf: Seconds,
): Seconds {
  const end = plus(asOf, bookMaxAge);
  return end > epochSince ? end : epochSince;
}

/** When the newest epoch of a profile began; 0 before the first. */
export function epochSince({ epochStarts }: Pick<GateMarket["profile"], "epochStarts">): number {
  return epochStarts.at(-1) ?? 0;
}

/**
 * The profile's terms that end books, in its newest epoch.
 *
 * @example
 * ```ts
 * import { bookTerms } from "zkmargin/protocol";
 *
 * console.log(bookTerms({ bookMaxAge: 86_400, epochStarts: [1_000, 2_000] }).epochSince); // 2000
 * ```
 */
export function bookTerms(
  profile: Pick<GateMarket["profile"], "bookMaxAge" | "epochStarts">,
): BookTerms<number> {
  return { bookMaxAge: profile.bookMaxAge, epochSince: epochSince(profile) };
}

/**
 * When an attested book ends: it expires, or is too old for the live profile.
 *
 * @example
 * ```ts
 * import { endOfBook } from "zkmargin/protocol";
 *
 * const terms = { bookMaxAge: 86_400, epochSince: 0 };
 * console.log(endOfBook({ asOf: 1_000, expiresAt: 50_000 }, terms)); // 50000
 * ```
 */
export function endOfBook<Seconds extends number | bigint>(
  { asOf, expiresAt }: { readonly asOf: Seconds; readonly expiresAt: Seconds },
  profile: BookTerms<Seconds>,
): Seconds {
  const end = endOfBookAge(profile, asOf);
  return end < expiresAt ? end : expiresAt;
}

/**
 * Whether a round is so old at `time` that the gate reports every account as unknown: an outage of the market.
 *
 * @example
 * ```ts
 * import { isOutage } from "zkmargin/protocol";
 *
 * console.log(isOutage({ time: 1_000 }, 9_000, 7_200)); // true
 * ```
 */
export function isOutage<Seconds extends number | bigint>(
  round: { readonly time: Seconds },
  time: Seconds,
  maxRoundAge: Seconds,
): boolean {
  return time > plus(round.time, maxRoundAge);
}

/** Whether the profile has expired at `time`; 0 in `expiresAt` is never. As RiskProfile.isExpired. */
export function isExpired({ expiresAt }: Pick<GateMarket["profile"], "expiresAt">, time: number): boolean {
  return expiresAt !== 0 && time >= expiresAt;
}

/** The epoch while the profile is live, 0 while it is paused or expired. As RiskProfile.liveEpoch. */
export function liveEpoch(
  profile: Pick<GateMarket["profile"], "epoch" | "expiresAt" | "paused">,
  time: number,
): number {
  return profile.paused || isExpired(profile, time) ? 0 : profile.epoch;
}

/** Whether an account has a mark against it. */
export function isMarked({ marks }: Pick<GateAccount, "marks">): boolean {
  return marks.breachRound !== 0 || marks.callRound !== 0 || marks.lapsedAt !== 0;
}

/** When an outage last ended, of the profile or of the market. As GateStatus._restart. */
function restartOf({ profile, ledger }: Pick<GateMarket, "profile" | "ledger">): number {
  return Math.max(profile.resumedAt, ledger.liveSince);
}

/**
 * When the epoch began if a breach that is proven at `time` waits for the grace of that change, else 0. As
 * MarginGate._graceSince.
 * @param epoch of the round that it is proven at
 */
export function graceSince(
  market: GateMarket,
  { health }: Pick<GateAccount, "health">,
  epoch: number,
  time: number,
): number {
  const { profile, constants } = market;
  if (epoch === 1) return 0;
  const since = epochSince(profile);
  const from = health !== null && health.epoch !== epoch ? Math.max(since, restartOf(market)) : since;
  return time <= from + constants.gate.gracePeriod ? since : 0;
}

/** A clock's deadline, extended by the grace of each change of parameters while it ran. As GateStatus._putOff. */
export function putOff(
  { epochStarts }: Pick<GateMarket["profile"], "epochStarts">,
  deadline: number,
  gracePeriod: number,
): number {
  return epochStarts.reduce(
    (end, start) => (end >= start ? Math.max(end, start + gracePeriod) : end),
    deadline,
  );
}

/**
 * The status of an account at a time at or after the newest event, and before the next. As GateStatus._statusNow.
 * @param time unix seconds
 *
 * @example
 * ```ts
 * import { statusAt } from "zkmargin/protocol";
 *
 * const round = { number: 1, time: 1_000, epoch: 1, odometer: 0n };
 * const market = {
 *   constants: { gate: { maxProofAge: 86_400, gracePeriod: 21_600, callPeriod: 43_200 }, ledger: { maxRoundAge: 172_800 } },
 *   profile: { epoch: 1, epochStarts: [500], expiresAt: 0, paused: false, resumedAt: 0, bookMaxAge: 604_800 },
 *   ledger: { newest: round, ring: [null, round], liveSince: 0 },
 * };
 * const book = { sequence: 1, asOf: 900, expiresAt: 600_000, attestedAt: 950, brokenAt: 0 };
 * const health = { ...round, round: 1, sequence: 1, claim: { envelope: 100 } };
 * const marks = { breachRound: 0, callRound: 0, callSince: 0, lapsedAt: 0, graceSince: 0 };
 * console.log(statusAt(market, { book, health, marks }, 2_000).status); // healthy
 * ```
 */
export function statusAt(market: GateMarket, account: GateAccount, time: number): GateStatus {
  const { constants, profile, ledger } = market;
  const { marks, health } = account;
  const latest = ledger.newest;
  if (health === null && !isMarked(account)) return NOTHING;
  if (latest === null || latest.epoch !== liveEpoch(profile, time)) return NOTHING;
  if (isOutage(latest, time, constants.ledger.maxRoundAge)) return NOTHING;

  const { at: lapsedAt, cause } =
    health === null ? { at: 0, cause: null } : lapseOf(market, account, health, time);
  const { callPeriod, gracePeriod } = constants.gate;
  const restart = restartOf(market);
  let deadline = Number.POSITIVE_INFINITY;
  if (marks.callRound !== 0) deadline = Math.max(marks.callSince, restart) + callPeriod;
  if (lapsedAt !== 0) deadline = Math.min(deadline, Math.max(lapsedAt, restart) + gracePeriod);
  if (marks.graceSince !== 0)
    deadline = Math.min(deadline, Math.max(marks.graceSince, restart) + gracePeriod);
  deadline = putOff(profile, deadline, gracePeriod);
  const breach = marks.breachRound !== 0;
  const status: StatusName =
    (breach && marks.graceSince === 0) || time > deadline
      ? "liquidatable"
      : breach || marks.callRound !== 0
        ? "marginCall"
        : lapsedAt === 0
          ? "healthy"
          : "grace";
  return { status, lapsedAt, cause, deadline: deadline === Number.POSITIVE_INFINITY ? 0 : deadline };
}

/**
 * When a proof lapses: the earliest moment, as far as can be known, at which the claim of health ceased to hold, and the
 * cause. 0 and null if it holds. As GateStatus._lapse.
 *
 * @example
 * ```ts
 * import { lapseOf } from "zkmargin/protocol";
 *
 * const round = { number: 1, time: 1_000, epoch: 1, odometer: 0n };
 * const market = {
 *   constants: { gate: { maxProofAge: 86_400, gracePeriod: 21_600, callPeriod: 43_200 }, ledger: { maxRoundAge: 172_800 } },
 *   profile: { epoch: 1, epochStarts: [500], expiresAt: 0, paused: false, resumedAt: 0, bookMaxAge: 604_800 },
 *   ledger: { newest: round, ring: [null, round], liveSince: 0 },
 * };
 * const book = { sequence: 1, asOf: 900, expiresAt: 600_000, attestedAt: 950, brokenAt: 0 };
 * const health = { ...round, round: 1, sequence: 1, claim: { envelope: 100 } };
 * const marks = { breachRound: 0, callRound: 0, callSince: 0, lapsedAt: 0, graceSince: 0 };
 * console.log(lapseOf(market, { book, marks }, health, 100_000).cause); // age
 * ```
 */
export function lapseOf(
  { constants, profile, ledger }: GateMarket,
  { marks, book }: Pick<GateAccount, "marks" | "book">,
  health: ProvenHealth,
  time: number,
): { readonly at: number; readonly cause: GateLapse | null } {
  let earliest: { at: number; cause: GateLapse | null } = { at: Number.POSITIVE_INFINITY, cause: null };
  const lapsed = (at: number, cause: GateLapse | null) => {
    if (at < earliest.at) earliest = { at, cause };
  };
  const latest = ledger.newest;
  const aged = endOfProof(health.time, constants.gate.maxProofAge);
  if (time > aged) lapsed(aged, "age");
  if (latest !== null && health.epoch !== latest.epoch) lapsed(epochSince(profile), "epoch");
  if (book.sequence !== health.sequence) lapsed(book.attestedAt, "newBook");
  else {
    if (book.brokenAt !== 0) lapsed(book.brokenAt, "brokenBook");
    const end = endOfBook(book, bookTerms(profile));
    if (time >= end) lapsed(end, "oldBook");
  }
  const limit = odometerLimit(health);
  if (latest !== null && latest.odometer > limit)
    lapsed(firstBeyond(ledger, health.round, limit)?.time ?? latest.time, "price");
  if (health.sleeve) {
    for (const { at, cause } of sleeveLapses({ profile, ledger }, health.round, health.sleeve, time))
      lapsed(at, cause);
    const { sleeveVoidedAt = 0 } = book;
    if (book.sequence === health.sequence && sleeveVoidedAt !== 0) lapsed(sleeveVoidedAt, "sleeveVoid");
  }
  if (marks.lapsedAt !== 0 && marks.lapsedAt <= earliest.at) lapsed(marks.lapsedAt, earliest.cause);
  return earliest.at === Number.POSITIVE_INFINITY ? { at: 0, cause: null } : earliest;
}

/** What has ended a sleeve, but for being voided. As GateStatus._sleeveLapse. */
function sleeveLapses(
  { profile, ledger }: Pick<GateMarket, "profile" | "ledger">,
  round: number,
  { limit, until, shocksSince }: ProvenSleeve,
  time: number,
): { readonly at: number; readonly cause: GateLapse }[] {
  const lapses: { at: number; cause: GateLapse }[] = [];
  if (time >= until) lapses.push({ at: until, cause: "sleeveEnd" });
  const since = profile.shocksSince ?? shocksSince;
  if (since !== shocksSince) lapses.push({ at: since, cause: "sleeveShocks" });
  const readingOf = ({ sleeveOdometer = 0n }: GateRound) => sleeveOdometer;
  const { newest } = ledger;
  if (newest !== null && readingOf(newest) > limit) {
    const beyond = firstBeyond(ledger, round, limit, readingOf);
    lapses.push({ at: (beyond ?? newest).time, cause: "sleeveBand" });
  }
  return lapses;
}

/**
 * The next second after `time` at which the status could change without an event; infinity if none.
 *
 * @example
 * ```ts
 * import { nextStatusChange } from "zkmargin/protocol";
 *
 * const round = { number: 1, time: 1_000, epoch: 1, odometer: 0n };
 * const market = {
 *   constants: { gate: { maxProofAge: 86_400, gracePeriod: 21_600, callPeriod: 43_200 }, ledger: { maxRoundAge: 172_800 } },
 *   profile: { epoch: 1, epochStarts: [500], expiresAt: 0, paused: false, resumedAt: 0, bookMaxAge: 604_800 },
 *   ledger: { newest: round, ring: [null, round], liveSince: 0 },
 * };
 * const book = { sequence: 1, asOf: 900, expiresAt: 600_000, attestedAt: 950, brokenAt: 0 };
 * const health = { ...round, round: 1, sequence: 1, claim: { envelope: 100 } };
 * const marks = { breachRound: 0, callRound: 0, callSince: 0, lapsedAt: 0, graceSince: 0 };
 * console.log(nextStatusChange(market, { book, health, marks }, 2_000)); // 87401
 * ```
 */
export function nextStatusChange(market: GateMarket, account: GateAccount, time: number): number {
  const { constants, profile, ledger } = market;
  const { health, book } = account;
  const moments = [
    (ledger.newest?.time ?? Number.POSITIVE_INFINITY) + constants.ledger.maxRoundAge + 1,
    profile.expiresAt === 0 ? Number.POSITIVE_INFINITY : profile.expiresAt,
  ];
  if (health !== null) {
    moments.push(endOfProof(health.time, constants.gate.maxProofAge) + 1);
    moments.push(endOfBook(book, bookTerms(profile)));
    if (health.sleeve) moments.push(health.sleeve.until);
  }
  const { deadline } = statusAt(market, account, time);
  if (deadline !== 0) moments.push(deadline + 1);
  return Math.min(...moments.filter((moment) => moment > time), Number.POSITIVE_INFINITY);
}

/** Contracts return times as bigints, and a replay keeps them as numbers. */
function plus<Seconds extends number | bigint>(a: Seconds, b: Seconds): Seconds {
  return ((a as number) + (b as number)) as Seconds;
}
