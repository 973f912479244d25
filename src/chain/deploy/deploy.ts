import { ZeroAddress } from "ethers";
import { TooManyError, UnknownAssetError } from "../../errors.js";
import type { GatePlan } from "../../protocol/deploymentTerms.js";
import { listingDigest, slotOf } from "../../protocol/listing.js";
import { checkProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import { checkDeployment, checkKeyOnChain } from "../checkDeployment.js";
import type { Connection } from "../connection.js";
import {
  CORE_BINDINGS,
  type Deployed,
  type Deployment,
  type DerivedContracts,
  openDeployment,
} from "../deployment.js";
import { derivedLedger } from "../generated/DerivedLedger.js";
import { handover } from "../roles.js";
import type { Transactions } from "../transactions/transactions.js";
import { tableBytes, verifyingKeyWords } from "../verificationKey.js";
import { bigints, creator, type DeployStep, short } from "./create.js";
import { deployDao } from "./deployDao.js";
import {
  deployCredit,
  deployRemotes,
  deployVault,
  listCollateral,
  slotAndDecimals,
} from "./deployLending.js";
import { deploySources } from "./deploySources.js";
import type { DeployPlan } from "./plan.js";
import { type DeployEstimate, type DeploySender, Rehearsal } from "./rehearsal.js";

/** The slots that may carry sleeves, bit u for slot u. */
function sleeveSlots({ listing, sleeves = [] }: DeployPlan): bigint {
  return sleeves.reduce((slots, symbol) => {
    const slot = slotOf(listing, symbol);
    if (slot === undefined) throw new UnknownAssetError("plan.sleeves", "symbols of listed assets", symbol);
    return slots | (1n << BigInt(slot));
  }, 0n);
}

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
  for (const { profile } of [plan, ...(plan.derived ?? [])]) checkProfile(profile, plan.listing);
  if (plan.feeds.length !== plan.listing.length)
    throw new TooManyError("plan.feeds", `${plan.listing.length}, one an asset`, String(plan.feeds.length));
  const { vault: ofVault } = plan;
  for (const { asset } of ofVault ? [ofVault, ...(ofVault.collateral ?? []), ...(ofVault.remote ?? [])] : [])
    slotAndDecimals(plan, asset);
  if (plan.credit) slotAndDecimals(plan, plan.credit.asset, "plan.credit");
  const create = creator(connection, transactions, onStep);
  const admin = transactions.sender;

  const { accessManager, signalTable, riskProfile, marketLedger, bookRegistry, marginGate } = CORE_BINDINGS;
  const manager = await create("accessManager", accessManager, [admin]);
  const table = await create("signalTable", signalTable, [tableBytes(plan.key.key)]);
  const profileOf = ({ profile }: Pick<DeployPlan, "profile">) =>
    [
      manager.address,
      table.address,
      listingDigest(plan.listing),
      BigInt(plan.listing.length),
      profileWords(profile, plan.tier),
    ] as const;
  const profile = await create("riskProfile", riskProfile, [...profileOf(plan)]);
  const sources = await deploySources(create, plan, manager.address);
  const ledger = await create("marketLedger", marketLedger, [
    manager.address,
    table.address,
    profile.address,
    bigints(plan.timing),
    plan.listing.map(({ symbol }) => sources.get(symbol)?.address ?? ZeroAddress),
    sources.get("funding")?.address ?? ZeroAddress,
    sources.get("sequencer")?.address ?? ZeroAddress,
    sleeveSlots(plan),
  ]);
  const registry = await create("bookRegistry", bookRegistry, [profile.address, BigInt(plan.rotationDelay)]);
  const gateOn = (name: string, on: Deployed, terms: GatePlan) =>
    create(name, marginGate, [
      on.address,
      registry.address,
      verifyingKeyWords(plan.key.key),
      bigints(terms),
    ] as const);
  const gate = await gateOn("marginGate", ledger, plan.terms);
  const derived = new Map<string, DerivedContracts>();
  for (const market of plan.derived ?? []) {
    const { name, terms } = market;
    const other = await create(`${name} riskProfile`, riskProfile, [...profileOf(market)]);
    const on = await create(`${name} derivedLedger`, derivedLedger, [ledger.address, other.address]);
    const ofMarket = await gateOn(`${name} marginGate`, on, terms);
    derived.set(name, { riskProfile: other, derivedLedger: on, marginGate: ofMarket });
  }
  const credit = await deployCredit(create, plan, gate.address);
  const vault = await deployVault(create, plan, gate.address, manager.address, credit?.address);
  if (vault !== undefined) await listCollateral(transactions, plan, vault.address);

  const remotes = vault && (await deployRemotes(create, transactions, plan, vault, manager));

  const others = [...derived.values()].map(({ riskProfile }) => riskProfile);
  const claims = Object.values(remotes ?? {}).map((remote) => remote.remoteCollateral);
  const targets = [manager, profile, ...others, ledger, vault, ...claims, sources.get("funding")].filter(
    (target) => target !== undefined,
  );
  const dao = plan.dao && (await deployDao(create, transactions, plan.dao, connection.provider));
  const governance = { ...plan.governance, governor: dao?.timelock.address ?? plan.governance.governor };
  const data = handover(targets, admin, governance, plan.funding?.poster);
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
    ...(derived.size === 0 ? {} : { derived: Object.fromEntries(derived) }),
    ...(vault === undefined ? {} : { marginVault: vault }),
    ...(remotes === undefined ? {} : { remotes }),
    ...(credit === undefined ? {} : { creditRegistry: credit }),
    ...(dao === undefined ? {} : { dao }),
    sources: { ...Object.fromEntries(sources), ...plan.mocks },
  };
}
