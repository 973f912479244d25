import { FINDING_CODES, type FindingCode, SEVERITIES, type Severity } from "../findings.js";
import { FINDINGS_KEPT, type Finding, type FindingSummary } from "../result.js";

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

/** As a result has it. */
export function summaryOf({ total, byCode, bySeverity, listed }: FindingLog): FindingSummary {
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
