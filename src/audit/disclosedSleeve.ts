import { addTangents, type SleeveSources } from "../book/sleeveFile.js";
import type { JsonValue } from "../encoding/strictJson.js";
import { InputError } from "../errors.js";
import { marketDigest, readMarket } from "../market/file.js";
import { shocksDigest } from "../market/profile.js";
import { listingDigest } from "../protocol/listing.js";
import { parseSleeve } from "../risk/options/sleeve.js";
import type { SleeveRequest } from "../risk/options/sleeveArrays.js";
import { reviewSleeve, type SleeveFinding } from "../risk/options/sleeveReview.js";
import { ruleNamed } from "../risk/options/sleeveRules.js";
import { parseSurface } from "../risk/options/surface.js";
import type { DisclosedOpening } from "./disclosure.js";
import type { FindingCode } from "./findings.js";

/** Something that does not fit about a disclosed sleeve, whatever the chain says of it. Names fields and no amount. */
export interface SleeveFault {
  readonly code: FindingCode;
  readonly expected: string;
  readonly got: string;
}

/** For which round and terms the arrays of a disclosed sleeve were made. */
export interface SleevePricing {
  /** Digest of the market; see marketDigest. */
  readonly market: string;
  /** When volatilities and forwards were observed, unix seconds. */
  readonly observedAt: number;
  readonly band: SleeveSources["band"];
}

/** What became of a disclosed sleeve that was computed again. */
export interface SleeveReview {
  readonly faults: readonly SleeveFault[];
  /** Null where its sources were not disclosed, or give no arrays. */
  readonly pricing: SleevePricing | null;
}

/**
 * Computes the sleeve of a disclosed book again from its sources, to the cent; null of a book without one. A number that is
 * harder on the account than its positions give is no fault.
 */
export function reviewDisclosedSleeve({ opening, listing, sources }: DisclosedOpening): SleeveReview | null {
  const { sleeve } = opening;
  if (sleeve === undefined) return null;
  if (sources === undefined)
    return failed("sleeve-unseen", "positions, prices and rule of a disclosed sleeve", "none");
  try {
    const request = readSources(sources);
    const { market, surface, rule, band } = request;
    if (listingDigest(market.listing) !== listingDigest(listing))
      return failed("sleeve-sources", "a market of the book's listing", "one of another");
    const away = sources.tangents.map(({ asset, perp, basis }) => ({ asset, perp: -perp, basis: -basis }));
    const book = addTangents(opening, away, listing);
    const arrays = {
      ...sleeve,
      rule: rule.name,
      market: marketDigest(market),
      shocks: shocksDigest(market.profile, market.listing),
      pricedAt: surface.time,
      band,
      tangents: sources.tangents,
    };
    const found = reviewSleeve(arrays, { ...request, book }, sources.salt);
    return {
      faults: faultsOf(found),
      pricing: { market: arrays.market, observedAt: surface.time, band },
    };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // What the error says may name a position.
    return failed("sleeve-sources", "positions, prices and rule that give arrays", "others");
  }
}

/** @throws InputError for documents that are none, or a rule that is unknown */
function readSources({ rule, band, sleeve, surface, market }: SleeveSources): SleeveRequest {
  return {
    sleeve: parseSleeve(JSON.stringify(sleeve ?? null)),
    surface: parseSurface(JSON.stringify(surface ?? null)),
    market: readMarket((market ?? null) as JsonValue),
    rule: ruleNamed(rule),
    band,
  };
}

function failed(code: FindingCode, expected: string, got: string): SleeveReview {
  return { faults: [{ code, expected, got }], pricing: null };
}

/** One fault of a kind; a number that is too kind is named, and none is quoted. */
function faultsOf(found: readonly SleeveFinding[]): SleeveFault[] {
  const codes = new Set(found.map(codeOf));
  const kinder = found.filter((each) => codeOf(each) === "sleeve-kind").map(({ field }) => field);
  const faults: SleeveFault[] = [
    {
      code: "sleeve-kind",
      expected: "no number that is kinder to the account than its positions and prices give",
      got: `kinder ones: ${kinder.join(", ")}`,
    },
    { code: "sleeve-sources", expected: "the tangents of its positions", got: "others" },
    { code: "sleeve-detail", expected: "sources that hash to the commitment's detail", got: "others" },
  ];
  return faults.filter(({ code }) => codes.has(code));
}

function codeOf({ field, fault }: SleeveFinding): FindingCode {
  if (fault === "kind" || field.startsWith("slack")) return "sleeve-kind";
  return field === "detail" ? "sleeve-detail" : "sleeve-sources";
}
