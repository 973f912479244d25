import { basename, join } from "node:path";
import { type BookFile, parseBook } from "../book/bookFile.js";
import { parseSecret } from "../book/salt.js";
import { parsePlanTiming } from "../chain/deploy/planFile.js";
import { formatDecimal } from "../encoding/decimal.js";
import {
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
  UnreadableError,
  UsageError,
} from "../errors.js";
import { packageRoot } from "../groth16/artefacts/layout.js";
import { parseFunding } from "../market/assetTables.js";
import { buildMarket, type Funding } from "../market/build.js";
import { DAY_SECONDS, formatDate, parseDate } from "../market/date.js";
import { type MarketFile, parseMarket } from "../market/file.js";
import { listedOn } from "../market/history.js";
import { type PriceSource } from "../market/pricedAsset.js";
import { type JoinedPrices, type JoinOptions, type JoinReport, joinPrices } from "../market/priceFiles.js";
import { type DailyRead, readDailyPrices, readPriceTable } from "../market/priceTables.js";
import { type ListedProfile, parsePartialProfile, parseProfile } from "../market/profile.js";
import { USD_DECIMALS } from "../protocol/bounds.js";
import { DEFAULT_LISTING, type Listing, slotOf } from "../protocol/listing.js";
import { committedListing, DEFAULT_ASSETS, type ListingFile, parseListing } from "../protocol/listingFile.js";
import { type RiskProfile, restrictProfile } from "../protocol/profile.js";
import { type CloseOutTiming, closeOutDays } from "../risk/calibration/options.js";
import { jumpsAmong, type NamedJump, refuseJumps } from "../risk/jumps.js";
import { findPreset, PRESETS } from "../risk/presets.js";
import { dailyCloses } from "../risk/returns.js";
import { MOST_DAYS, type PriceOptions, priceSource } from "./arguments.js";
import { unixSeconds } from "./format.js";
import { type Io, readInput } from "./io.js";

/** Reads and checks a book file; "-" is standard input. */
export async function readBookFile(io: Io, path: string, listing: Listing): Promise<BookFile> {
  return parseBook(await readInput(io, path, "book"), listing);
}

/** Days over which a margin has to last, with the timing of the plan that they follow from. */
export interface Horizon {
  readonly days: number;
  readonly timing: CloseOutTiming | null;
}

/** What `--horizon` says: days, or the deployment plan whose grace, call, auction and relief make them. */
export async function readHorizon(io: Io, given: number | string): Promise<Horizon> {
  if (typeof given === "number" && (given < 1 || given > MOST_DAYS))
    throw new OutOfRangeError("--horizon", `1 to ${MOST_DAYS} days`, String(given));
  if (typeof given === "number") return { days: given, timing: null };
  const timing = parsePlanTiming(await readInput(io, given, "plan"));
  return { days: closeOutDays(timing), timing };
}

