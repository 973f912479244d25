// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {RegistryFixture} from "./support/RegistryFixture.sol";

/// Construction, interfaces and the opening of accounts.
contract BookRegistryAccountsTest is RegistryFixture {
    function test_open_account_of_caller() public {
        bytes32 expected = keccak256(abi.encode(owner, bytes32("isolated")));
        address[] memory attesters = new address[](2);
        (attesters[0], attesters[1]) = (custodian, venue);
        vm.expectEmit();
        emit IBookRegistry.AccountOpened(expected, owner, "isolated", true, attesters, 2);
        bytes32 opened = _open("isolated", true);
        assertEq(opened, expected);
        assertEq(registry.accountId(owner, "isolated"), expected);
        assertEq(registry.ownerOf(opened), owner);
        assertTrue(registry.isIsolated(opened));
        assertFalse(registry.isIsolated(account));
        assertTrue(registry.isAttester(opened, venue));
        assertFalse(registry.isAttester(opened, owner));
        (address[] memory members, uint8 threshold) = registry.attestersOf(opened);
        assertEq(members, attesters);
        assertEq(threshold, 2);
        assertEq(registry.bookOf(opened).sequence, 0);
        assertFalse(registry.bookIsLive(opened));
    }

    function test_open_refused_twice() public {
        address[] memory attesters = _list(custodian);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountExists.selector, account));
        vm.prank(owner);
        registry.open("cross", false, attesters, 1);
    }

    function test_open_accepts_sixteen_attesters() public {
        address[] memory attesters = new address[](16);
        for (uint256 i = 0; i < 16; ++i) {
            attesters[i] = address(uint160(0x1000 + i));
        }
        vm.prank(owner);
        account = registry.open("sixteen", false, attesters, 16);
        (address[] memory members, uint8 threshold) = registry.attestersOf(account);
        assertEq(members, attesters);
        assertEq(threshold, 16);
    }

    function test_open_refuses_invalid_attesters() public {
        _refuseOpen(new address[](0), 0, abi.encodeWithSelector(IBookRegistry.AttesterCount.selector, 1, 16, 0));
        _refuseOpen(new address[](17), 1, abi.encodeWithSelector(IBookRegistry.AttesterCount.selector, 1, 16, 17));
        _refuseOpen(_list(venue), 0, abi.encodeWithSelector(IBookRegistry.ThresholdOutOfRange.selector, 1, 1, 0));
        _refuseOpen(_list(venue), 2, abi.encodeWithSelector(IBookRegistry.ThresholdOutOfRange.selector, 1, 1, 2));
        _refuseOpen(_list(address(0)), 1, abi.encodeWithSelector(IBookRegistry.AttesterZero.selector));
        _refuseOpen(
            _list(venue, custodian, venue), 1, abi.encodeWithSelector(IBookRegistry.AttesterRepeated.selector, venue)
        );
    }

    function _refuseOpen(address[] memory attesters, uint8 threshold, bytes memory error) private {
        vm.expectRevert(error);
        registry.open("bad", false, attesters, threshold);
    }

    // shows: A2
    function test_rotation_delay_refused_below_book_life() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.RotationDelayTooShort.selector, 1 days, 1 days - 1));
        new BookRegistry(profile, 1 days - 1);
        assertEq(new BookRegistry(profile, 1 days).rotationDelay(), 1 days);
    }

    function test_interface_supported() public view {
        assertTrue(registry.supportsInterface(type(IBookRegistry).interfaceId));
        assertTrue(registry.supportsInterface(type(IERC165).interfaceId));
        assertFalse(registry.supportsInterface(0xffffffff));
        assertEq(address(registry.profile()), address(profile));
        assertEq(registry.rotationDelay(), ROTATION_DELAY);
    }
}
