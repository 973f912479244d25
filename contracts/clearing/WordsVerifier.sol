// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IWordsVerifier} from "../interfaces/IWordsVerifier.sol";
import {Bn254, Sum} from "../lib/Bn254.sol";
import {BoundWords} from "../lib/BoundWords.sol";
import {Batch, FoldedGroth16} from "../lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../types/Groth16.sol";

/// Verifies proofs of one circuit of the clearing house; see IWordsVerifier. The circuit's three signals, in order, are
/// the hash, the challenge and the sum. FoldedGroth16 takes the first two as its commitment and its claim, and the third
/// as a market's point.
contract WordsVerifier is FoldedGroth16, IWordsVerifier {
    /// @inheritdoc IWordsVerifier
    uint256 public immutable wordCount;
    uint256 private immutable IC0_X;
    uint256 private immutable IC0_Y;
    uint256 private immutable IC3_X;
    uint256 private immutable IC3_Y;

    /// @param key the circuit's verification key, with the points of hash and challenge
    /// @param ic0 its point of no signal: IC[0]
    /// @param ic3 the point of the signal `sum`: IC[3]
    /// @param wordCount_ how many words the circuit has
    constructor(VerifyingKey memory key, G1 memory ic0, G1 memory ic3, uint256 wordCount_) FoldedGroth16(key) {
        (IC0_X, IC0_Y, IC3_X, IC3_Y) = (ic0.x, ic0.y, ic3.x, ic3.y);
        wordCount = wordCount_;
        // The sum does not matter. The precompile refuses constants that are no points of the curve.
        _fold(0);
    }

    /// @inheritdoc IWordsVerifier
    function verify(uint256 hash, uint256[] calldata words, Proof calldata proof) external view {
        (uint256 challenge, G1 memory folded) = _bind(hash, words);
        _verify(folded, hash, challenge, proof);
    }

    /// @inheritdoc IWordsVerifier
    function verifyBatch(uint256[] calldata hashes, uint256[][] calldata words, Proof[] calldata proofs) external view {
        uint256 count = proofs.length;
        if (count == 0 || hashes.length != count || words.length != count) {
            revert StatementCount(hashes.length, words.length, count);
        }
        G1[] memory folded = new G1[](count);
        Batch memory batch = _newBatch(count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 challenge;
            (challenge, folded[i]) = _bind(hashes[i], words[i]);
            _append(batch, i, hashes[i], challenge, proofs[i]);
        }
        _verifyBatch(folded, batch);
    }

    /// The points of no signal and of the sum: the key's other two.
    /// @return ic0 the point of no signal
    /// @return ic3 the point of the sum
    function signalPoints() external view returns (G1 memory ic0, G1 memory ic3) {
        return (G1(IC0_X, IC0_Y), G1(IC3_X, IC3_Y));
    }

    /// Binds words, and folds their sum.
    /// @param hash what the circuit's words hash to
    /// @param words the words
    /// @return challenge the second signal
    /// @return folded IC0 + sum·IC3
    function _bind(uint256 hash, uint256[] calldata words) private view returns (uint256 challenge, G1 memory folded) {
        if (words.length != wordCount) revert WordCountWrong(wordCount, words.length);
        uint256 sum;
        (challenge, sum) = BoundWords.bind(hash, words);
        folded = _fold(sum);
    }

    /// IC0 + sum·IC3
    /// @param sum the third signal
    /// @return the point
    function _fold(uint256 sum) private view returns (G1 memory) {
        Sum memory folded;
        (folded.x, folded.y) = (IC0_X, IC0_Y);
        Bn254.addMul(folded, IC3_X, IC3_Y, sum);
        return G1(folded.x, folded.y);
    }
}
