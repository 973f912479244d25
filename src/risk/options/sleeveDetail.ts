import { hkdfSync } from "node:crypto";
import { checkHeader } from "../../book/bookFile.js";
import { SECRET_BYTES } from "../../book/salt.js";
import type { SleeveArraysFile } from "../../book/sleeveFile.js";
import { canonicalJson, sha256OfText } from "../../encoding/strictJson.js";
import { OutOfRangeError } from "../../errors.js";
import { marketDigest, marketToJson } from "../../market/file.js";
import { shocksDigest } from "../../market/profile.js";
import { SALT_BITS } from "../../protocol/bounds.js";
import { checkSalt } from "../../protocol/checks.js";
import { sleeveToJson } from "./sleeve.js";
import { type SleeveRequest, sleeveArrays } from "./sleeveArrays.js";
import { surfaceToJson } from "./surface.js";

const DETAIL_DOMAIN = "zkmargin/sleeve-detail@1";
const SALT_DOMAIN = "zkmargin/sleeve-salt@1";
/** Hexadecimal digits of the 248 bits of a digest or salt that fit a field element. */
const DIGITS = SALT_BITS / 4;

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
  checkSalt(salt, "salt");
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
 * The arrays of a sleeve as a book holds them: with the detail, and with what they were made from.
 * @throws what {@link sleeveArrays} and {@link sleeveDetail} throw
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSurface, saltedArrays, sleeveSalt } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * console.log(saltedArrays(request, sleeveSalt(secret, "desk-1", 1)).rule); // calibrated
 * ```
 */
export function saltedArrays(request: SleeveRequest, salt: bigint): SleeveArraysFile {
  const { sleeve, surface, market } = request;
  return {
    ...sleeveArrays(request),
    detail: sleeveDetail(request, salt),
    sources: {
      salt,
      sleeve: sleeveToJson(sleeve),
      surface: surfaceToJson(surface),
      market: marketToJson(market),
    },
  };
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
