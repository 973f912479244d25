import assert from "node:assert/strict";
import { runSuite, taskSeed } from "./suite/runSuite.js";
import { parts } from "./toyParts.js";

const module = new URL("toyParts.ts", import.meta.url).href;

describe("the soundness suite's runner", () => {
  it("runs every task in a process, and tells what each came to, a process that died included", async () => {
    const ended: string[] = [];
    const results = await runSuite(parts, {
      module,
      seed: 7,
      long: false,
      jobs: 1,
      onEnd: ({ task }) => ended.push(task),
    });
    assert.deepEqual(ended.sort(), ["dead", "found", "idle", "left out", "well"]);
    const [dead, found, idle, leftOut, well] = results.sort((a, b) => (a.task < b.task ? -1 : 1));
    assert.match(dead?.failure ?? "", /the task's process ended by itself: code 9/);
    assert.match(found?.failure ?? "", /accepted what is false/);
    assert.match(idle?.failure ?? "", /expected at least one case tried, got 0/);
    assert.equal(leftOut?.failure, null);
    assert.equal(leftOut?.says, "left out: no such disk here");
    assert.equal(well?.failure, null);
    assert.equal(well?.cases, 3);
    assert.equal(well?.says, `seed ${taskSeed(7, "toy", "well")}`);
  });

  it("gives a task the same seed when it runs alone, and another one to another task or of another suite", async () => {
    const [alone] = await runSuite(parts, {
      module,
      seed: 7,
      long: false,
      jobs: 2,
      select: (_, { name }) => name === "well",
    });
    assert.equal(alone?.seed, taskSeed(7, "toy", "well"));
    assert.equal(new Set([alone?.seed, taskSeed(8, "toy", "well"), taskSeed(7, "toy", "found")]).size, 3);
  });
});
