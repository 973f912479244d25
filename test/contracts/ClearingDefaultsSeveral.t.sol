// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IClearingHouse} from "../../contracts/interfaces/IClearingHouse.sol";
import {IDefaultFund} from "../../contracts/interfaces/IDefaultFund.sol";
import {DefaultStage} from "../../contracts/types/Fund.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Stage, TearUp, TransitionCall} from "../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "./support/HouseFixture.sol";

/// Two defaults after each other, and two at once, each through the house's fund. Alice is long asset 0 and bob asset 1; dave is
/// short both. Carol and dave have money in the fund.
contract ClearingDefaultsSeveralTest is HouseFixture {
    uint256 private constant DAVE_KEY = 0xda7e;
    /// Quanta of a line: 1 000 dollars of asset 0, 2 000 of asset 1.
    int256 private constant SIZE = 1e12;

    address private carol = makeAddr("carol");
    address private dave = vm.addr(DAVE_KEY);
    bytes32 private third;
    int256[2] private prices = [int256(1e9 + 5), 2e9 + 5];
    int256 private daveBasis = 2_000e18;
    bytes32[] private provers;

    function setUp() public override {
        super.setUp();
        profile.setShocks(2_000);
        _keys[dave] = DAVE_KEY;
        third = _openHouse(dave);
        _deposit(first, 300e6);
        _deposit(second, 300e6);
        _deposit(third, 2_000e6);
        for (uint256 u = 0; u < 2; ++u) {
            _trade(_sidesOf(u == 0 ? first : second, third, 1 + u));
            daveBasis += SIZE * prices[u];
        }
        provers = [first, second, third];
    }

    // --- what happens ---

    function _fall(uint256 u, int256 by) private {
        uint256 price = uint256(prices[u] - by);
        ledger.setPrice(u, uint64(price) - 5, uint64(price) + 5);
    }

    function _contribute(address who, uint16 group, uint256 amount) private {
        if (fund.groupOf(who) == 0) fund.setGroup(who, group);
        usd.mint(who, amount);
        vm.startPrank(who);
        usd.approve(address(fund), amount);
        fund.contribute(amount);
        vm.stopPrank();
    }

    function _payAssessment(uint32 number, address who, uint256 amount) private {
        usd.mint(who, amount);
        vm.startPrank(who);
        usd.approve(address(fund), amount);
        assertEq(fund.payAssessment(number, who, amount), amount);
        vm.stopPrank();
    }

    /// Time passes in which those who are not silent prove their books.
    function _live(uint256 time) private {
        uint256 end = block.timestamp + time;
        while (block.timestamp < end) {
            skip(30 minutes);
            ledger.move(0);
            for (uint256 i = 0; i < provers.length; ++i) _proveAgain(provers[i]);
        }
    }

    function _silent(uint256 i) private {
        provers[i] = provers[provers.length - 1];
        provers.pop();
    }

    function _revealLong(bytes32 of_, uint256 u) private {
        int256[16] memory perp;
        perp[u] = SIZE;
        int256 basis = 300e18 - SIZE * prices[u];
        (uint256 hash, Proof memory proof) = _reveal(of_, 2, registry.bookOf(of_).commitment, basis, perp);
        defaults.reveal(of_, basis, perp, hash, proof);
    }

    /// Dave closes what was torn up.
    function _closeTorn() private {
        Plan memory plan = _plan(third);
        for (uint256 u = 0; u < 2; ++u) {
            if ((plan.tearUp.assets >> u) & 1 == 1) daveBasis -= SIZE * plan.tearUp.netPrice[u];
        }
        house.refresh(_make(plan));
        assertTrue(house.isCurrent(third));
    }

    function _refuseRefresh(bytes memory error) private {
        TransitionCall memory made = _make(_plan(third));
        vm.expectRevert(error);
        house.refresh(made);
    }

    /// Every unit is held for a book, asked for, or in the fund.
    function _expectEveryUnit() private view {
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked());
        assertEq(usd.balanceOf(address(fund)), fund.contributions() + fund.capital());
        assertEq(usd.balanceOf(address(defaults)), 0);
        assertEq(usd.totalSupply(), usd.balanceOf(address(house)) + usd.balanceOf(address(fund)));
        // Both others are settled: all that is held is dave's.
        assertEq(daveBasis + int256(house.dust() + defaults.dust()), int256(house.held() * UNIT));
        (uint32 open,) = fund.defaults();
        assertEq(open + house.openDefaults(), 0);
    }

    // --- after each other ---

    // shows: P71, P72, P76
    function test_successive_defaults_take_what_each_has_found() public {
        _contribute(carol, 1, 60e6);
        _contribute(dave, 2, 30e6);
        _firstDefault();
        _secondDefault();
        // 2 600 were paid in, 90 and 53 the fund paid, 6 and 50 came by assessments.
        assertEq(house.held(), 2_800e6);
        assertEq(fund.contributions() + fund.capital(), 0);
        _expectEveryUnit();
    }

    /// Alice lacks 100: the fund pays 90, and of 10 that carol and dave are assessed, dave pays nothing in time.
    function _firstDefault() private {
        _fall(0, 4e8);
        _silent(0);
        _live(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        defaults.start(first);
        _contribute(dave, 2, 50e6);
        assertEq(fund.liableOf(first, dave), 30e6);
        _revealLong(first, 0);
        assertEq(defaults.estateOf(first).funded, 90e18);
        _live(2 hours + 1);
        defaults.settle(first);
        assertEq(uint256(fund.defaultOf(first).stage), uint256(DefaultStage.Absorbed));
        assertEq(fund.memberOf(carol).owed, 6_666_666);
        assertEq(fund.memberOf(dave).owed, 3_333_334);
        // What he paid in after the note is whole.
        assertEq(fund.memberOf(dave).contribution, 50e6);
        _refuseRefresh(abi.encodeWithSelector(IDefaultFund.AssessmentUnpaid.selector, dave, 3_333_334));
        TransitionCall memory made = _make(_plan(third));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AssessmentOwed.selector, third));
        vm.prank(dave);
        house.exit(made, 0, dave, 0, made.proof);
        _payAssessment(1, carol, 6_666_666);
        _live(1 hours + 1);
        defaults.settle(first);
        assertEq(uint256(_stage(first)), uint256(Stage.Settled));
        assertGt(defaults.tearUpAt(1).netPrice[0], prices[0] - 4e8);
        // A hostage closes its torn-up lines, and can do nothing else until it has paid.
        _closeTorn();
        _refuseRefresh(abi.encodeWithSelector(IDefaultFund.AssessmentUnpaid.selector, dave, 3_333_334));
        vm.expectPartialRevert(IDefaultFund.AssessmentUnpaid.selector);
        vm.prank(dave);
        fund.withdrawContribution(dave);
        _payAssessment(1, dave, 3_333_334);
        assertEq(fund.capital(), 3_333_334);
        house.refresh(_make(_plan(third)));
    }

    /// Bob lacks 150: capital and what dave paid in before this note pay 53, dave's assessment 50, and the rest is torn up.
    function _secondDefault() private {
        _fall(1, 4.5e8);
        _silent(1);
        _live(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        defaults.start(second);
        assertEq(fund.liableOf(second, carol), 0);
        assertEq(fund.liableOf(second, dave), 50e6);
        _revealLong(second, 1);
        _live(2 hours + 1);
        defaults.settle(second);
        // Another crisis: what he was assessed in the first does not count.
        assertEq(fund.memberOf(dave).owed, 50e6);
        assertEq(fund.memberOf(carol).owed, 0);
        _payAssessment(2, dave, 50e6);
        defaults.settle(second);
        TearUp memory torn = defaults.tearUpAt(2);
        // 46.67 dollars of 10^12 quanta.
        assertApproxEqAbs(torn.netPrice[1], prices[1] - 4.5e8 + 46_666_666, 1);
        _closeTorn();
    }

    // --- at once ---

    // shows: P69, P71, P72, P76
    function test_defaults_at_once_take_what_each_note_found() public {
        _contribute(carol, 1, 60e6);
        _contribute(dave, 2, 30e6);
        _contribute(bob, 3, 20e6);
        vm.prank(carol);
        fund.requestContribution(60e6);
        _withdraw(third, 50e6);
        daveBasis -= 50e18;
        _fall(0, 4e8);
        _fall(1, 4.5e8);
        provers = [third];
        _live(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        defaults.start(first);
        _contribute(dave, 2, 50e6);
        defaults.start(second);
        _contribute(carol, 1, 1_000e6);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultsOpen.selector, 2));
        fund.withdrawContribution(carol);
        _revealLong(first, 0);
        _revealLong(second, 1);
        // The first to be revealed is promised all that is liable for it; the other has the rest of its own.
        assertEq(defaults.estateOf(first).funded, 110e18);
        assertEq(defaults.estateOf(second).funded, 50e18);
        _live(2 hours + 1);
        _settleSecond();
        skip(HORIZON);
        ledger.move(0);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.PaymentWhileDefault.selector, 1));
        house.pay(third);
        _settleFirst();
        _expectEveryUnit();
    }

    /// Alice has won 2 400, of which dave, who is in default too, lacks 400: her rest waits until his loss is settled.
    // shows: P71, P72
    function test_rest_waits_for_losses_of_others() public {
        _fall(0, -2.4e9);
        provers = [second];
        _live(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        defaults.start(first);
        defaults.start(third);
        _revealLong(first, 0);
        int256[16] memory perp;
        (perp[0], perp[1]) = (-SIZE, -SIZE);
        (uint256 hash, Proof memory proof) = _reveal(third, 3, registry.bookOf(third).commitment, daveBasis, perp);
        defaults.reveal(third, daveBasis, perp, hash, proof);
        _live(2 hours + 1);
        uint256 held = house.held();
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.HeldTooLow.selector, 2_700e6, held));
        defaults.settle(first);
        defaults.settle(third);
        defaults.settle(first);
        // At one λ asset 0 bears 3 400 / 5 400 of the 400, and asset 1, which is bob's, the rest.
        assertApproxEqAbs(house.withdrawalOf(first).amount, 2_700e6 - 251_851_851, 2);
        assertApproxEqAbs(house.held(), 300e6 - 148_148_148, 2);
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked());
        assertEq(house.openDefaults(), 0);
    }

    /// Bob lacks 150: his own 20, and 130 of carol's 60 and dave's 80.
    function _settleSecond() private {
        defaults.settle(second);
        assertEq(uint256(_stage(second)), uint256(Stage.Settled));
        assertEq(fund.memberOf(bob).contribution, 0);
        assertEq(fund.memberOf(carol).contribution, 1_000e6 + 4_285_715);
        assertEq(fund.memberOf(dave).contribution, 5_714_285);
        // What was paid in between the two notes paid first. Later money paid nothing.
        assertEq(fund.liableOf(first, dave), 5_714_285);
        assertEq(fund.liableOf(first, carol), 4_285_715);
    }

    /// Alice lacks 100: 10 are left, 90 are assessed of what each had at the first note, and bob, who is not in default any
    /// more, owes as well.
    function _settleFirst() private {
        defaults.settle(first);
        assertEq(fund.memberOf(carol).owed, 49_090_909);
        assertEq(fund.memberOf(dave).owed, 24_545_454);
        assertEq(fund.memberOf(bob).owed, 16_363_637);
        assertEq(fund.memberOf(carol).contribution, 1_000e6);
        _payAssessment(1, carol, 49_090_909);
        _payAssessment(1, dave, 24_545_454 - 4_545_454);
        skip(1 hours + 1);
        ledger.move(0);
        defaults.settle(first);
        // 20.91 are missing, and what dave had asked for is cut by them.
        assertApproxEqAbs(house.withdrawalOf(third).amount, 50e6 - 20_909_091, 1);
        assertEq(defaults.tearUpAt(2).netPrice[0], prices[0] - 4e8);
        _closeTorn();
        _payAssessment(1, bob, 16_363_637);
        _payAssessment(1, dave, 4_545_454);
        assertEq(fund.capital(), 20_909_091);
    }
}
