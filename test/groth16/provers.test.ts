import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Worker } from "node:worker_threads";
import { getCurveFromName } from "ffjavascript";
import { groth16 } from "snarkjs";
import { ArtefactAlteredError, FormatError, InvalidProofError, KeyLineageError } from "../../src/errors.js";
import { Bn254 } from "../../src/groth16/bn254.js";
import { fastProver } from "../../src/groth16/fastProver.js";
import { WORD } from "../../src/groth16/field.js";
import type { Groth16Proof, Prover } from "../../src/groth16/proof.js";
import { parseProvingKey } from "../../src/groth16/provingKey.js";
import { Quotient } from "../../src/groth16/quotient.js";
import { snarkjsProver } from "../../src/groth16/snarkjsProver.js";
import { Groth16Verifier } from "../../src/groth16/verifier.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import { denseMarket } from "../../src/market/file.js";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";
import { listingDigest } from "../../src/protocol/listing.js";
import { circuitInputs, publicSignals } from "../../src/protocol/signals.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import { RATE_PERPS } from "../../src/risk/presets.js";
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

  // shows: P19
  it("both make proofs that both verifiers accept", async () => {
    for (const prover of [own, snarkjs]) {
      const { proof, publicSignals: proven } = await prover.prove(witness);
      assert.deepEqual(proven, signals, prover.name);
      verifier.verify(proof, signals);
      assert.equal(await stockAccepts(proof), true, prover.name);
    }
  });

  // shows: P19
  it("make the same proof, byte for byte, with equal blinding", async () => {
    const { Fr } = await getCurveFromName("bn128");
    const { random } = Fr;
    const blinding = [FIELD_R - 12_345n, (1n << 200n) + 77n];
    for (const tables of [false, true]) {
      let drawn = 0;
      let asked = 0;
      Fr.random = () => Fr.e(blinding[drawn++] ?? 0n);
      const prover = await fastProver(artefacts.zkey, {
        tables,
        randomScalar: () => blinding[asked++] ?? 0n,
      });
      try {
        const reference = await snarkjs.prove(witness);
        assert.deepEqual(JSON.parse(JSON.stringify((await prover.prove(witness)).proof)), reference.proof);
        assert.deepEqual([drawn, asked], [2, 2]);
      } finally {
        Fr.random = random;
        await prover.close();
      }
    }
  });

  // shows: P25, A55
  it("blind every proof with new randomness", async () => {
    const [one, two] = await Promise.all([own.prove(witness), own.prove(witness)]);
    assert.notDeepEqual(one.proof, two.proof);
    for (const { proof } of [one, two]) verifier.verify(proof, signals);
  });

  it("depend on nothing but key, witness and randomness, however many threads or tables there are", async () => {
    const proofs: Groth16Proof[] = [];
    for (const threads of [1, 3]) {
      let next = 1n;
      const tables = threads === 3;
      const prover = await fastProver(artefacts.zkey, { threads, tables, randomScalar: () => ++next });
      proofs.push((await prover.prove(witness)).proof);
      await prover.close();
    }
    assert.deepEqual(proofs[0], proofs[1]);
    verifier.verify(proofs[0] as Groth16Proof, signals);
  });

  // shows: P24, T19
  it("leave nothing of the witness in the memory that their threads share, with tables or without", async () => {
    const { Memory } = WebAssembly;
    for (const tables of [true, false]) {
      const rooms: WebAssembly.Memory[] = [];
      WebAssembly.Memory = class extends Memory {
        constructor(descriptor: { initial: number; maximum: number; shared: boolean }) {
          super(descriptor);
          rooms.push(this);
        }
      };
      let prover: Prover;
      try {
        prover = await fastProver(artefacts.zkey, { tables, threads: 2 });
      } finally {
        WebAssembly.Memory = Memory;
      }
      // The main thread's curve has one of its own.
      const shared = rooms.filter(({ buffer }) => (buffer as ArrayBufferLike) instanceof SharedArrayBuffer);
      assert.equal(shared.length, 1);
      const memory = Buffer.from((shared[0] as WebAssembly.Memory).buffer);
      /** Words of the witness that are too large to be found by chance. */
      const large = Array.from({ length: witness.length / WORD }, (_, i) =>
        Buffer.from(witness.subarray(i * WORD, (i + 1) * WORD)),
      )
        .filter((word) => word.subarray(WORD / 2).some((byte) => byte !== 0))
        .slice(signals.length + 1, signals.length + 21);
      const found = () => large.filter((word) => memory.includes(word)).length;
      const rest = () => createHash("sha256").update(memory).digest("hex");
      await prover.prove(witness);
      const after = rest();
      assert.equal(found(), 0);
      const proof = prover.prove(witness);
      while (found() === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(found(), 20, "what is there is found");
      await proof;
      const edited = witness.slice();
      edited[3000 * WORD] = (edited[3000 * WORD] ?? 0) ^ 2;
      await prover.prove(edited);
      assert.equal(rest(), after, "the memory is the same after every proof, whatever was proven");
      await prover.close();
    }
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
      // One wire more than the points are for.
      (key) => Uint8Array.from(key, (byte, i) => (i === 12 + 12 + 4 + 12 + 2 * (4 + WORD) ? byte + 1 : byte)),
      // A coefficient of a wire that is not there.
      (key) => {
        const copy = key.slice();
        parseProvingKey(copy).coefficients.fill(0xff, 8, 12);
        return copy;
      },
      // The header's first prime.
      (key) => Uint8Array.from(key, (byte, i) => (i === 12 + 12 + 4 + 12 + 4 ? byte ^ 1 : byte)),
    ];
    for (const damage of cases)
      await assert.rejects(
        fastProver(damage(artefacts.zkey)),
        (error: Error) => error.constructor === ArtefactAlteredError,
      );
  });

  // shows: T20
  it("end their threads and refuse to work once closed", async () => {
    const threads: Worker[] = [];
    const started = (worker: Worker) => threads.push(worker);
    process.on("worker", started);
    const prover = await fastProver(artefacts.zkey, { threads: 1 });
    process.off("worker", started);
    const pending = prover.prove(witness);
    pending.catch(() => {});
    await prover.close();
    assert.deepEqual(
      threads.map(({ threadId }) => threadId),
      [-1],
    );
    await assert.rejects(pending, /closed/);
    await assert.rejects(prover.prove(witness), /closed/);
  });

  describe("Groth16Verifier", () => {
    let proof: Groth16Proof;
    before(async () => {
      ({ proof } = await own.prove(witness));
    });

    // shows: P19, T9
    it("refuses a list of signals that is not exactly as long as the key's, which snarkjs does not", async () => {
      // Rates have no scenarios, so that all of the last signals are 0 and their points add nothing.
      const market = marketOn("2021-05-17", RATE_PERPS);
      const opening = exampleBook("isolated-perp");
      const statement = {
        commitment: opening.commitment,
        claim: { theta: 10_000, envelope: 0, healthy: true, isolated: true },
        listing: listingDigest(market.listing),
        market: denseMarket(market, artefacts.tier),
      };
      const calculator = new WitnessCalculator(artefacts.wasm);
      const whole = publicSignals(statement);
      const { proof: rates } = await own.prove(calculator.calculate(circuitInputs(statement, opening)));
      const short = whole.slice(0, whole.findLastIndex((signal) => signal !== 0n) + 1);
      assert.ok(short.length < whole.length);
      assert.equal(await stockAccepts(rates, short), true);
      verifier.verify(rates, whole);
      rejects(rates, short, /public signals: expected/);
      rejects(rates, [...whole, 0n], /public signals: expected/);
      rejects(rates, [], /public signals: expected/);
    });

    // shows: T9
    it("refuses folded signals with an alias before them, or more or fewer than were left out", () => {
      const [commitment = 0n, claim = 0n, ...market] = signals;
      const folded = verifier.fold(market, 2);
      verifier.verifyFolded(proof, [commitment, claim], folded);
      const refuses = (account: readonly bigint[], says: RegExp) =>
        assert.throws(
          () => verifier.verifyFolded(proof, account, folded),
          (error: Error) => says.test(error.message) && error.constructor === InvalidProofError,
        );
      for (const alias of [commitment + FIELD_R, commitment - FIELD_R])
        refuses([alias, claim], /public signal 0: expected a word below r/);
      for (const account of [[], [commitment], [commitment, claim, 0n]])
        refuses(account, /public signals: expected 2/);
    });

    // shows: P19, T9
    it("refuses words that are another's alias, and other words", () => {
      for (const i of [0, 1, 2, 5, signals.length - 1]) {
        const signal = signals[i] ?? 0n;
        rejects(proof, signals.with(i, signal + FIELD_R), /expected a word below r/);
        rejects(proof, signals.with(i, signal - FIELD_R), /expected a word below r/);
        rejects(proof, signals.with(i, signal + 1n));
      }
    });

    // shows: T9
    it("refuses coordinates that alias, points off the curve, at infinity or of another order", () => {
      const { pi_a, pi_b, pi_c } = proof;
      const alias = String(BigInt(pi_a[0]) + FIELD_Q);
      rejects({ ...proof, pi_a: [alias, pi_a[1], "1"] });
      rejects({ ...proof, pi_c: [pi_c[0], String(BigInt(pi_c[1]) + FIELD_Q), "1"] });
      rejects({ ...proof, pi_b: [[String(BigInt(pi_b[0][0]) + FIELD_Q), pi_b[0][1]], pi_b[1], pi_b[2]] });
      rejects({ ...proof, pi_a: [pi_a[1], pi_a[0], "1"] });
      rejects({ ...proof, pi_a: ["0", "0", "1"] }, signals, /pi_a: expected a point of its group/);
      rejects({ ...proof, pi_c: ["0", "0", "1"] }, signals, /pi_c: expected a point of its group/);
      rejects({ ...proof, pi_a: ["0", "1", "0"] });
      rejects({ ...proof, pi_a: [pi_a[0], pi_a[1], "2"] }, signals, /pi_a: expected a point of its group/);
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

    // shows: T9
    it("refuses signals whose points add up to infinity: they would not enter the equation", () => {
      const IC = artefacts.verificationKey.IC.map(() => ["0", "1", "0"]);
      const empty = new Groth16Verifier({ ...artefacts.verificationKey, IC });
      assert.throws(
        () => empty.verify(proof, signals),
        (error: Error) => /point at infinity/.test(error.message) && error.constructor === InvalidProofError,
      );
    });

    it("refuses a key with a point that is none", () => {
      const key = artefacts.verificationKey;
      const [x = "", y = "", z = ""] = key.IC[3] ?? [];
      const [ax = "", ay = ""] = key.vk_alpha_1;
      const points: Partial<typeof key>[] = [
        { vk_alpha_1: [ay, ax, "1"] },
        { vk_alpha_1: ["0", "0", "1"] },
        { vk_alpha_1: [ax, ay, "0"] },
      ];
      const other = POINT_OF_ANOTHER_ORDER.map((pair) => [...pair]);
      for (const name of ["vk_beta_2", "vk_gamma_2", "vk_delta_2"] as const)
        points.push(
          { [name]: other },
          {
            [name]: [
              ["0", "0"],
              ["0", "0"],
              ["1", "0"],
            ],
          },
        );
      for (const change of points)
        assert.throws(
          () => new Groth16Verifier({ ...key, ...change }),
          (error: Error) => error.constructor === KeyLineageError,
          JSON.stringify(Object.keys(change)),
        );
      for (const IC of [
        key.IC.with(3, [y, x, z]),
        key.IC.with(3, [String(BigInt(x) + FIELD_Q), y, z]),
        key.IC.slice(1),
      ])
        assert.throws(
          () => new Groth16Verifier({ ...key, IC }),
          (error: Error) => error.constructor === KeyLineageError,
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
