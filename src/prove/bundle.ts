import { parseInteger } from "../encoding/decimal.js";
import { ObjectReader } from "../encoding/objectReader.js";
import { type JsonObject, type JsonValue, parseStrictJson } from "../encoding/strictJson.js";
import { FormatError, OutOfRangeError, StatementMismatchError, TierMismatchError } from "../errors.js";
import { type KeyWorth, keyWarning, keyWorth } from "../groth16/artefacts/keyStatement.js";
import type { Groth16Proof } from "../groth16/proof.js";
import { type MarketFile, marketDigest, marketToJson, readMarket } from "../market/file.js";
import { FIELD_Q, FIELD_R, THETA_BITS } from "../protocol/bounds.js";
import { type Claim, checkClaim, packClaim, unpackClaim } from "../protocol/claim.js";
import { findTier, TIERS, type TierName } from "../protocol/tiers.js";
import { statementWords } from "./statementWords.js";

/** A proof and everything that its verifier needs to read its claim. Holds nothing private. */
export interface Bundle {
  readonly claim: Claim;
  readonly tier: TierName;
  readonly commitment: bigint;
  /** SHA-256 of the market file, hex. */
  readonly marketDigest: string;
  /** The whole market, or undefined where its verifier has it already. */
  readonly market?: MarketFile;
  readonly proof: Groth16Proof;
  /** SHA-256 of the verification key, hex. */
  readonly verificationKeyHash: string;
  /** What the prover states that the key is worth. A verifier ignores this and relies on the key that it trusts. */
  readonly key: KeyWorth;
}

const BUNDLE_FORMAT = "zkmargin/bundle@1";
const EDITED = "the bundle was edited or damaged; ask for it again";

/**
 * The text of a bundle file, `zkmargin/bundle@1`.
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
  const file = ObjectReader.document(value, path, BUNDLE_FORMAT, [
    "statement",
    "tier",
    "commitment",
    "claim",
    "marketDigest",
    "market",
    "proof",
    "verificationKeyHash",
    "key",
  ]);
  const tier = findTier(file.string("tier"));
  if (tier === undefined)
    throw new TierMismatchError(
      file.at("tier"),
      TIERS.map(({ name }) => name).join(" or "),
      "another",
      EDITED,
    );
  const claim = readClaim(file);
  const market = file.has("market") ? readMarket(file.value("market"), file.at("market")) : undefined;
  const digest = file.sha256("marketDigest");
  if (market !== undefined && marketDigest(market) !== digest)
    throw new StatementMismatchError(file.at("marketDigest"), marketDigest(market), digest, EDITED);
  return {
    claim,
    tier: tier.name as TierName,
    commitment: word(file.string("commitment"), file.at("commitment"), FIELD_R),
    marketDigest: digest,
    ...(market === undefined ? {} : { market }),
    proof: readProof(file.value("proof"), file.at("proof")),
    verificationKeyHash: file.sha256("verificationKeyHash"),
    key: readKey(file.value("key"), file.at("key")),
  };
}

/** The statement's numbers, which must be the packed claim's and give its words. */
function readClaim(file: ObjectReader): Claim {
  const statement = ObjectReader.of(file.value("statement"), file.at("statement"), [
    "words",
    "theta",
    "envelope",
    "healthy",
    "isolated",
  ]);
  const claim: Claim = {
    theta: statement.integer("theta", { min: 1, max: 2 ** THETA_BITS - 1 }),
    envelope: statement.integer("envelope", { min: 0, max: 2 ** THETA_BITS }),
    healthy: statement.boolean("healthy"),
    isolated: statement.boolean("isolated"),
  };
  checkClaim(claim, file.at("statement"));
  const packed = word(file.string("claim"), file.at("claim"), FIELD_R);
  unpackClaim(packed, file.at("claim"));
  if (packed !== packClaim(claim))
    throw new StatementMismatchError(file.at("claim"), String(packClaim(claim)), String(packed), EDITED);
  if (statement.string("words") !== statementWords(claim))
    throw new StatementMismatchError(
      statement.at("words"),
      "the words that its numbers give",
      "others",
      EDITED,
    );
  return claim;
}

function readProof(value: JsonValue, path: string): Groth16Proof {
  const proof = ObjectReader.of(value, path, ["pi_a", "pi_b", "pi_c", "protocol", "curve"]);
  const g1 = (field: "pi_a" | "pi_c"): [string, string, string] => {
    const [x, y, z] = exactly(proof.list(field, coordinate), 3, proof.at(field));
    return [x as string, y as string, one(z as string, proof.at(field))];
  };
  const [x, y, z] = exactly(
    proof.list("pi_b", (item, at) => {
      const pair = Array.isArray(item) ? item.map((c: JsonValue, i) => coordinate(c, `${at}[${i}]`)) : [];
      return exactly(pair, 2, at) as [string, string];
    }),
    3,
    proof.at("pi_b"),
  ) as [[string, string], [string, string], [string, string]];
  if (z[0] !== "1" || z[1] !== "0") throw new FormatError(`${proof.at("pi_b")}[2]`, "1 and 0", "others");
  if (proof.string("protocol") !== "groth16")
    throw new FormatError(proof.at("protocol"), "groth16", "another");
  if (proof.string("curve") !== "bn128") throw new FormatError(proof.at("curve"), "bn128", "another");
  return { pi_a: g1("pi_a"), pi_b: [x, y, z], pi_c: g1("pi_c"), protocol: "groth16", curve: "bn128" };
}

function readKey(value: JsonValue, path: string): KeyWorth {
  const key = ObjectReader.of(value, path, ["kind", "phase1", "warning"]);
  const kind = key.oneOf("kind", ["development", "ceremony"]);
  const phase1 = key.oneOf("phase1", ["development", "hermez", "own"]);
  const worth = keyWorth(kind, phase1);
  if (worth === undefined)
    throw new StatementMismatchError(key.at("phase1"), `one that a ${kind} key has`, phase1, EDITED);
  if (key.value("warning") !== keyWarning(worth))
    throw new StatementMismatchError(key.at("warning"), "the warning its key carries", "another", EDITED);
  return worth;
}

function coordinate(value: JsonValue, path: string): string {
  if (typeof value !== "string") throw new FormatError(path, "text", "another kind");
  return word(value, path, FIELD_Q).toString();
}

function word(text: string, path: string, modulus: bigint): bigint {
  const value = parseInteger(text, path);
  if (value < 0n || value >= modulus)
    throw new OutOfRangeError(path, `0 to ${modulus === FIELD_R ? "r" : "q"} − 1`, "a number outside");
  return value;
}

function one(z: string, path: string): string {
  if (z !== "1") throw new FormatError(`${path}[2]`, "1", "another number");
  return z;
}

function exactly<T>(items: T[], count: number, path: string): T[] {
  if (items.length !== count) throw new FormatError(path, `a list of ${count}`, `one of ${items.length}`);
  return items;
}
