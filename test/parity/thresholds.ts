import assert from "node:assert/strict";
import { inspect } from "node:util";
import { checkBook, checkMarket } from "../../src/protocol/checks.js";
import { claimHolds, type Leaning } from "../../src/protocol/statement.js";
import type { Tier } from "../../src/protocol/tiers.js";
import type { Book, Market } from "../../src/protocol/types.js";
import { Random, thresholdCases } from "../support/cases.js";
import type { TestCircuit } from "../support/circuit.js";
import { statementInputs } from "../support/statement.js";
import { accepts } from "../support/witness.js";

/** A claim about a book, true or false. */
export interface TriedClaim extends Leaning {
  readonly theta: number;
  readonly isolated?: boolean;
  readonly sleeve?: boolean;
}

/** Asserts that the circuit accepts a claim exactly if the reference says that it is true. */
export function assertAgree(circuit: TestCircuit, book: Book, market: Market, claim: TriedClaim): void {
  checkBook(book);
  checkMarket(market, book.spot.length);
  const accepted = accepts(circuit, statementInputs(book, market, claim));
  assert.equal(accepted, claimHolds(book, market, claim), inspect(claim));
}

/** Tries at least `least` random claims, most of them one attodollar from the threshold. Returns how many. */
export function tryThresholds(
  circuit: TestCircuit,
  tier: Tier,
  seed: number,
  least: number,
  progress: (share: number) => void = () => undefined,
): number {
  const random = new Random(seed);
  let claims = 0;
  let atThreshold = 0;
  while (claims < least) {
    const isolated = random.chance(0.2);
    const cases = thresholdCases(random, tier, { isolated, sleeves: 0.5, supports: 0.5 });
    if (cases.length === 2) atThreshold += 2;
    for (const { book, market, leaning, theta, above } of cases) {
      assertAgree(circuit, book, market, { ...leaning, theta, isolated });
      assert.equal(claimHolds(book, market, { ...leaning, theta }), above === leaning.healthy);
      claims++;
    }
    progress(claims / least);
  }
  assert.ok(atThreshold > least / 2, `${atThreshold} claims stood at the threshold`);
  return claims;
}
