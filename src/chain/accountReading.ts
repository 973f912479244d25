import type { GateAccount, GateMarket, ProvenHealth } from "../protocol/gate.js";
import { lapseOf } from "../protocol/lapse.js";
import { isOutage, liveEpoch, STATUS_NAMES, type StatusName, statusAt } from "../protocol/status.js";
import type { OpenMarket } from "./deployment.js";
import type { BookState, SleeveTerms } from "./generated/BookRegistry.js";
import type { HealthRecord, Marks, SleeveRecord, SupportRecord } from "./generated/MarginGate.js";
import { type Outcome, type OutcomesOf, valueOf, viewOf } from "./multicall.js";

/** An account read by several views together, and its status in a market at the time of a block. */

/** The claim of health that stands. */
export interface HealthClaim {
  readonly round: bigint;
  readonly time: bigint;
  readonly sequence: bigint;
  readonly epoch: bigint;
  /** Basis points, both. */
  readonly theta: number;
  readonly envelope: number;
  readonly odometer: bigint;
  /** How long its sleeve holds: up to this reading of the sleeve odometer, and until this time. Null without one. */
  readonly sleeve: { readonly limit: bigint; readonly until: bigint } | null;
}

/** The sleeve of an attested book. */
export interface SleeveStatus {
  /** Number of the round whose prices its band is around. */
  readonly pricedAt: bigint;
  /** Basis points. */
  readonly band: number;
  /** Unix seconds from which on it no longer holds. */
  readonly until: bigint;
  /** Unix seconds at which a signer or the owner voided it; 0 if none did. */
  readonly voidedAt: bigint;
  /** What the shocks that it was made for hash to: 32 bytes, hex. */
  readonly shocks: string;
}

/** A claim of health with a support on record, for one sign of support. */
export interface SupportClaim extends HealthClaim {
  /** Cents: positive for dollars added to the collateral, negative for dollars owed besides; never 0. */
  readonly support: bigint;
  /** Whether it counts now: it has not lapsed, and the newest round is fresh and of the live epoch. */
  readonly holds: boolean;
}

/** An account at one block. */
export interface AccountStatus {
  readonly account: string;
  /** Null if the registry has no such account. */
  readonly owner: string | null;
  readonly status: StatusName;
  /** Unix seconds at which it becomes liquidatable, 0 if no clock runs. */
  readonly deadline: bigint;
  readonly book: {
    readonly commitment: bigint;
    /** 0 if none was ever attested. */
    readonly sequence: bigint;
    readonly asOf: bigint;
    readonly expiresAt: bigint;
    readonly live: boolean;
    readonly isolated: boolean;
    /** Null in a book without one. */
    readonly sleeve: SleeveStatus | null;
  };
  /** Null if none was ever accepted. */
  readonly claim: HealthClaim | null;
  /** The claims with dollars taken and added, null where none was ever accepted. They end without a grace. */
  readonly supports: { readonly taken: SupportClaim | null; readonly added: SupportClaim | null };
  /** Rounds of the proofs of ill health that stand, 0 where none does, and the health factor that lifts a call. */
  readonly breachRound: bigint;
  readonly callRound: bigint;
  readonly callTheta: number;
}

/** The views of an account, but for those that follow from them and the market. */
export function accountReads({ contracts }: OpenMarket, account: string) {
  const { bookRegistry, marginGate } = contracts;
  return [
    viewOf(bookRegistry, "ownerOf", account),
    viewOf(bookRegistry, "bookStateOf", account),
    viewOf(bookRegistry, "sleeveOf", account),
    viewOf(marginGate, "recordOf", account),
    viewOf(marginGate, "sleeveOf", account),
    viewOf(marginGate, "supportOf", account),
    viewOf(marginGate, "marksOf", account),
  ] as const;
}
/** How many views {@link accountReads} has. */
export const ACCOUNT_READS = 7;

/** What the contracts have of an account, whatever the market does. */
export interface AccountReading {
  readonly status: AccountStatus;
  readonly gate: GateAccount;
  readonly supports: { readonly taken: ProvenHealth | null; readonly added: ProvenHealth | null };
}

/** What the views of an account say together. Its status is unknown until {@link accountAt} works it out. */
export function accountOf(
  account: string,
  outcomes: OutcomesOf<ReturnType<typeof accountReads>>,
): AccountReading {
  const [owner, attested, sleeve, record, held, supports, marks] = outcomes;
  return accountReading(account, {
    ...{ owner: valueOf(owner), attested: valueOf(attested), record: valueOf(record), marks: valueOf(marks) },
    sleeves: [valueOf(sleeve), valueOf(held)],
    supports: valueOf(supports),
  });
}

/** What the contracts answer about an account. */
export interface AccountWords {
  readonly owner: string;
  readonly attested: BookState;
  readonly record: HealthRecord;
  readonly marks: Marks;
  /** The newest attested sleeve, and that of the claim on record; null if the account never had one. */
  readonly sleeves: readonly [AttestedSleeve, SleeveRecord] | null;
  /** Null if no claim with support was ever accepted. */
  readonly supports: { readonly taken: SupportRecord; readonly added: SupportRecord } | null;
}

interface AttestedSleeve {
  readonly terms: SleeveTerms;
  readonly sequence: bigint;
  readonly voidedAt: bigint;
}

