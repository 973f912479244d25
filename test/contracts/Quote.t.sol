// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {Quote, QuoteLib} from "../../contracts/types/Quote.sol";

contract QuoteTest is Test {
    function test_fuzz_quote_unpacks_what_was_packed(uint64 low, uint64 high, uint64 spot, int64 funding) public pure {
        Quote quote = QuoteLib.pack(low, high, spot, funding);
        assertEq(quote.low(), low);
        assertEq(quote.high(), high);
        assertEq(quote.spot(), spot);
        assertEq(quote.funding(), funding);
    }

    // shows: P32
    /// Never below the true move, and above it by less than two units: one for the price, one for funding.
    function test_fuzz_moved_rounded_up(uint64[4] memory prices, int64[2] memory funding) public pure {
        for (uint256 i = 0; i < 4; ++i) {
            if (prices[i] == 0) prices[i] = 1;
        }
        Quote before = QuoteLib.pack(prices[0], prices[1], 0, funding[0]);
        Quote next = QuoteLib.pack(prices[2], prices[3], 0, funding[1]);
        (uint256 move, uint256 ofFunding) = before.moved(next);
        uint256 moved = move + ofFunding;
        uint256 drift = _distance(funding[0], funding[1]);
        uint256 dLow = _distance(int256(uint256(prices[0])), int256(uint256(prices[2])));
        uint256 dHigh = _distance(int256(uint256(prices[1])), int256(uint256(prices[3])));
        // Each by itself, to less than a unit.
        assertGe(ofFunding * prices[0], drift * Spec.ODOMETER_UNIT);
        assertLt(ofFunding * prices[0], drift * Spec.ODOMETER_UNIT + prices[0]);
        uint256 lowUnits = (dLow + drift) * Spec.ODOMETER_UNIT;
        assertGe(moved * prices[0], lowUnits);
        // |Δhigh|/high + |Δfunding|/low over the common denominator.
        uint256 both = dHigh * Spec.ODOMETER_UNIT * prices[0] + drift * Spec.ODOMETER_UNIT * prices[1];
        assertGe(moved * prices[0] * prices[1], both);
        uint256 greater = lowUnits * prices[1] > both ? lowUnits * prices[1] : both;
        assertLt(moved * prices[0] * prices[1], greater + 2 * uint256(prices[0]) * prices[1]);
    }

    function test_fuzz_moved_zero_when_still(uint64 low, uint64 high, uint64 spot, int64 funding) public pure {
        if (low == 0) low = 1;
        if (high == 0) high = 1;
        Quote quote = QuoteLib.pack(low, high, spot, funding);
        (uint256 move, uint256 drift) = quote.moved(quote);
        assertEq(move + drift, 0);
    }

    function _distance(int256 a, int256 b) private pure returns (uint256) {
        return uint256(a > b ? a - b : b - a);
    }
}
