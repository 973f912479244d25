// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IClearingHouse} from "../../../contracts/interfaces/IClearingHouse.sol";
import {Estate} from "../../../contracts/types/Estate.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {Stage, TearUp, TransitionCall} from "../../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "../support/HouseFixture.sol";

/// Members of a clearing house, whose books the test knows: they deposit, trade, withdraw, fall silent and default, and try
/// what they may not. The prover proves what the model says, and nothing else.
contract HouseHandler is HouseFixture {
    uint256 internal constant MEMBERS = 3;

    struct Book {
        int256[16] perp;
        int256 basis;
        uint64 sequence;
        uint256 commitment;
        uint32 applied;
        bool defaulted;
    }

    bytes32[] public accounts;
    mapping(bytes32 account => Book) internal _books;
    mapping(uint256 member => bytes32) private _accountOf;
    mapping(bytes32 account => address) private _owner;
    TransitionCall private _spent;
    uint256 private _names;
    uint256 private _notes = 1;
    /// The market has ended: nothing moves any more.
    bool public ended;
    mapping(bytes32 kind => uint256) public done;

    constructor() {
        setUp();
        profile.setShocks(2_000);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            _keys[vm.addr(100 + i)] = 100 + i;
            _enter(i);
        }
    }

    // --- what members do ---

    function deposit(uint256 who, uint256 amount) external ready {
        bytes32 of_ = _account(who);
        amount = bound(amount, 1, 1e12);
        Plan memory plan = _begin(of_);
        plan.deltaBasis = int256(amount * UNIT);
        _fundWith(_owner[of_], amount);
        TransitionCall memory made = _make(plan);
        vm.prank(_owner[of_]);
        house.deposit(made, amount);
        _took(plan, made);
        ++done["deposit"];
    }

    function trade(uint256 who, uint256 asset, uint256 size, int256 quote, bool reduces) external ready {
        (bytes32 buyer, bytes32 seller) = (_account(who), _account(who + 1));
        asset %= 16;
        size = bound(size, 0, 1e12);
        quote = bound(quote, -1e10, 2e10);
        (Plan memory buys, Plan memory sells) = (_begin(buyer), _begin(seller));
        uint256 note = _notes++;
        (buys.sides, buys.notes[0], sells.sides, sells.notes[0]) = (1, note, 2, note);
        (buys.deltaPerp[asset], sells.deltaPerp[asset]) = (int256(size), -int256(size));
        (buys.deltaBasis, sells.deltaBasis) = (-int256(size) * quote, int256(size) * quote);
        // The notes move the books, not public deltas: the model takes them, the words do not.
        (Plan memory buysSaid, Plan memory sellsSaid) = (_withoutDelta(buys), _withoutDelta(sells));
        if (reduces) (buysSaid.reduces, buysSaid.box, buysSaid.theta) = (true, _box(), 10_000);
        TransitionCall[] memory calls = _ordered(buysSaid, sellsSaid);
        bool first_ = calls[0].account == buyer;
        // Half of it, or one side twice, never passes.
        TransitionCall[] memory half = new TransitionCall[](1);
        half[0] = calls[0];
        try house.trade(half, 0, new uint256[](0)) {
            revert("half a trade passed");
        } catch {}
        if (reduces) house.trade(calls, _latest(), ledger.quotes());
        else house.trade(calls, 0, new uint256[](0));
        _took(buys, calls[first_ ? 0 : 1]);
        _took(sells, calls[first_ ? 1 : 0]);
        _spent = calls[0];
        ++done[reduces ? bytes32("reduce") : bytes32("trade")];
    }

    function withdraw(uint256 who, uint256 amount) external ready {
        bytes32 of_ = _account(who);
        int256 most = _effective(of_).basis / int256(UNIT);
        if (most > int256(house.held())) most = int256(house.held());
        if (most < 1) return;
        Plan memory plan = _begin(of_);
        amount = bound(amount, 1, uint256(most));
        plan.deltaBasis = -int256(amount * UNIT);
        TransitionCall memory made = _make(plan);
        vm.prank(_owner[of_]);
        house.withdraw(made, amount, _owner[of_]);
        _took(plan, made);
        ++done["withdraw"];
    }

    function pay(uint256 who) external ready {
        bytes32 of_ = _account(who);
        uint256 amount = house.withdrawalOf(of_).amount;
        if (amount == 0) return;
        _live(HORIZON);
        uint256 before = usd.balanceOf(_owner[of_]);
        _change(of_);
        house.pay(of_);
        assertEq(usd.balanceOf(_owner[of_]) - before, amount);
        ++done["pay"];
    }

    function refresh(uint256 who) external ready {
        _change(_account(who));
        ++done["refresh"];
    }

    function tearUp(uint256 asset, int256 price) external ready {
        TearUp memory one;
        one.assets = uint16(1 << (asset % 16)) | uint16(asset >> 32);
        for (uint256 u = 0; u < 16; ++u) {
            if ((one.assets >> u) & 1 == 1) one.netPrice[u] = bound(price, -1e10, 2e10);
        }
        defaults.tearUp(one);
        ++done["tear-up"];
    }

    function move(uint256 asset, uint256 price) external ready {
        price = bound(price, 10, 3e10);
        ledger.setPrice(asset % 16, uint64(price), uint64(price + price / 1_000));
    }

    /// A member falls silent: from its freeze to the end of its default.
    function fail(uint256 who, uint256 parts, uint256 wait) external ready {
        if (done["fail"] > 3) return;
        bytes32 of_ = _account(who);
        _live(MAX_PROOF_AGE + GRACE_PERIOD + 1, of_);
        if (gate.statusOf(of_) != Status.Liquidatable) return;
        defaults.start(of_);
        _checkAll();
        Book storage book = _books[of_];
        (uint256 hash, Proof memory proof) = _reveal(of_, book.sequence, book.commitment, book.basis, book.perp);
        defaults.reveal(of_, book.basis, book.perp, hash, proof);
        book.defaulted = true;
        _checkAll();
        _live(bound(wait, 1, 100 minutes), of_);
        parts = bound(parts, 0, 130);
        if (parts > 100) parts = 100;
        if (parts != 0) _bid(of_, _account(who + 1), parts);
        _checkAll();
        _live(2 hours + 1, of_);
        if (_marked(of_) > int256(house.held() * UNIT)) {
            // The prover proves health of anybody: the others are worth less than nothing, and nothing can be owed.
            ended = true;
            return;
        }
        defaults.settle(of_);
        ended = defaults.endedAt() != 0;
        if (!ended) {
            assertEq(uint256(house.stageOf(of_)), uint256(Stage.Settled));
            _enter(who % MEMBERS);
        } else {
            ++done["end"];
        }
        ++done["fail"];
    }

    /// What was mined once, a stale book, and a copy for another account.
    function attack(uint256 who) external ready {
        if (_spent.account == 0) return;
        TransitionCall memory made = _spent;
        vm.prank(_owner[made.account]);
        try house.refresh(made) {
            revert("a spent transition passed");
        } catch {}
        bytes32 of_ = _account(who);
        Plan memory plan = _plan(of_);
        plan.oldCommitment = _books[_account(who + 1)].commitment;
        made = _make(plan);
        vm.prank(_owner[of_]);
        try house.refresh(made) {
            revert("another's book passed");
        } catch {}
        ++done["attack"];
    }

    // --- what is always so ---

    /// Whatever the prices are, what the books are worth together is what the house holds.
    function checkConserved(int256 seed) external view {
        int256 total = int256(house.dust() + defaults.dust());
        for (uint256 u = 0; u < 16; ++u) {
            int256 open;
            int256 price = int256(uint256(keccak256(abi.encode(seed, u))) % 1e12) - 5e11;
            for (uint256 i = 0; i < accounts.length; ++i) {
                int256 quantity = _effective(accounts[i]).perp[u];
                open += quantity;
                total += quantity * price;
            }
            assertEq(open, 0, "open interest");
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            total += _effective(accounts[i]).basis;
        }
        if (!ended) assertEq(total, int256(house.held() * UNIT), "conserved");
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked(), "tokens");
    }

    function checkBooks() external view {
        for (uint256 i = 0; i < accounts.length; ++i) {
            bytes32 of_ = accounts[i];
            assertEq(registry.bookOf(of_).commitment, _books[of_].commitment);
            assertEq(registry.bookOf(of_).sequence, _books[of_].sequence);
            bool current = _books[of_].applied == defaults.tearUps() && house.stageOf(of_) == Stage.Open
                && !fund.isCapLapsed(of_);
            assertEq(house.isCurrent(of_), current);
        }
    }

    // --- the model ---

    modifier ready() {
        if (ended) return;
        skip(1);
        ledger.move(0);
        _;
    }

    function _enter(uint256 member) private {
        address owner_ = vm.addr(100 + member);
        vm.prank(owner_);
        bytes32 of_ = house.open(bytes32(++_names));
        (_accountOf[member], _owner[of_]) = (of_, owner_);
        _books[of_].applied = defaults.tearUps();
        accounts.push(of_);
    }

    function _account(uint256 who) private view returns (bytes32) {
        return _accountOf[who % MEMBERS];
    }

    /// The account's next transition, which begins with what is torn up.
    function _begin(bytes32 of_) private returns (Plan memory plan) {
        plan = _plan(of_);
        Book storage book = _books[of_];
        Book memory closed = _effective(of_);
        (book.perp, book.basis, book.applied) = (closed.perp, closed.basis, defaults.tearUps());
    }

    function _took(Plan memory plan, TransitionCall memory made) private {
        Book storage book = _books[plan.account];
        for (uint256 u = 0; u < 16; ++u) {
            book.perp[u] += plan.deltaPerp[u];
        }
        book.basis += plan.deltaBasis;
        (book.sequence, book.commitment) = (plan.sequence, made.newCommitment);
    }

    function _change(bytes32 of_) private {
        Plan memory plan = _begin(of_);
        TransitionCall memory made = _make(plan);
        house.refresh(made);
        _took(plan, made);
    }

    /// What a book is once its torn-up lines are closed; of an account in default, its estate.
    function _effective(bytes32 of_) private view returns (Book memory book) {
        book = _books[of_];
        uint32 applied = book.applied;
        if (book.defaulted) {
            Estate memory estate = defaults.estateOf(of_);
            (book.perp, book.basis, applied) = (estate.perp, estate.cash, estate.tearUps);
        }
        TearUp memory torn = defaults.pendingTearUp(applied);
        for (uint256 u = 0; u < 16; ++u) {
            if ((torn.assets >> u) & 1 == 0) continue;
            book.basis += book.perp[u] * torn.netPrice[u];
            book.perp[u] = 0;
        }
        if (!book.defaulted && house.stageOf(of_) == Stage.Frozen) book.basis += defaults.estateOf(of_).cash;
    }

    /// What an estate is worth at the middle of the market.
    function _marked(bytes32 of_) private view returns (int256 worth) {
        Book memory book = _effective(of_);
        worth = book.basis;
        for (uint256 u = 0; u < 16; ++u) {
            (uint64 low, uint64 high,) = ledger.priceOf(u);
            worth += book.perp[u] * int256((uint256(low) + high) / 2);
        }
    }

    function _bid(bytes32 of_, bytes32 buyer, uint256 parts) private {
        Plan memory plan = _begin(buyer);
        plan.deltaPerp = defaults.sharesOf(of_, parts);
        int256 cash = defaults.priceOf(of_, parts);
        plan.deltaBasis = -cash;
        TransitionCall memory made = _make(plan);
        defaults.bid(of_, parts, cash, made);
        _took(plan, made);
        ++done["bid"];
    }

    function _withoutDelta(Plan memory plan) private pure returns (Plan memory said) {
        said = abi.decode(abi.encode(plan), (Plan));
        delete said.deltaPerp;
        said.deltaBasis = 0;
    }

    function _box() private view returns (uint256[16] memory box) {
        uint256[] memory quotes = ledger.quotes();
        for (uint256 u = 0; u < 16; ++u) {
            box[u] = uint256(uint64(quotes[u])) + 2 ** 65 + (uint256(uint64(quotes[u] >> 64)) + 2 ** 65) * 2 ** 66;
        }
    }

    function _live(uint256 time) private {
        _live(time, 0);
    }

    /// Time passes with its rounds, and everybody proves their books but one.
    function _live(uint256 time, bytes32 silent) private {
        uint256 end = block.timestamp + time;
        while (block.timestamp < end) {
            skip(30 minutes);
            ledger.move(0);
            for (uint256 i = 0; i < MEMBERS; ++i) {
                bytes32 of_ = _accountOf[i];
                if (of_ == silent || _books[of_].sequence == 0 || house.stageOf(of_) != Stage.Open) continue;
                if (registry.bookOf(of_).expiresAt <= block.timestamp + 1 hours) _change(of_);
                else _proveAgain(of_);
            }
        }
    }

    function _checkAll() private view {
        this.checkConserved(7);
        this.checkBooks();
    }
}
