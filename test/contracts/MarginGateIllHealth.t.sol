// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Marks} from "../../contracts/types/Gate.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// Claims of ill health: breaches and margin calls, who may make them and what lifts them.
contract MarginGateIllHealthTest is GateFixture {
    // shows: A7
    function test_ill_health_refused_by_stranger() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _unhealthy(10_000));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, account, stranger));
        vm.prank(stranger);
        gate.submit(account, 1, _unhealthy(10_000), proof);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, account, owner));
        vm.prank(owner);
        gate.submit(account, 1, _unhealthy(10_000), proof);
    }

    function test_witness_only_attester_before_first_book() public view {
        assertTrue(registry.isWitness(account, venue));
        assertFalse(registry.isWitness(account, stranger));
        assertFalse(registry.isWitness(account, owner));
    }

    // shows: A7
    function test_ill_health_refused_by_attester_removed_before_book() public {
        _openThree();
        vm.prank(stranger);
        registry.revokeAttester(account, stranger);
        skip(1);
        _attestNext();
        ledger.move(0);
        Proof memory proof = _prove(account, 2, _unhealthy(10_000));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, account, stranger));
        vm.prank(stranger);
        gate.submit(account, 2, _unhealthy(10_000), proof);
    }

    // shows: P45, A3
    /// Otherwise the owner would front-run an attester's proof by a revocation. The right ends with the next book.
    function test_ill_health_by_attester_removed_by_owner() public {
        _openThree();
        vm.prank(owner);
        registry.revokeAttester(account, stranger);
        _staysWitness();
    }

    // shows: P45, A3
    function test_ill_health_by_attester_resigned() public {
        _openThree();
        vm.prank(stranger);
        registry.revokeAttester(account, stranger);
        _staysWitness();
    }

    // shows: P45, A3
    function test_ill_health_by_attester_rotated_out() public {
        _openThree();
        address[] memory two = new address[](2);
        (two[0], two[1]) = (custodian, venue);
        vm.prank(owner);
        registry.proposeAttesters(account, two, 2);
        _pass(ROTATION_DELAY);
        _attestNext();
        ledger.move(0);
        assertTrue(registry.isWitness(account, stranger));
        vm.prank(owner);
        registry.applyProposal(account);
        assertTrue(registry.bookIsLive(account));
        assertTrue(registry.isWitness(account, custodian));
        _staysWitness();
    }

    /// The stranger, no longer an attester, proves the book it signed. Then another book replaces that one.
    function _staysWitness() private {
        assertFalse(registry.isAttester(account, stranger));
        assertTrue(registry.isWitness(account, stranger));
        uint256 snapshot = vm.snapshotState();
        uint64 round = _latest();
        Proof memory proof = _prove(account, round, _unhealthy(10_000));
        vm.prank(stranger);
        gate.submit(account, round, _unhealthy(10_000), proof);
        _expectStatus(Status.Liquidatable);
        vm.revertToState(snapshot);
        skip(1);
        _attestNext();
        assertFalse(registry.isWitness(account, stranger));
    }

    /// An expired book says nothing of the account any more. In its last second it still does.
    function test_ill_health_refused_of_expired_book() public {
        AttestedBook memory book = _attestNext();
        _pass(book.expiresAt - 1 - block.timestamp);
        uint256 snapshot = vm.snapshotState();
        _denounce(_latest(), _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        vm.revertToState(snapshot);
        skip(1);
        bytes memory error = abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account);
        _refuse(_latest(), _unhealthy(10_000), error);
    }

    // shows: A7
    function test_ill_health_refused_false_claim() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        vm.prank(venue);
        gate.submit(account, 1, _unhealthy(10_000), proof);
    }

    // shows: P41
    function test_breach_liquidatable_until_newer_health() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        ledger.move(0);
        _denounce(2, _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).breachRound, 2);

        // of the same round: accepted, and lifts nothing
        _submit(2, _healthy(10_000, 500));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        uint96 claim = _healthy(10_000, 500);
        Proof memory proof = _prove(account, 3, claim);
        vm.expectEmit();
        emit IMarginGate.MarksLifted(account, 3, true, false);
        gate.submit(account, 3, claim, proof);
        _expectStatus(Status.Healthy);
    }

    function test_breach_dated_by_first_proof() public {
        _attestNext();
        uint256 first = block.timestamp;
        _denounce(1, _unhealthy(10_000));
        skip(1 minutes);
        _denounce(ledger.move(0), _unhealthy(10_000));
        Marks memory marks = gate.marksOf(account);
        assertEq(marks.breachSince, first);
        assertTrue(marks.breachProven);
        skip(1 minutes);
        _submit(ledger.move(0), _healthy(10_000, 500));
        marks = gate.marksOf(account);
        assertEq(marks.breachSince, 0);
        assertFalse(marks.breachProven);
        skip(1 minutes);
        _denounce(ledger.move(0), _unhealthy(10_000));
        assertEq(gate.marksOf(account).breachSince, block.timestamp);
    }

    /// The attester's proof of the breach comes later or never.
    function test_default_noted_not_proven_breach() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        _attestNext();
        _pass(GRACE_PERIOD + 1);
        gate.recordLapse(account);
        uint256 recordedAt = block.timestamp;
        assertEq(gate.marksOf(account).breachSince, recordedAt);
        assertFalse(gate.marksOf(account).breachProven);
        skip(1 minutes);
        _denounce(ledger.move(0), _unhealthy(10_000));
        assertEq(gate.marksOf(account).breachSince, recordedAt);
        assertTrue(gate.marksOf(account).breachProven);
    }

    function test_breach_not_lifted_by_passed_health() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        ledger.move(500);
        ledger.move(500);
        _submit(2, _healthy(10_000, 0));
        _expectStatus(Status.Liquidatable);
        _submit(3, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    // shows: A3, T14
    function test_marks_not_lifted_by_passed_health() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _denounce(1, _unhealthy(12_000));
        ledger.move(500);
        ledger.move(500);
        _submit(2, _healthy(12_000, 0));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).callRound, 1);
        _submit(3, _healthy(12_000, 0));
        _expectStatus(Status.Healthy);
    }

    // shows: P41, A3
    function test_breach_not_lifted_by_new_book() public {
        _attestNext();
        _denounce(1, _unhealthy(9_000));
        _attestNext();
        _expectStatus(Status.Liquidatable);
        skip(1 days);
        ledger.move(0);
        // expired, and liquidatable still
        _expectStatus(Status.Liquidatable);
        _attestNext();
        _submit(2, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    // shows: P41
    /// The next round may be far away. What the owner has added since the breach, and had attested, counts at once.
    function test_mark_lifted_at_own_round_by_newer_book() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _denounce(1, _unhealthy(12_000));
        // a book dated in the second of the breach may have been drawn up before it
        _attestNext();
        _submit(1, _healthy(12_000, 100));
        _expectStatus(Status.Liquidatable);
        skip(1 minutes);
        _attestNext();
        _submit(1, _healthy(11_999, 100));
        _expectStatus(Status.MarginCall);
        _submit(1, _healthy(12_000, 100));
        _expectStatus(Status.Healthy);
    }

    /// An older round has older prices: a newer book does not answer the mark there, while that round can still be used.
    function test_mark_not_lifted_at_older_round_by_newer_book() public {
        _attestNext();
        ledger.move(0);
        _denounce(2, _unhealthy(10_000));
        _denounce(2, _unhealthy(12_000));
        skip(1 minutes);
        _attestNext();
        _submit(1, _healthy(12_000, 100));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).callRound, 2);
        _submit(2, _healthy(12_000, 100));
        _expectStatus(Status.Healthy);
    }

    function test_call_just_above_maintenance() public {
        _attestNext();
        _denounce(1, _unhealthy(10_001));
        assertEq(gate.marksOf(account).breachRound, 0);
        assertEq(gate.marksOf(account).callTheta, 10_001);
        _expectStatus(Status.MarginCall);
    }

    function test_call_up_to_call_margin() public {
        _attestNext();
        _denounce(1, _unhealthy(CALL_MARGIN));
        assertEq(gate.marksOf(account).callTheta, CALL_MARGIN);
        bytes memory error =
            abi.encodeWithSelector(IMarginGate.ThetaAboveCallMargin.selector, CALL_MARGIN, CALL_MARGIN + 1);
        _refuse(1, _unhealthy(CALL_MARGIN + 1), error);
    }

    function test_call_not_lifted_by_health_of_its_round() public {
        _attestNext();
        ledger.move(0);
        _denounce(2, _unhealthy(12_000));
        _submit(2, _healthy(12_000, 500));
        assertEq(gate.marksOf(account).callRound, 2);
        _expectStatus(Status.MarginCall);
        ledger.move(0);
        _submit(3, _healthy(12_000, 500));
        assertEq(gate.marksOf(account).callRound, 0);
        _expectStatus(Status.Healthy);
    }

    // shows: A7
    function test_call_gives_owner_its_period() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        assertTrue(gate.isReduceOnly(account));
        uint64 end = uint64(block.timestamp) + CALL_PERIOD;
        assertEq(gate.deadlineOf(account), end);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.MarginCall));
        gate.requireMargin(account, 1);
        _pass(CALL_PERIOD);
        _expectStatus(Status.MarginCall);
        _pass(1);
        _expectStatus(Status.Liquidatable);

        // Health at maintenance is not above the call's margin.
        _submit(_latest(), _healthy(11_999, 500));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        _submit(_latest(), _healthy(12_000, 500));
        _expectStatus(Status.Healthy);
    }

    function test_call_before_first_health() public {
        _attestNext();
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        _pass(CALL_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_call_keeps_lapse_clock() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        uint64 lapse = uint64(block.timestamp);
        _denounce(2, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_call_raised_and_renewed_not_restarted() public {
        _attestNext();
        _denounce(1, _unhealthy(11_000));
        uint64 since = uint64(block.timestamp);
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(1, _unhealthy(11_000), weaker);
        _refuse(1, _unhealthy(10_900), weaker);
        _denounce(1, _unhealthy(11_200));
        assertEq(gate.marksOf(account).callTheta, 11_200);
        skip(1 minutes);
        ledger.move(0);
        _denounce(2, _unhealthy(11_500));
        weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(1, _unhealthy(12_000), weaker);
        Marks memory marks = gate.marksOf(account);
        assertEq(marks.callRound, 2);
        assertEq(marks.callTheta, 11_500);
        assertEq(marks.callSince, since);
        assertEq(gate.deadlineOf(account), since + CALL_PERIOD);
        ledger.move(0);
        _denounce(3, _unhealthy(11_500));
        assertEq(gate.marksOf(account).callRound, 3);
        assertEq(gate.marksOf(account).callSince, since);
    }

    // shows: A7
    function test_ill_health_refused_older_than_health() public {
        _attestNext();
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuse(1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    // shows: A7, T11
    function test_breach_replay_refused() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _refuse(1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuse(1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    // shows: P41
    function test_marks_lifted_separately() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        _submit(2, _healthy(11_000, 0));
        _expectStatus(Status.MarginCall);
        uint96 claim = _healthy(12_000, 0);
        Proof memory proof = _prove(account, 2, claim);
        vm.expectEmit();
        emit IMarginGate.MarksLifted(account, 2, false, true);
        gate.submit(account, 2, claim, proof);
        Marks memory none;
        assertEq(abi.encode(gate.marksOf(account)), abi.encode(none));
        _expectStatus(Status.Healthy);
    }

    /// An account with a book that the stranger, one of its attesters, need not sign.
    function _openThree() private {
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (custodian, venue, stranger);
        vm.prank(owner);
        account = registry.open("three", false, three, 2);
        _attestNext();
    }
}
