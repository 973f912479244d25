import { contractAt, eventsOf, interfaceOf, type TypedContract, type View } from "../binding.js";
import { remoteOf } from "../deployment.js";
import { collateralLock } from "../generated/CollateralLock.js";
import { remoteCollateral } from "../generated/RemoteCollateral.js";
import { storageProofSource } from "../generated/StorageProofSource.js";
import { pagedLogs } from "../logs.js";
import { calling } from "../transactions/revert.js";
import { type RemoteMessage, remoteDigest } from "./messages.js";
import type { RemotePair } from "./otherSide.js";

/** The chain that something was said on. */
export type Side = "home" | "other";

/** How far a message has come. */
export type MessageState =
  /** Said, and not known on the other chain. */
  | "said"
  /** Known there, and nobody has acted on it. */
  | "verified"
  /** Acted on: credited or declined, taken note of, paid out. */
  | "done"
  /** A report that another has overtaken. */
  | "overtaken";

/** A message, where it was said and how far it has come. */
export type Said = RemoteMessage & {
  readonly side: Side;
  readonly digest: string;
  /** Block that it was said in, on its chain. */
  readonly block: number;
  /** Unix seconds, by the clock of its chain. */
  readonly sentAt: bigint;
  readonly state: MessageState;
};

/**
 * All that both sides have said, oldest first on each, and how far it has come.
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { allSaid } from "zkmargin/chain";
 *
 * console.log(typeof allSaid); // function
 * ```
 */
export function allSaid(pair: RemotePair): Promise<Said[]> {
  return calling(`messages of ${pair.asset}`, async () => [
    ...(await saidByLock(pair)),
    ...(await saidByHome(pair)),
  ]);
}

interface AnySource extends TypedContract {
  readonly verifiedAt: View<[chain: bigint, sender: string, digest: string], bigint>;
}

async function saidByLock(pair: RemotePair): Promise<Said[]> {
  const { home, collateral, connection, other, lock } = pair;
  const { address, block: fromBlock } = other.contracts.collateralLock;
  const names = ["Locked", "Reported"] as const;
  const topics = [names.map((name) => interfaceOf(collateralLock).getEvent(name)?.topicHash ?? "")];
  const logs = await pagedLogs(connection.provider, { address, topics, fromBlock });
  const source: AnySource = contractAt(
    storageProofSource,
    await collateral.source(),
    home.connection.provider,
  );
  const to = { chain: home.connection.chainId, contract: String(collateral.target) };
  const { reportedAt } = await collateral.heard();
  const found: Said[] = [];
  for (const { said, log, sentAt } of [
    ...eventsOf(collateralLock, "Locked", logs).map(
      ({ fields: { id, account, from, amount, lockedAt }, log }) => ({
        said: { kind: "lock", message: { id, account, from, amount, lockedAt } } as const,
        log,
        sentAt: lockedAt,
      }),
    ),
    ...eventsOf(collateralLock, "Reported", logs).map(({ fields: { held, locks, reportedAt: at }, log }) => ({
      said: { kind: "report", message: { held, locks, reportedAt: at } } as const,
      log,
      sentAt: at,
    })),
  ]) {
    const digest = remoteDigest(said, to);
    const isDone =
      said.kind === "lock"
        ? (await collateral.lockOf(said.message.id)).used
        : said.message.reportedAt === reportedAt;
    const isOvertaken = said.kind === "report" && said.message.reportedAt < reportedAt;
    const known =
      isDone || isOvertaken || (await isVerified(source, other.chainId, String(lock.target), digest));
    const state = isDone ? "done" : isOvertaken ? "overtaken" : known ? "verified" : "said";
    found.push({ ...said, side: "other", digest, block: log.blockNumber, sentAt, state });
  }
  return found.sort(inOrder);
}

