import type { Deployment } from "../../chain/deployment.js";
import {
  type Act,
  actKey,
  actOf,
  actsIn,
  dutiesOf,
  type GovernedRole,
  governedContracts,
  selectorOf,
} from "../../chain/eventLog/calls.js";
import type { ChainEvent } from "../../chain/eventLog/record.js";
import type { AccessManagerEvents } from "../../chain/generated/AccessManager.js";
import { ROLES } from "../../chain/roles.js";
import type { EventContext, Handlers } from "./context.js";
import { type Delay, delayAt, type GovernanceState, governs, membersOf } from "./governanceState.js";

/** AccessManager forgets an operation a week after its time, and so do we, a little later. */
const EXPIRATION = 7 * 86_400;
/** Operations that wait at once; nobody has so many. */
const OPERATIONS_KEPT = 16_384;
/** Members of a role that are looked through for one who need not wait. */
const MEMBERS_SEEN = 1_000;
const PUBLIC = (2n ** 64n - 1n).toString();
const [ADMIN, GOVERNOR, GUARDIAN] = [ROLES.admin, ROLES.governor, ROLES.guardian].map(String) as [
  string,
  string,
  string,
];

/** Functions of the manager that only administrators may call, with a delay of the target that they name or without. */
const OF_ADMIN = ["labelRole", "setRoleAdmin", "setRoleGuardian", "setGrantDelay", "setTargetAdminDelay"];
const OF_TARGET = ["updateAuthority", "setTargetClosed", "setTargetFunctionRole"];
const OF_ROLE = ["grantRole", "revokeRole"];
/** What the guardian does at once; and to give up one's own role needs nobody's leave. */
const AT_ONCE = ["tighten", "pause", "delistAsset"];
const BY_ANYBODY = ["revokeRole"];

/** Which contracts and functions are governed: what a deployment says of it. */
export interface Governed {
  readonly contracts: ReadonlyMap<string, GovernedRole>;
  /** By target and selector, the role that a restricted function should be of. */
  readonly duties: ReadonlyMap<string, { readonly role: string; readonly name: string }>;
}

export function governedBy(deployment: Deployment): Governed {
  return { contracts: governedContracts(deployment), duties: dutiesOf(deployment) };
}

/** What events of the access manager change. */
interface GovernancePart {
  readonly governance: GovernanceState;
}

export interface GovernanceContext extends EventContext {
  readonly governed: Governed;
}

