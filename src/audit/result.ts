import * as z from "zod/mini";
import { hex } from "../encoding/address.js";
import { type DeepReadonly, sha256, shaped } from "../encoding/shape.js";
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { FormatError } from "../errors.js";
import { GATE_LAPSES, STATUS_NAMES } from "../protocol/status.js";
import { FINDING_CODES, FINDINGS, type FindingCode, SEVERITIES } from "./findings.js";

const FORMAT = "zkmargin/audit@4";

/** Findings of one kind that a result lists. */
export const FINDINGS_KEPT = 100;

/**
 * The verdict on an account for one epoch, from worst to best:
 *   contradicted  a critical or high finding is about the account in this epoch;
 *   liquidatable  a proof showed it not above maintenance, or it ran out of time;
 *   called        it was under a margin call;
 *   lapsed        its proof lapsed, and was renewed or not, within its grace;
 *   unproven      no proof of health was accepted;
 *   healthy       once proven it was healthy throughout, except for outages.
 */
export const VERDICTS = ["contradicted", "liquidatable", "called", "lapsed", "unproven", "healthy"] as const;

/** What ended a claim of health: a lapse at the gate, or a claim that took its place. */
const LAPSE_CAUSES = [...GATE_LAPSES, "replaced"] as const;

const count = z.int().check(z.minimum(0));
/** Unix seconds. */
const time = count;
/** Text for people: chosen by others, so no control characters, which could steer a terminal. */
const text = z.string().check(z.regex(/^\P{Cc}{0,2000}$/u));
const address = hex(20);
const account = hex(32);
/** Decimal; what it counts is said where it stands. */
const amount = z.string().check(z.regex(/^(0|[1-9][0-9]{0,99})$/));
const signed = z.string().check(z.regex(/^(0|-?[1-9][0-9]{0,99})$/));
const status = z.enum(STATUS_NAMES);
const code = z.enum(FINDING_CODES as [FindingCode, ...FindingCode[]]);
/** The newest of a list, oldest first, and how many older ones are left out. */
const bounded = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({ omitted: count, items: z.array(item) });

/** Rounds from one to another, both included, and their times. */
const rounds = { fromRound: count, toRound: count, fromTime: time, toTime: time };

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

const verdict = z.strictObject({
  epoch: count,
  verdict: z.enum(VERDICTS),
  /** Accepted in this epoch. */
  proofsOfHealth: count,
  proofsOfIllHealth: count,
  books: count,
  /** None; or what is disclosed confirms all that was proven; or something of it contradicts a proof. */
  disclosed: z.enum(["none", "confirmed", "contradicted"]),
  /** Least health factor of a disclosed book at a round of this epoch; null where none is disclosed or it is infinite. */
  leastHealthFactor: z.nullable(amount),
});

const claim = z.strictObject({
  time,
  block: count,
  round: count,
  roundTime: time,
  sequence: count,
  epoch: count,
  healthy: z.boolean(),
  theta: count,
  envelope: count,
  /** When the claim of health ceased to hold; null while it holds, and for a claim of ill health. */
  lapsedAt: z.nullable(time),
  /** Why it did: the first cause. */
  lapsedBy: z.nullable(z.enum(LAPSE_CAUSES)),
  verified: z.boolean(),
});

/** From `time` on the account has this status. */
const statusChange = z.strictObject({ time, status, deadline: z.nullable(time) });

/** Health factors of the disclosed books at the rounds of a stretch: exact, whatever the number of rounds. */
const headroom = z.strictObject({
  ...rounds,
  /** Null is infinite: no debt and no margin. */
  least: z.nullable(amount),
  greatest: z.nullable(amount),
  /** What the proof on record at the end of the stretch claims it to exceed; null where there is none. */
  theta: z.nullable(count),
});

const position = z.strictObject({
  asset: text,
  decimals: count,
  /** Signed quanta. */
  spot: signed,
  perp: signed,
  /** Spot and perpetual at the round's low where owned, its high where owed; signed attodollars. */
  spotValue: signed,
  perpValue: signed,
});

/** A disclosed book at the first round in which it was the newest. */
const composition = z.strictObject({
  sequence: count,
  round: count,
  time,
  healthFactor: z.nullable(amount),
  /** Signed attodollars. */
  basis: signed,
  /** Only assets that it holds. */
  positions: z.array(position),
});

const auction = z.strictObject({
  token: address,
  startedAt: time,
  offered: amount,
  sold: amount,
  paid: amount,
  repaid: amount,
  /** Null while it runs. */
  closedAt: z.nullable(time),
});

