// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDefaultFund} from "../../contracts/interfaces/IDefaultFund.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {DefaultStage, FundDefault, WaterfallStep} from "../../contracts/types/Fund.sol";
import {FundFixture} from "./support/FundFixture.sol";
import {CallingToken, TaxedToken, Token} from "./support/Tokens.sol";

/// Contributions, the waterfall, and what members would gain by choosing when they come and go.
contract DefaultFundMoneyTest is FundFixture {
    address private alice;
    address private bob;
    address private carol;
    bytes32 private hers;

    function setUp() public override {
        super.setUp();
        alice = _member("alice", 1, 100);
        bob = _member("bob", 2, 200);
        carol = _member("carol", 3, 300);
        hers = _account(alice, 0);
    }

    // --- groups ---

    function test_groups_by_role() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        fund.setGroup(bob, 9);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.GroupOutOfRange.selector, 128, 129));
        fund.setGroup(bob, 129);
        vm.expectEmit(address(fund));
        emit IDefaultFund.GroupSet(bob, 2, 128);
        fund.setGroup(bob, 128);
        assertEq(fund.groupOf(bob), 128);
        assertEq(fund.members().length, 3);
    }

    function test_groups_caps_move_along() public {
        _contribute(alice, 10_000 * USD);
        _setCap(hers, 5);
        fund.setGroup(alice, 7);
        assertEq(fund.capsOf(1), 0);
        assertEq(fund.capsOf(7), 2_000e2);
        fund.setGroup(alice, 2);
        assertEq(fund.capsOf(2), 2_000e2);
        assertEq(fund.cover().first, 2_000e2);
        assertEq(fund.cover().second, 0);
    }

    function test_groups_leaving_takes_nothing_along() public {
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.MemberInUse.selector, bob));
        fund.setGroup(bob, 0);
        _withdraw(bob, 200 * USD);
        fund.setGroup(bob, 0);
        assertEq(fund.members().length, 2);
        assertEq(fund.members()[1], carol);
        fund.setGroup(carol, 5);
        _withdraw(carol, 300 * USD);
        fund.setGroup(carol, 0);
        assertEq(fund.members().length, 1);
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotMember.selector, carol));
        fund.contribute(1);
    }

    function test_groups_fixed_while_default_open() public {
        fund.noteDefault(hers);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultsOpen.selector, 1));
        fund.setGroup(bob, 1);
        // Somebody new may come: it is not liable for this default.
        _member("dave", 4, 50);
        assertEq(fund.liableOf(hers, makeAddr("dave")), 0);
    }

    function test_groups_at_most_128_members() public {
        for (uint160 i = 4; i <= 128; ++i) fund.setGroup(address(i << 32), uint16(i));
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.TooManyMembers.selector, 128));
        fund.setGroup(address(1), 1);
    }

    // --- contributions ---

    function test_contribute_members_only() public {
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotMember.selector, address(this)));
        fund.contribute(1);
        vm.prank(alice);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        fund.contribute(0);
    }

    function test_contribute_taxed_token_refused() public {
        token = new TaxedToken();
        fund = _newFund(_fundTerms());
        fund.setGroup(alice, 1);
        token.mint(alice, 100);
        vm.startPrank(alice);
        token.approve(address(fund), 100);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.ReceivedOther.selector, address(token), 100, 99));
        fund.contribute(100);
    }

    // shows: A114
    /// Money leaves a horizon after the request, and only for a window: no standing option to leave.
    function test_withdraw_after_horizon_within_window() public {
        vm.startPrank(alice);
        fund.requestContribution(40 * USD);
        uint256 from = vm.getBlockTimestamp() + HORIZON;
        bytes memory outside = abi.encodeWithSelector(IDefaultFund.OutsideWindow.selector, from, from + WINDOW);
        vm.warp(from - 1);
        vm.expectRevert(outside);
        fund.withdrawContribution(alice);
        vm.warp(from + WINDOW + 1);
        vm.expectRevert(outside);
        fund.withdrawContribution(alice);
        vm.warp(from + WINDOW);
        vm.expectEmit(address(fund));
        emit IDefaultFund.ContributionPaid(alice, 40 * USD, bob);
        fund.withdrawContribution(bob);
        assertEq(token.balanceOf(bob), 40 * USD);
        assertEq(_contributionOf(alice), 60 * USD);
        // Once: the request is used up.
        vm.expectRevert(IMarginVault.AmountZero.selector);
        fund.withdrawContribution(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 60 * USD, 60 * USD + 1));
        fund.requestContribution(60 * USD + 1);
    }

    function test_withdraw_cancelled_request() public {
        vm.startPrank(alice);
        fund.requestContribution(40 * USD);
        fund.requestContribution(0);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        fund.withdrawContribution(alice);
    }

    /// What was required of late stays: the fund does not shrink as fast as caps do.
    function test_withdraw_against_remembered_requirement() public {
        _contribute(alice, 1_900 * USD);
        _setCap(hers, 5); // 2 000 dollars, of 2 500 held
        _setCap(hers, 0);
        fund.releaseCap(hers);
        assertEq(fund.cover().required, 0);
        assertEq(fund.cover().remembered, 2_000e2);
        vm.prank(alice);
        fund.requestContribution(2_000 * USD);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        uint256 faded = (2_000 * USD * (MEMORY - HORIZON) + MEMORY - 1) / MEMORY;
        assertEq(fund.cover().remembered, (2_000e2 * uint256(MEMORY - HORIZON) + MEMORY - 1) / MEMORY);
        vm.prank(alice);
        vm.expectRevert();
        fund.withdrawContribution(alice);
        vm.prank(alice);
        fund.requestContribution(500 * USD);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        vm.prank(alice);
        fund.withdrawContribution(alice);
        vm.warp(vm.getBlockTimestamp() + MEMORY);
        assertEq(fund.cover().remembered, 0);
        assertGt(faded, 0);
        _withdraw(alice, 1_500 * USD);
    }

    function test_withdraw_leaves_share() public {
        _contribute(carol, 10_000 * USD);
        _setCap(hers, 1); // a share of 100 dollars, just what alice has
        vm.prank(alice);
        fund.requestContribution(1);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IDefaultFund.ShareTooLow.selector, alice, 100 * USD, 100 * USD - 1)
        );
        fund.withdrawContribution(alice);
    }

    function test_capital_by_role_and_horizon() public {
        _addCapital(50 * USD);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        fund.requestCapital(1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.BalanceTooLow.selector, 50 * USD, 51 * USD));
        fund.requestCapital(51 * USD);
        fund.requestCapital(30 * USD);
        uint256 from = vm.getBlockTimestamp() + HORIZON;
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.OutsideWindow.selector, from, from + WINDOW));
        fund.withdrawCapital(bob);
        vm.warp(from);
        fund.noteDefault(hers);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultsOpen.selector, 1));
        fund.withdrawCapital(bob);
        fund.endDefault(hers);
        fund.withdrawCapital(bob);
        assertEq(token.balanceOf(bob), 30 * USD);
        assertEq(fund.capital(), 20 * USD);
    }

    // --- the waterfall ---

    // shows: P76
    /// Each step pays before the next, and every unit is somewhere.
    function test_waterfall_each_step_in_turn() public {
        address twin = _member("twin", 1, 70);
        _addCapital(50 * USD);
        // Defaulter 100, its group 70, capital 50, others 200 and 300, assessments of 70 + 200 + 300.
        uint256[6] memory losses = [99 * USD, 150 * USD, 200 * USD, 420 * USD, 800 * USD, 2_000 * USD];
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < losses.length; ++i) {
            fund.noteDefault(hers);
            (uint256 paid, uint256 assessed) = _absorb(hers, losses[i]);
            assertEq(paid, losses[i] < 720 * USD ? losses[i] : 720 * USD);
            assertEq(assessed, losses[i] < 720 * USD ? 0 : _min(losses[i] - 720 * USD, 570 * USD));
            assertEq(_contributionOf(alice), 100 * USD - _min(losses[i], 100 * USD));
            assertEq(_contributionOf(twin), 70 * USD - _part(losses[i], 100 * USD, 70 * USD));
            assertEq(fund.capital(), 50 * USD - _part(losses[i], 170 * USD, 50 * USD));
            uint256 others = _part(losses[i], 220 * USD, 500 * USD);
            assertEq(_contributionOf(bob), 200 * USD - others * 2 / 5);
            assertEq(_contributionOf(carol), 300 * USD - others * 3 / 5);
            assertEq(token.balanceOf(address(this)), paid);
            vm.revertToState(snapshot);
        }
    }

    function test_waterfall_events_of_each_step() public {
        address twin = _member("twin", 1, 70);
        _addCapital(50 * USD);
        fund.noteDefault(hers);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossPaid(hers, WaterfallStep.Defaulter, alice, 100 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossPaid(hers, WaterfallStep.Affiliates, twin, 70 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossPaid(hers, WaterfallStep.Capital, address(0), 50 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossPaid(hers, WaterfallStep.Members, bob, 200 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossPaid(hers, WaterfallStep.Members, carol, 300 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.Assessed(hers, bob, 20 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.Assessed(hers, carol, 30 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.Assessed(hers, twin, 7 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.LossAbsorbed(
            hers, 777 * USD, 720 * USD, 57 * USD, uint64(vm.getBlockTimestamp()) + ASSESSMENT_PERIOD
        );
        fund.absorb(hers, 777 * USD);
    }

    /// Proportions of running sums: nothing is lost or made, and nobody pays more than is liable.
    function test_fuzz_waterfall_to_the_unit(uint256 seed, uint256 loss) public {
        uint256 liable = 0;
        for (uint256 i = 0; i < 9; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = 1 + (seed >> (seed & 255)) % 1e15;
            address member = vm.addr(i + 1);
            fund.setGroup(member, uint16(10 + i));
            _contribute(member, amount);
            liable += amount;
        }
        liable += 500 * USD;
        loss = bound(loss, 0, liable + 100 * USD);
        uint256 before = token.balanceOf(address(fund));
        fund.noteDefault(hers);
        (uint256 paid,) = _absorb(hers, loss);
        assertEq(paid, loss);
        assertEq(before - token.balanceOf(address(fund)), loss);
        uint256 sum = 0;
        address[] memory list = fund.members();
        for (uint256 i = 0; i < list.length; ++i) sum += _contributionOf(list[i]);
        assertEq(sum, fund.contributions());
        assertEq(sum, token.balanceOf(address(fund)));
    }

    function test_waterfall_defaulter_no_member() public {
        bytes32 stranger = _account(makeAddr("stranger"), 0);
        _setCap(stranger, 0);
        fund.noteDefault(stranger);
        (uint256 paid, uint256 assessed) = _absorb(stranger, 60 * USD);
        assertEq(paid, 60 * USD);
        assertEq(assessed, 0);
        assertEq(_contributionOf(alice), 90 * USD);
        assertEq(_contributionOf(bob), 180 * USD);
        assertEq(_contributionOf(carol), 270 * USD);
        fund.endDefault(stranger);
    }

    // --- liability ---

    // shows: P76
    /// Who joins, or adds, after the note is not liable for that default; for the next one it is.
    function test_liable_is_what_was_there_at_the_note() public {
        fund.noteDefault(hers);
        address late = _member("late", 4, 1_000);
        _contribute(bob, 50 * USD);
        assertEq(fund.liableOf(hers, late), 0);
        assertEq(fund.liableOf(hers, bob), 200 * USD);
        bytes32 second = _account(makeAddr("second"), 0);
        fund.noteDefault(second);
        assertEq(fund.liableOf(second, late), 1_000 * USD);
        assertEq(fund.liableOf(second, bob), 250 * USD);
        _absorb(hers, 600 * USD);
        assertEq(_contributionOf(late), 1_000 * USD);
        assertEq(_contributionOf(bob), 50 * USD);
        assertEq(_contributionOf(carol), 0);
        _absorb(second, 105 * USD);
        assertEq(_contributionOf(late), 900 * USD);
        assertEq(_contributionOf(bob), 45 * USD);
        fund.endDefault(hers);
        fund.endDefault(second);
        // Replenished: from now on all of it is liable for what comes.
        _contribute(bob, 5 * USD);
        bytes32 third = _account(makeAddr("third"), 0);
        fund.noteDefault(third);
        assertEq(fund.liableOf(third, bob), 50 * USD);
        assertEq(fund.liableOf(third, late), 900 * USD);
        assertEq(fund.liableOf(hers, late), 0);
    }

    /// What is liable for fewer defaults is taken first, and leaves more for the others.
    function test_liable_newest_layer_pays_first() public {
        fund.noteDefault(hers);
        _contribute(bob, 50 * USD);
        bytes32 second = _account(makeAddr("second"), 0);
        fund.noteDefault(second);
        // 100 + 250 + 300: bob's part of 65 is 25.
        _absorb(second, 65 * USD);
        assertEq(_contributionOf(bob), 225 * USD);
        assertEq(fund.liableOf(hers, bob), 200 * USD);
    }

    /// A layer that a loss has emptied pays nothing more; the one below it does.
    function test_liable_empty_layer_is_passed() public {
        fund.noteDefault(hers);
        _contribute(bob, 50 * USD);
        bytes32 second = _account(makeAddr("second"), 0);
        bytes32 third = _account(makeAddr("third"), 0);
        fund.noteDefault(second);
        fund.noteDefault(third);
        // 100 + 250 + 300: bob's part of 130 is all that he paid in last.
        _absorb(second, 130 * USD);
        assertEq(_contributionOf(bob), 200 * USD);
        _absorb(third, 52 * USD);
        assertEq(_contributionOf(bob), 180 * USD);
        assertEq(fund.liableOf(hers, bob), 180 * USD);
    }

    /// A loss, and an assessment, of a single unit: one member pays it, and nobody else is heard of.
    function test_waterfall_single_unit() public {
        bytes32 strange = _account(makeAddr("strange"), 0);
        fund.noteDefault(strange);
        _absorb(strange, 1);
        assertEq(_contributionOf(alice), 100 * USD);
        assertEq(_contributionOf(bob), 200 * USD);
        assertEq(_contributionOf(carol), 300 * USD - 1);
        bytes32 next = _account(makeAddr("next"), 0);
        fund.noteDefault(next);
        (uint256 paid, uint256 assessed) = _absorb(next, 600 * USD);
        assertEq(paid, 600 * USD - 1);
        assertEq(assessed, 1);
        assertEq(_owed(alice) + _owed(bob), 0);
        assertEq(_owed(carol), 1);
    }

    // shows: A114
    /// Nobody leaves once a default is noted, whatever was asked for before.
    function test_liable_cannot_leave_before_the_loss() public {
        vm.prank(bob);
        fund.requestContribution(200 * USD);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        fund.noteDefault(hers);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultsOpen.selector, 1));
        fund.withdrawContribution(bob);
        _absorb(hers, 350 * USD);
        fund.endDefault(hers);
        vm.prank(bob);
        fund.withdrawContribution(bob);
        assertEq(token.balanceOf(bob), 100 * USD);
    }

    function test_liable_layers_bounded() public {
        for (uint256 i = 0; i < 8; ++i) {
            fund.noteDefault(_account(makeAddr("x"), i));
            if (i < 7) _contribute(bob, USD);
        }
        token.mint(bob, USD);
        vm.startPrank(bob);
        token.approve(address(fund), USD);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.TooManyLayers.selector, 8));
        fund.contribute(USD);
        vm.stopPrank();
        assertEq(fund.liableOf(keccak256(abi.encode(makeAddr("x"), 3)), bob), 203 * USD);
    }

    // shows: A115
    function test_default_noted_twice() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotHouse.selector, alice));
        fund.noteDefault(hers);
        fund.noteDefault(hers);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultKnown.selector, hers));
        fund.noteDefault(hers);
        _absorb(hers, 10 * USD);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.WrongStage.selector, hers));
        fund.absorb(hers, 10 * USD);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.WrongStage.selector, hers));
        fund.collect(hers);
        fund.endDefault(hers);
        bytes memory wrong = abi.encodeWithSelector(IDefaultFund.WrongStage.selector, hers);
        vm.expectRevert(wrong);
        fund.endDefault(hers);
        vm.expectRevert(wrong);
        fund.absorb(hers, 1);
        // A later default of the same account is another one.
        fund.noteDefault(hers);
        assertEq(fund.defaultOf(hers).number, 2);
    }

    // --- assessments ---

    // shows: A116
    /// Unpaid, the owner does nothing but a tear-up; paid, everything goes on.
    function test_assessment_holds_transitions_hostage() public {
        bytes32 his = _account(bob, 0);
        _setCap(his, 0);
        fund.noteDefault(hers);
        assertTrue(fund.mayTransition(his));
        _absorb(hers, 700 * USD);
        assertEq(_owed(bob), 40 * USD);
        assertEq(_owed(carol), 60 * USD);
        assertEq(_owed(alice), 0);
        assertFalse(fund.mayTransition(his));
        assertFalse(fund.mayTransition(_account(bob, 1)));
        _proveCap(his, 0);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.AssessmentUnpaid.selector, bob, 40 * USD));
        fund.setCap(his, 0, true);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.WrongStage.selector, hers));
        fund.endDefault(hers);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDefaultFund.AssessmentsOpen.selector, uint64(vm.getBlockTimestamp()) + ASSESSMENT_PERIOD
            )
        );
        fund.collect(hers);

        assertEq(_payAssessment(1, bob, 15 * USD), 15 * USD);
        assertFalse(fund.mayTransition(his));
        assertEq(_payAssessment(1, bob, 40 * USD), 25 * USD);
        assertTrue(fund.mayTransition(his));
        fund.setCap(his, 0, true);
        _payAssessment(1, carol, 60 * USD);
        uint256 before = token.balanceOf(address(this));
        // All is paid: the house need not wait.
        assertEq(fund.collect(hers), 100 * USD);
        assertEq(token.balanceOf(address(this)) - before, 100 * USD);
        assertEq(fund.defaultOf(hers).left, 0);
        fund.endDefault(hers);
        assertTrue(fund.defaultOf(hers).stage == DefaultStage.None);
    }

    /// What comes late finds the loss torn up already. It stays in the fund, and still frees its payer.
    function test_assessment_late_is_capital() public {
        fund.noteDefault(hers);
        _absorb(hers, 700 * USD);
        _payAssessment(1, carol, 60 * USD);
        vm.warp(vm.getBlockTimestamp() + ASSESSMENT_PERIOD + 1);
        assertEq(fund.collect(hers), 60 * USD);
        assertEq(fund.defaultOf(hers).left, 40 * USD);
        fund.endDefault(hers);
        bytes32 his = _account(bob, 0);
        assertFalse(fund.mayTransition(his));
        _approve(41 * USD);
        vm.expectEmit(address(fund));
        emit IDefaultFund.AssessmentPaid(1, bob, 40 * USD, true);
        fund.payAssessment(1, bob, 41 * USD);
        assertEq(fund.capital(), 40 * USD);
        assertTrue(fund.mayTransition(his));
        vm.expectRevert(IMarginVault.AmountZero.selector);
        fund.payAssessment(1, bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.DefaultUnknown.selector, 9));
        fund.payAssessment(9, bob, 1);
    }

    /// One crisis assesses nobody twice over: what earlier defaults took counts.
    function test_assessment_capped_over_a_crisis() public {
        fund.noteDefault(hers);
        bytes32 second = _account(makeAddr("second"), 0);
        fund.noteDefault(second);
        _absorb(hers, 800 * USD); // 600 in the fund, 200 of 500 assessable
        assertEq(_owed(bob), 80 * USD);
        (uint256 paid, uint256 assessed) = _absorb(second, 1_000 * USD);
        assertEq(paid, 0);
        assertEq(assessed, 300 * USD);
        assertEq(_owed(bob), 200 * USD);
        assertEq(_owed(carol), 300 * USD);
        assertEq(fund.owedOf(1, bob), 80 * USD);
        assertEq(fund.owedOf(2, bob), 120 * USD);
        FundDefault memory entry = fund.defaultOf(second);
        assertEq(entry.left, 1_000 * USD);
        assertEq(entry.owed, 300 * USD);
        vm.warp(vm.getBlockTimestamp() + ASSESSMENT_PERIOD + 1);
        fund.collect(hers);
        fund.collect(second);
        fund.endDefault(hers);
        fund.endDefault(second);
        // Another crisis counts from nothing, by what is there then.
        _contribute(carol, 10 * USD);
        bytes32 third = _account(makeAddr("third"), 0);
        fund.noteDefault(third);
        (, assessed) = _absorb(third, 100 * USD);
        assertEq(assessed, 10 * USD);
    }

    function test_assessment_debtor_neither_withdraws_nor_leaves() public {
        fund.noteDefault(hers);
        _absorb(hers, 700 * USD);
        vm.warp(vm.getBlockTimestamp() + ASSESSMENT_PERIOD + 1);
        fund.collect(hers);
        fund.endDefault(hers);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.AssessmentUnpaid.selector, bob, 40 * USD));
        fund.withdrawContribution(bob);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.MemberInUse.selector, bob));
        fund.setGroup(bob, 0);
    }

    // --- reentrancy ---

    // shows: A115
    /// A token that calls back on each transfer gets nowhere.
    function test_reentry_refused_in_every_transfer() public {
        CallingToken calling = new CallingToken();
        token = Token(address(calling));
        fund = _newFund(_fundTerms());
        alice = _member("alice", 1, 0);
        bob = _member("bob", 2, 0);
        bytes[5] memory calls = [
            abi.encodeCall(fund.addCapital, (1)),
            abi.encodeCall(fund.payAssessment, (1, bob, 1)),
            abi.encodeCall(fund.withdrawContribution, (bob)),
            abi.encodeCall(fund.contribute, (1)),
            abi.encodeCall(fund.absorb, (hers, 1))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            calling.callOnTransfer(address(fund), calls[i]);
            _contribute(bob, 1_000);
            _assertRefused(calling);
            _addCapital(10);
            _assertRefused(calling);
            fund.noteDefault(hers);
            fund.absorb(hers, 1_500);
            _assertRefused(calling);
            fund.payAssessment(fund.defaultOf(hers).number, bob, _approve(fund.owedOf(fund.defaultOf(hers).number, bob)));
            _assertRefused(calling);
            fund.collect(hers);
            _assertRefused(calling);
            fund.endDefault(hers);
        }
    }

    function _approve(uint256 amount) private returns (uint256) {
        token.mint(address(this), amount);
        token.approve(address(fund), amount);
        return amount;
    }

    function _assertRefused(CallingToken calling) private {
        assertFalse(calling.succeeded());
        assertEq(bytes4(calling.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        calling.forget();
    }

    // --- inside ---

    function _absorb(bytes32 account, uint256 loss) private returns (uint256 paid, uint256 assessed) {
        uint256 held = fund.contributions() + fund.capital();
        uint256 before = token.balanceOf(address(this));
        (paid, assessed) = fund.absorb(account, loss);
        assertEq(token.balanceOf(address(this)) - before, paid);
        assertEq(held - fund.contributions() - fund.capital(), paid);
    }

    function _withdraw(address member, uint256 amount) private {
        vm.prank(member);
        fund.requestContribution(amount);
        vm.warp(vm.getBlockTimestamp() + HORIZON);
        vm.prank(member);
        fund.withdrawContribution(member);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// What a step of `size` after `before` pays of a loss.
    function _part(uint256 loss, uint256 before, uint256 size) private pure returns (uint256) {
        return loss <= before ? 0 : _min(loss - before, size);
    }
}
