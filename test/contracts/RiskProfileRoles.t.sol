// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

/// Who may do what, and when.
contract RiskProfileRolesTest is ProfileFixture {
    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    // shows: T15
    function test_loosening_waits_for_delay() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        bytes memory data = abi.encodeCall(profile.setProfile, (words, 0, none));
        vm.startPrank(governor);
        (bytes32 id,) = manager.schedule(address(profile), data, 0);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, id));
        manager.execute(address(profile), data);
        vm.warp(block.timestamp + 1);
        manager.execute(address(profile), data);
        vm.stopPrank();
        assertEq(profile.epoch(), 2);
    }

    // shows: T15
    function test_governor_cannot_skip_delay() public {
        vm.prank(governor);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        profile.setProfile(vectors[0].profile, 0, none);
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        profile.setProfile(vectors[0].profile, 0, none);
        profile.pause();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        profile.unpause();
    }

    // shows: P49
    function test_fuzz_roles_refuse_anybody_else(address who) public {
        vm.assume(who != guardian && who != governor && who != address(this) && who != address(manager));
        vm.startPrank(who);
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who);
        vm.expectRevert(refusal);
        profile.setProfile(vectors[0].profile, 0, none);
        vm.expectRevert(refusal);
        profile.tighten(vectors[0].profile);
        vm.expectRevert(refusal);
        profile.pause();
        vm.expectRevert(refusal);
        profile.unpause();
    }

    function test_pause_by_guardian_unpause_by_governor() public {
        vm.expectEmit(address(profile));
        emit IRiskProfile.Paused(guardian);
        vm.startPrank(guardian);
        profile.pause();
        vm.expectRevert(IRiskProfile.AlreadyPaused.selector);
        profile.pause();
        vm.stopPrank();
        assertFalse(profile.isLive());
        bytes memory data = abi.encodeCall(profile.unpause, ());
        vm.startPrank(governor);
        manager.schedule(address(profile), data, 0);
        vm.warp(block.timestamp + DELAY);
        vm.expectEmit(address(profile));
        emit IRiskProfile.Unpaused(address(manager));
        manager.execute(address(profile), data);
        assertTrue(profile.isLive());
        assertEq(profile.resumedAt(), block.timestamp);
        manager.schedule(address(profile), data, 0);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(IRiskProfile.NotPaused.selector);
        manager.execute(address(profile), data);
    }
}
