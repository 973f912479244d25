// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Auction} from "../../contracts/types/Auction.sol";
import {Status} from "../../contracts/types/Status.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract MarginVaultAuctionsTest is VaultFixture {
    // shows: P48
    function test_auction_due_close_factor_and_penalty() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        // 10 ether at 2000 and the premium; half of the debt and the penalty
        vm.expectEmit();
        emit IMarginVault.AuctionStarted(
            account, address(weth), keeper, 10 ether, 22_000e6, 5_500e6, 1_000, block.number
        );
        uint64 startedAt = _startAuctionOf(weth);
        assertEq(vault.balanceOf(account, address(weth)), 0);
        assertEq(vault.auctionOf(account, address(weth)).left, 10 ether);
        assertEq(vault.auctionOf(account, address(weth)).keeper, keeper);
        assertEq(vault.liquidationOf(account).penalty, 1_000);
        (uint256 amount, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        assertEq(amount, 1 ether);
        assertEq(cost, 2_200e6);

        // Half of the period later the price is at three quarters: 1650 USD.
        skip(AUCTION_PERIOD / 2);
        vm.expectEmit();
        emit IMarginVault.Taken(
            account, address(weth), bidder, 1 ether, 1_650e6, 1_500e6, 37_500_000, 112_500_000, block.number
        );
        vm.prank(bidder);
        (amount, cost) = vault.take(account, address(weth), startedAt, 1 ether, 1_650e6, bidder);
        assertEq(amount, 1 ether);
        assertEq(cost, 1_650e6);
        assertEq(weth.balanceOf(bidder), 1 ether);
        assertEq(vault.debtOf(account), 8_500e6);
        assertEq(vault.claimableOf(venue), 1_500e6);
        assertEq(vault.claimableOf(keeper), 37_500_000);
        assertEq(vault.insuranceOf(venue), 112_500_000);

        // The bidder gets no more than what is still due pays for. What need not be sold comes back.
        vm.expectEmit();
        emit IMarginVault.AuctionClosed(account, address(weth), 10 ether - 1 ether - 2_333_333_333_333_333_333);
        vm.prank(bidder);
        (amount, cost) =
            vault.take(account, address(weth), startedAt, type(uint256).max, type(uint256).max, bidder);
        assertEq(cost, 3_850e6);
        assertEq(amount, 2_333_333_333_333_333_333);
        assertEq(vault.debtOf(account), 5_000e6);
        assertEq(vault.balanceOf(account, address(weth)), 6_666_666_666_666_666_667);
        assertEq(vault.auctionOf(account, address(weth)).startedAt, 0);
        assertEq(vault.liquidationOf(account).due, 0);

        // The owner has time before the next liquidation.
        uint64 until = uint64(block.timestamp) + RELIEF_PERIOD;
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.InRelief.selector, until, block.timestamp));
        vault.startAuction(account, address(weth));
        skip(until - block.timestamp);
        ledger.move(0);
        vault.startAuction(account, address(weth));
        assertEq(vault.liquidationOf(account).due, 2_750e6);
    }

    function test_auction_due_whole_small_debt() public {
        _deposit(10 ether);
        _lend(150e6);
        _breach();
        vault.startAuction(account, address(weth));
        assertEq(vault.liquidationOf(account).due, 110e6);
        _take(10 ether);
        assertEq(vault.debtOf(account), 50e6);
        skip(RELIEF_PERIOD);
        ledger.move(0);
        vault.startAuction(account, address(weth));
        assertEq(vault.liquidationOf(account).due, 55e6);
    }

    // shows: P48, A10
    function test_auction_refused_unless_liquidatable() public {
        _deposit(10 ether);
        _refuseAuction(Status.Unknown);
        _lend(1_000e6);
        _refuseAuction(Status.Healthy);
        ledger.move(5_000_000);
        _refuseAuction(Status.Grace);
        _submit(_latest(), _healthy(10_000, 100));
        _denounce(_latest(), _unhealthy(12_000));
        _refuseAuction(Status.MarginCall);
        _denounce(_latest(), _unhealthy(10_000));
        profile.pause();
        _refuseAuction(Status.Unknown);
        profile.unpause();
        vault.startAuction(account, address(weth));
    }

    function test_auction_refused_during_margin_call() public {
        _deposit(10 ether);
        _lend(1_000e6);
        _denounce(_latest(), _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        _requestWithdrawalOf(1 ether);
        _refuseWithdrawal(_tooEarly(1, uint64(block.timestamp), 1, uint64(block.timestamp)));
        _pass(1 hours);
        _deposit(5 ether);
        vm.prank(owner);
        vault.cancelWithdrawal(account, address(weth));
        _attestAndProve(INITIAL_MARGIN);
        _expectStatus(Status.Healthy);
    }

    function test_auction_refused_empty_undue_or_twice() public {
        _deposit(10 ether);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingOwed.selector, account));
        vault.startAuction(account, address(weth));
        _lendAgain(1_000e6);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 0, 1));
        vault.startAuction(account, address(usdc));
        vault.startAuction(account, address(weth));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionRunning.selector, account, address(weth)));
        vault.startAuction(account, address(weth));
    }

    function test_auction_refused_without_prices() public {
        _deposit(10 ether);
        _lend(1_000e6);
        _breach();
        for (uint64 i = 0; i < 2; ++i) {
            ledger.setPrice(1, i, 1 - i);
            vm.expectRevert(abi.encodeWithSelector(IMarginVault.PriceMissing.selector, 1));
            vault.startAuction(account, address(weth));
        }
        ledger.setPrice(1, ETHER_PRICE, ETHER_PRICE);
        ledger.setPrice(2, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.PriceMissing.selector, 2));
        vault.startAuction(account, address(weth));
        // The lowest price is one.
        ledger.setPrice(1, 1, 1);
        ledger.setPrice(2, 1, 1);
        _startAuctionOf(weth);
    }

    function test_auction_cancels_withdrawal() public {
        _deposit(10 ether);
        _lend(1_000e6);
        _breach();
        uint256 snapshot = vm.snapshotState();
        vm.expectEmit({count: 0});
        emit IMarginVault.WithdrawalCancelled(account, address(weth));
        vault.startAuction(account, address(weth));
        vm.revertToState(snapshot);
        _requestWithdrawalOf(1);
        vm.expectEmit();
        emit IMarginVault.WithdrawalCancelled(account, address(weth));
        vault.startAuction(account, address(weth));
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
    }

    /// The due counts as raised also if the last unit on offer raises it.
    function test_relief_comes_with_due_raised() public {
        _deposit(2.5 ether);
        _lend(10_000e6);
        _breach();
        uint256 snapshot = vm.snapshotState();
        vault.startAuction(account, address(weth));
        assertEq(vault.auctionOf(account, address(weth)).startCost, vault.liquidationOf(account).due);
        _take(2.5 ether);
        assertEq(vault.auctionOf(account, address(weth)).startedAt, 0);
        _deposit(1 ether);
        uint64 until = uint64(block.timestamp) + RELIEF_PERIOD;
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.InRelief.selector, until, block.timestamp));
        vault.startAuction(account, address(weth));

        vm.revertToState(snapshot);
        vault.startAuction(account, address(weth));
        skip(BLOCK_TIME);
        ledger.move(0);
        (, uint256 cost) = _take(2.5 ether);
        assertLt(cost, 5_500e6);
        assertEq(vault.auctionOf(account, address(weth)).startedAt, 0);
        // An auction of more collateral raises the rest of the due.
        _deposit(1 ether);
        vault.startAuction(account, address(weth));
        assertEq(vault.liquidationOf(account).due, 5_500e6 - cost);
    }

    // shows: A10
    function test_take_refused_unless_liquidatable() public {
        _auction(1_000e6);
        profile.pause();
        _refuseTake(1 ether, abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, Status.Unknown));
        // Unknown is not recovered: the auction stays.
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionGoesOn.selector, account, address(weth)));
        vault.closeAuction(account, address(weth));
    }

    // shows: A10
    function test_auction_returns_rest_after_health() public {
        _auction(1_000e6);
        _take(0.1 ether);
        _attestAndProve(10_000);
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 9.9 ether);
    }

    function test_auction_returns_rest_after_repayment() public {
        _auction(1_000e6);
        usdc.mint(owner, 1_000e6);
        _approve(owner, usdc);
        vm.prank(owner);
        vault.repay(account, 990e6);
        // The auction asks for no more than the debt of now.
        (, uint256 cost) = vault.quote(account, address(weth), 10 ether);
        assertEq(cost, 11e6);
        vm.prank(owner);
        vault.repay(account, 10e6);
        _refuseTake(1 ether, abi.encodeWithSelector(IMarginVault.AmountZero.selector));
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
    }

    // shows: P48, A11
    /// For any sequence of bids, the vault keeps every token and every unit of settlement. The bidder never pays less
    /// than the price, and the creditor gets no more than is owed. No part of a payment is lost.
    function test_fuzz_auction_conserves_value(uint128 collateral, uint64 debt, uint32 wait, uint128 most) public {
        collateral = uint128(bound(collateral, 1, 1e27));
        debt = uint64(bound(debt, 1, 1_000_000e6));
        wait = uint32(bound(wait, 0, AUCTION_PERIOD));
        _deposit(collateral);
        _lend(debt);
        _breach();
        uint64 startedAt = _startAuctionOf(weth);
        skip(wait);
        ledger.move(0);
        usdc.mint(bidder, 1e15);
        (uint256 amount, uint256 cost) = vault.quote(account, address(weth), most);
        Auction memory auction = vault.auctionOf(account, address(weth));
        uint256 due = vault.liquidationOf(account).due;
        uint256 held = usdc.balanceOf(address(vault));
        vm.prank(bidder);
        if (amount == 0) vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.take(account, address(weth), startedAt, amount == 0 ? most : amount, cost, bidder);
        if (amount == 0) return;

        uint256 blocks = (block.number - auction.startBlock) * BLOCK_TIME;
        uint256 factor = 10_000 - uint256(5_000) * (blocks < wait ? blocks : wait) / AUCTION_PERIOD;
        assertGe(cost * auction.offered * 10_000, amount * auction.startCost * factor, "below the price");
        assertLe((cost - 1) * auction.offered * 10_000, amount * auction.startCost * factor, "above the price");
        assertLe(amount, most, "more than was bid for");
        assertLe(cost, due, "more than is due");
        uint256 repaid = debt - vault.debtOf(account);
        assertEq(vault.claimableOf(venue), repaid, "creditor");
        assertEq(repaid + vault.claimableOf(keeper) + vault.insuranceOf(venue), cost, "shares");
        assertGe(repaid * 11_000 + 11_000, cost * 10_000, "the debt's part");
        assertEq(usdc.balanceOf(address(vault)) - held, cost, "settlement");
        assertEq(vault.recordedBalance(account, address(weth)) + amount, collateral, "collateral");
    }

    function _auction(uint256 debt) private {
        _deposit(10 ether);
        _lend(debt);
        _breach();
        _startAuctionOf(weth);
    }

    function _lendAgain(uint256 amount) private {
        ledger.move(0);
        _attestAndProve(INITIAL_MARGIN);
        _lend(amount);
    }

    function _refuseAuction(Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, status));
        vault.startAuction(account, address(weth));
    }
}
