import * as z from "zod/mini";
import { document, integer, shaped } from "../encoding/shape.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import {
  KeyMismatchError,
  MarketMismatchError,
  OutOfRangeError,
  StatementMismatchError,
  TierMismatchError,
} from "../errors.js";
import { type MarketFile, marketDigest, marketSchema, marketToJson } from "../market/file.js";
import { THETA_BITS } from "../protocol/bounds.js";
import { type Bundle, bundleToJson, readBundle } from "./bundle.js";
import { BundleVerifier, type TrustedKey, tierOfBundle, type Verified } from "./bundleVerifier.js";
import { type BandClaim, bandWords } from "./statementWords.js";

/**
 * Proof that a health factor lies in a band: two proofs of one book in one market, under one key. Holds nothing
 * private. A band's file has its halves as JSON, and readBundle reads each, so this is not the type of its schema.
 */
export interface Band {
  /** Claims that it is above the lower θ, without an envelope. */
  readonly above: Bundle;
  /** Claims that it is not above the higher θ. */
  readonly notAbove: Bundle;
  /** The whole market, or undefined where its verifier has it already. Neither half has one of its own. */
  readonly market?: MarketFile;
}

const BAND_FORMAT = "zkmargin/band@1";
const theta = integer(1, 2 ** THETA_BITS - 1);
const schema = document(BAND_FORMAT, {
  statement: z.strictObject({ words: z.string(), above: theta, notAbove: theta, isolated: z.boolean() }),
  market: z.exactOptional(marketSchema),
  aboveProof: z.custom<JsonValue>(),
  notAboveProof: z.custom<JsonValue>(),
});
const HALVES_DIFFER = "ask for the band again: its halves were not made together, or were edited";

/**
 * Whether a text is a band rather than a bundle, judged only by the format that it names.
 *
 * @example
 * ```ts
 * import { isBand } from "zkmargin/verify";
 *
 * console.log(isBand(bandText), isBand(bundleText)); // true false
 * ```
 */
export function isBand(text: string): boolean {
  try {
    return (JSON.parse(text) as { format?: unknown } | null)?.format === BAND_FORMAT;
  } catch {
    return false;
  }
}

/**
 * The text of a band file, `zkmargin/band@1`.
 *
 * @example
 * ```ts
 * import { serialiseBand } from "zkmargin/verify";
 *
 * console.log(serialiseBand(band) === bandText); // true
 * ```
 */
