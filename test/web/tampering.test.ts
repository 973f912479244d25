import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { type MarketFile, marketDigest } from "../../src/market/file.js";
import { type Band, serialiseBand } from "../../src/prove/band.js";
import { type Bundle, serialiseBundle } from "../../src/prove/bundle.js";
import { type Dropped, give } from "../support/verifierPage.js";
import { usePage } from "./usePage.js";

describe("the verifier's page, given what was tampered with", () => {
  let market: MarketFile;
  let bundle: Bundle;
  let other: Bundle;
  let band: Band;
  let page: Page;
  usePage((opened) => {
    ({ market, bundle, other, band, page } = opened);
  });

  const desk = (edited: Partial<Bundle> = {}): Dropped => ({
    name: "desk.proof.json",
    text: serialiseBundle({ ...bundle, ...edited }),
  });
  /** The bundle's text with one place of it replaced. */
  const edited = (from: string | RegExp, to: string): Dropped => {
    const { name, text } = desk();
    assert.match(text, new RegExp(from));
    return { name, text: text.replace(from, to) };
  };

  const tampered: Record<string, [() => Dropped, string, string]> = {
    "another commitment": [() => desk({ commitment: bundle.commitment + 1n }), "proof", "InvalidProofError"],
    "another proof": [() => desk({ proof: other.proof }), "proof", "InvalidProofError"],
    "a wider envelope": [
      () => desk({ claim: { ...bundle.claim, envelope: 101 } }),
      "proof",
      "InvalidProofError",
    ],
    "a higher threshold": [
      () => desk({ claim: { ...bundle.claim, theta: 12_500 } }),
      "proof",
      "InvalidProofError",
    ],
    "prices and their digest": [
      () => {
        const [first, ...rest] = market.prices;
        assert.ok(first);
        const kinder = { ...market, prices: [{ ...first, high: first.high + 1n }, ...rest] };
        return desk({ market: kinder, marketDigest: marketDigest(kinder) });
      },
      "proof",
      "InvalidProofError",
    ],
    "prices alone": [() => edited(/"low": "\d+/, '"low": "1'), "bundle", "StatementMismatchError"],
    "kinder words": [() => edited("above 1.0000", "above 2.0000"), "bundle", "StatementMismatchError"],
    "numbers without the claim": [
      () => edited('"theta": 10000', '"theta": 20000'),
      "bundle",
      "StatementMismatchError",
    ],
    "a milder warning": [
      () => edited(/"warning": "[^"]*"/, '"warning": "none"'),
      "bundle",
      "StatementMismatchError",
    ],
    "a better kind of key": [
      () => desk({ key: { kind: "ceremony", phase1: "hermez" } }),
      "key",
      "StatementMismatchError",
    ],
    "another key": [() => desk({ verificationKeyHash: "0".repeat(64) }), "key", "KeyMismatchError"],
    "another tier": [() => desk({ tier: "32x16" }), "key", "KeyMismatchError"],
    "a point off the curve": [
      () => desk({ proof: { ...bundle.proof, pi_a: ["1", "1", "1"] } }),
      "proof",
      "InvalidProofError",
    ],
    "a field too many": [() => edited('"tier"', '"note": "trust me", "tier"'), "bundle", "UnknownFieldError"],
  };
  // shows: A47
  for (const [what, [file, check, error]] of Object.entries(tampered))
    it(`refuses a bundle with ${what}`, async () => {
      const answer = await give(page, file());
      assert.equal(answer.error, error);
      assert.equal(answer.checks[check], "failed");
      assert.ok(!answer.text.includes("What was proven"), "shows nothing as proven");
      // Where zkmargin refuses the proof itself, snarkjs was asked, and refused it as well.
      if (check === "proof") assert.equal(answer.checks.snarkjs, "failed");
    });

  const asBand = (edited: Partial<Band> = {}): Dropped => ({
    name: "desk.band.json",
    text: serialiseBand({ ...band, ...edited }),
  });

  const tamperedBands: Record<string, [() => Dropped, string, string]> = {
    "its proofs in each other's place": [
      () => {
        const json = JSON.parse(asBand().text);
        const { aboveProof, notAboveProof } = json;
        return {
          name: "band.json",
          text: JSON.stringify({ ...json, aboveProof: notAboveProof, notAboveProof: aboveProof }),
        };
      },
      "bundle",
      "StatementMismatchError",
    ],
    "one proof of another claim": [
      () => asBand({ notAbove: { ...band.notAbove, proof: band.above.proof } }),
      "proof",
      "InvalidProofError",
    ],
    "a narrower band than was proven": [
      () =>
        asBand({
          notAbove: {
            ...band.notAbove,
            claim: { ...band.notAbove.claim, theta: band.above.claim.theta + 1 },
          },
        }),
      "proof",
      "InvalidProofError",
    ],
  };
  for (const [what, [file, check, error]] of Object.entries(tamperedBands))
    it(`refuses a band with ${what}`, async () => {
      const answer = await give(page, file());
      assert.deepEqual([answer.error, answer.checks[check]], [error, "failed"]);
      assert.ok(!answer.text.includes("What was proven"));
    });
});
