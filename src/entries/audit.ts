/**
 * `zkmargin/audit`. What an auditor needs: archives of disclosed books, the replay of an event log, and reports of it.
 */

export { Archive, type Archived } from "../audit/archive/archive.js";
export {
  ArchiveReader,
  type ArchiveReaderKey,
  type ArchiveStep,
  type OpenedStep,
} from "../audit/archive/reader.js";
export {
  type KeyPair,
  newKeyPair,
  parseAuditorKey,
  parseAuditorPublicKey,
  serialiseAuditorKey,
} from "../audit/archive/seal.js";
export {
  ARCHIVE_FINDINGS,
  type ArchiveFinding,
  type ArchiveFindingCode,
  type ArchiveHead,
} from "../audit/archive/walk.js";
export { auditLock } from "../audit/contracts/lock.js";
export { REMOTE_AUDIT } from "../audit/contracts/remote.js";
export { type ContractAudit, type ContractAuditResult, replayContracts } from "../audit/contracts/replay.js";
export {
  type DisclosedBook,
  type DisclosedOpening,
  type Disclosure,
  type DisclosureHeader,
  disclosedOpening,
  disclosureLines,
  readDisclosure,
  type Scope,
} from "../audit/disclosure.js";
export { FINDINGS, type FindingCode, type Severity } from "../audit/findings.js";
export { type Names, parseNames } from "../audit/names.js";
export { Openings } from "../audit/replay/openings.js";
export { type LogLine, type RunOptions, replayLog } from "../audit/replay/replayLog.js";
export { auditCsv } from "../audit/report/csv.js";
export { auditReport, type ReportOptions } from "../audit/report/report.js";
export { type Audit, type Finding, parseAudit, serialiseAudit } from "../audit/result.js";
