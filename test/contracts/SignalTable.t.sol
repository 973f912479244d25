// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {CodeStore} from "../../contracts/lib/CodeStore.sol";
import {SignalPoints, SignalTable} from "../../contracts/lib/SignalTable.sol";
import {G1} from "../../contracts/types/Groth16.sol";
import {Vectors} from "./support/Vectors.sol";

contract Writer {
    function write(uint256 length) external returns (address) {
        return CodeStore.write(new bytes(length), 0, length);
    }
}

contract SignalTableTest is Test {
    bytes private points;
    SignalTable private table;

    function setUp() public {
        points = Vectors.points(Vectors.json());
        table = new SignalTable(points);
    }

    function test_table_holds_every_point() public view {
        assertEq(table.hash(), keccak256(points));
        bytes memory read;
        for (uint256 i = 0; i <= Spec.SIGNALS; ++i) {
            G1 memory point = table.pointAt(i);
            read = bytes.concat(read, abi.encode(point));
        }
        assertEq(read, points);
    }

    function test_fuzz_load_across_chunks(uint256 first, uint256 count) public view {
        first = bound(first, 0, Spec.SIGNALS);
        count = bound(count, 0, Spec.SIGNALS + 1 - first);
        uint256 at = SignalPoints.load(address(table), first, count);
        bytes memory loaded = new bytes(count * 64);
        assembly {
            mcopy(add(loaded, 0x20), at, mul(count, 64))
        }
        bytes memory expected = new bytes(count * 64);
        bytes memory all = points;
        assembly {
            mcopy(add(expected, 0x20), add(add(all, 0x20), mul(first, 64)), mul(count, 64))
        }
        assertEq(loaded, expected);
    }

    /// A STOP and the points.
    function test_chunks_hold_nothing_else() public view {
        bytes memory all;
        for (uint256 chunk = 0; chunk < 2; ++chunk) {
            bytes memory code = SignalPoints.chunkOf(address(table), chunk).code;
            assertEq(code[0], bytes1(0));
            assembly ("memory-safe") {
                mstore(add(code, 1), sub(mload(code), 1))
                code := add(code, 1)
            }
            all = bytes.concat(all, code);
        }
        assertEq(all, points);
    }

    /// Points after those that were asked for are not copied, although they lie in the same chunk.
    function test_load_leaves_free_memory() public view {
        uint256[2][4] memory ranges = [[uint256(0), 0], [uint256(0), 1], [uint256(250), 10], [uint256(380), 10]];
        for (uint256 i = 0; i < ranges.length; ++i) {
            uint256 end;
            assembly ("memory-safe") {
                end := add(mload(0x40), 0x1000)
                for { let at := mload(0x40) } lt(at, add(end, 0x20)) { at := add(at, 0x20) } { mstore(at, not(0)) }
            }
            SignalPoints.load(address(table), ranges[i][0], ranges[i][1]);
            bool untouched = true;
            assembly ("memory-safe") {
                // Packed bytes may end in the middle of a word.
                for { let at := add(mload(0x40), 0x20) } lt(at, end) { at := add(at, 0x20) } {
                    untouched := and(untouched, eq(mload(at), not(0)))
                }
            }
            assertTrue(untouched);
        }
    }

    function test_table_refuses_other_length() public {
        bytes memory short = new bytes(points.length - 64);
        vm.expectRevert(abi.encodeWithSelector(SignalTable.PointsMissing.selector, points.length, short.length));
        new SignalTable(short);
    }

    function test_point_at_refuses_unknown_index() public {
        vm.expectRevert(abi.encodeWithSelector(SignalTable.PointUnknown.selector, Spec.SIGNALS + 1, Spec.SIGNALS));
        table.pointAt(Spec.SIGNALS + 1);
    }

    function test_chunks_cannot_be_called() public {
        (bool ok, bytes memory result) = SignalPoints.chunkOf(address(table), 0).call("anything");
        assertTrue(ok);
        assertEq(result.length, 0);
    }

    function test_code_store_reverts_when_not_stored() public {
        Writer writer = new Writer();
        vm.expectRevert(abi.encodeWithSelector(CodeStore.NotStored.selector, 24_000));
        writer.write{gas: 2_000_000}(24_000);
    }
}
