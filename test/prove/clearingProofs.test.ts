import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { InvalidProofError } from "../../src/errors.js";
import { fastProver } from "../../src/groth16/fastProver.js";
import { snarkjsProver } from "../../src/groth16/snarkjsProver.js";
import { Groth16Verifier } from "../../src/groth16/verifier.js";
import { WitnessCalculator } from "../../src/groth16/witnessCalculator.js";
import { scalarOf } from "../../src/protocol/sealedBook.js";
import type { CircuitInputs } from "../../src/protocol/signals.js";
import { makeReveal, makeTransition } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { Random } from "../support/cases.js";
import { randomMoves, randomOpening, randomTerms } from "../support/clearing.js";

const HOME = fileURLToPath(new URL("../../build/keys", import.meta.url));
const ASSETS = 16;

/** The keys are made here, on first use, and kept. */
for (const name of ["transition-16", "reveal-16"] as const)
  describe(`a real proof of ${name}`, () => {
    const random = new Random(41);
    const old = randomOpening(random, ASSETS, 60);
    const terms = randomTerms(random);
    const inputs: Record<typeof name, () => CircuitInputs> = {
      "transition-16": () =>
        makeTransition(old, randomMoves(random, old), terms, {
          salt: 77n,
          scalar: () => scalarOf(random.bits(246)),
        }).inputs,
      "reveal-16": () => makeReveal(old, terms).inputs,
    };

    // shows: P61, P63
    it("verifies with the model's three signals, and with no other", async () => {
      const statement = name === "transition-16" ? "transition" : "reveal";
      const artefacts = await clearingArtefacts(HOME, clearingCircuit(statement, ASSETS));
      const verifier = new Groth16Verifier(artefacts.verificationKey);
      const calculator = new WitnessCalculator(artefacts.wasm);
      const made = inputs[name]();
      const signals = ["hash", "challenge", "sum"].map((signal) => made[signal]?.[0] ?? 0n);
      const provers = [await fastProver(artefacts.zkey), await snarkjsProver(artefacts.zkey)];
      for (const prover of provers) {
        const { proof } = await prover.prove(calculator.calculate(made));
        verifier.verify(proof, signals);
        signals.forEach((signal, i) => {
          const other = signals.with(i, signal === 0n ? 1n : signal - 1n);
          assert.throws(() => verifier.verify(proof, other), InvalidProofError);
        });
        await prover.close();
      }
      const session = await ClearingSession.open(artefacts);
      verifier.verify(await session.prove(made), signals);
      await session.close();
    });
  });
