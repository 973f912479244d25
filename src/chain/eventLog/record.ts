import { createHash } from "node:crypto";
import { Interface } from "ethers";
import * as z from "zod/mini";
import { hex } from "../../encoding/address.js";
import { sha256, shaped } from "../../encoding/shape.js";
import { canonicalJson, checkDepth, type JsonValue } from "../../encoding/strictJson.js";
import { FormatError, MalformedError } from "../../errors.js";
import { STATUS_NAMES } from "../../protocol/status.js";
import { type AnyBinding, interfaceOf } from "../binding.js";
import { type Deployment, MARKET_NAME, parseDeployment, serialiseDeployment } from "../deployment.js";
import { type AccessManagerEvents, accessManager } from "../generated/AccessManager.js";
import { type BookRegistryEvents, bookRegistry } from "../generated/BookRegistry.js";
import { type CreditLineEvents, creditLine } from "../generated/CreditLine.js";
import { type CreditRegistryEvents, creditRegistry } from "../generated/CreditRegistry.js";
import { type MarginGateEvents, marginGate } from "../generated/MarginGate.js";
import { type MarginVaultEvents, marginVault } from "../generated/MarginVault.js";
import { type MarketLedgerEvents, marketLedger } from "../generated/MarketLedger.js";
import { type RiskProfileEvents, riskProfile } from "../generated/RiskProfile.js";
import { CHECK_NAMES } from "../medians.js";
import { decodeFields, type EventOf, encodeFields } from "./codec.js";
import { isSide, medianAnswers, medianRule, SIDE_ROLES, transferRecord } from "./sides.js";

const FORMAT = "zkmargin/event-log@3";
const EXPECTED = "the fields of an event log";

/** Any block, time, period or number in order: far beyond all that a chain has, and dates and sums of them stay exact. */
export const LARGEST_COUNT = 2 ** 41;
const count = z.int().check(z.minimum(0), z.maximum(LARGEST_COUNT));
const data = z.string().check(z.regex(/^0x([0-9a-f]{2})*$/));
const name = z.string().check(z.maxLength(80));
const whole = z.string().check(z.regex(/^(0|-?[1-9][0-9]{0,77})$/));

/** Contracts whose events are recorded. */
export const ROLES = [
  "accessManager",
  "riskProfile",
  "marketLedger",
  "bookRegistry",
  "marginGate",
  "marginVault",
  "creditRegistry",
  // A clone of one contract for each line; the event says which.
  "creditLine",
  // In the log of a derived market: the profile that the ledger folds rounds with.
  "baseProfile",
] as const;
export type LoggedRole = (typeof ROLES)[number];

const vault = z.strictObject({
  settlement: hex(20),
  initialMargin: count,
  penalty: count,
  incentive: count,
  closeFactor: count,
  premium: count,
  floor: count,
  auctionPeriod: count,
  reliefPeriod: count,
  blockTime: count,
  minimumClose: whole,
});

const decimals = z.int().check(z.minimum(0), z.maximum(36));
const credit = z.strictObject({
  settlement: hex(20),
  /** The code that all lines are clones of. */
  implementation: hex(20),
  slot: z.int().check(z.minimum(0), z.maximum(15)),
  quantumDecimals: decimals,
  tokenDecimals: decimals,
  covenantMargin: count,
  horizon: count,
});

