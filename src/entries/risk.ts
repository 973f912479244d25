/**
 * `zkmargin/risk`. Price histories and the markets made of them, risk profiles, calibration, backtests, stress and remedies.
 */

export {
  addTangents,
  parseSleeveArrays,
  type SleeveArrays,
  type SleeveArraysFile,
  type SleeveBand,
  serialiseSleeveArrays,
  type Tangent,
} from "../book/sleeveFile.js";
export { type MarketDepth, parseFunding } from "../market/assetTables.js";
export { buildMarket, type Funding, type MarketOptions } from "../market/build.js";
export {
  closesOn,
  type DailyPrices,
  dailyTable,
  listedOn,
  type PriceHistory,
  type PriceTable,
  parseHistory,
  parsePriceTable,
} from "../market/history.js";
export { type PriceSource } from "../market/pricedAsset.js";
export {
  type JoinedPrices,
  type JoinOptions,
  type JoinReport,
  joinedCsv,
  joinPrices,
  type PriceGap,
} from "../market/priceFiles.js";
export { type DailyRead, readDailyPrices, readPriceTable } from "../market/priceTables.js";
export type { PriceTextOptions } from "../market/priceText.js";
export { parseProfile, serialiseProfile, shocksDigest } from "../market/profile.js";
export { adversaries } from "../risk/backtest/adversary.js";
export {
  type Backtest,
  type BacktestOptions,
  backtest,
  type Outcome,
  type Total,
} from "../risk/backtest/backtest.js";
export { type BookRecipe, backtestBooks, listedBooks, ownBook } from "../risk/backtest/books.js";
export { calibratedRegime, fixedRegime, type Regime } from "../risk/backtest/regimes.js";
export type { WalkOptions } from "../risk/backtest/walk.js";
export {
  type AssetReport,
  type Calibration,
  type CalibrationReport,
  calibrate,
} from "../risk/calibration/calibrate.js";
export { calibratable } from "../risk/calibration/data.js";
export {
  type CalibrationOptions,
  type CloseOutTiming,
  closeOutDays,
  DEFAULT_CALIBRATION,
  listingTerms,
} from "../risk/calibration/options.js";
export {
  type CoverOptions,
  type CoverProfile,
  type CoverScenario,
  coverProfile,
  DEFAULT_COVER,
} from "../risk/coverProfile.js";
export { DEPTHS } from "../risk/impact.js";
export { type NamedJump, type PriceJump, priceJumps } from "../risk/jumps.js";
export {
  compareRegimes,
  DEFAULT_MACRO,
  type MacroDay,
  type MacroPolicy,
  type MacroState,
  macroStateOn,
  parseMacro,
} from "../risk/macro.js";
export { type LimitedOffsets, limitOffsets } from "../risk/offsets.js";
export { type Black76Option, black76, type Greeks, greeks } from "../risk/options/black76.js";
export type { ExpiryBook, OptionPosition } from "../risk/options/book.js";
export { surfaceFromDeribit } from "../risk/options/deribitSummary.js";
export { type Instrument, parseInstrument } from "../risk/options/instrument.js";
export {
  type OptionMargin,
  type OptionPortfolio,
  type OptionRegime,
  optionMargin,
  type RegimeScenario,
} from "../risk/options/optionMargin.js";
export { DERIBIT_PORTFOLIO_MARGIN, DERIVE_PMRM_1, DERIVE_PMRM_2 } from "../risk/options/regimes.js";
export {
  type PayoffPosition,
  parseSleeve,
  type Sleeve,
  type SleevePosition,
  serialiseSleeve,
} from "../risk/options/sleeve.js";
export { type SleeveRequest, sleeveArrays } from "../risk/options/sleeveArrays.js";
export type { RegimeMove } from "../risk/options/sleeveBounds.js";
export { saltedArrays, sleeveDetail, sleeveSalt } from "../risk/options/sleeveDetail.js";
export { explainSleeve, type ScenarioChange } from "../risk/options/sleeveExplain.js";
export { type ImportedSleeve, sleeveFromDeribit, surfaceFromCsv } from "../risk/options/sleeveImports.js";
export type { RegimeValues } from "../risk/options/sleeveNodes.js";
export { reviewSleeve, type SleeveFinding } from "../risk/options/sleeveReview.js";
export {
  CALIBRATED_VOLATILITY,
  calibratedRule,
  type RuleScenario,
  ruleNamed,
  ruleProfile,
  SLEEVE_RULES,
  type SleeveRule,
  spanRule,
  venueRule,
} from "../risk/options/sleeveRules.js";
export { type PricedPosition, priceSleeve, type UnderlyingSleeve } from "../risk/options/sleeveValues.js";
export {
  type RiskArray,
  type SpanParameters,
  type SpanRequirement,
  spanCompositeDelta,
  spanFutureArray,
  spanRequirement,
  spanRiskArray,
  spanScenarios,
} from "../risk/options/span.js";
export {
  arbitrageIn,
  type ExpirySurface,
  parseSurface,
  type Smile,
  type Surface,
  serialiseSurface,
  type UnderlyingSurface,
  volatilityAt,
} from "../risk/options/surface.js";
export { historicalMoves, type VolatilityHistoryOptions } from "../risk/options/volatilityHistory.js";
export type { SkewRange, VolatilityMove, VolatilityRange } from "../risk/options/volatilityMoves.js";
export { findPreset, PRESETS } from "../risk/presets.js";
export {
  type Drift,
  driftOf,
  quantumPrices,
  type ReferenceBook,
  referenceBooks,
} from "../risk/propose/drift.js";
export { type ProfileStep, type Ramp, type RampOptions, stepsTo } from "../risk/propose/steps.js";
export {
  compareProfiles,
  isTightening,
  type ParameterChange,
  tightestOf,
} from "../risk/propose/tightening.js";
export { type Combination, type CombinedStep, cheapestCombination } from "../risk/remedy/combination.js";
export { remedies } from "../risk/remedy/remedies.js";
export type { Remedy, RemedyKind, Situation } from "../risk/remedy/situation.js";
export { pricesUntil } from "../risk/returns.js";
export { type Moves, movesOf, type Reversal, type ReverseMove, reverseStress } from "../risk/reverse.js";
export { type DayMoves, joinShock, movesOn, NAMED_DAYS, parseShocks, type Shock } from "../risk/shocks.js";
export { type Closes, type Knots, knotsOf } from "../risk/simulate/prices.js";
export {
  type Comparison,
  type EngineSummary,
  type Spread,
  summarise,
} from "../risk/simulate/report.js";
export {
  type RunResult,
  type RunsOptions,
  type RunTask,
  type Simulation,
  simulate,
  simulateRuns,
} from "../risk/simulate/runs.js";
export {
  ENGINES,
  type EngineName,
  type FigureName,
  parseScenario,
  type ScenarioFile,
} from "../risk/simulate/scenario.js";
export {
  type Sweep,
  type SweepRow,
  type SweptName,
  type SweptRun,
  sweep,
  sweptProfile,
} from "../risk/simulate/sweep.js";
export {
  type LinearProgramme,
  type Maximise,
  openSolver,
  type Solver,
} from "../risk/statistics/linearProgramme.js";
export {
  type Cascade,
  type Crossing,
  cascade,
  type PathPoint,
  type Stress,
  stress,
  THRESHOLDS,
  type Threshold,
} from "../risk/stress.js";
