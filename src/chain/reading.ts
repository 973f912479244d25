import { ZeroAddress } from "ethers";
import type { GateAccount, GateMarket, GateRound, ProvenHealth } from "../protocol/gate.js";
import { lapseOf } from "../protocol/lapse.js";
import {
  isExpired,
  isOutage,
  liveEpoch,
  STATUS_NAMES,
  type StatusName,
  statusAt,
} from "../protocol/status.js";
import { contractAt } from "./binding.js";
import type { OpenMarket } from "./deployment.js";
import type { BookState, SleeveTerms } from "./generated/BookRegistry.js";
import { chainlinkFeed } from "./generated/ChainlinkFeed.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import type { HealthRecord, Marks, SleeveRecord, SupportRecord } from "./generated/MarginGate.js";
import type { Round } from "./generated/MarketLedger.js";
import { sequencerGuard } from "./generated/SequencerGuard.js";
import { multicall, type Outcome, type OutcomesOf, type Read, valueOf, viewOf } from "./multicall.js";

/** A market or an account read by several views together, and what follows from it at the time of a block. */

/** The newest round. */
export interface RoundStatus {
  readonly number: bigint;
  /** Unix seconds. */
  readonly time: bigint;
  readonly epoch: bigint;
  /** Units of 10^-8. */
  readonly odometer: bigint;
  /** Of the slots that may carry sleeves, likewise. */
  readonly sleeveOdometer: bigint;
}

/** The market at one block. */
export interface MarketStatus {
  readonly block: number;
  /** Of that block, unix seconds. */
  readonly time: bigint;
  /** Null before the first. */
  readonly round: RoundStatus | null;
  /** Whether the newest round can be proven against. */
  readonly usable: boolean;
  readonly epoch: bigint;
  /** Unix seconds at which the epoch began. */
  readonly epochSince: bigint;
  /** Of a derived market: whether its own profile or the base's is. */
  readonly paused: boolean;
  /** Likewise: whether the profile is past its expiry, and neither `expire` nor a poke has followed. */
  readonly expired: boolean;
  /** Longest age of a book that the profile pays for, seconds. */
  readonly bookMaxAge: bigint;
  /**
   * Unix seconds from which on anybody may poke: for half the proving window only if the market has moved by 1 %. 0 if the
   * newest round is of another epoch.
   */
  readonly pokeFrom: bigint;
  /** Seconds until the newest round is stale. */
  readonly maxRoundAge: bigint;
  /** The greatest age of a proof, seconds. */
  readonly maxProofAge: bigint;
}

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

/** A block, as far as what is read at it depends on it. */
export interface BlockTime {
  readonly number: number;
  /** Unix seconds. */
  readonly time: bigint;
}

/** The views of a market. Of a derived market some are of its own contracts, and some of its base's. */
export function marketReads({ contracts, oracle }: OpenMarket) {
  const { riskProfile, marketLedger, marginGate } = contracts;
  return [
    ...([viewOf(marketLedger, "latestRound"), viewOf(oracle.ledger, "latestRound")] as const),
    ...([viewOf(marginGate, "terms"), viewOf(marketLedger, "maxRoundAge")] as const),
    ...([viewOf(oracle.ledger, "minInterval"), viewOf(oracle.ledger, "provingWindow")] as const),
    ...([viewOf(marketLedger, "liveSince"), viewOf(riskProfile, "epoch")] as const),
    ...([viewOf(riskProfile, "epochSince"), viewOf(riskProfile, "bookMaxAge")] as const),
    ...([viewOf(riskProfile, "shocksSince"), viewOf(riskProfile, "paused")] as const),
    ...([viewOf(riskProfile, "expiresAt"), viewOf(riskProfile, "resumedAt")] as const),
    ...([viewOf(oracle.profile, "epoch"), viewOf(oracle.profile, "paused")] as const),
    ...([viewOf(oracle.profile, "expiresAt"), viewOf(oracle.profile, "resumedAt")] as const),
  ] as const;
}
/** How many views {@link marketReads} has. */
export const MARKET_READS = 18;

/** A market at a block, and what its gate holds accounts to there, but for the older rounds and epochs. */
export interface MarketReading {
  readonly status: MarketStatus;
  readonly constants: GateMarket["constants"];
  readonly profile: Omit<GateMarket["profile"], "epochStarts">;
  readonly newest: GateRound | null;
  /** When the market last came back from an outage, unix seconds. */
  readonly liveSince: number;
  /** Seconds from a round for which it can be proven against. */
  readonly provingWindow: number;
}

