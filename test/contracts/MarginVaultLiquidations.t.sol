// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {Status} from "../../contracts/types/Status.sol";
import {Liquidation} from "../../contracts/types/Vault.sol";
import {PausableToken, Token} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// What the auctions of one account raise together, and when that comes with a penalty.
contract MarginVaultLiquidationsTest is VaultFixture {
    // --- one due for all tokens ---

    // shows: A11
    /// One unit of a token that cannot move is at auction. Bidders can still buy the good collateral.
    function test_liquidation_sells_beside_stuck_token() public {
        PausableToken bad = new PausableToken();
        vault.listAsset(address(bad), 3, 9);
        ledger.setPrice(3, ETHER_PRICE, ETHER_PRICE);
        bad.mint(owner, 1);
        _approve(owner, bad);
        vm.prank(owner);
        vault.deposit(account, address(bad), 1);
        _deposit(10 ether);
        _lend(10_000e6);
        bad.pause();
        _breach();
        uint64 startedAt = _startAuctionOf(bad);
        vm.prank(bidder);
        vm.expectRevert("paused");
        vault.take(account, address(bad), startedAt, 1, 1e6, bidder);
        _startAuctionOf(weth);
        (, uint256 cost) = _take(10 ether);
        assertEq(cost, 5_500e6);
        assertTrue(vault.isOver(account, address(bad)));
    }

    // shows: A11
    function test_liquidation_raises_due_once_over_tokens() public {
        Token wbtc = _both();
        _startAuctionOf(weth);
        vm.expectEmit();
        emit IMarginVault.AuctionStarted(
            account, address(wbtc), keeper, 1e8, 11_000e6, 5_500e6, 1_000, block.number
        );
        _startAuctionOf(wbtc);
        _take(1 ether);
        assertEq(vault.liquidationOf(account).due, 3_300e6);
        (, uint256 cost) = _takeOf(wbtc, 1e8);
        assertEq(cost, 3_300e6);
        assertEq(vault.debtOf(account), 5_000e6);
        // The ether's auction has nothing left to raise. It is over, and anybody can close it.
        assertEq(vault.auctionOf(account, address(weth)).left, 9 ether);
        _refuseTake(1 ether, _over(weth));
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 9 ether);
        _expectRelief(wbtc);
        _expectRelief(weth);
    }

    /// An auction of an earlier liquidation that nobody closed does not sell for the next.
    function test_liquidation_ends_auctions_of_last() public {
        Token wbtc = _both();
        _startAuctionOf(weth);
        _startAuctionOf(wbtc);
        _takeOf(wbtc, 1e8);
        skip(RELIEF_PERIOD);
        ledger.move(0);
        _startAuctionOf(wbtc);
        assertEq(vault.liquidationOf(account).due, 2_750e6);
        assertTrue(vault.isOver(account, address(weth)));
        _refuseTake(1 ether, _over(weth));
    }

    // shows: P48, A11
    function test_fuzz_liquidation_raises_at_most_due(uint8[12] calldata moves, uint64[12] calldata mosts) public {
        Token wbtc = _both();
        uint256 cap = 5_500e6;
        uint256 raised;
        for (uint256 i = 0; i < moves.length; ++i) {
            raised += moves[i] % 2 == 0 ? _try(weth, moves[i], mosts[i]) : _try(wbtc, moves[i], mosts[i] % 1e8);
        }
        // Less than an hour, and half an hour of relief: there may have been a second liquidation.
        assertLe(raised, cap + cap / 2 + 1);
        if (vault.debtOf(account) > 5_000e6) assertLe(raised, cap);
        uint256 left = vault.recordedBalance(account, address(weth)) + weth.balanceOf(bidder);
        assertEq(left, 10 ether, "ether");
        left = vault.recordedBalance(account, address(wbtc)) + wbtc.balanceOf(bidder);
        assertEq(left, 1e8, "coin");
    }

    /// Bids for an auction, or starts one. Returns what was raised.
    function _try(Token token, uint256 wait, uint256 most) private returns (uint256 raised) {
        uint64 startedAt = vault.auctionOf(account, address(token)).startedAt;
        skip(wait);
        ledger.move(0);
        if (startedAt == 0) {
            try vault.startAuction(account, address(token)) {} catch {}
            return 0;
        }
        vm.prank(bidder);
        try vault.take(account, address(token), startedAt, most, type(uint256).max, bidder) returns (
            uint256, uint256 cost
        ) {
            raised = cost;
        } catch {}
    }

    // --- relief ---

    // shows: P48, A11
    /// A bidder leaves one unit of the due. The next auction raises that unit, and then relief begins.
    function test_relief_not_evaded_by_leaving_unit() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        _startAuctionOf(weth);
        _take(2.5 ether - 1e9);
        uint256 due = vault.liquidationOf(account).due;
        assertGt(due, 0);
        assertLt(due, 10);
        skip(AUCTION_PERIOD + 1);
        ledger.move(0);
        vault.closeAuction(account, address(weth));
        _startAuctionOf(weth);
        assertEq(vault.liquidationOf(account).due, due);
        (, uint256 cost) = _take(10 ether);
        assertEq(cost, due);
        _expectRelief(weth);
    }

    /// A unit costs 11 USD. The 5.5 USD that are still due buy none: relief begins, as if they were raised.
    function test_relief_comes_when_rest_buys_no_unit() public {
        Token coin = _coin(1e19, 100);
        vm.prank(owner);
        vault.deposit(account, address(coin), 100);
        _lend(1_010e6);
        _breach();
        _startAuctionOf(coin);
        assertEq(vault.liquidationOf(account).due, 555_500_000);
        (uint256 amount, uint256 cost) = _takeOf(coin, 49);
        assertEq(cost, 539e6);
        (amount, cost) = _takeOf(coin, 51);
        assertEq(amount, 1);
        assertEq(cost, 11e6);
        assertEq(vault.liquidationOf(account).due, 0);
        assertEq(vault.auctionOf(account, address(coin)).startedAt, 0);
        assertEq(vault.balanceOf(account, address(coin)), 50);
        _expectRelief(coin);
    }

    // shows: A11
    /// Nobody evades relief by leaving most of the due, or by turning to another token.
    function test_relief_before_more_due() public {
        Token wbtc = _both();
        _startAuctionOf(weth);
        _take(1 ether);
        skip(AUCTION_PERIOD + 1);
        ledger.move(0);
        vault.closeAuction(account, address(weth));
        _startAuctionOf(wbtc);
        assertEq(vault.liquidationOf(account).due, 3_300e6);
        _takeOf(wbtc, 1e8);
        _expectRelief(weth);
    }

    /// The next auction need not raise what the owner repays between two auctions.
    function test_liquidation_due_close_factor_of_rest() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        _startAuctionOf(weth);
        usdc.mint(owner, 4_000e6);
        _approve(owner, usdc);
        vm.prank(owner);
        vault.repay(account, 4_000e6);
        skip(AUCTION_PERIOD + 1);
        ledger.move(0);
        vault.closeAuction(account, address(weth));
        _startAuctionOf(weth);
        assertEq(vault.liquidationOf(account).due, 3_300e6);
    }

    /// A breach after a proof of health starts another liquidation, of the debt at that time.
    function test_liquidation_of_another_breach_has_own_due() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        _startAuctionOf(weth);
        _take(1 ether);
        usdc.mint(owner, 7_000e6);
        _approve(owner, usdc);
        vm.prank(owner);
        vault.repay(account, 7_000e6);
        _attestAndProve(10_000);
        vault.closeAuction(account, address(weth));
        skip(1);
        _breach();
        _startAuctionOf(weth);
        // Half of the remaining 1 000, and the penalty.
        assertEq(vault.debtOf(account), 1_000e6);
        assertEq(vault.liquidationOf(account).due, 550e6);
    }

    /// What a liquidation of an earlier breach did not raise does not limit the next.
    function test_liquidation_of_another_breach_carries_no_due() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        _startAuctionOf(weth);
        _take(1 ether);
        assertEq(vault.liquidationOf(account).due, 3_300e6);
        _attestAndProve(10_000);
        vault.closeAuction(account, address(weth));
        skip(1);
        _breach();
        _startAuctionOf(weth);
        assertEq(vault.debtOf(account), 8_000e6);
        assertEq(vault.liquidationOf(account).due, 4_400e6);
        assertEq(vault.liquidationOf(account).startedAt, block.timestamp);
    }

    // --- the penalty ---

    // shows: A13
    /// A creditor whose signature is needed revokes itself. The owner cannot replace it before the collateral is sold.
    function test_penalty_none_creditor_resigned() public {
        _deposit(10 ether);
        _lend(10_000e6);
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        _pass(uint256(GRACE_PERIOD) + 1);
        _expectStatus(Status.Liquidatable);
        _expectNoPenalty();
        (, uint256 cost) = _take(10 ether);
        assertEq(cost, 5_000e6);
        assertEq(vault.debtOf(account), 5_000e6);
        assertEq(vault.claimableOf(venue), 5_000e6);
        assertEq(vault.insuranceOf(venue), 0);
        assertEq(vault.claimableOf(keeper), 0);
    }

    // shows: A13
    /// The creditor has signed, and the other attester whose signature is needed revokes itself.
    function test_penalty_none_book_broken() public {
        _deposit(10 ether);
        _lend(10_000e6);
        vm.prank(custodian);
        registry.revokeAttester(account, custodian);
        assertTrue(registry.hasSigned(account, venue));
        _pass(uint256(GRACE_PERIOD) + 1);
        _expectNoPenalty();
    }

    // shows: A13
    function test_penalty_none_creditor_let_book_expire() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _pass(1 days + GRACE_PERIOD + 1);
        _expectNoPenalty();
    }

    // shows: A13
    /// The creditor is silent until the grace is over, and then signs and sells in one block.
    function test_penalty_none_book_too_late() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _pass(1 days + GRACE_PERIOD + 1);
        gate.recordLapse(account);
        _attestNext();
        _expectStatus(Status.Liquidatable);
        _expectNoPenalty();
    }

    // shows: A13
    /// The owner answers a call by a deposit, which the creditor's next book would show.
    function test_penalty_none_book_omits_deposit_or_repayment() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _denounce(_latest(), _unhealthy(12_000));
        skip(1);
        uint256 snapshot = vm.snapshotState();
        _deposit(1 ether);
        _pass(uint256(CALL_PERIOD) + 1);
        _expectNoPenalty();
        vm.revertToState(snapshot);
        vm.prank(bidder);
        vault.repay(account, 1);
        _pass(uint256(CALL_PERIOD) + 1);
        _expectNoPenalty();
    }

    function test_penalty_none_book_too_old_for_profile() public {
        _deposit(10 ether);
        _lend(10_000e6);
        skip(1);
        _pass(8 hours);
        _expectStatus(Status.Liquidatable);
        uint256 snapshot = vm.snapshotState();
        profile.setBookMaxAge(8 hours + 1);
        _expectNoPenalty();
        vm.revertToState(snapshot);
        profile.setBookMaxAge(8 hours + 2);
        _expectPenalty();
    }

    // shows: A13
    /// A book of the second of a deposit may leave it out.
    function test_penalty_none_book_of_second_of_deposit() public {
        _deposit(10 ether);
        _lend(10_000e6);
        skip(1);
        _deposit(1 ether);
        _attestNext();
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _denounce(_latest(), _unhealthy(12_000));
        _pass(uint256(CALL_PERIOD) + 1);
        _expectNoPenalty();
    }

    // shows: A13
    /// The creditor replaces the book within a call. The owner has the whole grace for the new one.
    function test_penalty_none_until_book_has_counted_for_grace() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _denounce(_latest(), _unhealthy(12_000));
        _pass(uint256(CALL_PERIOD) - GRACE_PERIOD + 2);
        _attestNext();
        _pass(uint256(GRACE_PERIOD) - 1);
        _expectStatus(Status.Liquidatable);
        uint256 snapshot = vm.snapshotState();
        _expectNoPenalty();
        vm.revertToState(snapshot);
        _pass(1);
        _expectPenalty();
    }

    // shows: A13
    /// The creditor's signature is not needed, and it has withheld it.
    function test_penalty_none_creditor_has_not_signed() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (custodian, venue);
        vm.startPrank(owner);
        account = registry.open("one", false, two, 1);
        vault.setCreditor(account, venue);
        vm.stopPrank();
        _deposit(10 ether);
        _lend(10_000e6);
        skip(1);
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, CUSTODIAN_KEY);
        registry.attest(account, book, one);
        _submit(ledger.move(0), _healthy(INITIAL_MARGIN, 100));
        _denounce(_latest(), _unhealthy(12_000));
        _pass(uint256(CALL_PERIOD) + 1);
        _expectNoPenalty();
    }

    // shows: A13
    /// Nobody has proven ill health, and the creditor has signed all that it should.
    function test_penalty_due_owner_could_answer() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _denounce(_latest(), _unhealthy(12_000));
        _pass(uint256(CALL_PERIOD) + 1);
        _expectPenalty();
    }

    // shows: A13
    /// A breach that an attester proved has a penalty, even if the book has broken or expired since.
    function test_penalty_due_breach_proven() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        _expectPenalty();
    }

    /// The penalty is fixed when the liquidation starts.
    function test_penalty_kept_for_liquidation() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _denounce(_latest(), _unhealthy(12_000));
        _pass(uint256(CALL_PERIOD) + 1);
        _startAuctionOf(weth);
        Liquidation memory before = vault.liquidationOf(account);
        assertEq(before.penalty, 1_000);
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        skip(AUCTION_PERIOD + 1);
        ledger.move(0);
        vault.closeAuction(account, address(weth));
        _startAuctionOf(weth);
        assertEq(abi.encode(vault.liquidationOf(account)), abi.encode(before));
    }

    function _expectPenalty() private {
        _startAuctionOf(weth);
        assertEq(vault.liquidationOf(account).penalty, 1_000);
    }

    function _expectNoPenalty() private {
        _startAuctionOf(weth);
        assertEq(vault.liquidationOf(account).penalty, 0);
        assertEq(vault.liquidationOf(account).due, (vault.debtOf(account) + 1) / 2);
    }

    /// Ten ether and a coin at 10 000 USD, a debt of 10 000 USD, and a breach.
    function _both() private returns (Token wbtc) {
        wbtc = _coin(1e14, 1e8);
        vm.prank(owner);
        vault.deposit(account, address(wbtc), 1e8);
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
    }

    function _expectRelief(Token token) private {
        vm.expectPartialRevert(IMarginVault.InRelief.selector);
        vault.startAuction(account, address(token));
    }
}