const NO_SLEEVE: SleeveRecord = { limit: 0n, until: 0n, shocksSince: 0n };

/** What the contracts' words of an account mean. Its status is unknown until {@link accountAt} works it out. */
export function accountReading(
  account: string,
  { owner, attested, record, marks, sleeves, supports }: AccountWords,
): AccountReading {
  const [sleeve, held] = sleeves ?? [null, NO_SLEEVE];
  const { taken, added } = supports ?? { taken: null, added: null };
  const { commitment, sequence, asOf, expiresAt, live, isolated } = attested;
  const ofBook = sleeve !== null && sequence !== 0n && sleeve.sequence === sequence ? sleeve : null;
  return {
    status: {
      account,
      owner: BigInt(owner) === 0n ? null : owner,
      ...{ status: "unknown", deadline: 0n },
      book: {
        ...{ commitment, sequence, asOf, expiresAt, live, isolated },
        sleeve: ofBook && sleeveStatus(ofBook),
      },
      claim: healthClaim(record, held),
      supports: { taken: taken && supportClaim(taken), added: added && supportClaim(added) },
      breachRound: marks.breachRound,
      callRound: marks.callRound,
      callTheta: Number(marks.callTheta),
    },
    gate: {
      book: {
        sequence: Number(sequence),
        asOf: Number(asOf),
        expiresAt: Number(expiresAt),
        attestedAt: Number(attested.attestedAt),
        brokenAt: Number(attested.brokenAt),
        sleeveVoidedAt: Number(ofBook?.voidedAt ?? 0n),
      },
      health: provenHealth(record, held),
      marks: {
        breachRound: Number(marks.breachRound),
        callRound: Number(marks.callRound),
        callSince: Number(marks.callSince),
        lapsedAt: Number(marks.lapsedAt),
        graceSince: Number(marks.graceSince),
      },
    },
    supports: {
      taken: taken && provenHealth(taken.claim, taken.sleeve),
      added: added && provenHealth(added.claim, added.sleeve),
    },
  };
}

/** How an account stands in a market at a time: as the gate would answer. Unix seconds. */
export function accountAt(market: GateMarket, reading: AccountReading, time: number): AccountStatus {
  const { status: known, gate, supports } = reading;
  const { status, deadline } = statusAt(market, gate, time);
  const { book } = known;
  const { taken, added } = known.supports;
  return {
    ...known,
    ...{ status, deadline: BigInt(deadline) },
    book: { ...book, live: book.sequence !== 0n && time < book.expiresAt && gate.book.brokenAt === 0 },
    supports: {
      taken: taken && { ...taken, holds: holds(market, gate, supports.taken, time) },
      added: added && { ...added, holds: holds(market, gate, supports.added, time) },
    },
  };
}

/** Whether a claim counts now: no lapse, and a fresh round of the live epoch says so. As GateStatus._holds. */
function holds(
  market: GateMarket,
  { book, marks }: GateAccount,
  health: ProvenHealth | null,
  time: number,
): boolean {
  const { constants, profile, ledger } = market;
  const { newest } = ledger;
  if (health === null || newest === null || newest.epoch !== liveEpoch(profile, time)) return false;
  if (isOutage(newest, time, constants.ledger.maxRoundAge)) return false;
  return lapseOf(market, { book, marks: { ...marks, lapsedAt: 0 } }, health, time).at === 0;
}

/** The gate's own word of a status and a deadline: unknown and 0 where it refuses, as there is no round yet. */
export function toldStatus(
  status: Outcome<bigint>,
  deadline: Outcome<bigint>,
): { readonly status: StatusName; readonly deadline: bigint } {
  const told = (outcome: Outcome<bigint>) =>
    "reverted" in outcome && outcome.reverted.reason === "RoundUnknown" ? 0n : valueOf(outcome);
  return { status: STATUS_NAMES[Number(told(status))] ?? "unknown", deadline: told(deadline) };
}

function healthClaim(record: HealthRecord, { limit, until }: SleeveRecord): HealthClaim | null {
  if (record.round === 0n) return null;
  const { round, time, sequence, epoch, theta, envelope, odometer } = record;
  const claim = { round, time, sequence, epoch, theta: Number(theta), envelope: Number(envelope), odometer };
  return { ...claim, sleeve: until === 0n ? null : { limit, until } };
}

function sleeveStatus({ terms, voidedAt }: AttestedSleeve): SleeveStatus {
  const { pricedAt, band, until, shocks } = terms;
  return { pricedAt, band: Number(band), until, voidedAt, shocks };
}

function supportClaim({ claim, support, holds: counts, sleeve }: SupportRecord): SupportClaim | null {
  const health = healthClaim(claim, sleeve);
  return health && { ...health, support, holds: counts };
}

function provenHealth(
  record: HealthRecord,
  { limit, until, shocksSince }: SleeveRecord,
): ProvenHealth | null {
  if (record.round === 0n) return null;
  return {
    claim: { envelope: Number(record.envelope) },
    round: Number(record.round),
    time: Number(record.time),
    epoch: Number(record.epoch),
    sequence: Number(record.sequence),
    odometer: record.odometer,
    sleeve: until === 0n ? null : { limit, until: Number(until), shocksSince: Number(shocksSince) },
  };
}
