import { ROLES } from "../../chain/roles.js";

/** A delay in seconds that becomes another at a moment, as OpenZeppelin's Time.Delay. */
export interface Delay {
  readonly value: number;
  readonly pending: number;
  /** Unix seconds at which `pending` takes the place of `value`. */
  readonly effect: number;
}

/** A member of a role: since when, and how long what it does waits. */
interface Access {
  readonly since: number;
  delay: Delay;
}

/** A scheduled operation. */
interface Operation {
  readonly nonce: number;
  /** Unix seconds: the first moment at which it may be executed. */
  readonly due: number;
  /** Whether it was scheduled by a holder of the role, for long enough. */
  readonly inTime: boolean;
  /** What it does, as actKey names it: one for each event. */
  readonly acts: readonly string[];
}

/** Everything of the access manager that later acts are judged by. Roles are decimal texts. */
export interface GovernanceState {
  /** By operation id, oldest first. */
  readonly operations: Map<string, Operation>;
  /** What operations executed in the newest transaction may still do. */
  executed: { readonly block: number; readonly tx: number; readonly acts: Map<string, number> };
  /** By role and account. */
  readonly members: Map<string, Map<string, Access>>;
  /** By target and selector; administrators' where it is not set. */
  readonly functionRoles: Map<string, string>;
  readonly roleAdmins: Map<string, string>;
  guardianOfGovernor: string;
  readonly adminDelays: Map<string, Delay>;
  readonly grantDelays: Map<string, Delay>;
  /** Role and account of those who administer or govern without a delay. */
  readonly undelayed: Set<string>;
  /** Whether the deployer has handed over: from then on every restricted act is held to its role and delay. */
  handedOver: boolean;
  /** Seconds: the least delay of those who administered and governed at the handover. */
  leastDelay: number;
}

export function newGovernance(): GovernanceState {
  return {
    operations: new Map(),
    executed: { block: -1, tx: -1, acts: new Map() },
    members: new Map(),
    functionRoles: new Map(),
    roleAdmins: new Map(),
    guardianOfGovernor: String(ROLES.admin),
    adminDelays: new Map(),
    grantDelays: new Map(),
    undelayed: new Set(),
    handedOver: false,
    leastDelay: 0,
  };
}

/** The delay in force at a time; none where none was ever set. */
export function delayAt(delay: Delay | undefined, time: number): number {
  if (delay === undefined) return 0;
  return time >= delay.effect ? delay.pending : delay.value;
}

/** The members of a role, by account. */
export function membersOf({ members }: GovernanceState, role: string): Map<string, Access> {
  const known = members.get(role);
  if (known !== undefined) return known;
  const made = new Map<string, Access>();
  members.set(role, made);
  return made;
}

/** Whether members of a role administer or govern: what they do must wait. */
export function governs(role: string): boolean {
  return role === String(ROLES.admin) || role === String(ROLES.governor);
}
