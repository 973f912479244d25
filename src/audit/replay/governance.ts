import { ROLES } from "../../chain/deploy/roles.js";
import type { ChainEvent } from "../../chain/eventLog/decode.js";

type ManagerEvent = Extract<ChainEvent, { role: "accessManager" }>;

/** A scheduled operation. Times in unix seconds. */
interface Operation {
  readonly nonce: number;
  readonly caller: string;
  readonly target: string;
  readonly scheduledAt: number;
  /** The first second at which it may be executed. */
  readonly schedule: number;
}

/** What of the access manager a change of profile is judged by. */
export interface GovernanceState {
  /** By operation id. */
  readonly operations: Map<string, Operation>;
  /** Operations executed in the transaction of the newest event, on what, and whether each had waited its time. */
  executed: { block: number; tx: number; target: string; waited: boolean }[];
  /** Delays of governors, by address, oldest first: each in force from a time on. */
  readonly delays: Map<string, { readonly since: number; readonly delay: number }[]>;
}

/** Operations remembered: AccessManager forgets an operation a week after its time, and so may we. */
const OPERATION_LIFE = 30 * 86_400;

export function newGovernance(): GovernanceState {
  return { operations: new Map(), executed: [], delays: new Map() };
}

/** Takes in an event of the access manager. */
export function applyManagerEvent(
  state: GovernanceState,
  event: ManagerEvent,
  { block, tx, time }: { readonly block: number; readonly tx: number; readonly time: number },
): void {
  switch (event.name) {
    case "OperationScheduled": {
      for (const [id, { schedule }] of state.operations)
        if (schedule + OPERATION_LIFE < time) state.operations.delete(id);
      const { operationId, nonce, schedule, caller, target } = event.fields;
      state.operations.set(operationId, {
        nonce: Number(nonce),
        caller,
        target,
        scheduledAt: time,
        schedule: Number(schedule),
      });
      return;
    }
    case "OperationCanceled":
      state.operations.delete(event.fields.operationId);
      return;
    case "OperationExecuted": {
      const operation = state.operations.get(event.fields.operationId);
      state.operations.delete(event.fields.operationId);
      const waited =
        operation !== undefined &&
        operation.nonce === Number(event.fields.nonce) &&
        operation.schedule >= operation.scheduledAt + delayOf(state, operation) &&
        time >= operation.schedule;
      state.executed = state.executed.filter((other) => other.block === block && other.tx === tx);
      state.executed.push({ block, tx, target: operation?.target ?? "", waited });
      return;
    }
    case "RoleGranted": {
      if (event.fields.roleId !== ROLES.governor) return;
      const { account, delay, since } = event.fields;
      const known = state.delays.get(account) ?? [];
      // Of delays of the past only the one in force counts.
      const inForce = known.filter((other, i) => (known[i + 1]?.since ?? Number.POSITIVE_INFINITY) > time);
      state.delays.set(account, [...inForce, { since: Number(since), delay: Number(delay) }]);
      return;
    }
    case "RoleRevoked":
      if (event.fields.roleId === ROLES.governor) state.delays.delete(event.fields.account);
      return;
    default:
      return;
  }
}

/** Whether an operation on `target` in this transaction was scheduled before, by a governor, and has waited. */
export function hasWaited(
  { executed }: GovernanceState,
  { block, tx, target }: { readonly block: number; readonly tx: number; readonly target: string },
): boolean {
  return executed.some(
    (other) => other.block === block && other.tx === tx && other.target === target && other.waited,
  );
}

/** What a caller's operation must wait, by the delay in force when it was scheduled: at least a second. */
function delayOf({ delays }: GovernanceState, { caller, scheduledAt }: Operation): number {
  const inForce = (delays.get(caller) ?? []).filter(({ since }) => since <= scheduledAt).at(-1);
  return Math.max(inForce?.delay ?? Number.POSITIVE_INFINITY, 1);
}
