import { AbiCoder, keccak256 } from "ethers";
import { FormatError } from "../../errors.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { readProfileWords } from "../../protocol/profileWords.js";
import { decodeCall, type ProposalTransaction } from "./calls.js";
import type { Proposal } from "./file.js";

/** What a cancellation would undo: a profile that somebody has scheduled. */
export interface CancelledOperation {
  /** Who scheduled it. */
  readonly caller: string;
  readonly target: string;
  /** As the access manager names it, and its events do. */
  readonly operationId: string;
  /** Null where its call data is no profile in the one encoding that is read. */
  readonly sets: {
    readonly profile: RiskProfile;
    /** Unix seconds; 0 if it would not expire. */
    readonly expiresAt: bigint;
    /** Null where it would not expire. */
    readonly fallback: RiskProfile | null;
  } | null;
}

/** Decodes a cancellation of a proposal that parseProposal has read, or one that it lacks. */
export function cancelledBy(
  { listing, tier }: Pick<Proposal, "listing" | "tier">,
  { data }: Pick<ProposalTransaction, "data">,
): CancelledOperation {
  const { caller, target, data: inner } = decodeCall("cancel", data, "cancel.data");
  const coded = AbiCoder.defaultAbiCoder().encode(["address", "address", "bytes"], [caller, target, inner]);
  const profileOf = (words: readonly bigint[]) => readProfileWords(words, listing, tier, 0n);
  const read = (): CancelledOperation["sets"] => {
    const { profile, expiresAt, fallbackProfile } = decodeCall("setProfile", inner, "cancel.data.data");
    const fallback = expiresAt === 0n ? null : profileOf(fallbackProfile);
    return { profile: profileOf(profile), expiresAt, fallback };
  };
  return { caller, target, operationId: keccak256(coded), sets: unlessMalformed(read) };
}

/** keccak256 of call data, by which a signer compares what a wallet shows with what was reviewed. */
export function callHash({ data }: Pick<ProposalTransaction, "data">): string {
  return keccak256(data);
}

function unlessMalformed<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
