import { CHANGE_NAMES } from "../../chain/generated/enums.js";
import type { RiskProfileEvents } from "../../chain/generated/RiskProfile.js";
import { InputError } from "../../errors.js";
import { TIGHTENING_INTERVAL } from "../../protocol/bounds.js";
import type { Point } from "../../protocol/folding.js";
import { listingDigest } from "../../protocol/listing.js";
import { checkProfile, denseRisk, type RiskProfile } from "../../protocol/profile.js";
import { profileWords, readProfileWords, shocksHash } from "../../protocol/profileWords.js";
import { type PublicSignalName, signalLayout, toField } from "../../protocol/signals.js";
import { largestShocks } from "../../protocol/statement.js";
import { isExpired } from "../../protocol/status.js";
import type { RiskParameters } from "../../protocol/types.js";
import { compareProfiles, parameterName, tightestOf, tooFar } from "../../risk/propose/tightening.js";
import type { EpochRecord } from "../result.js";
import { type AccountLog, beginEpoch } from "./account.js";
import { type Growing, newGrowing, push } from "./bounded.js";
import {
  type Basis,
  checkAuthority,
  countOf,
  type EventContext,
  type Handlers,
  type Report,
} from "./context.js";

const CHANGED = ["collateralFactor", "debtFactor", "perpMargin", "liquidity", "impact"] as const;

/** An epoch of the profile, as it goes on. */
type EpochEntry = { -readonly [K in keyof EpochRecord]: EpochRecord[K] };
/** The newest epochs, for a result to list. */
export type EpochList = Growing<EpochEntry>;
const EPOCHS_KEPT = 1_000;

/** What parameters and prices are folded with. */
export interface FoldBasis {
  readonly deployment: Pick<Basis["deployment"], "listing" | "tier">;
  readonly verifier: Basis["verifier"];
}

/** Everything of the risk profile that later events depend on. */
export interface ProfileState {
  /** 0 before the first. */
  epoch: number;
  /** Unix seconds at which each epoch began, from the first on. */
  readonly epochStarts: number[];
  /** Unix seconds of the last tightening; 0 if there was none. */
  tightenedAt: number;
  /** 0 if it does not expire. */
  expiresAt: number;
  paused: boolean;
  resumedAt: number;
  words: readonly bigint[];
  fallback: readonly bigint[];
  /** Seconds. */
  bookMaxAge: number;
  /** What its shocks hash to, and since when they are in force; see IRiskProfile.shocksHash. */
  shocks: string;
  shocksSince: number;
  /** IC₀ and the listing's and the profile's signals, folded here. */
  folded: Point | null;
}

export function newProfile(): ProfileState {
  return {
    epoch: 0,
    epochStarts: [],
    tightenedAt: 0,
    expiresAt: 0,
    paused: false,
    resumedAt: 0,
    words: [],
    fallback: [],
    bookMaxAge: 0,
    shocks: "",
    shocksSince: 0,
    folded: null,
  };
}

/** What events of the profile change. */
interface ProfilePart {
  readonly profile: ProfileState;
  readonly epochs: EpochList;
  readonly logs: ReadonlyMap<string, AccountLog>;
  readonly governance: { readonly handedOver: boolean };
}

export const profileHandlers: Handlers<RiskProfileEvents, ProfilePart, EventContext> = {
  AuthorityUpdated: (_, event, context) => checkAuthority("riskProfile", event, context),

  /** A new epoch: its number, its bounds, whether it may be what it says it is, and its folded point. */
  ProfileChanged({ profile, epochs, logs, governance }, event, context) {
    const { basis, block, report } = context;
    const { time } = block;
    const epoch = countOf(event.epoch);
    if (epoch !== profile.epoch + 1)
      report("epoch-gap", { epoch }, `epoch ${profile.epoch + 1}`, `epoch ${epoch}`);
    const next = checkedProfile(basis, event.profile, epoch, report);
    if (next !== null) checkChange(profile, { event, next, handedOver: governance.handedOver }, context);

    takeProfile(basis, profile, event, time, report);
    listEpoch(epochs, profile, event.change, context);
    for (const log of logs.values()) beginEpoch(log, epoch);
  },

  Paused({ profile }, _, { report }) {
    if (profile.paused)
      report("event-impossible", { epoch: profile.epoch }, "a pause of what goes on", "another pause");
    profile.paused = true;
  },

  Unpaused({ profile }, _, { block, report }) {
    if (!profile.paused)
      report("event-impossible", { epoch: profile.epoch }, "the end of a pause", "one without a pause");
    profile.paused = false;
    profile.resumedAt = block.time;
  },
};

