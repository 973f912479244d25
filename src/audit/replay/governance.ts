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
} from "../../chain/eventLog/acts.js";
import type { ChainEvent } from "../../chain/eventLog/decode.js";
import { ROLES } from "../../chain/roles.js";
import type { Report } from "./context.js";
import {
  type Delay,
  delayAt,
  type GovernanceState,
  governs,
  membersOf,
  type Operation,
} from "./governanceState.js";

type ManagerEvent = Extract<ChainEvent, { role: "accessManager" }>;

/** Where an event of governance stands. */
export interface ActPlace {
  readonly block: number;
  readonly tx: number;
  readonly time: number;
  readonly report: Report;
}

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

/** Holds every restricted act to the role that it needs and to the delay of its holder. */
export class Governance {
  readonly #state: GovernanceState;
  readonly #deployment: Deployment;
  readonly #contracts: ReadonlyMap<string, GovernedRole>;
  /** By target and selector, the role that a restricted function should be of. */
  readonly #duties: ReadonlyMap<string, { readonly role: string; readonly name: string }>;

  constructor(state: GovernanceState, deployment: Deployment) {
    this.#state = state;
    this.#deployment = deployment;
    this.#contracts = governedContracts(deployment);
    this.#duties = dutiesOf(deployment);
  }

  /**
   * Judges an event by what the events before it allow, and takes in what it changes of that.
   * @returns whether somebody scheduled what it tells of, and has waited
   */
  apply(event: ChainEvent, place: ActPlace): boolean {
    const act = actOf(event, this.#deployment);
    const waited = act !== null && this.#consume(act, place);
    if (act !== null && !waited) this.#judge(act, event, place);
    if (event.name === "AuthorityUpdated")
      this.#checkAuthority(event.fields.authority, event.role, place.report);
    if (event.role === "accessManager") this.#take(event, place);
    return waited;
  }

  /** Rounds are committed and accounts opened: by now the deployer must have handed over. */
  begin(report: Report): void {
    if (this.#state.handedOver) return;
    report(
      "governance-rules",
      {},
      "a handover before the first round and account, to holders who wait",
      "somebody who administers or governs without a delay",
    );
    this.#handOver(report);
  }

  get handedOver(): boolean {
    return this.#state.handedOver;
  }

  #consume(act: Act, { block, tx }: ActPlace): boolean {
    const { executed } = this.#state;
    if (executed.block !== block || executed.tx !== tx) return false;
    const key = actKey(act);
    const left = executed.acts.get(key) ?? 0;
    if (left > 0) executed.acts.set(key, left - 1);
    return left > 0;
  }

  /** An act that nobody scheduled. */
  #judge(act: Act, event: ChainEvent, { time, report }: ActPlace): void {
    if (!this.#state.handedOver || BY_ANYBODY.includes(act.call)) return;
    // A profile that was set at once is told of where it is checked.
    if (act.call === "setProfile") return;
    if (AT_ONCE.includes(act.call)) {
      const role = this.#contracts.get(act.target) ?? "riskProfile";
      const needed = this.#roleOf(act.target, selectorOf(role, act.call));
      const who = event.name === "Paused" ? event.fields.by : null;
      // The manager calls for those who have it call.
      const named = who === this.#deployment.contracts.accessManager.address ? null : who;
      if (needed === PUBLIC || this.#needsNoWait(needed, named, time)) return;
    }
    report(
      "governance-undelayed",
      {},
      `${act.call} by a holder of its role, scheduled and delayed where it must be`,
      "it at once",
    );
  }

  /** Whether a member of a role, or one whom the event names, acts without waiting. */
  #needsNoWait(role: string, who: string | null, time: number): boolean {
    const members = membersOf(this.#state, role);
    const free = (account: string) => {
      const access = members.get(account);
      return access !== undefined && access.since <= time && delayAt(access.delay, time) === 0;
    };
    if (who !== null) return free(who);
    let seen = 0;
    for (const account of members.keys()) if (free(account) || ++seen > MEMBERS_SEEN) return true;
    return false;
  }

  #take(event: ManagerEvent, place: ActPlace): void {
    const { report, time } = place;
    const state = this.#state;
    switch (event.name) {
      case "OperationScheduled":
        this.#schedule(event.fields, time);
        return;
      case "OperationCanceled":
        state.operations.delete(event.fields.operationId);
        return;
      case "OperationExecuted":
        this.#execute(event.fields.operationId, Number(event.fields.nonce), place);
        return;
      case "RoleGranted":
        this.#grant(event.fields, place);
        return;
      case "RoleRevoked": {
        const role = String(event.fields.roleId);
        state.members.get(role)?.delete(event.fields.account);
        state.undelayed.delete(`${role} ${event.fields.account}`);
        if (this.#isHandedOver()) this.#handOver(report);
        return;
      }
      case "RoleAdminChanged":
        state.roleAdmins.set(String(event.fields.roleId), String(event.fields.admin));
        if (event.fields.admin !== ROLES.admin && isKnown(event.fields.roleId))
          report(
            "governance-rules",
            {},
            "roles that administrators grant",
            `one that role ${event.fields.admin} grants`,
          );
        return;
      case "RoleGuardianChanged":
        if (event.fields.roleId !== ROLES.governor) return;
        state.guardianOfGovernor = String(event.fields.guardian);
        if (state.handedOver) this.#checkGuardian(report);
        return;
      case "RoleGrantDelayChanged":
        changeDelay(state.grantDelays, String(event.fields.roleId), event.fields, time);
        return;
      case "TargetAdminDelayUpdated":
        changeDelay(state.adminDelays, event.fields.target, event.fields, time);
        return;
      case "TargetFunctionRoleUpdated": {
        const { target, selector, roleId } = event.fields;
        state.functionRoles.set(`${target} ${selector}`, String(roleId));
        if (state.handedOver) this.#checkDuty(`${target} ${selector}`, report);
        return;
      }
      default:
        return;
    }
  }

  #schedule(fields: Extract<ManagerEvent, { name: "OperationScheduled" }>["fields"], time: number): void {
    const { operations } = this.#state;
    const { operationId, nonce, schedule, caller, target, data } = fields;
    for (const [known, { due }] of operations) {
      if (due + 2 * EXPIRATION >= time && operations.size < OPERATIONS_KEPT) break;
      operations.delete(known);
    }
    const acts = actsIn(target, this.#contracts.get(target), data);
    const delay = this.#delayOf(caller, target, data, acts[0], time);
    const due = Number(schedule);
    operations.delete(operationId);
    operations.set(operationId, {
      nonce: Number(nonce),
      due,
      inTime: delay !== null && due >= time + Math.max(delay, 1),
      acts: acts.map(actKey),
    });
  }

  #execute(operationId: string, nonce: number, { block, tx, time }: ActPlace): void {
    const state = this.#state;
    const operation: Operation | undefined = state.operations.get(operationId);
    state.operations.delete(operationId);
    if (state.executed.block !== block || state.executed.tx !== tx)
      state.executed = { block, tx, acts: new Map() };
    if (operation === undefined || operation.nonce !== nonce || !operation.inTime) return;
    if (time < operation.due || time > operation.due + EXPIRATION) return;
    const { acts } = state.executed;
    for (const key of operation.acts) acts.set(key, (acts.get(key) ?? 0) + 1);
  }

  /** What a caller has to wait for a call, as AccessManager's canCall has it; null if it may not call. */
  #delayOf(caller: string, target: string, data: string, act: Act | undefined, time: number): number | null {
    const selector = data.slice(0, 10);
    let role = this.#roleOf(target, selector);
    let least = 0;
    if (act !== undefined && target === this.#deployment.contracts.accessManager.address) {
      const first = String(act.args[0]);
      if (OF_ADMIN.includes(act.call)) role = ADMIN;
      else if (OF_TARGET.includes(act.call)) {
        role = ADMIN;
        least = delayAt(this.#state.adminDelays.get(first), time);
      } else if (OF_ROLE.includes(act.call)) role = this.#state.roleAdmins.get(first) ?? ADMIN;
    }
    const access = this.#state.members.get(role)?.get(caller);
    if (access === undefined || access.since > time) return null;
    return Math.max(delayAt(access.delay, time), least);
  }

  #grant(
    { roleId, account, delay, since, newMember }: Extract<ManagerEvent, { name: "RoleGranted" }>["fields"],
    { time, report }: ActPlace,
  ): void {
    const state = this.#state;
    const role = String(roleId);
    const members = membersOf(state, role);
    const [value, from] = [Number(delay), Number(since)];
    const known = members.get(account);
    if (newMember || known === undefined)
      members.set(account, { since: from, delay: { value, pending: value, effect: 0 } });
    else known.delay = { value: delayAt(known.delay, time), pending: value, effect: from };
    if (!governs(role)) return;
    const name = `${role} ${account}`;
    if (value === 0) state.undelayed.add(name);
    else state.undelayed.delete(name);
    if (this.#isHandedOver()) this.#handOver(report);
    else if (state.handedOver && value === 0)
      report("governance-rules", {}, "a delay on every administrator and governor", `none on ${account}`);
    else if (state.handedOver && value < state.leastDelay)
      report(
        "delay-shortened",
        {},
        `a delay of at least ${state.leastDelay} s, as at the handover`,
        `${value} s`,
      );
  }

  /** Whether this is the moment from which administrators and governors have a delay. */
  #isHandedOver(): boolean {
    const { handedOver, undelayed } = this.#state;
    return !handedOver && undelayed.size === 0;
  }

