// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {VmSafe} from "forge-std/Vm.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {Round} from "../../contracts/types/Round.sol";
import {ReplayFixture} from "./support/Replay.sol";

/// Rounds and their lives.
contract MarketLedgerRoundsTest is ReplayFixture {
    function setUp() public {
        _setUpMarket();
    }

    function test_round_unknown_before_first() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 0));
        ledger.latestRound();
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 0));
        ledger.roundAt(0);
        assertFalse(ledger.usable(0));
        assertFalse(ledger.usable(1));
        assertEq(ledger.oldestRound(), 0);
        (bool found,) = ledger.firstBeyond(0, 0);
        assertFalse(found);
        ledger.poke();
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 2));
        ledger.roundAt(2);
        assertEq(ledger.roundAt(1).number, 1);
        assertEq(ledger.oldestRound(), 1);
    }

    /// Anybody can give a round's prices, and the ledger tells whether they are.
    function test_quotes_digest_is_of_what_the_round_said() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 1));
        ledger.quotesDigest(1);
        ledger.poke();
        bytes32 first = ledger.quotesDigest(1);
        assertEq(first, _digestNow());
        _say(1);
        vm.warp(block.timestamp + timing.provingWindow);
        ledger.poke();
        assertEq(ledger.quotesDigest(2), _digestNow());
        assertEq(ledger.quotesDigest(1), first);
        assertNotEq(ledger.quotesDigest(2), first);
    }

    /// Of the newest round's quotes, as any reader hashes them.
    function _digestNow() private view returns (bytes32) {
        uint256[] memory words = new uint256[](ledger.listed());
        for (uint256 u = 0; u < words.length; ++u) {
            (uint64 low, uint64 high, int128 accrued) = ledger.priceOf(u);
            words[u] = low | uint256(high) << 64 | uint256(uint64(int64(accrued))) << 192;
        }
        return keccak256(abi.encodePacked(words));
    }

    function test_poke_emits_round_and_epoch() public {
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow / 2);
        vm.expectEmit(true, true, false, false, address(ledger));
        emit IMarketLedger.RoundCommitted(2, 1, 0, 0, 0, 0, 0, new uint64[](0), new uint64[](0), new int128[](0));
        ledger.poke();
    }

    // shows: T14
    function test_round_usable_for_proving_window() public {
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow);
        ledger.poke();
        assertTrue(ledger.usable(1));
        vm.warp(block.timestamp + 1);
        _refuseRound(1);
        assertTrue(ledger.usable(2));
        assertEq(abi.encode(ledger.usableRound(2)), abi.encode(ledger.latestRound()));
        // Other numbers with the same place in the ring, also those that would have it if their high bits were cut off.
        _refuseRound(2 + ledger.ROUNDS());
        _refuseRound(2 + (1 << 40));
        _refuseRound(0);
        vm.prank(guardian);
        profile.pause();
        assertEq(profile.liveEpoch(), 0);
        _refuseRound(2);
    }

    function _refuseRound(uint64 number) private {
        assertFalse(ledger.usable(number));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, number));
        ledger.usableRound(number);
    }

    function test_poke_expires_profile() public {
        uint256[PROFILE_WORDS] memory safe = vectors[0].profile;
        safe[3] += 1;
        uint64 end = uint64(block.timestamp + DELAY + 1 hours);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (vectors[0].profile, end, safe)));
        vm.warp(end - 1);
        ledger.poke();
        assertTrue(ledger.usable(1));
        vm.warp(end);
        assertFalse(ledger.usable(1));
        ledger.poke();
        assertFalse(ledger.usable(1));
        assertTrue(ledger.usable(2));
        assertEq(ledger.latestRound().epoch, 3);
        assertEq(abi.encode(profile.profileWords()), abi.encode(safe));
    }

    function test_live_since_last_gap() public {
        ledger.poke();
        uint256 start = vm.getBlockTimestamp();
        assertEq(ledger.liveSince(), start);
        vm.warp(start + timing.maxRoundAge);
        ledger.poke();
        assertEq(ledger.liveSince(), start);
        vm.warp(block.timestamp + timing.maxRoundAge + 1);
        ledger.poke();
        assertEq(ledger.liveSince(), block.timestamp);
    }

    // shows: A20
    function test_ring_forgets_oldest_round() public {
        // Some two thousand rounds cost more gas than a test may spend: their cost is not counted.
        vm.pauseGasMetering();
        MarketLedger one = _newLedger(_newProfile(1, _padded(1)), _feeds(1));
        funding.set(new int128[](1));
        for (uint256 i = 0; i < one.ROUNDS() + 70; ++i) {
            vm.warp(block.timestamp + timing.provingWindow / 2);
            feeds[0].set(uint64(1e12 + i * 1e9), 0);
            one.poke();
            assertEq(one.oldestRound(), i < one.ROUNDS() ? 1 : i + 2 - one.ROUNDS());
        }
        assertEq(one.oldestRound(), 71);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundTooOld.selector, 70, 71));
        one.roundAt(70);
        assertFalse(one.usable(70));
        // Nor is a sleeve's or a claim's round any longer one to compare with.
        (uint64 time, uint64 newest) = (uint64(block.timestamp), one.ROUNDS() + 70);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundTooOld.selector, 70, 71));
        one.sleeveLimit(70, time, 2_000, newest);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundTooOld.selector, 70, 71));
        one.sleeveLimit(newest, time, 2_000, 70);
        assertGt(one.sleeveLimit(newest, time, 2_000, newest), one.latestRound().sleeveOdometer);
        assertEq(one.roundAt(71).number, 71);
        // Every round moved. So the first round beyond the odometer of round 100 is 101, and for a round before the
        // ring it is the ring's oldest.
        (bool found, Round memory round) = one.firstBeyond(100, one.roundAt(100).odometer);
        assertTrue(found);
        assertEq(round.number, 101);
        (found, round) = one.firstBeyond(5, 0);
        assertTrue(found);
        assertEq(round.number, 71);
        (found, round) = one.firstBeyond(71, 0);
        assertTrue(found);
        assertEq(round.number, 72);
        _readsSecondLap(one);
        // The average still reaches back to half an hour ago: 6 rounds of a price that grows by 1e9 each.
        (uint64 low, uint64 high,) = one.priceOf(0);
        uint64 spot = uint64(1e12 + (one.ROUNDS() + 69) * 1e9);
        assertEq(high, spot);
        assertEq(low, spot - 3.5e9);
    }

    /// Rounds that have taken the places of forgotten ones are read like any other.
    function _readsSecondLap(MarketLedger one) private view {
        uint64 newest = one.ROUNDS() + 70;
        assertEq(one.latestRound().number, newest);
        for (uint64 number = newest - 1; number <= newest; ++number) {
            assertEq(one.roundAt(number).number, number);
            assertTrue(one.usable(number));
            assertEq(one.usableRound(number).number, number);
        }
        (bool found, Round memory round) = one.firstBeyond(newest - 30, one.roundAt(newest - 20).odometer);
        assertTrue(found);
        assertEq(round.number, newest - 19);
        (found,) = one.firstBeyond(newest - 30, one.latestRound().odometer);
        assertFalse(found);
    }

    /// The sums of spot prices reuse the words of their ring. So a later round pays for no fresh ones.
    function test_spot_sums_reuse_words_of_their_ring() public {
        uint64 kept = ledger.OBSERVATIONS();
        for (uint64 number = 1; number <= kept + 4; ++number) {
            vm.warp(block.timestamp + timing.provingWindow / 2);
            uint256 fresh = _freshWordsOfAPoke();
            // A head, a point and a digest, and sums of 16 assets in pairs. The first round stores no sums, so its place is fresh
            // in the second lap as well.
            if (number > 1) assertEq(fresh, number <= kept + 1 ? 4 + 8 : 4);
        }
    }

    /// How many words of the ledger's storage a poke writes that were zero.
    function _freshWordsOfAPoke() private returns (uint256 fresh) {
        vm.startStateDiffRecording();
        ledger.poke();
        VmSafe.AccountAccess[] memory accesses = vm.stopAndReturnStateDiff();
        for (uint256 i = 0; i < accesses.length; ++i) {
            for (uint256 j = 0; j < accesses[i].storageAccesses.length; ++j) {
                VmSafe.StorageAccess memory one = accesses[i].storageAccesses[j];
                if (one.account == address(ledger) && one.isWrite && one.previousValue == 0 && one.newValue != 0) {
                    ++fresh;
                }
            }
        }
    }

    /// Only epochs that follow each other fast can outrun the ring. The average then shortens, and nothing breaks.
    function test_poke_many_epochs_in_one_block() public {
        vm.pauseGasMetering();
        ledger.poke();
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        uint256[PROFILE_WORDS] memory none;
        manager.grantRole(GOVERNOR_ROLE, address(this), 0);
        vm.warp(block.timestamp + 20 minutes);
        feeds[0].set(3e12, 0);
        for (uint256 i = 0; i < ledger.OBSERVATIONS() + 6; ++i) {
            next[4] += 1;
            profile.setProfile(next, 0, none);
            uint64 number = ledger.poke();
            (uint64 least, uint64 greatest,) = ledger.priceOf(0);
            // The first round has the other price. The ring is full without it.
            assertEq(least == greatest, number > ledger.OBSERVATIONS());
        }
        (uint64 low, uint64 high,) = ledger.priceOf(0);
        assertEq(low, 3e12);
        assertEq(high, 3e12);
        vm.warp(block.timestamp + 10 minutes);
        feeds[0].set(4e12, 0);
        ledger.poke();
        (low, high,) = ledger.priceOf(0);
        assertEq(low, 3e12);
        assertEq(high, 4e12);
    }

    /// An epoch a second, each with its price: within the window there are more rounds than the ring has. The average
    /// reaches back to the oldest of them that the ring still has.
    function test_average_of_many_epochs_reaches_oldest_in_ring() public {
        profile = _newProfile(1, _padded(1));
        ledger = _newLedger(profile, _feeds(1));
        funding.set(new int128[](1));
        uint64 kept = ledger.OBSERVATIONS();
        for (uint64 number = 1; number <= kept + 6; ++number) {
            skip(1);
            vm.mockCall(address(profile), abi.encodeCall(profile.epoch, ()), abi.encode(number));
            feeds[0].set(1e12 + number * 1e9, 0);
            ledger.poke();
            (uint64 low, uint64 high,) = ledger.priceOf(0);
            assertEq(high, 1e12 + number * 1e9);
            uint64 oldest = number < kept ? 1 : number - kept + 1;
            // The middle of the prices from the oldest round to the last.
            if (number != 1) assertEq(low, 1e12 + (oldest + number - 1) * 1e9 / 2);
        }
    }
}
