import type { Deployment } from "../../chain/deployment.js";
import type { LogBlock, LogConstants } from "../../chain/eventLog/record.js";
import type { BatchVerifier } from "../../groth16/batchVerifier.js";
import { FINDINGS, type FindingCode } from "../findings.js";
import type { Finding } from "../result.js";
import type { LedgerState } from "./ledgerState.js";
import type { ProfileState } from "./profileState.js";

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
export interface Terms {
  readonly deployment: Deployment;
  readonly constants: LogConstants;
  readonly verifier: BatchVerifier;
}

/** What the status of an account depends on beside the account. */
export interface Market {
  readonly constants: LogConstants;
  readonly profile: ProfileState;
  readonly ledger: LedgerState;
}

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

/** Where an event stands, and with what. */
export interface EventPlace {
  readonly block: LogBlock;
  readonly tx: number;
  readonly logIndex: number;
  readonly report: Report;
}