/** What the access manager says of roles, delays and operations. */
export const governanceHandlers: Handlers<AccessManagerEvents, GovernancePart, GovernanceContext> = {
  OperationScheduled({ governance }, event, context) {
    const { operations } = governance;
    const { operationId, nonce, schedule, caller, target, data } = event;
    const { governed, block } = context;
    const { time } = block;
    for (const [known, { due }] of operations) {
      if (due + 2 * EXPIRATION >= time && operations.size < OPERATIONS_KEPT) break;
      operations.delete(known);
    }
    const acts = actsIn(target, governed.contracts.get(target), data);
    const delay = delayOf(governance, { caller, target, data, act: acts[0] }, context);
    const due = Number(schedule);
    operations.delete(operationId);
    operations.set(operationId, {
      nonce: Number(nonce),
      due,
      inTime: delay !== null && due >= time + Math.max(delay, 1),
      acts: acts.map(actKey),
    });
  },

  OperationCanceled({ governance }, { operationId }) {
    governance.operations.delete(operationId);
  },

  OperationExecuted({ governance }, { operationId, nonce }, { block: { number: block, time }, tx }) {
    const operation = governance.operations.get(operationId);
    governance.operations.delete(operationId);
    if (governance.executed.block !== block || governance.executed.tx !== tx)
      governance.executed = { block, tx, acts: new Map() };
    if (operation === undefined || operation.nonce !== Number(nonce) || !operation.inTime) return;
    if (time < operation.due || time > operation.due + EXPIRATION) return;
    const { acts } = governance.executed;
    for (const key of operation.acts) acts.set(key, (acts.get(key) ?? 0) + 1);
  },

  RoleLabel: () => undefined,

  RoleGranted({ governance }, { roleId, account, delay, since, newMember }, context) {
    const { block, report } = context;
    const role = String(roleId);
    const members = membersOf(governance, role);
    const [value, from] = [Number(delay), Number(since)];
    const known = members.get(account);
    if (newMember || known === undefined)
      members.set(account, { since: from, delay: { value, pending: value, effect: 0 } });
    else known.delay = { value: delayAt(known.delay, block.time), pending: value, effect: from };
    if (!governs(role)) return;
    const name = `${role} ${account}`;
    if (value === 0) governance.undelayed.add(name);
    else governance.undelayed.delete(name);
    if (isHandover(governance)) handOver(governance, context);
    else if (governance.handedOver && value === 0)
      report("governance-rules", {}, "a delay on every administrator and governor", `none on ${account}`);
    else if (governance.handedOver && value < governance.leastDelay)
      report(
        "delay-shortened",
        {},
        `a delay of at least ${governance.leastDelay} s, as at the handover`,
        `${value} s`,
      );
  },

  RoleRevoked({ governance }, { roleId, account }, context) {
    const role = String(roleId);
    governance.members.get(role)?.delete(account);
    governance.undelayed.delete(`${role} ${account}`);
    if (isHandover(governance)) handOver(governance, context);
  },

  RoleAdminChanged({ governance }, { roleId, admin }, { report }) {
    governance.roleAdmins.set(String(roleId), String(admin));
    if (admin !== ROLES.admin && isKnown(roleId))
      report("governance-rules", {}, "roles that administrators grant", `one that role ${admin} grants`);
  },

  RoleGuardianChanged({ governance }, { roleId, guardian }, context) {
    if (roleId !== ROLES.governor) return;
    governance.guardianOfGovernor = String(guardian);
    if (governance.handedOver) checkGuardian(governance, context);
  },

  RoleGrantDelayChanged({ governance }, event, { block }) {
    changeDelay(governance.grantDelays, String(event.roleId), event, block.time);
  },

  TargetAdminDelayUpdated({ governance }, event, { block }) {
    changeDelay(governance.adminDelays, event.target, event, block.time);
  },

  TargetClosed: () => undefined,

  TargetFunctionRoleUpdated({ governance }, { target, selector, roleId }, context) {
    governance.functionRoles.set(`${target} ${selector}`, String(roleId));
    if (governance.handedOver) checkDuty(governance, `${target} ${selector}`, context);
  },
};

/**
 * Holds a restricted act that an event tells of, if it tells of one, to the role that it needs and to its holder's delay.
 * @returns whether somebody scheduled it, and has waited
 */
export function judgeAct(
  { governance }: GovernancePart,
  event: ChainEvent,
  context: Omit<GovernanceContext, "waited">,
): boolean {
  const act = actOf(event, context.basis);
  const waited = act !== null && consume(governance, act, context);
  if (act !== null && !waited) judgeUnscheduled(governance, act, event, context);
  return waited;
}

/** Rounds are committed and accounts opened: by now the deployer must have handed over. */
export function requireHandover(
  { governance }: GovernancePart,
  context: Pick<GovernanceContext, "governed" | "report">,
): void {
  if (governance.handedOver) return;
  context.report(
    "governance-rules",
    {},
    "a handover before the first round and account, to holders who wait",
    "somebody who administers or governs without a delay",
  );
  handOver(governance, context);
}

/** Whether an operation that was executed in this transaction does this, and has not yet been seen to. */
function consume(
  { executed }: GovernanceState,
  act: Act,
  { block, tx }: Pick<EventContext, "block" | "tx">,
): boolean {
  if (executed.block !== block.number || executed.tx !== tx) return false;
  const key = actKey(act);
  const left = executed.acts.get(key) ?? 0;
  if (left > 0) executed.acts.set(key, left - 1);
  return left > 0;
}

