// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {Bn254, Sum} from "../../contracts/lib/Bn254.sol";
import {ManyMul, Terms} from "../../contracts/lib/ManyMul.sol";
import {G1} from "../../contracts/types/Groth16.sol";

/// Holds ManyMul to one ecMul a term.
contract ManyMulTest is Test {
    using ManyMul for Terms;

    function test_fuzz_many_mul_equals_one_by_one(uint256 seed, uint256 count, uint256 bits) public view {
        count = bound(count, 0, 20);
        bits = bound(bits, 1, 64);
        (G1[] memory points, int256[] memory scalars) = _draw(seed, count, bits);
        (Sum memory slow, Sum memory fast) = (_start(seed), _start(seed));
        _oneByOne(slow, points, scalars);
        _together(fast, points, scalars);
        assertEq(fast.x, slow.x);
        assertEq(fast.y, slow.y);
    }

    /// The same point again and again, and opposites: additions double and cancel.
    function test_fuzz_many_mul_equal_and_opposite_points(uint256 seed, uint256 count) public view {
        count = bound(count, 1, 20);
        (G1[] memory points, int256[] memory scalars) = _draw(seed, count, 3);
        for (uint256 i = 1; i < count; ++i) {
            points[i] = points[0];
            if ((seed >> i) & 1 == 1) points[i].y = Bn254.negated(points[i].y);
            if ((seed >> (i + 100)) & 3 == 0) points[i] = G1(0, 0);
        }
        _assertSame(points, scalars);
    }

    function test_many_mul_largest_scalars() public view {
        for (uint256 count = 1; count <= 16; ++count) {
            (G1[] memory points, int256[] memory scalars) = _draw(count, count, 64);
            for (uint256 i = 0; i < count; ++i) {
                scalars[i] = i % 2 == 0 ? int256(uint256(type(uint64).max)) : -int256(uint256(type(uint64).max));
            }
            _assertSame(points, scalars);
        }
    }

    /// The longest scalar may have any place in a group: the doublings begin at its highest bit.
    function test_many_mul_one_long_scalar() public view {
        uint256[2] memory bits = [uint256(40), 63];
        for (uint256 i = 0; i < 16; ++i) {
            (G1[] memory points, int256[] memory scalars) = _draw(i, 8, 4);
            scalars[i / 2] = int256(1 << bits[i % 2]);
            _assertSame(points, scalars);
        }
    }

    function test_fuzz_push_refuses_scalar_beyond_64_bits(int256 scalar) public {
        vm.assume(scalar > int256(uint256(type(uint64).max)) || scalar < -int256(uint256(type(uint64).max)));
        uint256 magnitude;
        unchecked {
            magnitude = uint256(scalar < 0 ? -scalar : scalar);
        }
        vm.expectRevert(abi.encodeWithSelector(ManyMul.ScalarTooLarge.selector, magnitude));
        this.pushed(4, 1, scalar);
    }

    function test_push_refuses_first_scalar_beyond_64_bits() public {
        int256 first = 1 << 64;
        this.pushed(4, 1, first - 1);
        this.pushed(4, 1, 1 - first);
        vm.expectRevert(abi.encodeWithSelector(ManyMul.ScalarTooLarge.selector, first));
        this.pushed(4, 1, first);
        vm.expectRevert(abi.encodeWithSelector(ManyMul.ScalarTooLarge.selector, first));
        this.pushed(4, 1, -first);
    }

    function test_push_refuses_more_terms_than_room() public {
        this.pushed(4, 4, 1);
        // Room comes in fours.
        this.pushed(5, 8, 1);
        vm.expectRevert(abi.encodeWithSelector(ManyMul.TermsFull.selector, 4));
        this.pushed(4, 5, 1);
    }

    function test_push_zero_takes_no_room() public view {
        assertEq(this.pushed(4, 9, 0), 0);
    }

    /// A point off the curve is refused, with few terms as with many.
    function test_many_mul_refuses_points_off_curve() public {
        for (uint256 count = 1; count < 12; count += 9) {
            (G1[] memory points, int256[] memory scalars) = _draw(1, count, 10);
            (points[0].x, scalars[0]) = (points[0].x ^ 1, 1023);
            vm.expectPartialRevert(Bn254.CurveOperationFailed.selector);
            this.together{gas: 3_000_000}(points, scalars);
        }
    }

    /// No point can cause this, as each has been added to others before. The first doubling, of infinity, fails.
    function test_many_mul_refuses_failed_doubling() public {
        (G1[] memory points, int256[] memory scalars) = _draw(1, 8, 10);
        vm.mockCallRevert(address(6), new bytes(0x80), "");
        vm.expectRevert(abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 6));
        this.addedTogether{gas: 3_000_000}(points, scalars);
    }

    /// With too little gas it reverts; it never returns another sum.
    function test_fuzz_many_mul_never_wrong_out_of_gas(uint256 gasGiven) public view {
        (G1[] memory points, int256[] memory scalars) = _draw(3, 8, 6);
        G1 memory expected = this.together(points, scalars);
        gasGiven = bound(gasGiven, 10_000, 240_000);
        try this.together{gas: gasGiven}(points, scalars) returns (G1 memory got) {
            assertEq(abi.encode(got), abi.encode(expected));
        } catch {
            assertLt(gasGiven, 200_000);
        }
    }

    /// At every gas limit from one at which it fails at once to one at which it succeeds.
    function test_many_mul_reverts_out_of_gas() public view {
        (G1[] memory points, int256[] memory scalars) = _draw(3, 8, 6);
        bool passed;
        for (uint256 gasGiven = 5_000; gasGiven < 200_000; gasGiven += 250) {
            (bool ok, bytes memory result) =
                address(this).staticcall{gas: gasGiven}(abi.encodeCall(this.together, (points, scalars)));
            if (ok) assertEq(result, abi.encode(this.together(points, scalars)));
            assertTrue(ok || !passed);
            passed = ok;
        }
        assertTrue(passed);
    }

    function test_gas_of_many_mul() public {
        uint256[4] memory widths = [uint256(16), 32, 48, 64];
        for (uint256 i = 0; i < 4; ++i) {
            (G1[] memory points, int256[] memory scalars) = _draw(7, 48, widths[i]);
            Terms memory terms = ManyMul.newTerms(48);
            for (uint256 k = 0; k < 48; ++k) {
                terms.push(_addressOf(points[k]), scalars[k]);
            }
            Sum memory sum;
            uint256 before = gasleft();
            terms.addTo(sum);
            uint256 each = (before - gasleft()) / 48;
            string memory name = string.concat("a term of 48, scalars of ", vm.toString(widths[i]), " bits");
            assertLe(each, 7_200, name);
            vm.snapshotValue("ManyMul", name, each);
        }
    }

    function pushed(uint256 room, uint256 count, int256 scalar) external pure returns (uint256) {
        Terms memory terms = ManyMul.newTerms(room);
        G1 memory point = G1(1, 2);
        for (uint256 i = 0; i < count; ++i) {
            terms.push(_addressOf(point), scalar);
        }
        return terms.count;
    }

    function together(G1[] memory points, int256[] memory scalars) external view returns (G1 memory) {
        Sum memory sum;
        _together(sum, points, scalars);
        return G1(sum.x, sum.y);
    }

    /// To a sum that is not infinity.
    function addedTogether(G1[] memory points, int256[] memory scalars) external view {
        _together(_start(1), points, scalars);
    }

    function _assertSame(G1[] memory points, int256[] memory scalars) private view {
        Sum memory slow;
        Sum memory fast;
        _oneByOne(slow, points, scalars);
        _together(fast, points, scalars);
        assertEq(fast.x, slow.x);
        assertEq(fast.y, slow.y);
    }

    function _together(Sum memory sum, G1[] memory points, int256[] memory scalars) private view {
        Terms memory terms = ManyMul.newTerms(points.length);
        for (uint256 i = 0; i < points.length; ++i) {
            terms.push(_addressOf(points[i]), scalars[i]);
        }
        terms.addTo(sum);
    }

    function _oneByOne(Sum memory sum, G1[] memory points, int256[] memory scalars) private view {
        for (uint256 i = 0; i < points.length; ++i) {
            uint256 scalar = scalars[i] < 0 ? Spec.FIELD_R - uint256(-scalars[i]) : uint256(scalars[i]);
            Bn254.addMul(sum, points[i].x, points[i].y, scalar);
        }
    }

    function _start(uint256 seed) private view returns (Sum memory sum) {
        Bn254.addMul(sum, 1, 2, seed % Spec.FIELD_R);
    }

    function _draw(uint256 seed, uint256 count, uint256 bits)
        private
        view
        returns (G1[] memory points, int256[] memory scalars)
    {
        points = new G1[](count);
        scalars = new int256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            Sum memory sum;
            Bn254.addMul(sum, 1, 2, draw % Spec.FIELD_R);
            points[i] = G1(sum.x, sum.y);
            int256 magnitude = int256((draw >> 8) & ((uint256(1) << bits) - 1));
            scalars[i] = draw & 1 == 0 ? magnitude : -magnitude;
        }
    }

    function _addressOf(G1 memory point) private pure returns (uint256 at) {
        assembly ("memory-safe") {
            at := point
        }
    }
}
