// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {MarginVault} from "../MarginVault.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {Asset, IMarginVault, Request, VaultTerms} from "../interfaces/IMarginVault.sol";
import {Auction} from "../lib/DutchAuctions.sol";
import {Status} from "../lib/Types.sol";
import {CallingToken, TaxedToken, Token} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

contract MarginVaultTest is VaultFixture {
    // --- assets and creditors ---

    function test_says_what_it_goes_by() public view {
        assertEq(address(vault.gate()), address(gate));
        assertEq(address(vault.settlement()), address(usdc));
        assertEq(keccak256(abi.encode(vault.terms())), keccak256(abi.encode(_vaultTerms())));
        assertEq(keccak256(abi.encode(vault.assetOf(address(weth)))), keccak256(abi.encode(Asset(true, 1, 9, 18))));
        assertEq(keccak256(abi.encode(vault.assetOf(address(usdc)))), keccak256(abi.encode(Asset(true, 2, 6, 6))));
        assertEq(vault.creditorOf(account), venue);
    }

    function test_refuses_terms_out_of_range() public {
        VaultTerms memory terms = _vaultTerms();
        terms.initialMargin = 9_999;
        _refuseTerms(terms, "initialMargin", 10_000, type(uint16).max, 9_999);
        terms = _vaultTerms();
        terms.penalty = 5_001;
        _refuseTerms(terms, "penalty", 0, 5_000, 5_001);
        terms = _vaultTerms();
        terms.incentive = 10_001;
        _refuseTerms(terms, "incentive", 0, 10_000, 10_001);
        terms = _vaultTerms();
        terms.closeFactor = 0;
        _refuseTerms(terms, "closeFactor", 1, 10_000, 0);
        terms.closeFactor = 10_001;
        _refuseTerms(terms, "closeFactor", 1, 10_000, 10_001);
        terms = _vaultTerms();
        terms.premium = 10_001;
        _refuseTerms(terms, "premium", 0, 10_000, 10_001);
        terms = _vaultTerms();
        terms.floor = 0;
        _refuseTerms(terms, "floor", 1, 10_000, 0);
        terms = _vaultTerms();
        terms.auctionPeriod = 0;
        _refuseTerms(terms, "auctionPeriod", 1, type(uint32).max, 0);
    }

    function _refuseTerms(VaultTerms memory terms, bytes32 term, uint256 least, uint256 most, uint256 got) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TermOutOfRange.selector, term, least, most, got));
        new MarginVault(gate, usdc, 2, 6, terms, address(manager));
    }

    function test_lists_and_delists() public {
        Token token = new Token("T", 36);
        vm.expectEmit();
        emit IMarginVault.AssetListed(address(token), 15, 10);
        vault.listAsset(address(token), 15, 10);
        vm.expectEmit();
        emit IMarginVault.AssetDelisted(address(token));
        vault.delistAsset(address(token));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AssetNotListed.selector, address(token)));
        vault.delistAsset(address(token));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AssetNotListed.selector, address(token)));
        vault.deposit(account, address(token), 1);
    }

    function test_refuses_a_listing_out_of_range() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.SlotOutOfRange.selector, 15, 16));
        vault.listAsset(address(weth), 16, 9);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DecimalsOutOfRange.selector, 10, 11));
        vault.listAsset(address(weth), 1, 11);
        Token token = new Token("T", 37);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DecimalsOutOfRange.selector, 36, 37));
        vault.listAsset(address(token), 1, 9);
    }

    function test_only_the_role_lists() public {
        bytes memory error = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.listAsset(address(weth), 1, 9);
        vm.expectRevert(error);
        vault.delistAsset(address(weth));
    }

    function test_the_creditor_is_an_attestor_that_the_owner_names_while_nothing_is_owed() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotOwner.selector, account, owner, venue));
        vm.prank(venue);
        vault.setCreditor(account, venue);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, bytes32("none")));
        vault.setCreditor("none", venue);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAttestor.selector, account, stranger));
        vault.setCreditor(account, stranger);
        vm.expectEmit();
        emit IMarginVault.CreditorSet(account, custodian);
        vault.setCreditor(account, custodian);
        vault.setCreditor(account, venue);
        vm.stopPrank();
        _deposit(10 ether);
        _lend(1_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DebtOutstanding.selector, 1_000e6));
        vm.prank(owner);
        vault.setCreditor(account, custodian);
    }

    // --- deposits ---

    function test_anybody_may_deposit() public {
        weth.mint(stranger, 3);
        _approve(stranger, weth);
        vm.expectEmit();
        emit IMarginVault.Deposited(account, address(weth), 3, stranger);
        vm.prank(stranger);
        vault.deposit(account, address(weth), 3);
        assertEq(vault.balanceOf(account, address(weth)), 3);
        assertEq(vault.recordedBalance(account, address(weth)), 3);
    }

    function test_refuses_a_deposit_of_nothing_or_to_nobody() public {
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.deposit(account, address(weth), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, bytes32("none")));
        vault.deposit("none", address(weth), 1);
    }

    function test_refuses_a_token_that_charges_on_transfer() public {
        TaxedToken taxed = new TaxedToken();
        vault.listAsset(address(taxed), 3, 9);
        taxed.mint(owner, 100);
        _approve(owner, taxed);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.ReceivedOther.selector, address(taxed), 100, 99));
        vm.prank(owner);
        vault.deposit(account, address(taxed), 100);
    }

    // --- withdrawals ---

    function test_withdraws_by_a_proof_of_the_book_after_the_withdrawal() public {
        _deposit(10 ether);
        _attestAndProve(12_000);
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

        // Healthy, but by a book of before.
        _refuseWithdrawal(_tooEarly(1, uint64(block.timestamp), 1, uint64(block.timestamp)));
        _attestAndProve(11_000);
        vm.expectEmit();
        emit IMarginVault.Withdrawn(account, address(weth), 4 ether, 2, owner);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
        assertEq(weth.balanceOf(owner), 4 ether);
        assertEq(vault.balanceOf(account, address(weth)), 6 ether);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
    }

    function test_refuses_a_withdrawal_at_less_than_initial_margin() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(10_999);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, account, 11_000, 10_999));
    }

    function test_refuses_a_withdrawal_by_an_attested_book_that_is_not_proven() public {
        _requestWithdrawal(4 ether);
        skip(1);
        _attestNext();
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    function test_refuses_a_withdrawal_out_of_the_envelope() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(11_000);
        ledger.move(5_000_000);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    function test_refuses_a_withdrawal_under_an_old_epoch() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(11_000);
        profile.nextEpoch();
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Unknown));
        ledger.move(0);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
    }

    /// A block has one time: a book as of the second of the request may have been drawn up before it.
    function test_refuses_a_withdrawal_by_a_book_as_of_the_second_of_the_request() public {
        _requestWithdrawal(4 ether);
        uint64 time = uint64(block.timestamp);
        _attestNext();
        _submit(ledger.move(0), _healthy(11_000, 100));
        _refuseWithdrawal(_tooEarly(1, time, 2, time));
    }

    /// A higher sequence is not enough: the book must be as of after the request.
    function test_refuses_a_withdrawal_by_a_newer_book_as_of_before() public {
        _requestWithdrawal(4 ether);
        uint64 time = uint64(block.timestamp);
        skip(1 minutes);
        vm.warp(time);
        _attestNext();
        vm.warp(time + 1 minutes);
        _submit(ledger.move(0), _healthy(11_000, 100));
        _refuseWithdrawal(_tooEarly(1, time, 2, time));
    }

    function test_a_new_request_replaces_the_old_and_its_time() public {
        _requestWithdrawal(1 ether);
        _attestAndProve(11_000);
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), 9 ether);
        _refuseWithdrawal(_tooEarly(2, uint64(block.timestamp), 2, uint64(block.timestamp)));
    }

    function test_a_withdrawal_can_be_cancelled() public {
        _requestWithdrawal(4 ether);
        vm.startPrank(owner);
        vm.expectEmit();
        emit IMarginVault.WithdrawalCancelled(account, address(weth));
        vault.cancelWithdrawal(account, address(weth));
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
        vault.cancelWithdrawal(account, address(weth));
    }

    function test_refuses_a_request_of_nothing_or_more_than_there_is() public {
        _deposit(1 ether);
        vm.startPrank(owner);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.requestWithdrawal(account, address(weth), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 1 ether, 1 ether + 1));
        vault.requestWithdrawal(account, address(weth), 1 ether + 1);
    }

    function test_withdrawals_are_the_owners() public {
        _requestWithdrawal(4 ether);
        _attestAndProve(11_000);
        bytes memory error = abi.encodeWithSelector(IMarginVault.NotOwner.selector, account, owner, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.requestWithdrawal(account, address(weth), 1);
        vm.expectRevert(error);
        vault.cancelWithdrawal(account, address(weth));
        vm.expectRevert(error);
        vault.executeWithdrawal(account, address(weth), stranger);
    }

    function test_a_delisted_token_can_be_withdrawn() public {
        _requestWithdrawal(4 ether);
        vault.delistAsset(address(weth));
        _attestAndProve(11_000);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), stranger);
        assertEq(weth.balanceOf(stranger), 4 ether);
    }

    function test_a_token_that_calls_back_gets_nowhere() public {
        CallingToken calling = new CallingToken();
        vault.listAsset(address(calling), 3, 9);
        calling.mint(owner, 10 ether);
        _approve(owner, calling);
        calling.callOnTransfer(
            address(vault), abi.encodeCall(vault.executeWithdrawal, (account, address(calling), stranger))
        );
        vm.prank(owner);
        vault.deposit(account, address(calling), 10 ether);
        assertEq(calling.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        assertEq(vault.balanceOf(account, address(calling)), 10 ether);
    }

    // --- loans ---

    function test_lends_by_a_proof_of_the_book_with_the_loan_in_it() public {
        _deposit(10 ether);
        _attestAndProve(12_000);
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

        _attestAndProve(11_000);
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

    // --- auctions ---

    function test_auctions_what_the_close_factor_and_the_penalty_ask_for() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        // 10 ether at 2000 and the premium; half of the debt and the penalty
        vm.expectEmit();
        emit IMarginVault.AuctionStarted(account, address(weth), keeper, 10 ether, 22_000e6, 5_500e6);
        vm.prank(keeper);
        vault.startAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 0);
        Auction memory auction = vault.auctionOf(account);
        assertEq(auction.left, 10 ether);
        (uint256 amount, uint256 cost) = vault.quote(account, 1 ether);
        assertEq(amount, 1 ether);
        assertEq(cost, 2_200e6);

        // Half of the period later the price is at three quarters: 1650 USD.
        skip(AUCTION_PERIOD / 2);
        vm.expectEmit();
        emit IMarginVault.Taken(account, address(weth), bidder, 1 ether, 1_650e6, 1_500e6, 37_500_000, 112_500_000);
        vm.prank(bidder);
        (amount, cost) = vault.take(account, 1 ether, 1_650e6, bidder);
        assertEq(amount, 1 ether);
        assertEq(cost, 1_650e6);
        assertEq(weth.balanceOf(bidder), 1 ether);
        assertEq(vault.debtOf(account), 8_500e6);
        assertEq(vault.claimableOf(venue), 1_500e6);
        assertEq(vault.claimableOf(keeper), 37_500_000);
        assertEq(vault.insuranceOf(venue), 112_500_000);

        // The rest of what is due, whatever the bidder would buy; what need not be sold comes back.
        vm.expectEmit();
        emit IMarginVault.AuctionClosed(account, address(weth), 10 ether - 1 ether - 2_333_333_333_333_333_333);
        vm.prank(bidder);
        (amount, cost) = vault.take(account, type(uint256).max, type(uint256).max, bidder);
        assertEq(cost, 3_850e6);
        assertEq(amount, 2_333_333_333_333_333_333);
        assertEq(vault.debtOf(account), 5_000e6);
        assertEq(vault.balanceOf(account, address(weth)), 6_666_666_666_666_666_667);
        assertEq(vault.auctionOf(account).startedAt, 0);

        // The owner has time before the next.
        uint64 until = uint64(block.timestamp) + RELIEF_PERIOD;
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.InRelief.selector, until, block.timestamp));
        vault.startAuction(account, address(weth));
        vm.warp(until);
        ledger.move(0);
        vault.startAuction(account, address(weth));
        assertEq(vault.auctionOf(account).due, 2_750e6);
    }

    function test_a_small_debt_is_repaid_at_once() public {
        _deposit(10 ether);
        _lend(150e6);
        _breach();
        vault.startAuction(account, address(weth));
        assertEq(vault.auctionOf(account).due, 110e6);
        vm.prank(bidder);
        vault.take(account, 10 ether, 110e6, bidder);
        assertEq(vault.debtOf(account), 50e6);
        skip(RELIEF_PERIOD);
        ledger.move(0);
        vault.startAuction(account, address(weth));
        assertEq(vault.auctionOf(account).due, 55e6);
    }

    function test_nobody_is_auctioned_who_is_not_liquidatable() public {
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

    function test_a_margin_call_gives_time_to_top_up_and_prove() public {
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
        _attestAndProve(12_000);
        _expectStatus(Status.Healthy);
    }

    function test_refuses_an_auction_of_nothing_for_nothing_or_twice() public {
        _deposit(10 ether);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingOwed.selector, account));
        vault.startAuction(account, address(weth));
        _lendAgain(1_000e6);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 0, 1));
        vault.startAuction(account, address(usdc));
        vault.startAuction(account, address(weth));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionRunning.selector, account));
        vault.startAuction(account, address(weth));
    }

    function test_refuses_an_auction_without_prices() public {
        _deposit(10 ether);
        _lend(1_000e6);
        _breach();
        ledger.setPrice(1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.PriceMissing.selector, 1));
        vault.startAuction(account, address(weth));
        ledger.setPrice(1, ETHER_PRICE, ETHER_PRICE);
        ledger.setPrice(2, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.PriceMissing.selector, 2));
        vault.startAuction(account, address(weth));
    }

    function test_an_auction_cancels_the_withdrawal_of_what_it_sells() public {
        _deposit(10 ether);
        _lend(1_000e6);
        _requestWithdrawalOf(4 ether);
        _breach();
        vm.expectEmit();
        emit IMarginVault.WithdrawalCancelled(account, address(weth));
        vault.startAuction(account, address(weth));
        assertEq(vault.recordedBalance(account, address(weth)), 0);
        _refuseWithdrawal(abi.encodeWithSelector(IMarginVault.NothingRequested.selector, account));
    }

    function test_nothing_is_taken_while_the_account_is_not_liquidatable() public {
        _auction(1_000e6);
        profile.pause();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, Status.Unknown));
        vm.prank(bidder);
        vault.take(account, 1 ether, type(uint256).max, bidder);
        // Unknown is not recovered: the auction stays.
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionGoesOn.selector, account));
        vault.closeAuction(account);
    }

    function test_refuses_a_bid_below_the_price_or_for_nothing() public {
        _auction(1_000e6);
        vm.startPrank(bidder);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CostTooHigh.selector, 219_999_999, 220_000_000));
        vault.take(account, 0.1 ether, 219_999_999, bidder);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.take(account, 0, 1, bidder);
    }

    function test_an_auction_ends_with_its_period() public {
        _auction(1_000e6);
        uint64 end = uint64(block.timestamp) + AUCTION_PERIOD;
        vm.warp(end);
        ledger.move(0);
        (, uint256 cost) = vault.quote(account, 0.1 ether);
        assertEq(cost, 110e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionGoesOn.selector, account));
        vault.closeAuction(account);
        vm.warp(end + 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionOver.selector, end, end + 1));
        vault.take(account, 1, 1, bidder);
        vault.closeAuction(account);
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NoAuction.selector, account));
        vault.closeAuction(account);
        // There was none that raised its due, so the next may start.
        vault.startAuction(account, address(weth));
    }

    function test_an_owner_who_proves_health_gets_the_rest_back() public {
        _auction(1_000e6);
        vm.prank(bidder);
        vault.take(account, 0.1 ether, type(uint256).max, bidder);
        _attestAndProve(10_000);
        vault.closeAuction(account);
        assertEq(vault.balanceOf(account, address(weth)), 9.9 ether);
    }

    function test_an_owner_who_repays_gets_the_rest_back() public {
        _auction(1_000e6);
        usdc.mint(owner, 1_000e6);
        _approve(owner, usdc);
        vm.prank(owner);
        vault.repay(account, 990e6);
        // No more is asked for than the debt of the moment.
        (, uint256 cost) = vault.quote(account, 10 ether);
        assertEq(cost, 11e6);
        vm.prank(owner);
        vault.repay(account, 10e6);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vm.prank(bidder);
        vault.take(account, 1 ether, type(uint256).max, bidder);
        vault.closeAuction(account);
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
    }

    // --- shortfall and insurance ---

    function test_a_shortfall_is_covered_by_the_creditors_fund_as_far_as_it_reaches() public {
        _deposit(1 ether);
        _lend(10_000e6);
        _breach();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralLeft.selector, account));
        vault.coverShortfall(account);
        vault.startAuction(account, address(weth));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralLeft.selector, account));
        vault.coverShortfall(account);
        vm.prank(bidder);
        vault.take(account, 1 ether, 2_200e6, bidder);
        // Sold out below what was due: 2000 of debt, 200 of penalty of which 150 are insurance.
        assertEq(vault.auctionOf(account).startedAt, 0);
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

    function test_no_shortfall_of_an_account_that_is_not_liquidatable() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, Status.Unknown));
        vault.coverShortfall(account);
    }

    function test_a_creditor_to_whom_nothing_is_owed_may_take_its_fund_back() public {
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
    }

    // --- properties ---

    /// However an auction is bid for: tokens and settlement are conserved, the bidder never pays less than the price,
    /// the creditor gets no more than is owed, and of a bid nothing is lost.
    function testFuzz_auction(uint128 collateral, uint64 debt, uint32 wait, uint128 most) public {
        collateral = uint128(bound(collateral, 1, 1e27));
        debt = uint64(bound(debt, 1, 1_000_000e6));
        wait = uint32(bound(wait, 0, AUCTION_PERIOD));
        _deposit(collateral);
        _lend(debt);
        _breach();
        vm.prank(keeper);
        vault.startAuction(account, address(weth));
        skip(wait);
        ledger.move(0);
        usdc.mint(bidder, 1e15);
        (uint256 amount, uint256 cost) = vault.quote(account, most);
        Auction memory auction = vault.auctionOf(account);
        uint256 held = usdc.balanceOf(address(vault));
        vm.prank(bidder);
        if (amount == 0) vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.take(account, most, cost, bidder);
        if (amount == 0) return;

        uint256 factor = 10_000 - uint256(5_000) * wait / AUCTION_PERIOD;
        assertGe(cost * auction.offered * 10_000, amount * auction.startCost * factor, "below the price");
        assertLe(amount, most, "more than was bid for");
        assertLe(cost, auction.due, "more than is due");
        uint256 repaid = debt - vault.debtOf(account);
        assertEq(vault.claimableOf(venue), repaid, "creditor");
        assertEq(repaid + vault.claimableOf(keeper) + vault.insuranceOf(venue), cost, "shares");
        assertGe(repaid * 11_000 + 11_000, cost * 10_000, "the debt's part");
        assertEq(usdc.balanceOf(address(vault)) - held, cost, "settlement");
        assertEq(
            vault.balanceOf(account, address(weth)) + vault.auctionOf(account).left + amount, collateral, "collateral"
        );
    }

    // --- steps ---

    function _auction(uint256 debt) private {
        _deposit(10 ether);
        _lend(debt);
        _breach();
        vm.prank(keeper);
        vault.startAuction(account, address(weth));
    }

    function _lendAgain(uint256 amount) private {
        ledger.move(0);
        _attestAndProve(11_000);
        _lend(amount);
    }

    function _requestWithdrawal(uint256 amount) private {
        _deposit(10 ether);
        _attestAndProve(12_000);
        _requestWithdrawalOf(amount);
    }

    function _requestWithdrawalOf(uint256 amount) private {
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), amount);
    }

    function _refuseWithdrawal(bytes memory error) private {
        vm.expectRevert(error);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
    }

    function _refuseAuction(Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, status));
        vault.startAuction(account, address(weth));
    }

    function _tooEarly(uint64 requestSequence, uint64 requestedAt, uint64 sequence, uint64 asOf)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IMarginVault.BookTooEarly.selector, account, requestSequence, requestedAt, sequence, asOf
        );
    }
}
