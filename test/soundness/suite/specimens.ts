import { CLEARING_CIRCUITS, TIERS } from "../../../src/protocol/tiers.js";
import * as clearing from "./specimens/clearing.js";
import * as lib from "./specimens/lib.js";
import * as margin from "./specimens/margin.js";
import type { Specimen } from "./specimens/specimen.js";
import { smallStatement, tierStatement } from "./specimens/statement.js";

/** Every template of the circuits, at the parameters a tier gives it or smaller ones, and every tier of both statements. */
export const specimens: readonly Specimen[] = [
  lib.rangeCheck(128),
  lib.signedSplit(149),
  lib.nettedPair(64),
  lib.maximum(16, 148),
  lib.atMostOne(16),
  lib.nonZeroWhere(),
  lib.poseidonChainOf(20),
  lib.permutation(2, 3),
  lib.permutationChainOf(17),
  margin.readClaim(),
  margin.assetRisk(),
  margin.commitBook(16),
  margin.isolatedMargin(16),
  margin.scenarioLoss(16, 16, 4),
  margin.sleeve(16),
  clearing.oneHot(16),
  clearing.signedDigits(8),
  clearing.keyAgreement(),
  clearing.clearedBook(4),
  clearing.applyNote(4),
  clearing.holdReduction(4),
  clearing.encryptBook(2),
  clearing.packPrices(),
  clearing.bindWordsOf(3, 2),
  clearing.bindTransition(3),
  clearing.revealBook(2),
  clearing.bookTransition(3),
  smallStatement(2, 2),
  ...TIERS.map(tierStatement),
  ...CLEARING_CIRCUITS.map(clearing.shippedClearing),
];
