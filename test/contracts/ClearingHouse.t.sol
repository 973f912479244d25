// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ClearingHouse} from "../../contracts/ClearingHouse.sol";

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IClearingHouse} from "../../contracts/interfaces/IClearingHouse.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {CreditRegistry} from "../../contracts/credit/CreditRegistry.sol";
import {CreditTerms, LineTerms} from "../../contracts/types/Credit.sol";
import {AttestedBook, Attestation} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {HealthCall, HouseTerms, Stage, TearUp, TransitionCall} from "../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "./support/HouseFixture.sol";
import {Token} from "./support/Tokens.sol";

/// What members do, and what becomes of their money. ClearingHouseAttacks has what they may not do.
contract ClearingHouseTest is HouseFixture {
    function test_open_makes_account_that_house_owns() public {
        vm.prank(alice);
        bytes32 third = house.open("third");
        assertEq(house.ownerOf(third), alice);
        assertEq(uint256(_stage(third)), uint256(Stage.Open));
        assertEq(registry.ownerOf(third), address(house));
        assertTrue(registry.isAttester(third, address(house)));
        assertEq(registry.accountId(address(house), keccak256(abi.encode(alice, bytes32("third")))), third);
        assertTrue(house.isCurrent(third));
        assertFalse(house.isEmpty(third));
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountExists.selector, third));
        vm.prank(alice);
        house.open("third");
        // Another owner's account of that name is another account.
        vm.prank(bob);
        assertTrue(house.open("third") != third);
    }

    // shows: P68
    function test_deposit_begins_book_and_backs_it() public {
        _fundWith(alice, 5e6);
        Plan memory plan = _plan(first);
        plan.deltaBasis = 5e18;
        plan.theta = 10_000;
        TransitionCall memory made = _make(plan);
        vm.expectEmit(address(house));
        emit IClearingHouse.BookChanged(first, 1, made.hash, _words(plan, made));
        vm.expectEmit(address(house));
        emit IClearingHouse.ClearingDeposited(first, alice, 5e6);
        vm.prank(alice);
        house.deposit(made, 5e6);
        vm.snapshotGasLastCall("ClearingHouse", "deposit, an account's first");
        assertEq(house.held(), 5e6);
        assertEq(usd.balanceOf(address(house)), 5e6);
        assertEq(registry.bookOf(first).commitment, made.newCommitment);
        assertEq(registry.bookOf(first).expiresAt, block.timestamp + 1 days);
        _expectStatus(first, Status.Healthy);
        _fundWith(alice, 5e6);
        plan = _plan(first);
        plan.deltaBasis = 5e18;
        made = _make(plan);
        vm.prank(alice);
        house.deposit(made, 5e6);
        vm.snapshotGasLastCall("ClearingHouse", "deposit, a later one");
    }

    /// Anybody may pay, with the owner's signature.
    function test_deposit_takes_tokens_of_caller() public {
        _fundWith(stranger, 1);
        Plan memory plan = _plan(first);
        plan.deltaBasis = 1e12;
        TransitionCall memory made = _make(plan);
        vm.prank(stranger);
        house.deposit(made, 1);
        assertEq(house.held(), 1);
    }

    // shows: P68
    function test_trade_moves_both_books_in_one_call() public {
        _deposit(first, 100e6);
        _deposit(second, 100e6);
        TransitionCall[] memory calls = _sidesOf(first, second, 77);
        vm.prank(stranger);
        _trade(calls);
        vm.snapshotGasLastCall("ClearingHouse", "trade of two accounts, six proofs");
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(registry.bookOf(calls[i].account).commitment, calls[i].newCommitment);
            _expectStatus(calls[i].account, Status.Healthy);
        }
        assertEq(house.held(), 200e6);
    }

    function test_trade_of_three_accounts_and_four_notes() public {
        bytes32 third = _openHouse(makeAddr("carol"));
        _deposit(first, 100e6);
        _deposit(second, 100e6);
        Plan[3] memory plans = [_plan(first), _plan(second), _plan(third)];
        // Notes 1 and 2 between the first two, note 3 from the second to the third.
        (plans[0].sides, plans[0].notes[0], plans[0].notes[3]) = (1 | 2 << 6, 1, 2);
        (plans[1].sides, plans[1].notes[0], plans[1].notes[1], plans[1].notes[2]) = (2 | 1 << 2 | 2 << 4, 1, 2, 3);
        (plans[2].sides, plans[2].notes[1]) = (1 << 2, 3);
        TransitionCall[] memory calls = new TransitionCall[](3);
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (plans[j].account < plans[i].account) (plans[i], plans[j]) = (plans[j], plans[i]);
            }
            calls[i] = _make(plans[i]);
        }
        // Carol signs with no key of the fixture: she is the caller.
        vm.prank(makeAddr("carol"));
        _trade(calls);
        assertEq(registry.bookOf(third).sequence, 1);
    }

    // shows: P68
    function test_reduce_needs_maintenance_and_prices_of_its_round() public {
        _deposit(first, 100e6);
        _deposit(second, 100e6);
        TransitionCall[] memory calls = _reducing(_latest());
        uint256[] memory quotes = ledger.quotes();
        uint64 round = _latest();
        house.trade(calls, round, quotes);
        assertEq(gate.recordOf(first).theta, 10_000);
        assertEq(gate.recordOf(second).theta, INITIAL);

        calls = _reducing(round);
        ledger.setPrice(0, 5, 6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.QuotesWrong.selector,
                round,
                ledger.quotesDigest(round),
                keccak256(abi.encodePacked(quotes))
            )
        );
        house.trade(calls, round, quotes);
        ledger.setPrice(0, 1e9, 1e9 + 10);
        skip(10 minutes + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.QuotesTooOld.selector, round));
        house.trade(calls, round, quotes);
    }

    /// The first reduces at those prices, the second opens.
    function _reducing(uint64) private returns (TransitionCall[] memory) {
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        uint256[] memory quotes = ledger.quotes();
        (one.sides, one.notes[0], one.reduces, one.theta) = (2, 9, true, 10_000);
        for (uint256 u = 0; u < 16; ++u) {
            uint256 low = uint64(quotes[u]) + 2 ** 65;
            uint256 high = uint64(quotes[u] >> 64) + 2 ** 65;
            one.box[u] = low + high * 2 ** 66;
        }
        (other.sides, other.notes[0]) = (1, 9);
        return _ordered(one, other);
    }

    function test_refresh_changes_salt_alone() public {
        _deposit(first, 1e6);
        Plan memory plan = _plan(first);
        plan.theta = 10_000;
        house.refresh(_make(plan));
        assertEq(registry.bookOf(first).sequence, 2);
        assertEq(house.held(), 1e6);
    }

    function test_renew_gives_book_new_times() public {
        _deposit(first, 1e6);
        skip(1 hours);
        ledger.move(0);
        uint256 commitment = registry.bookOf(first).commitment;
        HealthCall memory initial = _health(commitment, _healthy(10_000, 0));
        HealthCall memory stress = _health(commitment, _stressClaim(0));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, first, alice));
        house.renew(first, initial, stress, 0);
        vm.expectEmit(address(house));
        emit IClearingHouse.BookRenewed(first, 2);
        vm.prank(alice);
        house.renew(first, initial, stress, 0);
        vm.snapshotGasLastCall("ClearingHouse", "renew");
        AttestedBook memory book = registry.bookOf(first);
        assertEq(book.commitment, commitment);
        assertEq(book.sequence, 2);
        assertEq(book.expiresAt, block.timestamp + 1 days);
        _expectStatus(first, Status.Healthy);
    }

    // shows: P69, A105
    function test_withdrawal_backs_nothing_and_waits() public {
        _deposit(first, 10e6);
        _withdraw(first, 4e6);
        vm.snapshotGasLastCall("ClearingHouse", "withdraw");
        assertEq(house.held(), 6e6);
        assertEq(house.asked(), 4e6);
        assertEq(house.withdrawalOf(first).amount, 4e6);
        uint64 due = uint64(block.timestamp) + HORIZON;
        assertEq(house.withdrawalOf(first).due, due);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.PaymentNotDue.selector, due, block.timestamp));
        house.pay(first);
        skip(HORIZON);
        ledger.move(0);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NotCurrent.selector, first));
        house.pay(first);
        _renew(first);
        vm.prank(stranger);
        house.pay(first);
        vm.snapshotGasLastCall("ClearingHouse", "pay");
        assertEq(usd.balanceOf(alice), 4e6);
        assertEq(house.asked(), 0);
        assertEq(house.held(), 6e6);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NothingAsked.selector, first));
        house.pay(first);
    }

    // shows: P69
    function test_payment_needs_initial_margin_then() public {
        _deposit(first, 10e6);
        _withdraw(first, 4e6);
        skip(HORIZON);
        ledger.move(0);
        _renewAt(first, 10_000);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, first, INITIAL, 10_000));
        house.pay(first);
        _drive(abi.encodeCall(house.freeze, (second)));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.PaymentWhileDefault.selector, 1));
        house.pay(first);
        _drive(abi.encodeCall(house.setStage, (second, Stage.Settled)));
        skip(1);
        ledger.move(0);
        _renew(first);
        house.pay(first);
    }

    function test_second_request_adds_and_waits_again() public {
        _deposit(first, 10e6);
        _withdraw(first, 4e6);
        skip(1 hours);
        ledger.move(0);
        _withdraw(first, 1e6);
        assertEq(house.withdrawalOf(first).amount, 5e6);
        assertEq(house.withdrawalOf(first).due, block.timestamp + HORIZON);
    }

    // shows: P69
    function test_exit_shows_empty_book() public {
        _deposit(first, 10e6);
        int256[16] memory none;
        Plan memory plan = _plan(first);
        // A book's basis need be no whole number of units.
        uint256 basis = 9_999_999e12 + 7;
        plan.deltaBasis = -int256(basis);
        TransitionCall memory made = _make(plan);
        (uint256 hash, Proof memory proof) = _reveal(first, 2, made.newCommitment, 0, none);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, first, alice));
        house.exit(made, basis, alice, hash, proof);
        vm.prank(alice);
        vm.expectRevert();
        house.exit(made, basis, alice, hash + 1, proof);
        vm.expectEmit(address(house));
        emit IClearingHouse.Exited(first, 2, 7);
        vm.prank(alice);
        house.exit(made, basis, alice, hash, proof);
        vm.snapshotGasLastCall("ClearingHouse", "exit");
        assertTrue(house.isEmpty(first));
        assertEq(house.dust(), 7);
        assertEq(house.withdrawalOf(first).amount, 9_999_999);
        // No health holds of an empty book, and none is asked for.
        skip(HORIZON);
        house.pay(first);
        assertEq(usd.balanceOf(alice), 9_999_999);
        // The account may begin again.
        ledger.move(0);
        _deposit(first, 1e6);
        assertFalse(house.isEmpty(first));
    }

    // shows: P70
    function test_tear_up_overtakes_books() public {
        _deposit(first, 10e6);
        _tear(3, -5e9);
        assertFalse(house.isCurrent(first));
        HealthCall memory none;
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.BookTornUp.selector, first));
        vm.prank(alice);
        house.renew(first, none, none, 0);
        // The first tear-up of each asset counts, not the later one of the same.
        _tear(3, 8e9);
        _tear(2, 9);
        Plan memory plan = _plan(first);
        assertEq(plan.tearUp.assets, 3);
        assertEq(plan.tearUp.netPrice[0], -5e9);
        plan.tearUp.netPrice[0] = 8e9;
        TransitionCall memory made = _make(plan);
        vm.expectRevert();
        house.refresh(made);
        plan = _plan(first);
        delete plan.tearUp;
        made = _make(plan);
        vm.expectRevert();
        house.refresh(made);
        house.refresh(_make(_plan(first)));
        assertTrue(house.isCurrent(first));
        assertEq(house.appliedTearUps(first), 3);
        // An account that opens after them has none to apply.
        assertEq(house.appliedTearUps(_openHouse(makeAddr("carol"))), 3);
    }

    // shows: P70, A106
    function test_anybody_breaks_book_that_tear_up_overtook() public {
        _deposit(first, 10e6);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.BookCurrent.selector, first));
        house.breakBook(first);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AccountNotOpen.selector, bytes32("none"), Stage.None));
        house.breakBook("none");
        _tear(1, 1);
        vm.prank(stranger);
        house.breakBook(first);
        _expectStatus(first, Status.Grace);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(first, Status.Liquidatable);
        // A transition closes the lines and makes it current, at initial margin.
        Plan memory plan = _plan(first);
        plan.theta = 10_000;
        TransitionCall memory made = _make(plan);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, first, INITIAL, 10_000));
        house.refresh(made);
        house.refresh(_make(_plan(first)));
        _expectStatus(first, Status.Healthy);
        assertTrue(house.isCurrent(first));
    }

    function test_frozen_account_stays_as_it_is() public {
        _deposit(first, 10e6);
        _withdraw(first, 4e6);
        TransitionCall memory made = _make(_plan(first));
        vm.expectEmit(address(house));
        emit IClearingHouse.AccountFrozen(first, 2, 4e6);
        _drive(abi.encodeCall(house.freeze, (first)));
        assertEq(house.held(), 10e6);
        assertEq(house.withdrawalOf(first).amount, 0);
        assertEq(house.openDefaults(), 1);
        assertFalse(house.isCurrent(first));
        bytes memory frozen = abi.encodeWithSelector(IClearingHouse.AccountNotOpen.selector, first, Stage.Frozen);
        vm.expectRevert(frozen);
        house.refresh(made);
        vm.expectRevert(frozen);
        house.pay(first);
        HealthCall memory none;
        vm.expectRevert(frozen);
        vm.prank(alice);
        house.renew(first, none, none, 0);
        vm.expectRevert(frozen);
        _drive(abi.encodeCall(house.freeze, (first)));
    }

    // shows: P69
    function test_cut_is_pro_rata_and_seldom_everything() public {
        _deposit(first, 10e6);
        _deposit(second, 10e6);
        _withdraw(first, 6e6);
        _withdraw(second, 2e6);
        _drive(abi.encodeCall(house.cutWithdrawals, (2e6)));
        assertEq(house.withdrawalOf(first).amount, 4.5e6);
        assertEq(house.withdrawalOf(second).amount, 1.5e6);
        assertEq(house.held(), 14e6);
        // What is asked for later is not cut by an earlier loss.
        skip(1);
        _withdraw(second, 1e6);
        assertEq(house.withdrawalOf(second).amount, 2.5e6);
        assertEq(house.asked(), 7e6);
        assertEq(house.held() + house.asked(), 20e6);
        _drive(abi.encodeCall(house.cutWithdrawals, (8e6)));
        assertEq(house.asked(), 0);
        assertEq(house.withdrawalOf(first).amount, 0);
        assertEq(house.held(), 20e6);
        skip(1);
        _withdraw(first, 3e6);
        assertEq(house.withdrawalOf(first).amount, 3e6);
        assertEq(house.withdrawalOf(second).amount, 0);
    }

    function test_close_leaves_reductions_and_end_leaves_nothing() public {
        _deposit(first, 10e6);
        _deposit(second, 10e6);
        _drive(abi.encodeCall(house.closeMarket, (false)));
        TransitionCall[] memory calls = _sidesOf(first, second, 5);
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.MarketIsClosed.selector, false));
        TransitionCall memory made = _make(_plan(first));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.MarketIsClosed.selector, false));
        vm.prank(alice);
        house.withdraw(made, 1, alice);
        house.refresh(made);
        _drive(abi.encodeCall(house.closeMarket, (true)));
        made = _make(_plan(first));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.MarketIsClosed.selector, true));
        house.refresh(made);
    }

    // shows: A81
    /// No account of a house can have a line, so no release of a house needs the covenant.
    function test_account_of_house_gets_no_credit_line() public {
        CreditRegistry credit = new CreditRegistry(gate, usd, 1, 6, CreditTerms(12_500, 30 days));
        LineTerms memory terms;
        address[3] memory callers = [alice, stranger, address(this)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, first, address(house), callers[i]));
            vm.prank(callers[i]);
            credit.openLine(first, terms);
        }
        assertEq(credit.linesOf(first).length, 0);
    }

    function test_hooks_are_for_defaults_alone() public {
        TransitionCall memory made = _make(_plan(first));
        int256[16] memory none;
        bytes[8] memory hooks = [
            abi.encodeCall(house.freeze, (first)),
            abi.encodeCall(house.setStage, (first, Stage.Settled)),
            abi.encodeCall(house.takeOver, (made, none, 0)),
            abi.encodeCall(house.credit, (1)),
            abi.encodeCall(house.owe, (first, 1)),
            abi.encodeCall(house.cutWithdrawals, (1)),
            abi.encodeCall(house.closeMarket, (false)),
            abi.encodeCall(house.payOut, (stranger, 1))
        ];
        for (uint256 i = 0; i < hooks.length; ++i) {
            vm.prank(alice);
            (bool done, bytes memory answer) = address(house).call(hooks[i]);
            assertFalse(done);
            assertEq(answer, abi.encodeWithSelector(IClearingHouse.NotDefaults.selector, alice));
        }
    }

    function test_take_over_moves_estate_into_book() public {
        _deposit(first, 10e6);
        Plan memory plan = _plan(first);
        (plan.deltaPerp[2], plan.deltaBasis) = (-5, 7e12);
        TransitionCall memory made = _make(plan);
        _drive(abi.encodeCall(house.takeOver, (made, plan.deltaPerp, plan.deltaBasis)));
        assertEq(registry.bookOf(first).commitment, made.newCommitment);
        assertEq(house.held(), 10e6);
    }

    function test_house_refuses_parts_of_another() public {
        HouseTerms memory terms = _houseTerms();
        (terms.fund, terms.defaults) = (fund, defaults);
        vm.expectPartialRevert(IClearingHouse.HouseMismatch.selector);
        this.deployWith(terms);
        terms = _houseTerms();
        terms.initialMargin = 10_000;
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.HouseMismatch.selector, bytes32("margin"), 10_001, 10_000)
        );
        this.deployNew(terms);
        terms = _houseTerms();
        terms.horizon = 12 hours - 1;
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.HorizonTooShort.selector, 12 hours, 12 hours - 1));
        this.deployNew(terms);
        terms = _houseTerms();
        terms.transitions = reveals;
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.HouseMismatch.selector, bytes32("transition words"), 72, 22)
        );
        this.deployNew(terms);
        terms = _houseTerms();
        terms.horizon = 2 days;
        vm.expectPartialRevert(IClearingHouse.HouseMismatch.selector);
        this.deployNew(terms);
    }

    function test_house_refuses_token_of_too_many_decimals() public {
        HouseTerms memory terms = _houseTerms();
        terms.settlement = address(new Token("FINE", 19));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.HouseMismatch.selector, bytes32("decimals"), 18, 19));
        this.deployNew(terms);
        (uint256 x, uint256 y) = house.liquidatorsKey();
        assertEq(x, KEY_X);
        assertEq(y, KEY_Y);
        assertEq(abi.encode(defaults.terms()), abi.encode(_defaultTerms()));
    }

    function test_book_lives_no_longer_than_registry_takes() public {
        profile.setBookMaxAge(2 days);
        _deposit(first, 1e6);
        assertEq(registry.bookOf(first).expiresAt, block.timestamp + registry.longestBook());
        profile.setBookMaxAge(1 hours);
        house.refresh(_make(_plan(first)));
        assertEq(registry.bookOf(first).expiresAt, block.timestamp + 1 hours);
    }

    function deployWith(HouseTerms memory terms) external {
        new ClearingHouseMade(terms);
    }

    function deployNew(HouseTerms memory terms) external {
        _deploy(terms);
    }

    function _tear(uint16 assets, int256 price) private {
        TearUp memory one;
        one.assets = assets;
        for (uint256 u = 0; u < 16; ++u) {
            if ((assets >> u) & 1 == 1) one.netPrice[u] = price;
        }
        defaults.tearUp(one);
    }

    function _renew(bytes32 of_) private {
        _renewAt(of_, INITIAL);
    }

    function _renewAt(bytes32 of_, uint256 theta) private {
        uint256 commitment = registry.bookOf(of_).commitment;
        uint256 needed = gate.statusOf(of_) == Status.Liquidatable ? INITIAL : theta;
        HealthCall memory initial = _health(commitment, _healthy(needed, 0));
        HealthCall memory stress = _health(commitment, _stressClaim(0));
        address who = house.ownerOf(of_);
        vm.prank(who);
        house.renew(of_, initial, stress, 0);
        if (needed == theta) return;
        skip(1);
        ledger.move(0);
        initial = _health(commitment, _healthy(theta, 0));
        stress = _health(commitment, _stressClaim(0));
        vm.prank(who);
        house.renew(of_, initial, stress, 0);
    }
}

/// So that a refusal of the constructor is one call deeper than the test.
contract ClearingHouseMade is ClearingHouse {
    constructor(HouseTerms memory terms) ClearingHouse(terms) {}
}
