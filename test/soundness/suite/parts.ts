import { deletion } from "./deletion.js";
import { determinism } from "./determinism.js";
import { differential } from "./differential.js";
import { mutation } from "./mutation.js";
import { notices } from "./notices.js";
import type { Part } from "./part.js";
import { seeded } from "./seeded.js";
import { thresholds } from "./thresholds.js";

/** Every part of the suite. To add one, write its file beside this one and name it here. */
export const parts: readonly Part[] = [
  mutation,
  deletion,
  determinism,
  notices,
  differential,
  seeded,
  thresholds,
];
