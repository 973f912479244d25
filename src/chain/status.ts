import { isError, ZeroAddress } from "ethers";
import { RevertedError } from "../errors.js";
import { STATUS_NAMES, type StatusName } from "../protocol/status.js";
import { contractAt } from "./binding.js";
import type { AnyLedger, OpenMarket } from "./deployment.js";
import { chainlinkFeed } from "./generated/ChainlinkFeed.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import type { HealthRecord, SleeveRecord, SupportRecord } from "./generated/MarginGate.js";
import type { RiskProfile } from "./generated/RiskProfile.js";
import { sequencerGuard } from "./generated/SequencerGuard.js";
import { asChainError, calling } from "./transactions/revert.js";

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

/**
 * The market now, all of one block. @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { marketStatus } from "zkmargin/chain";
 *
 * console.log(Object.keys(await marketStatus(open)).length > 0); // true
 * ```
 */
export async function marketStatus({
  connection,
  contracts,
  oracle,
  derived,
}: OpenMarket): Promise<MarketStatus> {
  const { riskProfile, marketLedger, marginGate } = contracts;
  const newest = await connection.provider.getBlock("latest");
  const at = { blockTag: newest?.number ?? 0 };
  const newestOf = (ledger: Pick<AnyLedger, "latestRound">) => newestRound(() => ledger.latestRound(at));
  const stateOf = async (profile: RiskProfile) => {
    const [epoch, paused, expired] = await Promise.all([
      profile.epoch(at),
      profile.paused(at),
      profile.isExpired(at),
    ]);
    return { epoch, paused, expired };
  };
  const [round, own, epochSince, bookMaxAge, minInterval, maxRoundAge, terms, based] = await Promise.all([
    newestOf(marketLedger),
    stateOf(riskProfile),
    riskProfile.epochSince(at),
    riskProfile.bookMaxAge(at),
    oracle.ledger.minInterval(at),
    marketLedger.maxRoundAge(at),
    marginGate.terms(at),
    derived === undefined ? null : Promise.all([newestOf(oracle.ledger), stateOf(oracle.profile)]),
  ]);
  const { maxProofAge } = terms;
  const { epoch } = own;
  // Whose newest round says whether the next has to wait.
  const [taken, base] = based ?? [round, own];
  const [paused, expired] = [own.paused || base.paused, own.expired || base.expired];
  const usable = round !== null && !paused && (await marketLedger.usable(round.number, at));
  const time = BigInt(newest?.timestamp ?? 0);
  const pokeFrom = taken?.epoch === base.epoch ? taken.time + minInterval : 0n;
  return {
    block: at.blockTag,
    time,
    round,
    usable,
    epoch,
    epochSince,
    paused,
    expired,
    bookMaxAge,
    pokeFrom,
    maxRoundAge,
    maxProofAge,
  };
}

/**
 * An account at a block. @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { accountId, accountStatus } from "zkmargin/chain";
 *
 * console.log((await accountStatus(open, accountId(custodian.address, "desk-7/cross"))).status); // unknown
 * ```
 */
export function accountStatus(
  { contracts }: OpenMarket,
  account: string,
  blockTag: number | "latest" = "latest",
): Promise<AccountStatus> {
  return calling(`status of ${account}`, async () => {
    const { bookRegistry, marginGate } = contracts;
    const at = { blockTag };
    const [owner, attested, record, supports, marks, status, deadline, held, sleeve] = await Promise.all([
      bookRegistry.ownerOf(account, at),
      bookRegistry.bookStateOf(account, at),
      marginGate.recordOf(account, at),
      marginGate.supportOf(account, at),
      marginGate.marksOf(account, at),
      marginGate.statusOf(account, at).catch(unknownWithoutMarket),
      marginGate.deadlineOf(account, at).catch(unknownWithoutMarket),
      marginGate.sleeveOf(account, at),
      bookRegistry.sleeveOf(account, at),
    ]);
    const { terms, voidedAt } = sleeve;
    const { commitment, sequence, asOf, expiresAt, live, isolated } = attested;
    return {
      account,
      owner: BigInt(owner) === 0n ? null : owner,
      status: STATUS_NAMES[Number(status)] ?? "unknown",
      deadline,
      book: {
        ...{ commitment, sequence, asOf, expiresAt, live, isolated },
        sleeve:
          sequence === 0n || sleeve.sequence !== sequence
            ? null
            : {
                pricedAt: terms.pricedAt,
                band: Number(terms.band),
                until: terms.until,
                voidedAt,
                shocks: terms.shocks,
              },
      },
      claim: healthClaim(record, held),
      supports: { taken: supportClaim(supports.taken), added: supportClaim(supports.added) },
      breachRound: marks.breachRound,
      callRound: marks.callRound,
      callTheta: Number(marks.callTheta),
    };
  });
}

