// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

contract MarginGateBatchesTest is GateFixture {
    function test_batch_accepted_as_its_proofs() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.prank(venue);
        gate.submitBatch(batch);
        _expectStatus(Status.Healthy);
        _expectStatus(other, Status.MarginCall);
    }

    function test_batch_refused_with_one_false_proof() public {
        (, IMarginGate.Submission[] memory batch) = _pair();
        (batch[0].proof, batch[1].proof) = (batch[1].proof, batch[0].proof);
        vm.prank(venue);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submitBatch(batch);
    }

    // shows: T11, P36
    /// A proof that somebody has copied and submitted first costs the others nothing.
    function test_batch_skips_copied_proof() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.prank(stranger);
        gate.submit(account, 1, batch[0].claim, batch[0].proof);
        _expectSkip(batch[0], IMarginGate.ProofNotStronger.selector);
        vm.prank(venue);
        gate.submitBatch(batch);
        _expectStatus(other, Status.MarginCall);
        assertEq(gate.recordOf(other).theta, 10_000);
    }

    function test_batch_skips_proof_older_than_record() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        _submit(2, _healthy(12_000, 0));
        _expectSkip(batch[0], IMarginGate.ProofOlder.selector);
        vm.prank(venue);
        gate.submitBatch(batch);
        assertEq(gate.recordOf(account).theta, 12_000);
        assertEq(gate.recordOf(other).theta, 10_000);
    }

    /// Only an attester proves ill health, in a batch too; what is skipped leaves nothing.
    function test_batch_skips_ill_health_from_stranger() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        _expectSkip(batch[1], IMarginGate.NotAttester.selector);
        gate.submitBatch(batch);
        assertEq(gate.marksOf(other).callRound, 0);
        _expectStatus(other, Status.Healthy);
        _expectStatus(Status.Healthy);
    }

    function test_batch_skips_dead_book_and_malformed_claim() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        (batch[0].account, batch[1].claim) = (bytes32("nobody"), 0);
        _expectSkip(batch[0], IBookRegistry.BookNotLive.selector);
        vm.recordLogs();
        gate.submitBatch(batch);
        assertEq(vm.getRecordedLogs().length, 3);
        _expectStatus(Status.Unknown);
        _expectStatus(other, Status.Healthy);
    }

    /// Twice the same in one batch: the first is recorded.
    function test_batch_skips_repeated_proof() public {
        (, IMarginGate.Submission[] memory batch) = _pair();
        batch[1] = batch[0];
        _expectSkip(batch[1], IMarginGate.ProofNotStronger.selector);
        gate.submitBatch(batch);
        _expectStatus(Status.Healthy);
    }

    function test_batch_of_skipped_proofs_changes_nothing() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.startPrank(venue);
        gate.submitBatch(batch);
        bytes memory before = abi.encode(gate.recordOf(account), gate.recordOf(other), gate.marksOf(other));
        gate.submitBatch(batch);
        assertEq(abi.encode(gate.recordOf(account), gate.recordOf(other), gate.marksOf(other)), before);
    }

    // shows: P36
    /// What is not skipped is verified, wherever it stands.
    function test_batch_refused_with_false_proof_beside_skipped_one() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        _submit(2, _healthy(12_000, 0));
        batch[2].proof = batch[0].proof;
        vm.prank(venue);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submitBatch(batch);
        assertEq(gate.recordOf(other).round, 0);
    }

    function test_batch_refused_at_unusable_round() public {
        (, IMarginGate.Submission[] memory batch) = _pair();
        batch[1].round = 9;
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 9));
        gate.submitBatch(batch);
    }

    // shows: P36, T11
    /// With too little gas the whole batch is undone: nobody can have a good proof skipped by it.
    function test_fuzz_batch_gas_skips_nothing(uint256 given) public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        given = bound(given, 30_000, 900_000);
        vm.prank(venue);
        try gate.submitBatch{gas: given}(batch) {
            assertEq(gate.recordOf(account).theta, 11_000);
            assertEq(gate.recordOf(other).theta, 10_000);
            assertEq(gate.marksOf(other).callTheta, 12_000);
        } catch {
            assertLt(given, 800_000);
            _expectStatus(Status.Unknown);
        }
    }

    // shows: P36
    /// What records a claim before its proof is verified is the gate's own.
    function test_accept_of_batch_refused_to_others() public {
        _attestNext();
        uint256[5] memory words;
        (words[0], words[1], words[2]) = (1, block.timestamp, 1);
        vm.expectRevert(IMarginGate.NotGate.selector);
        vm.prank(owner);
        gate.acceptOfBatch(account, _healthy(11_000, 300), owner, words);
    }

    function test_batch_refused_when_empty() public {
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 0, 0));
        gate.submitBatch(new IMarginGate.Submission[](0));
    }

    function _expectSkip(IMarginGate.Submission memory of_, bytes4 reason) private {
        vm.expectEmit(true, true, true, true, address(gate));
        emit IMarginGate.ProofSkipped(of_.account, of_.round, of_.claim, reason);
    }

    function _pair() private returns (bytes32 other, IMarginGate.Submission[] memory batch) {
        _attestNext();
        other = _open("other", false);
        AttestedBook memory book = _book(1);
        book.commitment = 79;
        _attest(other, book);
        ledger.move(0);
        batch = new IMarginGate.Submission[](3);
        batch[0] = _submission(account, 1, _healthy(11_000, 300));
        batch[1] = _submission(other, 2, _unhealthy(12_000));
        batch[2] = _submission(other, 2, _healthy(10_000, 300));
    }
}
