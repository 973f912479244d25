import * as z from "zod/mini";
import { parseInteger } from "../encoding/decimal.js";
import { type DeepReadonly, document, printable, readBy, sha256, shaped } from "../encoding/shape.js";
import { type JsonObject, parseStrictJson } from "../encoding/strictJson.js";
import { DuplicateFieldError, OutOfRangeError, UnknownAssetError } from "../errors.js";
import {
  BASIS_BITS,
  QUANTITY_BITS,
  SALT_BITS,
  SLACK_BITS,
  SLEEVE_BAND_MAX,
  SLEEVE_BITS,
  SLEEVE_FUNDING_WEIGHT,
  SLEEVE_GAINS,
} from "../protocol/bounds.js";
import { isSymbol, type Listing, slotOf } from "../protocol/listing.js";
import type { Book, SleeveNumbers } from "../protocol/types.js";

/** Most of each move of a band, basis points. */
export const BAND_MOST = { price: SLEEVE_BAND_MAX, volatility: 5000, smile: 2000, basis: 500 } as const;

const ARRAYS_FORMAT = "zkmargin/sleeve-arrays@1";

const rule = printable(64);
const whole = (low: bigint, high: bigint, words: string) =>
  readBy(parseInteger).check(z.refine((x) => x >= low && x <= high, words));
const below = (bits: number) => (1n << BigInt(bits)) - 1n;
const signed = (bits: number, unit: string) =>
  whole(-below(bits), below(bits), `a whole number of ${unit} with a magnitude below 2^${bits}`);
const natural = (bits: number) => whole(0n, below(bits), `a whole number of cents from 0, below 2^${bits}`);
/** What a commitment takes as a salt or a detail. */
export const saltField = whole(0n, below(SALT_BITS), `a natural number below 2^${SALT_BITS}`);
const seconds = z.int().check(z.minimum(0), z.maximum(253_402_300_799));
const bps = (most: number) => z.int().check(z.minimum(0), z.maximum(most));
const band = z.strictObject({
  /** Of every price, beyond the round's low and high. */
  price: bps(BAND_MOST.price),
  /** Of all implied volatilities of an underlying alike, as a share of each. */
  volatility: bps(BAND_MOST.volatility),
  /** Of each implied volatility by itself, beside that. */
  smile: bps(BAND_MOST.smile),
  /** Of the forward of each expiry against the spot price. */
  basis: bps(BAND_MOST.basis),
  /**
   * How many times a move of the funding index counts in the band: the price and so many times the index may move by `price`
   * together. Null if the index is not to move.
   */
  fundingWeight: z.nullable(z.int().check(z.minimum(1), z.maximum(1000))),
  /** Unix seconds: no later than the first settlement window. */
  until: seconds,
});
const tangent = z.strictObject({
  asset: z.string().check(z.refine(isSymbol, "the symbol of an asset")),
  perp: signed(QUANTITY_BITS, "quanta"),
  /** The value at the reference, less perp·(reference price − funding); rounded down. */
  basis: signed(BASIS_BITS, "attodollars"),
});
const tangents = z.array(tangent).check(z.maxLength(32, "32 tangents at most"));
/** What arrays were made from, beside the rest of the book. It is the layer of risks that knows what these documents say. */
const sources = z.strictObject({
  /** Of the detail. */
  salt: saltField,
  /** Positions, as a file `zkmargin/sleeve@1`. */
  sleeve: z.unknown(),
  /** Prices, as a file `zkmargin/surface@1`. */
  surface: z.unknown(),
  /** As a file `zkmargin/market@1`. */
  market: z.unknown(),
});
/** What an auditor needs to compute a sleeve again: how its arrays were made, and of what. */
export const sleeveSourcesSchema = z.strictObject({ rule, band, tangents, ...sources.shape });
const arraysFields = {
  /** The rule that they are made by, such as "calibrated". */
  rule,
  /** Digest of the market, whose low and high the band widens. */
  market: sha256,
  /** Digest of the scenarios' shocks. */
  shocks: sha256,
  /** When volatilities and forwards were observed. */
  pricedAt: seconds,
  band,
  tangents,
  /** Least value of the remainder. */
  value: signed(SLEEVE_BITS, "cents"),
  /** Least change of the remainder in each of the profile's scenarios. */
  gains: z
    .array(signed(SLEEVE_BITS, "cents"))
    .check(z.maxLength(SLEEVE_GAINS, `${SLEEVE_GAINS} scenarios at most`)),
  /** Add-ons of the rule, and what netting the tangent takes off the book's own. */
  charge: natural(SLEEVE_BITS),
  /** By how much value and every gain may be higher, and the charge lower, in truth. */
  slack: natural(SLACK_BITS),
  /** What the commitment binds beside the arrays: a field element. */
  detail: saltField,
  /** For an auditor; a proof does not need them. */
  sources: z.exactOptional(sources),
};
/** Arrays as their own file has them, or a book. */
export const sleeveArraysSchema = document(ARRAYS_FORMAT, arraysFields);

