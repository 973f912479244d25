// Generated from contracts/ by `npm run contracts`. Do not edit.

export const CHANGE_NAMES = ["set", "tightened", "expired"] as const;
/** A name of CHANGE_NAMES. */
export type ChangeName = (typeof CHANGE_NAMES)[number];

export const CHECKSTATE_NAMES = ["none", "agrees", "disagrees", "silent"] as const;
/** A name of CHECKSTATE_NAMES. */
export type CheckStateName = (typeof CHECKSTATE_NAMES)[number];

export const DEFAULTSTAGE_NAMES = ["none", "noted", "absorbed", "collected"] as const;
/** A name of DEFAULTSTAGE_NAMES. */
export type DefaultStageName = (typeof DEFAULTSTAGE_NAMES)[number];

export const STAGE_NAMES = ["none", "open", "frozen", "revealed", "settled"] as const;
/** A name of STAGE_NAMES. */
export type StageName = (typeof STAGE_NAMES)[number];

export const STATUS_NAMES = ["unknown", "liquidatable", "marginCall", "grace", "healthy"] as const;
/** A name of STATUS_NAMES. */
export type StatusName = (typeof STATUS_NAMES)[number];

export const WATERFALLSTEP_NAMES = ["defaulter", "affiliates", "capital", "members"] as const;
/** A name of WATERFALLSTEP_NAMES. */
export type WaterfallStepName = (typeof WATERFALLSTEP_NAMES)[number];
