// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {HealthWords} from "../../contracts/types/HealthWord.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// Which rounds and epochs count, and which of two proofs.
contract MarginGateRoundsTest is GateFixture {
    // --- rounds and epochs ---

    function test_submit_refuses_proof_of_another_round() public {
        _attestNext();
        ledger.move(0);
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 2, _healthy(10_000, 0), proof);
    }

    // shows: T14
    function test_submit_refuses_old_round() public {
        _attestNext();
        skip(10 minutes + 1);
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    function test_submit_refuses_future_round() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 2));
        gate.submit(account, 2, _healthy(10_000, 0), proof);
    }

    // shows: T15
    function test_submit_refuses_round_of_old_epoch() public {
        _attestNext();
        profile.nextEpoch();
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    // shows: P39, T15
    function test_epoch_change_voids_proof() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(5 minutes);
        profile.nextEpoch();
        // There is no round of the new epoch yet, and nothing can be said.
        _expectStatus(Status.Unknown);
        ledger.move(0);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), profile.epochSince() + GRACE_PERIOD);
        _submit(2, _healthy(10_000, 500));
        _expectStatus(Status.Healthy);
    }

    function test_submit_refused_when_paused_or_expired() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        profile.pause();
        _expectStatus(Status.Unknown);
        _refuse(_healthy(11_000, 500), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
        profile.unpause();
        profile.setExpired(true);
        _expectStatus(Status.Unknown);
        _refuse(_healthy(11_000, 500), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    // --- newer and stronger ---

    // shows: P40, T14
    function test_record_never_replaced_by_older_round() public {
        _attestNext();
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuse(1, _healthy(12_000, 500), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    // shows: P44, A3
    /// A book made after a fall, for the prices before it, restarts no clock.
    function test_submit_refuses_passed_health_before_book() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        skip(1 minutes);
        ledger.move(1);
        uint64 high = _latest();
        gate.recordLapse(account);
        uint64 deadline = gate.deadlineOf(account);
        skip(1 minutes);
        ledger.move(2_000_000);
        skip(1 minutes);
        AttestedBook memory book = _attestNext();
        uint64 time = ledger.roundAt(high).time;
        bytes memory error = abi.encodeWithSelector(IMarginGate.RoundBeforeBook.selector, account, time, book.asOf);
        _refuse(high, _healthy(10_000, 0), error);
        // The market has moved by 2 %. An envelope of 204 is left, as 0.0204 / 1.0204 < 0.02; one of 205 is not.
        _refuse(high, _healthy(10_000, 204), error);
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](1);
        batch[0] = _submission(account, high, _healthy(10_000, 204));
        gate.submitBatch(batch);
        assertEq(gate.deadlineOf(account), deadline);
        _submit(high, _healthy(10_000, 205));
        _expectStatus(Status.Healthy);
    }

    /// At a round that is no older than the book, a claim counts even if the market has left its envelope since.
    function test_submit_accepts_passed_health_of_book() public {
        _attestNext();
        uint64 round = ledger.move(0);
        ledger.move(1);
        _submit(round, _healthy(10_000, 0));
        _expectStatus(Status.Grace);
    }

    function test_record_replaced_by_newer_round() public {
        _attestNext();
        _submit(1, _healthy(12_000, 500));
        ledger.move(0);
        _submit(2, _healthy(10_000, 10));
        assertEq(gate.recordOf(account).theta, 10_000);
    }

    // shows: P40
    function test_record_of_same_round_only_strengthens() public {
        _attestNext();
        _submit(1, _healthy(11_000, 200));
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(_healthy(12_000, 199), weaker);
        _refuse(_healthy(10_999, 300), weaker);
        _submit(1, _healthy(11_000, 201));
        _submit(1, _healthy(11_001, 201));
        assertEq(gate.recordOf(account).theta, 11_001);
        assertEq(gate.recordOf(account).envelope, 201);
    }

    function test_record_of_same_round_takes_new_book() public {
        _attestNext();
        _submit(1, _healthy(12_000, 500));
        _attestNext();
        _expectStatus(Status.Grace);
        _submit(1, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    /// An odometer beyond its place in the record is refused, not cut.
    function test_record_refuses_number_too_large() public {
        _attestNext();
        uint64 round = ledger.move(1 << 72);
        uint256 time = block.timestamp;
        _refuse(
            round,
            _healthy(10_000, 0),
            abi.encodeWithSelector(HealthWords.HealthOutOfRange.selector, round, time, 1, 1, 1 << 72)
        );
    }
}
