import * as z from "zod/mini";
import { parseInteger } from "../encoding/decimal.js";
import { integer, printable, readBy, shaped } from "../encoding/shape.js";
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  sha256OfText,
} from "../encoding/strictJson.js";
import { type Listing, symbolNumbers } from "../protocol/listing.js";
import { checkProfile, type RiskProfile } from "../protocol/profile.js";

const PROFILE_FORMAT = "zkmargin/profile@2";
/** The version before stated the largest shock as `shockCap`. It is still read, without it, and never written. */
const PROFILE_FORMAT_1 = "zkmargin/profile@1";
/** Bounds proper to each number are checkProfile's; here a number need only be one. */
const ANY = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;
const any = integer(...ANY);
const asset = z.strictObject({
  asset: z.string(),
  collateralFactor: any,
  debtFactor: any,
  perpMargin: any,
  liquidity: any,
  impact: readBy(parseInteger),
});
const fields = z.strictObject({
  format: z.literal([PROFILE_FORMAT, PROFILE_FORMAT_1]),
  name: printable(64),
  description: printable(2000),
  pnlFactor: any,
  shockCap: z.exactOptional(any),
  maxBorrowRate: any,
  bookMaxAge: any,
  assets: z.array(asset),
  // Which assets must be there is checkProfile's to say.
  scenarios: z.array(z.strictObject({ name: printable(64), shocks: symbolNumbers(...ANY) })),
});
/** A profile inside another file. Whether it is of a listing, and each of its bounds, is checkProfile's. */
export const profileSchema = z.pipe(
  fields,
  z.transform(({ format, shockCap, ...profile }, { issues }) => {
    if ((shockCap === undefined) === (format === PROFILE_FORMAT)) return profile;
    const message = `none in ${PROFILE_FORMAT}`;
    issues.push({ code: "custom", message, path: ["shockCap"], input: shockCap });
    return z.NEVER;
  }),
);

/**
 * Parses a risk-profile file, `zkmargin/profile@2` or version 1, and checks every bound.
 * @throws MalformedError, FormatError, MissingFieldError, UnknownFieldError, DuplicateFieldError,
 *   OutOfRangeError, UnknownAssetError, DuplicateAssetError
 *
 * @example
 * ```ts
 * import { parseProfile, serialiseProfile } from "zkmargin/risk";
 *
 * console.log(parseProfile(serialiseProfile(profile), market.listing).name); // portfolio-margin
 * ```
 */
export function parseProfile(text: string, listing: Listing, path = "profile"): RiskProfile {
  return readProfile(parseStrictJson(text, path), path, listing);
}

/** A profile, and the listing that it is of. */
export interface ListedProfile {
  readonly profile: RiskProfile;
  readonly listing: Listing;
}

/**
 * As {@link parseProfile}, but for a file that may speak of a part of the listing only: a profile calibrated when an asset
 * had no history yet does without it.
 * @returns the profile and that part, in the listing's order
 * @throws as {@link parseProfile}
 */
export function parsePartialProfile(text: string, listing: Listing, path = "profile"): ListedProfile {
  const value = parseStrictJson(text, path);
  const part = namedPart(value, listing);
  return { profile: readProfile(value, path, part), listing: part };
}

/** The assets that what may be a profile names; all of them if it names none, for readProfile to say what is wrong. */
function namedPart(value: JsonValue, listing: Listing): Listing {
  const assets = isJsonObject(value) ? value.assets : undefined;
  if (!Array.isArray(assets)) return listing;
  const named = new Set(assets.map((item) => Object(item).asset));
  const part = listing.filter(({ symbol }) => named.has(symbol));
  return part.length === 0 ? listing : part;
}

/** As {@link parseProfile}, for a profile inside another JSON document. */
export function readProfile(value: JsonValue, path: string, listing: Listing): RiskProfile {
  const profile: RiskProfile = shaped(profileSchema, value, { path });
  checkProfile(profile, listing, path);
  return profile;
}

/** The inverse of {@link readProfile}. */
export function profileToJson(profile: RiskProfile): JsonObject {
  const { assets, scenarios, ...rest } = profile;
  return {
    format: PROFILE_FORMAT,
    ...rest,
    assets: assets.map((asset) => ({ ...asset, impact: asset.impact.toString() })),
    scenarios: scenarios.map(({ name, shocks }) => ({ name, shocks: { ...shocks } })),
  };
}

/**
 * The text of a risk-profile file.
 *
 * @example
 * ```ts
 * import { serialiseProfile } from "zkmargin/risk";
 *
 * console.log(JSON.parse(serialiseProfile(profile)).format);
 * ```
 */
export function serialiseProfile(profile: RiskProfile): string {
  return `${JSON.stringify(profileToJson(profile), null, 2)}\n`;
}

/**
 * Names the shocks that arrays were made for: SHA-256 of the listed assets and of every scenario's moves, in order.
 *
 * @example
 * ```ts
 * import { shocksDigest } from "zkmargin/risk";
 *
 * console.log(shocksDigest(market.profile, market.listing).length); // 64
 * ```
 */
export function shocksDigest({ scenarios }: Pick<RiskProfile, "scenarios">, listing: Listing): string {
  const shocks = {
    assets: listing.map(({ symbol }) => symbol),
    shocks: scenarios.map(({ shocks }) => listing.map(({ symbol }) => shocks[symbol] ?? 0)),
  };
  return sha256OfText(`zkmargin/sleeve-shocks@1\n${canonicalJson(shocks)}`);
}
