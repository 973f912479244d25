// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";

/// The three public signals that stand for any number of words: the circuit's hash of them, a challenge, and the sum of
/// the words times the powers of the challenge. See docs/CLEARING.md and src/protocol/boundWords.ts.
///
/// It is sound because the hash fixes the circuit's words before anybody knows the challenge. A challenge that leaves
/// the hash out lets a prover solve one linear equation for any word that nothing else holds, and prove anything.
library BoundWords {
    /// A word, or the hash, is not below the scalar field's order r: r more of it would be the same word.
    /// @param word the word
    error BoundWordOutOfField(uint256 word);

    /// The verifier's part for a prover who has said `hash`.
    /// @param hash what the circuit's words hash to, below r
    /// @param words the words, each below r
    /// @return challenge keccak256(hash ‖ words) modulo r, 32 bytes each
    /// @return sum Σ words[i]·challenge^i modulo r
    function bind(uint256 hash, uint256[] calldata words) internal pure returns (uint256 challenge, uint256 sum) {
        uint256 r = Spec.FIELD_R;
        if (hash >= r) revert BoundWordOutOfField(hash);
        uint256 most;
        // One pass over the calldata, from the last word to the first. Saves 11 000 gas for 72 words over a loop in
        // Solidity and abi.encodePacked.
        assembly ("memory-safe") {
            let size := mul(words.length, 0x20)
            let data := mload(0x40)
            mstore(data, hash)
            calldatacopy(add(data, 0x20), words.offset, size)
            challenge := mod(keccak256(data, add(size, 0x20)), r)
            for { let at := add(data, size) } gt(at, data) { at := sub(at, 0x20) } {
                let word := mload(at)
                if gt(word, most) { most := word }
                sum := addmod(mulmod(sum, challenge, r), word, r)
            }
        }
        if (most >= r) revert BoundWordOutOfField(most);
    }
}
