import type { RevertedError } from "../errors.js";
import { type AccountStatus, accountOf, accountReads, toldStatus } from "./accountReading.js";
import type { OpenMarket } from "./deployment.js";
import { type MarketStatus, marketOf, marketReads, sourceReads } from "./marketReading.js";
import { multicall, viewOf } from "./multicall.js";
import { calling } from "./transactions/revert.js";

export type { AccountStatus, HealthClaim, SleeveStatus, SupportClaim } from "./accountReading.js";
export type { MarketStatus, RoundStatus } from "./marketReading.js";

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
  const asked = await sourceReads(open, blockTag);
  const outcomes = await multicall(
    open.connection.provider,
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
