import assert from "node:assert/strict";
import { GROUPS } from "../faults/nodes/steps.js";
import { World } from "../faults/nodes/world.js";
import { faults } from "../faults/nodes.js";
import { Random } from "../support/cases.js";

/** Faults by name that are tried here; all of them, of every command, in `npm run test:faults`. */
const CELLS = 16;

describe("chain, a command through bad nodes", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world?.close());

  it("deposits once, or says clearly why not, after which it does", async () => {
    const step = GROUPS["vaults"]?.[0] ?? assert.fail();
    await step.prepare?.(world);
    const clean = await world.clean(step);
    for (const [name, rule] of faults(new Random(20_210_517)).slice(0, CELLS))
      await world.meets(step, rule, clean).catch((error: Error) => {
        throw new Error(`${name}: ${error.stack}`);
      });
  });
});
