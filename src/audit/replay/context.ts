import type { Deployment } from "../../chain/deployment.js";
import {
  LARGEST_COUNT,
  type LogBlock,
  type LogConstants,
  type LoggedRole,
} from "../../chain/eventLog/record.js";
import type { BatchVerifier } from "../../groth16/batchVerifier.js";
import { FINDING_CODES, FINDINGS, type FindingCode, SEVERITIES, type Severity } from "../findings.js";
import { type Coverage, FINDINGS_KEPT, type Finding, type FindingSummary } from "../result.js";

/** Where in the record something is. */
export interface Place {
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  readonly logIndex: number | null;
}

/** What a finding is about, where it is about any of it. */
export type About = Partial<Pick<Finding, "account" | "epoch" | "round" | "sequence">>;

/** Notes what does not fit. */
export type Report = (code: FindingCode, about: About, expected: string, got: string) => void;

/** What every part of a replay goes by and never changes. */
export interface Basis {
  readonly deployment: Deployment;
  /** Name of the derived market that is replayed; absent of the deployment's own. */
  readonly derived?: string;
  readonly constants: LogConstants;
  readonly verifier: BatchVerifier;
}

/** An event that must come next, as the contracts emit it together with the one before. */
export interface AwaitedEvent {
  readonly name: "BookBroken" | "AuctionClosed";
  readonly account: string;
}

/** What every handler of an event is given beside the state. */
export interface EventContext {
  readonly basis: Basis;
  readonly block: LogBlock;
  /** Place of its transaction in the block, and its own place. */
  readonly tx: number;
  readonly logIndex: number;
  readonly report: Report;
  /** Whether somebody scheduled what the event tells of, and has waited. */
  readonly waited: boolean;
  /** What the event calls for; forgotten with the next one. */
  readonly awaited: { event: AwaitedEvent | null };
}

/**
 * A handler of each event of a contract: it holds the event to what the state says, and takes in what the event changes.
 * @typeParam Opened the context of an event about an account, which is open
 */
export type Handlers<Events, State, Context, Opened = Context> = {
  readonly [Name in keyof Events]: (
    state: State,
    event: Events[Name],
    context: Name extends "AccountOpened"
      ? Context
      : Events[Name] extends { readonly account: string }
        ? Opened
        : Context,
  ) => void;
};

/** A contract's authority is the access manager for good. */
export function checkAuthority(
  role: LoggedRole,
  { authority }: { readonly authority: string },
  { basis, report }: Pick<EventContext, "basis" | "report">,
): void {
  const { address } = basis.deployment.contracts.accessManager;
  if (authority !== address)
    report("governance-rules", {}, `${address} as the authority of ${role}`, authority);
}

/** The coverage of a result, as it is counted. */
export type CoverageCount = { -readonly [Count in keyof Coverage]: Coverage[Count] };

/** A finding at a place. */
export function findingAt(
  place: Place,
  code: FindingCode,
  { account = null, epoch = null, round = null, sequence = null }: About,
  expected: string,
  got: string,
): Finding {
  const { block, time, logIndex } = place;
  const { severity } = FINDINGS[code];
  return { code, severity, block, time, logIndex, account, epoch, round, sequence, expected, got };
}

/** All findings so far in numbers, and the first of each kind. */
export interface FindingLog {
  total: number;
  readonly byCode: Map<FindingCode, number>;
  readonly bySeverity: Map<Severity, number>;
  readonly listed: Finding[];
}

export function newFindingLog(): FindingLog {
  return { total: 0, byCode: new Map(), bySeverity: new Map(), listed: [] };
}

export function addFinding(log: FindingLog, finding: Finding): void {
  const { code, severity } = finding;
  const count = (log.byCode.get(code) ?? 0) + 1;
  log.total++;
  log.byCode.set(code, count);
  log.bySeverity.set(severity, (log.bySeverity.get(severity) ?? 0) + 1);
  if (count <= FINDINGS_KEPT) log.listed.push(finding);
}

/** The findings as a result has them. */
export function findingSummary({ total, byCode, bySeverity, listed }: FindingLog): FindingSummary {
  return {
    total,
    bySeverity: Object.fromEntries(
      SEVERITIES.map((severity) => [severity, bySeverity.get(severity) ?? 0]),
    ) as Record<Severity, number>,
    byCode: Object.fromEntries(
      FINDING_CODES.flatMap((code) => (byCode.has(code) ? [[code, byCode.get(code)]] : [])),
    ),
    listed,
  };
}

/**
 * A number or time of an event, which the contracts hold in 64 bits, as a result can hold it. What is larger than any there
 * can be, such as an expiry that is never to come, is the largest.
 */
export function countOf(value: bigint): number {
  return value > BigInt(LARGEST_COUNT) ? LARGEST_COUNT : Number(value);
}
