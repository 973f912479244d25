import assert from "node:assert/strict";
import { groth16 } from "snarkjs";
import { ArtefactAlteredError, FormatError, InvalidProofError } from "../../src/errors.js";
import { denseMarket } from "../../src/market/dense.js";
import type { Artefacts } from "../../src/prove/artefacts/load.js";
import { fastProver } from "../../src/prove/fastProver.js";
import type { Groth16Proof, Prover } from "../../src/prove/groth16/proof.js";
import { Groth16Verifier } from "../../src/prove/groth16/verifier.js";
import { snarkjsProver } from "../../src/prove/snarkjsProver.js";
import { FIELD_Q, FIELD_R } from "../../src/spec/bounds.js";
import { listingDigest } from "../../src/spec/listing.js";
import { WitnessCalculator } from "../../src/witness/calculator.js";
import { circuitInputs, publicSignals } from "../../src/witness/signals.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

describe("provers", () => {
  let artefacts: Artefacts;
  let witness: Uint8Array;
  let signals: bigint[];
  let verifier: Groth16Verifier;
  let snarkjs: Prover;
  let own: Prover;

  before(async () => {
    artefacts = await defaultArtefacts();
    const market = marketOn("2021-05-17");
    const opening = exampleBook("cash-and-carry");
    const statement = {
      commitment: opening.commitment,
      claim: { theta: 10_000, envelope: 100, healthy: true, isolated: false },
      listing: listingDigest(market.listing),
      market: denseMarket(market, artefacts.tier),
    };
    signals = publicSignals(statement);
    witness = new WitnessCalculator(artefacts.wasm).calculate(circuitInputs(statement, opening));
    verifier = new Groth16Verifier(artefacts.verificationKey);
    snarkjs = snarkjsProver(artefacts.zkey);
    own = await fastProver(artefacts.zkey);
  });
  after(async () => {
    await own?.close();
    await snarkjs?.close();
  });

  const stockAccepts = (proof: Groth16Proof, of = signals): Promise<boolean> =>
    groth16.verify(artefacts.verificationKey, of.map(String), JSON.parse(JSON.stringify(proof)));
  const rejects = (proof: Groth16Proof, of: readonly bigint[] = signals, says = /./) =>
    assert.throws(
      () => verifier.verify(proof, of),
      (error: Error) => says.test(error.message) && error.constructor === InvalidProofError,
    );

  it("both make proofs that both verifiers accept", async () => {
    for (const prover of [own, snarkjs]) {
      const { proof, publicSignals: proven } = await prover.prove(witness);
      assert.deepEqual(proven, signals, prover.name);
      verifier.verify(proof, signals);
      assert.equal(await stockAccepts(proof), true, prover.name);
    }
  });

  it("blind every proof anew", async () => {
    const [one, two] = await Promise.all([own.prove(witness), own.prove(witness)]);
    assert.notDeepEqual(one.proof, two.proof);
    for (const { proof } of [one, two]) verifier.verify(proof, signals);
  });

  it("depend on nothing but key, witness and randomness, however many threads there are", async () => {
    const proofs: Groth16Proof[] = [];
    for (const threads of [1, 3]) {
      let next = 1n;
      const prover = await fastProver(artefacts.zkey, { threads, randomScalar: () => ++next });
      proofs.push((await prover.prove(witness)).proof);
      await prover.close();
    }
    assert.deepEqual(proofs[0], proofs[1]);
    verifier.verify(proofs[0] as Groth16Proof, signals);
  });

  it("make no valid proof of an edited witness", async () => {
    for (const wire of [1, 2, 500, 3000, artefacts.manifest.wires - 1]) {
      const edited = witness.slice();
      edited[wire * 32] = (edited[wire * 32] ?? 0) ^ 2;
      const { proof, publicSignals: proven } = await own.prove(edited);
      rejects(proof, proven);
    }
  });

  it("refuse a witness of another length", async () => {
    for (const prover of [own, snarkjs])
      await assert.rejects(
        prover.prove(witness.subarray(32)),
        (error: Error) => error.constructor === FormatError,
      );
  });

  it("refuse a key that is cut short, of another kind or out of its bounds", async () => {
    const cases: ((key: Uint8Array) => Uint8Array)[] = [
      (key) => key.subarray(0, key.length - 100_000),
      (key) => key.subarray(0, 10),
      (key) => Uint8Array.from(key, (byte, i) => (i === 0 ? 0 : byte)),
      // The header's first prime.
      (key) => Uint8Array.from(key, (byte, i) => (i === 12 + 12 + 4 + 12 + 4 ? byte ^ 1 : byte)),
    ];
    for (const damage of cases)
      await assert.rejects(
        fastProver(damage(artefacts.zkey)),
        (error: Error) => error.constructor === ArtefactAlteredError,
      );
  });

  it("refuse to work once closed", async () => {
    const prover = await fastProver(artefacts.zkey, { threads: 1 });
    const pending = prover.prove(witness);
    pending.catch(() => {});
    await prover.close();
    await assert.rejects(pending, /closed/);
    await assert.rejects(prover.prove(witness), /closed/);
  });

  describe("Groth16Verifier", () => {
    let proof: Groth16Proof;
    before(async () => {
      ({ proof } = await own.prove(witness));
    });

    it("refuses a list of signals that is not exactly as long as the key's, which snarkjs does not", async () => {
      const zeros = signals.length - 1 - signals.findLastIndex((signal) => signal !== 0n);
      const short = zeros > 0 ? signals.slice(0, -zeros) : signals.slice(0, -1);
      if (zeros > 0) assert.equal(await stockAccepts(proof, short), true);
      rejects(proof, short);
      rejects(proof, [...signals, 0n]);
      rejects(proof, []);
    });

    it("refuses words that are another's alias, and other words", () => {
      for (const i of [0, 1, 2, 5, signals.length - 1]) {
        const signal = signals[i] ?? 0n;
        rejects(proof, signals.with(i, signal + FIELD_R));
        rejects(proof, signals.with(i, signal - FIELD_R));
        rejects(proof, signals.with(i, signal + 1n));
      }
    });

    it("refuses coordinates that alias, points off the curve, at infinity or of another order", () => {
      const { pi_a, pi_b, pi_c } = proof;
      const alias = String(BigInt(pi_a[0]) + FIELD_Q);
      rejects({ ...proof, pi_a: [alias, pi_a[1], "1"] });
      rejects({ ...proof, pi_c: [pi_c[0], String(BigInt(pi_c[1]) + FIELD_Q), "1"] });
      rejects({ ...proof, pi_b: [[String(BigInt(pi_b[0][0]) + FIELD_Q), pi_b[0][1]], pi_b[1], pi_b[2]] });
      rejects({ ...proof, pi_a: [pi_a[1], pi_a[0], "1"] });
      rejects({ ...proof, pi_a: ["0", "0", "1"] });
      rejects({ ...proof, pi_a: ["0", "1", "0"] });
      rejects({ ...proof, pi_a: [pi_a[0], pi_a[1], "2"] });
      // On the twist but of another order; snarkjs looks at the curve only.
      rejects({ ...proof, pi_b: POINT_OF_ANOTHER_ORDER }, signals, /pi_b: expected a point of its group/);
      rejects({ ...proof, pi_a: pi_c, pi_c: pi_a });
    });

    it("refuses a proof made into another of the same statement for any other statement", () => {
      // −A and −B pair as A and B do: the proof is malleable, so nothing may rest on its bytes.
      const minus = (y: string) => String(FIELD_Q - BigInt(y));
      const other: Groth16Proof = {
        ...proof,
        pi_a: [proof.pi_a[0], minus(proof.pi_a[1]), "1"],
        pi_b: [proof.pi_b[0], [minus(proof.pi_b[1][0]), minus(proof.pi_b[1][1])], proof.pi_b[2]],
      };
      verifier.verify(other, signals);
      rejects(other, signals.with(1, (signals[1] ?? 0n) + 1n));
      rejects(other, signals.with(0, (signals[0] ?? 0n) + 1n));
    });

    it("refuses a key with a point that is none", () => {
      const key = artefacts.verificationKey;
      const [x = "", y = "", z = ""] = key.IC[3] ?? [];
      for (const IC of [
        key.IC.with(3, [y, x, z]),
        key.IC.with(3, [String(BigInt(x) + FIELD_Q), y, z]),
        key.IC.slice(1),
      ])
        assert.throws(
          () => new Groth16Verifier({ ...key, IC }),
          (error: Error) => error.constructor === ArtefactAlteredError,
        );
    });
  });
});

/** On the twist, y² = x³ + 3/(9 + i), but r times it is not infinity. */
const POINT_OF_ANOTHER_ORDER: Groth16Proof["pi_b"] = [
  ["1", "0"],
  [
    "18278151005453108793778860132295291098363647455926340152056652516292830556603",
    "5912654199736721486680175016176231956195085055698687135131307249486702594212",
  ],
  ["1", "0"],
];
