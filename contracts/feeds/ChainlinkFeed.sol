// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {BoundedFeed, FeedLimits} from "./BoundedFeed.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";

/// A Chainlink USD feed. Only ever reads the latest round, and no arithmetic is done on round ids: a proxy's are
/// phase << 64 | round, and jump when its aggregator is replaced.
contract ChainlinkFeed is BoundedFeed {
    /// The round has no answer of its own: the aggregator is at the start of a phase, or carries an old one over.
    error RoundIncomplete(uint80 roundId, uint80 answeredInRound, uint256 updatedAt);
    error AggregatorDecimalsChanged(uint256 expected, uint256 got);

    AggregatorV3Interface public immutable aggregator;
    uint256 private immutable AGGREGATOR_DECIMALS;

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
