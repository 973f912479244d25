import { UnknownAssetError } from "../errors.js";
import { type AssetRisk, checkProfile, type RiskProfile, type Scenario } from "../margin/profile.js";
import { parseInteger } from "../spec/decimal.js";
import { keyPath, publicKeys } from "../spec/keyPath.js";
import { isSymbol, type Listing } from "../spec/listing.js";
import { asObject, ObjectReader } from "../spec/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../spec/strictJson.js";

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
 */
export function parseProfile(text: string, listing: Listing, path = "profile"): RiskProfile {
  return readProfile(parseStrictJson(text, path), path, listing);
}

/**
 * The part of a listing that a risk-profile file speaks of, in the listing's order: a profile calibrated when an asset
 * had no history yet does without it. Only the file's symbols are read; what is wrong with it parseProfile says.
 */
export function profileListing(text: string, listing: Listing, path = "profile"): Listing {
  const assets = asObject(parseStrictJson(text, path), path).assets;
  if (!Array.isArray(assets)) return listing;
  const named = new Set(
    assets.map((item) =>
      typeof item === "object" && item !== null && "asset" in item ? item.asset : undefined,
    ),
  );
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

/** The text of a risk-profile file. */
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
  const at = scenario.at("shocks");
  const object = asObject(scenario.value("shocks"), at);
  Object.keys(object).forEach((key, index) => {
    if (!isSymbol(key))
      throw new UnknownAssetError(
        keyPath(at, key, index, publicKeys),
        "the symbol of an asset",
        "other text",
      );
  });
  // Which assets must be there is checkProfile's to say.
  const shocks = ObjectReader.of(object, at, Object.keys(object));
  return {
    name: scenario.text("name", 64),
    shocks: Object.fromEntries(Object.keys(object).map((symbol) => [symbol, shocks.integer(symbol, ANY)])),
  };
}
