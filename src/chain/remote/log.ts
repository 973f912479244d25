import { interfaceOf } from "../binding.js";
import type { ContractLogRequest, LoggedTransaction } from "../contractLog.js";
import { type OpenDeployment, openRemote, remoteOf } from "../deployment.js";
import { remoteCollateral } from "../generated/RemoteCollateral.js";
import { storageProofSource } from "../generated/StorageProofSource.js";
import { calling } from "../transactions/revert.js";

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
  const at = ({ address, block }: { readonly address: string; readonly block: number }) => ({
    address,
    block,
  });
  return {
    of: "remote",
    contracts: [
      { role: "remoteCollateral", binding: remoteCollateral, ...at(claims) },
      ...(source === undefined
        ? []
        : [{ role: "storageProofSource", binding: storageProofSource, ...at(source) }]),
    ],
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

/** The locks that events of claims name, and their accounts. */
function namedIn(log: readonly LoggedTransaction[]) {
  const [ids, accounts] = [new Set<bigint>(), new Set<string>()];
  for (const event of log.flatMap(({ events }) => events)) {
    if (event.role !== "remoteCollateral") continue;
    const { id, account } = interfaceOf(remoteCollateral).parseLog(event)?.args.toObject() ?? {};
    if (typeof id === "bigint") ids.add(id);
    if (typeof account === "string") accounts.add(account);
  }
  return { ids, accounts };
}
