import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { parseInteger } from "../../encoding/decimal.js";
import { readBy, sha256 } from "../../encoding/shape.js";
import { checkDepth, type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import {
  type DisclosedOpening,
  inOrder,
  openingToJson,
  readOpening,
  type Scope,
  scopeFields,
} from "../disclosure.js";
import { archiveIdentity, KEY_BYTES, type Signer, signatureCheck } from "./keys.js";
import { unseal } from "./seal.js";

const RECORD_FORMAT = "zkmargin/archive-record@1";

/** What the sealed parts of each kind of record are, in their order. */
const RECORD_PARTS = {
  /** Record 0: the archive's identity and nothing else. */
  header: [],
  /** An opening: what the institution notes for itself, the account's mark, the opening. */
  opening: ["label", "mark", "body"],
  /** A grant: what the institution notes for itself, and the keys, sealed to an auditor. */
  grant: ["label", "box"],
} as const;

export type RecordKind = keyof typeof RECORD_PARTS;

/** Everything private in a record is sealed. */
const schema = z.object({
  format: z.literal(RECORD_FORMAT),
  /** Identity of its archive. */
  archive: z.string(),
  number: z.int().check(z.minimum(0)),
  /** SHA-256 of the record before, hex; zeros in record 0. */
  previous: sha256,
  kind: z.enum(["header", "opening", "grant"]),
  /** By the names of {@link RECORD_PARTS}. */
  sealed: z.record(z.string(), z.unknown()),
});

/** One record of an archive. */
export type ArchiveRecord = Readonly<Omit<z.infer<typeof schema>, "format" | "sealed">> & {
  readonly sealed: Readonly<Record<string, Uint8Array>>;
};

/** What a record's sealed parts are bound to, besides the part's name. */
export type RecordPlace = Pick<ArchiveRecord, "archive" | "number" | "previous" | "kind">;

/** The context of one sealed part: it opens in its own place of its own archive and nowhere else. */
export function partContext({ archive, number, previous, kind }: RecordPlace, part: string): string {
  return [RECORD_FORMAT, archive, number, previous, kind, part].join("\n");
}

/** The one text of a record, signed. */
export function recordText(record: ArchiveRecord, signer: Signer): string {
  const unsigned = unsignedJson(record);
  const signature = base64(signer.sign(message(unsigned)));
  return `${JSON.stringify({ ...unsigned, signature })}\n`;
}

/** Reads a record without any check of its signature or its writing: nothing in it is to be believed but what is sealed. */
export function peekRecord(bytes: Uint8Array): ArchiveRecord | undefined {
  const json = parseJson(bytes);
  return json === undefined ? undefined : readRecord(json);
}

/**
 * Reads a record and checks its signature under the key in its archive's identity. Undefined for any text but the one that
 * was written, to the last bit: whatever parses but is written otherwise is refused too.
 */
export function parseRecord(bytes: Uint8Array): ArchiveRecord | undefined {
  const json = parseJson(bytes);
  const record = json === undefined ? undefined : readRecord(json);
  if (json === undefined || record === undefined) return undefined;
  const { signature } = json;
  const unsigned = unsignedJson(record);
  if (Buffer.compare(Buffer.from(`${JSON.stringify({ ...unsigned, signature })}\n`), bytes) !== 0)
    return undefined;
  const identity = archiveIdentity(record.archive);
  if (identity === undefined || typeof signature !== "string") return undefined;
  const signed = Buffer.from(signature, "base64");
  if (base64(signed) !== signature) return undefined;
  return signatureCheck(identity.publicKey)(message(unsigned), signed) ? record : undefined;
}

/** SHA-256 of a record as it stands, hex: what the next one names as its previous. */
export function recordHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function parseJson(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const text = Buffer.from(bytes).toString("utf8");
    checkDepth(text, "record");
    const json: unknown = JSON.parse(text);
    return json !== null && typeof json === "object" ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readRecord(json: Record<string, unknown>): ArchiveRecord | undefined {
  const read = schema.safeParse(json);
  if (!read.success) return undefined;
  const { archive, number, previous, kind } = read.data;
  const sealed = new Map<string, Uint8Array>();
  for (const part of RECORD_PARTS[kind]) {
    const text = read.data.sealed[part];
    if (typeof text !== "string") return undefined;
    sealed.set(part, Buffer.from(text, "base64"));
  }
  return { archive, number, previous, kind, sealed: Object.fromEntries(sealed) };
}

function unsignedJson({ archive, number, previous, kind, sealed }: ArchiveRecord): Record<string, unknown> {
  const parts = RECORD_PARTS[kind].map((part) => [part, base64(sealed[part] ?? new Uint8Array())]);
  return { format: RECORD_FORMAT, archive, number, previous, kind, sealed: Object.fromEntries(parts) };
}

function message(unsigned: Record<string, unknown>): Uint8Array {
  return Buffer.from(`${RECORD_FORMAT}\n${JSON.stringify(unsigned)}`, "utf8");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/**
 * What the sealed parts of records say. Each is padded to a length of its own, so that a record's size tells nothing. An
 * opening of a tier larger than any that is shipped takes twice as much. One with a sleeve's sources takes a power of two, from
 * 64 KiB on: the chain shows which books have a sleeve, and this how large it is, to a factor of two.
 */
export const LABEL_LENGTH = 512;
export const MARK_LENGTH = 32;
export const BOX_LENGTH = 5120;
const BODY_UNIT = 4096;
/** Bytes of an opening with the sources of a sleeve at least. */
const SLEEVE_BODY = 65_536;

/** Unix seconds. */
const time = z.int().check(z.minimum(0));
const sequence = z.pipe(
  z.int().check(z.minimum(0)),
  z.transform((value: number) => BigInt(value)),
);

const openingLabel = z.strictObject({ account: z.string(), sequence, commitment: readBy(parseInteger) });
const mark = z.strictObject({ sequence });
const body = z.strictObject({ time, opening: z.unknown() });
const grantLabel = z
  .strictObject({ ...scopeFields, /** Public key of the auditor, hex. */ auditor: z.string(), time })
  .check(z.refine(inOrder));
const grant = z
  .strictObject({
    ...scopeFields,
    /** The account's mark key. */
    mark: z.pipe(
      z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      z.transform((text): Uint8Array => Buffer.from(text, "hex")),
    ),
    /** Of the fewest subtrees, in their order. */
    keys: z.pipe(
      z
        .pipe(
          z.string(),
          z.transform((text) => Buffer.from(text, "base64")),
        )
        .check(z.refine((bytes) => bytes.length % KEY_BYTES === 0)),
      z.transform((bytes: Buffer<ArrayBuffer>) => cutKeys(bytes)),
    ),
  })
  .check(z.refine(inOrder));

/** What an institution notes for itself on an opening. */
export type OpeningLabel = Readonly<z.infer<typeof openingLabel>>;
/** What an institution notes for itself on a grant. */
export type GrantLabel = Readonly<z.infer<typeof grantLabel>>;
/** What an auditor gets: the keys of a range of one account's sequences. */
export type Grant = Readonly<z.infer<typeof grant>>;

/** An opening and when it was archived, unix seconds. */
export interface ArchivedOpening {
  readonly time: number;
  readonly disclosed: DisclosedOpening;
}

export function openingLabelText({ account, sequence, commitment }: OpeningLabel): string {
  return JSON.stringify({ account, sequence: Number(sequence), commitment: commitment.toString() });
}

export function readOpeningLabel(text: string): OpeningLabel | undefined {
  return readSealed(openingLabel, text);
}

export function markText(sequence: bigint): string {
  return JSON.stringify({ sequence: Number(sequence) });
}

export function readMark(text: string): bigint | undefined {
  return readSealed(mark, text)?.sequence;
}

/** The text of an opening, and the length to pad it to. */
export function bodyText({ time, disclosed }: ArchivedOpening): { text: string; length: number } {
  const text = JSON.stringify({ time, opening: openingToJson(disclosed) });
  const bytes = Buffer.byteLength(text);
  if (disclosed.sources === undefined) return { text, length: Math.ceil(bytes / BODY_UNIT) * BODY_UNIT };
  return { text, length: Math.max(SLEEVE_BODY, 2 ** Math.ceil(Math.log2(bytes))) };
}

export function readBody(text: string): ArchivedOpening | undefined {
  const read = readSealed(body, text);
  try {
    return read && { time: read.time, disclosed: readOpening(read.opening as JsonValue, "opening") };
  } catch {
    return undefined;
  }
}

export function grantLabelText({ auditor, time, ...scope }: GrantLabel): string {
  return JSON.stringify({ auditor, ...scopeToJson(scope), time });
}

export function readGrantLabel(text: string): GrantLabel | undefined {
  return readSealed(grantLabel, text);
}

export function grantText({ mark, keys, ...scope }: Grant): string {
  const hex = Buffer.from(mark).toString("hex");
  return JSON.stringify({ ...scopeToJson(scope), mark: hex, keys: Buffer.concat(keys).toString("base64") });
}

export function readGrant(text: string): Grant | undefined {
  return readSealed(grant, text);
}

function scopeToJson({ account, first, last }: Scope): JsonObject {
  return { account, first: Number(first), last: Number(last) };
}

/** A sealed part of a record, opened and read. */
export function openPart<T>(
  record: ArchiveRecord,
  part: string,
  key: Uint8Array,
  reader: (text: string) => T | undefined,
): T | undefined {
  const sealed = record.sealed[part];
  const text = sealed && unseal(key, sealed, partContext(record, part));
  return text === undefined ? undefined : reader(text);
}

/** Keys from the bytes of all of them. */
function cutKeys(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / KEY_BYTES }, (_, i) =>
    bytes.subarray(KEY_BYTES * i, KEY_BYTES * (i + 1)),
  );
}

/** What was sealed is not the reader's to trust: whatever is wrong with it is a finding, and its text stays here. */
function readSealed<T>(schema: z.ZodMiniType<T>, text: string): T | undefined {
  try {
    const read = schema.safeParse(parseStrictJson(text, "sealed"));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
