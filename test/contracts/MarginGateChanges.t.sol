// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Marks} from "../../contracts/types/Gate.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// Changes of parameters: none is a default before the grace that is counted from it.
contract MarginGateChangesTest is GateFixture {
    // --- books that become too old ---

    // shows: P43
    function test_change_shorter_book_age_leaves_grace() public {
        _attestNext();
        _pass(5 hours);
        _submit(_latest(), _healthy(11_000, 500));
        _expectStatus(Status.Healthy);
        _change(2 hours);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        // Also if the owner proves that book again.
        _pass(1 hours);
        _submit(_latest(), _healthy(11_000, 500));
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), profile.epochSince() + GRACE_PERIOD);
        _pass(1 hours);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
    }

    function test_change_book_age_of_a_second_leaves_grace() public {
        _attestNext();
        _pass(5 hours);
        _submit(_latest(), _healthy(11_000, 500));
        _change(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        vm.expectEmit();
        emit IMarginGate.LapseRecorded(account, profile.epochSince());
        gate.recordLapse(account);
    }

    /// What lapsed before the change lapsed then.
    function test_change_after_expiry_keeps_lapse_date() public {
        uint64 end = _attestNext().expiresAt;
        _pass(20 hours);
        _submit(_latest(), _healthy(11_000, 500));
        _pass(end + 30 minutes - block.timestamp);
        gate.recordLapse(account);
        _change(2 hours);
        _expectStatus(Status.Grace);
        assertEq(gate.marksOf(account).lapsedAt, end);
        _submitNext(11_000);
        _expectStatus(Status.Healthy);
    }

    // --- clocks that run ---

    /// Each change puts off the clock that runs then, even if it runs only because an earlier change put it off.
    function test_call_put_off_by_each_change() public {
        _attestNext();
        _submit(_latest(), _healthy(10_000, 500));
        _denounce(ledger.move(0), _unhealthy(11_000));
        uint256 end = block.timestamp + CALL_PERIOD;
        _pass(CALL_PERIOD - 1 minutes);
        for (uint256 i = 0; i < 3; ++i) {
            _change(1 days);
            assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
            // The next change comes in the last second of the grace.
            _pass(GRACE_PERIOD);
            assertGt(block.timestamp, end);
            _expectStatus(Status.MarginCall);
        }
        _pass(1);
        _expectStatus(Status.Liquidatable);
        // What has run out stays so.
        _change(1 days);
        _expectStatus(Status.Liquidatable);
    }

    // --- breaches ---

    // shows: P43
    function test_breach_after_change_waits_for_grace() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        _pass(1 hours);
        uint64 deadline = uint64(block.timestamp) + GRACE_PERIOD;
        _change(1 days);
        _denounce(_latest(), _unhealthy(9_000));
        _expectStatus(Status.MarginCall);
        assertTrue(gate.isReduceOnly(account));
        assertEq(gate.deadlineOf(account), deadline);
        Marks memory marks = gate.marksOf(account);
        assertEq(marks.graceSince, profile.epochSince());
        assertTrue(marks.breachProven);
        // Another proof of it neither speeds it up nor puts it off.
        _pass(30 minutes);
        _denounce(_latest(), _unhealthy(9_000));
        assertEq(gate.deadlineOf(account), deadline);
        assertEq(gate.marksOf(account).breachSince, marks.breachSince);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.MarginCall));
        gate.requireMargin(account, 1);
        _pass(90 minutes);
        _expectStatus(Status.MarginCall);
        _pass(1);
        _expectStatus(Status.Liquidatable);
    }

    /// An account that was proven healthy under the new parameters can still be in breach of them.
    function test_breach_after_new_health_waits_for_grace() public {
        _attestNext();
        _change(1 days);
        _submit(_latest(), _healthy(10_000, 500));
        ledger.move(1);
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.MarginCall);
        _pass(GRACE_PERIOD);
        _expectStatus(Status.MarginCall);
        _pass(1);
        _expectStatus(Status.Liquidatable);
    }

    function test_breach_after_grace_counts_at_once() public {
        _attestNext();
        _change(1 days);
        _submit(_latest(), _healthy(10_000, 500));
        _pass(GRACE_PERIOD);
        uint256 snapshot = vm.snapshotState();
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.MarginCall);
        vm.revertToState(snapshot);
        _pass(1);
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).graceSince, 0);
    }

    function test_breach_before_change_counts_through() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _change(1 days);
        _expectStatus(Status.Liquidatable);
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).graceSince, 0);
    }

    function test_breach_waiting_lifted_by_health() public {
        _attestNext();
        _change(1 days);
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.MarginCall);
        _submit(ledger.move(0), _healthy(10_000, 500));
        _expectStatus(Status.Healthy);
        Marks memory none;
        assertEq(abi.encode(gate.marksOf(account)), abi.encode(none));
    }

    /// The first parameters changed nothing.
    function test_breach_in_first_epoch_counts_at_once() public {
        _attestNext();
        assertEq(profile.epochSince(), block.timestamp);
        _denounce(1, _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
    }

    /// The parameters change in a pause that is longer than the grace: nobody could prove anything under the new ones.
    function test_breach_grace_restarts_after_outage() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        profile.pause();
        _change(1 days);
        _pass(GRACE_PERIOD + 1 hours);
        profile.unpause();
        uint64 deadline = uint64(block.timestamp) + GRACE_PERIOD;
        uint256 snapshot = vm.snapshotState();
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), deadline);
        vm.revertToState(snapshot);
        // Health proven under the new parameters lifts the breach that waits.
        _submit(_latest(), _healthy(10_000, 500));
        _denounce(ledger.move(0), _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
    }

    /// An account that was never proven healthy has no lapse whose grace the outage restarts.
    function test_breach_grace_not_restarted_without_health() public {
        _attestNext();
        profile.pause();
        _change(1 days);
        _pass(GRACE_PERIOD + 1);
        profile.unpause();
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).graceSince, 0);
    }

    function test_breach_after_wait_noted() public {
        _attestNext();
        _change(1 days);
        _denounce(_latest(), _unhealthy(10_000));
        uint64 round = _latest();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToRecord.selector, account));
        gate.recordLapse(account);
        _pass(GRACE_PERIOD + 1);
        uint256 snapshot = vm.snapshotState();
        skip(1 days);
        ledger.move(0);
        // An outage that began before anybody acted restarts the grace.
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        vm.revertToState(snapshot);
        uint40 since = gate.marksOf(account).breachSince;
        vm.expectEmit();
        emit IMarginGate.DefaultRecorded(account, round);
        gate.recordLapse(account);
        Marks memory marks = gate.marksOf(account);
        assertEq(marks.breachSince, since);
        assertEq(marks.graceSince, 0);
        assertTrue(marks.breachProven);
        skip(1 days);
        ledger.move(0);
        _expectStatus(Status.Liquidatable);
    }

    // --- clocks that run ---

    function test_lapse_running_at_change_ends_with_grace() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        _pass(GRACE_PERIOD);
        uint256 snapshot = vm.snapshotState();
        uint64 deadline = uint64(block.timestamp) + GRACE_PERIOD;
        _change(1 days);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), deadline);
        _pass(GRACE_PERIOD);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
        vm.revertToState(snapshot);
        // A default before the change is a default after it, recorded or not.
        _pass(1);
        _expectStatus(Status.Liquidatable);
        _change(1 days);
        _expectStatus(Status.Liquidatable);
    }

    function test_call_running_at_change_ends_after_grace() public {
        _attestNext();
        _denounce(1, _unhealthy(12_000));
        _pass(CALL_PERIOD);
        uint256 snapshot = vm.snapshotState();
        _change(1 days);
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        vm.revertToState(snapshot);
        _pass(1);
        _change(1 days);
        _expectStatus(Status.Liquidatable);
        assertEq(gate.deadlineOf(account), block.timestamp - 1);
    }

    function test_call_after_change_has_full_period() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        _change(1 days);
        _submit(_latest(), _healthy(10_000, 500));
        _denounce(_latest(), _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), block.timestamp + CALL_PERIOD);
    }

    // shows: P43, A21
    /// An account that was not in default at the change is not in default before the grace of the change is over. It
    /// does not matter which clocks run, or what an attester proves after the change.
    function test_fuzz_change_defaults_nobody_within_grace(uint256 seed) public {
        _attestNext();
        _submit(1, _healthy(10_500, seed % 500));
        if (seed >> 16 & 1 == 1) _denounce(1, _unhealthy(11_000 + (seed >> 17) % 1_000));
        for (uint256 i = 0; i < 3; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            _pass(draw % (3 hours));
            if (draw >> 32 & 3 == 0) ledger.move(uint128(draw >> 40) % 10_000_000);
            bool clear = gate.statusOf(account) != Status.Liquidatable;
            // Otherwise a lapse by an epoch is dated by the newest.
            if (!clear) gate.recordLapse(account);
            _change(uint32(1 + (draw >> 64) % 1 days));
            if (!clear) {
                _expectStatus(Status.Liquidatable);
                return;
            }
            uint256 until = block.timestamp + GRACE_PERIOD;
            for (uint256 j = 0; j < 3; ++j) {
                uint256 left = until - block.timestamp;
                if (draw >> (100 + j) & 1 == 1) ledger.move(1_000_000);
                if (draw >> (110 + j) & 1 == 1) _denounceIfNewer(draw >> (120 + j) & 1 == 1 ? 10_000 : 12_000);
                if (draw >> (130 + j) & 1 == 1) _attestShort();
                assertNotEq(uint256(gate.statusOf(account)), uint256(Status.Liquidatable));
                _pass(j == 2 ? left : (draw >> (140 + 16 * j)) % (left + 1));
                assertNotEq(uint256(gate.statusOf(account)), uint256(Status.Liquidatable));
            }
        }
    }

    function _denounceIfNewer(uint256 theta) private {
        ledger.move(0);
        Marks memory marks = gate.marksOf(account);
        if (theta > 10_000 && marks.callTheta > theta) theta = marks.callTheta;
        if (registry.bookOf(account).expiresAt > block.timestamp) _denounce(_latest(), _unhealthy(theta));
    }

    function _change(uint32 bookMaxAge) private {
        profile.change(bookMaxAge);
        ledger.move(0);
    }

    function _submitNext(uint256 theta) private {
        skip(1);
        _attestShort();
        _submit(ledger.move(0), _healthy(theta, 500));
    }

    /// Attests the next book for as long as the profile lets it live.
    function _attestShort() private {
        uint64 age = profile.bookMaxAge();
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        if (book.expiresAt > book.asOf + age) book.expiresAt = book.asOf + age;
        _attest(account, book);
    }
}
