// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SequencerGuard} from "../../contracts/feeds/SequencerGuard.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {IMarketSources} from "../../contracts/interfaces/IMarketSources.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {RoundHeads} from "../../contracts/types/Round.sol";
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

    /// Slots 0, 3 and 5 may carry sleeves.
    function test_sleeve_odometer_counts_greatest_move_of_its_slots() public {
        assertEq(ledger.sleeveSlots(), 41);
        assertEq(ledger.origin(), address(ledger));
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        // Slot 1 carries none: only the first odometer counts it.
        feeds[1].set(1.5e12, 0);
        _again();
        _expectOdometers(50_000_000, 0);
        feeds[1].set(1e12, 0);
        feeds[3].set(1.02e12, 0);
        feeds[5].set(1.03e12, 0);
        _again();
        Seen memory seen = _lastSeen();
        assertEq(seen.sleeveOdometer, 3_000_000);
        assertEq(seen.odometer, 50_000_000 + 3_000_000);
    }

    /// The drift of funding counts ten times, beside the move of the same asset.
    function test_sleeve_odometer_counts_funding_tenfold() public {
        assertEq(Spec.SLEEVE_FUNDING_WEIGHT, 10);
        _flat(1e12);
        int128[] memory indices = new int128[](16);
        funding.set(indices);
        ledger.poke();
        (indices[0], indices[2], indices[5]) = (-1e9, 1e10, 5e8);
        funding.set(indices);
        feeds[0].set(1.001e12, 0);
        feeds[5].set(1.002e12, 0);
        // Slot 0: 0.1 % and ten times 0.1 %. Slot 5: 0.2 % and ten times 0.05 %. Slot 2, with 1 %, carries none.
        _again();
        _expectOdometers(1_000_000, 1_100_000);
    }

    function test_sleeve_odometer_stands_still_without_slots() public {
        sleeveSlots = 0;
        ledger = _newLedger(profile, _feeds(16));
        assertEq(ledger.sleeveSlots(), 0);
        _flat(1e12);
        ledger.poke();
        _flat(2e12);
        _again();
        _expectOdometers(uint128(Spec.ODOMETER_UNIT), 0);
    }

    function test_sleeve_slots_listed_only() public {
        profile = _newProfile(3, _padded(3));
        IPriceFeed[] memory three = _feeds(3);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.SleeveSlotsUnlisted.selector, 3, 8));
        new MarketLedger(address(manager), table, profile, timing, three, funding, SequencerGuard(address(0)), 8);
        ledger = new MarketLedger(address(manager), table, profile, timing, three, funding, SequencerGuard(address(0)), 7);
        assertEq(ledger.sleeveSlots(), 7);
    }

    /// A move that no odometer has room for commits nothing; the next price counts again.
    function test_poke_refuses_odometer_out_of_range() public {
        _flat(1e12);
        funding.set(new int128[](16));
        feeds[0].set(1, 0);
        ledger.poke();
        feeds[0].set(type(uint64).max, 0);
        vm.warp(block.timestamp + 1 minutes);
        vm.expectPartialRevert(RoundHeads.RoundOutOfRange.selector);
        ledger.poke();
        feeds[0].set(2, 0);
        ledger.poke();
        assertEq(ledger.latestRound().number, 2);
    }

    // --- the limit of a sleeve ---

    function test_sleeve_limit_refuses_unknown_rounds() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 1));
        ledger.sleeveLimit(1, 0, 1, 1);
        ledger.poke();
        uint64 time = uint64(block.timestamp);
        for (uint64 number = 0; number <= 2; number += 2) {
            vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, number));
            ledger.sleeveLimit(number, time, 1, 1);
            vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, number));
            ledger.sleeveLimit(1, time, 1, number);
        }
        assertEq(ledger.sleeveLimit(1, time, 1, 1), 9_999);
    }

    /// At most a proving window older than the attestation, and no younger than it.
    function test_sleeve_limit_refuses_round_out_of_window() public {
        ledger.poke();
        uint64 time = uint64(block.timestamp);
        uint64 window = timing.provingWindow;
        ledger.sleeveLimit(1, time + window, 1, 1);
        bytes4 error = IMarketLedger.SleevePricedOutOfWindow.selector;
        vm.expectRevert(abi.encodeWithSelector(error, time + 1, time + window + 1, time));
        ledger.sleeveLimit(1, time + window + 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(error, time - 1 - window, time - 1, time));
        ledger.sleeveLimit(1, time - 1, 1, 1);
    }

    /// Whichever of the two rounds comes first: the move between them may be the band's allowance, and no more.
    function test_sleeve_limit_refuses_move_beyond_band() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        // By 2 % / 1.02, rounded down, and by a unit more.
        feeds[0].set(1_019_607_840_000, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        uint64 time = uint64(block.timestamp);
        assertEq(ledger.latestRound().sleeveOdometer, 1_960_784);
        assertEq(ledger.sleeveLimit(1, time, 200, 2), 1_960_784);
        assertEq(ledger.sleeveLimit(2, time, 200, 1), 2 * 1_960_784);
        bytes memory error = abi.encodeWithSelector(IMarketLedger.SleeveBandLeft.selector, 1_951_171, 1_960_784);
        vm.expectRevert(error);
        ledger.sleeveLimit(1, time, 199, 2);
        vm.expectRevert(error);
        ledger.sleeveLimit(2, time, 199, 1);
    }

    function _again() private {
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
    }

    function _expectOdometers(uint128 odometer, uint128 sleeveOdometer) private view {
        assertEq(ledger.latestRound().odometer, odometer);
        assertEq(ledger.latestRound().sleeveOdometer, sleeveOdometer);
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
