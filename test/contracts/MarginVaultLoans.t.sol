// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract MarginVaultLoansTest is VaultFixture {
    // shows: P47
    function test_lend_needs_proven_book_with_loan() public {
        _deposit(10 ether);
        _attestAndProve(INITIAL_MARGIN);
        vm.expectEmit();
        emit IMarginVault.LoanRequested(account, 1_000e6, 1);
        vm.prank(owner);
        vault.requestLoan(account, 1_000e6);
        assertEq(vault.debtOf(account), 0);
        assertEq(vault.recordedDebt(account), 1_000e6);
        assertEq(vault.loanRequestOf(account).amount, 1_000e6);
        uint64 time = uint64(block.timestamp);
        vm.expectRevert(_tooEarly(1, time, 1, time));
        vm.prank(venue);
        vault.lend(account, 1_000e6);

        _attestAndProve(INITIAL_MARGIN);
        vm.startPrank(venue);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AmountDiffers.selector, 1_000e6, 999e6));
        vault.lend(account, 999e6);
        vm.expectEmit();
        emit IMarginVault.Lent(account, venue, 1_000e6, 2);
        vault.lend(account, 1_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
        vault.lend(account, 1_000e6);
        assertEq(usdc.balanceOf(owner), 1_000e6);
        assertEq(vault.debtOf(account), 1_000e6);
    }

    function test_loan_owner_requests_creditor_lends() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotCreditor.selector, account, venue, stranger));
        vm.prank(stranger);
        vault.lend(account, 1);
        bytes memory error = abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.requestLoan(account, 1);
        vm.expectRevert(error);
        vault.cancelLoan(account);
    }

    function test_loan_cancelled_by_owner() public {
        vm.startPrank(owner);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.requestLoan(account, 0);
        vault.requestLoan(account, 1_000e6);
        vm.expectEmit();
        emit IMarginVault.LoanCancelled(account);
        vault.cancelLoan(account);
        assertEq(vault.recordedDebt(account), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
        vault.cancelLoan(account);
    }

    function test_repay_by_anybody_claimed_by_creditor() public {
        _deposit(10 ether);
        _lend(1_000e6);
        vm.startPrank(bidder);
        vm.expectEmit();
        emit IMarginVault.Repaid(account, venue, 400e6, bidder);
        assertEq(vault.repay(account, 400e6), 400e6);
        assertEq(vault.repay(account, 10_000e6), 600e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingOwed.selector, account));
        vault.repay(account, 1);
        vm.stopPrank();
        assertEq(vault.debtOf(account), 0);
        assertEq(vault.claimableOf(venue), 1_000e6);
        vm.startPrank(venue);
        vm.expectEmit();
        emit IMarginVault.Claimed(venue, 1_000e6);
        assertEq(vault.claim(), 1_000e6);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.claim();
        assertEq(usdc.balanceOf(venue), 1_000_000e6);
    }
}