const constants = z.strictObject({
  ledger: z.strictObject({
    twapWindow: count,
    minInterval: count,
    provingWindow: count,
    maxRoundAge: count,
    sleeveSlots: count,
  }),
  gate: z.strictObject({ maxProofAge: count, gracePeriod: count, callPeriod: count, callMargin: count }),
  registry: z.strictObject({ rotationDelay: count, longestBook: count }),
  vault: z.nullable(vault),
  /** Absent where the deployment has no credit lines. */
  credit: z.exactOptional(credit),
  /** The gate's verifying key, word by word, the keccak256 of the table's points, and that of each of its chunks' code. */
  key: z.strictObject({ words: z.array(whole), table: hex(32), chunks: z.array(hex(32)) }),
  /** keccak256 of each contract's code with zeros for immutables. */
  code: z.partialRecord(z.enum([...ROLES, "signalTable", "derivedLedger"]), hex(32)),
  /** Of each source of the manifest keccak256 of its code, and of its code with zeros for immutables. */
  sources: z.record(name, z.strictObject({ code: hex(32), bare: hex(32) })),
  /** The rules of feeds of several sources, by asset; absent where there is none, or in a log of an older version. */
  medians: z.exactOptional(z.record(name, medianRule)),
  /** What the contracts say of each other, by `contract.question`. */
  ties: z.record(name, z.string().check(z.maxLength(80))),
  /** Whether the node that it was read from is a local one: a chain of developers, at a loopback address. */
  local: z.boolean(),
});

const event = z.strictObject({
  /** Place among the events of its block. */
  index: count,
  /** Place of its transaction in the block. */
  tx: count,
  role: z.enum([...ROLES, ...SIDE_ROLES]),
  /** Of several contracts of a role which one: a median's asset, a liquidator's address. */
  of: z.exactOptional(name),
  /** Of an event of a credit line: its address. */
  line: z.exactOptional(hex(20)),
  topics: z.array(hex(32)),
  data,
});

const call = z.strictObject({ tx: count, from: hex(20), to: z.nullable(hex(20)), data });

/** What a feed answered: price and confidence, attodollars per quantum; at the block's end, and before it if that differs. */
const reading = z.array(z.tuple([whole, whole]));
const feeds = z.strictObject({
  prices: z.array(reading),
  /** What each feed of several sources has recorded, by its asset; absent where there is none. */
  medians: z.exactOptional(
    z.array(
      z.strictObject({
        asset: name,
        low: whole,
        high: whole,
        /** Sources that did not answer, bit i for source i. */
        silent: z.int().check(z.minimum(0), z.maximum(255)),
        check: z.enum(CHECK_NAMES),
      }),
    ),
  ),
  /** Cumulative funding, at the block's end and before it; empty where there is no source of it. */
  funding: z.array(z.array(whole)),
});

/** Amounts of a credit line in smallest units, its shares in theirs. */
const lineCounts = z.strictObject({
  line: hex(20),
  debt: whole,
  cash: whole,
  /** Paid to batches and not claimed. */
  reserved: whole,
  shares: whole,
  /** What the token says that the line has. */
  balance: whole,
});

/** What the chain counts at a block's end: with fewer events than these are of, a log is not whole. */
const counts = z.strictObject({
  /** Newest round; 0 before the first. */
  round: count,
  epoch: count,
  /** Of a derived market: the newest epoch of its base's profile. */
  baseEpoch: z.exactOptional(count),
  accounts: z.array(
    z.strictObject({
      account: hex(32),
      /** Sequence of the newest book; 0 before the first. */
      book: count,
      /** Round of the claim of health on record; 0 without one. */
      health: count,
      attesters: z.array(hex(20)),
      threshold: count,
    }),
  ),
  /** Of every credit line; absent where there is none. */
  lines: z.exactOptional(z.array(lineCounts)),
});

const block = z.strictObject({
  number: count,
  hash: hex(32),
  parent: hex(32),
  time: count,
  events: z.array(event),
  calls: z.array(call),
  /** Of the signers of a book in this block those that are contracts. */
  contracts: z.array(hex(20)),
  /** Of these signers those of which the node could not tell whether they are contracts. */
  unknown: z.array(hex(20)),
  /** Decimals of tokens that were listed in this block. */
  tokens: z.array(z.tuple([hex(20), z.int().check(z.minimum(0), z.maximum(255))])),
  /** Null where there is no round in this block, or the node could not tell. */
  feeds: z.nullable(feeds),
  /** What the sources of medians said, where one emitted something or a round was committed; absent otherwise. */
  medians: z.exactOptional(z.array(medianAnswers)),
  /** Of the bidders in this block those that are liquidators through pools, and the transfers from and to them; absent without. */
  liquidators: z.exactOptional(z.array(hex(20))),
  transfers: z.exactOptional(z.array(transferRecord)),
  /** What the gate answered at the end of this block. */
  answers: z.array(z.strictObject({ account: hex(32), status: z.enum(STATUS_NAMES), deadline: count })),
  /** Null where the gate was not asked. */
  counts: z.nullable(counts),
});

