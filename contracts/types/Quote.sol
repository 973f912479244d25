// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";

/// What a round says of one asset, in one storage word, attodollars per quantum. From the least significant bit:
///
///     bits   0–63    low, the lower price
///     bits  64–127   high, the upper price
///     bits 128–191   spot
///     bits 192–255   cumulative funding, two's complement; its bound of 2^63 is tighter than the statement's
type Quote is uint256;

using QuoteLib for Quote global;

/// Packs, reads and compares quotes.
library QuoteLib {
    uint256 private constant SPOT_MASK = uint256(type(uint64).max) << 128;

    /// Packs a quote. The caller has checked the bounds.
    /// @param low_ lower price, attodollars per quantum, below 2^64
    /// @param high_ upper price, attodollars per quantum, below 2^64
    /// @param spot_ spot price, attodollars per quantum, below 2^64
    /// @param funding_ cumulative funding, attodollars per quantum, |funding| below 2^63
    /// @return the quote
    function pack(uint256 low_, uint256 high_, uint256 spot_, int256 funding_) internal pure returns (Quote) {
        return Quote.wrap(low_ | (high_ << 64) | (spot_ << 128) | (uint256(funding_) << 192));
    }

    /// What quotes hash to, each with a spot of 0: all that RoundCommitted says of them. See IMarketLedger.quotesDigest.
    /// @param quotes the quotes, in the listing's order
    /// @return the hash
    function digest(Quote[] memory quotes) internal pure returns (bytes32) {
        uint256[] memory words = new uint256[](quotes.length);
        for (uint256 u = 0; u < quotes.length; ++u) {
            words[u] = Quote.unwrap(quotes[u]) & ~SPOT_MASK;
        }
        return keccak256(abi.encodePacked(words));
    }

    /// Lower price.
    /// @param quote the quote
    /// @return attodollars per quantum
    function low(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote));
    }

    /// Upper price.
    /// @param quote the quote
    /// @return attodollars per quantum
    function high(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote) >> 64);
    }

    /// Spot price.
    /// @param quote the quote
    /// @return attodollars per quantum
    function spot(Quote quote) internal pure returns (uint256) {
        return uint64(Quote.unwrap(quote) >> 128);
    }

    /// Cumulative funding.
    /// @param quote the quote
    /// @return attodollars per quantum
    function funding(Quote quote) internal pure returns (int256) {
        return int64(uint64(Quote.unwrap(quote) >> 192));
    }

    /// How far the market moved: the greater relative move of low and high, and the drift of funding relative to low.
    /// Each of the two is rounded up. An odometer adds the drift to the move; that of sleeves adds
    /// SLEEVE_FUNDING_WEIGHT times the drift.
    /// @param before the earlier quote, which must have a price
    /// @param next the later quote
    /// @return move of the price, units of 10^-8
    /// @return drift of funding, units of 10^-8
    function moved(Quote before, Quote next) internal pure returns (uint256 move, uint256 drift) {
        // Nothing here can overflow: the numbers have at most 64 bits, and ODOMETER_UNIT has 27.
        unchecked {
            uint256 ofLow = _relative(_distance(before.low(), next.low()), before.low());
            uint256 ofHigh = _relative(_distance(before.high(), next.high()), before.high());
            int256 change = next.funding() - before.funding();
            drift = _relative(uint256(change < 0 ? -change : change), before.low());
            move = ofLow > ofHigh ? ofLow : ofHigh;
        }
    }

    /// The distance of two numbers.
    /// @param a one number
    /// @param b the other
    /// @return |a − b|
    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return a > b ? a - b : b - a;
        }
    }

    /// A change relative to what changed, rounded up.
    /// @param change how much it changed
    /// @param base what it was, above 0
    /// @return units of 10^-8
    function _relative(uint256 change, uint256 base) private pure returns (uint256) {
        unchecked {
            return (change * Spec.ODOMETER_UNIT + base - 1) / base;
        }
    }
}
