import { TIERS } from "../../../../../src/protocol/tiers.js";
import type { Subject } from "../subject.js";
import { assetRisk } from "./assetRisk.js";
import { atMostOne } from "./atMostOne.js";
import * as clearing from "./clearing.js";
import { commitBook } from "./commitBook.js";
import { isolatedMargin } from "./isolatedMargin.js";
import { marginStatement } from "./marginStatement.js";
import { maximum } from "./maximum.js";
import { nettedPair } from "./nettedPair.js";
import { nonZeroWhere } from "./nonZeroWhere.js";
import { permutation, permutationChain, poseidonChain } from "./poseidonChain.js";
import { rangeCheck } from "./rangeCheck.js";
import { readClaim } from "./readClaim.js";
import { scenarioLoss } from "./scenarioLoss.js";
import { signedSplit } from "./signedSplit.js";
import { sleeve } from "./sleeve.js";

/** A subject and its effort: cases in CI, and roughly the seconds they take on an idle core. */
export interface Share {
  readonly subject: Subject;
  readonly cases: number;
  readonly seconds: number;
  /** Lies for each case. */
  readonly lies: number;
}

/** More than 100 000 cases in CI; a long run does ten times as many. */
export const SHARES: readonly Share[] = [
  { subject: rangeCheck(8), cases: 2_500, seconds: 4, lies: 0.5 },
  { subject: rangeCheck(251), cases: 3_000, seconds: 4, lies: 0.5 },
  { subject: signedSplit(16), cases: 2_500, seconds: 5, lies: 0.5 },
  { subject: signedSplit(149), cases: 4_000, seconds: 5, lies: 0.5 },
  { subject: nettedPair(4), cases: 5_000, seconds: 15, lies: 1 },
  { subject: nettedPair(64), cases: 6_000, seconds: 15, lies: 1 },
  { subject: maximum(3, 8), cases: 6_500, seconds: 9, lies: 1 },
  { subject: maximum(16, 148), cases: 2_000, seconds: 15, lies: 0.5 },
  { subject: atMostOne(4), cases: 6_000, seconds: 4, lies: 0.5 },
  { subject: isolatedMargin(3), cases: 6_000, seconds: 4, lies: 1 },
  { subject: nonZeroWhere, cases: 3_000, seconds: 3, lies: 1 },
  { subject: readClaim, cases: 8_000, seconds: 14, lies: 1 },
  { subject: assetRisk, cases: 10_000, seconds: 13, lies: 1 },
  { subject: scenarioLoss(3, 3, 2), cases: 5_000, seconds: 9, lies: 0.5 },
  { subject: poseidonChain(1), cases: 500, seconds: 3, lies: 0 },
  { subject: poseidonChain(20), cases: 500, seconds: 25, lies: 0.5 },
  { subject: sleeve(2), cases: 5_000, seconds: 12, lies: 0.5 },
  { subject: sleeve(16), cases: 2_000, seconds: 15, lies: 0.5 },
  { subject: commitBook(2), cases: 1_000, seconds: 17, lies: 0.5 },
  { subject: commitBook(16), cases: 500, seconds: 20, lies: 0.5 },
  { subject: marginStatement({ assets: 1, scenarios: 1 }), cases: 6_000, seconds: 45, lies: 0.5 },
  { subject: marginStatement({ assets: 2, scenarios: 2 }), cases: 8_000, seconds: 65, lies: 0.5 },
  { subject: marginStatement({ assets: 3, scenarios: 2 }), cases: 4_500, seconds: 45, lies: 0.25 },
  { subject: marginStatement(TIERS[0]), cases: 2_000, seconds: 85, lies: 0 },
  { subject: marginStatement(TIERS[1]), cases: 500, seconds: 60, lies: 0 },
  { subject: clearing.oneHot(4), cases: 2_000, seconds: 3, lies: 1 },
  { subject: clearing.keyAgreement, cases: 140, seconds: 25, lies: 0.5 },
  { subject: clearing.clearedBook(2), cases: 500, seconds: 15, lies: 0.5 },
  { subject: clearing.applyNote(3), cases: 1_500, seconds: 20, lies: 1 },
  { subject: clearing.holdReduction(3), cases: 3_000, seconds: 20, lies: 1 },
  { subject: clearing.encryptBook(2), cases: 120, seconds: 25, lies: 0.5 },
  { subject: clearing.bindWordsOf(3, 2), cases: 400, seconds: 10, lies: 0.5 },
  { subject: clearing.signedDigits(8), cases: 1_000, seconds: 3, lies: 1 },
  { subject: clearing.signedLadder(4), cases: 300, seconds: 5, lies: 1 },
  { subject: clearing.packPrices(), cases: 1_000, seconds: 5, lies: 1 },
  { subject: clearing.bindTransition(2), cases: 200, seconds: 10, lies: 0.5 },
  { subject: permutation(2, 3), cases: 300, seconds: 5, lies: 0.5 },
  { subject: permutationChain(17), cases: 100, seconds: 10, lies: 0.5 },
  { subject: clearing.revealBook(2), cases: 250, seconds: 20, lies: 0.5 },
  { subject: clearing.bookTransition(2), cases: 82, seconds: 45, lies: 0.5 },
];
