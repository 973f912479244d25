import assert from "node:assert/strict";
import { bn254 } from "@noble/curves/bn254";
import * as snarkjs from "snarkjs";
import { checkKeyOnChain } from "../../src/chain/checkDeployment.js";
import { type NamedKey, tableHash, verifyingKeyWords } from "../../src/chain/verificationKey.js";
import { DeploymentMismatchError, DevelopmentKeyError, type KeyFault } from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import type { VerificationKey } from "../../src/groth16/verificationKey.js";
import {
  checkExponents,
  checkKey,
  checkKeyForm,
  checkKeyGroups,
  GENERATOR_2,
  verificationKeyHash,
} from "../../src/groth16/verificationKey.js";
import { marketDigest } from "../../src/market/file.js";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";
import { DEFAULT_TIER, TIERS, type TierName } from "../../src/protocol/tiers.js";
import type { Bundle } from "../../src/prove/bundle.js";
import { BundleVerifier, exportForSnarkjs } from "../../src/prove/bundleVerifier.js";
import { marketOn } from "../support/desk.js";
import { refusedFor } from "../support/keyFault.js";

const TIER = TIERS.find(({ name }) => name === DEFAULT_TIER) ?? TIERS[0];
const [X0, X1, Y0, Y1] = GENERATOR_2.map(String) as [string, string, string, string];
const GENERATOR = [
  [X0, X1],
  [Y0, Y1],
  ["1", "0"],
];
const LOCAL = { chainId: 31_337n, local: true };

/** A point of the curve of G2 that is not of order r, drawn by trying coordinates. */
function pointOfAnotherOrder(): string[][] {
  const { Fp2 } = bn254.fields;
  for (let x0 = 1n; ; x0++) {
    const x = Fp2.fromBigTuple([x0, 0n]);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), bn254.G2.CURVE.b);
    try {
      const y = Fp2.sqrt(square);
      if (bn254.G2.ProjectivePoint.fromAffine({ x, y }).isTorsionFree()) continue;
      return [
        [String(x.c0), String(x.c1)],
        [String(y.c0), String(y.c1)],
        ["1", "0"],
      ];
    } catch {
      // not a square: no point has this x
    }
  }
}