function judgeUnscheduled(
  governance: GovernanceState,
  act: Act,
  event: ChainEvent,
  { basis, governed, block, report }: Omit<GovernanceContext, "waited">,
): void {
  if (!governance.handedOver || BY_ANYBODY.includes(act.call)) return;
  // A profile that was set at once is told of where it is checked.
  if (act.call === "setProfile") return;
  if (AT_ONCE.includes(act.call)) {
    const role = governed.contracts.get(act.target) ?? "riskProfile";
    const needed = roleOf(governance, act.target, selectorOf(role, act.call));
    const who = event.name === "Paused" ? event.fields.by : null;
    // The manager calls for those who have it call.
    const named = who === basis.deployment.contracts.accessManager.address ? null : who;
    if (needed === PUBLIC || needsNoWait(governance, needed, named, block.time)) return;
  }
  report(
    "governance-undelayed",
    {},
    `${act.call} by a holder of its role, scheduled and delayed where it must be`,
    "it at once",
  );
}

/** Whether a member of a role, or one whom the event names, acts without waiting. */
function needsNoWait(governance: GovernanceState, role: string, who: string | null, time: number): boolean {
  const members = membersOf(governance, role);
  const free = (account: string) => {
    const access = members.get(account);
    return access !== undefined && access.since <= time && delayAt(access.delay, time) === 0;
  };
  if (who !== null) return free(who);
  let seen = 0;
  for (const account of members.keys()) if (free(account) || ++seen > MEMBERS_SEEN) return true;
  return false;
}

/** What a caller has to wait for a call, as AccessManager's canCall has it, seconds; null if it may not call. */
function delayOf(
  governance: GovernanceState,
  call: {
    readonly caller: string;
    readonly target: string;
    readonly data: string;
    readonly act: Act | undefined;
  },
  { basis, block: { time } }: EventContext,
): number | null {
  const { caller, target, data, act } = call;
  let role = roleOf(governance, target, data.slice(0, 10));
  let least = 0;
  if (act !== undefined && target === basis.deployment.contracts.accessManager.address) {
    const first = String(act.args[0]);
    if (OF_ADMIN.includes(act.call)) role = ADMIN;
    else if (OF_TARGET.includes(act.call)) {
      role = ADMIN;
      least = delayAt(governance.adminDelays.get(first), time);
    } else if (OF_ROLE.includes(act.call)) role = governance.roleAdmins.get(first) ?? ADMIN;
  }
  const access = governance.members.get(role)?.get(caller);
  if (access === undefined || access.since > time) return null;
  return Math.max(delayAt(access.delay, time), least);
}

/** Whether this is the moment from which administrators and governors have a delay. */
function isHandover({ handedOver, undelayed }: GovernanceState): boolean {
  return !handedOver && undelayed.size === 0;
}

function handOver(
  governance: GovernanceState,
  context: Pick<GovernanceContext, "governed" | "report">,
): void {
  governance.handedOver = true;
  const delays = [ADMIN, GOVERNOR].flatMap((role) =>
    [...membersOf(governance, role).values()].map(({ delay }) => delay.pending),
  );
  governance.leastDelay = delays.length === 0 ? 0 : delays.reduce((a, b) => Math.min(a, b));
  for (const place of context.governed.duties.keys()) checkDuty(governance, place, context);
  checkGuardian(governance, context);
}

function checkDuty(
  { functionRoles }: GovernanceState,
  place: string,
  { governed, report }: Pick<GovernanceContext, "governed" | "report">,
): void {
  const duty = governed.duties.get(place);
  const got = functionRoles.get(place) ?? ADMIN;
  if (duty !== undefined && got !== duty.role)
    report("governance-rules", {}, `${duty.name} as a function of role ${duty.role}`, `of role ${got}`);
}

function checkGuardian(
  { guardianOfGovernor: got }: GovernanceState,
  { report }: Pick<GovernanceContext, "report">,
): void {
  if (got !== GUARDIAN)
    report("governance-rules", {}, `role ${GUARDIAN} as the guardian of the governor`, `role ${got}`);
}

function roleOf({ functionRoles }: GovernanceState, target: string, selector: string): string {
  return functionRoles.get(`${target} ${selector}`) ?? ADMIN;
}

function isKnown(roleId: bigint): boolean {
  return Object.values(ROLES).some((known) => known === roleId);
}

function changeDelay(
  delays: Map<string, Delay>,
  of: string,
  { delay, since }: { readonly delay: bigint; readonly since: bigint },
  time: number,
): void {
  delays.set(of, { value: delayAt(delays.get(of), time), pending: Number(delay), effect: Number(since) });
}
