import { Interface, keccak256, ZeroAddress } from "ethers";
import { DeploymentMismatchError, DevelopmentKeyError, TooManyError } from "../../errors.js";
import { checkProfile } from "../../margin/profile.js";
import { listingDigest, slotOf } from "../../spec/listing.js";
import type { Binding, TypedContract } from "../binding.js";
import { checkDeployment } from "../checkDeployment.js";
import { CORE_BINDINGS, openDeployment } from "../contracts.js";
import type { Deployed, Deployment } from "../deployment.js";
import { chainlinkFeed, fundingIndex, marginVault, pythFeed, sequencerGuard } from "../generated/index.js";
import { profileWords } from "../profileWords.js";
import type { Connection } from "../provider.js";
import type { Transactions } from "../transactions/transactions.js";
import { tableBytes, verifyingKeyWords } from "../verificationKey.js";
import type { DeployPlan, FeedPlan } from "./plan.js";
import { handover } from "./roles.js";

/** One contract that stands, as deployment goes on. */
export interface DeployStep {
  readonly name: string;
  readonly address: string;
  readonly gas: bigint;
}

/**
 * Deploys everything, in order, hands it over to its governance, and checks the result as a stranger would. Run
 * again with the same plan and journal, it carries on where it stopped.
 * @throws DevelopmentKeyError on a chain that is not local
 * @throws InputError for a plan whose parts do not fit each other, before anything is sent
 * @throws RevertedError, DeploymentMismatchError, NodeUnreachableError, TransactionPendingError
 */
export async function deploy(
  connection: Connection,
  transactions: Transactions,
  plan: DeployPlan,
  onStep: (step: DeployStep) => void = () => {},
): Promise<Deployment> {
  if (plan.key.kind === "development" && !connection.local)
    throw new DevelopmentKeyError(
      `verification key: expected one from a ceremony on chain ${connection.chainId}, got a development key, with which anybody can forge; it is for local chains`,
    );
  checkProfile(plan.profile, plan.listing);
  if (plan.feeds.length !== plan.listing.length)
    throw new TooManyError("plan.feeds", `${plan.listing.length}, one an asset`, String(plan.feeds.length));
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
    manager.address,
  ]);
  const vault = await deployVault(create, plan, gate.address, manager.address);

  const targets = new Map([profile, ledger, gate].map(({ contract, address }) => [contract, address]));
  for (const deployed of [vault, sources.get("funding")])
    if (deployed !== undefined) targets.set(deployed.contract, deployed.address);
  const data = handover(targets, admin, plan.governance, plan.funding?.poster);
  await transactions.send({
    key: `deploy handover ${short(manager.address + data.slice(2))}`,
    to: manager.address,
    data,
  });

  const deployment: Deployment = {
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
    sources: Object.fromEntries(sources),
  };
  await checkDeployment(openDeployment(connection, deployment), plan.key);
  return deployment;
}

/** Creates a contract, once for its name, code and arguments. */
export type Create = <C extends TypedContract, E, K extends readonly unknown[]>(
  name: string,
  binding: Binding<C, E, K>,
  args: K,
) => Promise<Deployed>;

/** A {@link Create} on a chain. */
export function creator(
  { provider }: Connection,
  transactions: Transactions,
  onStep: (step: DeployStep) => void = () => {},
): Create {
  return async (name, binding, args) => {
    const data = binding.bytecode + new Interface(binding.abi).encodeDeploy(args).slice(2);
    const receipt = await transactions.send({ key: `deploy ${name} ${short(data)}`, to: null, data });
    const address = receipt?.contractAddress;
    if (receipt === null || address == null)
      throw new DeploymentMismatchError(`${name}: expected a new contract, got none; use another journal`);
    onStep({ name, address, gas: receipt.gasUsed });
    const codeHash = keccak256(await provider.getCode(address));
    return { contract: binding.name, address, codeHash, block: receipt.blockNumber };
  };
}

async function deploySources(
  create: Create,
  plan: DeployPlan,
  authority: string,
): Promise<Map<string, Deployed>> {
  const sources = new Map<string, Deployed>();
  for (const [u, asset] of plan.listing.entries()) {
    const feed = plan.feeds[u] as FeedPlan;
    const { least, most } = feed;
    const limits = { decimals: BigInt(asset.decimals), heartbeat: BigInt(feed.heartbeat), least, most };
    const name = `feed ${asset.symbol}`;
    const deployed =
      feed.source.kind === "chainlink"
        ? await create(name, chainlinkFeed, [feed.source.aggregator, limits])
        : await create(name, pythFeed, [
            feed.source.pyth,
            feed.source.priceId,
            BigInt(feed.source.maxConfidence),
            limits,
          ]);
    sources.set(asset.symbol, deployed);
  }
  if (plan.funding) {
    const { steps, interval, heartbeat } = plan.funding;
    const args = [authority, steps, BigInt(interval), BigInt(heartbeat)] as const;
    sources.set("funding", await create("funding", fundingIndex, [...args]));
  }
  if (plan.sequencer) {
    const { uptimeFeed, grace } = plan.sequencer;
    sources.set("sequencer", await create("sequencer", sequencerGuard, [uptimeFeed, BigInt(grace)]));
  }
  return sources;
}

async function deployVault(create: Create, plan: DeployPlan, gate: string, authority: string) {
  if (plan.vault === undefined) return undefined;
  const { settlement, asset, ...terms } = plan.vault;
  const slot = slotOf(plan.listing, asset) ?? -1;
  const decimals = plan.listing[slot]?.decimals;
  if (decimals === undefined)
    throw new DeploymentMismatchError(`plan.vault.asset: expected a listed asset, got ${asset}`);
  return create("marginVault", marginVault, [
    gate,
    settlement,
    BigInt(slot),
    BigInt(decimals),
    bigints(terms),
    authority,
  ]);
}

/** A struct of contract integers. */
function bigints<T extends object>(numbers: T): { readonly [K in keyof T]: bigint } {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)])) as {
    [K in keyof T]: bigint;
  };
}

function short(data: string): string {
  return keccak256(data).slice(2, 18);
}
