import type { BookTerms, GateAccount, GateMarket, GateRound, ProvenHealth, ProvenSleeve } from "./gate.js";
import { firstBeyond, odometerLimit } from "./odometer.js";

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

/**
 * When a proof lapses: the earliest known moment at which the claim of health ceased to hold, and the cause. 0 and null if it
 * holds. As GateStatus._lapse.
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

/** Contracts return times as bigints, and a replay keeps them as numbers. */
export function plus<Seconds extends number | bigint>(a: Seconds, b: Seconds): Seconds {
  return ((a as number) + (b as number)) as Seconds;
}
