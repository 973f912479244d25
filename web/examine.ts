import {
  InvalidProofError,
  KeyLineageError,
  KeyMismatchError,
  StatementMismatchError,
  TierMismatchError,
  ZkMarginError,
} from "../src/errors.js";
import { type MarketFile, parseMarket } from "../src/market/file.js";
import { type Bundle, parseBundle } from "../src/prove/bundle.js";
import { exportForSnarkjs, type TrustedKey, type Verified, verifyBundle } from "../src/prove/verify.js";
import { stockVerdict } from "./stockVerdict.js";

/** What is examined, in this order; each needs the ones before it. */
export const CHECKS = ["bundle", "market", "key", "statement", "proof", "snarkjs"] as const;
export type CheckName = (typeof CHECKS)[number];

/** How far an examination came. */
export type Examination = {
  readonly bundle?: Bundle;
  /** The market that its reader gave. */
  readonly market?: MarketFile;
} & (
  | { readonly verified: Verified }
  /** `failed` is the check that did not pass; those after it were not made. */
  | { readonly failed: CheckName; readonly error: ZkMarginError }
);

/** The two verifiers do not agree on a proof: neither is to be believed. */
export class VerifiersDisagreeError extends InvalidProofError {}

/**
 * Examines a bundle as `zkmargin verify` does, with the same code, then has stock snarkjs verify the same signals.
 * @param texts of the bundle and of the market that its reader trusts, where there is one
 * @param keys trusted ones, by tier
 * @param stock the second verifier, which is asked whenever the first has an answer
 */
export async function examine(
  texts: { readonly bundle: string; readonly market?: string | undefined },
  keys: Readonly<Record<string, TrustedKey>>,
  stock = stockVerdict,
): Promise<Examination> {
  let passed: { bundle?: Bundle; market?: MarketFile } = {};
  let check: CheckName = "bundle";
  try {
    const bundle = parseBundle(texts.bundle);
    passed = { bundle };
    check = "market";
    if (texts.market !== undefined) passed = { bundle, market: parseMarket(texts.market) };
    check = "key";
    const trusted = keys[bundle.tier];
    if (trusted === undefined)
      throw new TierMismatchError(
        "bundle.tier",
        Object.keys(keys).join(" or "),
        bundle.tier,
        "use a newer page",
      );
    check = "statement";
    const input = { bundle, trusted, ...(passed.market && { market: passed.market }) };
    return { ...passed, verified: await bothVerdicts(input, stock) };
  } catch (error) {
    if (!(error instanceof ZkMarginError)) throw error;
    return { ...passed, failed: checkOf(error, check), error };
  }
}

/** Ours first: it says what does not fit. Where it refuses the proof itself, snarkjs must as well. */
async function bothVerdicts(
  input: Parameters<typeof verifyBundle>[0],
  stock: typeof stockVerdict,
): Promise<Verified> {
  let verified: Verified;
  try {
    verified = verifyBundle(input);
  } catch (error) {
    if (error instanceof InvalidProofError && (await stock(exportForSnarkjs(input))))
      throw disagree("refused", "accepted");
    throw error;
  }
  if (!(await stock(exportForSnarkjs(input)))) throw disagree("accepted", "refused");
  return verified;
}

function disagree(ours: string, theirs: string): VerifiersDisagreeError {
  return new VerifiersDisagreeError(
    `proof: expected one answer, got two: zkmargin ${ours} it and snarkjs ${theirs} it; rely on neither, and report the bundle to whoever maintains zkmargin`,
  );
}

/** verifyBundle makes several checks at once; the class of its error says which one failed. */
function checkOf(error: ZkMarginError, check: CheckName): CheckName {
  if (check !== "statement") return check;
  if (error instanceof VerifiersDisagreeError) return "snarkjs";
  if (error instanceof InvalidProofError) return "proof";
  const ofKey = [KeyMismatchError, KeyLineageError, TierMismatchError, StatementMismatchError];
  return ofKey.some((Class) => error instanceof Class) ? "key" : "statement";
}