export function serialiseBand(band: Band): string {
  const { above, notAbove, market } = band;
  const claim = bandClaim(band);
  const json: JsonObject = {
    format: BAND_FORMAT,
    statement: { words: bandWords(claim), ...claim },
    ...(market === undefined ? {} : { market: marketToJson(market) }),
    aboveProof: bundleToJson(above),
    notAboveProof: bundleToJson(notAbove),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Parses a band and checks that its parts agree. {@link verifyBand} checks its proofs.
 * @throws what parseBundle throws of its halves, and what {@link bandClaim} throws
 * @throws StatementMismatchError for words or numbers that are not those of its halves
 *
 * @example
 * ```ts
 * import { bandClaim, parseBand } from "zkmargin/verify";
 *
 * console.log(bandClaim(parseBand(bandText)).isolated); // false
 * ```
 */
export function parseBand(text: string, path = "band"): Band {
  const file = shaped(schema, parseStrictJson(text, path), { path });
  const { statement, market } = file;
  const half = (field: "aboveProof" | "notAboveProof"): Bundle => {
    const bundle = readBundle(file[field], `${path}.${field}`);
    if (bundle.market !== undefined)
      throw differs(`${path}.${field}.market`, "none: a band has one", "another");
    return bundle;
  };
  const band: Band = {
    above: half("aboveProof"),
    notAbove: half("notAboveProof"),
    ...(market === undefined ? {} : { market }),
  };
  const claim = bandClaim(band, path);
  for (const field of ["above", "notAbove", "isolated"] as const)
    if (statement[field] !== claim[field])
      throw differs(`${path}.statement.${field}`, String(claim[field]), "another");
  if (statement.words !== bandWords(claim))
    throw differs(`${path}.statement.words`, "the words that its numbers give", "others");
  return band;
}

function differs(path: string, expected: string, got: string): StatementMismatchError {
  return new StatementMismatchError(path, expected, got, HALVES_DIFFER);
}

/**
 * What a band claims. Its halves must be of one book, market, tier and key, and leave a band between them.
 * @throws StatementMismatchError for halves that claim something else, of two commitments, or isolated and not
 * @throws OutOfRangeError where the lower bound is not below the higher
 * @throws MarketMismatchError, TierMismatchError, KeyMismatchError
 *
 * @example
 * ```ts
 * import { bandClaim } from "zkmargin/verify";
 *
 * const { above, notAbove } = bandClaim(band);
 * console.log(above < notAbove); // true
 * ```
 */
export function bandClaim({ above, notAbove, market }: Band, path = "band"): BandClaim {
  const demand = <T>(field: string, expected: T, got: T) => {
    if (expected !== got) throw differs(`${path}.${field}`, String(expected), String(got));
  };
  demand("aboveProof.statement.healthy", true, above.claim.healthy);
  demand("aboveProof.statement.envelope", 0, above.claim.envelope);
  demand("notAboveProof.statement.healthy", false, notAbove.claim.healthy);
  demand("notAboveProof.statement.isolated", above.claim.isolated, notAbove.claim.isolated);
  demand("notAboveProof.commitment", above.commitment, notAbove.commitment);
  if (above.tier !== notAbove.tier)
    throw new TierMismatchError(`${path}.notAboveProof.tier`, above.tier, notAbove.tier, HALVES_DIFFER);
  if (above.verificationKeyHash !== notAbove.verificationKeyHash)
    throw new KeyMismatchError(
      `${path}.notAboveProof.verificationKeyHash`,
      above.verificationKeyHash,
      notAbove.verificationKeyHash,
      HALVES_DIFFER,
    );
  const digests = [above.marketDigest, ...(market === undefined ? [] : [marketDigest(market)])];
  for (const digest of digests)
    if (digest !== notAbove.marketDigest)
      throw new MarketMismatchError(
        `${path}.notAboveProof.marketDigest`,
        digest,
        notAbove.marketDigest,
        HALVES_DIFFER,
      );
  checkBandBounds(above.claim.theta, notAbove.claim.theta, `${path}.statement.notAbove`);
  return { above: above.claim.theta, notAbove: notAbove.claim.theta, isolated: above.claim.isolated };
}

/** @throws OutOfRangeError where there is nothing between the two bounds */
export function checkBandBounds(above: number, notAbove: number, path = "band.notAbove"): void {
  if (above >= notAbove)
    throw new OutOfRangeError(path, `more than ${above}, which it is above`, String(notAbove));
}

/** What a verified band claims: what its halves share, and its own claim and words. */
export interface VerifiedBand extends Omit<Verified, "claim" | "words"> {
  readonly words: string;
  readonly band: BandClaim;
}

/**
 * Verifies both proofs of a band, and that they belong together.
 * @throws what BundleVerifier and {@link bandClaim} throw
 *
 * @example
 * ```ts
 * import { verifyBand } from "zkmargin/verify";
 *
 * console.log(verifyBand({ band, market, trusted }).words);
 * ```
 */
export function verifyBand(input: {
  readonly band: Band;
  readonly market?: MarketFile;
  readonly trusted: TrustedKey;
}): VerifiedBand {
  const { band, trusted } = input;
  const claim = bandClaim(band);
  const market = input.market ?? band.market;
  const verifier = new BundleVerifier(tierOfBundle(band.above), trusted);
  verifier.verify(band.notAbove, market);
  const { claim: _, words: __, ...common } = verifier.verify(band.above, market);
  return { ...common, words: bandWords(claim), band: claim };
}
