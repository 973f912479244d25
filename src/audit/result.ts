import * as z from "zod/mini";
import { sha256, shaped } from "../encoding/shape.js";
import { type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { FormatError } from "../errors.js";
import {
  account,
  accountRecord,
  address,
  amount,
  bounded,
  count,
  type Read,
  rounds,
  text,
  time,
} from "./accountRecord.js";
import { FINDING_CODES, FINDINGS, type FindingCode, SEVERITIES } from "./findings.js";
import { upgraded } from "./oldResults.js";

const FORMAT = "zkmargin/audit@5";

/** Findings of one kind that a result lists. */
export const FINDINGS_KEPT = 100;

const code = z.enum(FINDING_CODES as [FindingCode, ...FindingCode[]]);
const finding = z.strictObject({
  code,
  severity: z.enum(SEVERITIES),
  block: count,
  /** Of that block. */
  time,
  /** Place of the event in its block; null where it is not about one event. */
  logIndex: z.nullable(count),
  /** Each null where the finding is about none. */
  account: z.nullable(account),
  epoch: z.nullable(count),
  round: z.nullable(count),
  sequence: z.nullable(count),
  /** What was expected and what was found: in words, with numbers where they are public. */
  expected: text,
  got: text,
});

const findings = z.strictObject({
  total: count,
  bySeverity: z.strictObject({ critical: count, high: count, medium: count, low: count }),
  /** Only kinds that were found. */
  byCode: z.partialRecord(code, count),
  /** In the order they were found; at most {@link FINDINGS_KEPT} of a kind. */
  listed: z.array(finding),
});

/** How a token is counted. */
const token = z.strictObject({
  token: address,
  /** Of the listed asset that it is; null where the record names none. */
  symbol: z.nullable(text),
  /** Smallest units in a unit, as a power of ten; null where the record does not say. */
  decimals: z.nullable(z.int().check(z.minimum(0), z.maximum(255))),
});

const key = z.strictObject({
  /** SHA-256 of its canonical JSON, hex. */
  hash: sha256,
  kind: z.enum(["development", "ceremony"]),
  /** What proofs under it are worth, in words. */
  warning: text,
  /** How it came about, a sentence for each step, oldest first; of phase 1, then of every contribution to phase 2. */
  lineage: z.array(text),
});

const terms = z.strictObject({
  twapWindow: count,
  minInterval: count,
  provingWindow: count,
  maxRoundAge: count,
  maxProofAge: count,
  gracePeriod: count,
  callPeriod: count,
  callMargin: count,
  rotationDelay: count,
  /** Slots whose assets may carry sleeves or settle them, a bit each from the least significant on. */
  sleeveSlots: count,
  /** Null where the deployment has no vault. */
  initialMargin: z.nullable(count),
});

const deployment = z.strictObject({
  chainId: amount,
  /** Whether the chain is one on which a development key may stand. */
  local: z.boolean(),
  tier: text,
  /** Symbols, in the listing's order. */
  assets: z.array(text),
  /** Tokens that the vault listed, also those that it no longer does. */
  tokens: z.array(token),
  /** The token that is lent and that auctions are paid in; null where the deployment has no vault. */
  settlement: z.nullable(address),
  /** Address of each contract, by role. */
  contracts: z.record(text, address),
  key,
  terms,
});

const range = z.strictObject({
  fromBlock: count,
  toBlock: count,
  fromTime: time,
  toTime: time,
  /** SHA-256 that names the record: of the text of its log, hex. */
  log: sha256,
});

const statement = z.strictObject({
  /** The exact statement, with θ and envelope left as letters. */
  words: text,
  /** "complete with respect to the registered attesters" */
  qualifier: text,
  /** What none of it says, a sentence each. */
  doesNotSay: z.array(text),
});

const coverage = z.strictObject({
  blocks: count,
  events: count,
  rounds: count,
  /** Rounds that were compared with what their feeds said. */
  roundsWithFeeds: count,
  proofs: count,
  /** Proofs whose call is in the record, so that they were verified. */
  proofsVerified: count,
  books: count,
  /** Books whose signatures are in the record, so that their signers were recovered. */
  booksWithSignatures: count,
  /** Books that were attested with a sleeve, and those of them whose sleeve was computed again from what was disclosed. */
  sleeves: count,
  sleevesComputed: count,
  /** Signatures of contracts (EIP-1271), for which the chain's word is taken. */
  contractSignatures: count,
  /** Openings disclosed, and those of them that are of a book on the chain. */
  openings: count,
  openingsMatched: count,
  /** Answers of the gate that were compared with the replayed status. */
  statusesCompared: count,
});

/** Prices at the rounds of a stretch, attodollars a unit, in the listing's order. */
const prices = z.strictObject({
  ...rounds,
  /** The least low of each asset. */
  least: z.array(amount),
  /** The greatest high of each asset. */
  greatest: z.array(amount),
});

const epoch = z.strictObject({
  epoch: count,
  change: z.enum(["set", "tightened", "expired"]),
  block: count,
  since: time,
  /** Null while it is the newest. */
  until: z.nullable(time),
  rounds: count,
  pnlFactor: count,
  bookMaxAge: count,
  /** Null if it does not expire. */
  expiresAt: z.nullable(time),
});

const audit = z.strictObject({
  format: z.literal(FORMAT),
  deployment,
  range,
  statement,
  coverage,
  /** Oldest first; at most 256, whatever the number of rounds. */
  prices: z.array(prices),
  /** Oldest first. */
  epochs: bounded(epoch),
  /** In order of opening. */
  accounts: z.array(accountRecord),
  findings,
});

/**
 * What an audit found: `zkmargin/audit@5`. Its size does not depend on the length of history: lists that could grow are
 * bounded, and say how much they leave out. Times are unix seconds, health factors and thresholds basis points, odometer
 * units 10^-8.
 */
export type Audit = Omit<Read<typeof audit>, "format">;
/** What was audited, and under which key. */
export type AuditedDeployment = Read<typeof deployment>;
/** What the deployment was made with, for its whole life; seconds and basis points. */
export type AuditedTerms = Read<typeof terms>;
/** What was proven, in words. */
export type AuditStatement = Read<typeof statement>;
/** What was looked at, in numbers: of how many, how many could be checked. */
export type Coverage = Read<typeof coverage>;
export type PriceStretch = Read<typeof prices>;
/** One epoch of the risk profile. */
export type EpochRecord = Read<typeof epoch>;
/** Something that does not fit, and where. Holds nothing private: of a disclosed book no more than a verdict. */
export type Finding = Read<typeof finding>;
/** All findings in numbers, and the first of each kind in full. */
export type FindingSummary = Read<typeof findings>;

/**
 * The text of an audit, `zkmargin/audit@5`.
 *
 * @example
 * ```ts
 * import { parseAudit, serialiseAudit } from "zkmargin/audit";
 *
 * const audit = parseAudit(auditText);
 * console.log(parseAudit(serialiseAudit(audit)).findings.total === audit.findings.total); // true
 * ```
 */
export function serialiseAudit(audit: Audit): string {
  return `${JSON.stringify({ format: FORMAT, ...audit }, null, 2)}\n`;
}

/** What {@link serialiseAudit} writes, as a value: for `--json`. */
export function auditToJson(audit: Audit): JsonValue {
  return JSON.parse(JSON.stringify({ format: FORMAT, ...audit })) as JsonValue;
}

/**
 * Reads an audit. Its numbers are taken as they are; to check them, replay the log.
 * @throws InputError of the class that fits, naming the field
 *
 * @example
 * ```ts
 * import { parseAudit } from "zkmargin/audit";
 *
 * console.log(parseAudit(auditText).findings.total);
 * ```
 */
export function parseAudit(json: string, path = "audit"): Audit {
  const value = upgraded(parseStrictJson(json, path));
  const { format, ...read } = shaped(audit, value, { path, expected: `the fields of ${FORMAT}` });
  checkSums(read, path);
  return read;
}

/** That the summary of findings is that of the list. */
function checkSums({ findings }: Audit, path: string): void {
  const { total, bySeverity, byCode, listed } = findings;
  const sums = [Object.values(bySeverity), Object.values(byCode)].map((counts) =>
    counts.reduce((sum, each) => sum + each, 0),
  );
  if (sums.some((sum) => sum !== total))
    throw new FormatError(`${path}.findings`, "counts that add up to their total", "others");
  for (const { code, severity } of listed)
    if (severity !== FINDINGS[code].severity || byCode[code] === undefined)
      throw new FormatError(`${path}.findings.listed`, "findings of the kinds that are counted", "others");
}
