import type { Bug } from "../bug.js";
import { ASSETS } from "./assets.js";
import { BOUND_WORDS } from "./boundWords.js";
import { CLAIMS } from "./claims.js";
import { CLEARED_BOOKS, NOTES_AND_REDUCTIONS } from "./clearedBooks.js";
import { COMMITMENTS } from "./commitments.js";
import { MAXIMA } from "./maxima.js";
import { NETTED_PAIRS } from "./nettedPairs.js";
import { RANGES } from "./ranges.js";
import { SEALS } from "./seals.js";
import { SLEEVE_NUMBERS } from "./sleeves.js";
import { SLEEVES, SUMS, VERDICTS, WIRINGS } from "./statements.js";
import { TRANSITION_WORDS, TRANSITIONS } from "./transitions.js";

/** Every seeded bug, by the templates that it is in: a task each. */
export const BUGS: Readonly<Record<string, readonly Bug[]>> = {
  ranges: RANGES,
  "netted pairs": NETTED_PAIRS,
  maxima: MAXIMA,
  claims: CLAIMS,
  assets: ASSETS,
  commitments: COMMITMENTS,
  sleeves: SLEEVE_NUMBERS,
  "verdicts of statements": VERDICTS,
  "sums of statements": SUMS,
  "sleeves of statements": SLEEVES,
  "wirings of statements": WIRINGS,
  "cleared books": CLEARED_BOOKS,
  "notes and reductions": NOTES_AND_REDUCTIONS,
  seals: SEALS,
  "bound words and reveals": BOUND_WORDS,
  transitions: TRANSITIONS,
  "words of transitions": TRANSITION_WORDS,
};
