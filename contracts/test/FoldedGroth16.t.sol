// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../generated/Spec.sol";
import {Bn254} from "../lib/Bn254.sol";
import {FoldedGroth16, VerifyingKey} from "../lib/FoldedGroth16.sol";
import {G1, Proof} from "../lib/Types.sol";
import {Vectors} from "./support/Vectors.sol";
import {Statement, Verifier} from "./support/Verifier.sol";
import {VerifierProbe} from "./support/VerifierProbe.sol";

contract FoldedGroth16Test is Test {
    Verifier private verifier;
    VerifyingKey private vk;
    Vectors.Proven[] private proven;
    G1[] private folded;

    function setUp() public {
        string memory text = Vectors.json();
        vk = Vectors.key(text);
        verifier = new Verifier(vk);
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            proven.push(Vectors.proven(text, i));
        }
        for (uint256 i = 0; i < Vectors.MARKETS; ++i) {
            folded.push(Vectors.market(text, i).folded);
        }
    }

    function test_acceptsEveryRealProof() public view {
        for (uint256 i = 0; i < proven.length; ++i) {
            Vectors.Proven memory p = proven[i];
            verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
        }
    }

    function test_acceptsARealProofInMemoryThatWasUsed() public {
        VerifierProbe probe = new VerifierProbe(vk);
        Vectors.Proven memory p = proven[0];
        (uint256 free, uint256 freeAfter, uint256 zero) =
            probe.verifyInUsedMemory(folded[p.market], p.commitment, p.claim, p.proof);
        assertGe(freeAfter, free);
        assertEq(zero, 0);
    }

    function test_gasOfOne() public view {
        Vectors.Proven memory p = proven[0];
        assertLe(verifier.verify(folded[p.market], p.commitment, p.claim, p.proof), 200_000);
    }

    function test_keyIsReadBack() public view {
        assertEq(abi.encode(verifier.verifyingKey()), abi.encode(vk));
    }

    function test_refusesKeyWithoutContribution() public {
        VerifyingKey memory key = vk;
        key.delta = key.gamma;
        vm.expectRevert(FoldedGroth16.KeyWithoutContribution.selector);
        new Verifier(key);
    }

    function test_refusesKeyOffTheCurve() public {
        VerifyingKey memory key = vk;
        key.alpha.x ^= 1;
        _refusedOffTheCurve(key);
        key = vk;
        (key.beta[0], key.beta[1]) = (key.beta[1], key.beta[0]);
        _refusedOffTheCurve(key);
        key = vk;
        key.gamma[3] ^= 1;
        _refusedOffTheCurve(key);
        key = vk;
        key.delta[3] ^= 1;
        _refusedOffTheCurve(key);
        key = vk;
        key.ic1.y ^= 1;
        _refusedOffTheCurve(key);
        key = vk;
        key.ic2.y ^= 1;
        _refusedOffTheCurve(key);
    }

    /// Words, sizes and rounds are checked whatever the key, even one of almost nothing but zeros. (By such a key the
    /// coverage tool knows the verifier again, whose constants are a good part of its code.)
    function test_refusesWordsSizesAndRoundsUnderAnyKey() public {
        VerifyingKey memory zeros;
        zeros.gamma = vk.gamma;
        verifier = new Verifier(zeros);
        assertEq(abi.encode(verifier.verifyingKey()), abi.encode(zeros));
        test_refusesTheSameWordPlusR();
        test_refusesTheSameCoordinatePlusQ();
        test_batchRefusesMalformed();
        test_batchRefusesAliases();
    }

    function test_refusesAnotherMarketsFold() public {
        Vectors.Proven memory p = proven[0];
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[1 - p.market], p.commitment, p.claim, p.proof);
    }

    function testFuzz_refusesAnyOtherWords(uint256 commitment, uint256 claim) public {
        Vectors.Proven memory p = proven[0];
        commitment = bound(commitment, 0, Spec.FIELD_R - 1);
        claim = bound(claim, 0, Spec.FIELD_R - 1);
        vm.assume(commitment != p.commitment || claim != p.claim);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], commitment, claim, p.proof);
    }

    /// One claim bit turned: theta, envelope, verdict and isolated.
    function test_refusesEveryTurnedClaimBit() public {
        Vectors.Proven memory p = proven[0];
        for (uint256 bit = 0; bit < Spec.CLAIM_BITS; ++bit) {
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            verifier.verify(folded[p.market], p.commitment, p.claim ^ (1 << bit), p.proof);
        }
    }

    function testFuzz_refusesAliasedWords(uint256 word, bool ofClaim) public {
        Vectors.Proven memory p = proven[0];
        word = bound(word, Spec.FIELD_R, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, word));
        if (ofClaim) verifier.verify(folded[p.market], p.commitment, word, p.proof);
        else verifier.verify(folded[p.market], word, p.claim, p.proof);
    }

    /// The very same statement modulo r: the curve would take it.
    function test_refusesTheSameWordPlusR() public {
        Vectors.Proven memory p = proven[0];
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, p.claim + Spec.FIELD_R));
        verifier.verify(folded[p.market], p.commitment, p.claim + Spec.FIELD_R, p.proof);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, p.commitment + Spec.FIELD_R));
        verifier.verify(folded[p.market], p.commitment + Spec.FIELD_R, p.claim, p.proof);
    }

    /// r is 0 once more; r − 1 is a word, if not that of a proof.
    function test_refusesWordsFromRUpwards() public {
        Vectors.Proven memory p = proven[0];
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, Spec.FIELD_R));
        verifier.verify(folded[p.market], p.commitment, Spec.FIELD_R, p.proof);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, Spec.FIELD_R));
        verifier.verify(folded[p.market], Spec.FIELD_R, p.claim, p.proof);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], p.commitment, Spec.FIELD_R - 1, p.proof);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], Spec.FIELD_R - 1, p.claim, p.proof);
    }

    /// q − 1 is a coordinate, if not of a point.
    function test_refusesCoordinatesFromQUpwards() public {
        for (uint256 at = 0; at < 8; ++at) {
            Vectors.Proven memory p = proven[0];
            _put(p.proof, at, Spec.FIELD_Q);
            vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, Spec.FIELD_Q));
            verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
            _put(p.proof, at, Spec.FIELD_Q - 1);
            vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
            verifier.verify{gas: 1_000_000}(folded[p.market], p.commitment, p.claim, p.proof);
        }
    }

    function testFuzz_refusesCoordinatesNotBelowQ(uint256 coordinate, uint256 at) public {
        Vectors.Proven memory p = proven[0];
        coordinate = bound(coordinate, Spec.FIELD_Q, type(uint256).max);
        _put(p.proof, bound(at, 0, 7), coordinate);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate));
        verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
    }

    function test_refusesTheSameCoordinatePlusQ() public {
        for (uint256 at = 0; at < 8; ++at) {
            Vectors.Proven memory p = proven[0];
            uint256 coordinate = _get(p.proof, at) + Spec.FIELD_Q;
            _put(p.proof, at, coordinate);
            vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate));
            verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
        }
    }

    function testFuzz_refusesTamperedCoordinates(uint256 flip, uint256 at) public view {
        Vectors.Proven memory p = proven[0];
        at = bound(at, 0, 7);
        flip = bound(flip, 1, Spec.FIELD_Q - 1);
        _put(p.proof, at, addmod(_get(p.proof, at), flip, Spec.FIELD_Q));
        (bool ok, bytes memory reason) = address(verifier).staticcall{gas: 1_000_000}(
            abi.encodeCall(verifier.verify, (folded[p.market], p.commitment, p.claim, p.proof))
        );
        assertFalse(ok);
        // Off the curve, or −y: a point of it and of no proof.
        bytes4 error = bytes4(reason);
        assertTrue(
            error == Bn254.CurveOperationFailed.selector || error == FoldedGroth16.ProofRejected.selector,
            vm.toString(reason)
        );
    }

    /// snarkjs writes the real part first.
    function test_refusesSwappedG2() public {
        Vectors.Proven memory p = proven[0];
        (p.proof.b[0], p.proof.b[1]) = (p.proof.b[1], p.proof.b[0]);
        (p.proof.b[2], p.proof.b[3]) = (p.proof.b[3], p.proof.b[2]);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        verifier.verify{gas: 1_000_000}(folded[p.market], p.commitment, p.claim, p.proof);
    }

    /// A point that no ledger made.
    function test_refusesFoldedPointOffTheCurve() public {
        Vectors.Proven memory p = proven[0];
        G1 memory off = folded[p.market];
        off.x ^= 1;
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        verifier.verify{gas: 1_000_000}(off, p.commitment, p.claim, p.proof);
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        rounds[p.market] = off;
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 7));
        verifier.verifyBatch{gas: 1_000_000}(3, rounds, statements, proofs);
    }

    function test_batchRefusesPointsOffTheCurve() public {
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

    function test_refusesPointsOfInfinity() public {
        Vectors.Proven memory p = proven[0];
        Proof memory none;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], p.commitment, p.claim, none);
        (p.proof.a[0], p.proof.a[1]) = (0, 0);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
    }

    /// With too little gas a call fails: it never returns.
    function testFuzz_neverReturnsWhenOutOfGas(uint256 gasGiven) public view {
        Vectors.Proven memory p = proven[0];
        // The precompiles alone burn 193 300.
        gasGiven = bound(gasGiven, 0, 193_300);
        (bool ok,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verify, (folded[p.market], p.commitment, p.claim, p.proof))
        );
        assertFalse(ok);
    }

    function test_batchOfAll() public view {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(proven.length, 0);
        verifier.verifyBatch(proofs.length, rounds, statements, proofs);
    }

    /// Whoever could foresee the weights could make up errors that cancel under them: they are a hash of the chain, the
    /// contract, the rounds and every proof with its statement.
    function test_batchIsWeighedByAHashOfAllOfIt() public {
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

    function test_gasOfBatches() public view {
        uint256[4] memory sizes = [uint256(1), 4, 16, 64];
        uint256[4] memory most = [uint256(300_000), 100_000, 62_000, 54_000];
        for (uint256 i = 0; i < sizes.length; ++i) {
            (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(sizes[i], 0);
            uint256 used = verifier.verifyBatch(proofs.length, rounds, statements, proofs) / sizes[i];
            assertLe(used, most[i], vm.toString(sizes[i]));
        }
    }

    /// One false statement or proof anywhere spoils the batch.
    function testFuzz_batchRefusesOneFalse(uint256 at, uint256 what, uint256 size) public {
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

    /// Two errors that cancel in a plain sum do not in a random combination.
    function test_batchRefusesErrorsThatCancel() public {
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

    function test_batchRefusesMalformed() public {
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

    /// Whatever comes after it: there is no room for it.
    function test_batchRefusesToBeOverfilled() public {
        (, Statement[] memory statements, Proof[] memory proofs) = _batch(3, 0);
        VerifierProbe probe = new VerifierProbe(vk);
        probe.append(3, statements, proofs);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 2, 3));
        probe.append(2, statements, proofs);
    }

    function test_batchRefusesAliases() public {
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

    function testFuzz_batchNeverReturnsWhenOutOfGas(uint256 gasGiven) public view {
        (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs) = _batch(2, 0);
        // The pairing alone burns 215 000, six multiplications or more 36 000.
        gasGiven = bound(gasGiven, 0, 251_000);
        (bool ok,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verifyBatch, (2, rounds, statements, proofs))
        );
        assertFalse(ok);
    }

    /// Proofs from `first` on, over and over.
    function _batch(uint256 size, uint256 first)
        private
        view
        returns (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs)
    {
        rounds = folded;
        statements = new Statement[](size);
        proofs = new Proof[](size);
        for (uint256 i = 0; i < size; ++i) {
            Vectors.Proven memory p = proven[(first + i) % proven.length];
            statements[i] = Statement(p.market, p.commitment, p.claim);
            proofs[i] = p.proof;
        }
    }

    function deploy(VerifyingKey memory key) external {
        new Verifier(key);
    }

    function _refusedOffTheCurve(VerifyingKey memory key) private {
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        this.deploy{gas: 10_000_000}(key);
    }

    function _get(Proof memory proof, uint256 at) private pure returns (uint256) {
        if (at < 2) return proof.a[at];
        return at < 6 ? proof.b[at - 2] : proof.c[at - 6];
    }

    function _put(Proof memory proof, uint256 at, uint256 coordinate) private pure {
        if (at < 2) proof.a[at] = coordinate;
        else if (at < 6) proof.b[at - 2] = coordinate;
        else proof.c[at - 6] = coordinate;
    }
}
