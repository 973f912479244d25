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
import { remoteCollateral } from "../generated/RemoteCollateral.js";
import { storageProofSource } from "../generated/StorageProofSource.js";
import { calling } from "../transactions/revert.js";
import type { RemotePair } from "./otherSide.js";

/**
 * What the log of an asset on another chain has, at home: its claims, and the messages that its source of storage proofs has
 * verified.
 *
 * @example
 * ```ts
 * import { readContracts, remoteLog } from "zkmargin/chain";
 *
 * for (const asset of Object.keys(open.deployment.remotes ?? {})) {
 *   const { transactions } = await readContracts(open.connection, remoteLog(open, asset));
 *   console.log(`${asset}: ${transactions.length} transactions`); // one line an asset
 * }
 * ```
 */
export function remoteLog(open: OpenDeployment, asset: string): ContractLogRequest {
  const { remoteCollateral: claims, storageProofSource: source } = remoteOf(open.deployment, asset);
  const contract = openRemote(open, asset);
  return {
    of: "remote",
    contracts: [watched("remoteCollateral", remoteCollateral, claims), ...proofsOf(source)],
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
        const { ids, accounts } = namedIn(log);
        for (const id of ids) {
          const { account, left, releases, used } = await contract.lockOf(id, block);
          answers[`remoteCollateral.lockOf(${id})`] = [account, left, releases, used].join();
        }
        for (const account of accounts)
          answers[`remoteCollateral.lockedOf(${account})`] = `${await contract.lockedOf(account, block)}`;
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
export function lockLog({ connection, lock, other }: RemotePair): ContractLogRequest {
  const { collateralLock: held, storageProofSource: source } = other.contracts;
  const token = contractAt(erc20Mock, other.token, connection.provider);
  return {
    of: "lock",
    contracts: [watched("collateralLock", collateralLock, held), ...proofsOf(source)],
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
        for (const event of log.flatMap(({ events }) => events)) {
          if (event.role !== "collateralLock") continue;
          const { id, number } = decodeLogged(collateralLock, event)?.fields ?? {};
          if (typeof id !== "bigint") continue;
          const { account, from, amount, left, lockedAt } = await lock.lockOf(id, block);
          answers[`collateralLock.lockOf(${id})`] = [account, from, amount, left, lockedAt].join();
          if (typeof number === "bigint")
            answers[`collateralLock.isReleased(${id},${number})`] =
              `${await lock.isReleased(id, number, block)}`;
        }
        return answers;
      }),
  };
}

function watched(role: string, binding: AnyBinding, { address, block }: Deployed): WatchedContract {
  return { role, binding, address, block };
}

/** A source of storage proofs, where it was deployed with the rest. */
function proofsOf(source: Deployed | undefined): WatchedContract[] {
  return source === undefined ? [] : [watched("storageProofSource", storageProofSource, source)];
}

/** Time of a block, unix seconds. */
async function timeAt(
  { provider }: Pick<OpenDeployment["connection"], "provider">,
  { blockTag }: { readonly blockTag: number },
): Promise<string> {
  return `${(await provider.getBlock(blockTag))?.timestamp ?? 0}`;
}

/** The locks that events of claims name, and their accounts. */
function namedIn(log: readonly LoggedTransaction[]) {
  const [ids, accounts] = [new Set<bigint>(), new Set<string>()];
  for (const event of log.flatMap(({ events }) => events)) {
    if (event.role !== "remoteCollateral") continue;
    const { id, account } = decodeLogged(remoteCollateral, event)?.fields ?? {};
    if (typeof id === "bigint") ids.add(id);
    if (typeof account === "string") accounts.add(account);
  }
  return { ids, accounts };
}
