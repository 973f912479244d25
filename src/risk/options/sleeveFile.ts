import { hkdfSync } from "node:crypto";
import * as z from "zod/mini";
import { checkHeader } from "../../book/bookFile.js";
import { SECRET_BYTES } from "../../book/salt.js";
import { parseInteger } from "../../encoding/decimal.js";
import { printable, readBy, shaped } from "../../encoding/shape.js";
import { canonicalJson, parseStrictJson, sha256OfText } from "../../encoding/strictJson.js";
import { DuplicateFieldError, OutOfRangeError } from "../../errors.js";
import { marketDigest } from "../../market/file.js";
import { BASIS_BITS, QUANTITY_BITS, SALT_BITS } from "../../protocol/bounds.js";
import { isSymbol } from "../../protocol/listing.js";
import { sleeveToJson } from "./sleeve.js";
import {
  BAND_MOST,
  SLACK_BITS,
  SLEEVE_BITS,
  type SleeveArrays,
  type SleeveRequest,
  shocksDigest,
} from "./sleeveArrays.js";
import { surfaceToJson } from "./surface.js";

/** Arrays with the digest of what they were made from, as a file holds them. Private. */
export interface SleeveArraysFile extends SleeveArrays {
  /** {@link sleeveDetail}: a field element below 2^248. */
  readonly detail: bigint;
}

const ARRAYS_FORMAT = "zkmargin/sleeve-arrays@1";
const DETAIL_DOMAIN = "zkmargin/sleeve-detail@1";
const SALT_DOMAIN = "zkmargin/sleeve-salt@1";
/** Hexadecimal digits of the 248 bits of a digest or salt that fit a field element. */
const DIGITS = SALT_BITS / 4;

const whole = (low: bigint, high: bigint, words: string) =>
  readBy(parseInteger).check(z.refine((x) => x >= low && x <= high, words));
const below = (bits: number) => (1n << BigInt(bits)) - 1n;
const signed = (bits: number, unit: string) =>
  whole(-below(bits), below(bits), `a whole number of ${unit} with a magnitude below 2^${bits}`);
const natural = (bits: number, unit: string) =>
  whole(0n, below(bits), `a whole number of ${unit} from 0, below 2^${bits}`);
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/, "64 hex digits"));
const seconds = z.int().check(z.minimum(0), z.maximum(253_402_300_799));
const bps = (most: number) => z.int().check(z.minimum(0), z.maximum(most));
const arraysShape = z.strictObject({
  format: z.literal(ARRAYS_FORMAT),
  rule: printable(64),
  market: digest,
  shocks: digest,
  pricedAt: seconds,
  band: z.strictObject({
    price: bps(BAND_MOST.price),
    volatility: bps(BAND_MOST.volatility),
    smile: bps(BAND_MOST.smile),
    basis: bps(BAND_MOST.basis),
    fundingWeight: z.nullable(z.int().check(z.minimum(1), z.maximum(1000))),
    until: seconds,
  }),
  tangents: z
    .array(
      z.strictObject({
        asset: z.string().check(z.refine(isSymbol, "the symbol of an asset")),
        perp: signed(QUANTITY_BITS, "quanta"),
        basis: signed(BASIS_BITS, "attodollars"),
      }),
    )
    .check(z.maxLength(32, "32 tangents at most")),
  value: signed(SLEEVE_BITS, "cents"),
  gains: z.array(signed(SLEEVE_BITS, "cents")).check(z.maxLength(16, "16 scenarios at most")),
  charge: natural(SLEEVE_BITS, "cents"),
  slack: natural(SLACK_BITS, "cents"),
  detail: natural(SALT_BITS, "units"),
});

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
  const { format: _, ...arrays } = shaped(arraysShape, parseStrictJson(text, path), {
    path,
    expected: "the fields of a sleeve's arrays",
  });
  if (arrays.band.until < arrays.pricedAt)
    throw new OutOfRangeError(`${path}.band.until`, "a time from pricedAt on", "an earlier one");
  arrays.tangents.forEach(({ asset }, i) => {
    if (arrays.tangents.findIndex((each) => each.asset === asset) !== i)
      throw new DuplicateFieldError(`${path}.tangents[${i}].asset`, "each asset once", "one again");
  });
  return arrays;
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
  const json = {
    format: ARRAYS_FORMAT,
    rule: arrays.rule,
    market: arrays.market,
    shocks: arrays.shocks,
    pricedAt: arrays.pricedAt,
    band: arrays.band,
    tangents: arrays.tangents,
    value: arrays.value,
    gains: arrays.gains,
    charge: arrays.charge,
    slack: arrays.slack,
    detail: arrays.detail,
  };
  return `${JSON.stringify(json, (_, value) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}

/**
 * What a commitment binds beside the arrays: the top 248 bits of SHA-256 over the salt and the canonical JSON of sleeve,
 * surface, market, rule, band and shocks. A field element. Without the salt it says nothing of the positions.
 * @param salt below 2^248: {@link sleeveSalt}
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSurface, sleeveDetail, sleeveSalt } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * console.log(sleeveDetail(request, sleeveSalt(secret, "desk-1", 1)) < 2n ** 248n); // true
 * ```
 */
export function sleeveDetail(
  { sleeve, surface, market, rule, band }: Omit<SleeveRequest, "book">,
  salt: bigint,
): bigint {
  if (salt < 0n || salt >> BigInt(SALT_BITS) !== 0n)
    throw new OutOfRangeError("salt", `a natural number below 2^${SALT_BITS}`, "another number");
  const detail = canonicalJson({
    sleeve: sleeveToJson(sleeve),
    surface: surfaceToJson(surface),
    market: marketDigest(market),
    rule: rule.name,
    band: { ...band },
    shocks: shocksDigest(market.profile, market.listing),
  });
  const text = `${DETAIL_DOMAIN}\n${salt.toString(16).padStart(DIGITS, "0")}\n${detail}`;
  return BigInt(`0x${sha256OfText(text).slice(0, DIGITS)}`);
}

/**
 * The salt of one book's detail: HKDF-SHA256 of the institution's secret, bound to account and sequence. It is another than
 * that of the book's commitment.
 * @throws OutOfRangeError (short secret), FormatError (account or sequence)
 *
 * @example
 * ```ts
 * import { sleeveSalt } from "zkmargin/risk";
 *
 * console.log(sleeveSalt(secret, "desk-1", 1) === sleeveSalt(secret, "desk-1", 2)); // false
 * ```
 */
export function sleeveSalt(secret: Uint8Array, account: string, sequence: number): bigint {
  if (secret.length < SECRET_BYTES)
    throw new OutOfRangeError("secret", `at least ${SECRET_BYTES} bytes`, "fewer");
  checkHeader({ account, sequence });
  const info = Buffer.from(`${account}\0${sequence}`, "utf8");
  const salt = hkdfSync("sha256", secret, Buffer.from(SALT_DOMAIN, "ascii"), info, SALT_BITS / 8);
  return BigInt(`0x${Buffer.from(salt).toString("hex")}`);
}
