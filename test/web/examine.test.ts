import assert from "node:assert/strict";
import { InvalidProofError } from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { serialiseBundle } from "../../src/prove/bundle.js";
import { ProvingSession } from "../../src/prove/session.js";
import { examine, VerifiersDisagreeError } from "../../web/examine.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

describe("examine", () => {
  let keys: Parameters<typeof examine>[1];
  let good: string;
  let bad: string;

  before(async () => {
    keys = { "16x16": await pinnedVerificationKey("16x16") };
    const session = await ProvingSession.open(await defaultArtefacts());
    try {
      const market = marketOn("2021-05-17");
      const bundle = await session.prove({ opening: exampleBook("cash-and-carry"), market, theta: 10_000 });
      good = serialiseBundle(bundle);
      bad = serialiseBundle({ ...bundle, commitment: bundle.commitment + 1n });
    } finally {
      await session.close();
    }
  });

  it("believes a proof that both verifiers accept, and none that both refuse", async () => {
    const accepted = await examine({ bundle: good }, keys);
    assert.ok("verified" in accepted);
    const refused = await examine({ bundle: bad }, keys);
    assert.ok("failed" in refused);
    assert.equal(refused.failed, "proof");
    assert.equal(refused.error.constructor, InvalidProofError);
    assert.equal(globalThis.curve_bn128, null, "leaves no curve behind");
  });

  // shows: A47
  it("believes neither verifier where they disagree", async () => {
    for (const [bundle, answer] of [
      [good, false],
      [bad, true],
    ] as const) {
      const examined = await examine({ bundle }, keys, async () => answer);
      assert.ok("failed" in examined);
      assert.equal(examined.failed, "snarkjs");
      assert.equal(examined.error.constructor, VerifiersDisagreeError);
    }
  });
});