const end = z.strictObject({
  blocks: count,
  events: count,
  digest: sha256,
});

/** What a deployment was made with and cannot change, as the chain has it. */
export type LogConstants = z.infer<typeof constants>;
export type VaultConstants = z.infer<typeof vault>;
export type CreditConstants = z.infer<typeof credit>;
export type LogEvent = z.infer<typeof event>;
export type LogCall = z.infer<typeof call>;
export type FeedReadings = z.infer<typeof feeds>;
/** A block in which something happened, or the last one. */
export type LogBlock = z.infer<typeof block>;
export type LogCounts = z.infer<typeof counts>;
export type LineCounts = z.infer<typeof lineCounts>;
/** The last line, which makes a log whole. */
export type LogEnd = z.infer<typeof end>;

/** The first line: what the log is of. */
export interface LogHead {
  readonly deployment: Deployment;
  /** Name of the derived market whose gate and profile it is of; absent of the deployment's own. */
  readonly derived?: string;
  readonly constants: LogConstants;
}

export type LogRecord =
  | ({ readonly kind: "head" } & LogHead)
  | { readonly kind: "block"; readonly block: LogBlock }
  | { readonly kind: "end"; readonly end: LogEnd };

/** The line of a record, without its line end: canonical, so that one record has one text. */
export function recordLine(record: LogRecord): string {
  if (record.kind === "head") {
    const deployment = JSON.parse(serialiseDeployment(record.deployment)) as JsonValue;
    const { derived } = record;
    const market = derived === undefined ? {} : { derived };
    return canonicalJson({
      format: FORMAT,
      deployment,
      ...market,
      constants: record.constants as JsonValue,
    });
  }
  return canonicalJson(
    (record.kind === "block" ? { block: record.block } : { end: record.end }) as JsonValue,
  );
}

/**
 * Reads a line. The digest of a log is of its text, so a text is read only if it is the one that {@link recordLine} writes.
 * @param path what the line is called in an error, such as `log:17`
 * @throws MalformedError if it is not JSON in canonical form, FormatError naming the field, and InputError of the manifest
 */
export function readRecord(line: string, path: string): LogRecord {
  checkDepth(line, path);
  let value: JsonValue;
  try {
    value = JSON.parse(line) as JsonValue;
  } catch {
    throw new MalformedError(path, "a line of JSON", "other text");
  }
  if (canonicalJson(value, path) !== line)
    throw new MalformedError(path, "canonical JSON, as `audit export` writes it", "another text");
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new FormatError(path, "an object", "another value");
  if ("format" in value) return readHead(value, path);
  const names = { path, expected: EXPECTED };
  if ("block" in value)
    return { kind: "block", block: shaped(z.strictObject({ block }), value, names).block };
  return { kind: "end", end: shaped(z.strictObject({ end }), value, names).end };
}

/** Names the log up to and with a line, by what named it before. */
export function logDigest(before: string, line: string): string {
  return createHash("sha256").update(`${before}\n${line}`, "utf8").digest("hex");
}