  #handOver(report: Report): void {
    const state = this.#state;
    state.handedOver = true;
    const delays = [ADMIN, GOVERNOR].flatMap((role) =>
      [...membersOf(state, role).values()].map(({ delay }) => delay.pending),
    );
    state.leastDelay = delays.length === 0 ? 0 : delays.reduce((a, b) => Math.min(a, b));
    for (const place of this.#duties.keys()) this.#checkDuty(place, report);
    this.#checkGuardian(report);
  }

  #checkDuty(place: string, report: Report): void {
    const duty = this.#duties.get(place);
    const got = this.#state.functionRoles.get(place) ?? ADMIN;
    if (duty !== undefined && got !== duty.role)
      report("governance-rules", {}, `${duty.name} as a function of role ${duty.role}`, `of role ${got}`);
  }

  #checkGuardian(report: Report): void {
    const got = this.#state.guardianOfGovernor;
    if (got !== GUARDIAN)
      report("governance-rules", {}, `role ${GUARDIAN} as the guardian of the governor`, `role ${got}`);
  }

  #checkAuthority(authority: string, role: string, report: Report): void {
    const { address } = this.#deployment.contracts.accessManager;
    if (authority !== address)
      report("governance-rules", {}, `${address} as the authority of ${role}`, authority);
  }

  #roleOf(target: string, selector: string): string {
    return this.#state.functionRoles.get(`${target} ${selector}`) ?? ADMIN;
  }
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
