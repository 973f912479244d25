import { type AttestCall, attestCallsIn, signerOf } from "../../chain/eventLog/calls.js";
import type { LogBlock } from "../../chain/eventLog/record.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import type { Report, Terms } from "./context.js";

type BookAttested = BookRegistryEvents["BookAttested"];

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
  { calls, contracts }: Pick<LogBlock, "calls" | "contracts">,
  tx: number,
  report: Report,
): CheckedSignatures {
  const sequence = Number(event.sequence);
  const about = { account: event.account, sequence };
  const data = calls.find((call) => call.tx === tx)?.data;
  const call = data === undefined ? undefined : attestCallsIn(data).find((each) => isOf(each, event));
  if (call === undefined) {
    report("attestation-unseen", about, "the call that attested the book", "none");
    return { seen: false, byContracts: 0 };
  }
  const place = {
    chainId: deployment.chainId,
    registry: deployment.contracts.bookRegistry.address,
    listing: deployment.listing,
  };
  let byContracts = 0;
  for (const signer of event.signers) {
    const given = call.attestations.find(({ attestor }) => attestor === signer);
    const recovered = given && signerOf(place, call.book, given.signature);
    if (recovered === signer) continue;
    if (given !== undefined && contracts.includes(signer)) byContracts++;
    else report("attestation-forged", about, `a signature by ${signer}`, recovered ?? "none");
  }
  return { seen: true, byContracts };
}

function isOf({ book }: AttestCall, event: BookAttested): boolean {
  return (
    book.account === event.account &&
    book.sequence === event.sequence &&
    book.commitment === event.commitment &&
    book.asOf === event.asOf &&
    book.expiresAt === event.expiresAt
  );
}
