// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";

/// What a feed is held to.
struct FeedLimits {
    /// The asset's quantum is 10^-decimals units, 0 to 10.
    uint8 decimals;
    /// Longest age of a price, seconds, above 0: the feed's own heartbeat and some slack.
    uint32 heartbeat;
    /// The price must be above this, attodollars per quantum. Take it above the aggregator's own bound, if it has one.
    uint64 least;
    /// The price must be below this, attodollars per quantum. Take it below the aggregator's own bound, if it has one.
    uint64 most;
}

/// Checks and scaling that all adapters share.
abstract contract BoundedFeed is IPriceFeed {
    /// The limits are outside their bounds, or let no price through.
    /// @param limits the limits that were given
    error LimitsInvalid(FeedLimits limits);
    /// The feed's unit is too far from the ledger's.
    /// @param exponent the feed's exponent: its unit is 10^exponent USD
    error ExponentOutOfBounds(int256 exponent);

    /// Bound of the power of ten between the feed's unit and the ledger's, either way.
    int256 private constant EXPONENT_MAX = 40;

    uint256 internal immutable DECIMALS;
    uint256 internal immutable HEARTBEAT;
    uint256 internal immutable LEAST;
    uint256 internal immutable MOST;

    /// @param limits_ what the feed is held to: see FeedLimits for their bounds
    constructor(FeedLimits memory limits_) {
        if (limits_.decimals > Spec.MAX_DECIMALS || limits_.heartbeat == 0 || limits_.least >= limits_.most) {
            revert LimitsInvalid(limits_);
        }
        (DECIMALS, HEARTBEAT, LEAST, MOST) = (limits_.decimals, limits_.heartbeat, limits_.least, limits_.most);
    }

    /// What this feed is held to.
    /// @return the limits; they never change
    function limits() external view returns (FeedLimits memory) {
        return FeedLimits(uint8(DECIMALS), uint32(HEARTBEAT), uint64(LEAST), uint64(MOST));
    }

    /// Turns `answer`·10^exponent ± `deviation`·10^exponent USD per unit into attodollars per quantum. What a division
    /// cuts off widens the confidence.
    /// @param answer the feed's answer, 10^exponent USD per unit
    /// @param deviation how far the price may be from the answer, in the same unit
    /// @param exponent exponent of the feed's unit, base 10
    /// @param updatedAt Unix seconds of the answer
    /// @return price attodollars per quantum
    /// @return confidence attodollars per quantum, rounded up
    function _scaled(int256 answer, uint64 deviation, int256 exponent, uint256 updatedAt)
        internal
        view
        returns (uint64 price, uint64 confidence)
    {
        if (updatedAt > block.timestamp) revert PriceFromTheFuture(updatedAt, block.timestamp);
        if (block.timestamp - updatedAt > HEARTBEAT) revert PriceStale(updatedAt, HEARTBEAT, block.timestamp);
        if (answer <= 0) revert PriceNotPositive(answer);

        int256 shift = exponent + int256(Spec.USD_DECIMALS) - int256(DECIMALS);
        if (shift > EXPONENT_MAX || shift < -EXPONENT_MAX) revert ExponentOutOfBounds(exponent);
        uint256 value = uint256(answer);
        uint256 width = deviation;
        // Far above any price; below it, no shift that is allowed can overflow.
        if (value >> 112 != 0) revert PriceOutOfBounds(LEAST, MOST, value);
        if (shift >= 0) {
            uint256 factor = 10 ** uint256(shift);
            (value, width) = (value * factor, width * factor);
        } else {
            uint256 divisor = 10 ** uint256(-shift);
            uint256 cut = value % divisor;
            value /= divisor;
            width = (width + cut + divisor - 1) / divisor;
        }
        if (value <= LEAST || value >= MOST) revert PriceOutOfBounds(LEAST, MOST, value);
        if (width > type(uint64).max) revert ConfidenceTooWide(type(uint64).max, width);
        (price, confidence) = (uint64(value), uint64(width));
    }
}
