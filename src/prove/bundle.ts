import * as z from "zod/mini";
import { parseInteger } from "../encoding/decimal.js";
import { type DeepReadonly, document, integer, readBy, sha256, shaped } from "../encoding/shape.js";
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { FormatError, OutOfRangeError, StatementMismatchError, TierMismatchError } from "../errors.js";
import { type KeyWorth, keyWarning, keyWorth } from "../groth16/artefacts/keyStatement.js";
import type { Groth16Proof } from "../groth16/proof.js";
import { type MarketFile, marketDigest, marketSchema, marketToJson } from "../market/file.js";
import { FIELD_Q, FIELD_R, THETA_BITS } from "../protocol/bounds.js";
import { type Claim, checkClaim, packClaim, unpackClaim } from "../protocol/claim.js";
import { findTier, TIERS, type TierName } from "../protocol/tiers.js";
import { statementWords } from "./statementWords.js";

const BUNDLE_FORMAT = "zkmargin/bundle@2";
/** Its statement was another, and its keys are retired. */
const BUNDLE_FORMAT_1 = "zkmargin/bundle@1";
const EDITED = "the bundle was edited or damaged; ask for it again";

const word = (modulus: bigint) =>
  readBy((text, path): bigint => {
    const value = parseInteger(text, path);
    if (value < 0n || value >= modulus)
      throw new OutOfRangeError(path, `0 to ${modulus === FIELD_R ? "r" : "q"} − 1`, "a number outside");
    return value;
  });
const signal = word(FIELD_R);
const coordinate = readBy((value: bigint) => value.toString(), word(FIELD_Q));
const one = z.literal("1");
const pair = <X extends z.core.$ZodType, Y extends z.core.$ZodType>(x: X, y: Y) =>
  z.tuple([x, y], "a list of 2");
const point = z.tuple([coordinate, coordinate, one], "a list of 3");

/** A proof in a file or a database: its coordinates are numbers of the field, and need not be on a curve. */
export const proofSchema = z.strictObject({
  pi_a: point,
  pi_b: z.tuple(
    [pair(coordinate, coordinate), pair(coordinate, coordinate), pair(one, z.literal("0"))],
    "a list of 3",
  ),
  pi_c: point,
  protocol: z.literal("groth16"),
  curve: z.literal("bn128"),
});

const schema = document(BUNDLE_FORMAT, {
  statement: z.strictObject({
    words: z.string(),
    theta: integer(1, 2 ** THETA_BITS - 1),
    envelope: integer(0, 2 ** THETA_BITS),
    healthy: z.boolean(),
    isolated: z.boolean(),
    sleeve: z.boolean(),
    support: readBy(parseInteger),
  }),
  tier: z.string(),
  commitment: signal,
  claim: signal,
  /** Of the market file. */
  marketDigest: sha256,
  /** The whole market, or none where its verifier has it already. */
  market: z.exactOptional(marketSchema),
  proof: proofSchema,
  verificationKeyHash: sha256,
  key: z.strictObject({
    kind: z.enum(["development", "ceremony"]),
    phase1: z.enum(["development", "hermez", "own"]),
    warning: z.unknown(),
  }),
});

/**
 * A proof and everything that its verifier needs to read its claim. Holds nothing private. Its statement and its packed claim are
 * one claim, once they are known to agree.
 */
export type Bundle = Omit<
  DeepReadonly<z.infer<typeof schema>>,
  "statement" | "claim" | "tier" | "proof" | "key"
> & {
  readonly claim: Claim;
  readonly tier: TierName;
  readonly proof: Groth16Proof;
  /** What the prover states that the key is worth. A verifier ignores this and relies on the key that it trusts. */
  readonly key: KeyWorth;
};

/**
 * The text of a bundle file, `zkmargin/bundle@2`.
 *
 * @example
 * ```ts
 * import { serialiseBundle } from "zkmargin/verify";
 *
 * console.log(serialiseBundle(bundle) === bundleText); // true
 * ```
 */
