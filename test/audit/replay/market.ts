import { profileSignals } from "../../../src/audit/replay/profile.js";
import type { BatchVerifier } from "../../../src/groth16/batchVerifier.js";
import { moveOf } from "../../../src/protocol/odometer.js";
import type { RiskProfile } from "../../../src/protocol/profile.js";
import { profileWords, readProfileWords } from "../../../src/protocol/profileWords.js";
import { signalLayout, toField } from "../../../src/protocol/signals.js";
import type { Recording } from "./recording.js";

/** Makes the odometer and the folded point of the last round what its prices ask for. */
export function refit(recording: Recording, verifier: BatchVerifier): void {
  const before = recording.find("RoundCommitted", -2).fields;
  const { fields } = recording.find("RoundCommitted", -1);
  const { fields: profile } = recording.find("ProfileChanged", -1);
  const terms = termsOf(recording, verifier);
  const layout = signalLayout(recording.deployment.tier);
  const signals = [...profileSignals(terms, [...profile.profile], 1)];
  const columns = (["low", "high", "funding"] as const).flatMap((name) =>
    [...fields[name]].map((value, u) => [(layout.get(name)?.offset ?? 0) + u, toField(value)] as const),
  );
  const folded = verifier.refold(null, [...signals, ...columns]);
  const quote = (of: typeof fields, u: number) => ({
    low: of.low[u] ?? 0n,
    high: of.high[u] ?? 0n,
    funding: of.funding[u] ?? 0n,
  });
  const moves = [...fields.low].map((_, u) => moveOf(quote(before, u), quote(fields, u)));
  const most = moves.reduce((a, b) => (a > b ? a : b), 0n);
  recording.edit("RoundCommitted", -1, () => ({ ...folded, odometer: before.odometer + most }));
}

/** Changes the profile of an epoch, and makes its point fit. */
export function reprofile(
  recording: Recording,
  verifier: BatchVerifier,
  edit: (profile: RiskProfile) => RiskProfile,
): { profile: bigint[]; x: bigint; y: bigint } {
  const { listing, tier } = recording.deployment;
  const { fields } = recording.find("ProfileChanged", -1);
  const profile = profileWords(edit(readProfileWords([...fields.profile], listing, tier, 1n)), tier);
  const signals = [...profileSignals(termsOf(recording, verifier), profile, 1)];
  return { profile, ...verifier.refold(null, signals) };
}

function termsOf({ deployment, constants }: Recording, verifier: BatchVerifier) {
  return { deployment, constants, verifier };
}
