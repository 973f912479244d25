import * as z from "zod/mini";
import { checkAccountName } from "../book/bookFile.js";
import type { Opening } from "../book/opening.js";
import {
  SLEEVE_KEYS,
  type SleeveSources,
  sleeveSourcesOf,
  sleeveSourcesSchema,
  sleeveSourcesToJson,
} from "../book/sleeveFile.js";
import { parseInteger } from "../encoding/decimal.js";
import { type DeepReadonly, printable, readBy, sha256, shaped } from "../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson, privateKeys } from "../encoding/strictJson.js";
import { FormatError, MalformedError, OutOfRangeError } from "../errors.js";
import { FIELD_R } from "../protocol/bounds.js";
import { type Listing, listingToJson, readListing } from "../protocol/listing.js";
import type { SleeveNumbers } from "../protocol/types.js";

const DISCLOSURE_FORMAT = "zkmargin/disclosure@2";
/** The version before had no sources of sleeves. It is still read, and never written. */
const DISCLOSURE_FORMAT_1 = "zkmargin/disclosure@1";

/** Sequences and epochs, which JSON holds as numbers. */
const whole = z.pipe(
  z.int().check(z.minimum(0)),
  z.transform((value: number) => BigInt(value)),
);
/** The name of an account, which a book and a margin account have. */
const accountName = readBy((text, path) => {
  checkAccountName(text, path);
  return text;
});
const integer = readBy(parseInteger);

/** Sequences of one account, both ends included. */
export const scopeFields = { account: accountName, first: whole, last: whole };
/** Whether a scope has an end that is not before its beginning. */
export const inOrder = ({ first, last }: { readonly first: bigint; readonly last: bigint }) => first <= last;

const scope = z
  .strictObject({
    ...scopeFields,
    /** Of the account on the chain, 0x and 64 hex digits: anybody can open another of its name. Left out where it was not said. */
    id: z.exactOptional(z.string().check(z.regex(/^0x[0-9a-fA-F]{64}$/, "0x and 32 bytes in hex digits"))),
  })
  .check(z.refine(inOrder, { path: ["last"], error: "a sequence that is not before the first" }));

const header = z.strictObject({
  format: z.enum([DISCLOSURE_FORMAT, DISCLOSURE_FORMAT_1]),
  /** Identity of the archive that it was taken from. */
  archive: printable(128),
  /** How far the archive went: number of its newest record, and that record's SHA-256. */
  head: z.strictObject({
    number: z.int().check(z.minimum(0)),
    hash: sha256,
  }),
  scopes: z.array(scope),
});

const sleeve = z.strictObject({
  value: integer,
  gains: z.array(integer),
  charge: integer,
  slack: integer,
  detail: integer,
});

const opening = z.strictObject({
  /** Name of the margin account, for example desk-1/cross; the chain knows it by `subaccountId`. */
  account: accountName,
  sequence: whole,
  /** Profile epoch of the chain when it was committed, or null where the institution did not say. */
  epoch: z.nullable(whole),
  commitment: readBy((text, path) => {
    const value = parseInteger(text, path);
    if (value < 0n || value >= FIELD_R) throw new OutOfRangeError(path, "0 to r − 1", "a number outside");
    return value;
  }),
  isolated: z.boolean(),
  listing: z.unknown(),
  /** Signed quanta, a slot for each asset of the tier; slots beyond the listing are 0. */
  spot: z.array(integer),
  perp: z.array(integer),
  /** Signed attodollars. */
  basis: integer,
  sleeve: z.exactOptional(sleeve),
  /** Of a book with a sleeve: what its arrays were made from. Left out where the institution did not keep it. */
  sources: z.exactOptional(sleeveSourcesSchema),
  salt: integer,
});

const end = z.strictObject({ openings: z.int().check(z.minimum(0)) });

type Labels = "account" | "sequence" | "epoch" | "commitment" | "sources";

/** What opens a commitment: the book as the circuit takes it, and the salt. Private. */
export type DisclosedBook = DeepReadonly<Omit<z.infer<typeof opening>, Labels | "listing">>;

/** One commitment and what opens it, as an institution has shown it to an auditor. Private. */
export type DisclosedOpening = Readonly<Pick<z.infer<typeof opening>, Exclude<Labels, "sources">>> & {
  /** In whose slots the book is written. */
  readonly listing: Listing;
  readonly opening: DisclosedBook;
  /** What its sleeve was made from; absent without one, or where the institution did not keep it. */
  readonly sources?: SleeveSources;
};

/** Sequences of one account, both ends included, and the account's id on the chain where that was said. */
export type Scope = Readonly<Omit<z.infer<typeof scope>, "id">> & { readonly id?: string | null };

/** What a disclosure says of itself before its openings. */
export interface DisclosureHeader extends Readonly<Pick<z.infer<typeof header>, "archive" | "head">> {
  /** What was disclosed: within it, a commitment that is missing was never archived, or its record is damaged. */
  readonly scopes: readonly Scope[];
}

