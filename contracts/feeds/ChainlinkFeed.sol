// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {BoundedFeed, FeedLimits} from "./BoundedFeed.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";

/// A Chainlink USD feed. It reads the latest round only, and does no arithmetic on round ids. A proxy's ids are
/// phase << 64 | round, and jump when its aggregator is replaced.
contract ChainlinkFeed is BoundedFeed {
    /// The round has no answer of its own: the aggregator is at the start of a phase, or carries an old answer over.
    /// @param roundId id of the latest round
    /// @param answeredInRound id of the round that the answer is from
    /// @param updatedAt Unix seconds of the answer; 0 if there is none
    error RoundIncomplete(uint80 roundId, uint80 answeredInRound, uint256 updatedAt);
    /// The aggregator behind the proxy has other decimals than at the deployment.
    /// @param expected decimals at the deployment
    /// @param got decimals now
    error AggregatorDecimalsChanged(uint256 expected, uint256 got);

    /// The Chainlink aggregator or proxy.
    AggregatorV3Interface public immutable aggregator;
    uint256 private immutable AGGREGATOR_DECIMALS;

    /// @param aggregator_ the Chainlink aggregator or proxy
    /// @param limits_ what the feed is held to: see FeedLimits for their bounds
    constructor(AggregatorV3Interface aggregator_, FeedLimits memory limits_) BoundedFeed(limits_) {
        aggregator = aggregator_;
        AGGREGATOR_DECIMALS = aggregator_.decimals();
    }

    /// @inheritdoc IPriceFeed
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt) {
        (uint80 roundId, int256 answer,, uint256 updated, uint80 answeredInRound) = aggregator.latestRoundData();
        if (roundId == 0 || updated == 0 || answeredInRound < roundId) {
            revert RoundIncomplete(roundId, answeredInRound, updated);
        }
        // A new phase may have another aggregator with other decimals behind the same proxy.
        uint256 decimals = aggregator.decimals();
        if (decimals != AGGREGATOR_DECIMALS) revert AggregatorDecimalsChanged(AGGREGATOR_DECIMALS, decimals);
        (price, confidence) = _scaled(answer, 0, -int256(decimals), updated);
        updatedAt = uint64(updated);
    }
}
