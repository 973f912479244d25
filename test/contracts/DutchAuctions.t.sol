// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {DutchAuctions} from "../../contracts/lib/DutchAuctions.sol";
import {Auction} from "../../contracts/types/Auction.sol";

contract DutchAuctionsTest is Test {
    using DutchAuctions for Auction;

    Auction private auction;

    function test_factor_falls_to_floor() public pure {
        uint256[2][7] memory rows = [
            [uint256(0), 10_000],
            [uint256(1), 9_167],
            [uint256(2), 8_334],
            [uint256(3), 7_500],
            [uint256(5), 5_834],
            [uint256(6), 5_000],
            [uint256(7), 5_000]
        ];
        for (uint256 i = 0; i < rows.length; ++i) {
            assertEq(DutchAuctions.factor(rows[i][0], 6, 5_000), rows[i][1]);
        }
        assertEq(DutchAuctions.factor(type(uint256).max, 6, 5_000), 5_000);
    }

    /// The lesser of the time and of the blocks' time.
    function test_elapsed_by_time_and_blocks() public {
        uint32[3][6] memory rows = [
            [uint32(0), 0, 0],
            [uint32(24), 2, 24],
            [uint32(24), 1, 12],
            [uint32(23), 2, 23],
            [uint32(3_600), 0, 0],
            [uint32(0), 300, 0]
        ];
        (auction.startedAt, auction.startBlock) = (uint64(vm.getBlockTimestamp()), uint64(vm.getBlockNumber()));
        for (uint256 i = 0; i < rows.length; ++i) {
            vm.warp(auction.startedAt + rows[i][0]);
            vm.roll(auction.startBlock + rows[i][1]);
            assertEq(auction.elapsed(12), rows[i][2]);
        }
    }

    function test_quote_cost_rounded_up() public {
        _assertQuote(30, 100, 30, 3);
        _assertQuote(31, 100, 31, 4);
        _assertQuote(39, 100, 39, 4);
        _assertQuote(0, 100, 0, 0);
    }

    function test_quote_amount_at_most_left() public {
        _assertQuote(901, 100, 900, 90);
    }

    function test_quote_amount_at_most_due() public {
        _assertQuote(101, 10, 100, 10);
        _assertQuote(900, 10, 100, 10);
    }

    /// A bidder who gets fewer units than it bid for pays for those only: 3 units at 7 do not cost the 24 that are due.
    function test_quote_cost_at_most_price() public {
        (auction.offered, auction.left, auction.startCost) = (10, 10, 140);
        (uint256 amount, uint256 cost) = auction.quote(10, 24, 5_000);
        assertEq(amount, 3);
        assertEq(cost, 21);
    }

    /// The rounding of the cost sells nothing more: the buyer gets no more than it bid for.
    function test_quote_amount_at_most_bid() public {
        _assertQuote(91, 10, 91, 10);
    }

    /// An auction of 1 000 units, a tenth of them sold, at a tenth of a settlement unit each.
    function _assertQuote(uint256 most, uint256 due, uint256 expectedAmount, uint256 expectedCost) private {
        (auction.offered, auction.left, auction.startCost) = (1_000, 900, 200);
        (uint256 amount, uint256 cost) = auction.quote(most, due, 5_000);
        assertEq(amount, expectedAmount);
        assertEq(cost, expectedCost);
    }
}
