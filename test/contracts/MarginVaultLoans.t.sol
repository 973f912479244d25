// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract MarginVaultLoansTest is VaultFixture {
    function test_lends_by_a_proof_of_the_book_with_the_loan_in_it() public {
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

    function test_only_the_creditor_lends_and_only_the_owner_asks() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotCreditor.selector, account, venue, stranger));
        vm.prank(stranger);
        vault.lend(account, 1);
        bytes memory error = abi.encodeWithSelector(IMarginVault.NotOwner.selector, account, owner, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.requestLoan(account, 1);
        vm.expectRevert(error);
        vault.cancelLoan(account);
    }

    function test_a_loan_can_be_cancelled() public {
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

    function test_anybody_repays_what_is_owed_and_the_creditor_claims_it() public {
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