function healthClaim(record: HealthRecord, { limit, until }: SleeveRecord): HealthClaim | null {
  if (record.round === 0n) return null;
  const { round, time, sequence, epoch, theta, envelope, odometer } = record;
  const claim = { round, time, sequence, epoch, theta: Number(theta), envelope: Number(envelope), odometer };
  return { ...claim, sleeve: until === 0n ? null : { limit, until } };
}

function supportClaim({ claim, support, holds, sleeve }: SupportRecord): SupportClaim | null {
  const health = healthClaim(claim, sleeve);
  return health && { ...health, support, holds };
}

/** Before its first round the ledger refuses to name a newest. */
async function newestRound(read: () => Promise<RoundStatus>): Promise<RoundStatus | null> {
  try {
    const { number, time, epoch, odometer, sleeveOdometer } = await calling("latestRound", read);
    return { number, time, epoch, odometer, sleeveOdometer };
  } catch (error) {
    if (error instanceof RevertedError && error.reason === "RoundUnknown") return null;
    throw error;
  }
}

/** 0, which is unknown, where the gate refuses to answer because there is no round yet. */
async function unknownWithoutMarket(error: unknown): Promise<bigint> {
  await calling("status", async () => {
    throw error;
  }).catch((known) => {
    if (!(known instanceof RevertedError) || known.reason !== "RoundUnknown") throw known;
  });
  return 0n;
}

/** A source of rounds that refuses to answer now. */
export interface SourceFault {
  /** The symbol of an asset, or `funding`, or `sequencer`. */
  readonly source: string;
  /** The name of its error, such as `PriceStale`; null where it gave none. */
  readonly reason: string | null;
  /** Of a price or index that is too old: unix seconds of its last update, and the seconds that it may be old. */
  readonly updatedAt: bigint | null;
  readonly heartbeat: bigint | null;
}

/**
 * Queries each of the ledger's sources at a block, as a poke would. Returns those that refuse, and so block it.
 * @throws NodeUnreachableError
 */
export async function sourceFaults(open: OpenMarket, blockTag: number): Promise<SourceFault[]> {
  const { provider } = open.connection;
  const at = { blockTag };
  const { feeds, fundingSource, sequencerGuard: guard } = await open.oracle.ledger.sources(at);
  // Every kind of feed answers alike, and has the errors of one.
  const asked = [...feeds].map((feed, u) =>
    faultOf(open.listing[u]?.symbol ?? `asset ${u}`, () =>
      contractAt(chainlinkFeed, feed, provider).read(at),
    ),
  );
  if (fundingSource !== ZeroAddress)
    asked.push(faultOf("funding", () => contractAt(fundingIndex, fundingSource, provider).read(at)));
  if (guard !== ZeroAddress)
    asked.push(faultOf("sequencer", () => contractAt(sequencerGuard, guard, provider).check(at)));
  return (await Promise.all(asked)).filter((fault) => fault !== null);
}

async function faultOf(source: string, read: () => Promise<unknown>): Promise<SourceFault | null> {
  try {
    await read();
    return null;
  } catch (error) {
    const known = asChainError(error, source);
    if (!(known instanceof RevertedError)) throw known;
    const stale = known.reason === "PriceStale" || known.reason === "FundingStale";
    const [updatedAt = null, heartbeat = null] =
      stale && isError(error, "CALL_EXCEPTION") ? (error.revert?.args ?? []) : [];
    return { source, reason: known.reason, updatedAt, heartbeat };
  }
}
