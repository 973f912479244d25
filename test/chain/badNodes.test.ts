import assert from "node:assert/strict";
import { ProxiedChain } from "../faults/nodes/proxiedChain.js";
import { GROUPS } from "../faults/nodes/steps.js";
import { faults } from "../faults/nodes.js";
import { Random } from "../support/cases.js";

/** Faults by name that are tried here; all of them, of every command, in `npm run test:faults`. */
const CELLS = 16;

describe("chain, a command through bad nodes", () => {
  let chain: ProxiedChain;
  before(async () => {
    chain = await ProxiedChain.start();
  });
  after(() => chain?.close());

  it("deposits once, or says clearly why not, after which it does", async () => {
    const step = GROUPS["vaults"]?.[0] ?? assert.fail();
    await step.prepare?.(chain);
    const clean = await chain.clean(step);
    for (const [name, rule] of faults(new Random(20_210_517)).slice(0, CELLS))
      await chain.meets(step, rule, clean).catch((error: Error) => {
        throw new Error(`${name}: ${error.stack}`);
      });
  });
});
