// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IBlockRoots} from "../interfaces/IBlockRoots.sol";
import {Attestation} from "../types/Book.sol";

/// Hashes of another chain's blocks; see IBlockRoots.
contract BlockRoots is IBlockRoots, EIP712 {
    bytes32 private constant TYPEHASH = keccak256("BlockRoot(uint256 chain,uint64 number,bytes32 blockHash)");
    uint256 private constant MOST_ATTESTERS = 16;

    /// All that is stored of a block.
    struct Root {
        /// Its hash; 0 if none was accepted.
        bytes32 blockHash;
        /// Unix seconds from which on it counts.
        uint64 countsAt;
        /// Whether it counts no more.
        bool stopped;
    }

    /// @inheritdoc IBlockRoots
    uint256 public immutable chain;
    /// @inheritdoc IBlockRoots
    uint64 public immutable wait;
    uint8 private immutable THRESHOLD;
    address[] private _attesters;
    mapping(address who => bool) private _isAttester;
    mapping(uint64 number => Root) private _roots;

    /// @param chain_ id of the chain whose blocks these are
    /// @param attesters who vouches: 1 to 16, in strictly ascending order
    /// @param threshold how many of them must sign, 1 to their number
    /// @param wait_ seconds that a hash waits before it counts
    constructor(uint256 chain_, address[] memory attesters, uint8 threshold, uint64 wait_)
        EIP712("zkmargin BlockRoots", "1")
    {
        uint256 size = attesters.length;
        if (size == 0 || size > MOST_ATTESTERS) revert RootAttesterCount(MOST_ATTESTERS, size);
        if (threshold == 0 || threshold > size) revert RootThresholdOutOfRange(size, threshold);
        address before;
        for (uint256 i = 0; i < size; ++i) {
            if (attesters[i] <= before) revert RootAttestersUnordered(before, attesters[i]);
            before = attesters[i];
            _isAttester[before] = true;
        }
        (chain, wait, THRESHOLD, _attesters) = (chain_, wait_, threshold, attesters);
    }

    /// @inheritdoc IBlockRoots
    function accept(uint64 number, bytes32 blockHash, Attestation[] calldata attestations) external {
        address[] memory signers = _signersOf(digestOf(number, blockHash), attestations);
        Root storage root = _roots[number];
        if (root.blockHash == blockHash) revert RootRepeated(number);
        if (root.blockHash != 0) {
            if (root.stopped) revert RootIsStopped(number);
            root.stopped = true;
            emit RootStopped(number, address(0));
            return;
        }
        uint64 countsAt = uint64(block.timestamp) + wait;
        (root.blockHash, root.countsAt) = (blockHash, countsAt);
        emit RootAccepted(number, blockHash, countsAt, signers);
    }

    /// @inheritdoc IBlockRoots
    function stop(uint64 number) external {
        if (!_isAttester[msg.sender]) revert RootAttesterUnknown(msg.sender);
        Root storage root = _roots[number];
        if (root.blockHash == 0) revert RootUnknown(number);
        if (root.stopped) revert RootIsStopped(number);
        if (block.timestamp >= root.countsAt) revert RootCounts(number);
        root.stopped = true;
        emit RootStopped(number, msg.sender);
    }

    /// @inheritdoc IBlockRoots
    function hashOf(uint64 number) external view returns (bytes32) {
        Root storage root = _roots[number];
        if (root.blockHash == 0) revert RootUnknown(number);
        if (root.stopped) revert RootIsStopped(number);
        if (block.timestamp < root.countsAt) revert RootWaits(root.countsAt, uint64(block.timestamp));
        return root.blockHash;
    }

    /// @inheritdoc IBlockRoots
    function rootOf(uint64 number) external view returns (bytes32 blockHash, uint64 countsAt, bool stopped) {
        Root storage root = _roots[number];
        return (root.blockHash, root.countsAt, root.stopped);
    }

    /// @inheritdoc IBlockRoots
    function digestOf(uint64 number, bytes32 blockHash) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(TYPEHASH, chain, number, blockHash)));
    }

    /// @inheritdoc IBlockRoots
    function attestersOf() external view returns (address[] memory attesters, uint8 threshold) {
        return (_attesters, THRESHOLD);
    }

    /// Checks the signatures.
    /// @param digest what was signed
    /// @param attestations the signatures, in strictly ascending order of attester
    /// @return signers who signed, in the same order
    function _signersOf(bytes32 digest, Attestation[] calldata attestations)
        private
        view
        returns (address[] memory signers)
    {
        uint256 size = attestations.length;
        if (size < THRESHOLD) revert RootTooFewSignatures(THRESHOLD, size);
        signers = new address[](size);
        address before;
        for (uint256 i = 0; i < size; ++i) {
            address attester = attestations[i].attester;
            if (attester <= before) revert RootAttestersUnordered(before, attester);
            if (!_isAttester[attester]) revert RootAttesterUnknown(attester);
            if (!SignatureChecker.isValidSignatureNowCalldata(attester, digest, attestations[i].signature)) {
                revert RootSignatureInvalid(attester);
            }
            signers[i] = before = attester;
        }
    }
}