/** What the vault did for an account; amounts in the smallest units of each token; debt of the settlement token. */
const vault = z.strictObject({
  creditor: z.nullable(address),
  debt: amount,
  balances: z.array(z.strictObject({ token: address, amount })),
  withdrawals: count,
  loans: count,
  auctions: bounded(auction),
});

const books = z.strictObject({
  attested: count,
  disclosed: count,
  /** 0 if there is none. */
  firstSequence: count,
  lastSequence: count,
});

const accountRecord = z.strictObject({
  account,
  owner: address,
  /** The sub-account's name where it is text; else its 32 bytes, hex. Chosen by the owner: not to be trusted as text. */
  name: text,
  isolated: z.boolean(),
  attesters: z.array(address),
  threshold: count,
  openedAt: time,
  books,
  /** At the end of the record. */
  status,
  deadline: z.nullable(time),
  /** Seconds in each status since the account was opened. */
  secondsIn: z.strictObject({
    unknown: count,
    liquidatable: count,
    marginCall: count,
    grace: count,
    healthy: count,
  }),
  /** One for each epoch in which the account was open, oldest first. */
  verdicts: bounded(verdict),
  claims: bounded(claim),
  statuses: bounded(statusChange),
  /** Of disclosed books, oldest first; empty where nothing is disclosed. */
  headroom: z.array(headroom),
  /** Of disclosed books, where the auditor asked for it; empty otherwise. */
  composition: bounded(composition),
  vault: z.nullable(vault),
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

/** As a schema reads it, to be read only. */
type Read<T extends z.ZodMiniType> = DeepReadonly<z.infer<T>>;

/**
 * What an audit found: `zkmargin/audit@4`. Its size does not depend on the length of history: lists that could grow are
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
/** An account and everything that was claimed of it. */
export type AccountRecord = Read<typeof accountRecord>;
export type Verdict = (typeof VERDICTS)[number];
/** The verdict on an account in an epoch. */
export type EpochVerdict = Read<typeof verdict>;
/** An accepted proof. */
export type ClaimRecord = Read<typeof claim>;
export type LapseCause = (typeof LAPSE_CAUSES)[number];
export type StatusChange = Read<typeof statusChange>;
export type HeadroomPoint = Read<typeof headroom>;
export type Composition = Read<typeof composition>;
export type CompositionPosition = Read<typeof position>;
export type VaultSummary = Read<typeof vault>;
export type AuctionRecord = Read<typeof auction>;
/** Something that does not fit, and where. Holds nothing private: of a disclosed book no more than a verdict. */
export type Finding = Read<typeof finding>;
/** All findings in numbers, and the first of each kind in full. */
export type FindingSummary = Read<typeof findings>;

/**
 * The text of an audit, `zkmargin/audit@4`.
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

/** An audit of version 2 or 3 as one of version 4: the first called attesters `attestors`, both gave epochs a `shockCap` and knew no sleeves. */
function upgraded(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  if (value.format === "zkmargin/audit@2") return upgraded(withAttesters(value));
  const { epochs } = value;
  if (value.format !== "zkmargin/audit@3" || !isJsonObject(epochs ?? null)) return value;
  const { items, ...rest } = epochs as JsonObject;
  if (!Array.isArray(items)) return value;
  const capless = items.map((epoch) => {
    if (!isJsonObject(epoch) || typeof epoch.shockCap !== "number") return epoch;
    const { shockCap: _, ...without } = epoch;
    return without;
  });
  return {
    ...value,
    format: FORMAT,
    deployment: withoutSleeves(value.deployment ?? null),
    epochs: { ...rest, items: capless },
  };
}

/** A deployment of the versions before, in which no asset could carry a sleeve. */
function withoutSleeves(deployment: JsonValue): JsonValue {
  if (!isJsonObject(deployment) || !isJsonObject(deployment.terms ?? null)) return deployment;
  return { ...deployment, terms: { ...(deployment.terms as JsonObject), sleeveSlots: 0 } };
}

function withAttesters(value: JsonObject): JsonObject {
  if (!Array.isArray(value.accounts)) return value;
  const accounts = value.accounts.map((each) => {
    if (!isJsonObject(each) || !("attestors" in each)) return each;
    const { attestors, ...account } = each;
    return { ...account, attesters: attestors ?? null };
  });
  return { ...value, format: "zkmargin/audit@3", accounts };
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
