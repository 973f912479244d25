import { join } from "node:path";
import { type BookFile, parseBook } from "../book/bookFile.js";
import { parseSecret } from "../book/salt.js";
import { UnreadableError, UsageError } from "../errors.js";
import { packageRoot } from "../groth16/artefacts/layout.js";
import { parseFunding } from "../market/assetTables.js";
import { buildMarket, type Funding } from "../market/build.js";
import { DAY_SECONDS, formatDate, parseDate } from "../market/date.js";
import { type MarketFile, parseMarket } from "../market/file.js";
import { listedOn, parseHistory } from "../market/history.js";
import { type ListedProfile, parsePartialProfile, parseProfile } from "../market/profile.js";
import { DEFAULT_LISTING, type Listing } from "../protocol/listing.js";
import { type RiskProfile, restrictProfile } from "../protocol/profile.js";
import { jumpsAmong, type NamedJump, refuseJumps } from "../risk/jumps.js";
import { findPreset, PRESETS } from "../risk/presets.js";
import { type Io, readInput } from "./io.js";

/** Reads and checks a book file; "-" is standard input. */
export async function readBookFile(io: Io, path: string, listing: Listing): Promise<BookFile> {
  return parseBook(await readInput(io, path, "book"), listing);
}

/** Reads and checks a market file. */
export async function readMarketFile(io: Io, path: string): Promise<MarketFile> {
  return parseMarket(await readInput(io, path, "market"));
}

/** Reads an institution's secret: a file of 64 or more hexadecimal digits. */
export async function readSecretFile(io: Io, path: string): Promise<Uint8Array> {
  return parseSecret((await readInput(io, path, "secret")).trim(), "secret");
}

/** The risk profile of a market where none is named. */
export const DEFAULT_PROFILE = "portfolio-margin";

interface MarketRequest {
  readonly date: string;
  readonly window: number;
  /** A shipped profile's name or a file. */
  readonly profile: string;
  /** CSV of daily closes; the shipped one by default. */
  readonly history?: string;
  readonly funding?: string;
  readonly fundingRate?: number;
  /** Closes that look like a redenomination or a bad print, and are true; all others are refused. */
  readonly acceptJump?: readonly NamedJump[];
}

/** The price history that the package ships. */
export function shippedHistory(): string {
  return join(packageRoot(), "examples", "prices", "daily-close.csv");
}

interface BuiltMarket {
  readonly market: MarketFile;
  /** Assets of the built-in listing that were not yet priced throughout the window, or are not in the profile. */
  readonly leftOut: readonly string[];
}

/** Builds a market from files, over those assets of the built-in listing that were priced by then and are in the profile. */
export async function buildMarketFile(io: Io, request: MarketRequest): Promise<BuiltMarket> {
  const { date, window } = request;
  if (request.funding !== undefined && request.fundingRate !== undefined)
    throw new UsageError("expected --funding or --funding-rate, got both; keep one");
  const history = parseHistory(await readInput(io, request.history ?? shippedHistory(), "prices"));
  const chosen = await chosenPartialProfile(io, request.profile, "profile");
  const listing = listedOn(history, date, window, chosen.listing);
  const profile = restrictProfile(chosen.profile, listing);
  const funding = await chosenFunding(io, request, listing);
  const market = buildMarket({ history, date, window, listing, profile, ...(funding && { funding }) });
  const first = formatDate(parseDate(date, "date") - (window - 1) * DAY_SECONDS);
  refuseJumps(jumpsAmong(history, listing, first, date), request.acceptJump ?? [], "history");
  const leftOut = DEFAULT_LISTING.filter((asset) => !listing.includes(asset)).map(({ symbol }) => symbol);
  return { market, leftOut };
}

/**
 * A shipped profile by its name, or a profile file of the built-in listing.
 * @throws UnreadableError naming both, and what parseProfile throws
 */
export async function chosenProfile(io: Io, name: string): Promise<RiskProfile> {
  return findPreset(name) ?? parseProfile(await readProfileFile(io, name), DEFAULT_LISTING);
}

/**
 * As {@link chosenProfile}, but a file may be of a part of the built-in listing.
 * @param path what errors call the file
 */
export async function chosenPartialProfile(io: Io, name: string, path = name): Promise<ListedProfile> {
  const preset = findPreset(name);
  if (preset) return { profile: preset, listing: DEFAULT_LISTING };
  return parsePartialProfile(await readProfileFile(io, name), DEFAULT_LISTING, path);
}

/** As {@link chosenPartialProfile}, cut to the assets of `listing`; that it lacks one is for checkProfile to say. */
export async function chosenProfileOver(io: Io, name: string, listing: Listing): Promise<RiskProfile> {
  return restrictProfile((await chosenPartialProfile(io, name)).profile, listing);
}

function readProfileFile(io: Io, name: string): Promise<string> {
  return readInput(io, name, "profile").catch((error) => {
    if (!(error instanceof UnreadableError)) throw error;
    const names = PRESETS.map((profile) => profile.name).join(", ");
    throw new UnreadableError(name, `${names} or a readable file`, error.got);
  });
}

async function chosenFunding(
  io: Io,
  { funding, fundingRate }: MarketRequest,
  listing: Listing,
): Promise<Funding | undefined> {
  if (funding !== undefined) return { index: parseFunding(await readInput(io, funding, "funding"), listing) };
  return fundingRate === undefined ? undefined : { rate: fundingRate };
}
