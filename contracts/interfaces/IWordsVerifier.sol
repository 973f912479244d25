// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Proof} from "../types/Groth16.sol";

/// Verifies proofs of one circuit of the clearing house. Such a circuit has three public signals for all its words: see
/// BoundWords. Each circuit has a key of its own, and a number of words of its own.
///
/// Warning: what a word means is for the caller. Take every word that the prover must not choose from your own state.
/// Warning: proofs can be re-randomised by anybody. Guard against replay by the words, not by proof bytes.
interface IWordsVerifier {
    /// Of hashes, word lists and proofs there must be equally many, and at least one of each.
    /// @param hashes how many hashes were given
    /// @param words how many word lists were given
    /// @param proofs how many proofs were given
    error StatementCount(uint256 hashes, uint256 words, uint256 proofs);
    /// The circuit has another number of words.
    /// @param expected the circuit's number of words
    /// @param got the number of words that was given
    error WordCountWrong(uint256 expected, uint256 got);

    /// Reverts unless the proof is of these words.
    /// @param hash what the circuit's words hash to, as its prover says, below the field's order r
    /// @param words the words, each below r, in the circuit's order
    /// @param proof the Groth16 proof, in the EVM's order of coordinates
    function verify(uint256 hash, uint256[] calldata words, Proof calldata proof) external view;

    /// Reverts unless each proof is of its words. One pairing check serves for all.
    /// @param hashes for each proof what the circuit's words hash to, below r
    /// @param words for each proof its words, each below r
    /// @param proofs the proofs, at least one
    function verifyBatch(uint256[] calldata hashes, uint256[][] calldata words, Proof[] calldata proofs) external view;

    /// How many words the circuit has.
    /// @return the number of words
    function wordCount() external view returns (uint256);
}
