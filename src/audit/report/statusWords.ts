import type { StatusName } from "../../chain/generated/enums.js";
import type { LapseCause, Verdict } from "../result.js";

/** What the gate's statuses are called. */
export const STATUS_WORDS: Readonly<Record<StatusName, string>> = {
  healthy: "healthy",
  grace: "grace",
  marginCall: "margin call",
  liquidatable: "liquidatable",
  unknown: "unknown",
};

/** What an epoch came to. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  contradicted: "contradicted by a finding",
  liquidatable: "liquidatable",
  called: "under a margin call",
  lapsed: "lapsed, within its grace",
  unproven: "nothing proven",
  healthy: "healthy throughout",
};

/** Why a claim of health ceased to hold. */
export const LAPSE_WORDS: Readonly<Record<LapseCause, string>> = {
  price: "the market left the envelope",
  age: "the proof grew too old",
  epoch: "the risk profile changed",
  newBook: "a newer book was attested",
  brokenBook: "the book lost its signers",
  oldBook: "the book expired",
  replaced: "a newer proof took its place",
};
