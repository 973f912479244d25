import {
  KeyMismatchError,
  MarketMismatchError,
  MissingFieldError,
  StatementMismatchError,
  TierMismatchError,
} from "../errors.js";
import { type KeyWorth, keyWarning } from "../groth16/artefacts/keyStatement.js";
import type { VerificationKey } from "../groth16/verificationKey.js";
import { checkKeyForm, verificationKeyHash } from "../groth16/verificationKey.js";
import { type Folded, Groth16Verifier } from "../groth16/verifier.js";
import type { MarketFile } from "../market/file.js";
import type { Claim } from "../protocol/claim.js";
import { ACCOUNT_SIGNALS, signalCount } from "../protocol/signals.js";
import { findTier, type Tier } from "../protocol/tiers.js";
import type { Bundle } from "./bundle.js";
import { type Statement, statementOf } from "./statement.js";
import { statementWords } from "./statementWords.js";

/** A verification key that the verifier trusts: pinned by the package, or obtained by other means. */
export type TrustedKey = KeyWorth & {
  readonly key: VerificationKey;
  readonly hash: string;
};

/**
 * The key of artefacts, such as those of a home folder, which its owner trusts.
 *
 * @example
 * ```ts
 * import { trustedKeyOf } from "zkmargin/verify";
 *
 * console.log(trustedKeyOf(artefacts).hash === trusted.hash); // true
 * ```
 */
export function trustedKeyOf(artefacts: {
  readonly verificationKey: VerificationKey;
  readonly verificationKeyHash: string;
  readonly worth: KeyWorth;
}): TrustedKey {
  const { verificationKey: key, verificationKeyHash: hash, worth } = artefacts;
  return { ...worth, key, hash };
}

/** What a verified bundle claims. */
export interface Verified {
  /** The claim in words. */
  readonly words: string;
  readonly claim: Claim;
  readonly tier: Tier;
  readonly commitment: bigint;
  readonly market: MarketFile;
  readonly marketDigest: string;
  readonly verificationKeyHash: string;
  /** What a proof under this key is worth; the warning is null for a ceremony's. */
  readonly key: KeyWorth & { readonly warning: string | null };
}

/** Folded markets kept; a verifier of many accounts sees few markets. */
const MARKETS_KEPT = 16;

/**
 * Verifies bundles of one tier under one key. Keeps what depends on the key and on the last markets.
 *
 * @example
 * ```ts
 * import { BundleVerifier } from "zkmargin/verify";
 *
 * const verifier = new BundleVerifier(tier, trusted);
 * for (const one of [bundle, bundle]) console.log(verifier.verify(one, market).claim.theta); // 10000
 * ```
 */
export class BundleVerifier {
  readonly tier: Tier;
  readonly #trusted: TrustedKey;
  readonly #worth: Verified["key"];
  readonly #verifier: Groth16Verifier;
  readonly #folded = new Map<string, Folded>();

  /**
   * @throws KeyMismatchError if the key is not the one its hash names
   * @throws TierMismatchError if it has not exactly the public signals of `tier`
   * @throws KeyLineageError if the key gate refuses it
   */
  constructor(tier: Tier, trusted: TrustedKey) {
    const hash = verificationKeyHash(trusted.key);
    if (hash !== trusted.hash)
      throw new KeyMismatchError("verification key", trusted.hash, hash, "obtain the key again");
    if (trusted.key.nPublic !== signalCount(tier))
      throw new TierMismatchError(
        "verification key",
        `${signalCount(tier)} public signals, as ${tier.name} has`,
        String(trusted.key.nPublic),
        "take the key of that tier",
      );
    checkKeyForm(trusted.key); // the verifier checks that its points are in their groups
    this.tier = tier;
    this.#trusted = trusted;
    const { kind, phase1 } = trusted;
    const worth = { kind, phase1 } as KeyWorth;
    this.#worth = { ...worth, warning: keyWarning(worth) };
    this.#verifier = new Groth16Verifier(trusted.key);
  }

