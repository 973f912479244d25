// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {Bn254} from "../../contracts/lib/Bn254.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../../contracts/types/Groth16.sol";
import {Vectors} from "./support/Vectors.sol";
import {Verifier} from "./support/Verifier.sol";
import {VerifierFixture} from "./support/VerifierFixture.sol";
import {VerifierProbe} from "./support/VerifierProbe.sol";

/// One proof, and the key.
contract FoldedGroth16Test is VerifierFixture {
    // shows: T10
    function test_verify_accepts_every_real_proof() public view {
        for (uint256 i = 0; i < proven.length; ++i) {
            Vectors.Proven memory p = proven[i];
            verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
        }
    }

    function test_verify_accepts_proof_in_dirty_memory() public {
        VerifierProbe probe = new VerifierProbe(vk);
        Vectors.Proven memory p = proven[0];
        (uint256 free, uint256 freeAfter, uint256 zero) =
            probe.verifyInUsedMemory(folded[p.market], p.commitment, p.claim, p.proof);
        assertGe(freeAfter, free);
        assertEq(zero, 0);
    }

    function test_gas_of_one() public {
        Vectors.Proven memory p = proven[0];
        uint256 used = verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
        assertLe(used, 200_000);
        vm.snapshotValue("FoldedGroth16", "verify", used);
    }

    function test_key_read_back() public view {
        assertEq(abi.encode(verifier.verifyingKey()), abi.encode(vk));
    }

    // shows: T12
    function test_key_refused_without_contribution() public {
        VerifyingKey memory key = vk;
        key.delta = key.gamma;
        vm.expectRevert(FoldedGroth16.KeyWithoutContribution.selector);
        new Verifier(key);
    }

    // shows: T12
    function test_key_refused_off_curve() public {
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

    /// Words are checked under any key, even one of almost nothing but zeros. With such a key the coverage tool
    /// recognises the verifier, whose constants are a large part of its code.
    function test_verify_refuses_words_under_any_key() public {
        VerifyingKey memory zeros;
        zeros.gamma = vk.gamma;
        verifier = new Verifier(zeros);
        assertEq(abi.encode(verifier.verifyingKey()), abi.encode(zeros));
        test_verify_refuses_word_plus_r();
        test_verify_refuses_coordinate_plus_q();
    }

    function test_verify_refuses_fold_of_another_market() public {
        Vectors.Proven memory p = proven[0];
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[1 - p.market], p.commitment, p.claim, p.proof);
    }

    function test_fuzz_verify_refuses_other_words(uint256 commitment, uint256 claim) public {
        Vectors.Proven memory p = proven[0];
        commitment = bound(commitment, 0, Spec.FIELD_R - 1);
        claim = bound(claim, 0, Spec.FIELD_R - 1);
        vm.assume(commitment != p.commitment || claim != p.claim);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], commitment, claim, p.proof);
    }

    /// One claim bit turned: theta, envelope, verdict and isolated.
    function test_verify_refuses_flipped_claim_bit() public {
        Vectors.Proven memory p = proven[0];
        for (uint256 bit = 0; bit < Spec.CLAIM_BITS; ++bit) {
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            verifier.verify(folded[p.market], p.commitment, p.claim ^ (1 << bit), p.proof);
        }
    }

    // shows: P36, T9
    function test_fuzz_verify_refuses_aliased_words(uint256 word, bool ofClaim) public {
        Vectors.Proven memory p = proven[0];
        word = bound(word, Spec.FIELD_R, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, word));
        if (ofClaim) verifier.verify(folded[p.market], p.commitment, word, p.proof);
        else verifier.verify(folded[p.market], word, p.claim, p.proof);
    }

    // shows: T9
    /// The same statement modulo r: the curve would accept it.
    function test_verify_refuses_word_plus_r() public {
        Vectors.Proven memory p = proven[0];
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, p.claim + Spec.FIELD_R));
        verifier.verify(folded[p.market], p.commitment, p.claim + Spec.FIELD_R, p.proof);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.WordOutOfField.selector, p.commitment + Spec.FIELD_R));
        verifier.verify(folded[p.market], p.commitment + Spec.FIELD_R, p.claim, p.proof);
    }

    /// r is refused as an alias of 0. r − 1 is a valid word, but not that of a proof.
    function test_verify_refuses_words_from_r() public {
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

    /// q − 1 is a valid coordinate, but not of a point.
    function test_verify_refuses_coordinates_from_q() public {
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

    // shows: P36, T9
    function test_fuzz_verify_refuses_coordinates_not_below_q(uint256 coordinate, uint256 at) public {
        Vectors.Proven memory p = proven[0];
        coordinate = bound(coordinate, Spec.FIELD_Q, type(uint256).max);
        _put(p.proof, bound(at, 0, 7), coordinate);
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate));
        verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
    }

    // shows: T9
    function test_verify_refuses_coordinate_plus_q() public {
        for (uint256 at = 0; at < 8; ++at) {
            Vectors.Proven memory p = proven[0];
            uint256 coordinate = _get(p.proof, at) + Spec.FIELD_Q;
            _put(p.proof, at, coordinate);
            vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate));
            verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
        }
    }

    function test_fuzz_verify_refuses_tampered_coordinates(uint256 flip, uint256 at) public view {
        Vectors.Proven memory p = proven[0];
        at = bound(at, 0, 7);
        flip = bound(flip, 1, Spec.FIELD_Q - 1);
        _put(p.proof, at, addmod(_get(p.proof, at), flip, Spec.FIELD_Q));
        (bool ok, bytes memory reason) = address(verifier).staticcall{gas: 1_000_000}(
            abi.encodeCall(verifier.verify, (folded[p.market], p.commitment, p.claim, p.proof))
        );
        assertFalse(ok);
        // A point off the curve, or −y: a point on the curve, but of no proof.
        bytes4 error = bytes4(reason);
        assertTrue(
            error == Bn254.CurveOperationFailed.selector || error == FoldedGroth16.ProofRejected.selector,
            vm.toString(reason)
        );
    }

    // shows: T10
    /// snarkjs writes the real part first.
    function test_verify_refuses_swapped_g2() public {
        Vectors.Proven memory p = proven[0];
        (p.proof.b[0], p.proof.b[1]) = (p.proof.b[1], p.proof.b[0]);
        (p.proof.b[2], p.proof.b[3]) = (p.proof.b[3], p.proof.b[2]);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        verifier.verify{gas: 1_000_000}(folded[p.market], p.commitment, p.claim, p.proof);
    }

    /// A folded point that no ledger committed.
    function test_verify_refuses_folded_point_off_curve() public {
        Vectors.Proven memory p = proven[0];
        G1 memory off = folded[p.market];
        off.x ^= 1;
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        verifier.verify{gas: 1_000_000}(off, p.commitment, p.claim, p.proof);
    }

    function test_verify_refuses_infinity() public {
        Vectors.Proven memory p = proven[0];
        Proof memory none;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], p.commitment, p.claim, none);
        (p.proof.a[0], p.proof.a[1]) = (0, 0);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(folded[p.market], p.commitment, p.claim, p.proof);
    }

    // shows: P36, T10
    /// With too little gas a call fails: it never returns.
    function test_fuzz_verify_reverts_out_of_gas(uint256 gasGiven) public view {
        Vectors.Proven memory p = proven[0];
        // The precompiles alone burn 193 300.
        gasGiven = bound(gasGiven, 0, 193_300);
        (bool ok,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verify, (folded[p.market], p.commitment, p.claim, p.proof))
        );
        assertFalse(ok);
    }

    function deploy(VerifyingKey memory key) external {
        new Verifier(key);
    }

    function _refusedOffTheCurve(VerifyingKey memory key) private {
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        this.deploy{gas: 10_000_000}(key);
    }
}
