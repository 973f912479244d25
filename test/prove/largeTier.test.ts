import assert from "node:assert/strict";
import { groth16 } from "snarkjs";
import { InvalidProofError, MarketMismatchError, TierMismatchError } from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { type Bundle, parseBundle, serialiseBundle } from "../../src/prove/bundle.js";
import { exportForSnarkjs, type TrustedKey, verifyBundle } from "../../src/prove/bundleVerifier.js";
import { ProvingSession } from "../../src/prove/session.js";
import { artefactsOf, exampleBook, marketOn } from "../support/desk.js";

const [SMALL, LARGE] = TIERS;

describe(`a proof of the ${LARGE.name} tier`, () => {
  const market = marketOn("2021-05-17");
  const opening = exampleBook("cash-and-carry", {}, LARGE);
  let session: ProvingSession;
  let trusted: TrustedKey;
  let bundle: Bundle;

  before(async () => {
    session = await ProvingSession.open(await artefactsOf(LARGE));
    trusted = await pinnedVerificationKey(LARGE.name);
    bundle = await session.prove({ opening, market, theta: 10_000, envelope: 200 });
  });
  after(() => session?.close());

  it("is verified from its text, under the key that the package ships", () => {
    const verified = verifyBundle({ bundle: parseBundle(serialiseBundle(bundle)), trusted });
    assert.equal(verified.tier.name, LARGE.name);
    assert.equal(verified.commitment, opening.commitment);
    assert.deepEqual(verified.claim, { theta: 10_000, envelope: 200, healthy: true, isolated: false });
  });

  it("is accepted by stock snarkjs", async () => {
    const files = exportForSnarkjs({ bundle, trusted });
    const [key, signals, proof] = (["verification_key.json", "public.json", "proof.json"] as const).map(
      (name) => JSON.parse(files[name]),
    );
    try {
      assert.equal(signals.length, trusted.key.nPublic);
      assert.equal(await groth16.verify(key, signals, proof), true);
      assert.equal(await groth16.verify(key, signals.with(0, "1"), proof), false);
    } finally {
      await globalThis.curve_bn128?.terminate();
    }
  });

  it("is refused for another commitment, claim or market, and for the same book in the small tier", () => {
    const { verifier } = session;
    const small = exampleBook("cash-and-carry", {}, SMALL);
    assert.notEqual(small.commitment, opening.commitment);
    for (const commitment of [opening.commitment + 1n, small.commitment])
      assert.throws(
        () => verifier.verify({ ...bundle, commitment }),
        (error: Error) => error.constructor === InvalidProofError,
      );
    assert.throws(
      () => verifier.verify({ ...bundle, claim: { ...bundle.claim, theta: 10_001 } }),
      (error: Error) => error.constructor === InvalidProofError,
    );
    assert.throws(
      () => verifier.verify(bundle, marketOn("2021-05-19")),
      (error: Error) => error.constructor === MarketMismatchError,
    );
    assert.throws(
      () => verifyBundle({ bundle: { ...bundle, tier: SMALL.name }, trusted }),
      (error: Error) => error.constructor === TierMismatchError,
    );
  });
});
