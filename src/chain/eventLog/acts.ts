import { id, type Result } from "ethers";
import { interfaceOf } from "../binding.js";
import type { Deployment } from "../deployment.js";
import { accessManager } from "../generated/AccessManager.js";
import { CHANGE_NAMES } from "../generated/enums.js";
import { marginVault } from "../generated/MarginVault.js";
import { marketLedger } from "../generated/MarketLedger.js";
import { riskProfile } from "../generated/RiskProfile.js";
import { DUTIES } from "../roles.js";
import type { ChainEvent } from "./decode.js";

/** A call of a restricted function, taken from an event or scheduled by somebody. */
export interface Act {
  /** The contract whose function it is. */
  readonly target: string;
  readonly call: string;
  readonly args: readonly unknown[];
}

export const MANAGER = interfaceOf(accessManager);
const INTERFACES = {
  accessManager: MANAGER,
  riskProfile: interfaceOf(riskProfile),
  marketLedger: interfaceOf(marketLedger),
  marginVault: interfaceOf(marginVault),
} as const;
export type GovernedRole = keyof typeof INTERFACES;

/** Selectors that one call of `setTargetFunctionRole` may have here; the contract has no bound, and nobody so many. */
const MOST_SELECTORS = 64;

/** The contracts whose restricted functions are judged, by address. */
export function governedContracts({ contracts, marginVault: vault }: Deployment): Map<string, GovernedRole> {
  const { accessManager: manager, riskProfile: profile, marketLedger: ledger } = contracts;
  return new Map<string, GovernedRole>([
    [manager.address, "accessManager"],
    [profile.address, "riskProfile"],
    [ledger.address, "marketLedger"],
    ...(vault === undefined ? [] : [[vault.address, "marginVault"] as const]),
  ]);
}

/** The restricted call behind an event; null for an event that anybody may cause. */
export function actOf(event: ChainEvent, { contracts, marginVault: vault }: Deployment): Act | null {
  const { name, fields } = event;
  const manager = contracts.accessManager.address;
  const own = (call: string, ...args: readonly unknown[]): Act => ({
    target: event.role === "marginVault" ? (vault?.address ?? "") : contracts[event.role].address,
    call,
    args,
  });
  switch (name) {
    case "ProfileChanged":
      switch (CHANGE_NAMES[Number(fields.change)]) {
        case "set":
          return own("setProfile", fields.profile, fields.expiresAt, fields.fallbackProfile);
        case "tightened":
          return own("tighten", fields.profile);
        default:
          return null;
      }
    case "Paused":
      return own("pause");
    case "Unpaused":
      return own("unpause");
    case "SourcesChanged":
      return own("setSources", fields.feeds, fields.fundingSource, fields.sequencerGuard);
    case "AssetListed":
      return own("listAsset", fields.token, fields.slot, fields.quantumDecimals);
    case "AssetDelisted":
      return own("delistAsset", fields.token);
    case "AuthorityUpdated":
      return { target: manager, call: "updateAuthority", args: [own("").target, fields.authority] };
    case "RoleLabel":
      return own("labelRole", fields.roleId, fields.label);
    case "RoleGranted":
      return own("grantRole", fields.roleId, fields.account, fields.delay);
    case "RoleRevoked":
      return own("revokeRole", fields.roleId, fields.account);
    case "RoleAdminChanged":
      return own("setRoleAdmin", fields.roleId, fields.admin);
    case "RoleGuardianChanged":
      return own("setRoleGuardian", fields.roleId, fields.guardian);
    case "RoleGrantDelayChanged":
      return own("setGrantDelay", fields.roleId, fields.delay);
    case "TargetFunctionRoleUpdated":
      return own("setTargetFunctionRole", fields.target, [fields.selector], fields.roleId);
    case "TargetClosed":
      return own("setTargetClosed", fields.target, fields.closed);
    case "TargetAdminDelayUpdated":
      return own("setTargetAdminDelay", fields.target, fields.delay);
    default:
      return null;
  }
}

/** What a scheduled call would do, an act for each event that it emits; none if it calls nothing that is judged. */
export function actsIn(target: string, role: GovernedRole | undefined, data: string): Act[] {
  if (role === undefined) return [];
  const fragment = INTERFACES[role].getFunction(data.slice(0, 10));
  if (fragment === null) return [];
  let args: Result;
  try {
    args = INTERFACES[role].decodeFunctionData(fragment, data);
    args.toArray(true);
  } catch {
    return [];
  }
  const call = fragment.name;
  if (call !== "setTargetFunctionRole") return [{ target, call, args: args.toArray() }];
  const [of, selectors, roleId] = args.toArray() as [string, Result, bigint];
  if (selectors.length > MOST_SELECTORS) return [];
  return selectors.toArray().map((selector) => ({ target, call, args: [of, [selector], roleId] }));
}

/** Names an act, whichever way its call was encoded. */
export function actKey({ target, call, args }: Act): string {
  const text = JSON.stringify(args, (_, value) =>
    typeof value === "bigint" ? value.toString() : Array.isArray(value) ? [...value] : value,
  );
  return id(`${target} ${call} ${text}`);
}

/** The selector of a function of a judged contract. */
export function selectorOf(role: GovernedRole, call: string): string {
  return INTERFACES[role].getFunction(call)?.selector ?? "0x";
}

/** By target and selector, the role that each restricted function of a deployment should be of. */
export function dutiesOf(deployment: Deployment) {
  const { contracts, sources, marginVault: vault } = deployment;
  const deployed = [
    ...Object.values(contracts),
    ...Object.values(sources),
    ...(vault === undefined ? [] : [vault]),
  ];
  return new Map(
    DUTIES.flatMap(({ binding, role, functions }) => {
      const abi = interfaceOf(binding);
      return deployed
        .filter(({ contract }) => contract === binding.name)
        .flatMap(({ address }) =>
          functions.map((call): [string, { role: string; name: string }] => [
            `${address} ${abi.getFunction(call)?.selector}`,
            { role: String(role), name: `${binding.name}.${call}` },
          ]),
        );
    }),
  );
}
