import { ZeroAddress } from "ethers";
import { UnknownAssetError } from "../../errors.js";
import { slotOf } from "../../protocol/listing.js";
import { interfaceOf } from "../binding.js";
import type { Deployed, RemoteContracts } from "../deployment.js";
import {
  blockRoots,
  creditRegistry,
  marginVault,
  remoteCollateral,
  storageProofSource,
} from "../generated/index.js";
import { bigints, type Create } from "./create.js";
import type { DeployPlan, StorageProofPlan } from "./plan.js";
import type { DeploySender } from "./rehearsal.js";

/** Deploys what lends by the gate's word: the vault with its collateral, here and on other chains, and the registry of credit lines. */

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
export async function deployRemotes(
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
