import { keccak256, type Provider, ZeroAddress } from "ethers";
import { DeploymentMismatchError, TooManyError, UnknownAssetError } from "../../errors.js";
import type { GatePlan } from "../../protocol/deploymentTerms.js";
import { listingDigest, slotOf } from "../../protocol/listing.js";
import { checkProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import { type Binding, interfaceOf, type TypedContract } from "../binding.js";
import { checkDeployment, checkKeyOnChain } from "../checkDeployment.js";
import type { Connection } from "../connection.js";
import { TIMELOCK_ROLES, timelockHolders } from "../dao.js";
import {
  CORE_BINDINGS,
  checkOf,
  type Deployed,
  type Deployment,
  type DerivedContracts,
  openDeployment,
  quoteOf,
  type RemoteContracts,
  ratioOf,
  sourceOf,
} from "../deployment.js";
import { derivedLedger } from "../generated/DerivedLedger.js";
import {
  blockRoots,
  chainlinkFeed,
  creditRegistry,
  fundingIndex,
  marginVault,
  medianFeed,
  poolTwap,
  pythFeed,
  ratioAggregator,
  remoteCollateral,
  riskGovernor,
  sequencerGuard,
  storageProofSource,
  timelockController,
  voteToken,
} from "../generated/index.js";
import { handover } from "../roles.js";
import type { Transactions } from "../transactions/transactions.js";
import { tableBytes, verifyingKeyWords } from "../verificationKey.js";
import { bigints, type Create, creator, type DeployStep, short } from "./create.js";
import {
  type DaoPlan,
  type DeployPlan,
  type FeedPlan,
  isMedian,
  type MedianPlan,
  type PoolPlan,
  QUOTE_DECIMALS,
  type StorageProofPlan,
} from "./plan.js";
import { type DeployEstimate, type DeploySender, Rehearsal } from "./rehearsal.js";

/** The feeds by their asset, what stands behind them, and what else the ledger reads: funding and sequencer. */
export async function deploySources(
  create: Create,
  plan: DeployPlan,
  authority: string,
): Promise<Map<string, Deployed>> {
  const sources = new Map<string, Deployed>();
  const keeping: Create = async (name, binding, args) => {
    const deployed = await create(`feed ${name}`, binding, args);
    sources.set(name, deployed);
    return deployed;
  };
  for (const [u, { symbol, decimals }] of plan.listing.entries()) {
    const feed = plan.feeds[u] as FeedPlan | MedianPlan;
    if (isMedian(feed)) await createMedian(keeping, symbol, decimals, feed);
    else await createFeed(keeping, symbol, decimals, feed);
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

/** A feed of one source. Of an asset that is priced by another, it reads a new aggregator that multiplies. */
async function createFeed(
  create: Create,
  name: string,
  decimals: number,
  { source, heartbeat, least, most }: FeedPlan,
): Promise<Deployed> {
  const limits = { decimals: BigInt(decimals), heartbeat: BigInt(heartbeat), least, most };
  if (source.kind === "pyth") {
    const { pyth, priceId, maxConfidence } = source;
    return create(name, pythFeed, [pyth, priceId, BigInt(maxConfidence), limits]);
  }
  const { aggregator, ratio } = source;
  if (ratio === undefined) return create(name, chainlinkFeed, [aggregator, limits]);
  const rate = { heartbeat: BigInt(ratio.heartbeat), least: ratio.least, most: ratio.most };
  const product = await create(ratioOf(name), ratioAggregator, [ratio.aggregator, aggregator, rate]);
  return create(name, chainlinkFeed, [product.address, limits]);
}

/** A median, its sources and its check. */
async function createMedian(
  create: Create,
  symbol: string,
  decimals: number,
  { source }: MedianPlan,
): Promise<Deployed> {
  const { seats, quorum, deadBand, check } = source;
  const sources: string[] = [];
  for (const [i, each] of source.sources.entries())
    sources.push((await createFeed(create, sourceOf(symbol, i), decimals, each)).address);
  const pool = check && (await createCheck(create, symbol, decimals, check));
  const tolerance = check?.tolerance ?? 0;
  const args = [
    sources,
    pool?.address ?? ZeroAddress,
    bigints({ seats, quorum, deadBand, tolerance }),
  ] as const;
  return create(symbol, medianFeed, [...args]);
}

async function createCheck(create: Create, symbol: string, decimals: number, check: PoolPlan) {
  const { pool, token, window, leastLiquidity, quote } = check;
  const feed = quote && (await createFeed(create, quoteOf(symbol), QUOTE_DECIMALS, quote));
  const terms = {
    ...bigints({ decimals, window, leastLiquidity, quoteDecimals: feed === undefined ? 0 : QUOTE_DECIMALS }),
    quote: feed?.address ?? ZeroAddress,
  };
  return create(checkOf(symbol), poolTwap, [pool, token, terms]);
}

/** The slots that may carry sleeves, bit u for slot u. */
function sleeveSlots({ listing, sleeves = [] }: DeployPlan): bigint {
  return sleeves.reduce((slots, symbol) => {
    const slot = slotOf(listing, symbol);
    if (slot === undefined) throw new UnknownAssetError("plan.sleeves", "symbols of listed assets", symbol);
    return slots | (1n << BigInt(slot));
  }, 0n);
}

/** The registry of credit lines, if the plan has one. */
export async function deployCredit(create: Create, plan: DeployPlan, gate: string) {
  if (plan.credit === undefined) return undefined;
  const { settlement, asset, ...terms } = plan.credit;
  const { slot, decimals } = slotAndDecimals(plan, asset, "plan.credit");
  return create("creditRegistry", creditRegistry, [gate, settlement, slot, decimals, bigints(terms)]);
}

/**
 * The vault, if the plan has one.
 * @param credit the registry of credit lines, whose covenant its releases need
 */
export async function deployVault(
  create: Create,
  plan: DeployPlan,
  gate: string,
  authority: string,
  credit?: string,
) {
  if (plan.vault === undefined) return undefined;
  const { settlement, asset, collateral: _, remote: __, ...terms } = plan.vault;
  const { slot, decimals } = slotAndDecimals(plan, asset);
  const args = [gate, settlement, slot, decimals, bigints(terms), credit ?? ZeroAddress, authority] as const;
  return create("marginVault", marginVault, [...args]);
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

/** The home sides of assets on other chains, listed in the vault while the deployer still may. Undefined for none. */
async function deployRemotes(
  create: Create,
  transactions: DeploySender,
  plan: DeployPlan,
  vault: Deployed,
  manager: Deployed,
): Promise<Record<string, RemoteContracts> | undefined> {
  const remotes: Record<string, RemoteContracts> = {};
  for (const remote of plan.vault?.remote ?? []) {
    const { asset, chain, lock, source } = remote;
    const parts =
      source.kind === "deployed"
        ? undefined
        : await deployProofSource(create, `remote ${asset}`, chain, source);
    const terms = {
      vault: vault.address,
      source:
        source.kind === "deployed" ? source.address : (parts?.storageProofSource.address ?? ZeroAddress),
      lock,
      ...bigints({ decimals: remote.decimals, cap: remote.cap, maxAge: remote.maxAge }),
    };
    const args = [`${asset} on chain ${chain}`, asset, terms, manager.address] as const;
    const claims = await create(`remote ${asset} collateral`, remoteCollateral, [...args]);
    remotes[asset] = { remoteCollateral: claims, ...parts };
    const { slot, decimals } = slotAndDecimals(plan, asset);
    const data = interfaceOf(marginVault).encodeFunctionData("listAsset", [claims.address, slot, decimals]);
    const key = `deploy list ${vault.address} ${claims.address} ${slot}`;
    await transactions.send({ key, to: vault.address, data });
  }
  return Object.keys(remotes).length === 0 ? undefined : remotes;
}

/** Who vouches for another chain's blocks, and a message source by proofs against these. */
export async function deployProofSource(
  create: Create,
  name: string,
  chain: bigint,
  { attesters, threshold, wait, finality }: StorageProofPlan,
): Promise<{ readonly blockRoots: Deployed; readonly storageProofSource: Deployed }> {
  const ordered = [...attesters].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const roots = await create(`${name} roots`, blockRoots, [chain, ordered, BigInt(threshold), BigInt(wait)]);
  const source = await create(`${name} source`, storageProofSource, [roots.address, BigInt(finality)]);
  return { blockRoots: roots, storageProofSource: source };
}

/** Where an asset stands in the listing. @throws UnknownAssetError */
export function slotAndDecimals({ listing }: DeployPlan, asset: string, path = "plan.vault") {
  const slot = slotOf(listing, asset) ?? -1;
  const decimals = listing[slot]?.decimals;
  if (decimals === undefined) throw new UnknownAssetError(path, "the symbol of a listed asset", asset);
  return { slot: BigInt(slot), decimals: BigInt(decimals) };
}

/** Deploys token, timelock and governor, and leaves the timelock to the governor and to itself. */
async function deployDao(create: Create, transactions: DeploySender, plan: DaoPlan, provider: Provider) {
  const { token, votingDelay, votingPeriod, threshold, quorum } = plan;
  const admin = transactions.sender;
  const votes =
    typeof token === "string" ? await foreignToken(token, provider) : await ownToken(create, token);
  const timelock = await create("timelock", timelockController, [
    BigInt(plan.timelock),
    [],
    [ZeroAddress],
    admin,
  ]);
  const terms = bigints({ votingDelay, votingPeriod, threshold, quorum });
  const governor = await create("governor", riskGovernor, [votes.address, timelock.address, terms]);
  const { proposer, canceller } = timelockHolders({ timelock, governor });
  const send = (what: string, name: string, args: readonly string[]) =>
    transactions.send({
      key: `deploy dao ${what} ${timelock.address}`,
      to: timelock.address,
      data: interfaceOf(timelockController).encodeFunctionData(name, args),
    });
  for (const holder of proposer)
    await send(`proposer ${holder}`, "grantRole", [TIMELOCK_ROLES.proposer, holder]);
  for (const holder of canceller)
    await send(`canceller ${holder}`, "grantRole", [TIMELOCK_ROLES.canceller, holder]);
  await send("renounce", "renounceRole", [TIMELOCK_ROLES.admin, admin]);
  return { voteToken: votes, timelock, governor };
}

function ownToken(create: Create, { name, symbol, holders }: Exclude<DaoPlan["token"], string>) {
  const amounts = holders.map(({ amount }) => amount);
  return create("voteToken", voteToken, [name, symbol, holders.map(({ holder }) => holder), amounts]);
}

/** Somebody else's, of whose code this package says nothing. */
async function foreignToken(address: string, provider: Provider): Promise<Deployed> {
  return { contract: "votes", address, codeHash: keccak256(await provider.getCode(address)), block: 0 };
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
