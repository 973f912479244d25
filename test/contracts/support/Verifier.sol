// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Batch, FoldedGroth16} from "../../../contracts/lib/FoldedGroth16.sol";
import {G1, Proof, VerifyingKey} from "../../../contracts/types/Groth16.sol";

/// What one proof of a batch is for.
struct Statement {
    uint256 round;
    uint256 commitment;
    uint256 claim;
}

/// The verifier by itself. Returns the gas that it used.
contract Verifier is FoldedGroth16 {
    constructor(VerifyingKey memory vk) FoldedGroth16(vk) {}

    function verify(G1 memory folded, uint256 commitment, uint256 claim, Proof calldata proof)
        external
        view
        returns (uint256 used)
    {
        uint256 left = gasleft();
        _verify(folded, commitment, claim, proof);
        return left - gasleft();
    }

    function verifyBatch(uint256 size, G1[] memory rounds, Statement[] calldata statements, Proof[] calldata proofs)
        external
        view
        returns (uint256 used)
    {
        uint256 left = gasleft();
        Batch memory batch = _newBatch(size);
        for (uint256 i = 0; i < proofs.length; ++i) {
            _append(batch, statements[i].round, statements[i].commitment, statements[i].claim, proofs[i]);
        }
        _verifyBatch(rounds, batch);
        return left - gasleft();
    }
}
