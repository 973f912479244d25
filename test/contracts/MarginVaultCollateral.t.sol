// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Status} from "../../contracts/types/Status.sol";
import {Request} from "../../contracts/types/Vault.sol";
import {CallingToken, TaxedToken} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// Collateral in and out.
contract MarginVaultCollateralTest is VaultFixture {
    // --- deposits ---

    function test_deposit_by_anybody() public {
        weth.mint(stranger, 3);
        _approve(stranger, weth);
        vm.expectEmit();
        emit IMarginVault.Deposited(account, address(weth), 3, stranger);
        vm.prank(stranger);
        vault.deposit(account, address(weth), 3);
        assertEq(vault.balanceOf(account, address(weth)), 3);
        assertEq(vault.recordedBalance(account, address(weth)), 3);
    }

    function test_deposit_refused_of_nothing_or_to_nobody() public {
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.deposit(account, address(weth), 0);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        vault.deposit("none", address(weth), 1);
    }

    // shows: A17
    function test_deposit_refused_taxed_token() public {
        TaxedToken taxed = new TaxedToken();
        vault.listAsset(address(taxed), 3, 9);
        taxed.mint(owner, 100);
        _approve(owner, taxed);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.ReceivedOther.selector, address(taxed), 100, 99));
        vm.prank(owner);
        vault.deposit(account, address(taxed), 100);
    }

    // shows: A14
    /// With a quantum of another token, nobody could prove any claim of its complete book.
    function test_deposit_into_isolated_refused_from_stranger() public {
        account = _open("alone", true);
        _mintAll();
        bytes memory error = abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger);
        vm.prank(owner);
        vault.deposit(account, address(usdc), 1_000e6);
        vm.expectRevert(error);
        vm.prank(stranger);
        vault.deposit(account, address(weth), 1 gwei);
        // Anybody may add more of a token that is already there.
        vm.prank(stranger);
        vault.deposit(account, address(usdc), 1e6);
        // But not of a token that the owner has requested to the last unit.
        vm.prank(owner);
        vault.requestWithdrawal(account, address(usdc), 1_001e6);
        vm.expectRevert(error);
        vm.prank(stranger);
        vault.deposit(account, address(usdc), 1);
        vm.prank(owner);
        vault.deposit(account, address(weth), 1 gwei);
        vm.prank(stranger);
        vault.deposit(account, address(weth), 1 gwei);
        assertEq(vault.recordedBalance(account, address(weth)), 2 gwei);
    }

    /// What is left at auction is there.
    function test_deposit_into_isolated_counts_auction() public {
        account = _open("alone", true);
        _mintAll();
        vm.startPrank(owner);
        vault.setCreditor(account, venue);
        vault.deposit(account, address(weth), 10 ether);
        vault.requestLoan(account, 1_000e6);
        vm.stopPrank();
        skip(1);
        _attestNext();
        _submit(ledger.move(0), _claim(INITIAL_MARGIN, 100, true, true));
        vm.prank(venue);
        vault.lend(account, 1_000e6);
        _denounce(ledger.move(0), _claim(10_000, 0, false, true));
        _startAuctionOf(weth);
        vm.prank(stranger);
        vault.deposit(account, address(weth), 1 ether);
        assertEq(vault.balanceOf(account, address(weth)), 1 ether);
        assertEq(vault.recordedBalance(account, address(weth)), 11 ether);
    }

    function _mintAll() private {
        address[2] memory who = [owner, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            usdc.mint(who[i], 1_000e6);
            weth.mint(who[i], 10 ether);
            _approve(who[i], usdc);
            _approve(who[i], weth);
        }
    }

    // --- what is recorded ---

    // shows: A15
    /// Otherwise attesters would attest an account without what is at auction, and a solvent owner could not prove
    /// health.
    function test_recorded_balance_counts_auction() public {
        _deposit(10 ether);
        _lend(1_000e6);
        // Both attesters are late with the next book; nothing else is wrong.
        _pass(1 days + GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
        _startAuctionOf(weth);
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        assertEq(vault.balanceOf(account, address(weth)), 0);
        _take(0.1 ether);
        assertEq(vault.recordedBalance(account, address(weth)), 9.9 ether);
        _deposit(1 ether);
        assertEq(vault.recordedBalance(account, address(weth)), 10.9 ether);
        _requestWithdrawalOf(0.5 ether);
        assertEq(vault.recordedBalance(account, address(weth)), 10.4 ether);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 1 ether, 1 ether + 1));
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), 1 ether + 1);
        vm.prank(owner);
        vault.cancelWithdrawal(account, address(weth));
        _attestAndProve(10_000);
        vault.closeAuction(account, address(weth));
        assertEq(vault.recordedBalance(account, address(weth)), 10.9 ether);
        assertEq(vault.balanceOf(account, address(weth)), 10.9 ether);
    }

    // --- withdrawals ---

    // shows: P47, T13
    function test_withdrawal_needs_proven_book_without_it() public {
        _deposit(10 ether);
        _attestAndProve(INITIAL_MARGIN);
        vm.expectEmit();
        emit IMarginVault.WithdrawalRequested(account, address(weth), 4 ether, 1);
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), 4 ether);
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
        assertEq(vault.recordedBalance(account, address(weth)), 6 ether);
        Request memory request = vault.withdrawalOf(account, address(weth));
        assertEq(request.amount, 4 ether);
        assertEq(request.requestedAt, block.timestamp);
        assertEq(request.sequence, 1);

        // Healthy, but by a book dated before the request.
        _refuseWithdrawal(_tooEarly(1, uint64(block.timestamp), 1, uint64(block.timestamp)));
        _attestAndProve(INITIAL_MARGIN);
        vm.expectEmit();
        emit IMarginVault.Withdrawn(account, address(weth), 4 ether, 2, owner);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
        assertEq(weth.balanceOf(owner), 4 ether);
        assertEq(vault.balanceOf(account, address(weth)), 6 ether);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
    }

    // shows: P47
    function test_withdrawal_refused_below_initial_margin() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(INITIAL_MARGIN - 1);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, account, INITIAL_MARGIN, INITIAL_MARGIN - 1));
    }

    // shows: T13
    function test_withdrawal_refused_by_unproven_book() public {
        _requestWithdrawal(4 ether);
        skip(1);
        _attestNext();
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    function test_withdrawal_refused_out_of_envelope() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(INITIAL_MARGIN);
        ledger.move(5_000_000);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    function test_withdrawal_refused_under_old_epoch() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(INITIAL_MARGIN);
        profile.nextEpoch();
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Unknown));
        ledger.move(0);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    // shows: P47, T13
    /// A block has one time: a book dated in the second of the request may have been drawn up before it.
    function test_withdrawal_refused_by_book_of_same_second() public {
        _requestWithdrawal(4 ether);
        uint64 time = uint64(block.timestamp);
        _attestNext();
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _refuseWithdrawal(_tooEarly(1, time, 2, time));
    }

    // shows: T13
    /// A higher sequence is not enough: the book must be dated after the request.
    function test_withdrawal_refused_by_book_dated_before() public {
        _requestWithdrawal(4 ether);
        uint64 time = uint64(block.timestamp);
        skip(1 minutes);
        vm.warp(time);
        _attestNext();
        vm.warp(time + 1 minutes);
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _refuseWithdrawal(_tooEarly(1, time, 2, time));
    }

    // shows: T13
    function test_withdrawal_request_replaced() public {
        _requestWithdrawal(1 ether);
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), 9 ether);
        _refuseWithdrawal(_tooEarly(2, uint64(block.timestamp), 2, uint64(block.timestamp)));
    }

    function test_withdrawal_cancelled_by_owner() public {
        _requestWithdrawal(4 ether);
        vm.startPrank(owner);
        vm.expectEmit();
        emit IMarginVault.WithdrawalCancelled(account, address(weth));
        vault.cancelWithdrawal(account, address(weth));
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
        vault.cancelWithdrawal(account, address(weth));
    }

    function test_withdrawal_request_refused_of_nothing_or_too_much() public {
        _deposit(1 ether);
        vm.startPrank(owner);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.requestWithdrawal(account, address(weth), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 1 ether, 1 ether + 1));
        vault.requestWithdrawal(account, address(weth), 1 ether + 1);
    }

    function test_withdrawal_owner_only() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(INITIAL_MARGIN);
        bytes memory error = abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.requestWithdrawal(account, address(weth), 1);
        vm.expectRevert(error);
        vault.cancelWithdrawal(account, address(weth));
        vm.expectRevert(error);
        vault.executeWithdrawal(account, address(weth), stranger);
    }

    /// A withdrawal needs the creditor's signature if there is debt, even of one unit, and only then.
    function test_withdrawal_without_debt_needs_no_creditor() public {
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (custodian, venue, bidder);
        vm.startPrank(owner);
        account = registry.open("three", false, three, 2);
        vault.setCreditor(account, bidder);
        vm.stopPrank();
        _requestWithdrawal(4 ether);
        vm.prank(owner);
        vault.requestLoan(account, 1);
        _attestAndProve(INITIAL_MARGIN);
        assertFalse(registry.hasSigned(account, bidder));
        uint256 snapshot = vm.snapshotState();
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
        assertEq(weth.balanceOf(owner), 4 ether);
        vm.revertToState(snapshot);
        usdc.mint(bidder, 1);
        vm.prank(bidder);
        vault.lend(account, 1);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginVault.NotSignedByCreditor.selector, account, bidder));
    }

    // shows: A17
    function test_withdrawal_of_delisted_token() public {
        _requestWithdrawal(4 ether);
        vault.delistAsset(address(weth));
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), stranger);
        assertEq(weth.balanceOf(stranger), 4 ether);
    }

    // shows: A17
    function test_reentry_refused_from_token() public {
        CallingToken calling = new CallingToken();
        vault.listAsset(address(calling), 3, 9);
        calling.mint(owner, 10 ether);
        _approve(owner, calling);
        calling.callOnTransfer(
            address(vault), abi.encodeCall(vault.executeWithdrawal, (account, address(calling), stranger))
        );
        vm.prank(owner);
        vault.deposit(account, address(calling), 10 ether);
        assertFalse(calling.succeeded());
        assertEq(calling.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(vault.balanceOf(account, address(calling)), 10 ether);
    }

    function _requestWithdrawal(uint256 amount) private {
        _deposit(10 ether);
        _attestAndProve(INITIAL_MARGIN);
        _requestWithdrawalOf(amount);
    }
}
