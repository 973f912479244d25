// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Status} from "../../contracts/types/Status.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// Shortfalls and the creditors' funds.
contract MarginVaultInsuranceTest is VaultFixture {
    function test_shortfall_covered_by_creditors_fund() public {
        _deposit(1 ether);
        _lend(10_000e6);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralLeft.selector, account));
        vault.coverShortfall(account);
        uint64 startedAt = _startAuctionOf(weth);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralLeft.selector, account));
        vault.coverShortfall(account);
        vm.prank(bidder);
        vault.take(account, address(weth), startedAt, 1 ether, 2_200e6, bidder);
        // All is sold for less than the due: 2000 of debt, and 200 of penalty, of which 150 go to insurance.
        assertEq(vault.auctionOf(account, address(weth)).startedAt, 0);
        assertEq(vault.debtOf(account), 8_000e6);

        vm.expectEmit();
        emit IMarginVault.InsuranceFunded(venue, 1_000e6, bidder);
        vm.prank(bidder);
        vault.fundInsurance(venue, 1_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DebtOutstanding.selector, 8_000e6));
        vm.prank(venue);
        vault.withdrawInsurance(1);
        vm.startPrank(venue);
        vm.expectEmit();
        emit IMarginVault.ShortfallCovered(account, venue, 1_150e6, 6_850e6);
        assertEq(vault.coverShortfall(account), 1_150e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingOwed.selector, account));
        vault.coverShortfall(account);
        vm.stopPrank();
        assertEq(vault.claimableOf(venue), 3_150e6);
        assertEq(vault.insuranceOf(venue), 0);
    }

    /// A token that the owner has withdrawn wholly is no collateral any more.
    function test_shortfall_covered_after_withdrawal_of_all() public {
        _deposit(1 ether);
        _lend(10_000e6);
        vm.prank(bidder);
        vault.fundInsurance(venue, 1_000e6);
        for (uint256 i = 0; i < 2; ++i) {
            _requestWithdrawalOf(0.5 ether);
            _attestAndProve(INITIAL_MARGIN);
            vm.prank(owner);
            vault.executeWithdrawal(account, address(weth), owner);
            uint256 snapshot = vm.snapshotState();
            _breach();
            if (i == 0) vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralLeft.selector, account));
            vm.prank(venue);
            uint256 covered = vault.coverShortfall(account);
            if (i == 1) assertEq(covered, 1_000e6);
            vm.revertToState(snapshot);
        }
    }

    function test_shortfall_refused_unless_liquidatable() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, Status.Unknown));
        vault.coverShortfall(account);
    }

    function test_insurance_withdrawn_when_nothing_owed() public {
        vm.prank(bidder);
        vault.fundInsurance(venue, 1_000e6);
        vm.startPrank(venue);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 1_000e6, 1_000e6 + 1));
        vault.withdrawInsurance(1_000e6 + 1);
        vm.expectEmit();
        emit IMarginVault.InsuranceWithdrawn(venue, 400e6);
        vault.withdrawInsurance(400e6);
        assertEq(vault.insuranceOf(venue), 600e6);
        assertEq(usdc.balanceOf(venue), 1_000_400e6);
        vault.withdrawInsurance(600e6);
        assertEq(vault.insuranceOf(venue), 0);
        assertEq(usdc.balanceOf(venue), 1_001_000e6);
    }
}
