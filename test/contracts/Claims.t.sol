// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {Claims} from "../../contracts/types/Claims.sol";

contract ClaimsTest is Test {
    uint32 private constant HEALTHY = uint32(1 << Spec.HEALTHY_SHIFT);
    uint32 private constant ISOLATED = uint32(1 << Spec.ISOLATED_SHIFT);

    /// Each part is read by itself and does not depend on its neighbours.
    function test_claim_reads_every_part() public pure {
        uint32[2] memory around = [uint32(0), type(uint32).max];
        for (uint256 i = 0; i < 2; ++i) {
            uint32 theta = uint32((1 << Spec.THETA_BITS) - 1);
            uint32 envelope = uint32(((1 << Spec.ENVELOPE_BITS) - 1) << Spec.ENVELOPE_SHIFT);
            assertEq(Claims.theta(around[i] & ~theta | 0xa5c3), 0xa5c3);
            assertEq(Claims.envelope(around[i] & ~envelope | uint32(0x2a53 << Spec.ENVELOPE_SHIFT)), 0x2a53);
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

    function check(uint32 claim) external pure {
        Claims.check(claim);
    }

    function _envelope(uint256 envelope) private pure returns (uint32) {
        return uint32(envelope << Spec.ENVELOPE_SHIFT);
    }
}