async function saidByHome(pair: RemotePair): Promise<Said[]> {
  const { home, asset, collateral, connection, lock } = pair;
  const { address, block: fromBlock } = remoteOf(home.deployment, asset).remoteCollateral;
  const topics = interfaceOf(remoteCollateral).encodeFilterTopics("Released", []) as string[];
  const logs = await pagedLogs(home.connection.provider, { address, topics, fromBlock });
  const source: AnySource = contractAt(storageProofSource, await lock.source(), connection.provider);
  const to = { chain: connection.chainId, contract: String(lock.target) };
  const found: Said[] = [];
  for (const { fields, log } of eventsOf(remoteCollateral, "Released", logs)) {
    const { id, number, to: receiver, amount } = fields;
    const said = { kind: "release", message: { id, number, to: receiver, amount } } as const;
    const digest = remoteDigest(said, to);
    const isDone = await lock.isReleased(id, number);
    const known = isDone || (await isVerified(source, home.connection.chainId, address, digest));
    const sentAt = await collateral.sentAt(digest);
    const state = isDone ? "done" : known ? "verified" : "said";
    found.push({ ...said, side: "home", digest, block: log.blockNumber, sentAt, state });
  }
  return found.sort(inOrder);
}

async function isVerified(
  source: AnySource,
  chain: bigint,
  sender: string,
  digest: string,
): Promise<boolean> {
  return (await source.verifiedAt(chain, sender, digest)) !== 0n;
}

function inOrder(a: { readonly block: number }, b: { readonly block: number }): number {
  return a.block - b.block;
}

/** A lock, as both chains have it. Amounts are smallest units of the token. */
export interface RemoteLock {
  readonly id: bigint;
  readonly account: string;
  readonly from: string;
  readonly amount: bigint;
  /** Unix seconds, by the clock of its chain. */
  readonly lockedAt: bigint;
  readonly state: "said" | "verified" | "credited" | "declined";
  /** What home has not released; 0 before it is credited. */
  readonly leftAtHome: bigint;
  /** What the lock has not paid out. */
  readonly leftAtLock: bigint;
}

/** An asset on another chain, as both chains have it. Amounts are smallest units of the token. */
export interface RemoteStatus {
  readonly asset: string;
  readonly chainId: bigint;
  readonly token: string;
  readonly decimals: number;
  readonly cap: bigint;
  /** Claims that there are, at most the cap when they were made. */
  readonly credited: bigint;
  /** What the lock holds, as home has heard. */
  readonly heard: bigint;
  /** Unix seconds of the newest thing that home has heard. */
  readonly heardAt: bigint;
  /** Whether it counts 0 in the next book. */
  readonly stale: boolean;
  /** What the lock holds now, and what of it is locked. */
  readonly held: bigint;
  readonly locked: bigint;
  readonly locks: readonly RemoteLock[];
  readonly messages: readonly Said[];
}

/**
 * How an asset on another chain stands, on both chains.
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { remoteStatus } from "zkmargin/chain";
 *
 * console.log(typeof remoteStatus); // function
 * ```
 */
export function remoteStatus(pair: RemotePair): Promise<RemoteStatus> {
  return calling(`status of ${pair.asset}`, async () => {
    const { asset, collateral, connection, other, lock } = pair;
    const messages = await allSaid(pair);
    const { held: heard, heardAt } = await collateral.heard();
    const token = contractAt(remoteCollateral, other.token, connection.provider);
    const locks: RemoteLock[] = [];
    for (const said of messages) {
      if (said.kind !== "lock") continue;
      const { id, account, from, amount, lockedAt } = said.message;
      const [atHome, atLock] = [await collateral.lockOf(id), await lock.lockOf(id)];
      const declined = atHome.used && BigInt(atHome.account) === 0n;
      const state = !atHome.used
        ? said.state === "verified"
          ? "verified"
          : "said"
        : declined
          ? "declined"
          : "credited";
      locks.push({
        id,
        account,
        from,
        amount,
        lockedAt,
        state,
        leftAtHome: atHome.left,
        leftAtLock: atLock.left,
      });
    }
    return {
      asset,
      chainId: other.chainId,
      token: other.token,
      decimals: Number(await collateral.decimals()),
      cap: await collateral.cap(),
      credited: await collateral.totalSupply(),
      heard,
      heardAt,
      stale: await collateral.isStale(),
      held: await token.balanceOf(String(lock.target)),
      locked: await lock.locked(),
      locks,
      messages,
    };
  });
}
