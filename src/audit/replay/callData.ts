import { type AttestCall, callsIn, signerOf } from "../../chain/eventLog/calls.js";
import type { LogBlock, LogCall } from "../../chain/eventLog/record.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import type { MarginGateEvents, Submission } from "../../chain/generated/MarginGate.js";
import type { BatchItem } from "../../groth16/batchVerifier.js";
import type { Groth16Proof } from "../../groth16/proof.js";
import type { Point } from "../../protocol/folding.js";
import { type About, type Basis, countOf, type Place, type Report } from "./context.js";

/** What events do not tell, and the call data of their transactions does: proofs of claims, and signatures under books. */

/** Calls of one book or claim that are told apart; more in one transaction is done to be confused by. */
export const MOST_ALIKE = 16;

/** What a transaction carries, by what it is of. */
interface CarriedCalls {
  readonly submissions: ReadonlyMap<string, readonly Submission[]>;
  readonly attests: ReadonlyMap<string, readonly AttestCall[]>;
  /** Whether it carries any proof. */
  readonly proves: boolean;
  /** Whether all of its call data was looked at. */
  readonly complete: boolean;
}

const byTransaction = new WeakMap<readonly LogCall[], Map<number, LogCall>>();
const carried = new WeakMap<LogCall, CarriedCalls>();

/** The call of a transaction among those of a block. */
export function callOf(calls: readonly LogCall[], tx: number): LogCall | undefined {
  let known = byTransaction.get(calls);
  if (known === undefined) {
    known = new Map([...calls].reverse().map((call) => [call.tx, call]));
    byTransaction.set(calls, known);
  }
  return known.get(tx);
}

/** What a call carries, read once however many events are of it. */
function carriedBy(call: LogCall): CarriedCalls {
  const known = carried.get(call);
  if (known !== undefined) return known;
  const { submissions, attests, complete } = callsIn(call.data);
  const found: CarriedCalls = {
    submissions: grouped(submissions, claimKey),
    attests: grouped(attests, ({ book }) => bookKey(book)),
    proves: submissions.length > 0,
    complete,
  };
  carried.set(call, found);
  return found;
}

/** Names a submitted claim. */
function claimKey({ account, round, claim }: Pick<Submission, "account" | "round" | "claim">): string {
  return `${account} ${round} ${claim}`;
}

/** Names an attested book by everything in it. */
function bookKey({ account, sequence, commitment, asOf, expiresAt }: AttestCall["book"]): string {
  return [account, sequence, commitment, asOf, expiresAt].join(" ");
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const known = groups.get(keyOf(item));
    if (known === undefined) groups.set(keyOf(item), [item]);
    else known.push(item);
  }
  return groups;
}

type ProofAccepted = MarginGateEvents["ProofAccepted"];

/** An accepted proof that waits to be verified together with others. */
export interface PendingProof {
  /** A call may carry others of the same claim, which the gate refused: one that is valid is the accepted one. */
  readonly candidates: readonly BatchItem[];
  readonly place: Place;
  readonly about: About & { readonly account: string };
  /** Called if it is valid. */
  readonly verified: () => void;
}

/** Proofs that are verified at once; a longer batch is hardly cheaper. */
export const BATCH = 128;

/**
 * The proofs that a call carries for an accepted claim. Reports and returns none if the record lacks the call, or if
 * the call has no proof of this account, round and claim. Likewise if it has more than can be told apart.
 */
export function proofsOf(
  event: ProofAccepted,
  calls: readonly LogCall[],
  tx: number,
  report: Report,
): readonly Submission[] {
  const about = { account: event.account, round: countOf(event.round), sequence: countOf(event.sequence) };
  const call = callOf(calls, tx);
  const { submissions, proves, complete } = call === undefined ? NOTHING : carriedBy(call);
  const found = submissions.get(claimKey(event)) ?? [];
  if (found.length > 0 && found.length <= MOST_ALIKE) return found;
  if (proves && complete && found.length === 0)
    report("proof-claim", about, "a proof of this account, round and claim in the call", "of another");
  else
    report(
      "proof-unseen",
      about,
      "the call that submitted the proof",
      call === undefined || !proves ? "none" : "one that repeats calls without end",
    );
  return [];
}

