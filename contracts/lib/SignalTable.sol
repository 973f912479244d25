// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {G1} from "../types/Groth16.sol";
import {CodeStore} from "./CodeStore.sol";

/// The IC points of a verification key, kept as contract code: reading 16 of them costs little more than reading one.
/// Immutable. Its deployer compares `hash` with that of the verification key that is pinned. A contract's code is at
/// most 24 576 bytes, so the points lie in contracts that this one creates.
contract SignalTable {
    /// The points given are not those of all signals.
    /// @param expectedBytes length of all points, bytes
    /// @param gotBytes length of what was given, bytes
    error PointsMissing(uint256 expectedBytes, uint256 gotBytes);
    /// There is no point of this index.
    /// @param index the index that was asked for
    /// @param last the last index, the number of signals: 404
    error PointUnknown(uint256 index, uint256 last);
    /// A chunk of points is not where readers will look for it.
    /// @param chunk number of the chunk, counted from 0
    error ChunkMisplaced(uint256 chunk);

    /// keccak256 of all points, x ‖ y, 32 bytes each, infinity as zeros, in the order of IC.
    bytes32 public immutable hash;

    /// @param points all points, x ‖ y, 32 bytes each, infinity as zeros, in the order of IC
    constructor(bytes memory points) {
        uint256 expected = (Spec.SIGNALS + 1) * SignalPoints.POINT_BYTES;
        if (points.length != expected) revert PointsMissing(expected, points.length);
        hash = keccak256(points);
        for (uint256 chunk = 0; chunk * SignalPoints.CHUNK_BYTES < expected; ++chunk) {
            uint256 from = chunk * SignalPoints.CHUNK_BYTES;
            uint256 length = expected - from;
            if (length > SignalPoints.CHUNK_BYTES) length = SignalPoints.CHUNK_BYTES;
            address created = CodeStore.write(points, from, length);
            if (created != SignalPoints.chunkOf(address(this), chunk)) revert ChunkMisplaced(chunk);
        }
    }

    /// IC[index]: index 0 is the constant, signal i has index i + 1.
    /// @param index 0 to the number of signals, 404
    /// @return point the point, affine
    function pointAt(uint256 index) external view returns (G1 memory point) {
        if (index > Spec.SIGNALS) revert PointUnknown(index, Spec.SIGNALS);
        uint256 at = SignalPoints.load(address(this), index, 1);
        // Solidity cannot read at a place in memory.
        assembly ("memory-safe") {
            mcopy(point, at, 0x40)
        }
    }
}

/// Reads from a SignalTable's code.
library SignalPoints {
    uint256 internal constant POINT_BYTES = 64;
    uint256 internal constant CHUNK_POINTS = 256;
    uint256 internal constant CHUNK_BYTES = CHUNK_POINTS * POINT_BYTES;

    /// The address of the contract that `table` created with nonce chunk + 1: keccak256(rlp([table, nonce])).
    /// @param table the SignalTable
    /// @param chunk number of the chunk, counted from 0
    /// @return its address
    function chunkOf(address table, uint256 chunk) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", table, uint8(chunk + 1))))));
    }

    /// Copies `count` points from index `first` to fresh memory: 64 bytes each.
    /// @param table the SignalTable
    /// @param first index of the first point, 0 to 404
    /// @param count how many points
    /// @return at where in memory the first point begins
    function load(address table, uint256 first, uint256 count) internal view returns (uint256 at) {
        uint256 end = first + count;
        // Solidity has no memory without a length word before it.
        assembly ("memory-safe") {
            at := mload(0x40)
            mstore(0x40, add(at, mul(count, 0x40)))
        }
        uint256 to = at;
        while (first < end) {
            uint256 chunk = first / CHUNK_POINTS;
            uint256 until = (chunk + 1) * CHUNK_POINTS;
            if (until > end) until = end;
            address code = chunkOf(table, chunk);
            uint256 dataAt = CodeStore.DATA_AT;
            // Saves 2 800 gas for 48 points over `code.code`, which copies the whole chunk.
            assembly ("memory-safe") {
                let length := mul(sub(until, first), 0x40)
                extcodecopy(code, to, add(dataAt, mul(mod(first, CHUNK_POINTS), 0x40)), length)
                to := add(to, length)
            }
            first = until;
        }
    }
}
