import { type AttestCall, signerOf } from "../../chain/eventLog/calls.js";
import type { LogBlock } from "../../chain/eventLog/record.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import { countOf } from "./bounded.js";
import { bookKey, callOf, carriedBy, MOST_ALIKE } from "./calls.js";
import type { Report, Terms } from "./context.js";

type BookAttested = BookRegistryEvents["BookAttested"];
type SigningPlace = Parameters<typeof signerOf>[0];

/** What of a book's signatures could be checked. */
export interface CheckedSignatures {
  readonly seen: boolean;
  /** Signatures of contracts: that the chain took them is all that can be said. */
  readonly byContracts: number;
}

/** Recovers who signed a book from the call that took it to the chain. */
export function checkSignatures(
  { deployment }: Terms,
  event: BookAttested,
  { calls, contracts, unknown }: Pick<LogBlock, "calls" | "contracts" | "unknown">,
  tx: number,
  report: Report,
): CheckedSignatures {
  const sequence = countOf(event.sequence);
  const about = { account: event.account, sequence };
  const call = callOf(calls, tx);
  const attestCalls = (call && carriedBy(call).attests.get(bookKey(event))) ?? [];
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