const NOTHING = { submissions: new Map<string, readonly Submission[]>(), proves: false, complete: true };

/** A submitted proof with everything that it must be verified with. */
export function batchItem({ proof, claim }: Submission, commitment: bigint, folded: Point): BatchItem {
  return { proof: proofPoints(proof), own: [commitment, claim], folded };
}

/** A proof of the EVM's words as snarkjs writes it. */
export function proofPoints({ a, b, c }: Submission["proof"]): Groth16Proof {
  const text = (value: bigint | undefined) => String(value ?? 0n);
  return {
    pi_a: [text(a[0]), text(a[1]), "1"],
    pi_b: [
      [text(b[1]), text(b[0])],
      [text(b[3]), text(b[2])],
      ["1", "0"],
    ],
    pi_c: [text(c[0]), text(c[1]), "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}

type BookAttested = BookRegistryEvents["BookAttested"];
type SigningPlace = Parameters<typeof signerOf>[0];

/** What of a book's signatures could be checked. */
interface CheckedSignatures {
  readonly seen: boolean;
  /** Signatures of contracts: that the chain took them is all that can be said. */
  readonly byContracts: number;
}

/** Recovers who signed a book from the call that took it to the chain. */
export function checkSignatures(
  { deployment }: Basis,
  event: BookAttested,
  { calls, contracts, unknown }: Pick<LogBlock, "calls" | "contracts" | "unknown">,
  tx: number,
  report: Report,
): CheckedSignatures {
  const sequence = countOf(event.sequence);
  const about = { account: event.account, sequence };
  const call = callOf(calls, tx);
  const attestCalls = (call && carriedBy(call).attests.get(bookKey(event))) ?? [];
  // A contract may attest in a call of its own, as a clearing house does: its signature says nothing that the chain has not.
  const { signers } = event;
  if (attestCalls.length === 0 && signers.length > 0 && signers.every((one) => contracts.includes(one)))
    return { seen: true, byContracts: signers.length };
  if (attestCalls.length === 0 || attestCalls.length > MOST_ALIKE) {
    const got = attestCalls.length === 0 ? "none" : "one that repeats calls without end";
    report("attestation-unseen", about, "the call that attested the book", got);
    return { seen: false, byContracts: 0 };
  }
  const place = {
    chainId: deployment.chainId,
    registry: deployment.contracts.bookRegistry.address,
    listing: deployment.listing,
  };
  const checked = attestCalls.map((call) => checkCall(call, event.signers, { contracts, unknown }, place));
  // A transaction may carry other calls of the same book, which the registry refused.
  const sound = checked.find(({ forged, untold }) => forged.length === 0 && untold.length === 0);
  const best = sound ?? checked.find(({ forged }) => forged.length === 0) ?? checked[0];
  for (const { signer, recovered } of best?.forged ?? [])
    report("attestation-forged", about, `a signature by ${signer}`, recovered ?? "none");
  for (const signer of best?.untold ?? [])
    report("attestation-unseen", about, `whether ${signer} is a contract`, "a node that could not tell");
  return { seen: best?.untold.length === 0, byContracts: best?.byContracts ?? 0 };
}

/** What of one call's signatures is not by whom it says, and of whom that cannot be told. */
interface CheckedCall {
  readonly forged: readonly { readonly signer: string; readonly recovered: string | undefined }[];
  readonly untold: readonly string[];
  readonly byContracts: number;
}

function checkCall(
  { book, attestations }: AttestCall,
  signers: readonly string[],
  { contracts, unknown }: Pick<LogBlock, "contracts" | "unknown">,
  place: SigningPlace,
): CheckedCall {
  const forged: { readonly signer: string; readonly recovered: string | undefined }[] = [];
  const untold: string[] = [];
  let byContracts = 0;
  for (const signer of signers) {
    const given = attestations.find(({ attester }) => attester === signer);
    const recovered = given && signerOf(place, book, given.signature);
    if (recovered === signer) continue;
    if (given !== undefined && contracts.includes(signer)) byContracts++;
    else if (given !== undefined && unknown.includes(signer)) untold.push(signer);
    else forged.push({ signer, recovered });
  }
  return { forged, untold, byContracts };
}
