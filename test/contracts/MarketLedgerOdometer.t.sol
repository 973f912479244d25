// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IMarketSources} from "../../contracts/interfaces/IMarketSources.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {ReplayFixture} from "./support/Replay.sol";

/// What the odometer counts.
contract MarketLedgerOdometerTest is ReplayFixture {
    function setUp() public {
        _setUpMarket();
    }

    // shows: P32, A20
    function test_odometer_counts_greatest_move_rounded_up() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 0);
        // Down by a third: low moves by 1/3, high stays where the average is.
        feeds[3].set(666_666_666_667, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 33_333_334);
        // The average follows, and high with it.
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 2 * 33_333_334);

        int128[] memory indices = new int128[](16);
        (indices[5], indices[6]) = (-1e10, 1e10);
        funding.set(indices);
        feeds[5].set(1.01e12, 0);
        feeds[7].set(1.015e12, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        // Funding and price of one asset add up; those of two do not.
        assertEq(ledger.latestRound().odometer, 2 * 33_333_334 + 2_000_000);
    }

    // shows: P32, T14, A20
    /// However often somebody pokes, a move that is there when the next round may be made is in it.
    function test_odometer_skips_no_move() public {
        _flat(1e12);
        ledger.poke();
        feeds[0].set(1.1e12, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketSources.PokedTooSoon.selector, block.timestamp + 1 minutes, block.timestamp)
        );
        ledger.poke();
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 10_000_000);
        // And back: what moved stays counted, and the way back is counted too, once high has gone it.
        feeds[0].set(1e12, 0);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(block.timestamp + timing.twapWindow);
            ledger.poke();
        }
        assertEq(ledger.latestRound().odometer, 10_000_000 + 9_090_910);
    }

    // shows: P32, A20
    /// Within half the proving window a round is of a market that has moved by 1 %; after it of any.
    function test_poke_early_needs_move() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        uint256 free = block.timestamp + timing.provingWindow / 2;
        uint256 least = ledger.LEAST_MOVE();
        assertEq(least, Spec.ODOMETER_UNIT / 100);
        vm.warp(block.timestamp + 1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.MarketUnmoved.selector, least, 0, free));
        ledger.poke();
        // Of the greatest move of any asset, as the odometer has it: a unit less than 1 %, and 1 %.
        feeds[3].set(1.005e12, 0);
        feeds[9].set(0.99e12 + 10_000, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.MarketUnmoved.selector, least, 999_999, free));
        ledger.poke();
        feeds[9].set(0.99e12, 0);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 1_000_000);
        // Counted from the last round, not from before it.
        free = block.timestamp + timing.provingWindow / 2;
        vm.warp(free - 1);
        vm.expectPartialRevert(IMarketSources.MarketUnmoved.selector);
        ledger.poke();
        vm.warp(free);
        ledger.poke();
        assertEq(ledger.latestRound().number, 3);
    }

    function test_poke_new_epoch_needs_no_move() public {
        ledger.poke();
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        next[4] += 1;
        vm.prank(guardian);
        profile.tighten(next);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().epoch, 2);
    }

    // shows: P32, T14
    function test_odometer_counts_tenfold_moves() public {
        _flat(1e12);
        ledger.poke();
        feeds[0].set(1e13, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 9 * Spec.ODOMETER_UNIT);
        vm.warp(block.timestamp + 1 hours);
        ledger.poke();
        uint128 before = ledger.latestRound().odometer;
        feeds[0].set(1e12, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer - before, 9 * Spec.ODOMETER_UNIT / 10);
    }

    /// Nothing moves: the odometer stands still, and nothing is folded.
    function test_odometer_still_market_counts_little() public {
        _flat(1e12);
        ledger.poke();
        bytes memory folded = abi.encode(ledger.latestRound().folded);
        uint256 still;
        for (uint256 i = 0; i < 3; ++i) {
            vm.warp(block.timestamp + 31 minutes);
            still = _gasOfAPoke();
        }
        assertEq(ledger.latestRound().odometer, 0);
        assertEq(abi.encode(ledger.latestRound().folded), folded);
        vm.warp(block.timestamp + 31 minutes);
        _step(1);
        assertLt(still + 100_000, _gasOfAPoke());
    }

    function _gasOfAPoke() private returns (uint256) {
        uint256 before = gasleft();
        ledger.poke();
        return before - gasleft();
    }
}
