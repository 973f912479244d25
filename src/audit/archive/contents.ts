import * as z from "zod/mini";
import { parseInteger } from "../../encoding/decimal.js";
import { readBy } from "../../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import {
  type DisclosedOpening,
  inOrder,
  openingToJson,
  readOpening,
  type Scope,
  scopeFields,
} from "../disclosure.js";
import { KEY_BYTES } from "./keyTree.js";

/**
 * What the sealed parts of records say. Each is padded to a length of its own, so that a record's size tells nothing; only
 * an opening of a tier larger than any that is shipped takes twice as much.
 */
export const LABEL_LENGTH = 512;
export const MARK_LENGTH = 32;
export const BOX_LENGTH = 5120;
const BODY_UNIT = 4096;

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
  return { text, length: Math.ceil(Buffer.byteLength(text) / BODY_UNIT) * BODY_UNIT };
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
