import { type RiskProfile, restrictProfile } from "../../../../margin/profile.js";
import { readProfile } from "../../../../market/profile.js";
import { findPreset } from "../../../../risk/presets.js";
import { DEFAULT_LISTING, type Listing } from "../../../../spec/listing.js";
import { type JsonValue, parseStrictJson } from "../../../../spec/strictJson.js";
import { type Io, readInput } from "../../../io.js";

/** A profile and the listing that it is of. */
export interface ListedProfile {
  readonly profile: RiskProfile;
  readonly listing: Listing;
}

/**
 * A shipped profile by its name, or a file, over those assets of the built-in listing that it speaks of.
 * @throws InputError
 */
export async function readListedProfile(io: Io, name: string): Promise<ListedProfile> {
  const preset = findPreset(name);
  if (preset) return { profile: preset, listing: DEFAULT_LISTING };
  const json = parseStrictJson(await readInput(io, name), name);
  const symbols = assetsOf(json);
  const spoken = DEFAULT_LISTING.filter(({ symbol }) => symbols.has(symbol));
  const listing = spoken.length === 0 ? DEFAULT_LISTING : spoken;
  return { profile: readProfile(json, name, listing), listing };
}

/**
 * As {@link readListedProfile}, cut to the assets of `listing`.
 * @throws InputError; that it lacks one of them is for checkProfile to say
 */
export async function readProfileOver(io: Io, name: string, listing: Listing): Promise<RiskProfile> {
  return restrictProfile((await readListedProfile(io, name)).profile, listing);
}

/** Symbols in the assets of what may be a profile. */
function assetsOf(json: JsonValue): Set<unknown> {
  const assets = Object(json).assets;
  return new Set(Array.isArray(assets) ? assets.map((item) => Object(item).asset) : []);
}
