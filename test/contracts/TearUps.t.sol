// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {TearUps} from "../../contracts/lib/TearUps.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {TornLine, TornPrices} from "../../contracts/types/TearUp.sol";

contract TearUpsTest is Test {
    /// A long and a short at $1 a quantum; the short's asset may move twice as far.
    function test_prices_one_lambda() public pure {
        TornPrices memory torn = TearUps.pricesOf(_lines(), 50e18);
        assertTrue(torn.possible);
        // λ · (100 · 20 % + 100 · 40 %) = 50, so λ = 5 / 6.
        assertEq(torn.lambda, uint256(5e18) / 6 + 1);
        assertEq(torn.prices[0], uint256(7e18) / 6 + 1);
        assertEq(torn.prices[1], 1e18 - (uint256(2e18) / 6 + 1));
        assertEq(torn.prices[2], 0);
        assertEq(torn.gain, 50e18 + 100);
    }

    function test_prices_no_deficit() public pure {
        TornPrices memory torn = TearUps.pricesOf(_lines(), 0);
        assertTrue(torn.possible);
        assertEq(torn.prices[0], 1e18);
        assertEq(torn.prices[1], 1e18);
        assertEq(torn.gain, 0);
        assertEq(torn.lambda, 0);
    }

    /// A price of 0 or below, or one that no transition can name: the market ends.
    function test_prices_not_possible() public pure {
        TornLine[] memory lines = _lines();
        // The short's price would fall to 0 at λ = 2.5, a deficit of 150.
        assertTrue(TearUps.pricesOf(lines, 149e18).possible);
        TornPrices memory torn = TearUps.pricesOf(lines, 150e18);
        assertFalse(torn.possible);
        assertEq(torn.gain, 0);
        assertEq(torn.prices[0], 0);
        assertGt(torn.lambda, 2.4e18);
        lines[1].quantity = 0;
        assertTrue(TearUps.pricesOf(lines, 7_000e18).possible);
        assertFalse(TearUps.pricesOf(lines, 7_300e18).possible);
        assertFalse(TearUps.pricesOf(new TornLine[](2), 1).possible);
        lines[0].cap = 0;
        assertFalse(TearUps.pricesOf(lines, 1).possible);
    }

    /// The extremes of every width fit.
    function test_prices_extremes() public pure {
        TornLine[] memory lines = new TornLine[](2);
        lines[0] = TornLine(type(int64).max, type(uint64).max, 10_000);
        lines[1] = TornLine(type(int64).min, type(uint64).max, 10_000);
        TornPrices memory torn = TearUps.pricesOf(lines, type(uint128).max >> 1);
        assertTrue(torn.possible);
        assertGe(torn.gain, type(uint128).max >> 1);
        assertFalse(TearUps.pricesOf(lines, type(uint128).max).possible && torn.prices[1] == 0);
    }

    // shows: P68
    /// The book gains its deficit, and less than one attodollar a quantum more; every price is above 0, on the side that
    /// the book needs, and moves by one λ of its cap.
    function test_fuzz_prices_bring_deficit(uint256 seed, uint128 deficit) public pure {
        TornLine[] memory lines = new TornLine[](6);
        uint256 quanta = 0;
        for (uint256 i = 0; i < lines.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int64 quantity = int64(uint64(seed)) >> uint8(seed >> 64 & 63);
            lines[i] = TornLine(quantity, uint64(seed >> 128) >> uint8(seed >> 72 & 31) | 1, uint16(seed >> 80) % 10_001);
            quanta += uint256(quantity < 0 ? -int256(quantity) : int256(quantity));
        }
        deficit >>= uint8(seed >> 96) & 127;
        TornPrices memory torn = TearUps.pricesOf(lines, deficit);
        if (!torn.possible) return;
        assertGe(torn.gain, deficit);
        assertLe(torn.gain - deficit, quanta);
        for (uint256 i = 0; i < lines.length; ++i) {
            (int256 quantity, uint256 price) = (lines[i].quantity, lines[i].price);
            if (quantity == 0) continue;
            assertGt(torn.prices[i], 0);
            assertLt(torn.prices[i], TearUps.PRICE_LIMIT);
            uint256 move = quantity > 0 ? torn.prices[i] - price : price - torn.prices[i];
            // λ is rounded up: the move is at most λ of the cap, and one attodollar.
            assertLe(move, price * lines[i].cap * torn.lambda / 1e22 + 1);
        }
    }

    /// The other side loses what the book gains, whatever the prices: quantities add up to 0.
    function test_fuzz_prices_zero_sum(uint64 size, uint64 price, uint16 cap, uint128 deficit, int128 funding) public pure {
        size = uint64(bound(size, 1, type(uint64).max >> 1));
        TornLine[] memory lines = new TornLine[](1);
        lines[0] = TornLine(int64(size), uint64(bound(price, 1, type(uint64).max)), uint16(bound(cap, 1, 10_000)));
        TornPrices memory torn = TearUps.pricesOf(lines, deficit);
        if (!torn.possible) return;
        int256 net = int256(torn.prices[0]) - int256(bound(funding, -(2 ** 63) + 1, 2 ** 63 - 1));
        assertLt(net < 0 ? -net : net, 2 ** 67);
        int256 whole = int256(uint256(size)) * net;
        int256 part = -int256(uint256(size / 3)) * net - int256(uint256(size - size / 3)) * net;
        assertEq(whole + part, 0);
    }

    function test_cap_of_largest_shock() public pure {
        uint256[PROFILE_WORDS] memory words;
        // Scenario 0: −20 % of slot 1; scenario 15: +35 % of it; scenario 3: −100 % of slot 15.
        words[9] = uint256(uint16(-int16(2_000))) << 16;
        words[24] = uint256(3_500) << 16;
        words[12] = uint256(uint16(-int16(10_000))) << 240;
        assertEq(TearUps.capOf(words, 0), 0);
        assertEq(TearUps.capOf(words, 1), 3_500);
        assertEq(TearUps.capOf(words, 15), 10_000);
    }

    function _lines() private pure returns (TornLine[] memory lines) {
        lines = new TornLine[](3);
        lines[0] = TornLine(100, 1e18, 2_000);
        lines[1] = TornLine(-100, 1e18, 4_000);
        lines[2] = TornLine(0, 1e18, 9_000);
    }
}
