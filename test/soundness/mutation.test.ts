import assert from "node:assert/strict";
import { broken } from "./suite/broken.js";
import { brokenTemplates } from "./suite/brokenTemplates.js";
import { ForgeryFoundError, mutate } from "./suite/mutation/mutate.js";
import { signedSplit } from "./suite/specimens/lib.js";

const SEED = 20_210_519;
/** One of each kind: a selector, a pair of them, a range, a hint, a bound. The suite itself looks at all of them. */
const HERE = [
  "a row that is no bit",
  "two rows at once",
  "a magnitude without range",
  "a maximum below an input",
  "θ of 0",
];

describe("the mutation of witnesses", () => {
  for (const [what, specimen, passage, replacement] of brokenTemplates.filter(([kind]) =>
    HERE.includes(kind),
  ))
    it(`notices ${what} in ${specimen.name}`, async () => {
      const forged = mutate(broken(specimen, passage, replacement), { seed: SEED, cases: 10_000 });
      await assert.rejects(forged, ForgeryFoundError);
    });

  it("accepts no edit of a template that is whole, and tries each signal", async () => {
    const report = await mutate(signedSplit(16), { seed: SEED, cases: 500 });
    assert.equal(report.signals, 21);
    assert.equal(report.cases, 521);
    assert.ok(report.wires > 10, "simplified wires are edited too");
  });
});
