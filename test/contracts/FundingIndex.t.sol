// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";
import {FundingIndex} from "../../contracts/feeds/FundingIndex.sol";
import {IFundingSource} from "../../contracts/interfaces/IFundingSource.sol";

contract FundingIndexTest is Test {
    uint256 private constant NOW = 1_621_400_000;

    function setUp() public {
        vm.warp(NOW);
    }

    /// Otherwise the index could be stale while nobody may post.
    function test_heartbeat_refused_below_interval() public {
        AccessManager manager = new AccessManager(address(this));
        vm.expectRevert(abi.encodeWithSelector(FundingIndex.HeartbeatTooShort.selector, 1 hours, 1 hours - 1));
        new FundingIndex(address(manager), new uint64[](1), 1 hours, 1 hours - 1);
        new FundingIndex(address(manager), new uint64[](1), 1 hours, 1 hours);
    }

    function test_post_bounded_in_size_and_time() public {
        AccessManager manager = new AccessManager(address(this));
        uint64[] memory steps = new uint64[](2);
        (steps[0], steps[1]) = (100, 0);
        FundingIndex index = new FundingIndex(address(manager), steps, 1 hours, 1 days);
        assertEq(index.steps().length, 2);
        int128[] memory accrued = new int128[](2);
        accrued[0] = -100;
        vm.expectRevert(abi.encodeWithSelector(FundingIndex.PostedTooSoon.selector, NOW + 1 hours, NOW));
        index.accrue(accrued);
        vm.warp(NOW + 1 hours);
        vm.expectEmit(address(index));
        emit FundingIndex.FundingAccrued(accrued, accrued);
        index.accrue(accrued);
        vm.warp(NOW + 2 hours);
        index.accrue(accrued);
        assertEq(index.read()[0], -200);

        vm.warp(NOW + 3 hours);
        accrued[0] = 101;
        vm.expectRevert(abi.encodeWithSelector(FundingIndex.AccruedTooMuch.selector, 0, 100, 101));
        index.accrue(accrued);
        (accrued[0], accrued[1]) = (0, -1);
        vm.expectRevert(abi.encodeWithSelector(FundingIndex.AccruedTooMuch.selector, 1, 0, -1));
        index.accrue(accrued);
        vm.expectRevert(abi.encodeWithSelector(FundingIndex.AssetsMismatch.selector, 2, 3));
        index.accrue(new int128[](3));
        vm.prank(address(1));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(1)));
        index.accrue(accrued);

        vm.warp(NOW + 26 hours);
        index.read();
        vm.warp(NOW + 26 hours + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IFundingSource.FundingStale.selector, NOW + 2 hours, 1 days, NOW + 26 hours + 1)
        );
        index.read();
    }

    function test_index_kept_within_ledgers_bound() public {
        uint64[] memory steps = new uint64[](5);
        for (uint256 u = 0; u < 5; ++u) {
            steps[u] = type(uint64).max;
        }
        FundingIndex index = new FundingIndex(address(new AccessManager(address(this))), steps, 1, 1 days);
        int128[] memory accrued = new int128[](5);
        (accrued[0], accrued[3], accrued[4]) = (type(int64).max, -type(int64).max, 7);
        vm.warp(NOW + 1);
        index.accrue(accrued);
        assertEq(abi.encode(index.read()), abi.encode(accrued));
        accrued[3] = 0;
        vm.warp(NOW + 2);
        int256 sum = 2 * int256(type(int64).max);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedIntDowncast.selector, 64, sum));
        index.accrue(accrued);
    }
}
