// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ClearingDefaults} from "../../contracts/clearing/ClearingDefaults.sol";
import {IClearingDefaults} from "../../contracts/interfaces/IClearingDefaults.sol";
import {IClearingHouse} from "../../contracts/interfaces/IClearingHouse.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {DefaultTerms, Estate} from "../../contracts/types/Estate.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Stage, TearUp, TransitionCall} from "../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "./support/HouseFixture.sol";

/// From silence to the end of a default: two members with opposite lines, whose books the test knows.
contract ClearingDefaultsTest is HouseFixture {
    /// Quanta of asset 0 that alice is long and bob short: 1 000 dollars.
    int256 internal constant SIZE = 1e12 + 37;
    int256 internal constant PRICE = 1e9 + 5;

    int256 internal aliceBasis = 300e18 - SIZE * PRICE;
    int256 internal bobBasis = 500e18 + SIZE * PRICE;
    int256[16] internal alicePerp;
    int256[16] internal bobPerp;

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

    /// Time passes in which bob proves his book and alice does not.
    function _silence(uint256 time) private {
        uint256 end = block.timestamp + time;
        while (block.timestamp < end) {
            skip(30 minutes);
            ledger.move(0);
            _proveAgain(second);
        }
    }

    function _default() private {
        _silence(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        vm.prank(stranger);
        defaults.start(first);
    }

    function _defaultAndReveal() private {
        _default();
        (uint256 hash, Proof memory proof) =
            _reveal(first, 2, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
    }

    /// Bob bids for parts, at what they cost now and a little more.
    function _bid(uint256 parts, int256 more) private returns (int256 cash) {
        cash = defaults.priceOf(first, parts) + more;
        Plan memory plan = _plan(second);
        plan.deltaPerp = defaults.sharesOf(first, parts);
        plan.deltaBasis = -cash;
        defaults.bid(first, parts, cash, _make(plan));
        bobBasis -= cash;
        for (uint256 u = 0; u < 16; ++u) {
            bobPerp[u] += plan.deltaPerp[u];
        }
    }

    /// What backs the books is what the books say, at any price.
    function _expectConserved() private view {
        Estate memory estate = defaults.estateOf(first);
        int256 total = bobBasis + estate.cash + int256(house.dust() + defaults.dust());
        if (estate.revealedAt == 0) total += aliceBasis;
        assertEq(total, int256(house.held() * UNIT));
        int256 open = bobPerp[0] + (estate.revealedAt == 0 ? SIZE : estate.perp[0]);
        assertEq(open, 0);
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked());
    }

    // shows: P75
    function test_start_refused_unless_in_default() public {
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.NotInDefault.selector, first));
        defaults.start(first);
        _silence(MAX_PROOF_AGE + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.NotInDefault.selector, first));
        defaults.start(first);
        _silence(1 hours + 1);
        vm.expectEmit(address(defaults));
        emit IClearingDefaults.DefaultStarted(first, address(this), 2, uint64(block.timestamp) + 1 hours);
        defaults.start(first);
        assertEq(uint256(_stage(first)), uint256(Stage.Frozen));
        assertEq(house.openDefaults(), 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AccountNotOpen.selector, first, Stage.Frozen));
        defaults.start(first);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.NotInDefault.selector, second));
        defaults.start(second);
        _expectConserved();
    }

    // shows: P75, A129
    function test_reveal_is_of_the_frozen_book_alone() public {
        (uint256 hash, Proof memory proof) =
            _reveal(first, 2, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
        _default();
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        defaults.reveal(first, aliceBasis + 1, alicePerp, hash, proof);
        int256[16] memory other = alicePerp;
        other[3] = 1;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        defaults.reveal(first, aliceBasis, other, hash, proof);
        vm.expectEmit(address(defaults));
        emit IClearingDefaults.EstateRevealed(first, aliceBasis, alicePerp, 0);
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
        vm.snapshotGasLastCall("ClearingDefaults", "reveal");
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
        assertEq(uint256(_stage(first)), uint256(Stage.Revealed));
        assertEq(defaults.estateOf(first).left, 100);
        _expectConserved();
    }

    // shows: P75
    function test_price_falls_from_premium_to_discount() public {
        _defaultAndReveal();
        int256 gross = SIZE * PRICE;
        assertEq(defaults.priceOf(first, 100), gross + gross * 200 / 10_000);
        skip(1 hours);
        ledger.move(0);
        int256 from = gross + gross * 200 / 10_000;
        int256 to = gross - gross * 1_000 / 10_000;
        assertEq(defaults.priceOf(first, 100), from - (from - to) / 2);
        skip(1 hours + 10 minutes);
        ledger.move(0);
        assertEq(defaults.priceOf(first, 100), to);
        // It follows the market.
        _mid(PRICE * 2);
        assertEq(defaults.priceOf(first, 100), 2 * gross - 2 * gross * 1_000 / 10_000);
        skip(2 hours);
        vm.expectPartialRevert(IClearingDefaults.RoundStale.selector);
        defaults.priceOf(first, 100);
    }

    // shows: P75
    function test_estate_is_sold_in_parts_and_rest_is_owed() public {
        _defaultAndReveal();
        skip(1 hours);
        ledger.move(0);
        _proveAgain(second);
        int256 price = defaults.priceOf(first, 30);
        Plan memory plan = _plan(second);
        (plan.deltaPerp, plan.deltaBasis) = (defaults.sharesOf(first, 30), 1 - price);
        TransitionCall memory made = _make(plan);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.BidTooLow.selector, price, price - 1));
        defaults.bid(first, 30, price - 1, made);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.PartsOutOfRange.selector, 100, 0));
        defaults.bid(first, 0, price, made);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.PartsOutOfRange.selector, 100, 101));
        defaults.bid(first, 101, price, made);
        // What the buyer has signed is of that cash and those parts.
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, second, bob));
        defaults.bid(first, 30, price, made);
        // Parts are whole quanta; the last buyer takes the remainder.
        assertEq(plan.deltaPerp[0], 30 * (SIZE / 100));
        _bid(30, 7);
        vm.snapshotGasLastCall("ClearingDefaults", "bid");
        _expectConserved();
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingDefaults.EstateAuctionRunning.selector, defaults.estateOf(first).revealedAt + 2 hours
            )
        );
        defaults.settle(first);
        skip(1);
        ledger.move(0);
        _bid(69, 0);
        skip(1);
        ledger.move(0);
        _bid(1, 0);
        _expectConserved();
        assertEq(bobPerp[0], 0);
        defaults.settle(first);
        vm.snapshotGasLastCall("ClearingDefaults", "settle");
        _expectConserved();
        assertEq(uint256(_stage(first)), uint256(Stage.Settled));
        assertEq(house.openDefaults(), 0);
        uint256 owed = house.withdrawalOf(first).amount;
        assertGt(owed, 0);
        skip(HORIZON);
        house.pay(first);
        assertEq(usd.balanceOf(alice), owed);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.settle(first);
    }

    /// Nobody bids: the lines close at the middle of the market, for everybody.
    // shows: P75
    function test_unsold_estate_is_torn_up_at_the_market() public {
        _defaultAndReveal();
        _silence(2 hours + 1);
        defaults.settle(first);
        assertEq(defaults.tearUps(), 1);
        TearUp memory torn = defaults.tearUpAt(1);
        assertEq(torn.assets, 1);
        assertEq(torn.netPrice[0], PRICE);
        assertEq(house.withdrawalOf(first).amount, 300e6);
        assertFalse(house.isCurrent(second));
        house.refresh(_make(_plan(second)));
        assertTrue(house.isCurrent(second));
        bobBasis += bobPerp[0] * PRICE;
        bobPerp[0] = 0;
        _expectConserved();
        assertEq(bobBasis, 500e18);
    }

    /// A loss beyond everything: what was asked for is cut, then the other side of the lines pays.
    // shows: P76, A130
    function test_loss_beyond_fund_cuts_and_tears_up() public {
        _withdraw(second, 50e6);
        bobBasis -= 50e18;
        _mid(PRICE * 6 / 10);
        _defaultAndReveal();
        _silence(2 hours + 1);
        // Alice has lost 400 dollars of 300.
        defaults.settle(first);
        assertEq(house.asked(), 0);
        assertEq(house.held(), 800e6);
        TearUp memory torn = defaults.tearUpAt(1);
        assertGt(torn.netPrice[0], PRICE * 6 / 10);
        bobBasis += bobPerp[0] * torn.netPrice[0];
        bobPerp[0] = 0;
        _expectConserved();
        // The estate lacks nothing and has nothing but what rounding left.
        assertLt(defaults.dust(), uint256(2 * SIZE));
        assertEq(house.withdrawalOf(first).amount, 0);
        assertApproxEqAbs(bobBasis, 800e18, uint256(2 * SIZE));
    }

    /// Where no prices bring in what is missing, the market ends.
    // shows: P76
    function test_impossible_tear_up_ends_market() public {
        profile.setShocks(0);
        _mid(PRICE * 6 / 10);
        _defaultAndReveal();
        _silence(2 hours + 1);
        defaults.settle(first);
        assertEq(defaults.endedAt(), block.timestamp);
        assertEq(defaults.tearUps(), 0);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EstateStageWrong.selector, first));
        defaults.settle(first);
        (uint256 hash, Proof memory proof) =
            _reveal(second, 2, registry.bookOf(second).commitment, bobBasis, bobPerp);
        defaults.claimAtEnd(second, bobBasis, bobPerp, hash, proof);
        skip(1 days + 1);
        // Bob has won 400 dollars, of which alice had 300.
        assertEq(defaults.payAtEnd(second), 800e6);
    }

    // shows: P77, A131
    function test_unrevealed_book_closes_and_ends_market() public {
        _default();
        skip(1 hours);
        ledger.move(0);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.TooEarlyToEnd.selector, block.timestamp + 1));
        defaults.closeMarket(first);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.MarketEndWrong.selector, false));
        defaults.endMarket();
        vm.prank(stranger);
        defaults.closeMarket(first);
        _refuseTrade(
            _sidesOf(first, second, 5), abi.encodeWithSelector(IClearingHouse.MarketIsClosed.selector, false)
        );
        _silence(6 hours);
        (uint256 hash, Proof memory proof) =
            _reveal(second, 2, registry.bookOf(second).commitment, bobBasis, bobPerp);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.MarketEndWrong.selector, false));
        defaults.claimAtEnd(second, bobBasis, bobPerp, hash, proof);
        // Alice is worth 400 dollars, bob 400.
        _mid(PRICE + PRICE / 10);
        defaults.endMarket();
        TransitionCall memory made = _make(_plan(second));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.MarketIsClosed.selector, true));
        house.refresh(made);
        defaults.claimAtEnd(second, bobBasis, bobPerp, hash, proof);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EndClaimWrong.selector, second));
        defaults.claimAtEnd(second, bobBasis, bobPerp, hash, proof);
        (hash, proof) = _reveal(first, 2, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        defaults.claimAtEnd(first, aliceBasis, alicePerp, hash, proof);
        vm.expectPartialRevert(IClearingDefaults.TooEarlyToEnd.selector);
        defaults.payAtEnd(second);
        skip(1 days + 1);
        uint256 paid = defaults.payAtEnd(second) + defaults.payAtEnd(first);
        assertApproxEqAbs(paid, 800e6, 2);
        assertLe(paid, 800e6);
        assertApproxEqAbs(usd.balanceOf(alice), 400e6, 1e6);
        vm.expectRevert(abi.encodeWithSelector(IClearingDefaults.EndClaimWrong.selector, second));
        defaults.payAtEnd(second);
    }

    /// What the owner had asked for is part of its estate.
    // shows: A123
    function test_own_request_backs_own_default() public {
        Plan memory plan = _plan(first);
        plan.deltaBasis = -200e18;
        TransitionCall memory made = _make(plan);
        vm.prank(alice);
        house.withdraw(made, 200e6, alice);
        aliceBasis -= 200e18;
        _default();
        assertEq(house.withdrawalOf(first).amount, 0);
        (uint256 hash, Proof memory proof) =
            _reveal(first, 3, registry.bookOf(first).commitment, aliceBasis, alicePerp);
        defaults.reveal(first, aliceBasis, alicePerp, hash, proof);
        assertEq(defaults.estateOf(first).cash, aliceBasis + 200e18);
        _expectConserved();
    }

    /// A tear-up while an estate is for sale closes its lines as well.
    // shows: P74
    function test_tear_up_closes_lines_of_estates() public {
        _defaultAndReveal();
        TearUp memory torn;
        (torn.assets, torn.netPrice[0]) = (1, PRICE - 9);
        defaults.tearUp(torn);
        assertEq(defaults.sharesOf(first, 100)[0], 0);
        _silence(2 hours + 1);
        defaults.settle(first);
        assertEq(house.withdrawalOf(first).amount, uint256(300e18 - SIZE * 9) / UNIT);
    }

    function test_terms_refused_out_of_bounds() public {
        DefaultTerms memory terms = _defaultTerms();
        terms.revealPeriod = 0;
        _refuseTerms(terms, "reveal", 1, 30 days, 0);
        terms = _defaultTerms();
        terms.premium = 10_001;
        _refuseTerms(terms, "premium", 0, 10_000, 10_001);
    }

    function _refuseTerms(DefaultTerms memory terms, bytes32 what, uint256 least, uint256 most, uint256 got) private {
        vm.expectRevert(
            abi.encodeWithSelector(IClearingDefaults.DefaultTermOutOfRange.selector, what, least, most, got)
        );
        new ClearingDefaults(address(house), terms);
    }
}
