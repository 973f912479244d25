// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../generated/Spec.sol";
import {CodeStore} from "../lib/CodeStore.sol";
import {SignalPoints, SignalTable} from "../lib/SignalTable.sol";
import {G1} from "../lib/Types.sol";
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

    function test_holdsEveryPoint() public view {
        assertEq(table.hash(), keccak256(points));
        bytes memory read;
        for (uint256 i = 0; i <= Spec.SIGNALS; ++i) {
            G1 memory point = table.pointAt(i);
            read = bytes.concat(read, abi.encode(point));
        }
        assertEq(read, points);
    }

    function testFuzz_loadsAcrossChunks(uint256 first, uint256 count) public view {
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

    function test_refusesAnyOtherLength() public {
        bytes memory short = new bytes(points.length - 64);
        vm.expectRevert(abi.encodeWithSelector(SignalTable.PointsMissing.selector, points.length, short.length));
        new SignalTable(short);
    }

    function test_refusesPointsItHasNot() public {
        vm.expectRevert(abi.encodeWithSelector(SignalTable.PointUnknown.selector, Spec.SIGNALS + 1, Spec.SIGNALS));
        table.pointAt(Spec.SIGNALS + 1);
    }

    function test_chunksCannotBeCalled() public {
        (bool ok, bytes memory result) = SignalPoints.chunkOf(address(table), 0).call("anything");
        assertTrue(ok);
        assertEq(result.length, 0);
    }

    function test_revertsWhereTheCodeIsNotStored() public {
        Writer writer = new Writer();
        vm.expectRevert(abi.encodeWithSelector(CodeStore.NotStored.selector, 24_000));
        writer.write{gas: 2_000_000}(24_000);
    }
}
