// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {Claims} from "../../contracts/types/Claims.sol";

contract ClaimsTest is Test {
    uint96 private constant HEALTHY = uint96(1 << Spec.HEALTHY_SHIFT);
    uint96 private constant ISOLATED = uint96(1 << Spec.ISOLATED_SHIFT);

    /// Each part is read by itself and does not depend on its neighbours.
    function test_claim_reads_every_part() public pure {
        uint96[2] memory around = [uint96(0), type(uint96).max];
        for (uint256 i = 0; i < 2; ++i) {
            uint96 theta = uint96((1 << Spec.THETA_BITS) - 1);
            uint96 envelope = uint96(((1 << Spec.ENVELOPE_BITS) - 1) << Spec.ENVELOPE_SHIFT);
            assertEq(Claims.theta(around[i] & ~theta | 0xa5c3), 0xa5c3);
            assertEq(Claims.envelope(around[i] & ~envelope | uint96(0x2a53 << Spec.ENVELOPE_SHIFT)), 0x2a53);
            assertTrue(Claims.healthy(around[i] | HEALTHY));
            assertFalse(Claims.healthy(around[i] & ~HEALTHY));
            assertTrue(Claims.isolated(around[i] | ISOLATED));
            assertFalse(Claims.isolated(around[i] & ~ISOLATED));
        }
    }

    function test_check_refuses_no_claim() public {
        this.check(HEALTHY | _envelope(10_000) | 1);
        this.check(1);
        vm.expectRevert(Claims.ThetaZero.selector);
        this.check(HEALTHY | _envelope(1));
        vm.expectRevert(abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 10_000, 10_001));
        this.check(HEALTHY | _envelope(10_001) | 1);
        vm.expectRevert(abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 0, 1));
        this.check(_envelope(1) | 1);
    }

    function test_check_refuses_support_of_two_encodings() public {
        uint96 claim = HEALTHY | 10_000;
        uint96 taken = uint96(1) << 33;
        uint96 sleeve = uint96(1) << 32;
        vm.expectRevert(Claims.SupportNegativeZero.selector);
        this.check(claim | taken);
        vm.expectRevert(Claims.SupportNegativeZero.selector);
        this.check(claim | taken | sleeve);
        this.check(claim | taken | uint96(1) << 34);
        this.check(claim | taken | sleeve | uint96(type(uint56).max) << 34);
        this.check(claim | uint96(type(uint56).max) << 34);
        this.check(claim | sleeve);
    }

    function test_check_refuses_claim_too_long() public {
        for (uint256 bit = 90; bit < 96; ++bit) {
            uint96 claim = HEALTHY | 10_000 | uint96(1 << bit);
            vm.expectRevert(abi.encodeWithSelector(Claims.ClaimTooLong.selector, 90, claim));
            this.check(claim);
        }
        this.check(HEALTHY | 10_000 | uint96(1) << 89);
    }

    function test_plain_no_bit_above_isolated() public pure {
        assertTrue(Claims.plain(type(uint32).max));
        for (uint256 bit = 32; bit < 96; ++bit) {
            assertFalse(Claims.plain(uint96(1 << bit)));
        }
    }

    function check(uint96 claim) external pure {
        Claims.check(claim);
    }

    function _envelope(uint256 envelope) private pure returns (uint96) {
        return uint96(envelope << Spec.ENVELOPE_SHIFT);
    }
}
