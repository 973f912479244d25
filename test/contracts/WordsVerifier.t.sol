// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {WordsVerifier} from "../../contracts/clearing/WordsVerifier.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IWordsVerifier} from "../../contracts/interfaces/IWordsVerifier.sol";
import {BoundWords} from "../../contracts/lib/BoundWords.sol";
import {Bn254} from "../../contracts/lib/Bn254.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../../contracts/types/Groth16.sol";
import {BoundWordsProbe, WordsTrapdoor} from "./support/Clearing.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Any number of words as three public signals, and their proofs. test/chain/clearing has the same with real keys.
contract WordsVerifierTest is Test {
    uint256 internal constant WORDS = 72;

    BoundWordsProbe internal probe = new BoundWordsProbe();
    WordsVerifier internal verifier = WordsTrapdoor.verifier(WORDS);

    function _words(uint256 seed) internal pure returns (uint256[] memory words) {
        words = new uint256[](WORDS);
        for (uint256 i = 0; i < WORDS; ++i) {
            words[i] = uint256(keccak256(abi.encode(seed, i))) % Spec.FIELD_R;
        }
    }

    function _prove(uint256 hash, uint256[] memory words) internal view returns (Proof memory) {
        return WordsTrapdoor.prove(probe, hash, words, 7);
    }

    // shows: P61
    function test_bind_is_that_of_the_library() public view {
        string memory text = vm.readFile("test/vectors/boundWords.json");
        uint256 count;
        while (vm.keyExistsJson(text, string.concat(".vectors[", vm.toString(count), "]"))) {
            string memory at = string.concat(".vectors[", vm.toString(count++), "]");
            uint256 hash = vm.parseJsonUint(text, string.concat(at, ".hash"));
            uint256[] memory words = vm.parseJsonUintArray(text, string.concat(at, ".words"));
            (uint256 challenge, uint256 sum) = probe.bind(hash, words);
            assertEq(challenge, vm.parseJsonUint(text, string.concat(at, ".challenge")));
            assertEq(sum, vm.parseJsonUint(text, string.concat(at, ".sum")));
        }
        assertGt(count, 5);
    }

    function test_fuzz_bind_is_hash_and_sum(uint256 hash, uint256 seed, uint256 count) public view {
        hash %= Spec.FIELD_R;
        uint256[] memory words = new uint256[](count % 130);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = uint256(keccak256(abi.encode(seed, i))) % Spec.FIELD_R;
        }
        (uint256 challenge, uint256 sum) = probe.bind(hash, words);
        assertEq(challenge, uint256(keccak256(abi.encodePacked(hash, words))) % Spec.FIELD_R);
        uint256 expected;
        for (uint256 i = words.length; i > 0; --i) {
            expected = addmod(mulmod(expected, challenge, Spec.FIELD_R), words[i - 1], Spec.FIELD_R);
        }
        assertEq(sum, expected);
    }

    // shows: A73
    function test_fuzz_bind_refuses_word_out_of_field(uint256 at, uint256 more) public {
        uint256[] memory words = _words(1);
        uint256 word = Spec.FIELD_R + more % (type(uint256).max - Spec.FIELD_R);
        vm.expectRevert(abi.encodeWithSelector(BoundWords.BoundWordOutOfField.selector, word));
        probe.bind(word, words);
        words[at % WORDS] = word;
        vm.expectRevert(abi.encodeWithSelector(BoundWords.BoundWordOutOfField.selector, word));
        probe.bind(1, words);
    }

    function test_verify_accepts_proof_of_its_words() public {
        uint256[] memory words = _words(1);
        Proof memory proof = _prove(5, words);
        verifier.verify(5, words, proof);
        vm.snapshotGasLastCall("WordsVerifier", "verify, 72 words");
    }

    // shows: A73
    function test_fuzz_verify_refuses_other_words(uint256 seed, uint256 at) public {
        uint256[] memory words = _words(seed);
        Proof memory proof = _prove(5, words);
        words[at % WORDS] = addmod(words[at % WORDS], 1, Spec.FIELD_R);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(5, words, proof);
        words = _words(seed);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verify(6, words, proof);
        verifier.verify(5, words, proof);
    }

    // shows: A73
    function test_verify_refuses_other_count_of_words() public {
        uint256[] memory words = new uint256[](WORDS + 1);
        Proof memory proof = _prove(5, words);
        vm.expectRevert(abi.encodeWithSelector(IWordsVerifier.WordCountWrong.selector, WORDS, WORDS + 1));
        verifier.verify(5, words, proof);
        words = new uint256[](WORDS - 1);
        vm.expectRevert(abi.encodeWithSelector(IWordsVerifier.WordCountWrong.selector, WORDS, WORDS - 1));
        verifier.verify(5, words, proof);
    }

    function test_batch_accepts_proofs_of_their_words() public {
        (uint256[] memory hashes, uint256[][] memory words, Proof[] memory proofs) = _batch(2);
        verifier.verifyBatch(hashes, words, proofs);
        vm.snapshotGasLastCall("WordsVerifier", "verifyBatch, two proofs of 72 words");
        (hashes, words, proofs) = _batch(1);
        verifier.verifyBatch(hashes, words, proofs);
    }

    function test_fuzz_batch_refuses_one_other_word(uint256 which, uint256 at) public {
        (uint256[] memory hashes, uint256[][] memory words, Proof[] memory proofs) = _batch(3);
        uint256[] memory altered = words[which % 3];
        altered[at % WORDS] = addmod(altered[at % WORDS], 1, Spec.FIELD_R);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        verifier.verifyBatch(hashes, words, proofs);
    }

    function test_batch_refuses_uneven_lists() public {
        (uint256[] memory hashes, uint256[][] memory words, Proof[] memory proofs) = _batch(2);
        vm.expectRevert(abi.encodeWithSelector(IWordsVerifier.StatementCount.selector, 2, 2, 0));
        verifier.verifyBatch(hashes, words, new Proof[](0));
        vm.expectRevert(abi.encodeWithSelector(IWordsVerifier.StatementCount.selector, 1, 2, 2));
        verifier.verifyBatch(new uint256[](1), words, proofs);
        vm.expectRevert(abi.encodeWithSelector(IWordsVerifier.StatementCount.selector, 2, 1, 2));
        verifier.verifyBatch(hashes, new uint256[][](1), proofs);
    }

    // shows: T12
    function test_key_refused_without_contribution_or_off_curve() public {
        VerifyingKey memory key = Trapdoor.key();
        (G1 memory ic0, G1 memory ic3) = verifier.signalPoints();
        assertEq(abi.encode(ic0), abi.encode(Trapdoor.point(0x1c0)));
        assertEq(abi.encode(ic3), abi.encode(Trapdoor.point(0x1c3)));
        key.delta = key.gamma;
        vm.expectRevert(FoldedGroth16.KeyWithoutContribution.selector);
        new WordsVerifier(key, ic0, ic3, WORDS);
        key = Trapdoor.key();
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        new WordsVerifier(key, G1(ic0.x, ic0.y ^ 1), ic3, WORDS);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 7));
        new WordsVerifier(key, ic0, G1(ic3.x, ic3.y ^ 1), WORDS);
    }

    function _batch(uint256 size)
        internal
        view
        returns (uint256[] memory hashes, uint256[][] memory words, Proof[] memory proofs)
    {
        (hashes, words, proofs) = (new uint256[](size), new uint256[][](size), new Proof[](size));
        for (uint256 i = 0; i < size; ++i) {
            (hashes[i], words[i]) = (100 + i, _words(i));
            proofs[i] = _prove(hashes[i], words[i]);
        }
    }
}
