import type { Finding } from "../../src/queue/proofQueue.js";
import { FORM_OF_PROOF } from "./statuses.js";

/** Whose queue the tests' are. */
export const OWNER = { chainId: 31_337n, gate: `0x${"aa".repeat(20)}` };

/** What a worker finds, as far as a queue looks at it. */
export const PROVEN: Finding = {
  outcome: "proven",
  claim: { theta: 10_000, envelope: 100, healthy: true, isolated: false },
  proof: FORM_OF_PROOF,
};

export const accountOf = (i: number) => `0x${i.toString(16).padStart(64, "0")}`;

/** A job for each of the first accounts. */
export const jobsFrom = (count: number, round = 1n, priority = 0) =>
  Array.from({ length: count }, (_, i) => ({
    account: accountOf(i),
    ...{ sequence: 1n, round, epoch: 1n, priority },
  }));
