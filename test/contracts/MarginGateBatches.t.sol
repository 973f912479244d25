// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

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

    function test_batch_refused_with_one_refused_submission() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, other, address(this)));
        gate.submitBatch(batch);
        batch[1] = batch[0];
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        gate.submitBatch(batch);
        batch[1].round = 9;
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 9));
        gate.submitBatch(batch);
    }

    function test_batch_refused_when_empty() public {
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 0, 0));
        gate.submitBatch(new IMarginGate.Submission[](0));
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
