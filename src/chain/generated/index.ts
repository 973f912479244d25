// Generated from contracts/ by `npm run contracts`. Do not edit.
export { accessManager } from "./AccessManager.js";
export { ammLiquidator } from "./AmmLiquidator.js";
export { bookRegistry } from "./BookRegistry.js";
export { chainlinkFeed } from "./ChainlinkFeed.js";
export { clearingHouse } from "./ClearingHouse.js";
export { derivedLedger } from "./DerivedLedger.js";
export { erc20Mock } from "./ERC20Mock.js";
export { fundingIndex } from "./FundingIndex.js";
export { marginGate } from "./MarginGate.js";
export { marginVault } from "./MarginVault.js";
export { marketLedger } from "./MarketLedger.js";
export { medianFeed } from "./MedianFeed.js";
export { mockV3Aggregator } from "./MockV3Aggregator.js";
export { poolTwap } from "./PoolTwap.js";
export { pythFeed } from "./PythFeed.js";
export { ratioAggregator } from "./RatioAggregator.js";
export { riskGovernor } from "./RiskGovernor.js";
export { riskProfile } from "./RiskProfile.js";
export { sequencerGuard } from "./SequencerGuard.js";
export { signalTable } from "./SignalTable.js";
<<<<<<< HEAD
export { timelockController } from "./TimelockController.js";
export { voteToken } from "./VoteToken.js";
=======
export { wordsVerifier } from "./WordsVerifier.js";
>>>>>>> main
