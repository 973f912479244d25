import {
  InvalidProofError,
  KeyMismatchError,
  MarketMismatchError,
  MissingFieldError,
  StatementMismatchError,
  TierMismatchError,
} from "../errors.js";
import { type KeyWorth, keyWarning } from "../groth16/artefacts/keyStatement.js";
import type { VerificationKey } from "../groth16/artefacts/verificationKeyFile.js";
import { checkKeyForm, verificationKeyHash } from "../groth16/checkKey.js";
import { type Folded, Groth16Verifier } from "../groth16/verifier.js";
import { checkMarketFile, denseMarket, type MarketFile, marketDigest } from "../market/file.js";
import { FIELD_R } from "../protocol/bounds.js";
import type { Claim } from "../protocol/claim.js";
import { listingDigest } from "../protocol/listing.js";
import { ACCOUNT_SIGNALS, publicSignals, signalCount } from "../protocol/signals.js";
import { findTier, type Tier } from "../protocol/tiers.js";
import type { Bundle } from "./bundle.js";
import { statementWords } from "./statementWords.js";

/** A verification key that the verifier trusts: pinned by the package, or obtained by other means. */
export type TrustedKey = KeyWorth & {
  readonly key: VerificationKey;
  readonly hash: string;
};

/** The key of artefacts, such as those of a home folder, which its owner trusts. */
export function trustedKeyOf(artefacts: {
  readonly verificationKey: VerificationKey;
  readonly verificationKeyHash: string;
  readonly worth: KeyWorth;
}): TrustedKey {
  const { verificationKey: key, verificationKeyHash: hash, worth } = artefacts;
  return { ...worth, key, hash };
}

/** What a verified bundle says. */
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

/** Verifies bundles of one tier under one key. Keeps what depends on the key and on the last markets. */
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
    const [commitment, claim] = signalsOf(bundle, market, this.tier).slice(0, ACCOUNT_SIGNALS) as [
      bigint,
      bigint,
    ];
    this.#verifier.verifyFolded(bundle.proof, [commitment, claim], this.#fold(bundle, market));
    return {
      words: statementWords(bundle.claim),
      claim: bundle.claim,
      tier: this.tier,
      commitment,
      market,
      marketDigest: bundle.marketDigest,
      verificationKeyHash: this.#trusted.hash,
      key: this.#worth,
    };
  }

  #fold(bundle: Bundle, market: MarketFile): Folded {
    // marketOf has made sure that the digest is this market's.
    const known = this.#folded.get(bundle.marketDigest);
    if (known !== undefined) return known;
    const signals = signalsOf(bundle, market, this.tier).slice(ACCOUNT_SIGNALS);
    const folded = this.#verifier.fold(signals, ACCOUNT_SIGNALS);
    const [oldest] = this.#folded.keys();
    if (this.#folded.size >= MARKETS_KEPT && oldest !== undefined) this.#folded.delete(oldest);
    this.#folded.set(bundle.marketDigest, folded);
    return folded;
  }
}

/** Verifies one bundle; see {@link BundleVerifier} for many. The tier is the bundle's. */
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
  const signals = signalsOf(bundle, marketOf(bundle, input.market), tierOfBundle(bundle));
  const text = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  return {
    "verification_key.json": text(trusted.key),
    "public.json": text(signals.map(String)),
    "proof.json": text(bundle.proof),
  };
}

/** The market a bundle is to be verified against, its bounds and digest checked. */
function marketOf(bundle: Bundle, given: MarketFile | undefined): MarketFile {
  const market = given ?? bundle.market;
  if (market === undefined)
    throw new MissingFieldError("bundle.market", "a market, in the bundle or beside it", "none");
  checkMarketFile(market);
  const digest = marketDigest(market);
  if (digest !== bundle.marketDigest)
    throw new MarketMismatchError(
      "market",
      `the one with digest ${bundle.marketDigest}`,
      digest,
      "verify against the market that the proof was made in",
    );
  return market;
}

function signalsOf(bundle: Bundle, market: MarketFile, tier: Tier): bigint[] {
  // A bundle need not come from parseBundle, and a negative number would be taken for its residue.
  if (bundle.commitment < 0n || bundle.commitment >= FIELD_R)
    throw new InvalidProofError("bundle.commitment: expected a word below r, got another");
  return publicSignals({
    commitment: bundle.commitment,
    claim: bundle.claim,
    listing: listingDigest(market.listing),
    market: denseMarket(market, tier),
  });
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
