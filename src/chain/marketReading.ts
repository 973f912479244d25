import { ZeroAddress } from "ethers";
import type { GateMarket, GateRound } from "../protocol/gate.js";
import { isExpired, liveEpoch } from "../protocol/status.js";
import { contractAt } from "./binding.js";
import type { OpenMarket } from "./deployment.js";
import { chainlinkFeed } from "./generated/ChainlinkFeed.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import type { Round } from "./generated/MarketLedger.js";
import { sequencerGuard } from "./generated/SequencerGuard.js";
import { multicall, type Outcome, type OutcomesOf, type Read, valueOf, viewOf } from "./multicall.js";

/** A market read by several views together, and what its gate holds accounts to at the time of a block. */

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
