import { type AnyBinding, interfaceOf } from "../binding.js";
import { accessManager } from "../generated/AccessManager.js";
import { fundingIndex } from "../generated/FundingIndex.js";
import { marginVault } from "../generated/MarginVault.js";
import { marketLedger } from "../generated/MarketLedger.js";
import { riskProfile } from "../generated/RiskProfile.js";
import type { GovernancePlan } from "./plan.js";

/** Role numbers in the access manager; its own administrator is 0. */
export const ROLES = { admin: 0n, governor: 1n, guardian: 2n, poster: 3n } as const;

/** Who may call which restricted function. What loosens is the governor's, and waits; what tightens is not. */
export const DUTIES = [
  { binding: riskProfile, role: ROLES.governor, functions: ["setProfile", "unpause"] },
  { binding: riskProfile, role: ROLES.guardian, functions: ["tighten", "pause"] },
  { binding: marketLedger, role: ROLES.governor, functions: ["setSources"] },
  { binding: marginVault, role: ROLES.governor, functions: ["listAsset"] },
  { binding: marginVault, role: ROLES.guardian, functions: ["delistAsset"] },
  { binding: fundingIndex, role: ROLES.poster, functions: ["accrue"] },
  // Administration stays the administrators', who wait, whatever role it has; by its role's guardian it can be cancelled.
  // Not so revokeRole, or a guardian who has gone bad could not be got rid of.
  {
    binding: accessManager,
    role: ROLES.governor,
    functions: [
      "grantRole",
      "labelRole",
      "setRoleAdmin",
      "setRoleGuardian",
      "setGrantDelay",
      "setTargetFunctionRole",
      "setTargetClosed",
      "setTargetAdminDelay",
      "updateAuthority",
    ],
  },
] as const satisfies readonly { binding: AnyBinding; role: bigint; functions: readonly string[] }[];

/**
 * One transaction that hands the deployment over: restricted functions to their roles, roles to their holders, and the
 * administration, delayed, to the governor. The deployer keeps nothing.
 * @param targets addresses by the name of their contract
 */
export function handover(
  targets: ReadonlyMap<string, string>,
  deployer: string,
  governance: GovernancePlan,
  poster?: string,
): string {
  const manager = interfaceOf(accessManager);
  const { governor, guardian, delay } = governance;
  const call = (name: string, ...args: unknown[]) => manager.encodeFunctionData(name, args);
  const duties = DUTIES.flatMap(({ binding, role, functions }) => {
    const target = targets.get(binding.name);
    const contract = interfaceOf(binding);
    const selectors = functions.map((name) => contract.getFunction(name)?.selector);
    return target === undefined ? [] : [call("setTargetFunctionRole", target, selectors, role)];
  });
  return call("multicall", [
    ...duties,
    call("labelRole", ROLES.governor, "governor"),
    call("labelRole", ROLES.guardian, "guardian"),
    call("setRoleGuardian", ROLES.governor, ROLES.guardian),
    call("grantRole", ROLES.governor, governor, delay),
    call("grantRole", ROLES.guardian, guardian, 0),
    ...(poster === undefined ? [] : [call("grantRole", ROLES.poster, poster, 0)]),
    call("grantRole", ROLES.admin, governor, delay),
    ...(same(governor, deployer) ? [] : [call("renounceRole", ROLES.admin, deployer)]),
  ]);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