/** How a horizon follows from a plan, in words; nothing where it was stated. */
export function horizonNotes({ days, timing }: Horizon): [string, string][] {
  if (timing === null) return [];
  const hours = (seconds: number) => `${Number((seconds / 3_600).toFixed(2))} h`;
  const { gracePeriod, callPeriod, auctionPeriod, reliefPeriod } = timing;
  const parts = `grace ${hours(gracePeriod)}, call ${hours(callPeriod)}, auction ${hours(auctionPeriod)}, relief ${hours(reliefPeriod)}`;
  return [["horizon by the plan", `${days} ${days === 1 ? "day" : "days"}: ${parts}`]];
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

/** A price history that the package ships, and the days it has. */
interface ShippedHistory {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Oldest first. The first is the default everywhere: every shipped parameter is made from it, and none from a later one. */
const SHIPPED = [
  { file: "daily-close.csv", from: "2019-10-01", to: "2021-07-06" },
  { file: "daily-close-2024.csv", from: "2024-02-19", to: "2024-12-21" },
] as const satisfies readonly ShippedHistory[];

/** What help says of the shipped histories. */
export const SHIPPED_WORDS = `the shipped history of the date (${SHIPPED.map(({ from, to }) => `${from} to ${to}`).join(", or ")})`;

/** Dates by what states them: an option, or a field of a file. */
export type NamedDates = Readonly<Record<string, string | undefined>>;

/**
 * The price history that the package ships: the one that has these dates, or the first where none is given.
 * @throws FormatError, OutOfRangeError naming what states a date that none has, or the last of dates that no one history has
 */
export function shippedHistory(dates: NamedDates = {}): string {
  let fit: readonly ShippedHistory[] = SHIPPED;
  for (const [name, date] of Object.entries(dates)) {
    if (date === undefined) continue;
    parseDate(date, name);
    const left = fit.filter(({ from, to }) => date >= from && date <= to);
    if (left.length === 0)
      throw new OutOfRangeError(
        name,
        `a day of a shipped history, ${fit.map(({ from, to }) => `${from} to ${to}`).join(" or ")}, or of your own (--prices or --history)`,
        date,
      );
    fit = left;
  }
  return join(packageRoot(), "examples", "prices", (fit[0] ?? SHIPPED[0]).file);
}

/** Reads a listing file; the built-in listing where none is named. */
export async function readListingFile(io: Io, path: string | undefined): Promise<ListingFile> {
  return path === undefined ? DEFAULT_ASSETS : parseListing(await readInput(io, path, "listing"));
}

/** The price files that options name, or the shipped history of the dates. */
async function priceSources(
  io: Io,
  { history = [], prices = [] }: PriceOptions,
  dates: NamedDates,
): Promise<PriceSource[]> {
  const named = [...prices, ...history].map(priceSource);
  if (named.length === 0) {
    const shipped = shippedHistory(dates);
    return [{ path: basename(shipped), text: await readInput(io, shipped, "prices") }];
  }
  const sources: PriceSource[] = [];
  for (const source of named) sources.push({ ...source, text: await readInput(io, source.path, "prices") });
  return sources;
}

/** Reads the daily closes that options name. */
export async function readDailyHistory(
  io: Io,
  options: PriceOptions,
  listing: ListingFile,
  dates: NamedDates = {},
): Promise<DailyRead> {
  return readDailyPrices(await priceSources(io, options, dates), joinOptions(options, listing));
}

/** Reads daily or hourly closes for statistics. */
export async function readTable(
  io: Io,
  options: PriceOptions & { readonly daily?: boolean },
  listing: ListingFile,
  dates: NamedDates = {},
) {
  const sources = await priceSources(io, options, dates);
  const join = joinOptions(options, listing);
  const read = readPriceTable(sources, { ...join, step: options.daily ? "day" : "finest" });
  return options.daily ? { ...read, table: dailyCloses(read.table) } : read;
}

/** Joins the price files that options name. */
export async function joinedPrices(
  io: Io,
  options: PriceOptions & { readonly hourly?: boolean },
  listing: ListingFile,
  { open = false }: Pick<JoinOptions, "open"> = {},
): Promise<JoinedPrices> {
  const sources = await priceSources(io, options, {});
  return joinPrices(sources, {
    ...joinOptions(options, listing),
    open,
    step: options.hourly ? "hour" : "day",
  });
}

/** How price files are joined by these options. */
function joinOptions({ price, timeZone }: PriceOptions, listing: ListingFile): Omit<JoinOptions, "step"> {
  for (const asset of price?.keys() ?? [])
    if (slotOf(listing, asset) === undefined)
      throw new UnknownAssetError("--price", "a listed asset", JSON.stringify(asset));
  return {
    listing,
    now: unixSeconds(),
    ...(price && { stated: price }),
    ...(timeZone && { zone: timeZone }),
  };
}

/** What a reading of prices left out, for people; nothing where all of it counts. */
export function priceNotes(
  { files, ignored, gaps, dropped }: JoinReport,
  listing: ListingFile,
): [string, string][] {
  const plain = files.every(({ layout }) => layout === "plain CSV");
  const listed = gaps.filter(({ asset }) => slotOf(listing, asset) !== undefined);
  const told = listed
    .slice(0, GAPS_TOLD)
    .map(({ asset, from, to, count }) => `${asset} ${count === 1 ? from : `${from} to ${to} (${count})`}`);
  const more = listed.length > GAPS_TOLD ? `; ${listed.length - GAPS_TOLD} more` : "";
  const counts = [
    [dropped.unfinished, "of a candle that has not ended"],
    [dropped.between, "not at the end of a span"],
    [dropped.repeated, "given twice, equal"],
  ] as const;
  const left = counts.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`);
  return [
    ...(plain
      ? []
      : files.map(({ path, layout, assets }): [string, string] => [
          "read",
          `${path}: ${layout}; ${assets.join(", ")}`,
        ])),
    ...(ignored.length === 0 ? [] : [["ignored", `${ignored.join(", ")}: not listed`] as [string, string]]),
    ...(told.length === 0 ? [] : [["no closes of", `${told.join("; ")}${more}`] as [string, string]]),
    ...(left.length === 0 ? [] : [["closes dropped", left.join(", ")] as [string, string]]),
  ];
}

/** Prices that were stated and not read, in dollars. */
export function statedPrices({ price }: PriceOptions): Record<string, string> {
  return Object.fromEntries(
    [...(price ?? [])].map(([asset, value]) => [asset, formatDecimal(value, USD_DECIMALS)]),
  );
}

/** The same for people. */
export function statedNotes(options: PriceOptions): [string, string][] {
  return Object.entries(statedPrices(options)).map(([asset, price]) => [
    "stated",
    `${asset} at $${price} on every day`,
  ]);
}

/** Gaps that are named one by one. */
const GAPS_TOLD = 5;

interface MarketRequest extends PriceOptions {
  readonly date: string;
  readonly window: number;
  /** A shipped profile's name or a file. */
  readonly profile: string;
  readonly funding?: string;
  readonly fundingRate?: number;
  /** Closes that look like a redenomination or a bad print, and are true; all others are refused. */
  readonly acceptJump?: readonly NamedJump[];
}

interface BuiltMarket {
  readonly market: MarketFile;
  /** Listed assets that were not yet priced throughout the window, that have no price at all, or are not in the profile. */
  readonly leftOut: readonly string[];
  /** Those of them that the history never has. */
  readonly unpriced: readonly string[];
  readonly assets: ListingFile;
  readonly report: JoinReport;
}

/** Builds a market from files, over those listed assets that were priced by then and are in the profile. */
export async function buildMarketFile(io: Io, request: MarketRequest): Promise<BuiltMarket> {
  const { date, window } = request;
  if (request.funding !== undefined && request.fundingRate !== undefined)
    throw new UsageError("expected --funding or --funding-rate, got both; keep one");
  const assets = await readListingFile(io, request.listing);
  const { history, report } = await readDailyHistory(io, request, assets, { "--date": date });
  const chosen = await chosenPartialProfile(io, request.profile, "profile", committedListing(assets));
  // Of the built-in listing a market takes what the history has; an own listing is wanted whole.
  const listing = listedOn(history, date, window, chosen.listing).filter(
    ({ symbol }) => request.listing !== undefined || history.assets.includes(symbol),
  );
  if (listing.length === 0)
    throw new MissingFieldError(
      "history",
      `a column of a listed asset (listed are ${assets.map(({ symbol }) => symbol).join(", ")})`,
      "none",
    );
  const profile = restrictProfile(chosen.profile, listing);
  const funding = await chosenFunding(io, request, listing);
  const market = buildMarket({ history, date, window, listing, profile, ...(funding && { funding }) });
  const first = formatDate(parseDate(date, "date") - (window - 1) * DAY_SECONDS);
  refuseJumps(jumpsAmong(history, listing, first, date), request.acceptJump ?? [], "history");
  const leftOut = assets
    .filter(({ symbol }) => slotOf(listing, symbol) === undefined)
    .map(({ symbol }) => symbol);
  const unpriced = leftOut.filter((symbol) => !history.assets.includes(symbol));
  return { market, leftOut, unpriced, assets, report };
}

/**
 * A shipped profile by its name, or a profile file of the listing.
 * @throws UnreadableError naming both, and what parseProfile throws
 */
export async function chosenProfile(
  io: Io,
  name: string,
  listing: Listing = DEFAULT_LISTING,
): Promise<RiskProfile> {
  const preset = findPreset(name);
  return preset ? presetOver(preset, listing) : parseProfile(await readProfileFile(io, name), listing);
}

/**
 * As {@link chosenProfile}, but a file may be of a part of the listing.
 * @param path what errors call the file
 */
export async function chosenPartialProfile(
  io: Io,
  name: string,
  path = name,
  listing: Listing = DEFAULT_LISTING,
): Promise<ListedProfile> {
  const preset = findPreset(name);
  if (preset) return { profile: presetOver(preset, listing), listing };
  return parsePartialProfile(await readProfileFile(io, name), listing, path);
}

/** A shipped profile cut to a listing. It knows the built-in assets by their built-in quanta, and no others. */
function presetOver(preset: RiskProfile, listing: Listing): RiskProfile {
  const unknown = listing.filter(({ symbol, decimals }) => {
    const known = DEFAULT_LISTING[slotOf(DEFAULT_LISTING, symbol) ?? -1];
    return known?.decimals !== decimals;
  });
  if (unknown.length > 0)
    throw new UnknownAssetError(
      "--profile",
      "a profile of the assets that --listing names (zkmargin risk calibrate --listing makes one)",
      `${preset.name}, which does not know ${unknown.map(({ symbol }) => symbol).join(", ")}, or with another quantum`,
    );
  const { assets } = preset;
  const ordered = listing.flatMap(({ symbol }) => assets.filter(({ asset }) => asset === symbol));
  return { ...restrictProfile(preset, listing), assets: ordered };
}

/** As {@link chosenPartialProfile}, cut to the assets of `listing`; that it lacks one is for checkProfile to say. */
export async function chosenProfileOver(io: Io, name: string, listing: Listing): Promise<RiskProfile> {
  const builtIn = listing.every(({ symbol }) => slotOf(DEFAULT_LISTING, symbol) !== undefined);
  const known = builtIn ? DEFAULT_LISTING : listing;
  return restrictProfile((await chosenPartialProfile(io, name, name, known)).profile, listing);
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
