import assert from "node:assert/strict";
import { broken } from "./suite/broken.js";
import { bases } from "./suite/deletion/bases.js";
import { deleteEach } from "./suite/deletion/deleteEach.js";
import { recipes } from "./suite/deletion/recipes.js";
import { REDUNDANT } from "./suite/deletion.js";
import { smallStatement } from "./suite/specimens/statement.js";

const SIZE = { name: "2x2", assets: 2, scenarios: 2, power: 11 };

describe("the deletion of constraints", () => {
  it("names a constraint that nothing is forged without, and forges a false statement without any other", async () => {
    // One signal more than the statement needs.
    const more = broken(
      smallStatement(SIZE.assets, SIZE.scenarios),
      "// 2. Value every asset",
      "signal square <== read.theta * read.theta;\n    // 2. Value every asset",
    );
    const { constraints, forged, unforged } = await deleteEach(
      more,
      { bases: bases(SIZE), recipes },
      () => {},
    );
    assert.equal(forged.size + unforged.size, constraints);
    const unexplained = [...unforged.values()].filter(
      (signals) => !REDUNDANT.some(([pattern]) => pattern.test(signals)),
    );
    assert.equal(unforged.size, REDUNDANT.length + 1);
    assert.equal(unexplained.length, 1);
    assert.ok(unexplained[0]?.includes("main.square"));
    assert.deepEqual([...new Set(forged.values())].sort(), [
      "another commitment",
      "inputs that must be refused",
    ]);
  });
});
