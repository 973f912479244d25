// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IDefaultFund} from "../../contracts/interfaces/IDefaultFund.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {FundCover, FundTerms} from "../../contracts/types/Fund.sol";
import {Status} from "../../contracts/types/Status.sol";
import {FundFixture} from "./support/FundFixture.sol";
import {Token} from "./support/Tokens.sol";

contract DefaultFundCapsTest is FundFixture {
    address private alice;
    address private bob;
    bytes32 private hers;
    bytes32 private his;

    function setUp() public override {
        super.setUp();
        alice = _member("alice", 1, 100_000);
        bob = _member("bob", 2, 100_000);
        (hers, his) = (_account(alice, 0), _account(bob, 0));
    }

    // --- the grid ---

    function test_grid_four_steps_to_a_doubling() public view {
        uint64[10] memory dollars = [uint64(0), 1_000, 1_250, 1_500, 1_750, 2_000, 2_500, 3_000, 3_500, 4_000];
        for (uint64 i = 0; i < dollars.length; ++i) assertEq(fund.capAt(i), dollars[i] * 100);
    }

    /// Its top is the highest value of the grid that a claim's 56 bits carry.
    function test_grid_ends_at_claim_width() public {
        uint64 most = 0;
        while (true) {
            try fund.capAt(most + 1) {
                ++most;
            } catch {
                break;
            }
        }
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.CapOutOfRange.selector, type(uint56).max, most + 1));
        fund.capAt(most + 1);
        uint64 top = fund.capAt(most);
        assertLe(top, type(uint56).max);
        assertGt(uint256(top) * 5 / 4, type(uint56).max);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.CapOutOfRange.selector, type(uint56).max, type(uint64).max));
        fund.capAt(type(uint64).max);
    }

    // shows: A118
    /// A cap says a loss to a quarter, and nothing finer: no number between two steps can be set at all.
    function test_fuzz_grid_next_step_at_most_a_quarter_more(uint64 step) public view {
        step = uint64(bound(step, 1, 150));
        (uint256 cap, uint256 next) = (fund.capAt(step), fund.capAt(step + 1));
        assertGt(next, cap);
        assertLe(next * 4, cap * 5);
    }

    // --- setting caps ---

    function test_set_cap_house_only() public {
        _proveCap(hers, 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotHouse.selector, alice));
        fund.setCap(hers, 1, false);
        vm.prank(makeAddr("defaults"));
        assertEq(fund.setCap(hers, 1, false), 1_000e2);
    }

    function test_set_cap_account_of_house() public {
        bytes32 unknown = keccak256("nobody's");
        _proveCap(unknown, 0);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, unknown));
        fund.setCap(unknown, 0, false);
    }

    // shows: A118
    /// The fund asks the stress gate itself: the house cannot forget to.
    function test_set_cap_without_proof() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, hers, 10_000, int256(1_000e2)));
        fund.setCap(hers, 1, false);
        _setCap(hers, 5);
        // Proven at 2 000, not at 1 000.
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, hers, 10_000, int256(1_000e2)));
        fund.setCap(hers, 1, true);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, hers, 10_000, int256(1_000e2)));
        fund.lowerCap(hers, 1);
    }

    function test_set_cap_emits_sums() public {
        _setCap(his, 1);
        _proveCap(hers, 5);
        vm.expectEmit(address(fund));
        emit IDefaultFund.CapSet(hers, alice, 1, 2_000e2, 2_000e2, 3_000e2);
        fund.setCap(hers, 5, false);
        assertEq(fund.capsOf(1), 2_000e2);
        assertEq(fund.memberOf(alice).caps, 2_000e2);
        assertEq(fund.capOf(hers).cap, 2_000e2);
        assertEq(fund.capOf(hers).owner, alice);
    }

    /// Anybody may clear with a cap of 0; more is for members.
    function test_set_cap_stranger_only_at_zero() public {
        bytes32 account = _account(makeAddr("stranger"), 0);
        assertEq(_setCap(account, 0), 0);
        assertTrue(fund.capOf(account).held);
        _proveCap(account, 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotMember.selector, makeAddr("stranger")));
        fund.setCap(account, 1, false);
    }

    function test_set_cap_needs_share() public {
        address carol = _member("carol", 3, 0);
        bytes32 account = _account(carol, 0);
        _proveCap(account, 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.ShareTooLow.selector, carol, 100 * USD, 0));
        fund.setCap(account, 1, false);
        _contribute(carol, 100 * USD - 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.ShareTooLow.selector, carol, 100 * USD, 100 * USD - 1));
        fund.setCap(account, 1, false);
        _contribute(carol, 1);
        fund.setCap(account, 1, false);
    }

    /// What a member has asked back is no share of what it still takes on.
    function test_set_cap_share_without_request() public {
        _setCap(hers, 1);
        vm.prank(alice);
        fund.requestContribution(100_000 * USD - 99 * USD);
        _proveCap(hers, 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.ShareTooLow.selector, alice, 100 * USD, 99 * USD));
        fund.setCap(hers, 1, false);
        // A transition that reduces goes on.
        fund.setCap(hers, 1, true);
    }

    // --- cover ---

    function test_cover_two_largest_groups() public {
        address carol = _member("carol", 3, 10_000);
        _setCap(hers, 5);
        _setCap(his, 9);
        _setCap(_account(carol, 0), 1);
        FundCover memory cover = fund.cover();
        assertEq(cover.caps, 7_000e2);
        assertEq(cover.first, 4_000e2);
        assertEq(cover.second, 2_000e2);
        assertEq(cover.required, 6_000e2);
        assertEq(cover.held, 210_000e2);
        assertTrue(fund.covered());
    }

    /// 200 000 dollars: two groups of 96 000 are covered, one step more is not.
    function test_cover_raised_cap_needs_it() public {
        uint64 steps = 4 * 6 + 3; // 96 000 dollars
        assertEq(fund.capAt(steps), 96_000e2);
        _setCap(hers, steps);
        _setCap(his, steps);
        _proveCap(hers, steps + 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.Uncovered.selector, 208_000 * USD, 200_000 * USD));
        fund.setCap(hers, steps + 1, false);
        // Not by a transition that reduces either, if the cap rises.
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.Uncovered.selector, 208_000 * USD, 200_000 * USD));
        fund.setCap(hers, steps + 1, true);
    }

    // shows: P76
    /// While the fund is not covered, a transition lowers its cap, or reduces and leaves it.
    function test_cover_lost_lets_only_lower_or_reduce() public {
        uint64 steps = 4 * 6 + 3;
        _setCap(hers, steps);
        _setCap(his, steps);
        bytes32 lost = _account(makeAddr("lost"), 0);
        fund.noteDefault(lost);
        fund.absorb(lost, 50_000 * USD);
        fund.endDefault(lost);
        assertFalse(fund.covered());

        _proveCap(hers, steps);
        bytes memory uncovered =
            abi.encodeWithSelector(IDefaultFund.Uncovered.selector, 192_000 * USD, 150_000 * USD);
        vm.expectRevert(uncovered);
        fund.setCap(hers, steps, false);
        fund.setCap(hers, steps, true);
        _setCap(hers, steps - 1);
        _setCap(his, 4 * 5 + 3);
        assertTrue(fund.covered());
        _setCap(hers, steps - 1);
    }

    // shows: A117
    /// A firm that poses as many groups lowers the two largest, and meets alpha.
    function test_cover_split_firm_meets_alpha() public {
        uint16 parts = 10;
        uint64 steps = 4 * 5 + 3; // 48 000 dollars each
        for (uint16 i = 0; i < parts; ++i) {
            address part = _member(string.concat("part ", vm.toString(i)), 10 + i, 4_800);
            if (i < 20) _proveCap(_account(part, 0), steps);
        }
        uint256 sum = 0;
        for (uint16 i = 0; i < parts; ++i) {
            address part = makeAddr(string.concat("part ", vm.toString(i)));
            sum += 48_000;
            uint256 quarter = sum * USD / 4;
            uint256 two = (i == 0 ? 48_000 : 96_000) * USD;
            assertEq(fund.cover().held * 1e4, 248_000 * USD);
            fund.setCap(_account(part, 0), steps, false);
            assertEq(fund.cover().required * 1e4, quarter > two ? quarter : two);
        }
        // 480 000 at a quarter is 120 000, more than the two largest together.
        assertEq(fund.cover().required, 120_000e2);
    }

    function test_cover_floor_without_caps() public {
        FundTerms memory terms = _fundTerms();
        terms.floor = 500_000e2;
        fund = _newFund(terms);
        assertFalse(fund.covered());
        _addCapital(500_000 * USD);
        assertTrue(fund.covered());
    }

    /// Tokens that were sent to the fund by no function of it cover nothing.
    function test_cover_donation_counts_for_nothing() public {
        token.mint(address(fund), 1_000_000 * USD);
        assertEq(fund.cover().held, 200_000e2);
        assertEq(fund.contributions() + fund.capital(), 200_000 * USD);
    }

    /// The two largest are right after any changes, moves of groups included.
    function test_fuzz_cover_ranks_as_sorted(uint256 seed) public {
        FundTerms memory terms = _fundTerms();
        terms.share = 0;
        fund = _newFund(terms);
        _addCapital(1e15);
        uint256 count = 12;
        for (uint256 i = 0; i < count; ++i) {
            fund.setGroup(vm.addr(i + 1), uint16(1 + i * 7 % 30));
            ownerOf[bytes32(i + 1)] = vm.addr(i + 1);
        }
        for (uint256 step = 0; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 i = seed % count;
            if (seed >> 128 & 7 == 0) {
                fund.setGroup(vm.addr(i + 1), uint16(1 + (seed >> 32) % 30));
            } else {
                _setCap(bytes32(i + 1), uint64((seed >> 64) % 24));
            }
            _assertRanks();
        }
    }

    function _assertRanks() private view {
        uint256 first = 0;
        uint256 second = 0;
        uint256 all = 0;
        for (uint16 group = 1; group <= 30; ++group) {
            uint256 caps = fund.capsOf(group);
            all += caps;
            if (caps > first) (first, second) = (caps, first);
            else if (caps > second) second = caps;
        }
        FundCover memory cover = fund.cover();
        assertEq(cover.caps, all);
        assertEq(cover.first, first);
        assertEq(cover.second, second);
    }

    // --- lower, lapse, release ---

    function test_lower_cap_owner_only() public {
        _setCap(hers, 5);
        _proveCap(hers, 1);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, hers, alice, bob));
        fund.lowerCap(hers, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.CapNotLower.selector, 2_000e2, 2_000e2));
        fund.lowerCap(hers, 5);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NoCap.selector, his));
        fund.lowerCap(his, 1);
        assertEq(fund.lowerCap(hers, 1), 1_000e2);
        assertEq(fund.cover().caps, 1_000e2);
    }

    // shows: P76
    /// What is no longer proven counts on.
    function test_lapsed_cap_keeps_counting() public {
        _setCap(hers, 5);
        assertFalse(fund.isCapLapsed(hers));
        _lapseCap(hers);
        assertTrue(fund.isCapLapsed(hers));
        assertEq(fund.cover().required, 2_000e2);
    }

    function test_lapsed_cap_overdue_after_grace() public {
        _setCap(hers, 5);
        fund.recordCapLapse(hers);
        assertEq(fund.capOf(hers).lapsedAt, 0);
        _lapseCap(hers);
        assertFalse(fund.isCapOverdue(hers));
        vm.expectEmit(address(fund));
        emit IDefaultFund.CapLapsed(hers);
        fund.recordCapLapse(hers);
        _wait(CAP_GRACE);
        assertFalse(fund.isCapOverdue(hers));
        _wait(1);
        assertTrue(fund.isCapOverdue(hers));
        // Once recorded, a second record does not start the grace again.
        fund.recordCapLapse(hers);
        assertTrue(fund.isCapOverdue(hers));
        _proveCap(hers, 5);
        assertFalse(fund.isCapOverdue(hers));
    }

    /// Proven again and lapsed again is another lapse, whether anybody took the first off the record or not.
    function test_lapsed_cap_renewal_starts_again() public {
        _setCap(hers, 5);
        _lapseCap(hers);
        fund.recordCapLapse(hers);
        _wait(CAP_GRACE + 1);
        ledger.move(0);
        gate.setHealthy(hers, 10_000);
        _proveCap(hers, 5);
        gate.setStatus(hers, Status.Unknown);
        _lapseCap(hers);
        assertFalse(fund.isCapOverdue(hers));
        fund.recordCapLapse(hers);
        assertFalse(fund.isCapOverdue(hers));
        _wait(CAP_GRACE + 1);
        assertTrue(fund.isCapOverdue(hers));
        _proveCap(hers, 5);
        vm.expectEmit(address(fund));
        emit IDefaultFund.CapRestored(hers);
        fund.recordCapLapse(hers);
    }

    // shows: A118
    /// Nobody is in default for time in which nobody could prove: caps lapse for everybody at once.
    function test_lapsed_cap_outage_is_no_default() public {
        _setCap(hers, 5);
        _lapseCap(hers);
        vm.warp(vm.getBlockTimestamp() + ledger.maxRoundAge() + 1);
        fund.recordCapLapse(hers);
        assertEq(fund.capOf(hers).lapsedAt, 0);
        ledger.move(0);
        fund.recordCapLapse(hers);
        vm.warp(vm.getBlockTimestamp() + CAP_GRACE + 1);
        assertFalse(fund.isCapOverdue(hers));
        // The market comes back, and the grace begins then.
        ledger.move(0);
        assertFalse(fund.isCapOverdue(hers));
        _wait(CAP_GRACE + 1);
        assertTrue(fund.isCapOverdue(hers));
        profile.nextEpoch();
        ledger.move(0);
        assertFalse(fund.isCapOverdue(hers));
        _wait(CAP_GRACE + 1);
        assertTrue(fund.isCapOverdue(hers));
        profile.pause();
        assertFalse(fund.isCapOverdue(hers));
        profile.unpause();
        assertFalse(fund.isCapOverdue(hers));
    }

    /// A lapse is what the gate says, not what a call without gas says.
    function test_lapsed_cap_gate_without_gas() public {
        _setCap(hers, 5);
        vm.mockCallRevert(
            address(gate), abi.encodeWithSignature("requireMargin(bytes32,uint256,int256)", hers, 10_000, 2_000e2), ""
        );
        vm.expectRevert(IDefaultFund.StressGateFailed.selector);
        fund.isCapLapsed(hers);
        vm.expectRevert(IDefaultFund.StressGateFailed.selector);
        fund.recordCapLapse(hers);
    }

    function test_release_cap_house_only() public {
        _setCap(hers, 5);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NotHouse.selector, alice));
        fund.releaseCap(hers);
        fund.releaseCap(hers);
        assertEq(fund.cover().caps, 0);
        assertFalse(fund.capOf(hers).held);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NoCap.selector, hers));
        fund.releaseCap(hers);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.NoCap.selector, hers));
        fund.recordCapLapse(hers);
        assertFalse(fund.isCapLapsed(hers));
    }

    function test_frozen_cap_in_default() public {
        _setCap(hers, 5);
        fund.noteDefault(hers);
        _proveCap(hers, 1);
        bytes memory known = abi.encodeWithSelector(IDefaultFund.DefaultKnown.selector, hers);
        vm.expectRevert(known);
        fund.setCap(hers, 1, true);
        vm.expectRevert(known);
        fund.releaseCap(hers);
        vm.prank(alice);
        vm.expectRevert(known);
        fund.lowerCap(hers, 1);
        assertEq(fund.cover().caps, 2_000e2);
        fund.endDefault(hers);
        assertEq(fund.cover().caps, 0);
        assertFalse(fund.capOf(hers).held);
    }

    /// Who is in default takes on nothing elsewhere.
    function test_set_cap_owner_in_default() public {
        bytes32 other = _account(alice, 1);
        _setCap(other, 5);
        fund.noteDefault(hers);
        _proveCap(other, 5);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.OwnerInDefault.selector, alice));
        fund.setCap(other, 5, false);
        fund.setCap(other, 5, true);
    }

    function test_set_cap_ends_recorded_lapse() public {
        _setCap(hers, 5);
        _lapseCap(hers);
        fund.recordCapLapse(hers);
        assertGt(fund.capOf(hers).lapsedAt, 0);
        _setCap(hers, 5, true);
        assertEq(fund.capOf(hers).lapsedAt, 0);
        _wait(CAP_GRACE + 1);
        assertFalse(fund.isCapOverdue(hers));
    }

    function test_caps_of_group_out_of_range() public {
        assertEq(fund.capsOf(128), 0);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.GroupOutOfRange.selector, 128, 129));
        fund.capsOf(129);
    }

    // --- terms ---

    function test_terms_bounds() public {
        FundTerms memory terms = _fundTerms();
        terms.alpha = 0;
        _refuse(terms, "alpha", 1, 10_000, 0);
        terms = _fundTerms();
        terms.share = terms.alpha + 1;
        _refuse(terms, "share", 0, terms.alpha, terms.share);
        terms = _fundTerms();
        terms.horizon = 1 hours - 1;
        _refuse(terms, "horizon", 1 hours, 365 days, terms.horizon);
        terms = _fundTerms();
        terms.window = terms.horizon / 4 + 1;
        _refuse(terms, "window", 1, terms.horizon / 4, terms.window);
        terms = _fundTerms();
        terms.memoryPeriod = terms.horizon - 1;
        _refuse(terms, "memoryPeriod", terms.horizon, type(uint32).max, terms.memoryPeriod);
        terms = _fundTerms();
        terms.grace = 0;
        _refuse(terms, "grace", 1, type(uint32).max, 0);
        terms = _fundTerms();
        terms.assessmentPeriod = 0;
        _refuse(terms, "assessmentPeriod", 1, type(uint32).max, 0);
        terms = _fundTerms();
        terms.leastCap = 0;
        _refuse(terms, "leastCap", 4, type(uint56).max - 3, 0);
        terms.leastCap = 6;
        _refuse(terms, "leastCap", 4, type(uint56).max, 6);
    }

    function test_settlement_decimals_bounds() public {
        token = new Token("COARSE", 1);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.SettlementDecimals.selector, 2, 18, 1));
        this.newFund(_fundTerms());
        token = new Token("FINE", 19);
        vm.expectRevert(abi.encodeWithSelector(IDefaultFund.SettlementDecimals.selector, 2, 18, 19));
        this.newFund(_fundTerms());
    }

    function _refuse(FundTerms memory terms, bytes32 term, uint256 least, uint256 most, uint256 got) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TermOutOfRange.selector, term, least, most, got));
        this.newFund(terms);
    }

    function newFund(FundTerms memory terms) external {
        _newFund(terms);
    }

    /// Time passes, with a fresh market.
    function _wait(uint256 time) private {
        for (uint256 end = vm.getBlockTimestamp() + time; vm.getBlockTimestamp() < end;) {
            uint256 step = end - vm.getBlockTimestamp();
            vm.warp(vm.getBlockTimestamp() + (step < 30 minutes ? step : 30 minutes));
            ledger.move(0);
        }
    }
}
