import { TIERS } from "../../../src/protocol/tiers.js";
import { tryThresholds } from "../../parity/thresholds.js";
import { compileTier } from "../../support/circuit.js";
import type { Part } from "./part.js";

const CASES = 2_000;
const LONG_CASES = 100_000;

/** Whole tiers against the reference model, where verdicts turn. */
export const thresholds: Part = {
  name: "thresholds",
  about: "circuits turn their verdict at the attodollar at which the reference does",
  tasks: () =>
    TIERS.map((tier) => ({
      name: tier.name,
      seconds: 2 * tier.assets,
      run: async ({ seed, long }, progress) => ({
        cases: tryThresholds(await compileTier(tier.name), tier, seed, long ? LONG_CASES : CASES, progress),
      }),
    })),
};
