// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";

/// What a round says of one asset, in one storage word: low | high << 64 | spot << 128 | funding << 192, attodollars per
/// quantum; funding is signed, and its bound of 2^63 is tighter than the statement's.
type Quote is uint256;

using QuoteLib for Quote global;

library QuoteLib {
    function pack(uint256 low_, uint256 high_, uint256 spot_, int256 funding_) internal pure returns (Quote) {
        return Quote.wrap(low_ | (high_ << 64) | (spot_ << 128) | (uint256(funding_) << 192));
    }

    function low(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote));
    }

    function high(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote) >> 64);
    }

    function spot(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote) >> 128);
    }

    function funding(Quote quote) internal pure returns (int256) {
        return int64(uint64(Quote.unwrap(quote) >> 192));
    }

    /// How far the market moved from `before` to `next`, in units of 1 / ODOMETER_UNIT, rounded up: the greater relative
    /// move of low and high, and the drift of funding relative to low. `before` must have a price.
    function moved(Quote before, Quote next) internal pure returns (uint256) {
        // Of numbers of at most 64 bits and ODOMETER_UNIT nothing here can overflow.
        unchecked {
            uint256 ofLow = _relative(_distance(before.low(), next.low()), before.low());
            uint256 ofHigh = _relative(_distance(before.high(), next.high()), before.high());
            int256 drift = next.funding() - before.funding();
            uint256 ofFunding = _relative(uint256(drift < 0 ? -drift : drift), before.low());
            return (ofLow > ofHigh ? ofLow : ofHigh) + ofFunding;
        }
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : b - a;
        }
    }

    function _relative(uint256 change, uint256 base) private pure returns (uint256) {
        unchecked {
            return (change * Spec.ODOMETER_UNIT + base - 1) / base;
        }
    }
}
