// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// When proven health ends, and how the grace after it is dated.
contract MarginGateLapsesTest is GateFixture {
    function test_lapse_market_left_envelope() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        // 5 % envelope: 0.05 / 1.05 = 0.047619047… may have moved
        ledger.move(4_761_904);
        _expectStatus(Status.Healthy);
        skip(1 minutes);
        uint64 lapse = uint64(block.timestamp);
        ledger.move(1);
        _expectStatus(Status.Grace);
        assertTrue(gate.isReduceOnly(account));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
        gate.requireMargin(account, 1);

        skip(10 minutes);
        ledger.move(1_000);
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _pass(lapse + GRACE_PERIOD - block.timestamp);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
        assertFalse(gate.isReduceOnly(account));
    }

    function test_lapse_any_move_without_envelope() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
        ledger.move(1);
        _expectStatus(Status.Grace);
    }

    // shows: P39
    function test_lapse_proof_too_old() public {
        AttestedBook memory book = _attestNext();
        _submit(1, _healthy(10_000, 500));
        _pass(MAX_PROOF_AGE);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.asOf + MAX_PROOF_AGE + GRACE_PERIOD);
    }

    // shows: P39
    function test_lapse_book_expired() public {
        AttestedBook memory book = _book(1);
        book.expiresAt = book.asOf + 1 hours;
        _attest(account, book);
        _submit(1, _healthy(10_000, 500));
        _pass(1 hours - 1);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.expiresAt + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    // shows: P39, T13
    function test_lapse_new_book() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(1 minutes);
        _attestNext();
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
    }

    // shows: A3
    function test_lapse_attester_revoked() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(1 minutes);
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    // shows: P39
    function test_lapse_earliest_of_several() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        uint64 first = uint64(block.timestamp);
        ledger.move(uint128(Spec.ODOMETER_UNIT));
        skip(1 minutes);
        _attestNext();
        profile.nextEpoch();
        ledger.move(0);
        gate.recordLapse(account);
        assertEq(gate.marksOf(account).lapsedAt, first);
        assertEq(gate.deadlineOf(account), profile.epochSince() + GRACE_PERIOD);
    }

    function test_lapse_noted_outlives_ring() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        uint64 lapse = uint64(block.timestamp);
        ledger.move(5_000_000);
        vm.expectEmit();
        emit IMarginGate.LapseRecorded(account, lapse);
        gate.recordLapse(account);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToRecord.selector, account));
        gate.recordLapse(account);
        // Without the record the first round found beyond the envelope would now be a later one.
        for (uint256 i = 0; i < 40; ++i) {
            skip(1 minutes);
            ledger.move(0);
        }
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _submit(_latest(), _healthy(10_000, 100));
        assertEq(gate.marksOf(account).lapsedAt, 0);
        _expectStatus(Status.Healthy);
    }

    function test_lapse_not_noted_dated_later_by_ring() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        ledger.move(5_000_000);
        for (uint256 i = 0; i < 40; ++i) {
            skip(1 minutes);
            ledger.move(0);
        }
        assertEq(gate.deadlineOf(account), ledger.roundAt(ledger.oldestRound()).time + GRACE_PERIOD);
    }

    // shows: P39
    /// In its envelope is what the definition says: moved·(10^4 + e) ≤ e·10^8.
    function test_fuzz_lapse_envelope_bound(uint256 envelope, uint256 moved) public {
        envelope = bound(envelope, 0, 10_000);
        uint256 edge = envelope * Spec.ODOMETER_UNIT / (Spec.BPS + envelope);
        moved = bound(moved, edge < 3 ? 0 : edge - 3, edge + 3);
        _attestNext();
        _submit(1, _healthy(10_000, envelope));
        ledger.move(uint128(moved));
        bool inside = moved * (Spec.BPS + envelope) <= envelope * Spec.ODOMETER_UNIT;
        _expectStatus(inside ? Status.Healthy : Status.Grace);
    }
}
