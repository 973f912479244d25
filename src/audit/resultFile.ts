import { z } from "zod";
import { STATUS_NAMES } from "../chain/generated/enums.js";
import { shaped } from "../encoding/shape.js";
import { isJsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { FormatError } from "../errors.js";
import { FINDING_CODES, FINDINGS, type FindingCode, SEVERITIES } from "./findings.js";
import { type Audit, LAPSE_CAUSES, VERDICTS } from "./result.js";

const FORMAT = "zkmargin/audit@3";

const count = z.int().min(0);
const time = count;
/** Text for people: chosen by others, so no control characters, which could steer a terminal. */
const text = z.string().regex(/^\P{Cc}{0,2000}$/u);
const hex = (bytes: number) => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`));
const address = hex(20);
const account = hex(32);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const amount = z.string().regex(/^(0|[1-9][0-9]{0,99})$/);
const signed = z.string().regex(/^(0|-?[1-9][0-9]{0,99})$/);
const status = z.enum(STATUS_NAMES);
const bounded = <T extends z.ZodType>(item: T) => z.strictObject({ omitted: count, items: z.array(item) });

const finding = z.strictObject({
  code: z.enum(FINDING_CODES as [FindingCode, ...FindingCode[]]),
  severity: z.enum(SEVERITIES),
  block: count,
  time,
  logIndex: count.nullable(),
  account: account.nullable(),
  epoch: count.nullable(),
  round: count.nullable(),
  sequence: count.nullable(),
  expected: text,
  got: text,
});

const deployment = z.strictObject({
  chainId: amount,
  local: z.boolean(),
  tier: text,
  assets: z.array(text),
  tokens: z.array(
    z.strictObject({ token: address, symbol: text.nullable(), decimals: z.int().min(0).max(255).nullable() }),
  ),
  settlement: address.nullable(),
  contracts: z.record(text, address),
  key: z.strictObject({
    hash: digest,
    kind: z.enum(["development", "ceremony"]),
    warning: text,
    lineage: z.array(text),
  }),
  terms: z.strictObject({
    twapWindow: count,
    minInterval: count,
    provingWindow: count,
    maxRoundAge: count,
    maxProofAge: count,
    gracePeriod: count,
    callPeriod: count,
    callMargin: count,
    rotationDelay: count,
    initialMargin: count.nullable(),
  }),
});

const coverage = z.strictObject({
  blocks: count,
  events: count,
  rounds: count,
  roundsWithFeeds: count,
  proofs: count,
  proofsVerified: count,
  books: count,
  booksWithSignatures: count,
  contractSignatures: count,
  openings: count,
  openingsMatched: count,
  statusesCompared: count,
});

const prices = z.strictObject({
  fromRound: count,
  toRound: count,
  fromTime: time,
  toTime: time,
  least: z.array(amount),
  greatest: z.array(amount),
});

const epoch = z.strictObject({
  epoch: count,
  change: z.enum(["set", "tightened", "expired"]),
  block: count,
  since: time,
  until: time.nullable(),
  rounds: count,
  pnlFactor: count,
  shockCap: count,
  bookMaxAge: count,
  expiresAt: time.nullable(),
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
  lapsedAt: time.nullable(),
  lapsedBy: z.enum(LAPSE_CAUSES).nullable(),
  verified: z.boolean(),
});

const composition = z.strictObject({
  sequence: count,
  round: count,
  time,
  healthFactor: amount.nullable(),
  basis: signed,
  positions: z.array(
    z.strictObject({
      asset: text,
      decimals: count,
      spot: signed,
      perp: signed,
      spotValue: signed,
      perpValue: signed,
    }),
  ),
});

const vault = z.strictObject({
  creditor: address.nullable(),
  debt: amount,
  balances: z.array(z.strictObject({ token: address, amount })),
  withdrawals: count,
  loans: count,
  auctions: bounded(
    z.strictObject({
      token: address,
      startedAt: time,
      offered: amount,
      sold: amount,
      paid: amount,
      repaid: amount,
      closedAt: time.nullable(),
    }),
  ),
});

const accountRecord = z.strictObject({
  account,
  owner: address,
  name: text,
  isolated: z.boolean(),
  attesters: z.array(address),
  threshold: count,
  openedAt: time,
  books: z.strictObject({ attested: count, disclosed: count, firstSequence: count, lastSequence: count }),
  status,
  deadline: time.nullable(),
  secondsIn: z.strictObject({
    unknown: count,
    liquidatable: count,
    marginCall: count,
    grace: count,
    healthy: count,
  }),
  verdicts: bounded(
    z.strictObject({
      epoch: count,
      verdict: z.enum(VERDICTS),
      proofsOfHealth: count,
      proofsOfIllHealth: count,
      books: count,
      disclosed: z.enum(["none", "confirmed", "contradicted"]),
      leastHealthFactor: amount.nullable(),
    }),
  ),
  claims: bounded(claim),
  statuses: bounded(z.strictObject({ time, status, deadline: time.nullable() })),
  headroom: z.array(
    z.strictObject({
      fromRound: count,
      toRound: count,
      fromTime: time,
      toTime: time,
      least: amount.nullable(),
      greatest: amount.nullable(),
      theta: count.nullable(),
    }),
  ),
  composition: bounded(composition),
  vault: vault.nullable(),
});

const shape = z.strictObject({
  format: z.literal(FORMAT),
  deployment,
  range: z.strictObject({ fromBlock: count, toBlock: count, fromTime: time, toTime: time, log: digest }),
  statement: z.strictObject({ words: text, qualifier: text, doesNotSay: z.array(text) }),
  coverage,
  prices: z.array(prices),
  epochs: bounded(epoch),
  accounts: z.array(accountRecord),
  findings: z.strictObject({
    total: count,
    bySeverity: z.strictObject({ critical: count, high: count, medium: count, low: count }),
    byCode: z.partialRecord(z.enum(FINDING_CODES as [FindingCode, ...FindingCode[]]), count),
    listed: z.array(finding),
  }),
});

/** The text of an audit, `zkmargin/audit@3`. */
export function serialiseAudit(audit: Audit): string {
  return `${JSON.stringify({ format: FORMAT, ...audit }, null, 2)}\n`;
}

/**
 * Reads an audit. Its numbers are taken as they are; to check them, replay the log.
 * @throws MalformedError, DuplicateFieldError, FormatError naming the field
 */
export function parseAudit(json: string, path = "audit"): Audit {
  const value = upgraded(parseStrictJson(json, path));
  const { format, ...audit } = shaped(shape, value, { path, expected: `the fields of ${FORMAT}` });
  checkSums(audit, path);
  return audit;
}

/** An audit of version 2 as one of version 3: it called attesters `attestors`. */
function upgraded(value: JsonValue): JsonValue {
  if (!isJsonObject(value) || value.format !== "zkmargin/audit@2" || !Array.isArray(value.accounts))
    return value;
  const accounts = value.accounts.map((each) => {
    if (!isJsonObject(each) || !("attestors" in each)) return each;
    const { attestors, ...account } = each;
    return { ...account, attesters: attestors ?? null };
  });
  return { ...value, format: FORMAT, accounts };
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

/** What {@link serialiseAudit} writes, as a value: for `--json`. */
export function auditToJson(audit: Audit): JsonValue {
  return JSON.parse(JSON.stringify({ format: FORMAT, ...audit })) as JsonValue;
}
