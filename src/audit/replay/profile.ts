import { CHANGE_NAMES } from "../../chain/generated/enums.js";
import type { RiskProfileEvents } from "../../chain/generated/RiskProfile.js";
import { InputError } from "../../errors.js";
import { TIGHTENING_INTERVAL } from "../../protocol/bounds.js";
import { listingDigest } from "../../protocol/listing.js";
import { checkProfile, denseRisk, type RiskProfile } from "../../protocol/profile.js";
import { profileWords, readProfileWords } from "../../protocol/profileWords.js";
import { type PublicSignalName, signalLayout, toField } from "../../protocol/signals.js";
import { isExpired } from "../../protocol/status.js";
import type { RiskParameters } from "../../protocol/types.js";
import { compareProfiles, parameterName, tightestOf } from "../../risk/propose/diff.js";
import { tooFar } from "../../risk/propose/tightening.js";
import { countOf } from "./bounded.js";
import type { Report, Terms } from "./context.js";
import type { ProfileState } from "./profileState.js";

type ProfileChanged = RiskProfileEvents["ProfileChanged"];
const CHANGED = ["collateralFactor", "debtFactor", "perpMargin", "liquidity", "impact"] as const;

/**
 * Takes a new epoch in: its number, its bounds, whether it may be what it says it is, and its folded point.
 * @param place whether it was scheduled and has waited, and whether profiles needed a delay by then; see governance.ts
 */
export function changeProfile(
  terms: Terms,
  profile: ProfileState,
  event: ProfileChanged,
  place: { readonly time: number; readonly delayed: boolean; readonly handedOver: boolean },
  report: Report,
): void {
  const epoch = countOf(event.epoch);
  const about = { epoch };
  if (epoch !== profile.epoch + 1) report("epoch-gap", about, `epoch ${profile.epoch + 1}`, `epoch ${epoch}`);
  const next = checkedProfile(terms, event.profile, epoch, report);
  if (next !== null) checkChange(terms, profile, { event, next, ...place }, report);

  const folded = terms.verifier.refold(null, profileSignals(terms, event.profile, epoch));
  if (folded.x !== event.x || folded.y !== event.y)
    report("profile-fold", about, "the folded point of its parameters", "another point");
  if (CHANGE_NAMES[Number(event.change)] === "tightened") profile.tightenedAt = place.time;
  profile.epoch = epoch;
  profile.epochSince = place.time;
  profile.epochStarts.push(place.time);
  profile.expiresAt = countOf(event.expiresAt);
  profile.words = [...event.profile];
  profile.fallback = [...event.fallbackProfile];
  profile.bookMaxAge = next?.bookMaxAge ?? 0;
  profile.folded = folded;
}

/** The risk parameters of contract words, dense over the tier. */
export function riskOf({ deployment }: Terms, words: readonly bigint[], epoch: number): RiskParameters {
  const { listing, tier } = deployment;
  return denseRisk(readProfileWords(words, listing, tier, BigInt(epoch)), tier);
}

function checkedProfile(
  { deployment }: Terms,
  words: readonly bigint[],
  epoch: number,
  report: Report,
): RiskProfile | null {
  const { listing, tier } = deployment;
  const profile = readProfileWords(words, listing, tier, BigInt(epoch));
  try {
    checkProfile(profile, listing);
    const again = profileWords(profile, tier);
    if (again.some((word, i) => word !== words[i]))
      report("profile-bounds", { epoch }, "padding in slots that are not listed", "other values");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    report("profile-bounds", { epoch }, `${error.path}: ${error.expected}`, error.got);
  }
  return profile;
}

function checkChange(
  { deployment }: Terms,
  before: ProfileState,
  change: {
    readonly event: ProfileChanged;
    readonly next: RiskProfile;
    readonly time: number;
    readonly delayed: boolean;
    readonly handedOver: boolean;
  },
  report: Report,
): void {
  const { event, next, time, delayed, handedOver } = change;
  const { listing, tier } = deployment;
  const epoch = countOf(event.epoch);
  if (before.epoch === 0) return;
  const profileOf = (words: readonly bigint[]) => readProfileWords(words, listing, tier, BigInt(epoch));
  const current = profileOf(before.words);
  const looser = compareProfiles(current, next).find(({ direction }) => direction !== "tighter");
  const named = looser && `${looser.parameter}${looser.asset === null ? "" : ` of ${looser.asset}`}`;
  const kind = CHANGE_NAMES[Number(event.change)];
  if (kind === "tightened") {
    if (named !== undefined)
      report("profile-loosened", { epoch }, "nothing looser in a tightening", `a looser ${named}`);
    if (countOf(event.expiresAt) !== before.expiresAt)
      report("profile-loosened", { epoch }, "an unchanged expiry in a tightening", "another expiry");
    const beyond = tooFar(current, next);
    if (beyond !== null) {
      const name = parameterName(beyond.change);
      const { after } = beyond.change;
      report("tightening-unbounded", { epoch }, `${name} to ${beyond.furthest} at most`, `to ${after}`);
    }
    const earliest = before.tightenedAt + TIGHTENING_INTERVAL;
    if (before.tightenedAt !== 0 && time < earliest)
      report("tightening-unbounded", { epoch }, `no tightening before ${earliest}`, `one at ${time}`);
  } else if (kind === "expired") {
    if (!isExpired(before, time))
      report("profile-loosened", { epoch }, "an expiry once its time has come", "an expiry before it");
    const expected = profileWords(tightestOf(current, profileOf(before.fallback)), tier);
    if (expected.some((word, i) => word !== event.profile[i]))
      report("profile-loosened", { epoch }, "the tighter of the profile and its fallback", "another profile");
  } else if (!delayed && (named !== undefined || handedOver))
    report(
      "loosening-undelayed",
      { epoch },
      "a change that was scheduled and has waited",
      named === undefined ? "another profile at once" : `a looser ${named} at once`,
    );
}

/** The signals of a profile and its listing, by their place among all public signals. */
export function* profileSignals(
  terms: Terms,
  words: readonly bigint[],
  epoch: number,
): Generator<readonly [number, bigint]> {
  const { listing, tier } = terms.deployment;
  const layout = signalLayout(tier);
  const risk = riskOf(terms, words, epoch);
  const offset = (name: PublicSignalName) => layout.get(name)?.offset ?? 0;
  yield [offset("listing"), listingDigest(listing)];
  yield [offset("pnlFactor"), toField(risk.pnlFactor)];
  yield [offset("shockCap"), toField(risk.shockCap)];
  for (const name of CHANGED)
    for (const [u, value] of risk[name].entries()) yield [offset(name) + u, toField(value)];
  for (const [i, value] of risk.shock.flat().entries()) yield [offset("shock") + i, toField(value)];
}
