// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";

/// A sum of points of G1, and the room that the precompiles need to add to it: the fields lie next to each other in
/// memory, (x, y, pointX, pointY) is the input of ecAdd and (pointX, pointY, scalar) that of ecMul.
struct Sum {
    /// x-coordinate of the sum.
    uint256 x;
    /// y-coordinate of the sum.
    uint256 y;
    /// Room for the x-coordinate of a point.
    uint256 pointX;
    /// Room for the y-coordinate of a point.
    uint256 pointY;
    /// Room for a scalar.
    uint256 scalar;
}

/// The EVM's precompiles for BN254. A failed call reverts: it means a point off the curve, a coordinate that is not
/// below q, or too little gas, and the EVM does not tell which. (Arguments are evaluated from the last: the size is
/// that of what the call returned. Where there is no such precompile, a call succeeds and returns nothing.)
library Bn254 {
    /// A precompile has refused its input, or there was too little gas.
    /// @param precompile address of the precompile: 6 for ecAdd, 7 for ecMul, 8 for the pairing
    error CurveOperationFailed(uint256 precompile);

    uint256 private constant EC_ADD = 6;
    uint256 private constant EC_MUL = 7;
    uint256 private constant EC_PAIRING = 8;

    /// sum += (x, y)
    /// @param sum the sum to add to
    /// @param x x-coordinate of the point
    /// @param y y-coordinate of the point
    function add(Sum memory sum, uint256 x, uint256 y) internal view {
        bool ok;
        // Saves 630 gas over a staticcall with abi.encode and abi.decode.
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), x)
            mstore(add(sum, 0x60), y)
            ok := and(eq(returndatasize(), 0x40), staticcall(gas(), EC_ADD, sum, 0x80, sum, 0x40))
        }
        if (!ok) revert CurveOperationFailed(EC_ADD);
    }

    /// sum += scalar · (x, y)
    /// @param sum the sum to add to
    /// @param x x-coordinate of the point
    /// @param y y-coordinate of the point
    /// @param scalar any 256 bits; the precompile takes them modulo r
    function addMul(Sum memory sum, uint256 x, uint256 y, uint256 scalar) internal view {
        uint256 point;
        // With the second block and `mulTo` it saves 1 390 gas over staticcalls with abi.encode and abi.decode.
        assembly ("memory-safe") {
            point := add(sum, 0x40)
        }
        mulTo(point, x, y, scalar);
        bool ok;
        // As in `add`.
        assembly ("memory-safe") {
            ok := and(eq(returndatasize(), 0x40), staticcall(gas(), EC_ADD, sum, 0x80, sum, 0x40))
        }
        if (!ok) revert CurveOperationFailed(EC_ADD);
    }

    /// Adds the point at the third and fourth word from `to` to the point at the first two.
    /// @param to where in memory
    function addNext(uint256 to) internal view {
        bool ok;
        // Saves 1 040 gas over a staticcall with abi.encode and abi.decode.
        assembly ("memory-safe") {
            ok := and(eq(returndatasize(), 0x40), staticcall(gas(), EC_ADD, to, 0x80, to, 0x40))
        }
        if (!ok) revert CurveOperationFailed(EC_ADD);
    }

    /// Puts scalar · (x, y) at the two words from `to`.
    /// @dev `to` must have three words of room: the third holds the scalar and is left dirty.
    /// @param to where in memory
    /// @param x x-coordinate of the point
    /// @param y y-coordinate of the point
    /// @param scalar any 256 bits; the precompile takes them modulo r
    function mulTo(uint256 to, uint256 x, uint256 y, uint256 scalar) internal view {
        bool ok;
        // Saves 560 gas over a staticcall with abi.encode and abi.decode.
        assembly ("memory-safe") {
            mstore(to, x)
            mstore(add(to, 0x20), y)
            mstore(add(to, 0x40), scalar)
            ok := and(eq(returndatasize(), 0x40), staticcall(gas(), EC_MUL, to, 0x60, to, 0x40))
        }
        if (!ok) revert CurveOperationFailed(EC_MUL);
    }

    /// −y. 0 stays 0, as infinity is (0, 0).
    /// @param y y-coordinate, below q, which is not checked here
    /// @return y-coordinate of the negated point
    function negated(uint256 y) internal pure returns (uint256) {
        unchecked {
            return y == 0 ? 0 : Spec.FIELD_Q - y;
        }
    }

    /// Whether the product of the pairings of `length` bytes of (G1, G2) pairs from `input` is one.
    /// @param input where in memory the pairs begin
    /// @param length their length, 192 bytes a pair
    /// @return one whether it is
    function pairingIsOne(uint256 input, uint256 length) internal view returns (bool one) {
        bool ok;
        // Saves 460 gas over a staticcall with abi.decode.
        assembly ("memory-safe") {
            ok := and(eq(returndatasize(), 0x20), staticcall(gas(), EC_PAIRING, input, length, 0, 0x20))
            one := eq(mload(0), 1)
        }
        if (!ok) revert CurveOperationFailed(EC_PAIRING);
    }
}
