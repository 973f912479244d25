import type { GateAccount, GateMarket } from "./gate.js";
import { bookTerms, endOfBook, endOfProof, epochSince, type GateLapse, lapseOf, plus } from "./lapse.js";

/** The status machine of MarginGate.sol: which status an account has, and when its clock runs out. Times are as in gate.ts. */

/** Every status, worst first, in the order of the contracts' enum Status. */
export const STATUS_NAMES = ["unknown", "liquidatable", "marginCall", "grace", "healthy"] as const;
/** A status of an account. */
export type StatusName = (typeof STATUS_NAMES)[number];

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

/**
 * A clock's deadline, extended by the grace of each change of parameters while it ran. Only the newest changes in a row count, each
 * within the grace of the one before: a deadline from before them stays as it was. As GateStatus._putOff.
 */
export function putOff(
  { epochStarts }: Pick<GateMarket["profile"], "epochStarts">,
  deadline: number,
  gracePeriod: number,
): number {
  const newest = epochStarts.at(-1) ?? 0;
  let first = newest;
  for (let i = epochStarts.length - 2; i >= 0 && deadline < first; i--) {
    const start = epochStarts[i] ?? 0;
    if (first > start + gracePeriod) break;
    first = start;
  }
  return deadline < first ? deadline : Math.max(deadline, newest + gracePeriod);
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