function readHead(value: JsonValue, path: string): LogRecord {
  const head = shaped(
    z.strictObject({
      format: z.literal(FORMAT),
      deployment: z.unknown(),
      derived: z.exactOptional(z.string().check(z.regex(MARKET_NAME))),
      constants,
    }),
    value,
    { path, expected: EXPECTED },
  );
  const deployment = parseDeployment(JSON.stringify(head.deployment), `${path}.deployment`);
  const { derived } = head;
  if (derived !== undefined && !Object.keys(deployment.derived ?? {}).includes(derived))
    throw new FormatError(`${path}.derived`, "a derived market of the deployment", "another name");
  return {
    kind: "head",
    deployment,
    ...(derived === undefined ? {} : { derived }),
    constants: head.constants,
  };
}

/** A line of a text file. */
export interface Line {
  /** Without its line end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Bytes up to its end, line end included. */
  readonly end: number;
  /** The last line, which has no line end: its writer was stopped. */
  readonly torn: boolean;
}

const LINE_FEED = 10;

/** Bytes of a line at most: far more than the events and calls of a block can be. */
const LONGEST_LINE = 64 * 2 ** 20;

/**
 * The lines of a stream of bytes, one at a time, however long the stream is.
 * @param path what the stream is called in an error
 * @throws MalformedError for a line that is longer than any of a log, and would fill memory
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Line> {
  let [number, end] = [0, 0];
  let rest: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, start)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(start, at)]);
      [rest, held] = [[], 0];
      start = at + 1;
      end += bytes.length + 1;
      yield { text: textOf(bytes, ++number), number, end, torn: false };
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > LONGEST_LINE)
      throw new MalformedError(
        `${path}:${number + 1}`,
        `a line of at most ${LONGEST_LINE} bytes`,
        "a longer one",
      );
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0) yield { text: textOf(bytes, ++number), number, end: end + bytes.length, torn: true };
}

/** A line without what Windows adds: a carriage return at its end, and a byte-order mark before the first. */
function textOf(bytes: Uint8Array, number: number): string {
  const text = Buffer.from(bytes).toString("utf8").replace(/\r$/, "");
  return number === 1 ? text.replace(/^\uFEFF/, "") : text;
}

/** An event with its fields by name, of whichever contract. */
export type ChainEvent =
  | EventOf<"accessManager", AccessManagerEvents>
  | EventOf<"riskProfile", RiskProfileEvents>
  | EventOf<"marketLedger", MarketLedgerEvents>
  | EventOf<"bookRegistry", BookRegistryEvents>
  | EventOf<"marginGate", MarginGateEvents>
  | EventOf<"marginVault", MarginVaultEvents>
  | EventOf<"creditRegistry", CreditRegistryEvents>
  | (EventOf<"creditLine", CreditLineEvents> & { readonly line: string })
  | EventOf<"baseProfile", RiskProfileEvents>;

/** The bindings of the contracts whose events are recorded. */
export const LOGGED_BINDINGS: Readonly<Record<LoggedRole, AnyBinding>> = {
  accessManager,
  riskProfile,
  marketLedger,
  bookRegistry,
  marginGate,
  marginVault,
  creditRegistry,
  creditLine,
  baseProfile: riskProfile,
};

const INTERFACES = Object.fromEntries(
  Object.entries(LOGGED_BINDINGS).map(([role, binding]) => [role, interfaceOf(binding)]),
) as Record<LoggedRole, Interface>;

/** The event of a record; undefined if its contract has none of these topics and data. */
export function decodeEvent({ role, line, ...written }: LogEvent): ChainEvent | undefined {
  if (isSide({ role }) || (line !== undefined) !== (role === "creditLine")) return undefined;
  const event = decodeFields(INTERFACES[role as LoggedRole], written);
  if (event === undefined) return undefined;
  return { role, ...(line === undefined ? {} : { line }), ...event } as ChainEvent;
}

/** The inverse of {@link decodeEvent}: to make a log that no chain has. */
export function encodeEvent(event: ChainEvent): Pick<LogEvent, "role" | "line" | "topics" | "data"> {
  const line = "line" in event ? { line: event.line } : {};
  return { role: event.role, ...line, ...encodeFields(INTERFACES[event.role], event) };
}
