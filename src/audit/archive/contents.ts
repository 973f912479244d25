import { checkHeader } from "../../book/bookFile.js";
import { ObjectReader } from "../../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { type DisclosedOpening, openingToJson, readOpening, type Scope } from "../disclosure.js";

/**
 * What the sealed parts of records say. Each is padded to a length of its own, so that a record's size tells nothing; only
 * an opening of a tier larger than any that is shipped takes twice as much.
 */
export const LABEL_LENGTH = 512;
export const MARK_LENGTH = 32;
export const BOX_LENGTH = 5120;
const BODY_UNIT = 4096;

/** Any sequence, epoch or time. */
const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** What an institution notes for itself on an opening. */
export interface OpeningLabel {
  readonly account: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
}

/** What an institution notes for itself on a grant. */
export interface GrantLabel extends Scope {
  /** Public key of the auditor, hex. */
  readonly auditor: string;
  /** Unix seconds. */
  readonly time: number;
}

/** What an auditor gets: the keys of a range of one account's sequences. */
export interface Grant extends Scope {
  /** The account's mark key. */
  readonly mark: Uint8Array;
  /** Of the fewest subtrees, in their order. */
  readonly keys: readonly Uint8Array[];
}

/** An opening and when it was archived, unix seconds. */
export interface ArchivedOpening {
  readonly time: number;
  readonly disclosed: DisclosedOpening;
}

export function openingLabelText({ account, sequence, commitment }: OpeningLabel): string {
  return JSON.stringify({ account, sequence: Number(sequence), commitment: commitment.toString() });
}

export function readOpeningLabel(text: string): OpeningLabel | undefined {
  return attempt(() => {
    const file = ObjectReader.of(parse(text), "label", ["account", "sequence", "commitment"]);
    return {
      account: file.string("account"),
      sequence: BigInt(file.integer("sequence", ANY)),
      commitment: BigInt(file.string("commitment")),
    };
  });
}

export function markText(sequence: bigint): string {
  return JSON.stringify({ sequence: Number(sequence) });
}

export function readMark(text: string): bigint | undefined {
  return attempt(() => BigInt(ObjectReader.of(parse(text), "mark", ["sequence"]).integer("sequence", ANY)));
}

/** The text of an opening, and the length to pad it to. */
export function bodyText({ time, disclosed }: ArchivedOpening): { text: string; length: number } {
  const text = JSON.stringify({ time, opening: openingToJson(disclosed) });
  return { text, length: Math.ceil(Buffer.byteLength(text) / BODY_UNIT) * BODY_UNIT };
}

export function readBody(text: string): ArchivedOpening | undefined {
  return attempt(() => {
    const file = ObjectReader.of(parse(text), "body", ["time", "opening"]);
    return {
      time: file.integer("time", ANY),
      disclosed: readOpening(file.value("opening"), file.at("opening")),
    };
  });
}

export function grantLabelText({ auditor, time, ...scope }: GrantLabel): string {
  return JSON.stringify({ auditor, ...scopeToJson(scope), time });
}

export function readGrantLabel(text: string): GrantLabel | undefined {
  return attempt(() => {
    const file = ObjectReader.of(parse(text), "label", ["auditor", "account", "first", "last", "time"]);
    return { auditor: file.string("auditor"), ...readScope(file), time: file.integer("time", ANY) };
  });
}

export function grantText({ mark, keys, ...scope }: Grant): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const all = Buffer.concat(keys).toString("base64");
  return JSON.stringify({ ...scopeToJson(scope), mark: hex(mark), keys: all });
}

export function readGrant(text: string): Grant | undefined {
  return attempt(() => {
    const file = ObjectReader.of(parse(text), "grant", ["account", "first", "last", "mark", "keys"]);
    const bytes = Buffer.from(file.string("keys"), "base64");
    if (bytes.length % 32 !== 0) throw new FormatError(file.at("keys"), "whole keys", "a part of one");
    const keys = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * (i + 1)));
    return { ...readScope(file), mark: Buffer.from(file.sha256("mark"), "hex"), keys };
  });
}

function scopeToJson({ account, first, last }: Scope): JsonObject {
  return { account, first: Number(first), last: Number(last) };
}

function readScope(file: ObjectReader): Scope {
  const account = file.string("account");
  const first = file.integer("first", ANY);
  checkHeader({ account, sequence: first }, file.path);
  return { account, first: BigInt(first), last: BigInt(file.integer("last", { ...ANY, min: first })) };
}

function parse(text: string): JsonValue {
  return parseStrictJson(text, "sealed");
}

/** What was sealed is not the reader's to trust: whatever is wrong with it is a finding, and its text stays here. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