/** A disclosure, read as a stream: it may be longer than memory. */
export interface Disclosure extends DisclosureHeader {
  readonly openings: AsyncGenerator<BoundOpening, void>;
}

/** An opening, and the account on the chain that it is said to be of. */
export interface BoundOpening extends DisclosedOpening {
  readonly id: string | null;
}

const quotable = privateKeys(
  [header, scope, opening, sleeve, end]
    .flatMap((schema) => Object.keys(schema.shape))
    .concat("number", "hash", SLEEVE_KEYS),
);
/** A listing is public, but what is in its place in a private file may be anything. */
const listingKeys = privateKeys(["symbol", "decimals"]);
const EXPECTED = `the fields of ${DISCLOSURE_FORMAT}`;

/**
 * The lines of a disclosure file, `zkmargin/disclosure@2`: a header, an opening a line, and their number, so that a file
 * that was cut short is known for one. Each ends in a newline.
 *
 * @example
 * ```ts
 * import { disclosedOpening, disclosureLines } from "zkmargin/audit";
 *
 * const disclosed = [disclosedOpening(opening, market.listing, null)];
 * const scopes = [{ account: opening.account, first: 1n, last: 90n }];
 * const header = { archive: "11".repeat(32), head: { number: 1, hash: "22".repeat(32) }, scopes };
 * const lines = [...disclosureLines(header, disclosed)];
 * console.log(lines.length); // 3
 * ```
 */
export function* disclosureLines(
  { archive, head, scopes }: DisclosureHeader,
  openings: Iterable<DisclosedOpening>,
): Generator<string, void> {
  const covers = scopes.map(({ account, id = null, first, last }) => ({
    account,
    ...(id === null ? {} : { id }),
    first: Number(first),
    last: Number(last),
  }));
  yield line({ format: DISCLOSURE_FORMAT, archive, head: { ...head }, scopes: covers });
  let count = 0;
  for (const opening of openings) {
    yield line(openingToJson(opening));
    count++;
  }
  yield line({ openings: count });
}

/**
 * Reads a disclosure from its lines, which come without their newlines. Whether an opening hashes to its commitment is for
 * the audit to find.
 * @throws InputError of the class that fits; no error quotes what an opening holds
 * @throws MalformedError, as the openings are read, for a disclosure that ends early or goes on after its end
 *
 * @example
 * ```ts
 * import { disclosedOpening, disclosureLines, readDisclosure } from "zkmargin/audit";
 *
 * const scopes = [{ account: opening.account, first: 1n, last: 90n }];
 * const header = { archive: "11".repeat(32), head: { number: 1, hash: "22".repeat(32) }, scopes };
 * const text = [...disclosureLines(header, [disclosedOpening(opening, market.listing, null)])].join("");
 * const { openings } = await readDisclosure(text.trimEnd().split("\n"));
 * for await (const { sequence } of openings) console.log(sequence); // 1n
 * ```
 */
export async function readDisclosure(
  lines: AsyncIterable<string> | Iterable<string>,
  path = "disclosure",
): Promise<Disclosure> {
  const rest = (async function* () {
    yield* lines;
  })();
  const first = await rest.next();
  if (first.done === true) throw new MalformedError(path, "a header line", "an empty file");
  const { format, ...header } = readHeader(first.value, `${path}.line1`);
  return { ...header, openings: readOpenings(rest, { format, scopes: header.scopes }, path) };
}

async function* readOpenings(
  lines: AsyncGenerator<string>,
  { format, scopes }: { readonly format: string; readonly scopes: readonly Scope[] },
  path: string,
): AsyncGenerator<BoundOpening, void> {
  const covered = new CoveredSequences(scopes);
  const ids = new Map(scopes.map(({ account, id = null }) => [account, id]));
  let number = 1;
  let count = 0;
  let ended = false;
  for await (const text of lines) {
    number++;
    const at = `${path}.line${number}`;
    if (ended) throw new MalformedError(at, "nothing after the last line", "another line");
    const json = parseStrictJson(text, at, quotable);
    if (isEnd(json)) {
      const { openings: said } = shaped(end, json, { path: at, expected: EXPECTED, quotable });
      if (said !== count)
        throw new MalformedError(at, `${said} openings, as its last line says`, String(count));
      ended = true;
      continue;
    }
    const opening = readOpening(json, at);
    if (format === DISCLOSURE_FORMAT_1 && opening.sources !== undefined)
      throw new FormatError(`${at}.sources`, "none in a disclosure of version 1", "some");
    if (!covered.covers(opening.account, opening.sequence))
      throw new OutOfRangeError(at, "an opening within the scopes of the header", "another one");
    count++;
    yield { ...opening, id: ids.get(opening.account) ?? null };
  }
  if (!ended) throw new MalformedError(path, "a last line with the number of openings", "none");
}