  /**
   * @param given the market to verify against; by default the one in the bundle
   * @throws TierMismatchError, KeyMismatchError, MarketMismatchError, StatementMismatchError
   * @throws MissingFieldError if there is no market at all, and InputError for a market out of bounds
   * @throws InvalidProofError
   */
  verify(bundle: Bundle, given?: MarketFile): Verified {
    if (bundle.tier !== this.tier.name)
      throw new TierMismatchError(
        "bundle.tier",
        this.tier.name,
        bundle.tier,
        "verify it with a key of its tier",
      );
    if (bundle.verificationKeyHash !== this.#trusted.hash)
      throw new KeyMismatchError(
        "bundle.verificationKeyHash",
        this.#trusted.hash,
        bundle.verificationKeyHash,
        "obtain the key it was made with from a source you trust, or ask for a proof under this one",
      );
    for (const field of ["kind", "phase1"] as const)
      if (bundle.key[field] !== this.#trusted[field])
        throw new StatementMismatchError(
          `bundle.key.${field}`,
          this.#trusted[field],
          bundle.key[field],
          "ask for the bundle again",
        );
    const market = marketOf(bundle, given);
    const statement = statementOf(bundle, market, this.tier);
    checkDigest(bundle, statement);
    this.#verifier.verifyFolded(
      bundle.proof,
      statement.signals.slice(0, ACCOUNT_SIGNALS),
      this.#fold(statement),
    );
    return {
      words: statementWords(bundle.claim),
      claim: bundle.claim,
      tier: this.tier,
      commitment: bundle.commitment,
      market,
      marketDigest: bundle.marketDigest,
      verificationKeyHash: this.#trusted.hash,
      key: this.#worth,
    };
  }

  /** The sum over the market's signals, computed once per market. */
  #fold({ marketDigest, signals }: Statement): Folded {
    const known = this.#folded.get(marketDigest);
    if (known !== undefined) return known;
    const folded = this.#verifier.fold(signals.slice(ACCOUNT_SIGNALS), ACCOUNT_SIGNALS);
    const [oldest] = this.#folded.keys();
    if (this.#folded.size >= MARKETS_KEPT && oldest !== undefined) this.#folded.delete(oldest);
    this.#folded.set(marketDigest, folded);
    return folded;
  }
}

/**
 * Verifies one bundle; see {@link BundleVerifier} for many. The tier is the bundle's.
 *
 * @example
 * ```ts
 * import { verifyBundle } from "zkmargin/verify";
 *
 * const verified = verifyBundle({ bundle, market, trusted });
 * console.log(verified.words, verified.key.warning);
 * ```
 */
export function verifyBundle(input: {
  readonly bundle: Bundle;
  readonly market?: MarketFile;
  readonly trusted: TrustedKey;
}): Verified {
  return new BundleVerifier(tierOfBundle(input.bundle), input.trusted).verify(input.bundle, input.market);
}

/**
 * The files that stock `snarkjs groth16 verify verification_key.json public.json proof.json` takes.
 * @throws KeyMismatchError, MarketMismatchError, MissingFieldError, InputError for a market out of bounds
 *
 * @example
 * ```ts
 * import { exportForSnarkjs } from "zkmargin/verify";
 *
 * const files = exportForSnarkjs({ bundle, market, trusted });
 * console.log(Object.keys(files).join()); // verification_key.json,public.json,proof.json
 * ```
 */
export function exportForSnarkjs(input: {
  readonly bundle: Bundle;
  readonly market?: MarketFile;
  readonly trusted: TrustedKey;
}): Record<"verification_key.json" | "public.json" | "proof.json", string> {
  const { bundle, trusted } = input;
  if (bundle.verificationKeyHash !== trusted.hash)
    throw new KeyMismatchError(
      "bundle.verificationKeyHash",
      trusted.hash,
      bundle.verificationKeyHash,
      "export it with the key it was made with",
    );
  const statement = statementOf(bundle, marketOf(bundle, input.market), tierOfBundle(bundle));
  checkDigest(bundle, statement);
  const text = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  return {
    "verification_key.json": text(trusted.key),
    "public.json": text(statement.signals.map(String)),
    "proof.json": text(bundle.proof),
  };
}

/** The market a bundle is to be verified against. @throws MissingFieldError */
function marketOf(bundle: Bundle, given: MarketFile | undefined): MarketFile {
  const market = given ?? bundle.market;
  if (market === undefined)
    throw new MissingFieldError("bundle.market", "a market, in the bundle or beside it", "none");
  return market;
}

/** That a bundle was made in the market of its statement. @throws MarketMismatchError */
function checkDigest(bundle: Bundle, { marketDigest }: Statement): void {
  if (marketDigest !== bundle.marketDigest)
    throw new MarketMismatchError(
      "market",
      `the one with digest ${bundle.marketDigest}`,
      marketDigest,
      "verify against the market that the proof was made in",
    );
}

/** The tier that a bundle names. @throws TierMismatchError */
export function tierOfBundle(bundle: Pick<Bundle, "tier">): Tier {
  const tier = findTier(bundle.tier);
  if (tier === undefined)
    throw new TierMismatchError(
      "bundle.tier",
      "a tier of this package",
      "another",
      "ask for the bundle again",
    );
  return tier;
}
