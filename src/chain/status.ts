import { ZeroAddress } from "ethers";
import type { RevertedError } from "../errors.js";
import type { StatusName } from "../protocol/status.js";
import { contractAt } from "./binding.js";
import type { OpenMarket } from "./deployment.js";
import { chainlinkFeed } from "./generated/ChainlinkFeed.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import { sequencerGuard } from "./generated/SequencerGuard.js";
import { multicall, type Read, viewOf } from "./multicall.js";
import { accountOf, accountReads, marketOf, marketReads, toldStatus } from "./reading.js";
import { calling } from "./transactions/revert.js";

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
export async function marketStatus(open: OpenMarket): Promise<MarketStatus> {
  const { provider } = open.connection;
  const newest = await provider.getBlock("latest");
  const at = { number: newest?.number ?? 0, time: BigInt(newest?.timestamp ?? 0) };
  return calling(
    "market",
    async () => marketOf(await multicall(provider, marketReads(open), at.number), at).status,
  );
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
  open: OpenMarket,
  account: string,
  blockTag: number | "latest" = "latest",
): Promise<AccountStatus> {
  const { connection, contracts } = open;
  return calling(`status of ${account}`, async () => {
    const block = blockTag === "latest" ? await connection.provider.getBlockNumber() : blockTag;
    const { marginGate } = contracts;
    const words = [
      viewOf(marginGate, "statusOf", account),
      viewOf(marginGate, "deadlineOf", account),
    ] as const;
    const [status, deadline, ...read] = await multicall(
      connection.provider,
      [...words, ...accountReads(open, account)] as const,
      block,
    );
    return { ...accountOf(account, read).status, ...toldStatus(status, deadline) };
  });
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
  const ledger = open.oracle.ledger;
  const { feeds, fundingSource, sequencerGuard: guard } = await ledger.sources({ blockTag });
  // Every kind of feed answers alike, and has the errors of one.
  const asked: { readonly source: string; readonly read: Read<unknown> }[] = [...feeds].map((feed, u) => ({
    source: open.listing[u]?.symbol ?? `asset ${u}`,
    read: viewOf(contractAt(chainlinkFeed, feed, provider), "read"),
  }));
  if (fundingSource !== ZeroAddress)
    asked.push({
      source: "funding",
      read: viewOf(contractAt(fundingIndex, fundingSource, provider), "read"),
    });
  if (guard !== ZeroAddress)
    asked.push({
      source: "sequencer",
      read: viewOf(contractAt(sequencerGuard, guard, provider), "check"),
    });
  const outcomes = await multicall(
    provider,
    asked.map(({ read }) => read),
    blockTag,
  );
  return outcomes.flatMap((outcome, i) =>
    "reverted" in outcome ? [faultOf(asked[i]?.source ?? "", outcome.reverted)] : [],
  );
}

function faultOf(source: string, { reason, args }: RevertedError): SourceFault {
  const stale = reason === "PriceStale" || reason === "FundingStale";
  const [updatedAt, heartbeat] = stale ? args : [];
  const seconds = (value: unknown) => (typeof value === "bigint" ? value : null);
  return { source, reason, updatedAt: seconds(updatedAt), heartbeat: seconds(heartbeat) };
}