export function serialiseBundle(bundle: Bundle): string {
  return `${JSON.stringify(bundleToJson(bundle), null, 2)}\n`;
}

/** A bundle as JSON, in the order of its fields. */
export function bundleToJson(bundle: Bundle): JsonObject {
  const { claim, market, key } = bundle;
  return {
    format: BUNDLE_FORMAT,
    statement: {
      words: statementWords(claim),
      theta: claim.theta,
      envelope: claim.envelope,
      healthy: claim.healthy,
      isolated: claim.isolated,
      sleeve: claim.sleeve ?? false,
      support: (claim.support ?? 0n).toString(),
    },
    tier: bundle.tier,
    commitment: bundle.commitment.toString(),
    claim: packClaim(claim).toString(),
    marketDigest: bundle.marketDigest,
    ...(market === undefined ? {} : { market: marketToJson(market) }),
    proof: { ...bundle.proof },
    verificationKeyHash: bundle.verificationKeyHash,
    key: { kind: key.kind, phase1: key.phase1, warning: keyWarning(key) },
  };
}

/**
 * Parses a bundle and checks that its parts agree: words, numbers and packed claim; market and digest. The verifier
 * checks the proof.
 *
 * @throws MalformedError, FormatError, MissingFieldError, UnknownFieldError, DuplicateFieldError
 * @throws OutOfRangeError for a word not below r, a coordinate not below q, and whatever is wrong with the market
 * @throws TierMismatchError for a tier this package does not know
 * @throws StatementMismatchError where two parts contradict each other
 *
 * @example
 * ```ts
 * import { parseBundle } from "zkmargin/verify";
 *
 * console.log(parseBundle(bundleText).tier); // 16x16
 * ```
 */
export function parseBundle(text: string, path = "bundle"): Bundle {
  return readBundle(parseStrictJson(text, path), path);
}

/** As {@link parseBundle}, for a bundle inside another JSON document. */
export function readBundle(value: JsonValue, path: string): Bundle {
  if (isJsonObject(value) && value.format === BUNDLE_FORMAT_1)
    throw new FormatError(
      `${path}.format`,
      `${BUNDLE_FORMAT}; ask for the proof again`,
      "version 1, a proof of an older statement whose keys are retired",
    );
  const { statement, claim: packed, market, key, ...rest } = shaped(schema, value, { path });
  const differ = (field: string, expected: string, got: string) => {
    throw new StatementMismatchError(`${path}.${field}`, expected, got, EDITED);
  };
  const tier = findTier(rest.tier);
  if (tier === undefined)
    throw new TierMismatchError(
      `${path}.tier`,
      TIERS.map(({ name }) => name).join(" or "),
      "another",
      EDITED,
    );
  const { words, sleeve, support, ...bound } = statement;
  const claim: Claim = { ...bound, ...(sleeve ? { sleeve } : {}), ...(support === 0n ? {} : { support }) };
  checkClaim(claim, `${path}.statement`);
  unpackClaim(packed, `${path}.claim`);
  if (packed !== packClaim(claim)) differ("claim", String(packClaim(claim)), String(packed));
  if (words !== statementWords(claim)) differ("statement.words", "the words that its numbers give", "others");
  if (market !== undefined && marketDigest(market) !== rest.marketDigest)
    differ("marketDigest", marketDigest(market), rest.marketDigest);
  const worth = keyWorth(key.kind, key.phase1);
  if (worth === undefined)
    throw new StatementMismatchError(
      `${path}.key.phase1`,
      `one that a ${key.kind} key has`,
      key.phase1,
      EDITED,
    );
  if (key.warning !== keyWarning(worth)) differ("key.warning", "the warning its key carries", "another");
  return {
    ...rest,
    claim,
    tier: tier.name as TierName,
    ...(market === undefined ? {} : { market }),
    key: worth,
  };
}