/** Takes an epoch in: its parameters, since when it is, and its folded point. */
export function takeProfile(
  basis: FoldBasis,
  profile: ProfileState,
  event: RiskProfileEvents["ProfileChanged"],
  time: number,
  report: Report,
): void {
  const { listing, tier } = basis.deployment;
  const epoch = countOf(event.epoch);
  const folded = basis.verifier.refold(null, profileSignals(basis, event.profile, epoch));
  if (folded.x !== event.x || folded.y !== event.y)
    report("profile-fold", { epoch }, "the folded point of its parameters", "another point");
  if (CHANGE_NAMES[Number(event.change)] === "tightened") profile.tightenedAt = time;
  profile.epoch = epoch;
  profile.epochStarts.push(time);
  profile.expiresAt = countOf(event.expiresAt);
  profile.words = [...event.profile];
  const shocks = shocksHash(event.profile, tier);
  if (shocks !== profile.shocks) Object.assign(profile, { shocks, shocksSince: time });
  profile.fallback = [...event.fallbackProfile];
  profile.bookMaxAge = readProfileWords(event.profile, listing, tier, BigInt(epoch)).bookMaxAge;
  profile.folded = folded;
}

/** What events of the profile change that a derived market's ledger folds with. */
interface BasePart extends Pick<ProfilePart, "governance"> {
  /** Null where there is no such profile. */
  readonly baseProfile: ProfileState | null;
}

/** The base's part of a state: no account's epoch is of it, and a result lists none of its epochs. */
function basePart({ baseProfile, governance }: BasePart): ProfilePart {
  return { profile: baseProfile ?? newProfile(), governance, epochs: newGrowing(), logs: new Map() };
}

export const baseProfileHandlers: Handlers<RiskProfileEvents, BasePart, EventContext> = {
  AuthorityUpdated: (_, event, context) => checkAuthority("baseProfile", event, context),
  ProfileChanged: (state, event, context) => profileHandlers.ProfileChanged(basePart(state), event, context),
  Paused: (state, event, context) => profileHandlers.Paused(basePart(state), event, context),
  Unpaused: (state, event, context) => profileHandlers.Unpaused(basePart(state), event, context),
};

/** Lists the epoch that has just begun, and ends the one before. */
function listEpoch(
  epochs: EpochList,
  profile: ProfileState,
  change: bigint,
  { basis, block: { number, time } }: EventContext,
): void {
  const before = epochs.items.at(-1);
  if (before !== undefined) before.until = time;
  const risk = riskOf(basis, profile.words, profile.epoch);
  const epoch: EpochEntry = {
    epoch: profile.epoch,
    change: CHANGE_NAMES[Number(change)] ?? "set",
    block: number,
    since: time,
    until: null,
    rounds: 0,
    pnlFactor: Number(risk.pnlFactor),
    bookMaxAge: profile.bookMaxAge,
    expiresAt: profile.expiresAt === 0 ? null : profile.expiresAt,
  };
  push(epochs, epoch, EPOCHS_KEPT);
}

/** The risk parameters of contract words, dense over the tier. */
export function riskOf(
  { deployment }: Pick<FoldBasis, "deployment">,
  words: readonly bigint[],
  epoch: number,
): RiskParameters {
  const { listing, tier } = deployment;
  return denseRisk(readProfileWords(words, listing, tier, BigInt(epoch)), tier);
}

function checkedProfile(
  { deployment }: Basis,
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

/** @param handedOver whether other profiles need a delay by now; see governance.ts */
function checkChange(
  before: ProfileState,
  {
    event,
    next,
    handedOver,
  }: {
    readonly event: RiskProfileEvents["ProfileChanged"];
    readonly next: RiskProfile;
    readonly handedOver: boolean;
  },
  { basis, block: { time }, waited, report }: EventContext,
): void {
  const { listing, tier } = basis.deployment;
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
  } else if (!waited && (named !== undefined || handedOver))
    report(
      "loosening-undelayed",
      { epoch },
      "a change that was scheduled and has waited",
      named === undefined ? "another profile at once" : `a looser ${named} at once`,
    );
}

/** The signals of a profile and its listing, by their place among all public signals. */
export function* profileSignals(
  basis: Pick<FoldBasis, "deployment">,
  words: readonly bigint[],
  epoch: number,
): Generator<readonly [number, bigint]> {
  const { listing, tier } = basis.deployment;
  const layout = signalLayout(tier);
  const risk = riskOf(basis, words, epoch);
  const offset = (name: PublicSignalName) => layout.get(name)?.offset ?? 0;
  yield [offset("listing"), listingDigest(listing)];
  yield [offset("pnlFactor"), toField(risk.pnlFactor)];
  for (const name of CHANGED)
    for (const [u, value] of risk[name].entries()) yield [offset(name) + u, toField(value)];
  for (const [u, value] of largestShocks(risk).entries()) yield [offset("shockCap") + u, value];
  for (const [i, value] of risk.shock.flat().entries()) yield [offset("shock") + i, toField(value)];
}