/**
 * An opening as it is archived and disclosed.
 *
 * @example
 * ```ts
 * import { disclosedOpening } from "zkmargin/audit";
 *
 * const disclosed = disclosedOpening(opening, market.listing, null);
 * console.log(disclosed.commitment === opening.commitment); // true
 * ```
 */
export function disclosedOpening(opening: Opening, listing: Listing, epoch: bigint | null): DisclosedOpening {
  const { account, sequence, commitment, isolated, salt, book, sleeve } = opening;
  const sources = sleeve && sleeveSourcesOf(sleeve);
  return {
    ...{ account, sequence: BigInt(sequence), epoch, commitment, listing },
    opening: { isolated, ...book, salt },
    ...(sources === undefined ? {} : { sources }),
  };
}

/** Whether a sequence of an account lies in a scope. */
export function covers(
  { account, first, last }: Scope,
  of: { readonly account: string; readonly sequence: bigint },
): boolean {
  return of.account === account && of.sequence >= first && of.sequence <= last;
}

/** Which sequences a list of scopes covers, however long it is. */
export class CoveredSequences {
  /** By account, in ascending order and apart from each other. */
  readonly #ranges = new Map<string, { readonly first: bigint; last: bigint }[]>();

  /** @param keyOf what a scope is of; its account's name by default */
  constructor(scopes: readonly Scope[], keyOf: (scope: Scope) => string = ({ account }) => account) {
    const sorted = [...scopes].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    for (const scope of sorted) {
      const ranges = this.#ranges.get(keyOf(scope)) ?? [];
      const newest = ranges.at(-1);
      if (newest === undefined || scope.first > newest.last + 1n)
        ranges.push({ first: scope.first, last: scope.last });
      else if (scope.last > newest.last) newest.last = scope.last;
      this.#ranges.set(keyOf(scope), ranges);
    }
  }

  covers(key: string, sequence: bigint): boolean {
    const ranges = this.#ranges.get(key) ?? [];
    let [low, high] = [0, ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ranges[middle]?.last ?? 0n) < sequence) low = middle + 1;
      else high = middle;
    }
    const range = ranges[low];
    return range !== undefined && range.first <= sequence;
  }
}

/** An opening as JSON, in the order of its fields. */
export function openingToJson(disclosed: DisclosedOpening): JsonObject {
  const { account, sequence, epoch, commitment, listing, opening, sources } = disclosed;
  return {
    account,
    sequence: Number(sequence),
    epoch: epoch === null ? null : Number(epoch),
    commitment: commitment.toString(),
    isolated: opening.isolated,
    listing: listingToJson(listing),
    spot: opening.spot.map(String),
    perp: opening.perp.map(String),
    basis: opening.basis.toString(),
    ...(opening.sleeve === undefined ? {} : { sleeve: sleeveToJson(opening.sleeve) }),
    ...(sources === undefined ? {} : { sources: sleeveSourcesToJson(sources) }),
    salt: opening.salt.toString(),
  };
}

function sleeveToJson({ value, gains, charge, slack, detail }: SleeveNumbers): JsonObject {
  const texts = Object.entries({ value, charge, slack, detail }).map(([name, number]) => [
    name,
    number.toString(),
  ]);
  return { ...Object.fromEntries(texts), gains: gains.map(String) };
}

/** The inverse of {@link openingToJson}. @throws InputError of the class that fits, naming the field and no value */
export function readOpening(value: JsonValue, path: string): DisclosedOpening {
  const read = shaped(opening, value, { path, expected: EXPECTED, quotable });
  const { account, sequence, epoch, commitment, listing, sources, ...book } = read;
  if (book.spot.length !== book.perp.length)
    throw new FormatError(`${path}.perp`, "as many slots as spot has", "another number");
  if (sources !== undefined && book.sleeve === undefined)
    throw new FormatError(`${path}.sources`, "none of a book without a sleeve", "some");
  return {
    account,
    sequence,
    epoch,
    commitment,
    listing: readListing(listing as JsonValue, `${path}.listing`, listingKeys),
    opening: book,
    ...(sources === undefined ? {} : { sources }),
  };
}

function readHeader(text: string, path: string): DisclosureHeader & { readonly format: string } {
  const json = parseStrictJson(text, path, quotable);
  const { format, archive, head, scopes } = shaped(header, json, { path, expected: EXPECTED, quotable });
  const ids = new Map<string, string | null>();
  scopes.forEach(({ account, id = null }, i) => {
    if (ids.has(account) && ids.get(account) !== id)
      throw new OutOfRangeError(`${path}.scopes[${i}].id`, "one id for each account", "another id");
    ids.set(account, id);
  });
  return { format, archive, head, scopes };
}

function isEnd(value: JsonValue): boolean {
  return value !== null && typeof value === "object" && Object.hasOwn(value, "openings");
}

function line(json: JsonObject): string {
  return `${JSON.stringify(json)}\n`;
}