describe("key gate", () => {
  let key: VerificationKey;
  let named: NamedKey;
  before(async () => {
    named = await pinnedVerificationKey(TIER.name);
    key = named.key as VerificationKey;
  });

  it("accepts the keys of this package", async () => {
    for (const { name } of TIERS) checkKey((await pinnedVerificationKey(name)).key);
  });

  describe("for verification keys", () => {
    const cases: [what: string, fault: KeyFault, change: () => Partial<VerificationKey>][] = [
      ["with γ = δ", "gamma-is-delta", () => ({ vk_delta_2: key.vk_gamma_2 })],
      ["with γ = δ, neither the generator", "gamma-is-delta", () => ({ vk_gamma_2: key.vk_delta_2 })],
      [
        "with δ the generator",
        "delta-is-generator",
        () => ({ vk_delta_2: GENERATOR, vk_gamma_2: key.vk_beta_2 }),
      ],
      [
        "with δ the generator's negative",
        "delta-is-generator",
        () => ({
          vk_delta_2: [[X0, X1], [Y0, Y1].map((y) => String(FIELD_Q - BigInt(y))), ["1", "0"]],
        }),
      ],
      ["with a γ of choice", "gamma-is-chosen", () => ({ vk_gamma_2: key.vk_beta_2 })],
      ["with α the generator", "phase-one-is-empty", () => ({ vk_alpha_1: ["1", "2", "1"] })],
      ["with β the generator", "phase-one-is-empty", () => ({ vk_beta_2: GENERATOR })],
      ["with α at infinity", "infinity", () => ({ vk_alpha_1: ["0", "1", "0"] })],
      [
        "with δ at infinity",
        "infinity",
        () => ({
          vk_delta_2: [
            ["0", "0"],
            ["1", "0"],
            ["0", "0"],
          ],
        }),
      ],
      ["with a signal that does not count", "infinity", () => ({ IC: key.IC.with(7, ["0", "1", "0"]) })],
      ["with a signal's point written 0, 0", "infinity", () => ({ IC: key.IC.with(7, ["0", "0", "1"]) })],
      ["with α off the curve", "off-curve", () => ({ vk_alpha_1: ["1", "3", "1"] })],
      ["with a signal's point off the curve", "off-curve", () => ({ IC: key.IC.with(7, ["1", "3", "1"]) })],
      [
        "with a coordinate that wraps around",
        "off-curve",
        () => ({
          IC: key.IC.with(7, [String(BigInt(key.IC[7]?.[0] ?? 0) + FIELD_Q), key.IC[7]?.[1] ?? "", "1"]),
        }),
      ],
      [
        "with β off the curve",
        "off-curve",
        () => ({
          vk_beta_2: [
            ["1", "0"],
            ["1", "0"],
            ["1", "0"],
          ],
        }),
      ],
      ["with β of another order", "wrong-subgroup", () => ({ vk_beta_2: pointOfAnotherOrder() })],
      ["with δ of another order", "wrong-subgroup", () => ({ vk_delta_2: pointOfAnotherOrder() })],
      ["with a point too few", "ic-count", () => ({ IC: key.IC.slice(1) })],
      ["with a point too many", "ic-count", () => ({ IC: [...key.IC, ...key.IC.slice(1, 2)] })],
      ["that is not in normal form", "not-a-key", () => ({ vk_alpha_1: key.vk_alpha_1.with(2, "2") })],
      ...[
        ["2", "0"],
        ["1", "1"],
        ["0", "1"],
      ].map((z): [string, KeyFault, () => Partial<VerificationKey>] => [
        `that is not in normal form in G2, but ends in ${z}`,
        "not-a-key",
        () => ({ vk_beta_2: key.vk_beta_2.with(2, z) }),
      ]),
    ];
    // shows: A25
    for (const [what, fault, change] of cases)
      it(`refuses a key ${what}`, () => {
        const altered = { ...key, ...change() };
        assert.throws(() => checkKey(altered), refusedFor(fault));
        const hash = verificationKeyHash(altered);
        assert.throws(() => checkKeyOnChain({ ...named, key: altered, hash }, LOCAL), refusedFor(fault));
        const trusted = { key: altered, hash, kind: "development", phase1: "development" } as const;
        assert.throws(() => new BundleVerifier(TIER, trusted), refusedFor(fault));
      });
  });

  it("sees before any arithmetic that a coordinate is no number below q", () => {
    const [x = "", y = ""] = key.vk_alpha_1;
    for (const point of [
      [String(FIELD_Q), y, "1"],
      [x, String(FIELD_Q), "1"],
      ["-1", y, "1"],
    ])
      assert.throws(() => checkKeyForm({ ...key, vk_alpha_1: point }), refusedFor("off-curve"));
    const largest = [String(FIELD_Q - 1n), y, "1"];
    checkKeyForm({ ...key, vk_alpha_1: largest });
    assert.throws(() => checkKeyGroups({ ...key, vk_alpha_1: largest }), refusedFor("off-curve"));
  });

  it("refuses a proving key whose δ is the generator in either group", () => {
    const exponents = {
      alpha: [5n, 6n],
      beta: [1n, 2n, 3n, 4n],
      gamma: GENERATOR_2,
      delta: [5n, 6n, 7n, 8n],
    };
    checkExponents({ ...exponents, delta1: [3n, 4n] });
    for (const delta1 of [
      [1n, 2n],
      [1n, FIELD_Q - 2n],
    ])
      assert.throws(() => checkExponents({ ...exponents, delta1 }), refusedFor("delta-is-generator"));
  });

  // shows: P16, T12
  it("stands between a key without contribution and a forged proof, which Groth16 itself accepts", async () => {
    // What phase 2 begins from: δ is γ, and every other point is as in the key of the package.
    const empty: VerificationKey = { ...key, vk_delta_2: key.vk_gamma_2 };
    const market = marketOn("2021-05-19");
    const claim = { theta: 65_535, envelope: 10_000, healthy: true, isolated: true };
    const statement: Bundle = {
      claim,
      tier: TIER.name as TierName,
      commitment: 42n, // to no book that anybody has
      marketDigest: marketDigest(market),
      market,
      proof: {
        pi_a: ["", "", ""],
        pi_b: [
          ["", ""],
          ["", ""],
          ["", ""],
        ],
        pi_c: ["", "", ""],
        protocol: "groth16",
        curve: "bn128",
      },
      verificationKeyHash: verificationKeyHash(empty),
      key: { kind: "development", phase1: "development" },
    };
    const trusted = {
      key: empty,
      hash: verificationKeyHash(empty),
      kind: "development",
      phase1: "development",
    } as const;
    const files = exportForSnarkjs({ bundle: statement, trusted });
    const signals = JSON.parse(files["public.json"]) as string[];

    // e(A, B) = e(α, β)·e(Σ, γ)·e(C, δ) holds of A = α, B = β and C = −Σ: no witness, no secret, any signals.
    const point = ([x = "", y = ""]: readonly string[]) =>
      bn254.G1.ProjectivePoint.fromAffine({ x: BigInt(x), y: BigInt(y) });
    let sum = point(empty.IC[0] ?? []);
    signals.forEach((signal, i) => {
      const scalar = BigInt(signal) % FIELD_R;
      if (scalar !== 0n) sum = sum.add(point(empty.IC[i + 1] ?? []).multiplyUnsafe(scalar));
    });
    const c = sum.negate().toAffine();
    const forged: Bundle["proof"] = {
      pi_a: key.vk_alpha_1 as [string, string, string],
      pi_b: key.vk_beta_2 as unknown as Bundle["proof"]["pi_b"],
      pi_c: [String(c.x), String(c.y), "1"],
      protocol: "groth16",
      curve: "bn128",
    };
    const proof: snarkjs.Groth16Proof = JSON.parse(JSON.stringify(forged));
    try {
      assert.equal(await snarkjs.groth16.verify(empty, signals, proof), true, "the forgery is a valid proof");
      assert.equal(await snarkjs.groth16.verify(key, signals, proof), false, "but not under a contribution");
    } finally {
      await globalThis.curve_bn128?.terminate();
    }
    assert.throws(() => new BundleVerifier(TIER, trusted), refusedFor("gamma-is-delta"));
    assert.throws(() => checkKeyOnChain({ ...trusted }, LOCAL), refusedFor("gamma-is-delta"));
  });

  describe("on a chain", () => {
    const onChain = () => ({ constants: verifyingKeyWords(key), tableHash: tableHash(key) });

    // shows: P17, A26
    it("takes a development key on a local chain alone", () => {
      checkKeyOnChain(named, LOCAL, onChain());
      const mainnet = { chainId: 1n, local: false };
      assert.throws(() => checkKeyOnChain(named, mainnet, onChain()), DevelopmentKeyError);
      checkKeyOnChain({ ...named, kind: "ceremony" }, mainnet, onChain());
    });

    // shows: P16
    it("refuses constants that are not the pinned key's, each of them", () => {
      const { constants, tableHash: hash } = onChain();
      const bad = [
        { constants: { ...constants, alpha: constants.ic1 }, tableHash: hash },
        { constants: { ...constants, ic1: constants.ic2 }, tableHash: hash },
        { constants: { ...constants, ic2: constants.ic1 }, tableHash: hash },
        { constants: { ...constants, beta: constants.delta }, tableHash: hash },
        { constants: { ...constants, gamma: constants.delta }, tableHash: hash },
        { constants: { ...constants, delta: constants.gamma }, tableHash: hash },
        { constants, tableHash: `0x${"00".repeat(32)}` },
      ];
      for (const chain of bad)
        assert.throws(
          () => checkKeyOnChain(named, LOCAL, chain),
          (error: Error) => error.constructor === DeploymentMismatchError,
        );
    });
  });
});
