// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Batch} from "../../../contracts/lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../../../contracts/types/Groth16.sol";
import {Statement, Verifier} from "./Verifier.sol";

/// Inspects a verifier's memory. It is not part of {Verifier}, whose gas is measured: another function would cost every
/// call.
contract VerifierProbe is Verifier {
    constructor(VerifyingKey memory vk) Verifier(vk) {}

    /// Verifies with free memory that is not zero, as earlier calls may leave it. Returns the pointer to free memory
    /// before and after, and the word that must stay 0.
    function verifyInUsedMemory(G1 memory folded, uint256 commitment, uint256 claim, Proof calldata proof)
        external
        view
        returns (uint256 free, uint256 freeAfter, uint256 zero)
    {
        assembly ("memory-safe") {
            free := mload(0x40)
            for { let at := 0 } lt(at, 0x1000) { at := add(at, 0x20) } { mstore(add(free, at), not(0)) }
        }
        _verify(folded, commitment, claim, proof);
        assembly ("memory-safe") {
            freeAfter := mload(0x40)
            zero := mload(0x60)
        }
    }

    /// Fills a batch of `size`, and does not verify it.
    function append(uint256 size, Statement[] calldata statements, Proof[] calldata proofs) external pure {
        Batch memory batch = _newBatch(size);
        for (uint256 i = 0; i < proofs.length; ++i) {
            _append(batch, statements[i].round, statements[i].commitment, statements[i].claim, proofs[i]);
        }
    }
}
