import type { EpochRecord } from "../result.js";
import type { Growing } from "./bounded.js";

/** An epoch of the profile, as it goes on. */
export type EpochEntry = { -readonly [K in keyof EpochRecord]: EpochRecord[K] };

/** Epochs that a result keeps. */
export const EPOCHS_KEPT = 1_000;

export type EpochList = Growing<EpochEntry>;
