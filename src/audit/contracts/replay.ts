import type { AnyBinding } from "../../chain/binding.js";
import {
  type ContractLog,
  contractLogDigest,
  decodeLogged,
  type LoggedTransaction,
} from "../../chain/contractLog.js";
import type { FindingCode } from "../findings.js";
import {
  type About,
  addFinding,
  findingAt,
  findingSummary,
  newFindingLog,
  type Report,
} from "../replay/context.js";
import type { FindingSummary } from "../result.js";

/** Where an event stands, what else its transaction did, and where to tell what does not fit. */
export interface LoggedContext {
  readonly transaction: LoggedTransaction;
  /** Of the event in its block; null after the last of a transaction. */
  readonly index: number | null;
  readonly report: Report;
}

/** A handler of one event: it holds the event to what the state says, and takes in what the event changes. */
export type LoggedHandler<State, Fields> = (state: State, fields: Fields, context: LoggedContext) => void;

/** A handler for every event of a contract; the compiler misses one that is not there. */
export type LoggedHandlers<State, Events> = {
  readonly [Name in keyof Events]: LoggedHandler<State, Events[Name]>;
};

/** How contracts that stand beside a deployment's own are replayed: by the reference model of their rules. */
export interface ContractAudit<State> {
  /** Which contracts; see ContractLogHead. */
  readonly of: string;
  readonly bindings: Readonly<Record<string, AnyBinding>>;
  /** By role, then by event. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, LoggedHandler<State, never>>>>>;
  /** The state before the first event, by what never changes. */
  begin(head: ContractLog["head"], report: Report): State;
  /** Called after the events of each transaction: what must have come together. */
  endTransaction?(state: State, context: LoggedContext): void;
  /** Called at the end: the contracts' own answers must be what the replay has come to. */
  end(state: State, answers: Readonly<Record<string, string>>, report: Report): void;
  /** What was checked, in numbers, for the result. */
  coverage(state: State): Readonly<Record<string, number>>;
}

/** What a replay of a contract log has found. */
export interface ContractAuditResult {
  readonly of: string;
  readonly chainId: string;
  readonly toBlock: number;
  readonly transactions: number;
  readonly events: number;
  readonly coverage: Readonly<Record<string, number>>;
  readonly findings: FindingSummary;
}

/**
 * Replays a log of contracts. Nothing is asked of a chain.
 *
 * @example
 * ```ts
 * import { REMOTE_AUDIT, replayContracts } from "zkmargin/audit";
 *
 * console.log(replayContracts(contractLog, REMOTE_AUDIT).events); // 0
 * ```
 */
export function replayContracts<State>(log: ContractLog, audit: ContractAudit<State>): ContractAuditResult {
  const { head, transactions, end } = log;
  const found = newFindingLog();
  const reporting =
    (place: { block: number; time: number }, logIndex: number | null): Report =>
    (code: FindingCode, about: About, expected: string, got: string) =>
      addFinding(found, findingAt({ ...place, logIndex }, code, about, expected, got));
  const last = transactions.at(-1);
  const atEnd = reporting({ block: end.end, time: last?.time ?? 0 }, null);
  if (contractLogDigest(log) !== end.digest)
    atEnd("log-altered", {}, "the text that the log's digest was taken of", "another");

  const state = audit.begin(head, atEnd);
  let events = 0;
  let before = { block: -1, tx: -1 };
  for (const transaction of transactions) {
    const { block, time, tx } = transaction;
    if (block < before.block || (block === before.block && tx <= before.tx) || block > end.end)
      reporting({ block, time }, null)(
        "event-order",
        {},
        "transactions in the chain's order",
        "another order",
      );
    before = { block, tx };
    let index = -1;
    for (const event of transaction.events) {
      events++;
      const report = reporting({ block, time }, event.index);
      if (event.index <= index) report("event-order", {}, `an event after ${index}`, `${event.index}`);
      index = event.index;
      const binding = audit.bindings[event.role];
      const decoded = binding === undefined ? undefined : decodeLogged(binding, event);
      const handler = decoded && audit.handlers[event.role]?.[decoded.name];
      if (decoded === undefined || handler === undefined) {
        report("event-impossible", {}, `an event of ${event.role}`, decoded?.name ?? "another");
        continue;
      }
      handler(state, decoded.fields as never, { transaction, index: event.index, report });
    }
    audit.endTransaction?.(state, { transaction, index: null, report: reporting({ block, time }, null) });
  }
  audit.end(state, end.answers, atEnd);
  return {
    of: head.of,
    chainId: head.chainId.toString(),
    toBlock: end.end,
    transactions: transactions.length,
    events,
    coverage: audit.coverage(state),
    findings: findingSummary(found),
  };
}

/** Reports each answer of the contracts that is not what the replay has come to. */
export function compareAnswers(
  answers: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
  report: Report,
): void {
  for (const [question, value] of Object.entries(expected)) {
    const got = answers[question];
    if (got?.toLowerCase() !== value.toLowerCase())
      report("record-mismatch", {}, `${question} = ${value}`, got ?? "no answer");
  }
}
