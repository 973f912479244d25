import { Interface, recoverAddress, TypedDataEncoder, toBeHex } from "ethers";
import { type Listing, listingDigest } from "../../spec/listing.js";
import type { AttestedTerms } from "../attest.js";
import { type Attestation, bookRegistry } from "../generated/BookRegistry.js";
import { marginGate, type Submission } from "../generated/MarginGate.js";
import { BOOK_TYPES, signingDomain } from "../signing.js";

const GATE = new Interface(marginGate.abi);
const REGISTRY = new Interface(bookRegistry.abi);
const SELECTORS = {
  submit: GATE.getFunction("submit")?.selector ?? "",
  submitBatch: GATE.getFunction("submitBatch")?.selector ?? "",
  attest: REGISTRY.getFunction("attest")?.selector ?? "",
};

/** 0x and 65 bytes in hex. */
const SIGNATURE_LENGTH = 2 + 2 * 65;

/** Signatures of a book as `attest` was given them. */
export interface AttestCall {
  readonly book: AttestedTerms;
  readonly attestations: readonly Attestation[];
}

/** Every proof in call data: of the call itself, or of one that it carries for a wallet or a batch of calls. */
export function submissionsIn(data: string): Submission[] {
  const single = embedded(data, SELECTORS.submit).flatMap((inner) => {
    const decoded = decode(GATE, "submit", inner);
    if (decoded === undefined) return [];
    const [account, round, claim, proof] = decoded as unknown as [
      string,
      bigint,
      bigint,
      Submission["proof"],
    ];
    return [{ account, round, claim, proof }];
  });
  const batches = embedded(data, SELECTORS.submitBatch).flatMap((inner) => {
    const decoded = decode(GATE, "submitBatch", inner);
    return decoded === undefined ? [] : [...(decoded as unknown as [readonly Submission[]])[0]];
  });
  return [...single, ...batches].map(({ account, round, claim, proof: { a, b, c } }) => ({
    account,
    round,
    claim,
    proof: { a: [...a], b: [...b], c: [...c] },
  }));
}

/** Every `attest` in call data. */
export function attestCallsIn(data: string): AttestCall[] {
  return embedded(data, SELECTORS.attest).flatMap((inner) => {
    const decoded = decode(REGISTRY, "attest", inner);
    if (decoded === undefined) return [];
    const [account, { commitment, sequence, asOf, expiresAt }, attestations] = decoded as unknown as [
      string,
      Omit<AttestedTerms, "account">,
      readonly Attestation[],
    ];
    return [{ book: { account, commitment, sequence, asOf, expiresAt }, attestations: [...attestations] }];
  });
}

/** Who signed a book; undefined if the signature is nobody's. */
export function signerOf(
  place: { readonly chainId: bigint; readonly registry: string; readonly listing: Listing },
  book: AttestedTerms,
  signature: string,
): string | undefined {
  const listing = toBeHex(listingDigest(place.listing), 32);
  const digest = TypedDataEncoder.hash(signingDomain(place), BOOK_TYPES, { ...book, listing });
  // The registry knows no compact signatures.
  if (signature.length !== SIGNATURE_LENGTH) return undefined;
  try {
    return recoverAddress(digest, signature);
  } catch {
    return undefined;
  }
}

/** The call data of every call of a selector within call data, the whole first. */
function embedded(data: string, selector: string): string[] {
  const bare = selector.slice(2);
  const found: string[] = [];
  // On whole bytes only; an inner call stands anywhere, as it is packed behind lengths.
  for (let at = data.indexOf(bare, 2); at !== -1; at = data.indexOf(bare, at + 1))
    if (at % 2 === 0) found.push(`0x${data.slice(at)}`);
  return found;
}

function decode(contract: Interface, name: string, data: string) {
  try {
    // Whatever follows an inner call is not looked at.
    return contract.decodeFunctionData(name, data).toArray();
  } catch {
    return undefined;
  }
}
