// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {DerivedLedger} from "../../contracts/DerivedLedger.sol";
import {IDerivedLedger} from "../../contracts/interfaces/IDerivedLedger.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {IMarketSources} from "../../contracts/interfaces/IMarketSources.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {SignalTable} from "../../contracts/lib/SignalTable.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {Round} from "../../contracts/types/Round.sol";
import {DerivedFixture} from "./support/DerivedFixture.sol";
import {Vectors} from "./support/Vectors.sol";

/// Rounds of a derived ledger, and its view of the other profile.
contract DerivedLedgerTest is DerivedFixture {
    function setUp() public {
        _setUpDerived();
    }

    // --- what may be joined ---

    function test_base_refused_derived() public {
        MarketLedger again = MarketLedger(address(derived));
        vm.expectRevert(abi.encodeWithSelector(IDerivedLedger.BaseIsDerived.selector, derived));
        new DerivedLedger(again, strict);
    }

    function test_profile_refused_of_base() public {
        vm.expectRevert(abi.encodeWithSelector(IDerivedLedger.ProfileIsBase.selector, profile));
        new DerivedLedger(ledger, profile);
    }

    // shows: A62
    function test_profile_refused_of_another_listing() public {
        uint256 listing = vectors[0].listing ^ 1;
        RiskProfile foreign = new RiskProfile(address(manager), table, listing, 16, vectors[0].profile);
        vm.expectRevert(
            abi.encodeWithSelector(IDerivedLedger.ListingMismatch.selector, vectors[0].listing, listing)
        );
        new DerivedLedger(ledger, foreign);
    }

    // shows: A62
    function test_profile_refused_of_fewer_assets() public {
        RiskProfile three = _newProfile(3, _padded(3));
        vm.expectRevert(abi.encodeWithSelector(IDerivedLedger.SlotsMismatch.selector, 16, 3));
        new DerivedLedger(ledger, three);
    }

    // shows: A62
    /// Of another verification key, say of another tier or of a newer ceremony.
    function test_profile_refused_of_another_table() public {
        SignalTable another = new SignalTable(Vectors.points(Vectors.json()));
        RiskProfile foreign = new RiskProfile(address(manager), another, vectors[0].listing, 16, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(IDerivedLedger.TableMismatch.selector, table, another));
        new DerivedLedger(ledger, foreign);
        // The base's profile and the other profile agree, and the base does not.
        MarketLedger mixed = _newLedger(foreign, _feeds(16));
        RiskProfile like = new RiskProfile(address(manager), another, vectors[0].listing, 16, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(IDerivedLedger.TableMismatch.selector, table, another));
        new DerivedLedger(mixed, like);
    }

    // --- rounds ---

    // shows: P56
    /// The market of the vectors under their profile, derived from one under another: TypeScript's point.
    function test_fold_matches_typescript() public {
        MarketLedger under = _newLedger(strict, _feeds(16));
        DerivedLedger back = new DerivedLedger(under, profile);
        assertEq(back.poke(), 1);
        assertNotEq(abi.encode(under.latestRound().folded), abi.encode(vectors[0].folded));
        assertEq(abi.encode(back.latestRound().folded), abi.encode(vectors[0].folded));
        assertEq(abi.encode(back.usableRound(1)), abi.encode(back.latestRound()));
        assertEq(abi.encode(back.roundAt(1)), abi.encode(back.latestRound()));
    }

    // shows: P56
    /// Whatever the market does and whichever profile changes: a usable round is the fold of its prices and of the other
    /// profile's newest parameters, and there is none while either profile is not live.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: ci.fuzz.runs = 400
    function test_fuzz_usable_round_is_of_its_prices_and_profile(uint256 seed) public {
        Seen[] memory seen = new Seen[](7);
        for (uint64 number = 1; number < seen.length; ++number) {
            _step(seed);
            seen[number] = _poke();
            uint256 what = seed % 8;
            RiskProfile of_ = seed & 8 == 0 ? profile : strict;
            if (what == 0) _tighten(of_);
            if (what == 1 && !of_.paused()) _pause(of_);
            if (what == 2 && of_.paused()) _unpause(of_);
            if (what == 3) _setToExpire(of_, uint64(block.timestamp + DELAY + 10 minutes));
            _checkRounds(seen, number);
            vm.warp(block.timestamp + (what < 4 ? 1 days + 1 : timing.provingWindow / 2));
            _checkRounds(seen, number);
            seed = uint256(keccak256(abi.encode(seed)));
        }
    }

    function _checkRounds(Seen[] memory seen, uint64 newest) private view {
        bool live = !profile.paused() && strict.isLive();
        assertEq(derived.isLive(), live);
        assertEq(derived.liveEpoch(), live ? strict.epoch() : 0);
        for (uint64 number = 1; number <= newest; ++number) {
            Round memory round = derived.roundAt(number);
            Round memory based = ledger.roundAt(number);
            assertEq(abi.encode(round.number, round.time, round.odometer, round.sleeveOdometer), abi.encode(number, based.time, based.odometer, based.sleeveOdometer));
            assertEq(derived.usable(number), ledger.usable(number) && strict.isLive());
            bool derivable = based.epoch == profile.epoch();
            assertEq(round.epoch, strict.epoch());
            if (!derivable) assertEq(abi.encode(round.folded), abi.encode(0, 0));
            else assertEq(abi.encode(round.folded), abi.encode(_foldAnew(seen[number], strict)));
            assertEq(derived.quotesDigest(number), ledger.quotesDigest(number));
            if (derived.usable(number)) assertEq(abi.encode(derived.usableRound(number)), abi.encode(round));
        }
    }

    // shows: P57
    function test_round_of_last_base_epoch_keeps_time_only() public {
        ledger.poke();
        Round memory before = derived.latestRound();
        _tighten(profile);
        Round memory round = derived.latestRound();
        assertEq(abi.encode(round.folded), abi.encode(0, 0));
        assertEq(abi.encode(round.number, round.time, round.odometer), abi.encode(1, before.time, before.odometer));
        assertEq(round.epoch, before.epoch);
        assertFalse(derived.usable(1));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
        derived.usableRound(1);
        // The next does not wait. Its point is the same: the prices and the other profile are.
        assertEq(derived.poke(), 2);
        assertEq(abi.encode(derived.usableRound(2).folded), abi.encode(before.folded));
        assertEq(derived.usableRound(2).epoch, before.epoch);
    }

    // shows: P57
    function test_round_goes_over_to_next_epoch_of_other() public {
        Seen memory seen = _poke();
        Round memory before = derived.usableRound(1);
        _tighten(strict);
        Round memory round = derived.usableRound(1);
        assertEq(abi.encode(before.epoch, round.epoch), abi.encode(1, 2));
        assertEq(abi.encode(round.folded), abi.encode(_foldAnew(seen, strict)));
        assertNotEq(abi.encode(round.folded), abi.encode(before.folded));
        // And the base's round is what it was.
        assertEq(ledger.usableRound(1).epoch, 1);
        assertEq(abi.encode(ledger.usableRound(1).folded), abi.encode(_foldAnew(seen)));
    }

    function test_first_beyond_is_of_this_market() public {
        ledger.poke();
        (bool found, Round memory round) = derived.firstBeyond(0, type(uint128).max);
        assertFalse(found);
        Round memory none;
        assertEq(abi.encode(round), abi.encode(none));
        _step(1);
        skip(timing.provingWindow);
        ledger.poke();
        (found, round) = derived.firstBeyond(1, 0);
        assertTrue(found);
        assertEq(abi.encode(round), abi.encode(derived.roundAt(2)));
        (found, round) = derived.firstBeyondSleeve(1, type(uint128).max);
        assertFalse(found);
        (found, round) = derived.firstBeyondSleeve(1, 0);
        assertTrue(found);
        assertEq(abi.encode(round), abi.encode(derived.roundAt(2)));
    }

    function test_reads_are_those_of_base() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 0));
        derived.latestRound();
        assertEq(derived.oldestRound(), 0);
        ledger.poke();
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 2));
        derived.roundAt(2);
        assertFalse(derived.usable(2));
        assertEq(address(derived.base()), address(ledger));
        assertEq(address(derived.baseProfile()), address(profile));
        assertEq(address(ledger.baseProfile()), address(profile));
        assertEq(derived.maxRoundAge(), timing.maxRoundAge);
        assertEq(derived.provingWindow(), timing.provingWindow);
        assertEq(derived.twapWindow(), timing.twapWindow);
        assertEq(derived.sleeveSlots(), sleeveSlots);
        assertEq(derived.origin(), address(ledger));
        uint64 time = uint64(block.timestamp);
        assertEq(derived.sleeveLimit(1, time, 100, 1), ledger.sleeveLimit(1, time, 100, 1));
        assertEq(derived.oldestRound(), 1);
        skip(timing.maxRoundAge + 1);
        ledger.poke();
        assertEq(derived.liveSince(), block.timestamp);
        assertEq(derived.tradableSince(), block.timestamp);
        (uint64 low, uint64 high, int128 index) = derived.priceOf(3);
        assertEq(abi.encode(low, high, index), abi.encode(vectors[0].low[3], vectors[0].high[3], vectors[0].funding[3]));
    }

    // --- the view of the other profile ---

    function test_view_is_of_other_profile() public {
        _tighten(strict);
        IRiskProfile seen = derived.profile();
        assertEq(address(seen), address(derived));
        assertEq(address(derived.other()), address(strict));
        assertEq(abi.encode(seen.profileWords()), abi.encode(strict.profileWords()));
        assertEq(abi.encode(seen.folded()), abi.encode(strict.folded()));
        assertEq(seen.listing(), profile.listing());
        assertEq(seen.shocksHash(), strict.shocksHash());
        assertEq(seen.shocksSince(), strict.shocksSince());
        assertEq(seen.listed(), 16);
        assertEq(seen.epoch(), 2);
        assertEq(seen.epochSince(), block.timestamp);
        assertEq(seen.startOf(1), strict.startOf(1));
        assertEq(seen.startOf(2), block.timestamp);
        assertEq(seen.tightenedAt(), block.timestamp);
        assertEq(seen.bookMaxAge(), strict.bookMaxAge());
        assertEq(seen.TIGHTENING_INTERVAL(), strict.TIGHTENING_INTERVAL());
        assertEq(seen.TIGHTENING_STEP(), strict.TIGHTENING_STEP());
        assertEq(seen.TIGHTENING_RATE_STEP(), strict.TIGHTENING_RATE_STEP());
    }

    // shows: P57
    function test_view_ignores_changes_of_base() public {
        skip(1 hours);
        _tighten(profile);
        assertEq(profile.epoch(), 2);
        assertEq(derived.epoch(), 1);
        assertEq(derived.epochSince(), strict.startOf(1));
        assertEq(derived.tightenedAt(), 0);
        assertEq(derived.bookMaxAge(), strict.bookMaxAge());
    }

    // shows: P57
    function test_view_lives_while_both_do() public {
        for (uint256 i = 0; i < 2; ++i) {
            RiskProfile of_ = i == 0 ? profile : strict;
            uint64 number = derived.poke();
            assertTrue(derived.isLive());
            assertTrue(derived.usable(number));
            _pause(of_);
            assertEq(ledger.usable(number), i == 1);
            assertTrue(derived.paused());
            assertFalse(derived.isLive());
            assertEq(derived.liveEpoch(), 0);
            // A pause is no new epoch: the round can still be read.
            assertEq(derived.latestRound().epoch, 1);
            assertFalse(derived.usable(number));
            vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, number));
            derived.usableRound(number);
            _unpause(of_);
            assertFalse(derived.paused());
            assertEq(derived.resumedAt(), block.timestamp);
        }
        assertGt(strict.resumedAt(), profile.resumedAt());
        assertEq(derived.resumedAt(), strict.resumedAt());
        _pause(profile);
        _unpause(profile);
        assertEq(derived.resumedAt(), profile.resumedAt());
    }

    // shows: P57
    function test_view_expires_with_other() public {
        ledger.poke();
        assertEq(derived.expiresAt(), 0);
        uint64 end = uint64(block.timestamp + 10 days);
        _setToExpire(profile, end - 1 days);
        assertEq(derived.expiresAt(), 0);
        _setToExpire(strict, end);
        assertEq(derived.expiresAt(), end);
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.NotExpired.selector, end, block.timestamp));
        derived.expire();

        vm.warp(end - 1 days - 1 minutes);
        uint64 last = ledger.poke();
        assertTrue(derived.usable(last));
        skip(1 minutes);
        // The base's expiry takes the round away, as a change of its parameters does, and nothing else.
        assertTrue(profile.isExpired());
        assertFalse(derived.isExpired());
        assertEq(derived.liveEpoch(), 2);
        assertFalse(derived.usable(last));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, last));
        derived.usableRound(last);
        assertTrue(derived.usable(derived.poke()));
        _expectEpochs(3, 2);

        vm.warp(end - 1 minutes);
        last = derived.poke();
        skip(1 minutes);
        assertTrue(derived.isExpired());
        assertEq(derived.liveEpoch(), 0);
        assertTrue(ledger.usable(last));
        assertFalse(derived.usable(last));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, last));
        derived.usableRound(last);
        derived.expire();
        _expectEpochs(3, 3);
        assertEq(derived.expiresAt(), 0);
        assertEq(derived.liveEpoch(), 3);
    }

    function test_poke_begins_epochs_of_both() public {
        uint64 end = uint64(block.timestamp + 10 days);
        _setToExpire(profile, end);
        _setToExpire(strict, end);
        vm.warp(end);
        assertEq(derived.poke(), 1);
        _expectEpochs(3, 3);
        assertTrue(derived.usable(1));
        // As the base: too soon is too soon.
        vm.expectPartialRevert(IMarketSources.PokedTooSoon.selector);
        derived.poke();
    }

    function test_view_governs_nothing() public {
        bytes memory refusal = abi.encodeWithSelector(IDerivedLedger.GovernedElsewhere.selector, strict);
        uint256[PROFILE_WORDS] memory words = strict.profileWords();
        vm.startPrank(guardian);
        vm.expectRevert(refusal);
        derived.tighten(words);
        vm.expectRevert(refusal);
        derived.pause();
        vm.startPrank(governor);
        vm.expectRevert(refusal);
        derived.setProfile(words, 0, words);
        vm.expectRevert(refusal);
        derived.unpause();
    }

    function _expectEpochs(uint64 ofBase, uint64 ofOther) private view {
        assertEq(profile.epoch(), ofBase);
        assertEq(strict.epoch(), ofOther);
    }

    /// forge-config: default.isolate = true
    function test_gas_of_round() public {
        ledger.poke();
        derived.usableRound(1);
        uint256 used = vm.snapshotGasLastCall("DerivedLedger", "usableRound");
        ledger.usableRound(1);
        assertLe(used - vm.snapshotGasLastCall("DerivedLedger", "usableRound of the base"), 30_000);
    }
}
