import assert from "node:assert/strict";
import { creditStory } from "./creditStory.js";
import { Recording, RememberingVerifier, runOptions } from "./recording.js";
import { CREDIT_TAMPERINGS } from "./tamperings/credit.js";

describe("the replay of credit lines", () => {
  let story: readonly string[];
  let verifier: RememberingVerifier;
  before(async () => {
    verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
    story = await creditStory();
  });

  // shows: P65, P67
  it("finds nothing of an honest story, through impairment and default", async () => {
    const log = new Recording(undefined, story);
    const told = ["DebtImpaired", "LineDefaulted", "BatchPaid", "BatchReturned", "LineClosed"] as const;
    for (const name of told) log.find(name);
    const { findings, coverage } = await log.replay({ verifier });
    assert.deepEqual(findings.listed, []);
    assert.equal(coverage.proofsVerified, coverage.proofs);
    assert.ok(coverage.events > 80, String(coverage.events));
  });

  // shows: A81, A82, A86, A88
  for (const { code, what, tamper } of CREDIT_TAMPERINGS)
    it(`finds ${code}, and nothing else: ${what}`, async () => {
      const log = new Recording(undefined, story);
      tamper(log);
      const { byCode, listed } = (await log.replay({ verifier })).findings;
      assert.deepEqual(Object.keys(byCode), [code], JSON.stringify(listed.slice(0, 4), null, 1));
    });
});
