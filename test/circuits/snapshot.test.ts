import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { signalCount } from "../../src/protocol/signals.js";
import { CLEARING_CIRCUITS, CLEARING_SIGNALS, TIERS } from "../../src/protocol/tiers.js";
import { circuitSnapshot } from "../support/circuitSnapshot.js";

const recorded = JSON.parse(readFileSync(new URL("../snapshots/circuits.json", import.meta.url), "utf8"));

describe("circuit sizes", () => {
  // shows: P7
  it("are those of test/snapshots/circuits.json (after an intended change: npm run snapshot)", async () => {
    assert.deepEqual(await circuitSnapshot(), recorded);
  });

  for (const tier of TIERS)
    it(`${tier.name} fits its domain of 2^${tier.power}`, () => {
      assert.ok(recorded.tiers[tier.name].constraints + signalCount(tier) + 1 <= 2 ** tier.power);
    });

  for (const { name, power } of CLEARING_CIRCUITS)
    it(`${name} fits its domain of 2^${power}, and not half of it`, () => {
      const used = recorded.tiers[name].constraints + CLEARING_SIGNALS + 1;
      assert.ok(used <= 2 ** power && used > 2 ** (power - 1));
    });
});
