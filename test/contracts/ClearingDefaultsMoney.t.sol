// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IClearingDefaults} from "../../contracts/interfaces/IClearingDefaults.sol";
import {DefaultStage} from "../../contracts/types/Fund.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {HealthCall, Stage, TransitionCall} from "../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "./support/HouseFixture.sol";

/// Whose money a default takes and gives back: the fund's, its members', and that of payments asked for. Alice is long and bob
/// short; carol and bob have money in the fund.
contract ClearingDefaultsMoneyTest is HouseFixture {
    /// Quanta of asset 0: 1 000 dollars.
    int256 internal constant SIZE = 1e12;
    int256 internal constant PRICE = 1e9 + 5;

    address internal carol = makeAddr("carol");
    int256 internal aliceBasis = 300e18 - SIZE * PRICE;
    int256 internal bobBasis = 500e18 + SIZE * PRICE;
    int256[16] internal alicePerp;
    int256[16] internal bobPerp;
    bool internal bobSilent;

    function setUp() public override {
        super.setUp();
        profile.setShocks(2_000);
        _deposit(first, 300e6);
        _deposit(second, 500e6);
        _trade(_sidesOf(first, second, 1));
        (alicePerp[0], bobPerp[0]) = (SIZE, -SIZE);
    }

    function _mid(int256 price) private {
        ledger.setPrice(0, uint64(uint256(price)) - 5, uint64(uint256(price)) + 5);
    }

    function _contribute(address who, uint16 group, uint256 amount) private {
        if (fund.groupOf(who) == 0) fund.setGroup(who, group);
        usd.mint(who, amount);
        vm.startPrank(who);
        usd.approve(address(fund), amount);
        fund.contribute(amount);
        vm.stopPrank();
    }

    /// Time passes in which bob proves his book, unless he is silent too, and alice does not.
    function _silence(uint256 time) private {
        uint256 end = block.timestamp + time;
        while (block.timestamp < end) {
            skip(30 minutes);
            ledger.move(0);
            if (!bobSilent) _proveAgain(second);
        }
    }

    function _default() private {
        _silence(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        defaults.start(first);
    }

    function _revealAlice() private {
        (uint256 hash, Proof memory proof) =
            _reveal(first, 2, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
    }

    /// Alice has lost 400 dollars of 300; the fund has 60 of carol, and carol is assessed for the other 40.
    function _assess() private {
        _contribute(carol, 1, 60e6);
        _mid(PRICE - 4e8);
        _default();
        _revealAlice();
        _silence(2 hours + 1);
        defaults.settle(first);
        assertEq(uint256(fund.defaultOf(first).stage), uint256(DefaultStage.Absorbed));
        assertEq(fund.memberOf(carol).owed, 40e6);
        assertEq(house.held(), 860e6);
    }

    // shows: P71, P72
    function test_settlement_waits_for_assessments_and_takes_them() public {
        _assess();
        vm.expectPartialRevert(IClearingDefaults.EstateAssessmentsOpen.selector);
        defaults.settle(first);
        usd.mint(carol, 40e6);
        vm.startPrank(carol);
        usd.approve(address(fund), 40e6);
        fund.payAssessment(1, carol, 40e6);
        vm.stopPrank();
        defaults.settle(first);
        assertEq(house.held(), 900e6);
        assertEq(uint256(_stage(first)), uint256(Stage.Settled));
        // Nothing is missing: the line closes at the market, and nobody but the fund has paid.
        assertEq(defaults.tearUpAt(1).netPrice[0], PRICE - 4e8);
        assertEq(fund.contributions() + fund.capital(), 0);
        (uint32 open,) = fund.defaults();
        assertEq(open, 0);
    }

    // shows: P72
    function test_unpaid_assessment_is_torn_up() public {
        _assess();
        _silence(1 hours + 1);
        defaults.settle(first);
        // 40 dollars of 10^12 quanta.
        assertApproxEqAbs(defaults.tearUpAt(1).netPrice[0], PRICE - 4e8 + 4e7, 1);
        assertFalse(fund.mayTransition(first) && fund.memberOf(carol).owed == 0);
    }

    /// Prices rise while members can pay: the fund has its money again before the owner has any.
    // shows: P72
    function test_gain_after_payment_of_fund_is_funds() public {
        _assess();
        _mid(PRICE - 3e8);
        _silence(1 hours + 1);
        // The line is worth 100 dollars more, of which 40 were missing.
        defaults.settle(first);
        assertEq(fund.capital(), 60e6);
        assertEq(house.withdrawalOf(first).amount, 0);
        assertEq(house.held(), 800e6);
        assertEq(usd.balanceOf(address(house)), 800e6);
        assertEq(usd.balanceOf(address(defaults)), 0);
    }

    // shows: P72
    function test_owner_has_what_is_left_after_fund() public {
        _assess();
        _mid(PRICE);
        _silence(1 hours + 1);
        defaults.settle(first);
        assertEq(fund.capital(), 60e6);
        assertEq(house.withdrawalOf(first).amount, 300e6);
    }

    /// What a member pays in after a default began is not liable for it, and no bid may cost it.
    // shows: P71
    function test_floor_counts_liable_money_alone() public {
        _contribute(carol, 1, 60e6);
        _default();
        _contribute(carol, 1, 1_000e6);
        _contribute(bob, 2, 1_000e6);
        _revealAlice();
        assertEq(defaults.estateOf(first).funded, 60e18);
    }

    /// What a buyer can be paid at most is there: the estate's own cash, and what the fund can pay.
    // shows: P71
    function test_price_never_falls_below_what_estate_can_pay() public {
        _contribute(carol, 1, 60e6);
        _mid(PRICE - 4e8);
        _default();
        _revealAlice();
        // Its lines are worth 600 dollars and it owes 700: with the fund's 60, a buyer brings 640.
        int256 least = -(aliceBasis + 60e18);
        assertEq(defaults.priceOf(first, 100), least);
        _silence(2 hours);
        assertEq(defaults.priceOf(first, 100), least);
    }

    function test_bid_refused_after_auction_and_beyond_words() public {
        _contribute(carol, 1, 60e6);
        _mid(PRICE - 4e8);
        _default();
        _revealAlice();
        int256 price = defaults.priceOf(first, 1);
        int256 most = type(int128).max;
        TransitionCall memory made = _make(_plan(second));
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.BidTooLow.selector, price, most + 1));
        defaults.bid(first, 1, most + 1, made);
        _silence(2 hours + 1);
        made = _make(_plan(second));
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.bid(first, 1, price, made);
    }

    // shows: P73
    function test_end_of_market_refused_out_of_turn() public {
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, second));
        defaults.closeMarket(second);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.MarketEndWrong.selector, false));
        defaults.payAtEnd(second);
        _mid(PRICE - 4e8);
        _default();
        _silence(1 hours + 1);
        defaults.closeMarket(first);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.closeMarket(first);
        uint64 from = defaults.closedAt() + 6 hours;
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.TooEarlyToEnd.selector, from));
        defaults.endMarket();
        _silence(6 hours);
        defaults.endMarket();
        // A book that is worth less than nothing has no claim.
        (uint256 hash, Proof memory proof) =
            _reveal(first, 2, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EndClaimWrong.selector, first));
        defaults.claimAtEnd(first, aliceBasis, alicePerp, hash, proof);
    }

    /// A cap that was proven again since its lapse was recorded has lapsed a second time: its grace runs from another record.
    // shows: P76
    function test_lapse_of_cap_counts_from_its_newest_proof() public {
        _contribute(alice, 1, 2_000e6);
        Plan memory plan = _plan(first);
        plan.capSteps = 1;
        house.refresh(_make(plan));
        _silence(MAX_PROOF_AGE + 1);
        fund.recordCapLapse(first);
        HealthCall memory health = _health(registry.bookOf(first).commitment, _stressClaim(1));
        stressGate.submit(first, health.round, health.claim, health.proof);
        assertFalse(fund.isCapLapsed(first));
        _silence(MAX_PROOF_AGE + 1);
        assertTrue(fund.isCapLapsed(first));
        assertFalse(fund.isCapOverdue(first));
        fund.recordCapLapse(first);
        _silence(2 hours);
        assertFalse(fund.isCapOverdue(first));
        _silence(1);
        assertTrue(fund.isCapOverdue(first));
    }

    /// Two at once: the second to be revealed has what the first was not promised, and what the fund keeps is free again.
    // shows: P71, P72
    function test_two_defaults_share_fund() public {
        _contribute(carol, 1, 60e6);
        bobSilent = true;
        _default();
        defaults.start(second);
        _revealAlice();
        (uint256 hash, Proof memory proof) =
            _reveal(second, 2, registry.bookOf(second).commitment, bobBasis, bobPerp);
        defaults.reveal(second, bobBasis, bobPerp, hash, proof);
        assertEq(defaults.estateOf(first).funded, 60e18);
        assertEq(defaults.estateOf(second).funded, 0);
        _mid(PRICE - 4e8);
        _silence(2 hours + 1);
        defaults.settle(first);
        _silence(1 hours + 1);
        defaults.settle(first);
        defaults.settle(second);
        (uint32 open,) = fund.defaults();
        assertEq(open, 0);
        assertEq(house.openDefaults(), 0);
        // Carol has lost 60, and bob's 400 dollars of gains are less the 40 that nobody paid.
        assertApproxEqAbs(house.withdrawalOf(second).amount, 860e6, 1);
        assertEq(house.withdrawalOf(first).amount, 0);
    }

    /// At the end of the market payments that were asked for are made, and the fund's money is free again.
    // shows: P73
    function test_end_of_market_locks_no_money() public {
        _contribute(carol, 1, 60e6);
        vm.prank(carol);
        fund.requestContribution(60e6);
        _withdraw(second, 50e6);
        bobBasis -= 50e18;
        _default();
        _silence(1 hours + 1);
        defaults.closeMarket(first);
        _silence(6 hours);
        defaults.endMarket();
        skip(HORIZON);
        house.pay(second);
        assertEq(usd.balanceOf(bob), 50e6);
        defaults.settle(first);
        // The book was not revealed: its claim stays.
        assertEq(uint256(_stage(first)), uint256(Stage.Frozen));
        vm.expectPartialRevert(IClearingDefaults.EstateStageWrong.selector);
        defaults.settle(second);
        ledger.move(0);
        skip(1 days - 13 hours);
        vm.prank(carol);
        fund.withdrawContribution(carol);
        assertEq(usd.balanceOf(carol), 60e6);
    }

    /// A public estate is not settled when the market ends: the fund pays its deficit into what is divided.
    // shows: P73
    function test_fund_pays_deficit_at_end_of_market() public {
        _contribute(carol, 1, 60e6);
        _default();
        _silence(1 hours + 1);
        defaults.closeMarket(first);
        _revealAlice();
        _silence(6 hours);
        _mid(PRICE - 4e8);
        defaults.endMarket();
        (uint256 hash, Proof memory proof) =
            _reveal(second, 2, registry.bookOf(second).commitment, bobBasis, bobPerp);
        defaults.claimAtEnd(second, bobBasis, bobPerp, hash, proof);
        defaults.settle(first);
        vm.expectPartialRevert(IClearingDefaults.EstateAssessmentsOpen.selector);
        defaults.settle(first);
        skip(1 days + 1);
        defaults.settle(first);
        vm.expectPartialRevert(IClearingDefaults.EstateStageWrong.selector);
        defaults.settle(first);
        // 500 and 400 won: alice had 300, carol 60.
        assertEq(defaults.payAtEnd(second), 860e6);
        assertEq(house.held(), 0);
    }

    /// A lapse after the end is nobody's default: nothing that its owner asked for is seized.
    // shows: P73
    function test_no_default_begins_after_end() public {
        _withdraw(second, 50e6);
        _default();
        _silence(1 hours + 1);
        defaults.closeMarket(first);
        _silence(6 hours);
        defaults.endMarket();
        skip(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        ledger.move(0);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.MarketEndWrong.selector, true));
        defaults.start(second);
        skip(HORIZON);
        house.pay(second);
        assertEq(usd.balanceOf(bob), 50e6);
    }
}
