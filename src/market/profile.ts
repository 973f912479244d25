import { parseInteger } from "../encoding/decimal.js";
import { asObject, ObjectReader } from "../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { type Listing, readSymbolNumbers } from "../protocol/listing.js";
import { type AssetRisk, checkProfile, type RiskProfile, type Scenario } from "../protocol/profile.js";

const PROFILE_FORMAT = "zkmargin/profile@1";
const PROFILE_FIELDS = [
  "name",
  "description",
  "pnlFactor",
  "shockCap",
  "maxBorrowRate",
  "bookMaxAge",
  "assets",
  "scenarios",
] as const;
const BPS_FIELDS = ["collateralFactor", "debtFactor", "perpMargin", "liquidity"] as const;

/** Bounds proper to each number are checkProfile's; here a number need only be one. */
const ANY = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

/**
 * Parses a risk-profile file, `zkmargin/profile@1`, and checks every bound.
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
  const part = namedPart(value, path, listing);
  return { profile: readProfile(value, path, part), listing: part };
}

/** The assets that what may be a profile names; all of them if it names none, for readProfile to say what is wrong. */
function namedPart(value: JsonValue, path: string, listing: Listing): Listing {
  const { assets } = asObject(value, path);
  if (!Array.isArray(assets)) return listing;
  const named = new Set(assets.map((item) => Object(item).asset));
  const part = listing.filter(({ symbol }) => named.has(symbol));
  return part.length === 0 ? listing : part;
}

/** As {@link parseProfile}, for a profile inside another JSON document. */
export function readProfile(value: JsonValue, path: string, listing: Listing): RiskProfile {
  const file = ObjectReader.document(value, path, PROFILE_FORMAT, PROFILE_FIELDS);
  const profile: RiskProfile = {
    name: file.text("name", 64),
    description: file.text("description", 2000),
    pnlFactor: file.integer("pnlFactor", ANY),
    shockCap: file.integer("shockCap", ANY),
    maxBorrowRate: file.integer("maxBorrowRate", ANY),
    bookMaxAge: file.integer("bookMaxAge", ANY),
    assets: file.list("assets", readAsset),
    scenarios: file.list("scenarios", readScenario),
  };
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

function readAsset(value: JsonValue, path: string): AssetRisk {
  const asset = ObjectReader.of(value, path, ["asset", ...BPS_FIELDS, "impact"]);
  return {
    asset: asset.string("asset"),
    collateralFactor: asset.integer("collateralFactor", ANY),
    debtFactor: asset.integer("debtFactor", ANY),
    perpMargin: asset.integer("perpMargin", ANY),
    liquidity: asset.integer("liquidity", ANY),
    impact: parseInteger(asset.string("impact"), asset.at("impact")),
  };
}

function readScenario(value: JsonValue, path: string): Scenario {
  const scenario = ObjectReader.of(value, path, ["name", "shocks"]);
  // Which assets must be there is checkProfile's to say.
  const shocks = readSymbolNumbers(scenario.value("shocks"), scenario.at("shocks"), ANY);
  return { name: scenario.text("name", 64), shocks };
}
