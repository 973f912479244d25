import { DeploymentMismatchError } from "../errors.js";
import { type AnyBinding, eventsOf, interfaceOf } from "./binding.js";
import type { GovernancePlan } from "./deploy/plan.js";
import type { Deployed, OpenDeployment, OpenMarket } from "./deployment.js";
import { accessManager } from "./generated/AccessManager.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import { marginVault } from "./generated/MarginVault.js";
import { marketLedger } from "./generated/MarketLedger.js";
import { remoteCollateral } from "./generated/RemoteCollateral.js";
import { riskProfile } from "./generated/RiskProfile.js";
import { pagedLogs } from "./logs.js";
import { calling } from "./transactions/revert.js";

/** Role numbers in the access manager; its own administrator is 0. */
export const ROLES = { admin: 0n, governor: 1n, guardian: 2n, poster: 3n } as const;

/**
 * Who may call which restricted function. Only the governor may loosen, after a delay; the guardian may tighten at
 * once.
 */
export const DUTIES = [
  { binding: riskProfile, role: ROLES.governor, functions: ["setProfile", "unpause"] },
  { binding: riskProfile, role: ROLES.guardian, functions: ["tighten", "pause"] },
  { binding: marketLedger, role: ROLES.governor, functions: ["setSources"] },
  { binding: marginVault, role: ROLES.governor, functions: ["listAsset"] },
  { binding: marginVault, role: ROLES.guardian, functions: ["delistAsset"] },
  { binding: remoteCollateral, role: ROLES.governor, functions: ["setCap"] },
  { binding: remoteCollateral, role: ROLES.guardian, functions: ["lowerCap"] },
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
 * @param targets the contracts that have restricted functions
 */
export function handover(
  targets: readonly Pick<Deployed, "contract" | "address">[],
  deployer: string,
  governance: GovernancePlan,
  poster?: string,
): string {
  const manager = interfaceOf(accessManager);
  const { governor, guardian, delay } = governance;
  const call = (name: string, ...args: unknown[]) => manager.encodeFunctionData(name, args);
  const duties = DUTIES.flatMap(({ binding, role, functions }) => {
    const contract = interfaceOf(binding);
    const selectors = functions.map((name) => contract.getFunction(name)?.selector);
    return targets
      .filter((target) => target.contract === binding.name)
      .map(({ address }) => call("setTargetFunctionRole", address, selectors, role));
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
    ...(governor.toLowerCase() === deployer.toLowerCase()
      ? []
      : [call("renounceRole", ROLES.admin, deployer)]),
  ]);
}

/** Who holds a role, and how long what they do waits, seconds. */
export interface RoleHolder {
  readonly role: keyof typeof ROLES;
  readonly holder: string;
  readonly delay: bigint;
}

/**
 * Checks that every restricted function belongs to its intended role. Only the governor may loosen, and
 * {@link checkHolders} checks the governor's delay.
 * @throws DeploymentMismatchError naming the function
 */
export async function checkDuties({ contracts, deployment }: OpenDeployment): Promise<void> {
  const { accessManager: manager } = contracts;
  const deployed = [
    ...Object.values(deployment.contracts),
    ...Object.values(deployment.sources),
    ...Object.values(deployment.derived ?? {}).flatMap((market) => Object.values(market)),
    ...(deployment.marginVault ? [deployment.marginVault] : []),
    ...Object.values(deployment.remotes ?? {}).map((remote) => remote.remoteCollateral),
  ];
  for (const { binding, role, functions } of DUTIES)
    for (const { address } of deployed.filter(({ contract }) => contract === binding.name))
      for (const name of functions) {
        const selector = interfaceOf(binding).getFunction(name)?.selector ?? "0x";
        const got = await manager.getTargetFunctionRole(address, selector);
        same(`accessManager: role of ${binding.name}.${name}`, nameOf(role), nameOf(got));
      }
  same(
    "accessManager: guardian of the governor",
    "guardian",
    nameOf(await manager.getRoleGuardian(ROLES.governor)),
  );
  for (const role of Object.values(ROLES))
    same(
      `accessManager: who grants the role ${nameOf(role)}`,
      "admin",
      nameOf(await manager.getRoleAdmin(role)),
    );
}

/**
 * Everybody who holds a role, from the manager's events.
 * @throws NodeUnreachableError
 *
 * @example
 * ```ts
 * import { roleHolders } from "zkmargin/chain";
 *
 * console.log((await roleHolders(open)).length > 0); // true
 * ```
 */
export function roleHolders({ connection, contracts, oracle }: OpenMarket): Promise<RoleHolder[]> {
  return calling("roles", async () => {
    const { address, block: fromBlock } = oracle.deployed.accessManager;
    const topics = contracts.accessManager.interface.encodeFilterTopics("RoleGranted", []);
    // Few in a long time: whatever span a node allows, this asks for it.
    const span = Number.MAX_SAFE_INTEGER;
    const logs = await pagedLogs(connection.provider, { address, topics, fromBlock }, span);
    const granted = eventsOf(accessManager, "RoleGranted", logs).map(({ fields }) => fields);
    const holders: RoleHolder[] = [];
    const seen = new Set<string>();
    for (const { roleId, account: holder } of granted) {
      if (seen.has(`${roleId} ${holder}`)) continue;
      seen.add(`${roleId} ${holder}`);
      const { isMember, executionDelay } = await contracts.accessManager.hasRole(roleId, holder);
      const role = nameOf(roleId);
      if (isMember) holders.push({ role: role as RoleHolder["role"], holder, delay: executionDelay });
    }
    return holders;
  });
}

/**
 * Checks that nobody can loosen anything at once: every administrator and governor has a delay.
 * @throws DeploymentMismatchError naming who does not
 *
 * @example
 * ```ts
 * import { checkHolders } from "zkmargin/chain";
 *
 * await checkHolders(open); // throws if somebody holds a role that the deployment gave nobody
 * ```
 */
export async function checkHolders(open: OpenMarket): Promise<void> {
  for (const { role, holder, delay } of await roleHolders(open))
    if ((role === "admin" || role === "governor") && delay === 0n)
      throw new DeploymentMismatchError(
        `accessManager: expected a delay on every ${role}, got none on ${holder}; do not trust it: what they do does not wait`,
      );
}

function nameOf(role: bigint): string {
  return Object.entries(ROLES).find(([, number]) => number === role)?.[0] ?? `role ${role}`;
}

function same(what: string, expected: string, got: string): void {
  if (expected !== got)
    throw new DeploymentMismatchError(
      `${what}: expected ${expected}, got ${got}; do not trust it: its rules are others`,
    );
}
