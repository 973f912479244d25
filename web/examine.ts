import { buildBn128 } from "ffjavascript";
import { type Groth16Proof, groth16 } from "snarkjs";
import {
  InvalidProofError,
  KeyLineageError,
  KeyMismatchError,
  StatementMismatchError,
  TierMismatchError,
  ZkMarginError,
} from "zkmargin/protocol";
import {
  type Band,
  type Bundle,
  exportForSnarkjs,
  isBand,
  type MarketFile,
  parseAttestation,
  parseBand,
  parseBundle,
  parseMarket,
  type SignedBook,
  type TrustedKey,
  type Verified,
  type VerifiedBand,
  verifyAttestation,
  verifyBand,
  verifyBundle,
} from "zkmargin/verify";

/** What is examined, in this order; each needs the ones before it. */
export const CHECKS = ["bundle", "market", "key", "statement", "proof", "snarkjs", "attestation"] as const;
export type CheckName = (typeof CHECKS)[number];

/** What was verified: of one proof a claim, of two that belong together a band. */
export type AnyVerified = Verified | VerifiedBand;

/** How far an examination came. */
export type Examination = {
  /** Digest of the market that the bundle names, where it was read so far. */
  readonly marketDigest?: string;
  /** The market that its reader gave. */
  readonly market?: MarketFile;
} & (
  | {
      readonly verified: AnyVerified;
      /** Attestations of the proven book, each with its attester's signature. */
      readonly attested: readonly SignedBook[];
      /** How many attestations were given, those of other books too. */
      readonly attestations: number;
    }
  /** `failed` is the check that did not pass; those after it were not made. */
  | { readonly failed: CheckName; readonly error: ZkMarginError }
);

/** The two verifiers do not agree on a proof: neither is to be believed. */
export class VerifiersDisagreeError extends InvalidProofError {}

/** A bundle or a band, with what is done to both. */
interface Proven {
  /** One proof each; a band has two. */
  readonly bundles: readonly [Bundle, ...Bundle[]];
  readonly market: MarketFile | undefined;
  verify(trusted: TrustedKey, market: MarketFile | undefined): AnyVerified;
}

/**
 * Examines a bundle or a band as `zkmargin verify` does, with the same code, then has stock snarkjs verify the same signals.
 * @param texts of the bundle or band, of the market that its reader trusts, where there is one, and of attestations; those of
 *   other books are counted and left alone
 * @param keys trusted ones, by tier
 * @param stock the second verifier, which is asked whenever the first has an answer
 */
export async function examine(
  texts: {
    readonly bundle: string;
    readonly market?: string | undefined;
    readonly attestations?: readonly string[];
  },
  keys: Readonly<Record<string, TrustedKey>>,
  stock = snarkjsAccepts,
): Promise<Examination> {
  let passed: { marketDigest?: string; market?: MarketFile } = {};
  let check: CheckName = "bundle";
  try {
    const proven = readProven(texts.bundle);
    const [{ marketDigest, tier }] = proven.bundles;
    passed = { marketDigest };
    check = "market";
    if (texts.market !== undefined) passed = { marketDigest, market: parseMarket(texts.market) };
    check = "key";
    const trusted = keys[tier];
    if (trusted === undefined)
      throw new TierMismatchError("bundle.tier", Object.keys(keys).join(" or "), tier, "use a newer page");
    check = "statement";
    const verified = await bothVerdicts(proven, trusted, passed.market, stock);
    check = "attestation";
    const given = texts.attestations ?? [];
    return { ...passed, verified, attested: attestedBy(given, verified), attestations: given.length };
  } catch (error) {
    if (!(error instanceof ZkMarginError)) throw error;
    return { ...passed, failed: checkOf(error, check), error };
  }
}

/** The attestations that are of this book. @throws InvalidAttestationError if one of them is not its attester's */
function attestedBy(texts: readonly string[], { commitment, market }: AnyVerified): readonly SignedBook[] {
  return texts
    .map((text) => parseAttestation(text))
    .filter((signed) => signed.commitment === commitment)
    .map((signed) => verifyAttestation(signed, commitment, market.listing));
}

function readProven(text: string): Proven {
  if (isBand(text)) {
    const band: Band = parseBand(text);
    return {
      bundles: [band.above, band.notAbove],
      market: band.market,
      verify: (trusted, market) => verifyBand({ band, trusted, ...(market && { market }) }),
    };
  }
  const bundle = parseBundle(text);
  return {
    bundles: [bundle],
    market: bundle.market,
    verify: (trusted, market) => verifyBundle({ bundle, trusted, ...(market && { market }) }),
  };
}

/** Ours first: it says what does not fit. Where it refuses a proof itself, snarkjs must as well. */
async function bothVerdicts(
  proven: Proven,
  trusted: TrustedKey,
  given: MarketFile | undefined,
  stock: typeof snarkjsAccepts,
): Promise<AnyVerified> {
  const market = given ?? proven.market;
  const stockAccepts = async () => {
    for (const bundle of proven.bundles)
      if (!(await stock(exportForSnarkjs({ bundle, trusted, ...(market && { market }) })))) return false;
    return true;
  };
  let verified: AnyVerified;
  try {
    verified = proven.verify(trusted, given);
  } catch (error) {
    if (error instanceof InvalidProofError && (await stockAccepts())) throw disagree("refused", "accepted");
    throw error;
  }
  if (!(await stockAccepts())) throw disagree("accepted", "refused");
  return verified;
}

function disagree(ours: string, theirs: string): VerifiersDisagreeError {
  return new VerifiersDisagreeError(
    `proof: expected one answer, got two: zkmargin ${ours} it and snarkjs ${theirs} it; rely on neither, and report the bundle to the maintainers of zkmargin`,
  );
}

/** Verifying makes several checks at once; the class of its error says which one failed. */
function checkOf(error: ZkMarginError, check: CheckName): CheckName {
  if (check !== "statement") return check;
  if (error instanceof VerifiersDisagreeError) return "snarkjs";
  if (error instanceof InvalidProofError) return "proof";
  const ofKey = [KeyMismatchError, KeyLineageError, TierMismatchError, StatementMismatchError];
  return ofKey.some((Class) => error instanceof Class) ? "key" : "statement";
}

/**
 * What stock snarkjs says of a proof, whatever it throws being a no. It runs on this thread alone: it takes its curve from
 * where it is put here, and so starts no workers, which the page's policy forbids.
 */
export async function snarkjsAccepts(files: ReturnType<typeof exportForSnarkjs>): Promise<boolean> {
  const curve = await buildBn128(true);
  const before = globalThis.curve_bn128;
  globalThis.curve_bn128 = curve;
  try {
    const signals: string[] = JSON.parse(files["public.json"]);
    const proof: Groth16Proof = JSON.parse(files["proof.json"]);
    return await groth16.verify(JSON.parse(files["verification_key.json"]), signals, proof);
  } catch {
    return false;
  } finally {
    globalThis.curve_bn128 = before;
    await curve.terminate();
  }
}
