import type { Part } from "../soundness/suite/part.js";
import { canary } from "./canary.js";
import { disks } from "./disks.js";
import { flips } from "./flips.js";
import { kills } from "./kills.js";
import { nodes } from "./nodes.js";
import { parsers } from "./parsers.js";

/** Every part of the suite of faults. */
export const parts: readonly Part[] = [canary, disks, flips, kills, nodes, parsers];
