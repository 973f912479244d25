import { Interface, recoverAddress, TypedDataEncoder, toBeHex } from "ethers";
import { type AttestedTerms, BOOK_TYPES, signingDomain } from "../../protocol/attestation.js";
import { type Listing, listingDigest } from "../../protocol/listing.js";
import { interfaceOf } from "../binding.js";
import { type Attestation, bookRegistry } from "../generated/BookRegistry.js";
import { marginGate, type Submission } from "../generated/MarginGate.js";

const GATE = interfaceOf(marginGate);
const REGISTRY = interfaceOf(bookRegistry);
const SELECTORS = {
  submit: GATE.getFunction("submit")?.selector ?? "",
  submitBatch: GATE.getFunction("submitBatch")?.selector ?? "",
  attest: REGISTRY.getFunction("attest")?.selector ?? "",
};

/** 0x and 65 bytes in hex. */
const SIGNATURE_LENGTH = 2 + 2 * 65;

/** Hex digits of a word, and of a selector. */
const [WORD, SELECTOR] = [64, 8];
/** Words of a submission: account, round, claim, and eight of the proof. */
const SUBMISSION = 11;
/** Words before the attestations of an attested book: account, four of the book, and where they stand. */
const ATTEST_HEAD = 6;
/** An account has no more attesters: contracts/lib/AttesterSets.sol. */
const MOST_ATTESTATIONS = 16;

/** Signatures of a book as passed to `attest`. */
export interface AttestCall {
  readonly book: AttestedTerms;
  readonly attestations: readonly Attestation[];
}

/** What a transaction's call data carries, in the call itself or in calls nested for a wallet or a batch. */
export interface FoundCalls {
  readonly submissions: readonly Submission[];
  readonly attests: readonly AttestCall[];
  /** Whether all of it was searched. The search stops at calls nested without end. */
  readonly complete: boolean;
  /** Hex digits that were decoded: at most twice those that there are, and a little. */
  readonly decoded: number;
}

/** Every proof in call data; see {@link callsIn}. */
export function submissionsIn(data: string): Submission[] {
  return [...callsIn(data).submissions];
}

/** Every proof and every `attest` in call data, in time that grows with its length and not with what it holds. */
export function callsIn(data: string): FoundCalls {
  const reader = new CallReader(data);
  const submissions = [
    ...reader.all(SELECTORS.submit, submitLength).flatMap((call) => {
      const decoded = decode(GATE, "submit", call);
      if (decoded === undefined) return [];
      const [account, round, claim, proof] = decoded as unknown as [
        string,
        bigint,
        bigint,
        Submission["proof"],
      ];
      return [{ account, round, claim, proof }];
    }),
    ...reader.all(SELECTORS.submitBatch, batchLength).flatMap((call) => {
      const decoded = decode(GATE, "submitBatch", call);
      return decoded === undefined ? [] : [...(decoded as unknown as [readonly Submission[]])[0]];
    }),
  ].map(({ account, round, claim, proof: { a, b, c } }) => ({
    account,
    round,
    claim,
    proof: { a: [...a], b: [...b], c: [...c] },
  }));
  const attests = reader.all(SELECTORS.attest, attestLength).flatMap((call) => {
    const decoded = decode(REGISTRY, "attest", call);
    if (decoded === undefined) return [];
    const [account, { commitment, sequence, asOf, expiresAt }, attestations] = decoded as unknown as [
      string,
      Omit<AttestedTerms, "account">,
      readonly Attestation[],
    ];
    return [{ book: { account, commitment, sequence, asOf, expiresAt }, attestations: [...attestations] }];
  });
  return { submissions, attests, complete: reader.complete, decoded: reader.decoded };
}

/** The address that signed a book; undefined if the signature is invalid. */
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

/** Finds calls within call data, each with its own length, and no more of them than the data has room for. */
class CallReader {
  readonly #data: string;
  readonly #most: number;
  decoded = 0;
  complete = true;

  constructor(data: string) {
    this.#data = data.slice(2);
    this.#most = 2 * this.#data.length + 4_096;
  }

  /**
   * Call data of every call of a selector.
   * @param lengthOf hex digits of the arguments that begin at a place, null if none can; never looks at more than a few
   */
  all(selector: string, lengthOf: (data: string, at: number) => number | null): string[] {
    const bare = selector.slice(2);
    const found: string[] = [];
    // On whole bytes only; an inner call stands anywhere, as it is packed behind lengths.
    for (let at = this.#data.indexOf(bare); at !== -1; at = this.#data.indexOf(bare, at + 1)) {
      if (at % 2 !== 0) continue;
      const length = lengthOf(this.#data, at + SELECTOR);
      if (length === null || at + SELECTOR + length > this.#data.length) continue;
      if (this.decoded + length > this.#most) {
        this.complete = false;
        break;
      }
      this.decoded += length;
      found.push(`0x${this.#data.slice(at, at + SELECTOR + length)}`);
    }
    return found;
  }
}

function submitLength(): number {
  return SUBMISSION * WORD;
}

function batchLength(data: string, at: number): number | null {
  const [offset, count] = [wordAt(data, at), wordAt(data, at + WORD)];
  return offset === 32 && count !== null ? (2 + count * SUBMISSION) * WORD : null;
}

function attestLength(data: string, at: number): number | null {
  const list = at + ATTEST_HEAD * WORD;
  const [offset, count] = [wordAt(data, list - WORD), wordAt(data, list)];
  if (offset !== ATTEST_HEAD * 32 || count === null || count > MOST_ATTESTATIONS) return null;
  const first = list + WORD;
  let end = first;
  for (let i = 0; i < count; i++) {
    const place = wordAt(data, first + i * WORD);
    if (place === null) return null;
    // The attester, where its signature stands, and that signature's length.
    const attestation = first + 2 * place;
    const signature = wordAt(data, attestation + 2 * WORD);
    if (wordAt(data, attestation + WORD) !== 2 * 32 || signature === null) return null;
    end = Math.max(end, attestation + (3 + Math.ceil(signature / 32)) * WORD);
  }
  return end - at;
}

/** A word as a length or an offset; null for what is longer than any call data, or is not there. */
function wordAt(data: string, at: number): number | null {
  const word = data.slice(at, at + WORD);
  return /^0{56}[0-9a-f]{8}$/.test(word) ? Number.parseInt(word, 16) : null;
}

function decode(contract: Interface, name: string, data: string) {
  try {
    return contract.decodeFunctionData(name, data).toArray();
  } catch {
    return undefined;
  }
}
