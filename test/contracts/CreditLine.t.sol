// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {CreditLine} from "../../contracts/credit/CreditLine.sol";
import {CreditRegistry} from "../../contracts/credit/CreditRegistry.sol";
import {ICreditLine} from "../../contracts/interfaces/ICreditLine.sol";
import {CreditTerms, LineState, LineTerms, WithdrawalBatch} from "../../contracts/types/Credit.sol";
import {CreditFixture} from "./support/CreditFixture.sol";
import {CallingToken, TaxedToken} from "./support/Tokens.sol";

/// One line: what it lends, earns, pays back and loses.
contract CreditLineTest is CreditFixture {
    int64 private constant PLENTY = 200_000_00;

    // --- drawing and repaying ---

    function test_draw_by_owner_alone() public {
        _proveOwing(PLENTY);
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.NotLineOwner.selector, owner, stranger));
        vm.prank(stranger);
        line.draw(1, stranger);
        _refuseDraw(line, 0, abi.encodeWithSelector(ICreditLine.NothingToDo.selector));
    }

    /// The reserve stays: a tenth of 100 000.
    function test_draw_leaves_the_reserve() public {
        _proveOwing(PLENTY);
        assertEq(line.drawable(), 90_000e6);
        _refuseDraw(line, 90_000e6 + 1, _tooLarge(90_000e6, 90_000e6 + 1));
        _draw(90_000e6);
        vm.snapshotGasLastCall("CreditLine", "draw");
        assertEq(line.drawable(), 0);
        assertFalse(line.state().short);
        assertEq(line.totalAssets(), LENT);
        _refuseDraw(line, 1, _tooLarge(0, 1));
    }

    function test_draw_up_to_the_limit() public {
        LineTerms memory terms = _lineTerms();
        terms.limit = 5_000e6;
        CreditLine small = _openLine(terms);
        _fund(small, lender, LENT);
        _proveOwing(PLENTY);
        _refuseDraw(small, 5_000e6 + 1, _tooLarge(5_000e6, 5_000e6 + 1));
        _drawOf(small, 5_000e6);
        assertEq(small.drawable(), 0);
    }

    // shows: A86
    function test_repay_of_more_than_owed() public {
        _drawn(1_000e6);
        usdc.mint(stranger, 2_000e6);
        vm.startPrank(stranger);
        usdc.approve(address(line), type(uint256).max);
        assertEq(line.repay(1_500e6), 1_000e6);
        vm.snapshotGasLastCall("CreditLine", "repay");
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.repay(1);
        vm.stopPrank();
        assertEq(usdc.balanceOf(stranger), 1_000e6);
        assertEq(line.debt(), 0);
        assertEq(line.totalAssets(), LENT);
    }

    // --- interest ---

    /// 40 % lent, half-way to the kink: 2 % + 6 %/2 for a year.
    function test_interest_of_a_year() public {
        _drawn(40_000e6);
        assertEq(line.state().rate, 500);
        skip(YEAR);
        assertEq(line.debt(), 42_000e6);
        assertEq(line.totalAssets(), 102_000e6);
        line.touch();
        assertEq(line.debt(), 42_000e6);
        assertEq(line.state().rate, 509);
    }

    /// Beyond the kink: 8 % + 42 %/2.
    function test_interest_beyond_the_kink() public {
        _drawn(90_000e6);
        assertEq(line.state().rate, 2_900);
        _repay(90_000e6);
        assertEq(line.state().rate, 200);
    }

    // shows: A86
    /// Many calls compound, and round nothing up: a call a second for an hour costs the account less than a unit.
    function test_touches_round_nothing_up() public {
        _drawn(40_000e6);
        uint256 from = vm.getBlockTimestamp();
        for (uint256 i = 0; i < 3_600; ++i) {
            vm.warp(++from);
            line.touch();
        }
        // 40 000 dollars at 5.01 % for an hour, compounded or not: the first interest makes 40 % used a little more.
        uint256 simple = uint256(40_000e6) * 501 * 1 hours / (10_000 * YEAR);
        assertApproxEqAbs(line.debt() - 40_000e6, simple, 2);
    }

    /// A request of all shares makes the line short. After two days the penalty runs; then the seconds count back.
    function test_penalty_and_its_decay() public {
        _drawn(40_000e6);
        _request(lender, line.balanceOf(lender));
        LineState memory found = line.state();
        assertTrue(found.short);
        assertEq(found.required, LENT);
        assertEq(line.drawable(), 0);
        skip(1 days);
        // The batch closed and took all cash: 100 % lent.
        line.touch();
        assertEq(line.state().cash, 0);
        assertEq(line.state().rate, 5_000);
        assertEq(line.state().lateSeconds, 1 days);
        uint256 owed = line.debt();
        skip(1 days);
        // Within the grace: no penalty yet.
        assertApproxEqAbs(line.debt() - owed, owed * 5_000 / (10_000 * 365), 1);
        skip(1 days);
        line.touch();
        // One day of the two with the penalty of 10 %.
        assertApproxEqAbs(line.debt() - owed, owed * (5_000 * 2 + 1_000) / (10_000 * 365), 1);
        assertEq(line.state().lateSeconds, 3 days);
        owed = line.debt();
        _repay(owed - 10_000e6);
        // What the batch is owed was paid, and 10 000 are lent still, of nothing but what the lender has not got yet.
        assertEq(line.state().cash, 0);
        assertTrue(line.state().short);
        _fund(line, other, 40_000e6);
        assertFalse(line.state().short);
        skip(12 hours);
        line.touch();
        assertEq(line.state().lateSeconds, 2 days + 12 hours);
        _proveOwing(PLENTY);
        _refuseDraw(line, 1, abi.encodeWithSelector(ICreditLine.LineLate.selector));
        skip(13 hours);
        ledger.move(0);
        _proveOwing(PLENTY);
        _draw(1);
    }

    // --- lenders ---

    // shows: A86, P65
    /// The first lender of one unit gives the line a fortune, and the next lender loses nothing.
    function test_donation_moves_no_price() public {
        CreditLine young = _openLine(_lineTerms());
        uint256 first = _fund(young, other, 1);
        usdc.mint(address(young), 1_000_000e6);
        assertEq(young.totalAssets(), 1);
        uint256 shares = _fund(young, lender, 10_000e6);
        assertEq(shares, 10_000e6 * first);
        assertEq(young.convertToAssets(shares), 10_000e6);
    }

    // shows: A86, P65
    function test_fuzz_rounding_against_the_caller(uint96 amount, uint96 shares, uint32 time) public {
        _drawn(40_000e6);
        skip(bound(time, 1, 1 hours));
        line.touch();
        uint256 assets = bound(amount, 1, 1e15);
        uint256 got = _fund(line, other, assets);
        assertLe(line.convertToAssets(got), assets);
        assertEq(line.previewDeposit(assets), line.convertToShares(assets));
        uint256 wanted = bound(shares, 1, 1e20);
        usdc.mint(other, line.previewMint(wanted));
        vm.startPrank(other);
        uint256 cost = line.mint(wanted, other);
        vm.stopPrank();
        assertLe(line.convertToAssets(wanted), cost);
        // Who comes and leaves takes nothing along.
        uint256 mine = got + wanted;
        uint256 before = line.convertToAssets(line.balanceOf(lender));
        uint256 batch = _request(other, mine);
        WithdrawalBatch memory entry = line.batchOf(batch);
        assertEq(entry.shares, mine);
        assertGe(line.convertToAssets(line.balanceOf(lender)), before);
    }

    function test_withdraw_and_redeem_unavailable() public {
        assertEq(line.maxWithdraw(lender), 0);
        assertEq(line.maxRedeem(lender), 0);
        vm.startPrank(lender);
        vm.expectRevert(
            abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, lender, 1, 0)
        );
        line.withdraw(1, lender, lender);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.withdraw(0, lender, lender);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.redeem(0, lender, lender);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.deposit(0, lender);
        vm.stopPrank();
    }

    // shows: A85, P67
    /// Two lenders of three to one. Cash of 10 000 pays both in proportion; so does what comes later.
    function test_batch_pays_in_proportion() public {
        _fund(line, other, 300_000e6);
        _drawn(100_000e6);
        _proveOwing(500_000_00);
        _draw(line.drawable());
        assertApproxEqAbs(line.state().cash, 40_000e6, 100);
        _request(lender, line.balanceOf(lender));
        vm.snapshotGasLastCall("CreditLine", "requestWithdrawal");
        skip(12 hours);
        // Later in the period is not too late.
        _request(other, line.balanceOf(other));
        assertEq(line.batchCount(), 1);
        skip(12 hours);
        line.claim(0, lender);
        vm.snapshotGasLastCall("CreditLine", "claim, with the payment of a batch");
        line.claim(0, other);
        assertApproxEqAbs(usdc.balanceOf(lender), 10_000e6, 30);
        assertApproxEqAbs(usdc.balanceOf(other), 30_000e6, 80);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.claim(0, lender);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.claim(0, stranger);
        uint256 owed = line.debt();
        _repay(owed);
        line.claim(0, lender);
        line.claim(0, other);
        assertApproxEqAbs(usdc.balanceOf(other), 3 * usdc.balanceOf(lender), 3);
        assertEq(line.totalSupply(), 0);
        assertApproxEqAbs(usdc.balanceOf(other) + usdc.balanceOf(lender), 40_000e6 + owed, 20);
        (uint256 shares, uint256 claimed, bool returned) = line.requestOf(0, lender);
        assertEq(shares, LENT * 1e6);
        assertEq(claimed, usdc.balanceOf(lender));
        assertFalse(returned);
    }

    // shows: A85
    /// A run: what waits must stay in cash, so nobody draws it away, and it is paid before a later batch.
    function test_run_of_lenders() public {
        _fund(line, other, LENT);
        _drawn(100_000e6);
        _request(lender, line.balanceOf(lender) / 2);
        assertEq(line.state().required, 50_000e6 + 15_000e6);
        assertEq(line.drawable(), 35_000e6);
        skip(1 days);
        uint256 second = _request(other, line.balanceOf(other));
        assertEq(second, 1);
        // The first batch is paid whole, the second waits for its own time.
        assertEq(line.batchOf(0).left, 0);
        assertEq(line.batchOf(1).paid, 0);
        assertTrue(line.state().short);
        line.claim(0, lender);
        assertApproxEqAbs(usdc.balanceOf(lender), 50_000e6, 20e6);
    }

    /// A batch worth less than a unit goes back, and holds up nobody.
    function test_dust_holds_up_nobody() public {
        _request(lender, 1);
        skip(1 days);
        // Its event tells: an auditor could not know how many batches a call gives back.
        vm.expectEmit(address(line));
        emit ICreditLine.BatchReturned(0, 1);
        uint256 batch = _request(lender, line.balanceOf(lender));
        assertEq(batch, 1);
        skip(1 days);
        (uint256 assets, uint256 shares) = line.claim(0, lender);
        assertEq(assets, 0);
        assertEq(shares, 1);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.claim(0, lender);
        line.claim(1, lender);
        assertEq(usdc.balanceOf(lender), LENT - 1);
    }

    function test_nine_batches_take_two_calls() public {
        _drawn(90_000e6);
        uint256 tenth = line.balanceOf(lender) / 10;
        for (uint256 i = 0; i < 10; ++i) {
            _request(lender, tenth);
            skip(1 days);
        }
        _repay(line.debt());
        line.touch();
        assertEq(line.state().waiting, 0);
        assertEq(line.batchOf(9).left, 0);
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        vm.prank(lender);
        line.requestWithdrawal(0);
        assertEq(line.batchOf(10).closesAt, 0);
    }

    // --- notice, call, impairment, default ---

    // shows: A88
    function test_notice_needs_a_cause() public {
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.giveNotice();
        _drawn(1_000e6);
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        line.giveNotice();
        vm.expectRevert(ICreditLine.NothingToDo.selector);
        line.withdrawNotice();
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.StepTooEarly.selector, 0));
        line.callDebt();
        _breakCovenant();
        line.giveNotice();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.giveNotice();
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        line.withdrawNotice();
        // The owner answers by a proof.
        _proveOwing(PLENTY);
        _refuseDraw(line, 1, abi.encodeWithSelector(ICreditLine.LineLate.selector));
        vm.prank(stranger);
        line.withdrawNotice();
        _draw(1);
    }

    // shows: A88
    function test_call_needs_notice_and_its_cause() public {
        _drawn(1_000e6);
        _breakCovenant();
        line.giveNotice();
        uint64 from = uint64(block.timestamp) + 1 days;
        _pass(1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.StepTooEarly.selector, from));
        line.callDebt();
        _proveOwing(PLENTY);
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        line.callDebt();
        _breakCovenant();
        vm.prank(stranger);
        line.callDebt();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.callDebt();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.withdrawNotice();
        assertEq(line.maxDeposit(lender), 0);
        assertEq(line.maxMint(lender), 0);
        // The whole debt ends it, a part does not.
        _repay(500e6);
        assertGt(line.state().calledAt, 0);
        _repay(line.debt());
        assertEq(line.state().calledAt, 0);
        assertEq(line.state().noticeAt, 0);
        assertEq(line.maxDeposit(lender), type(uint256).max);
    }

    // shows: A88
    /// Nobody is called for time in which nobody could prove.
    function test_outage_restarts_the_notice() public {
        _drawn(1_000e6);
        _breakCovenant();
        line.giveNotice();
        skip(1 days);
        // Rounds are stale: the status is Unknown, and a broken covenant calls nothing.
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        line.callDebt();
        ledger.move(0);
        uint64 from = uint64(block.timestamp) + 1 days;
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.StepTooEarly.selector, from));
        line.callDebt();
        _pass(1 days);
        line.callDebt();
    }

    // shows: A88
    /// The steward needs no cause, and cannot keep others from calling.
    function test_notice_of_the_steward() public {
        _drawn(1_000e6);
        vm.prank(steward);
        line.giveNotice();
        assertTrue(line.state().noticeBySteward);
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        line.withdrawNotice();
        vm.prank(steward);
        line.withdrawNotice();
        vm.prank(steward);
        line.giveNotice();
        _breakCovenant();
        vm.expectRevert(ICreditLine.CauseMismatch.selector);
        vm.prank(steward);
        line.withdrawNotice();
        _passProven(1 days, PLENTY);
        // The covenant holds again; the steward's notice stands.
        line.callDebt();
        assertGt(line.state().calledAt, 0);
    }

    function test_notice_while_the_penalty_runs() public {
        _drawn(90_000e6);
        _request(lender, line.balanceOf(lender));
        _passProven(2 days + 1, PLENTY);
        line.giveNotice();
        _passProven(1 days, PLENTY);
        line.callDebt();
    }

    // shows: A85, P67
    function test_impairment_and_default() public {
        _fund(line, other, LENT);
        _drawn(100_000e6);
        _callIt();
        uint256 calledAt = line.state().calledAt;
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.StepTooEarly.selector, calledAt + 1 days));
        line.impair();
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.StepTooEarly.selector, calledAt + 3 days));
        line.declareDefault();
        skip(1 days);
        uint256 owed = line.debt();
        line.impair();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.impair();
        assertEq(line.totalAssets(), 100_000e6 + owed / 2);
        // One lender asks to leave at once, and waits with the others' loss.
        _request(lender, line.balanceOf(lender));
        skip(2 days);
        line.touch();
        // Half of 100 000 cash and half of the impaired debt: paid as far as the cash reaches.
        assertApproxEqAbs(line.batchOf(0).paid, 75_000e6, 300e6);
        uint256 supply = line.totalSupply();
        line.declareDefault();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.declareDefault();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.impair();
        vm.expectRevert(ICreditLine.DoneBefore.selector);
        line.giveNotice();
        assertEq(line.totalAssets(), line.state().cash);
        assertEq(line.totalSupply(), supply);
        assertEq(line.maxDeposit(other), 0);
        _proveOwing(PLENTY);
        _refuseDraw(line, 1, abi.encodeWithSelector(ICreditLine.LineLate.selector));
        // A recovery is for who is still there.
        _repay(10_000e6);
        assertApproxEqAbs(line.convertToAssets(line.balanceOf(other)), line.state().cash, 1);
    }

    // shows: A85, P67
    /// A default gives back what waits, and each repayment after it is for all shares alike.
    function test_default_returns_what_waits() public {
        _fund(line, other, LENT);
        _drawn(100_000e6);
        _proveOwing(PLENTY);
        _draw(line.drawable());
        _callIt();
        _request(lender, line.balanceOf(lender));
        skip(1 days);
        line.touch();
        uint256 left = line.batchOf(0).left;
        assertGt(left, 0);
        skip(2 days);
        line.declareDefault();
        assertEq(line.state().waiting, 0);
        (, uint256 back) = line.claim(0, lender);
        assertEq(back, left);
        (,, bool returned) = line.requestOf(0, lender);
        assertTrue(returned);
        _repay(50_000e6);
        uint256 mine = line.convertToAssets(line.balanceOf(lender));
        uint256 others = line.convertToAssets(line.balanceOf(other));
        assertApproxEqAbs(mine + others, 50_000e6, 2);
        assertApproxEqRel(mine * line.balanceOf(other), others * line.balanceOf(lender), 1e12);
        // Who leaves now gets the part of what is there, and no more.
        uint256 batch = _request(lender, line.balanceOf(lender));
        assertEq(batch, 1);
        skip(1 days);
        (uint256 got,) = line.claim(1, lender);
        assertApproxEqAbs(got, mine, 1);
        assertApproxEqAbs(line.convertToAssets(line.balanceOf(other)), others, 1);
        // All of the debt repaid: a default is for good.
        _repay(line.debt());
        assertTrue(line.state().defaulted);
        assertEq(line.maxDeposit(other), 0);
    }

    /// A unit repaid after a default burns nobody's waiting shares.
    function test_worthless_batch_is_not_burned() public {
        _drawn(90_000e6);
        _request(lender, line.balanceOf(lender) / 2);
        skip(1 days);
        line.touch();
        _callIt();
        skip(3 days);
        line.declareDefault();
        line.claim(0, lender);
        uint256 mine = line.balanceOf(lender);
        _request(lender, mine / 4);
        skip(1 days);
        line.touch();
        assertEq(line.batchOf(1).left, mine / 4);
        _repay(1);
        (uint256 got, uint256 back) = line.claim(1, lender);
        assertEq(got, 0);
        assertEq(back, mine / 4);
    }

    /// Breaks the covenant, gives notice and calls.
    function _callIt() private {
        _breakCovenant();
        line.giveNotice();
        _pass(1 days);
        line.callDebt();
    }

    // --- tokens ---

    // shows: A87
    function test_reentry_refused() public {
        CallingToken coin = new CallingToken();
        CreditRegistry of_ = new CreditRegistry(gate, coin, 2, 6, CreditTerms(INITIAL_MARGIN, HORIZON));
        LineTerms memory terms = _lineTerms();
        terms.limit = type(uint128).max;
        vm.prank(owner);
        CreditLine on = CreditLine(of_.openLine(account, terms));
        coin.mint(owner, 100 ether);
        vm.prank(owner);
        coin.approve(address(on), type(uint256).max);
        bytes[11] memory calls = [
            abi.encodeCall(on.deposit, (1, owner)),
            abi.encodeCall(on.mint, (1, owner)),
            abi.encodeCall(on.draw, (1, owner)),
            abi.encodeCall(on.repay, (1)),
            abi.encodeCall(on.requestWithdrawal, (1)),
            abi.encodeCall(on.claim, (0, owner)),
            abi.encodeCall(on.touch, ()),
            abi.encodeCall(on.giveNotice, ()),
            abi.encodeCall(on.withdrawNotice, ()),
            abi.encodeCall(on.callDebt, ()),
            abi.encodeCall(on.declareDefault, ())
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            coin.callOnTransfer(address(on), calls[i]);
            vm.prank(owner);
            on.deposit(1 ether, owner);
            assertFalse(coin.succeeded());
            assertEq(bytes4(coin.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
        coin.callOnTransfer(address(on), abi.encodeCall(on.touch, ()));
        ledger.setPrice(2, DOLLAR_PRICE, DOLLAR_PRICE);
        _proveOwing(type(int64).max >> 8);
        vm.prank(owner);
        on.draw(1 ether, owner);
        assertFalse(coin.succeeded());
        vm.prank(owner);
        on.repay(1 ether);
        assertFalse(coin.succeeded());
        vm.prank(owner);
        on.requestWithdrawal(1 ether);
        skip(1 days);
        on.claim(0, owner);
        assertFalse(coin.succeeded());
    }

    // shows: A87
    function test_taxed_token_refused() public {
        TaxedToken tax = new TaxedToken();
        CreditRegistry of_ = new CreditRegistry(gate, tax, 2, 6, CreditTerms(INITIAL_MARGIN, HORIZON));
        vm.prank(owner);
        CreditLine on = CreditLine(of_.openLine(account, _lineTerms()));
        tax.mint(owner, 100 ether);
        vm.startPrank(owner);
        tax.approve(address(on), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(ICreditLine.ArrivedOther.selector, 1 ether, 0.99 ether));
        on.deposit(1 ether, owner);
        vm.stopPrank();
    }

    function test_gas_of_a_deposit() public {
        _fund(line, other, 1e6);
        _fund(line, other, 1e6);
        vm.prank(other);
        line.approve(address(this), 1);
        usdc.mint(other, 1e6);
        vm.prank(other);
        line.deposit(1e6, other);
        vm.snapshotGasLastCall("CreditLine", "deposit");
    }

    function _tooLarge(uint256 most, uint256 got) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICreditLine.DrawdownTooLarge.selector, most, got);
    }
}
