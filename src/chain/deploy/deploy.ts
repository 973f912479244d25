import { ZeroAddress } from "ethers";
import { TooManyError } from "../../errors.js";
import { listingDigest } from "../../protocol/listing.js";
import { checkProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import { checkDeployment, checkKeyOnChain } from "../checkDeployment.js";
import type { Connection } from "../connection.js";
import { CORE_BINDINGS, openDeployment } from "../contracts.js";
import type { Deployment } from "../deployment.js";
import { handover } from "../roles.js";
import type { Transactions } from "../transactions/transactions.js";
import { tableBytes, verifyingKeyWords } from "../verificationKey.js";
import {
  bigints,
  creator,
  type DeployStep,
  deploySources,
  deployVault,
  listCollateral,
  short,
  slotAndDecimals,
} from "./create.js";
import type { DeployPlan } from "./plan.js";
import { type DeployEstimate, type DeploySender, Rehearsal } from "./rehearsal.js";

export type { DeployStep } from "./create.js";

/**
 * Deploys everything, in order, hands it over to its governance, and checks the result as a stranger would. Run
 * again with the same plan and journal, it carries on where it stopped.
 * @throws DevelopmentKeyError for such a key on a chain that is not local, KeyLineageError for one that anybody can forge under
 * @throws InputError for a plan whose parts do not fit each other, before anything is sent
 * @throws RevertedError, DeploymentMismatchError, NodeUnreachableError, TransactionPendingError
 *
 * @example
 * ```ts
 * import { deploy, serialiseDeployment } from "zkmargin/chain";
 *
 * const deployment = await deploy(open.connection, transactions, plan, ({ name }) => console.log(name));
 * console.log(serialiseDeployment(deployment).length > 0); // true
 * ```
 */
export async function deploy(
  connection: Connection,
  transactions: Transactions,
  plan: DeployPlan,
  onStep: (step: DeployStep) => void = () => {},
): Promise<Deployment> {
  const deployment = await raise(connection, transactions, plan, onStep);
  const open = openDeployment(connection, deployment);
  await checkDeployment(open, plan.key);
  return deployment;
}

/**
 * Has the node try every transaction of a deployment, and signs none.
 * @param planOf makes the plan, and may take transactions of its own
 * @throws PlanMismatchError naming the plan's field that a contract refuses, InsufficientFundsError, and what deploy throws
 *
 * @example
 * ```ts
 * import { rehearse } from "zkmargin/chain";
 *
 * const { gas } = await rehearse(open.connection, transactions, async () => plan);
 * console.log(gas); // what is still to be sent: none of what the journal has
 * ```
 */
export async function rehearse(
  connection: Connection,
  transactions: Transactions,
  planOf: (sender: DeploySender) => Promise<DeployPlan>,
): Promise<DeployEstimate> {
  const rehearsal = new Rehearsal(connection, transactions);
  await raise(connection, rehearsal, await planOf(rehearsal));
  return rehearsal.estimate();
}

/** Everything that is sent, in order. */
async function raise(
  connection: Connection,
  transactions: DeploySender,
  plan: DeployPlan,
  onStep: (step: DeployStep) => void = () => {},
): Promise<Deployment> {
  checkKeyOnChain(plan.key, connection);
  checkProfile(plan.profile, plan.listing);
  if (plan.feeds.length !== plan.listing.length)
    throw new TooManyError("plan.feeds", `${plan.listing.length}, one an asset`, String(plan.feeds.length));
  for (const { asset } of plan.vault ? [plan.vault, ...(plan.vault.collateral ?? [])] : [])
    slotAndDecimals(plan, asset);
  const create = creator(connection, transactions, onStep);
  const admin = transactions.sender;

  const { accessManager, signalTable, riskProfile, marketLedger, bookRegistry, marginGate } = CORE_BINDINGS;
  const manager = await create("accessManager", accessManager, [admin]);
  const table = await create("signalTable", signalTable, [tableBytes(plan.key.key)]);
  const profile = await create("riskProfile", riskProfile, [
    manager.address,
    table.address,
    listingDigest(plan.listing),
    BigInt(plan.listing.length),
    profileWords(plan.profile, plan.tier),
  ]);
  const sources = await deploySources(create, plan, manager.address);
  const ledger = await create("marketLedger", marketLedger, [
    manager.address,
    table.address,
    profile.address,
    bigints(plan.timing),
    plan.listing.map(({ symbol }) => sources.get(symbol)?.address ?? ZeroAddress),
    sources.get("funding")?.address ?? ZeroAddress,
    sources.get("sequencer")?.address ?? ZeroAddress,
  ]);
  const registry = await create("bookRegistry", bookRegistry, [profile.address, BigInt(plan.rotationDelay)]);
  const gate = await create("marginGate", marginGate, [
    ledger.address,
    registry.address,
    verifyingKeyWords(plan.key.key),
    bigints(plan.terms),
  ]);
  const vault = await deployVault(create, plan, gate.address, manager.address);
  if (vault !== undefined) await listCollateral(transactions, plan, vault.address);

  const targets = new Map([manager, profile, ledger].map(({ contract, address }) => [contract, address]));
  for (const deployed of [vault, sources.get("funding")])
    if (deployed !== undefined) targets.set(deployed.contract, deployed.address);
  const data = handover(targets, admin, plan.governance, plan.funding?.poster);
  await transactions.send({
    key: `deploy handover ${short(manager.address + data.slice(2))}`,
    to: manager.address,
    data,
  });

  return {
    chainId: connection.chainId,
    tier: plan.tier,
    listing: plan.listing,
    verificationKey: { hash: plan.key.hash, kind: plan.key.kind },
    contracts: {
      accessManager: manager,
      signalTable: table,
      riskProfile: profile,
      marketLedger: ledger,
      bookRegistry: registry,
      marginGate: gate,
    },
    ...(vault === undefined ? {} : { marginVault: vault }),
    sources: { ...Object.fromEntries(sources), ...plan.mocks },
  };
}
