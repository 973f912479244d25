// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {MarketFixture} from "./support/Market.sol";

/// What an administrator with a delay can do to the access manager itself, if nobody else administers. Roles delay
/// every loosening. They cannot be changed any faster than that.
contract HandoverTest is MarketFixture {
    address private accomplice = makeAddr("accomplice");
    uint64 private admin;

    function setUp() public {
        _setUpMarket();
        admin = manager.ADMIN_ROLE();
        manager.setRoleGuardian(GOVERNOR_ROLE, GUARDIAN_ROLE);
        manager.grantRole(admin, governor, DELAY);
        manager.renounceRole(admin, address(this));
    }

    // shows: P51, A22
    function test_handover_leaves_no_immediate_admin() public {
        bytes memory grant = abi.encodeCall(manager.grantRole, (GOVERNOR_ROLE, accomplice, 0));
        address[3] memory others = [address(this), guardian, accomplice];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, others[i], admin)
            );
            manager.grantRole(GOVERNOR_ROLE, accomplice, 0);
        }
        vm.prank(governor);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        manager.grantRole(GOVERNOR_ROLE, accomplice, 0);
        _waits(grant);
    }

    // shows: T15
    function test_roles_change_no_faster_than_delay() public {
        bytes4[] memory one = new bytes4[](1);
        one[0] = RiskProfile.setProfile.selector;
        _waits(abi.encodeCall(manager.setTargetFunctionRole, (address(profile), one, GUARDIAN_ROLE)));
        AccessManager other = new AccessManager(accomplice);
        _waits(abi.encodeCall(manager.updateAuthority, (address(profile), address(other))));
        _waits(abi.encodeCall(manager.setRoleAdmin, (GUARDIAN_ROLE, GOVERNOR_ROLE)));
        _waits(abi.encodeCall(manager.setRoleGuardian, (GOVERNOR_ROLE, GOVERNOR_ROLE)));
    }

    /// A governor that shortens its own delay waits for as long as the old delay would have lasted.
    function test_delay_shortening_waits_for_longer() public {
        _execute(address(manager), abi.encodeCall(manager.grantRole, (GOVERNOR_ROLE, governor, 0)));
        (, uint32 delay,,) = manager.getAccess(GOVERNOR_ROLE, governor);
        assertEq(delay, DELAY);
        vm.prank(governor);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        profile.unpause();
        skip(DELAY);
        (, delay,,) = manager.getAccess(GOVERNOR_ROLE, governor);
        assertEq(delay, 0);
    }

    // shows: A22
    /// The manager's own functions stay the administrator's, whatever role they are given. That role's guardian can
    /// cancel them. Otherwise the governor could remove its own delay, and the guardian could only watch.
    function test_administration_cancelled_with_governors_role() public {
        bytes memory grant = abi.encodeCall(manager.grantRole, (GOVERNOR_ROLE, accomplice, 0));
        vm.prank(governor);
        manager.schedule(address(manager), grant, 0);
        vm.prank(guardian);
        vm.expectPartialRevert(IAccessManager.AccessManagerUnauthorizedCancel.selector);
        manager.cancel(governor, address(manager), grant);
        vm.prank(governor);
        manager.cancel(governor, address(manager), grant);

        bytes4[] memory one = new bytes4[](1);
        one[0] = manager.grantRole.selector;
        bytes memory give = abi.encodeCall(manager.setTargetFunctionRole, (address(manager), one, GOVERNOR_ROLE));
        _execute(address(manager), give);
        vm.prank(governor);
        manager.schedule(address(manager), grant, 0);
        vm.prank(guardian);
        manager.cancel(governor, address(manager), grant);
        skip(DELAY);
        vm.prank(governor);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        manager.execute(address(manager), grant);
    }

    /// A call of the governor to the manager: refused before the delay is over, and executed after it.
    function _waits(bytes memory data) private {
        vm.startPrank(governor);
        (bytes32 id,) = manager.schedule(address(manager), data, 0);
        skip(DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, id));
        manager.execute(address(manager), data);
        skip(1);
        manager.execute(address(manager), data);
        vm.stopPrank();
    }
}
