import { type AnyBinding, contractAt } from "../binding.js";
import {
  type ContractLogRequest,
  decodeLogged,
  type LoggedTransaction,
  type WatchedContract,
} from "../contractLog.js";
import { type Deployed, type OpenDeployment, openRemote, remoteOf } from "../deployment.js";
import { collateralLock } from "../generated/CollateralLock.js";
import { erc20Mock } from "../generated/ERC20Mock.js";
import { hyperlaneSource } from "../generated/HyperlaneSource.js";
import { remoteCollateral } from "../generated/RemoteCollateral.js";
import { storageProofSource } from "../generated/StorageProofSource.js";
import { multicall, valueOf, viewOf } from "../multicall.js";
import { calling } from "../transactions/revert.js";
import type { RemotePair } from "./otherSide.js";

/**
 * What the log of an asset on another chain has, at home: its claims, and the messages that its source has verified, whichever
 * source that is. @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { readContracts, remoteLog } from "zkmargin/chain";
 *
 * for (const asset of Object.keys(open.deployment.remotes ?? {})) {
 *   const { transactions } = await readContracts(open.connection, await remoteLog(open, asset));
 *   console.log(`${asset}: ${transactions.length} transactions`); // one line an asset
 * }
 * ```
 */
export async function remoteLog(open: OpenDeployment, asset: string): Promise<ContractLogRequest> {
  const { remoteCollateral: claims, storageProofSource: source } = remoteOf(open.deployment, asset);
  const contract = openRemote(open, asset);
  const from = source ?? (await messengerOf(contract, claims));
  return {
    of: "remote",
    contracts: [watched("remoteCollateral", remoteCollateral, claims), sourceOf(from, source)],
    facts: (block) =>
      calling(`terms of ${asset}`, async () => ({
        "remoteCollateral.vault": await contract.vault(block),
        "remoteCollateral.chain": `${await contract.chain(block)}`,
        "remoteCollateral.lock": await contract.lock(block),
      })),
    answers: (log, block) =>
      calling(`answers of ${asset}`, async () => {
        const { held, locks, reportedAt } = await contract.heard(block);
        const answers: Record<string, string> = {
          "block.time": await timeAt(open.connection, block),
          "remoteCollateral.totalSupply()": `${await contract.totalSupply(block)}`,
          "remoteCollateral.cap()": `${await contract.cap(block)}`,
          "remoteCollateral.heard()": [held, locks, reportedAt].join(),
        };
        const [ids, accounts] = [named(log, remoteCollateral, "id"), named(log, remoteCollateral, "account")];
        const { provider } = open.connection;
        const used = await multicall(
          provider,
          ids.map((id) => viewOf(contract, "lockOf", id as bigint)),
          block.blockTag,
        );
        for (const [i, lock] of used.entries()) {
          const { account, left, releases, used: isUsed } = valueOf(lock);
          answers[`remoteCollateral.lockOf(${ids[i]})`] = [account, left, releases, isUsed].join();
        }
        const sums = await multicall(
          provider,
          accounts.map((account) => viewOf(contract, "lockedOf", account as string)),
          block.blockTag,
        );
        for (const [i, sum] of sums.entries())
          answers[`remoteCollateral.lockedOf(${accounts[i]})`] = `${valueOf(sum)}`;
        return answers;
      }),
  };
}

/**
 * What the log of a lock on the other chain has: what was locked and paid out, and the messages that its source has verified. Read
 * it before that of the claims, so that these have every release that the lock has paid out.
 *
 * @example
 * ```ts
 * import { lockLog } from "zkmargin/chain";
 *
 * console.log(typeof lockLog); // function
 * ```
 */
export async function lockLog({ connection, lock, other }: RemotePair): Promise<ContractLogRequest> {
  const { collateralLock: held, storageProofSource: source } = other.contracts;
  const token = contractAt(erc20Mock, other.token, connection.provider);
  const from = source ?? (await messengerOf(lock, held));
  return {
    of: "lock",
    contracts: [watched("collateralLock", collateralLock, held), sourceOf(from, source)],
    facts: (block) =>
      calling("terms of the lock", async () => ({
        "collateralLock.token": await lock.token(block),
        "collateralLock.homeChain": `${await lock.homeChain(block)}`,
        "collateralLock.peer": await lock.peer(block),
      })),
    answers: (log, block) =>
      calling("answers of the lock", async () => {
        const answers: Record<string, string> = {
          "block.time": await timeAt(connection, block),
          "collateralLock.locks()": `${await lock.locks(block)}`,
          "collateralLock.locked()": `${await lock.locked(block)}`,
          "collateralLock.held": `${await token.balanceOf(held.address, block)}`,
        };
        const ids = named(log, collateralLock, "id");
        const locks = await multicall(
          connection.provider,
          ids.map((id) => viewOf(lock, "lockOf", id as bigint)),
          block.blockTag,
        );
        for (const [i, held] of locks.entries()) {
          const { account, from, amount, left, lockedAt } = valueOf(held);
          answers[`collateralLock.lockOf(${ids[i]})`] = [account, from, amount, left, lockedAt].join();
        }
        const payouts = eventsNamed(log, collateralLock, "Released").map(({ id, number }) => [
          id,
          number,
        ]) as [bigint, bigint][];
        const paid = await multicall(
          connection.provider,
          payouts.map(([id, number]) => viewOf(lock, "isReleased", id, number)),
          block.blockTag,
        );
        for (const [i, isPaid] of paid.entries())
          answers[`collateralLock.isReleased(${payouts[i]?.join()})`] = `${valueOf(isPaid)}`;
        return answers;
      }),
  };
}

function watched(role: string, binding: AnyBinding, { address, block }: Deployed): WatchedContract {
  return { role, binding, address, block };
}

/** The source of a contract that was deployed with a source that stood before. Nothing is said to a contract before it stands. */
async function messengerOf(
  contract: { source(): Promise<string> },
  { block }: Deployed,
): Promise<Pick<Deployed, "address" | "block">> {
  return { address: await calling("source of messages", () => contract.source()), block };
}

/** What a source has verified: each kind of source tells it by the same event. */
function sourceOf(
  { address, block }: Pick<Deployed, "address" | "block">,
  ofProofs: Deployed | undefined,
): WatchedContract {
  const of = { address, block };
  return ofProofs === undefined
    ? { role: "messageSource", binding: hyperlaneSource, ...of }
    : { role: "storageProofSource", binding: storageProofSource, ...of };
}

/** Time of a block, unix seconds. */
async function timeAt(
  { provider }: Pick<OpenDeployment["connection"], "provider">,
  { blockTag }: { readonly blockTag: number },
): Promise<string> {
  return `${(await provider.getBlock(blockTag))?.timestamp ?? 0}`;
}

/** Fields of a contract's events of one name, or of all. */
function eventsNamed(log: readonly LoggedTransaction[], binding: AnyBinding, name?: string) {
  return log.flatMap(({ events }) =>
    events.flatMap((event) => {
      const decoded = ROLES[event.role] === binding ? decodeLogged(binding, event) : undefined;
      return decoded !== undefined && (name ?? decoded.name) === decoded.name ? [decoded.fields] : [];
    }),
  );
}

const ROLES: Readonly<Record<string, AnyBinding>> = { collateralLock, remoteCollateral };

/** What a contract's events have in one field, each value once. */
function named(log: readonly LoggedTransaction[], binding: AnyBinding, field: "id" | "account"): unknown[] {
  const values = eventsNamed(log, binding).map((fields) => fields[field]);
  return [...new Set(values.filter((value) => value !== undefined))];
}
