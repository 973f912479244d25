import type { LogCall } from "../../chain/eventLog/record.js";
import type { MarginGateEvents, Submission } from "../../chain/generated/MarginGate.js";
import type { BatchItem } from "../../groth16/batchVerifier.js";
import type { Groth16Proof } from "../../groth16/proof.js";
import type { Point } from "../../protocol/folding.js";
import { countOf } from "./bounded.js";
import { callOf, carriedBy, claimKey, MOST_ALIKE } from "./calls.js";
import type { About, Place, Report } from "./context.js";

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
 * The proofs of an accepted claim that its call has. None, and reported, if the call is not in the record or has no proof of
 * this account at this round and claim, or more than can be told apart.
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
  return { proof: proofPoints(proof), account: [commitment, claim], folded };
}

/** A proof of the EVM's words as snarkjs writes it. */
function proofPoints({ a, b, c }: Submission["proof"]): Groth16Proof {
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
