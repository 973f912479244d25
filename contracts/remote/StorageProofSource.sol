// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {IBlockRoots} from "../interfaces/IBlockRoots.sol";
import {IStorageProofSource} from "../interfaces/IStorageProofSource.sol";
import {Facts} from "./Facts.sol";
import {OutboxStorage} from "./Outbox.sol";

/// Messages by proofs of another chain's storage; see IStorageProofSource.
contract StorageProofSource is Facts, IStorageProofSource {
    using RLP for *;
    using BlockHeader for Memory.Slice[];

    /// Place of the storage's root in an account: nonce, balance, storage root, code hash.
    uint256 private constant STORAGE_ROOT = 2;

    /// @inheritdoc IStorageProofSource
    IBlockRoots public immutable roots;

    /// @param roots_ who vouches for blocks, and of which chain
    /// @param finality_ seconds by which the block must be later than the message
    constructor(IBlockRoots roots_, uint64 finality_) Facts(roots_.chain(), finality_) {
        roots = roots_;
    }

    /// @inheritdoc IStorageProofSource
    function prove(address outbox, bytes32 digest, StorageProof calldata proof) external {
        (bytes32 stateRoot, uint256 time) = _blockOf(proof.header);
        Memory.Slice[] memory account =
            TrieProof.traverse(stateRoot, abi.encodePacked(keccak256(abi.encodePacked(outbox))), proof.account).decodeList();
        bytes32 storageRoot = account[STORAGE_ROOT].readBytes32();
        bytes memory key = abi.encodePacked(keccak256(abi.encode(OutboxStorage.slotOf(digest))));
        uint256 sentAt = TrieProof.traverse(storageRoot, key, proof.slot).decodeUint256();
        _requireFinal(outbox, digest, sentAt, time);
        _learn(outbox, digest);
    }

    /// A block that is vouched for. Reverts for any other.
    /// @param header the block's header, RLP
    /// @return stateRoot root of the state after it
    /// @return time Unix seconds of the block
    function _blockOf(bytes memory header) private view returns (bytes32 stateRoot, uint256 time) {
        Memory.Slice[] memory fields = BlockHeader.parseHeader(header);
        uint64 number = uint64(fields.getNumber());
        bytes32 expected = roots.hashOf(number);
        if (keccak256(header) != expected) revert HeaderOfOther(number, expected, keccak256(header));
        return (fields.getStateRoot(), fields.getTimestamp());
    }
}