/** Arrays with the digest of what they were made from, as a file holds them. Private. */
export type SleeveArraysFile = DeepReadonly<z.infer<typeof sleeveArraysSchema>>;
/** What a sleeve is to a proof: its tangent, and bounds of the remainder in cents, rounded against the account. Private. */
export type SleeveArrays = Omit<SleeveArraysFile, "detail" | "sources">;
/** What a sleeve was made from, and how: an auditor computes it again from these. Private. */
export type SleeveSources = DeepReadonly<z.infer<typeof sleeveSourcesSchema>>;
/** The prices, moves and times through which arrays hold. Moves are basis points, either way. */
export type SleeveBand = SleeveArrays["band"];
/** An underlying's tangent: what of it stands in the book as linear risk, in quanta and attodollars. */
export type Tangent = SleeveArrays["tangents"][number];

/** Every key that a file of arrays may have. */
export const SLEEVE_KEYS: readonly string[] = [
  ...["format", ...Object.keys(arraysFields)],
  ...[band, tangent, sources].flatMap(({ shape }) => Object.keys(shape)),
];

/**
 * Reads a file of arrays, `zkmargin/sleeve-arrays@1`.
 * @throws InputError naming the field; none quotes an amount
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSleeveArrays, parseSurface, serialiseSleeveArrays, sleeveArrays } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * const text = serialiseSleeveArrays({ ...sleeveArrays(request), detail: 0n });
 * console.log(parseSleeveArrays(text).rule); // calibrated
 * ```
 */
export function parseSleeveArrays(text: string, path = "arrays"): SleeveArraysFile {
  const arrays: SleeveArraysFile = shaped(sleeveArraysSchema, parseStrictJson(text, path), {
    path,
    expected: "the fields of a sleeve's arrays",
  });
  checkSleeveArrays(arrays, path);
  return arrays;
}

/** What no field shows by itself. @throws OutOfRangeError, DuplicateFieldError */
export function checkSleeveArrays({ band, pricedAt, tangents }: SleeveArrays, path: string): void {
  if (band.until < pricedAt)
    throw new OutOfRangeError(`${path}.band.until`, "a time from pricedAt on", "an earlier one");
  tangents.forEach(({ asset }, i) => {
    if (tangents.findIndex((each) => each.asset === asset) !== i)
      throw new DuplicateFieldError(`${path}.tangents[${i}].asset`, "each asset once", "one again");
  });
}

/**
 * The text of a file of arrays.
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSurface, serialiseSleeveArrays, sleeveArrays, sleeveDetail, sleeveSalt } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * const detail = sleeveDetail(request, sleeveSalt(secret, "desk-1", 1));
 * console.log(JSON.parse(serialiseSleeveArrays({ ...sleeveArrays(request), detail })).format); // zkmargin/sleeve-arrays@1
 * ```
 */
