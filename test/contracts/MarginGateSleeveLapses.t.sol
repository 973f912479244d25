// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {SleeveTerms} from "../../contracts/types/Book.sol";
import {SupportRecord} from "../../contracts/types/Gate.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// When health of a book with a sleeve ends: each end is a lapse into grace, and none a default.
contract MarginGateSleeveLapsesTest is GateFixture {
    uint128 private constant ALLOWANCE = 990_099;

    // --- the end ---

    // shows: P39, P59, A67
    function test_lapse_sleeve_ended() public {
        uint64 until = _proveUntil(1 hours);
        _pass(1 hours - 1);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectGrace(until);
        gate.recordLapse(account);
        assertEq(gate.marksOf(account).lapsedAt, until);
        _pass(GRACE_PERIOD);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
        // A new sleeve answers it.
        _attestNext(_sleeve());
        _submit(_latest(), _sleeved(_healthy(10_000, 100)));
        _expectStatus(Status.Healthy);
        assertEq(gate.marksOf(account).lapsedAt, 0);
    }

    // shows: P42, P59, A67
    /// An end in which nobody could answer: the grace runs from the return.
    function test_lapse_sleeve_ended_in_pause() public {
        _proveUntil(1 hours);
        _pass(30 minutes);
        profile.pause();
        _pass(5 hours);
        _expectStatus(Status.Unknown);
        profile.unpause();
        _expectGrace(uint64(block.timestamp));
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    // shows: P42
    function test_lapse_sleeve_ended_in_stale_market() public {
        _proveUntil(1 hours);
        skip(5 hours);
        _expectStatus(Status.Unknown);
        ledger.move(0);
        _expectGrace(uint64(block.timestamp));
        _pass(GRACE_PERIOD);
        _expectStatus(Status.Grace);
    }

    /// Its end stays known when other books follow: nobody puts off a grace by attesting again.
    function test_lapse_sleeve_dated_by_end_after_new_book() public {
        uint64 until = _proveUntil(1 hours);
        _pass(2 hours);
        _attestNext(_sleeve());
        _pass(30 minutes);
        _attestNext();
        _expectGrace(until);
        _pass(30 minutes + 1);
        _expectStatus(Status.Liquidatable);
    }

    // --- the band ---

    // shows: P39, P59, A67
    function test_lapse_market_left_band() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        // The first odometer is another.
        ledger.move(4_000_000, ALLOWANCE);
        _expectStatus(Status.Healthy);
        skip(1 minutes);
        uint64 lapse = uint64(block.timestamp);
        ledger.move(0, 1);
        _expectGrace(lapse);
        skip(10 minutes);
        ledger.move(0, 1_000);
        _expectGrace(lapse);
        _pass(lapse + GRACE_PERIOD - block.timestamp);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
    }

    /// Counted from the round that it was priced at, not from the claim's.
    function test_lapse_band_counts_from_pricing() public {
        _attestNext(_sleeve());
        ledger.move(0, 900_000);
        _submit(2, _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
        ledger.move(0, 90_099);
        _expectStatus(Status.Healthy);
        ledger.move(0, 1);
        _expectStatus(Status.Grace);
    }

    /// At a round before it, the market may run on to the far end of the band.
    function test_lapse_band_of_claim_before_pricing() public {
        ledger.move(0, 900_000);
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        ledger.move(0, ALLOWANCE);
        _expectStatus(Status.Healthy);
        ledger.move(0, 1);
        _expectStatus(Status.Grace);
    }

    function test_lapse_band_dated_later_by_ring() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        skip(1 minutes);
        ledger.move(0, 2 * ALLOWANCE);
        for (uint256 i = 0; i < 40; ++i) {
            skip(1 minutes);
            ledger.move(0);
        }
        _expectGrace(ledger.roundAt(ledger.oldestRound()).time);
    }

    /// A band that is used up before the proof is mined: what is recorded has lapsed, and lifts no mark.
    function test_health_beyond_band_lifts_no_mark() public {
        _attestNext(_sleeve());
        _denounce(1, _sleeved(_unhealthy(10_000)));
        ledger.move(0, 500_000);
        ledger.move(0, 500_000);
        _submit(2, _sleeved(_healthy(10_000, 500)));
        assertEq(gate.recordOf(account).round, 2);
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).breachRound, 1);
        _attestNext(_sleeve());
        _submit(3, _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
    }

    function test_health_in_band_lifts_mark() public {
        _attestNext(_sleeve());
        _denounce(1, _sleeved(_unhealthy(10_000)));
        ledger.move(0, 500_000);
        vm.expectEmit();
        emit IMarginGate.MarksLifted(account, 2, true, false);
        _submit(2, _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
    }

    // --- voids ---

    // shows: P59, A67
    function test_lapse_sleeve_voided() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        _pass(10 minutes);
        uint64 lapse = uint64(block.timestamp);
        vm.prank(venue);
        registry.voidSleeve(account);
        _expectGrace(lapse);
        _pass(GRACE_PERIOD);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
    }

    // shows: A3, A66
    /// The owner revokes the attester in front of its void.
    function test_lapse_sleeve_voided_by_revoked_attester() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        _pass(10 minutes);
        uint64 lapse = uint64(block.timestamp);
        vm.prank(owner);
        registry.revokeAttester(account, venue);
        skip(1);
        vm.prank(venue);
        registry.voidSleeve(account);
        _expectGrace(lapse);
    }

    // --- changes of parameters ---

    // shows: P43, P59, A67
    function test_lapse_shocks_changed() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        _pass(30 minutes);
        uint64 change = uint64(block.timestamp);
        profile.changeShocks("others");
        ledger.move(0);
        _expectGrace(change);
        // Another epoch does not move the date, but has the grace of every change.
        _pass(30 minutes);
        profile.nextEpoch();
        ledger.move(0);
        gate.recordLapse(account);
        assertEq(gate.marksOf(account).lapsedAt, change);
        assertEq(gate.deadlineOf(account), profile.epochSince() + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    /// A change back does not restore the earlier proof, nor does it need a new sleeve.
    function test_lapse_shocks_changed_and_back() public {
        bytes32 made = profile.shocksHash();
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        skip(1 minutes);
        profile.changeShocks("others");
        skip(1 minutes);
        profile.changeShocks(made);
        ledger.move(0);
        _expectGrace(uint64(block.timestamp));
        _submit(2, _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
    }

    /// A change of anything else takes a new proof of the same sleeve.
    function test_lapse_epoch_takes_same_sleeve() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 500)));
        _pass(30 minutes);
        profile.nextEpoch();
        ledger.move(0);
        _expectGrace(uint64(block.timestamp));
        _submit(_latest(), _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
    }

    // --- several ---

    // shows: P39
    function test_lapse_earliest_of_several() public {
        _proveUntil(30 minutes);
        _pass(10 minutes);
        uint64 first = uint64(block.timestamp);
        ledger.move(0, 2 * ALLOWANCE);
        _pass(10 minutes);
        vm.prank(venue);
        registry.voidSleeve(account);
        _pass(20 minutes);
        profile.changeShocks("others");
        ledger.move(0);
        gate.recordLapse(account);
        assertEq(gate.marksOf(account).lapsedAt, first);
    }

    // shows: P39, P59
    /// In any order, the lapse is the first thing that happened.
    function test_fuzz_lapse_earliest(uint256 seed) public {
        uint64 until = _proveUntil(_draw(seed, 0) % 2 hours + 1);
        uint64 expected = type(uint64).max;
        uint128 moved;
        for (uint256 i = 1; i < 7; ++i) {
            skip(_draw(seed, 2 * i) % 50 minutes + 1);
            if (block.timestamp >= until && expected > until) expected = until;
            uint256 kind = _draw(seed, 2 * i + 1);
            uint128 move = kind % 3 == 0 ? 400_000 : 0;
            moved += move;
            ledger.move(0, move);
            if (moved > ALLOWANCE && expected > block.timestamp) expected = uint64(block.timestamp);
            if (kind % 13 == 1) {
                profile.changeShocks(bytes32(kind));
                ledger.move(0);
                if (expected > block.timestamp) expected = uint64(block.timestamp);
            }
            (,, uint64 voidedAt) = registry.sleeveOf(account);
            if (kind % 7 == 2 && voidedAt == 0) {
                vm.prank(custodian);
                registry.voidSleeve(account);
                if (expected > block.timestamp) expected = uint64(block.timestamp);
            }
            if (expected == type(uint64).max) _expectStatus(Status.Healthy);
            else if (profile.epoch() == 1) {
                assertEq(gate.deadlineOf(account), expected + GRACE_PERIOD);
            }
            _expectStatus(_expectedStatus(expected));
        }
    }

    function _expectedStatus(uint64 lapse) private view returns (Status) {
        if (lapse == type(uint64).max) return Status.Healthy;
        return block.timestamp <= gate.deadlineOf(account) ? Status.Grace : Status.Liquidatable;
    }

    // --- support ---

    function test_support_of_sleeve_holds_without_grace() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.until = uint64(block.timestamp) + 1 hours;
        _attestNext(sleeve);
        _submit(1, _sleeved(_with(_healthy(11_000, 500), -500)));
        _submit(1, _sleeved(_with(_healthy(12_000, 500), 700)));
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.sleeve.until, sleeve.until);
        assertEq(abi.encode(added.sleeve), abi.encode(taken.sleeve));
        // Dollars taken are plain health as well, by the same sleeve.
        assertEq(abi.encode(gate.sleeveOf(account)), abi.encode(taken.sleeve));
        gate.requireMargin(account, 11_000, -500);
        gate.requireMargin(account, 12_000, 700);
        _pass(1 hours);
        _expectStatus(Status.Grace);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
        gate.requireMargin(account, 11_000, -500);
        _expectNoSupport(12_000, 700);
        (taken, added) = gate.supportOf(account);
        assertFalse(taken.holds);
        assertFalse(added.holds);
    }

    /// Each record has the sleeve of its own claim, and no other's.
    function test_support_of_sleeve_beside_plain_health() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_with(_healthy(12_000, 500), 700)));
        _submit(1, _healthy(10_000, 500));
        assertEq(gate.sleeveOf(account).until, 0);
        skip(1 minutes);
        ledger.move(0, ALLOWANCE + 1);
        // The plain record knows of no band, and the other one does.
        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 10_000, 700);
        _expectNoSupport(10_001, 700);
    }

    function test_support_of_sleeve_voided() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_with(_healthy(12_000, 500), 700)));
        vm.prank(owner);
        registry.voidSleeve(account);
        _expectNoSupport(12_000, 700);
    }

    /// An earlier sleeve is not read for a plain claim that follows.
    function test_plain_book_after_sleeve_holds() public {
        _proveUntil(1 hours);
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        assertEq(gate.sleeveOf(account).until, 0);
        _pass(2 hours);
        ledger.move(0, 2 * ALLOWANCE);
        _expectStatus(Status.Healthy);
    }

    // --- helpers ---

    /// A sleeve that ends after so many seconds, and health of it.
    function _proveUntil(uint256 life) private returns (uint64) {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.until = uint64(block.timestamp + life);
        _attestNext(sleeve);
        _submit(1, _sleeved(_healthy(10_000, 500)));
        _expectStatus(Status.Healthy);
        return sleeve.until;
    }

    function _expectGrace(uint64 lapse) private view {
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
    }

    function _expectNoSupport(uint256 theta, int256 support) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, account, theta, support));
        gate.requireMargin(account, theta, support);
    }

    function _draw(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }
}
