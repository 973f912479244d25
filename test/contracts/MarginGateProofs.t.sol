// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {Claims} from "../../contracts/types/Claims.sol";
import {HealthRecord} from "../../contracts/types/Gate.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Which proofs the gate accepts, by their claim and their bytes.
contract MarginGateProofsTest is GateFixture {
    // --- what is accepted ---

    function test_health_makes_account_healthy() public {
        _attestNext();
        uint96 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        vm.expectEmit();
        emit IMarginGate.ProofAccepted(account, 1, 1, claim, address(this));
        gate.submit(account, 1, claim, proof);

        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 11_000);
        assertFalse(gate.isReduceOnly(account));
        assertEq(gate.deadlineOf(account), 0);
        HealthRecord memory record = gate.recordOf(account);
        assertEq(record.round, 1);
        assertEq(record.time, block.timestamp);
        assertEq(record.sequence, 1);
        assertEq(record.epoch, 1);
        assertEq(record.theta, 11_000);
        assertEq(record.envelope, 200);
        assertEq(record.odometer, 0);
    }

    function test_require_margin_compares_theta() public {
        _attestNext();
        _submit(1, _healthy(11_000, 200));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, account, 11_001, 11_000));
        gate.requireMargin(account, 11_001);
    }

    function test_status_unknown_without_proof() public {
        _expectStatus(Status.Unknown);
        _attestNext();
        _expectStatus(Status.Unknown);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Unknown));
        gate.requireMargin(account, 1);
    }

    // shows: P6
    function test_isolated_flag_matches_account() public {
        _attestNext();
        bytes32 isolated = _open("isolated", true);
        AttestedBook memory book = _book(1);
        book.commitment = 77;
        _attest(isolated, book);

        uint96 claim = _claim(10_000, 0, true, true);
        gate.submit(isolated, 1, claim, _prove(isolated, 1, claim));
        _expectStatus(isolated, Status.Healthy);
        _refuse(claim, abi.encodeWithSelector(IMarginGate.IsolationMismatch.selector, account, false, true));

        claim = _healthy(10_000, 0);
        Proof memory proof = _prove(isolated, 1, claim);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.IsolationMismatch.selector, isolated, true, false));
        gate.submit(isolated, 1, claim, proof);
    }

    // shows: T11
    function test_submit_copied_replaces_original() public {
        _attestNext();
        uint96 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        vm.prank(stranger);
        gate.submit(account, 1, claim, proof);
        _expectStatus(Status.Healthy);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        gate.submit(account, 1, claim, proof);
    }

    // shows: T11
    function test_submit_refuses_copy_for_another_account() public {
        _attestNext();
        uint96 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        bytes32 other = _open("other", false);
        AttestedBook memory book = _book(1);
        book.commitment = 78;
        _attest(other, book);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(other, 1, claim, proof);
    }

    // --- claims ---

    function test_submit_refuses_claim_out_of_bounds() public {
        _attestNext();
        _refuse(_healthy(0, 0), abi.encodeWithSelector(Claims.ThetaZero.selector));
        _refuse(_healthy(10_000, 10_001), abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 10_000, 10_001));
        _refuse(_claim(10_000, 1, false, false), abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 0, 1));
        _refuse(_healthy(9_999, 0), abi.encodeWithSelector(IMarginGate.ThetaBelowMaintenance.selector, 10_000, 9_999));
        _refuse(_unhealthy(12_501), abi.encodeWithSelector(IMarginGate.ThetaAboveCallMargin.selector, 12_500, 12_501));
    }

    function test_submit_refuses_proof_of_another_claim() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, _healthy(10_001, 0), proof);
    }

    // --- chain, gate and proof bytes ---

    // shows: T11
    /// The folded point is the ledger's and the commitment the registry's. So another gate takes the same proof as one
    /// of what its own ledger and registry hold.
    function test_submit_refuses_proof_for_another_gate() public {
        _attestNext();
        uint96 claim = _healthy(10_000, 0);
        Proof memory foreign =
            Trapdoor.prove(uint256(keccak256("other ledger")), registry.bookOf(account).commitment, claim, 9);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, claim, foreign);
    }

    /// On another chain the attesters' signatures are invalid, so there is no book to prove.
    function test_attest_refuses_book_of_another_chain() public {
        AttestedBook memory book = _book(1);
        bytes32 here = registry.digestOf(account, book);
        Attestation[] memory both = _signatures(account, book);
        vm.chainId(block.chainid + 1);
        assertNotEq(registry.digestOf(account, book), here);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, both[0].attester));
        registry.attest(account, book, both);
    }

    // shows: P40, T11
    function test_submit_refuses_rerandomised_replay() public {
        _attestNext();
        uint96 claim = _healthy(11_000, 200);
        _submit(1, claim);
        // another nonce is another proof of the same statement
        _refuse(claim, abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
    }

    function test_submit_refuses_coordinates_out_of_field() public {
        _attestNext();
        uint96 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        proof.c[1] += Spec.FIELD_Q;
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, proof.c[1]));
        gate.submit(account, 1, claim, proof);
    }

    // --- properties ---

    /// Any claim word is accepted if and only if its parts are in bounds, and is recorded as it is.
    function test_fuzz_submit_words_bound_to_proof(uint96 word, uint8 bits) public {
        word >>= bits % 4 == 0 ? 0 : bits % 4 == 1 ? 6 : 64;
        _attestNext();
        uint256 theta = word & 0xffff;
        uint256 envelope = (word >> 16) & 0x3fff;
        bool healthy = word & (1 << 30) != 0;
        bool isolated = word & (1 << 31) != 0;
        bool taken = (word >> 33) & 1 == 1;
        bool fine = theta != 0 && !isolated && (word >> 32) & 1 == 0 && word >> 33 != 1 && word >> 90 == 0
            && (healthy ? theta >= 10_000 && envelope <= 10_000 : envelope == 0 && theta <= CALL_MARGIN && !taken);
        Proof memory proof = _prove(account, 1, word);
        vm.prank(venue);
        if (!fine) vm.expectPartialRevert(_refusalOf(word, theta, envelope, healthy, isolated));
        gate.submit(account, 1, word, proof);
        if (!fine) _expectStatus(Status.Unknown);
        else if (healthy) _expectStatus(taken || word >> 33 == 0 ? Status.Healthy : Status.Unknown);
        else _expectStatus(theta <= 10_000 ? Status.Liquidatable : Status.MarginCall);
    }

    /// The error of the first part of a claim that is out of bounds.
    function _refusalOf(uint96 word, uint256 theta, uint256 envelope, bool healthy, bool isolated)
        private
        pure
        returns (bytes4)
    {
        if (word >> 90 != 0) return Claims.ClaimTooLong.selector;
        if (word >> 33 == 1) return Claims.SupportNegativeZero.selector;
        if (theta == 0) return Claims.ThetaZero.selector;
        if (envelope > (healthy ? 10_000 : 0)) return Claims.EnvelopeTooWide.selector;
        if (isolated) return IMarginGate.IsolationMismatch.selector;
        if (healthy && theta < 10_000) return IMarginGate.ThetaBelowMaintenance.selector;
        if (!healthy && theta > CALL_MARGIN) return IMarginGate.ThetaAboveCallMargin.selector;
        if (!healthy && (word >> 33) & 1 == 1) return IMarginGate.IllHealthWithTaken.selector;
        // The book has none.
        return IBookRegistry.NoSleeve.selector;
    }

    /// No proof stands for a statement other than its own.
    function test_fuzz_submit_records_statement(uint256 commitment, uint96 claim, uint256 folded) public {
        _attestNext();
        uint256 own = registry.bookOf(account).commitment;
        uint96 meant = _healthy(10_000, 100);
        commitment = bound(commitment, 0, Spec.FIELD_R - 1);
        vm.assume(commitment != own || claim != meant || folded != ledger.scalarOf(1));
        Proof memory proof = Trapdoor.prove(folded, commitment, claim, 5);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, meant, proof);
    }
}
