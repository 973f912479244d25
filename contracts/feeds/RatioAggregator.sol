// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// What the rate of a RatioAggregator is held to.
struct RateLimits {
    /// Longest age of a rate, seconds, above 0: the rate feed's own heartbeat and some slack.
    uint32 heartbeat;
    /// The rate must be above this, in the rate feed's unit.
    uint128 least;
    /// The rate must be below this, in the rate feed's unit.
    uint128 most;
}

/// The USD price of an asset that is priced by another: its rate in the other asset, times the other asset's USD price.
/// It answers as a Chainlink aggregator does, so a ChainlinkFeed reads it. The product is exact: nothing is cut off. The
/// answer is as old as the USD price. The rate may be older, up to a heartbeat of its own.
contract RatioAggregator is AggregatorV3Interface {
    /// The limits let no rate through.
    /// @param limits the limits that were given
    error RateLimitsInvalid(RateLimits limits);
    /// The round of the rate has no answer of its own.
    /// @param roundId id of the latest round
    /// @param answeredInRound id of the round that the answer is from
    /// @param updatedAt Unix seconds of the answer; 0 if there is none
    error RateIncomplete(uint80 roundId, uint80 answeredInRound, uint256 updatedAt);
    /// The rate is older than its heartbeat, or from the future.
    /// @param updatedAt Unix seconds of the rate
    /// @param heartbeat longest age of a rate, seconds
    /// @param time Unix seconds of the block
    error RateNotCurrent(uint256 updatedAt, uint256 heartbeat, uint256 time);
    /// The rate is at or beyond a bound.
    /// @param least what the rate must be above
    /// @param most what the rate must be below
    /// @param got the rate
    error RateOutOfBounds(uint256 least, uint256 most, int256 got);
    /// The rate feed has other decimals than at the deployment.
    /// @param expected decimals at the deployment
    /// @param got decimals now
    error RateDecimalsChanged(uint256 expected, uint256 got);
    /// Past rounds of two feeds do not belong together, so there are none.
    error NoPastRounds();

    /// The feed of the rate, such as wstETH / ETH.
    AggregatorV3Interface public immutable rate;
    /// The USD feed of the other asset, such as ETH / USD.
    AggregatorV3Interface public immutable base;
    uint256 private immutable RATE_DECIMALS;
    uint256 private immutable HEARTBEAT;
    uint256 private immutable LEAST;
    uint256 private immutable MOST;

    /// @param rate_ the feed of the rate: units of the other asset that one unit of this asset is worth
    /// @param base_ the USD feed of the other asset
    /// @param limits_ what the rate is held to
    constructor(AggregatorV3Interface rate_, AggregatorV3Interface base_, RateLimits memory limits_) {
        if (limits_.heartbeat == 0 || limits_.least >= limits_.most) revert RateLimitsInvalid(limits_);
        (rate, base, RATE_DECIMALS) = (rate_, base_, rate_.decimals());
        (HEARTBEAT, LEAST, MOST) = (limits_.heartbeat, limits_.least, limits_.most);
    }

    /// What the rate is held to.
    /// @return the limits; they never change
    function limits() external view returns (RateLimits memory) {
        return RateLimits(uint32(HEARTBEAT), uint128(LEAST), uint128(MOST));
    }

    /// Decimals of the answer: those of both feeds together, as decimals of a product add up.
    /// @return the number of decimals
    function decimals() external view returns (uint8) {
        return rate.decimals() + base.decimals();
    }

    /// What the answer is a product of.
    /// @return the descriptions of both feeds
    function description() external view returns (string memory) {
        return string.concat(rate.description(), " x ", base.description());
    }

    /// The version of this contract.
    /// @return always 1
    function version() external pure returns (uint256) {
        return 1;
    }

    /// Always reverts: there are no past rounds.
    /// @return nothing
    /// @return nothing
    /// @return nothing
    /// @return nothing
    /// @return nothing
    function getRoundData(uint80) external pure returns (uint80, int256, uint256, uint256, uint80) {
        revert NoPastRounds();
    }

    /// The latest round of the USD feed, its answer times the rate. It reverts on any doubt about the rate.
    /// @return roundId id of the USD feed's latest round
    /// @return answer USD per unit of the asset, with `decimals` decimals
    /// @return startedAt Unix seconds at which the USD feed's round began
    /// @return updatedAt Unix seconds of the USD feed's answer
    /// @return answeredInRound id of the round that the USD feed's answer is from
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        int256 ratio = _rate();
        (roundId, answer, startedAt, updatedAt, answeredInRound) = base.latestRoundData();
        answer *= ratio;
    }

    /// The rate, if it is current and within its bounds.
    /// @return answer the rate, in the rate feed's unit
    function _rate() private view returns (int256 answer) {
        uint80 roundId;
        uint80 answeredInRound;
        uint256 updatedAt;
        (roundId, answer,, updatedAt, answeredInRound) = rate.latestRoundData();
        if (roundId == 0 || updatedAt == 0 || answeredInRound < roundId) {
            revert RateIncomplete(roundId, answeredInRound, updatedAt);
        }
        if (updatedAt > block.timestamp || block.timestamp - updatedAt > HEARTBEAT) {
            revert RateNotCurrent(updatedAt, HEARTBEAT, block.timestamp);
        }
        if (answer <= int256(LEAST) || answer >= int256(MOST)) revert RateOutOfBounds(LEAST, MOST, answer);
        // Bounds are in the unit that the rate feed had at the deployment.
        uint256 unit = rate.decimals();
        if (unit != RATE_DECIMALS) revert RateDecimalsChanged(RATE_DECIMALS, unit);
    }
}
