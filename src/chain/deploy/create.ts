import { keccak256 } from "ethers";
import { DeploymentMismatchError, UnknownAssetError } from "../../errors.js";
import { slotOf } from "../../protocol/listing.js";
import { type Binding, interfaceOf, type TypedContract } from "../binding.js";
import type { Connection } from "../connection.js";
import type { Deployed } from "../deployment.js";
import {
  chainlinkFeed,
  fundingIndex,
  marginVault,
  pythFeed,
  ratioAggregator,
  sequencerGuard,
} from "../generated/index.js";
import type { DeployPlan, FeedPlan } from "./plan.js";
import type { DeploySender } from "./rehearsal.js";

/** One deployed contract, as reported during a deployment. */
export interface DeployStep {
  readonly name: string;
  readonly address: string;
  readonly gas: bigint;
}

/** Creates a contract, once for its name, code and arguments. */
export type Create = <C extends TypedContract, E, K extends readonly unknown[]>(
  name: string,
  binding: Binding<C, E, K>,
  args: K,
) => Promise<Deployed>;

/** A {@link Create} on a chain. */
export function creator(
  { provider }: Pick<Connection, "provider">,
  transactions: DeploySender,
  onStep: (step: DeployStep) => void = () => {},
): Create {
  return async (name, binding, args) => {
    const data = binding.bytecode + interfaceOf(binding).encodeDeploy(args).slice(2);
    const receipt = await transactions.send({ key: `deploy ${name} ${short(data)}`, to: null, data });
    const address = receipt?.contractAddress;
    if (receipt === null || address == null)
      throw new DeploymentMismatchError(`${name}: expected a new contract, got none; use another journal`);
    onStep({ name, address, gas: receipt.gasUsed });
    const codeHash = keccak256(await provider.getCode(address));
    return { contract: binding.name, address, codeHash, block: receipt.blockNumber };
  };
}

/** Enough of a hash to tell one transaction from another. */
export function short(data: string): string {
  return keccak256(data).slice(2, 18);
}

/** The feeds by their asset, and what else the ledger reads: funding and sequencer. */
export async function deploySources(
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
        ? await create(name, chainlinkFeed, [await aggregatorOf(create, asset.symbol, feed.source), limits])
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

/** The aggregator of a feed; of an asset that is priced by another, a new one that multiplies. */
async function aggregatorOf(
  create: Create,
  symbol: string,
  { aggregator, ratio }: Extract<FeedPlan["source"], { kind: "chainlink" }>,
): Promise<string> {
  if (ratio === undefined) return aggregator;
  const { heartbeat, least, most } = ratio;
  const args = [ratio.aggregator, aggregator, { heartbeat: BigInt(heartbeat), least, most }] as const;
  return (await create(`ratio ${symbol}`, ratioAggregator, [...args])).address;
}

/** The vault, if the plan has one. */
export async function deployVault(create: Create, plan: DeployPlan, gate: string, authority: string) {
  if (plan.vault === undefined) return undefined;
  const { settlement, asset, collateral: _, ...terms } = plan.vault;
  const { slot, decimals } = slotAndDecimals(plan, asset);
  return create("marginVault", marginVault, [gate, settlement, slot, decimals, bigints(terms), authority]);
}

/** Lists the collateral tokens that the vault takes besides its settlement token, while the deployer still may. */
export async function listCollateral(
  transactions: DeploySender,
  plan: DeployPlan,
  vault: string,
): Promise<void> {
  for (const { token, asset } of plan.vault?.collateral ?? []) {
    const { slot, decimals } = slotAndDecimals(plan, asset);
    const data = interfaceOf(marginVault).encodeFunctionData("listAsset", [token, slot, decimals]);
    await transactions.send({ key: `deploy list ${vault} ${token} ${slot}`, to: vault, data });
  }
}

/** Where an asset stands in the listing. @throws UnknownAssetError */
export function slotAndDecimals({ listing }: DeployPlan, asset: string) {
  const slot = slotOf(listing, asset) ?? -1;
  const decimals = listing[slot]?.decimals;
  if (decimals === undefined)
    throw new UnknownAssetError("plan.vault", "the symbol of a listed asset", asset);
  return { slot: BigInt(slot), decimals: BigInt(decimals) };
}

/** A struct of contract integers. */
export function bigints<T extends object>(numbers: T): { readonly [K in keyof T]: bigint } {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, BigInt(value)])) as {
    [K in keyof T]: bigint;
  };
}