export function serialiseSleeveArrays(arrays: SleeveArraysFile): string {
  return `${JSON.stringify(sleeveArraysToJson(arrays), null, 2)}\n`;
}

/** Arrays as JSON, in the order of their fields. */
export function sleeveArraysToJson(arrays: SleeveArraysFile): JsonObject {
  const { rule, market, shocks, pricedAt, band, tangents, value, gains, charge, slack, detail } = arrays;
  const { sources } = arrays;
  const json = {
    format: ARRAYS_FORMAT,
    rule,
    market,
    shocks,
    pricedAt,
    band,
    tangents,
    value,
    gains,
    charge,
    slack,
    detail,
    ...(sources === undefined ? {} : { sources }),
  };
  return withTextNumbers(json);
}

/** Sources as JSON; documents within them are as their files have them. */
export function sleeveSourcesToJson({
  rule,
  band,
  tangents,
  salt,
  sleeve,
  surface,
  market,
}: SleeveSources): JsonObject {
  return withTextNumbers({ rule, band, tangents, salt, sleeve, surface, market });
}

/** As JSON, whole numbers without a bound as text. */
function withTextNumbers(value: object): JsonObject {
  return JSON.parse(
    JSON.stringify(value, (_, each) => (typeof each === "bigint" ? each.toString() : each)),
  ) as JsonObject;
}

/**
 * Whether arrays hold for all funding that the sleeve odometer of a ledger lets pass: it counts {@link SLEEVE_FUNDING_WEIGHT} times
 * a move of the index, and arrays that count it more often, or hold for none, bound less.
 */
export function boundsFunding({ fundingWeight }: Pick<SleeveBand, "fundingWeight">): boolean {
  return fundingWeight !== null && BigInt(fundingWeight) <= SLEEVE_FUNDING_WEIGHT;
}

/** What a file of arrays says of its sources; undefined where it was written without them. */
export function sleeveSourcesOf({
  rule,
  band,
  tangents,
  sources,
}: SleeveArraysFile): SleeveSources | undefined {
  return sources && { rule, band, tangents, ...sources };
}

/** The numbers of arrays that a book holds beside their tangents; a scenario that the profile does not have gains nothing. */
export function sleeveNumbers({ value, gains, charge, slack, detail }: SleeveArraysFile): SleeveNumbers {
  return {
    value,
    gains: Array.from({ length: SLEEVE_GAINS }, (_, s) => gains[s] ?? 0n),
    charge,
    slack,
    detail,
  };
}

/**
 * A book with a sleeve's tangents in it. @throws OutOfRangeError if a quantity leaves its bounds
 *
 * @example
 * ```ts
 * import { addTangents, calibratedRule, parseSleeve, parseSurface, sleeveArrays } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * const { tangents } = sleeveArrays({ ...request, book: dense });
 * console.log(addTangents(dense, tangents, market.listing).perp.length === dense.perp.length); // true
 * ```
 */
export function addTangents(
  book: Book,
  tangents: readonly Tangent[],
  listing: Listing,
  path = "arrays",
): Book {
  const perp = [...book.perp];
  let { basis } = book;
  for (const tangent of tangents) {
    const slot = slotOf(listing, tangent.asset);
    if (slot === undefined || slot >= perp.length)
      throw new UnknownAssetError(`${path}.tangents`, "the symbol of a listed asset", "another text");
    perp[slot] = (perp[slot] ?? 0n) + tangent.perp;
    basis += tangent.basis;
  }
  const limit = 1n << BigInt(QUANTITY_BITS);
  if (perp.some((quantity) => quantity <= -limit || quantity >= limit))
    throw new OutOfRangeError("book.perp", `a magnitude below 2^${QUANTITY_BITS} quanta`, "a larger one");
  return { ...book, perp, basis };
}
