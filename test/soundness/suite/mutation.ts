import assert from "node:assert/strict";
import { claimHolds } from "../../../src/margin/assess.js";
import { FIELD_R } from "../../../src/spec/bounds.js";
import { signalCount } from "../../../src/spec/signals.js";
import { TIERS, type Tier } from "../../../src/spec/tiers.js";
import { Random, randomBook, randomMarket } from "../../support/cases.js";
import { compileTier } from "../../support/circuit.js";
import { statementInputs } from "../../support/statement.js";
import { witnessOf } from "../../support/witness.js";
import type { Part, Setting, TaskReport } from "./part.js";

/** Hostile edits of witnesses, none of which may be accepted with another meaning. */
export const mutation: Part = {
  name: "mutation",
  about: "no witness with a hostile edit is accepted with another public meaning",
  tasks: () =>
    TIERS.map((tier) => ({
      name: tier.name,
      seconds: 5,
      run: (setting, progress) => mutateTier(tier, setting, progress),
    })),
};

async function mutateTier(
  tier: Tier,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const cases = long ? 1_000_000 : 10_000;
  const random = new Random(seed);
  const circuit = await compileTier(tier.name);
  const { constraints } = circuit;
  const market = randomMarket(random, tier);
  const book = randomBook(random, tier);
  const claim = { theta: 10_000, healthy: true, envelope: 0 };
  const healthy = claimHolds(book, market, claim);
  const witness = await witnessOf(circuit, statementInputs(book, market, { ...claim, healthy }));
  for (let i = 0; i < cases; i++) {
    const wire = random.integer(signalCount(tier) + 1, constraints.wires - 1);
    const value = ((witness[wire] ?? 0n) + 1n + random.bits(random.integer(0, 250))) % FIELD_R;
    assert.notEqual(
      constraints.violationsOf(witness, new Map([[wire, value]])).length,
      0,
      `wire ${wire} is free`,
    );
    if (i % 100 === 0) progress(i / cases);
  }
  return { cases };
}