/** What the views of a market say together. @throws RevertedError */
export function marketOf(
  outcomes: OutcomesOf<ReturnType<typeof marketReads>>,
  { number, time }: BlockTime,
): MarketReading {
  const [latest, basedLatest, gateTerms, roundAge, interval, window, live, ...ofProfiles] = outcomes;
  const [own, since, bookAge, shocks, isPaused, expires, resumed, ...ofBase] = ofProfiles;
  const [baseEpoch, basePaused, baseExpires, baseResumed] = ofBase;
  // Whose newest round says whether the next has to wait.
  const [round, taken] = [roundOf(latest), roundOf(basedLatest)];
  const { maxProofAge, gracePeriod, callPeriod } = valueOf(gateTerms);
  const [maxRoundAge, bookMaxAge, epoch] = [valueOf(roundAge), valueOf(bookAge), valueOf(own)];
  const base = {
    epoch: Number(valueOf(baseEpoch)),
    paused: valueOf(basePaused),
    expiresAt: Number(valueOf(baseExpires)),
  };
  const profile = {
    epoch: Number(epoch),
    // Rounds are of no use while the base's profile is paused.
    paused: valueOf(isPaused) || base.paused,
    expiresAt: Number(valueOf(expires)),
    resumedAt: Math.max(Number(valueOf(resumed)), Number(valueOf(baseResumed))),
    bookMaxAge: Number(bookMaxAge),
    shocksSince: Number(valueOf(shocks)),
  };
  const seconds = Number(time);
  return {
    status: {
      ...{
        block: number,
        time,
        round,
        epoch,
        epochSince: valueOf(since),
        bookMaxAge,
        maxRoundAge,
        maxProofAge,
      },
      usable:
        taken !== null &&
        liveEpoch(profile, seconds) !== 0 &&
        Number(taken.epoch) === liveEpoch(base, seconds) &&
        time - taken.time <= valueOf(window),
      paused: profile.paused,
      expired: isExpired(profile, seconds) || isExpired(base, seconds),
      pokeFrom: taken !== null && Number(taken.epoch) === base.epoch ? taken.time + valueOf(interval) : 0n,
    },
    constants: {
      gate: {
        maxProofAge: Number(maxProofAge),
        gracePeriod: Number(gracePeriod),
        callPeriod: Number(callPeriod),
      },
      ledger: { maxRoundAge: Number(maxRoundAge) },
    },
    profile,
    newest: round && gateRound(round),
    liveSince: Number(valueOf(live)),
    provingWindow: Number(valueOf(window)),
  };
}

/** Before its first round the ledger refuses to name a newest. */
function roundOf(latest: Outcome<Round>): RoundStatus | null {
  if ("reverted" in latest && latest.reverted.reason === "RoundUnknown") return null;
  const { number, time, epoch, odometer, sleeveOdometer } = valueOf(latest);
  return { number, time, epoch, odometer, sleeveOdometer };
}

/** A round as the status machine takes it. */
export function gateRound({ number, time, epoch, odometer, sleeveOdometer }: RoundStatus): GateRound {
  return { number: Number(number), time: Number(time), epoch: Number(epoch), odometer, sleeveOdometer };
}

/** What a market's gate holds accounts to. @param ring its rounds, by number modulo ROUNDS */
export function gateMarketOf(
  { constants, profile, newest, liveSince }: MarketReading,
  ring: readonly (GateRound | null)[],
  epochStarts: readonly number[],
): GateMarket {
  return { constants, profile: { ...profile, epochStarts }, ledger: { newest, ring, liveSince } };
}

/** When each epoch up to one began. Asks only for those that are not known yet. */
export async function epochStartsUpTo(
  { connection, contracts }: OpenMarket,
  epoch: number,
  known: readonly number[],
  block: number,
): Promise<readonly number[]> {
  if (known.length >= epoch) return known.slice(0, epoch);
  const reads = Array.from({ length: epoch - known.length }, (_, i) =>
    viewOf(contracts.riskProfile, "startOf", BigInt(known.length + i + 1)),
  );
  const starts = await multicall(connection.provider, reads, block);
  return [...known, ...starts.map((start) => Number(valueOf(start)))];
}

/** Each of the ledger's sources by its name, with the view that a poke asks. @throws NodeUnreachableError */
export async function sourceReads(
  { connection: { provider }, oracle, listing }: OpenMarket,
  block: number,
): Promise<readonly { readonly source: string; readonly read: Read<unknown> }[]> {
  const { feeds, fundingSource, sequencerGuard: guard } = await oracle.ledger.sources({ blockTag: block });
  // Every kind of feed answers alike, and has the errors of one.
  const reads: { readonly source: string; readonly read: Read<unknown> }[] = [...feeds].map((feed, u) => ({
    source: listing[u]?.symbol ?? `asset ${u}`,
    read: viewOf(contractAt(chainlinkFeed, feed, provider), "read"),
  }));
  if (fundingSource !== ZeroAddress)
    reads.push({
      source: "funding",
      read: viewOf(contractAt(fundingIndex, fundingSource, provider), "read"),
    });
  if (guard !== ZeroAddress)
    reads.push({ source: "sequencer", read: viewOf(contractAt(sequencerGuard, guard, provider), "check") });
  return reads;
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
