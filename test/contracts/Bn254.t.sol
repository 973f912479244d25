// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {Bn254, Sum} from "../../contracts/lib/Bn254.sol";

/// What the precompiles refuse reverts, whichever of the operands it is.
contract Bn254Test is Test {
    /// With these coordinates there is no point.
    uint256 private constant OFF = 3;
    uint256 private constant PLENTY = 1_000_000;

    function test_fuzz_bn254_linear(uint256 a, uint256 b) public view {
        Sum memory sum;
        Bn254.addMul(sum, 1, 2, a);
        Bn254.addMul(sum, 1, 2, b);
        Sum memory once;
        Bn254.addMul(once, 1, 2, addmod(a, b, Spec.FIELD_R));
        assertEq(sum.x, once.x);
        assertEq(sum.y, once.y);
        Bn254.add(sum, once.x, Bn254.negated(once.y));
        assertEq(sum.x | sum.y, 0);
    }

    function test_add_next_adds_next_point() public view {
        Sum memory sum = Sum(1, 2, 1, 2, 0);
        Sum memory twice;
        Bn254.addMul(twice, 1, 2, 2);
        (uint256 x, uint256 y) = this.addNext(sum);
        assertEq(x, twice.x);
        assertEq(y, twice.y);
    }

    function test_bn254_refuses_points_off_curve() public {
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.add{gas: PLENTY}(1, 2, OFF, OFF);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.add{gas: PLENTY}(OFF, OFF, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 7));
        this.addMul{gas: PLENTY}(1, 2, OFF, OFF);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.addMul{gas: PLENTY}(OFF, OFF, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.addNext{gas: PLENTY}(Sum(1, 2, OFF, OFF, 0));
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        this.pairing{gas: PLENTY}(OFF, OFF);
    }

    function test_bn254_refuses_coordinates_not_below_q() public {
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.add{gas: PLENTY}(1, 2, 1 + Spec.FIELD_Q, 2);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 7));
        this.addMul{gas: PLENTY}(1, 2, 1, 2 + Spec.FIELD_Q);
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        this.pairing{gas: PLENTY}(1 + Spec.FIELD_Q, 2);
    }

    // shows: T10
    /// A chain without the precompiles: the call succeeds, and returns nothing.
    function test_bn254_refuses_missing_precompile() public {
        vm.mockCall(address(6), bytes(""), bytes(""));
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.add{gas: PLENTY}(1, 2, 1, 2);
        vm.mockCall(address(8), bytes(""), bytes(""));
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
        this.pairing{gas: PLENTY}(1, 2);
    }

    function add(uint256 x, uint256 y, uint256 otherX, uint256 otherY) external view {
        Sum memory sum = Sum(x, y, 0, 0, 0);
        Bn254.add(sum, otherX, otherY);
    }

    function addMul(uint256 x, uint256 y, uint256 otherX, uint256 otherY) external view {
        Sum memory sum = Sum(x, y, 0, 0, 0);
        Bn254.addMul(sum, otherX, otherY, 5);
    }

    function addNext(Sum memory sum) external view returns (uint256, uint256) {
        uint256 at;
        assembly ("memory-safe") {
            at := sum
        }
        Bn254.addNext(at);
        return (sum.x, sum.y);
    }

    /// With infinity for its point of G2.
    function pairing(uint256 x, uint256 y) external view returns (bool) {
        uint256[6] memory input = [x, y, 0, 0, 0, 0];
        uint256 at;
        assembly ("memory-safe") {
            at := input
        }
        return Bn254.pairingIsOne(at, 0xc0);
    }
}
