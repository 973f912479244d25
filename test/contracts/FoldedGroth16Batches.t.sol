// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {Bn254} from "../../contracts/lib/Bn254.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../../contracts/types/Groth16.sol";
import {Statement, Verifier} from "./support/Verifier.sol";
import {VerifierFixture} from "./support/VerifierFixture.sol";
import {VerifierProbe} from "./support/VerifierProbe.sol";

/// Many proofs at once.
contract FoldedGroth16BatchesTest is VerifierFixture {
    function test_batch_refuses_folded_point_off_curve() public {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        rounds[statements[0].round].x ^= 1;
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 7));
        verifier.verifyBatch{gas: 1_000_000}(3, rounds, statements, proofs);
    }

    function test_batch_refuses_points_off_curve() public {
        for (uint256 i = 0; i < 2; ++i) {
            (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(2, 0);
            proofs[i].c[0] ^= 1;
            // The first is added as it is, the others are multiplied.
            vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6 + i));
            verifier.verifyBatch{gas: 1_000_000}(2, rounds, statements, proofs);
            proofs[i].c[0] ^= 1;
            proofs[i].a[0] ^= 1;
            vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, i == 0 ? 8 : 7));
            verifier.verifyBatch{gas: 1_000_000}(2, rounds, statements, proofs);
        }
    }

    function test_batch_accepts_all_real_proofs() public view {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(proven.length, 0);
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
    }

    /// An attacker who could predict the weights could choose errors that cancel under them. So the weights are a hash
    /// of the chain, the contract, the rounds and every proof with its statement.
    function test_batch_weights_hash_everything() public {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        bytes memory instances;
        for (uint256 i = 0; i < 3; ++i) {
            Statement memory s = statements[i];
            instances = bytes.concat(instances, abi.encode(proofs[i], s.round, s.commitment, s.claim));
        }
        bytes32 challenge = keccak256(abi.encode(block.chainid, verifier, rounds, keccak256(instances)));
        for (uint256 i = 1; i < 3; ++i) {
            uint256 weight = uint256(keccak256(abi.encode(challenge, i)));
            uint256[2] memory a = proofs[i].a;
            vm.expectCall(address(7), abi.encode(a[0], Bn254.negated(a[1]), weight));
            vm.expectCall(address(7), abi.encode(proofs[i].c, weight));
        }
        verifier.verifyBatch(3, rounds, statements, proofs);
    }

    function test_gas_of_batches() public {
        uint256[4] memory sizes = [uint256(1), 4, 16, 64];
        uint256[4] memory most = [uint256(300_000), 100_000, 62_000, 54_000];
        for (uint256 i = 0; i < sizes.length; ++i) {
            (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(sizes[i], 0);
            uint256 used = verifier.verifyBatch(proofs.length, rounds, statements, proofs) / sizes[i];
            string memory name = string.concat("verifyBatch, a proof of ", vm.toString(sizes[i]));
            assertLe(used, most[i], name);
            vm.snapshotValue("FoldedGroth16", name, used);
        }
    }

    // shows: P38
    /// One false statement or proof anywhere has the batch refused.
    function test_fuzz_batch_refuses_one_false(uint256 at, uint256 what, uint256 size) public {
        size = bound(size, 1, 5);
        at = bound(at, 0, size - 1);
        what = bound(what, 0, 4);
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(size, at);
        if (what == 0) statements[at].claim ^= 1;
        if (what == 1) statements[at].commitment ^= 1;
        if (what == 2) statements[at].round = 1 - statements[at].round;
        if (what == 3) proofs[at].a[1] = Spec.FIELD_Q - proofs[at].a[1];
        if (what == 4) proofs[at].c[1] = Spec.FIELD_Q - proofs[at].c[1];
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
    }

    // shows: P38, T10
    /// Two errors that cancel in a plain sum do not in a random combination.
    function test_batch_refuses_errors_that_cancel() public {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(4, 0);
        (statements[1].claim, statements[2].claim) = (statements[1].claim + 1, statements[2].claim - 1);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
        (rounds, statements, proofs) = _batch(4, 0);
        Proof memory swap = proofs[0];
        (proofs[0], proofs[1]) = (proofs[1], swap);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
    }

    function test_batch_refuses_malformed() public {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 0, 0));
        verifier.verifyBatch(0, rounds, new Statement[](0), new Proof[](0));
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 4, 3));
        verifier.verifyBatch(4, rounds, statements, proofs);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 2, 3));
        verifier.verifyBatch(2, rounds, statements, proofs);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 1_000, 3));
        verifier.verifyBatch(1_000, rounds, statements, proofs);
        statements[1].round = 2;
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.RoundMissing.selector, 2, 2));
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
    }

    /// A proof that is appended to a full batch is refused.
    function test_batch_refuses_overfilling() public {
        (, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        VerifierProbe probe = new VerifierProbe(vk);
        probe.append(3, statements, proofs);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 2, 3));
        probe.append(2, statements, proofs);
    }

    // shows: T9
    function test_batch_refuses_aliases() public {
        for (uint256 at = 0; at < 3; ++at) {
            (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
            statements[at].claim += Spec.FIELD_R;
            vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, statements[at].claim));
            verifier.verifyBatch(proofs.length, rounds, statements, proofs);
            statements[at].claim -= Spec.FIELD_R;
            statements[at].commitment += Spec.FIELD_R;
            vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, statements[at].commitment));
            verifier.verifyBatch(proofs.length, rounds, statements, proofs);
            statements[at].commitment -= Spec.FIELD_R;
            for (uint256 coordinate = 0; coordinate < 8; ++coordinate) {
                uint256 before = _get(proofs[at], coordinate);
                _put(proofs[at], coordinate, before + Spec.FIELD_Q);
                vm.expectRevert(
                    abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, before + Spec.FIELD_Q)
                );
                verifier.verifyBatch(proofs.length, rounds, statements, proofs);
                _put(proofs[at], coordinate, before);
            }
        }
    }

    // shows: T10
    function test_fuzz_batch_reverts_out_of_gas(uint256 gasGiven) public view {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(2, 0);
        // The pairing alone burns 215 000, six multiplications or more 36 000.
        gasGiven = bound(gasGiven, 0, 251_000);
        (bool ok,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verifyBatch, (2, rounds, statements, proofs))
        );
        assertFalse(ok);
    }

    /// As with one proof: sizes, rounds and words are checked under any key.
    function test_batch_refuses_malformed_under_any_key() public {
        VerifyingKey memory zeros;
        zeros.gamma = vk.gamma;
        verifier = new Verifier(zeros);
        test_batch_refuses_malformed();
        test_batch_refuses_aliases();
    }
}
