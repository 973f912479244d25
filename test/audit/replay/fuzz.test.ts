import assert from "node:assert/strict";
import { FuzzedChain } from "./fuzzChain.js";
import { RememberingVerifier, replayText, runOptions } from "./recording.js";

/** Steps of a scenario; AUDIT_STEPS for more, AUDIT_SEED for another one. `npm run test:audit` runs several, and longer ones. */
const STEPS = Number(process.env["AUDIT_STEPS"] ?? 50);
const SEED = Number(process.env["AUDIT_SEED"] ?? 5_2021);

describe("the replayed status", () => {
  it("is the contract's answer at every block of a fuzzed scenario", async function () {
    this.timeout(3_600_000);
    console.log(`      seed ${SEED}, ${STEPS} steps`);
    const { key } = await runOptions();
    const verifier = new RememberingVerifier(key.verificationKey);
    const chain = await FuzzedChain.start(lehmer(SEED));
    const done = new Map<string, number>();
    try {
      for (let i = 0; i < STEPS; i++) {
        const kind = await chain.step();
        done.set(kind, (done.get(kind) ?? 0) + 1);
      }
    } finally {
      await chain.close();
    }
    console.log(`      ${[...done].map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
    const audit = await replayText(chain.tape.text(), { verifier });
    const fits = audit.findings.listed.filter(
      ({ code }) => code !== "proof-outside-envelope" && code !== "sequence-gap",
    );
    assert.deepEqual(fits, []);
    assert.ok(audit.coverage.statusesCompared >= STEPS, String(audit.coverage.statusesCompared));
    const statuses = new Set(
      audit.accounts.flatMap(({ statuses: all }) => all.items.map(({ status }) => status)),
    );
    console.log(`      statuses met: ${[...statuses].join(", ")}`);
    assert.ok(statuses.size >= 3, "a scenario in which something happens");
  });
});

function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 4;
  };
}
