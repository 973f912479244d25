// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {Token} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// What owners, creditors and bidders would gain by choosing the order of transactions.
contract VaultAttacksTest is VaultFixture {
    // shows: T13, A16
    /// The account's security is with the custodian and not in the vault. It is solvent, and lets its proof lapse.
    function test_shortfall_refused_to_solvent_borrower() public {
        _lend(10_000e6);
        vm.prank(bidder);
        vault.fundInsurance(venue, 10_000e6);
        _pass(uint256(MAX_PROOF_AGE) + GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotCreditor.selector, account, venue, owner));
        vm.prank(owner);
        vault.coverShortfall(account);
        _attestAndProve(INITIAL_MARGIN);
        _expectStatus(Status.Healthy);
        assertEq(vault.recordedDebt(account), 10_000e6);
    }

    // shows: T13
    /// The book counts collateral that was sold since. Its proof is true of the book, but not of the account.
    function test_release_refused_by_book_dated_before_sale() public {
        Token wbtc = _coin(1e15, 1e8);
        _deposit(10 ether);
        vm.prank(owner);
        vault.deposit(account, address(wbtc), 1e8);
        _lend(10_000e6);
        vm.prank(owner);
        vault.requestWithdrawal(account, address(wbtc), 1e8);
        skip(1);
        AttestedBook memory book = _attestNext();
        _breach();
        vault.startAuction(account, address(weth));
        skip(AUCTION_PERIOD);
        ledger.move(0);
        _take(10 ether);
        uint256 soldAt = block.timestamp;
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _expectStatus(Status.Healthy);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.BookTooEarly.selector, account, book.sequence - 1, soldAt, book.sequence, book.asOf
            )
        );
        vm.prank(owner);
        vault.executeWithdrawal(account, address(wbtc), owner);
        skip(1);
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(wbtc), owner);
    }

    // shows: A7, T14
    /// The owner has reversed its position for the new prices. An earlier round has the old prices.
    function test_ill_health_refused_at_round_before_book() public {
        _deposit(10 ether);
        _lend(10_000e6);
        uint64 old = ledger.move(0);
        uint64 time = ledger.roundAt(old).time;
        skip(9 minutes);
        ledger.move(5_000_000);
        AttestedBook memory book = _attestNext();
        uint96 claim = _unhealthy(10_000);
        Proof memory proof = _prove(account, old, claim);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.RoundBeforeBook.selector, account, time, book.asOf));
        vm.prank(venue);
        gate.submit(account, old, claim, proof);
    }

    // shows: T13
    /// The book was drawn up before the request and signed after it. Dated when it was read, it releases nothing.
    function test_release_refused_by_book_read_before_request() public {
        _deposit(10 ether);
        _attestAndProve(INITIAL_MARGIN);
        skip(1 hours);
        ledger.move(0);
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        AttestedBook memory book = _book(2);
        skip(BLOCK_TIME);
        uint64 requestedAt = uint64(block.timestamp);
        _requestWithdrawalOf(10 ether);
        skip(BLOCK_TIME);
        _attest(account, book);
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _expectStatus(Status.Healthy);
        _refuseWithdrawal(_tooEarly(1, requestedAt, 2, book.asOf));
    }

    /// With a call margin above the initial margin, an attester could call a new borrower in the block of the loan.
    function test_call_refused_right_after_loan() public {
        _deposit(10 ether);
        _lend(10_000e6);
        // The proof for the loan contradicts every call that the gate takes.
        assertGe(gate.recordOf(account).theta, gate.terms().callMargin);
    }

    // shows: P42, A10
    /// While the profile is paused nobody may bid, and the price falls all the same.
    function test_auction_over_after_outage() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        vault.startAuction(account, address(weth));
        profile.pause();
        skip(AUCTION_PERIOD);
        profile.unpause();
        ledger.move(0);
        _refuseTake(1 ether, _over(weth));
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
        vault.startAuction(account, address(weth));
        _take(1 ether);
    }

    // shows: A16
    /// A lapse by a new book is dated by the newest, so one more book would end the auction.
    function test_auction_survives_further_book() public {
        _deposit(10 ether);
        _lend(10_000e6);
        skip(1);
        _attestNext();
        _pass(uint256(GRACE_PERIOD) + 1);
        _expectStatus(Status.Liquidatable);
        vault.startAuction(account, address(weth));
        _attestNext();
        _expectStatus(Status.Liquidatable);
    }

    // shows: T13, A2
    /// The attesters are custodian and venue now; those proposed would take over right after the loan.
    function test_lend_refused_during_rotation() public {
        address[] memory friends = new address[](1);
        friends[0] = stranger;
        _deposit(10 ether);
        vm.startPrank(owner);
        registry.proposeAttesters(account, friends, 1);
        vault.setCreditor(account, venue);
        vault.requestLoan(account, 10_000e6);
        vm.stopPrank();
        (,, uint64 effectiveAt) = registry.proposalOf(account);
        skip(ROTATION_DELAY);
        ledger.move(0);
        _attestAndProve(INITIAL_MARGIN);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.RotationProposed.selector, account, effectiveAt));
        vm.prank(venue);
        vault.lend(account, 10_000e6);
    }

    // shows: T13, A16
    /// The owner has the lapse, the rotation and the release in one block, or outvotes a creditor who stays.
    function test_withdrawal_refused_without_creditor() public {
        address[] memory friends = new address[](2);
        (friends[0], friends[1]) = (venue, vm.addr(0xf41e));
        _deposit(10 ether);
        _lend(10_000e6);
        vm.startPrank(owner);
        registry.proposeAttesters(account, friends, 1);
        vault.requestWithdrawal(account, address(weth), 10 ether);
        vm.stopPrank();
        skip(ROTATION_DELAY);
        ledger.move(0);
        registry.applyProposal(account);
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, 0xf41e);
        registry.attest(account, book, one);
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _expectStatus(Status.Healthy);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotSignedByCreditor.selector, account, venue));
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
    }

    // shows: A11
    /// A bidder leaves less of the due than the smallest unit costs. Nobody could buy it, and relief would never come.
    function test_due_counts_as_raised_below_unit_price() public {
        // A satoshi is about 1 100 units of USDC.
        Token wbtc = _coin(1.0007e15, 1e8);
        vm.prank(owner);
        vault.deposit(account, address(wbtc), 1e8);
        _lend(10_000e6);
        _breach();
        vault.startAuction(account, address(wbtc));
        uint256 most =
            uint256(vault.liquidationOf(account).due) * 1e8 / vault.auctionOf(account, address(wbtc)).startCost;
        _takeOf(wbtc, most);
        assertEq(vault.auctionOf(account, address(wbtc)).startedAt, 0);
        assertEq(vault.liquidationOf(account).due, 0);
        assertEq(vault.balanceOf(account, address(wbtc)), 1e8 - most);
        vm.expectPartialRevert(IMarginVault.InRelief.selector);
        vault.startAuction(account, address(wbtc));
    }

    // shows: A3
    /// The owner front-runs the proof by breaking the book.
    function test_ill_health_survives_revocation() public {
        _deposit(10 ether);
        _lend(10_000e6);
        uint64 round = ledger.move(5_000_000);
        uint96 claim = _unhealthy(10_000);
        Proof memory proof = _prove(account, round, claim);
        vm.prank(owner);
        registry.revokeAttester(account, custodian);
        vm.prank(venue);
        gate.submit(account, round, claim, proof);
        _expectStatus(Status.Liquidatable);
    }
}
