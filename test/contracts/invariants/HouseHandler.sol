// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Attestation, AttestedBook} from "../../../contracts/types/Book.sol";
import {Estate} from "../../../contracts/types/Estate.sol";
import {DefaultStage, FundDefault, FundMember} from "../../../contracts/types/Fund.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {HealthCall, Stage, TearUp, TransitionCall, Withdrawal} from "../../../contracts/types/Transition.sol";
import {Plan} from "../support/HouseFixture.sol";
import {HouseModel} from "./HouseModel.sol";

/// Members of a clearing house with its fund: they deposit, trade, withdraw, leave, neglect their accounts, lose more than
/// they have, default, bid, pay what they are assessed or do not, and try what they may not. Markets end and houses follow
/// each other. Blocks are mined and taken back. Every step takes one word, of which it draws everything.
contract HouseHandler is HouseModel {
    /// Longest time between two rounds of a live market.
    uint256 private constant ROUND = 55 minutes;

    /// A part of a line that is closed.
    struct Cut {
        bytes32 one;
        bytes32 other;
        uint256 asset;
        /// Quanta, positive; 0 if there is none.
        int256 size;
        bool long;
        /// Whether the other side reduces too.
        bool both;
    }

    /// Transitions that were mined.
    TransitionCall[] private _mined;
    uint256 private _notes = 1;

    constructor() {
        setUp();
        profile.setShocks(2_000);
        _begin_();
    }

    // --- members ---

    function deposit(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        uint256 amount = 1 + (seed >> 8) % 2_000e6;
        if (!_mayChange(of_)) return;
        Plan memory plan = _begin(of_);
        plan.deltaBasis = int256(amount * UNIT);
        if (!_suffices(plan, false)) return;
        _fundWith(_ownerOf[of_], amount);
        TransitionCall memory made = _proven(plan);
        vm.prank(_ownerOf[of_]);
        house.deposit(made, amount);
        _mine(plan, made);
        _count("deposit");
    }

    function trade(uint256 seed) external ready(seed) {
        (bytes32 buyer, bytes32 seller) = (_account(seed), _account(seed % MEMBERS + 1 + (seed >> 8) % (MEMBERS - 1)));
        if (defaults.closedAt() != 0 || !_mayOpen(buyer) || !_mayOpen(seller)) return;
        uint256 asset = (seed >> 16) % TRADED;
        uint256 most = _room(buyer, asset);
        if (_room(seller, asset) < most) most = _room(seller, asset);
        int256 size = int256(most - (seed >> 24) % (most / 2 + 1));
        // Seldom at a price of anybody's liking.
        int256 percent = int256((seed >> 72) % 16 == 0 ? (seed >> 80) % 300 : 95 + (seed >> 80) % 11);
        (Plan memory buys, Plan memory sells) = _notePlans(buyer, seller, asset, size, _mid(asset) * percent / 100);
        if (!_suffices(buys, true) || !_suffices(sells, true)) return;
        TransitionCall[] memory calls = _ordered(_withoutDelta(buys), _withoutDelta(sells));
        if ((seed >> 96) % 8 == 0) _tryHalf(calls);
        house.trade(calls, 0, new uint256[](0));
        _mineBoth(buys, sells, calls);
        _count("trade");
    }

    /// Quanta of an asset that an account can take on more.
    function _room(bytes32 of_, uint256 asset) private view returns (uint256) {
        (int256 worth, uint256 gross) = _worth(_effective(of_));
        if (worth <= 0 || uint256(worth) * 5 <= gross) return 0;
        return (uint256(worth) * 5 - gross) / uint256(_mid(asset));
    }

    /// A member closes a part of a line, also in a market that is closed, and the other side does too or opens one.
    function reduce(uint256 seed) external ready(seed) {
        Cut memory cut = _cut(seed);
        if (cut.size == 0 || (!cut.both && (defaults.closedAt() != 0 || !_mayOpen(cut.other)))) return;
        bytes32 buyer = cut.long ? cut.other : cut.one;
        (Plan memory buys, Plan memory sells) =
            _notePlans(buyer, cut.long ? cut.one : cut.other, cut.asset, cut.size, _mid(cut.asset));
        if (!_suffices(buys, !cut.both && cut.long) || !_suffices(sells, !cut.both && !cut.long)) return;
        (Plan memory buysSaid, Plan memory sellsSaid) = (_withoutDelta(buys), _withoutDelta(sells));
        if (cut.both || !cut.long) (buysSaid.reduces, buysSaid.box) = (true, _box());
        if (cut.both || cut.long) (sellsSaid.reduces, sellsSaid.box) = (true, _box());
        TransitionCall[] memory calls = _ordered(buysSaid, sellsSaid);
        house.trade(calls, _latest(), ledger.quotes());
        _mineBoth(buys, sells, calls);
        _count(defaults.closedAt() != 0 ? "reduction in a closed market" : "reduction");
    }

    /// A line to close a part of, and who takes the other side: somebody who reduces as well, if possible.
    function _cut(uint256 seed) private view returns (Cut memory cut) {
        cut.one = _account(seed);
        if (!_mayChange(cut.one)) return cut;
        int256[16] memory lines = _effective(cut.one).perp;
        cut.asset = _lineOf(cut.one, (seed >> 16) % TRADED);
        cut.long = lines[cut.asset] > 0;
        uint256 theirs;
        for (uint256 i = 1; i < MEMBERS; ++i) {
            bytes32 of_ = _account(seed % MEMBERS + i);
            if (!_mayChange(of_)) continue;
            int256 own = _effective(of_).perp[cut.asset];
            if (cut.long ? own < 0 : own > 0) (cut.other, theirs) = (of_, _magnitude(own));
            else if (cut.other == 0) cut.other = of_;
        }
        uint256 most = _magnitude(lines[cut.asset]);
        if (cut.other == 0 || most == 0) return cut;
        if (theirs != 0 && theirs < most && seed >> 20 & 1 == 0) most = theirs;
        cut.size = 1 + int256((seed >> 24) % most);
        cut.both = uint256(cut.size) <= theirs;
    }

    /// An asset that an account has a line of, if it has any.
    function _lineOf(bytes32 of_, uint256 asset) private view returns (uint256) {
        int256[16] memory lines = _effective(of_).perp;
        for (uint256 i = 0; i < TRADED && lines[asset] == 0; ++i) asset = (asset + 1) % TRADED;
        return asset;
    }

    function _magnitude(int256 line) private pure returns (uint256) {
        return uint256(line < 0 ? -line : line);
    }

    function withdraw(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        if (defaults.closedAt() != 0 || !_mayOpen(of_)) return;
        (int256 worth,) = _worth(_effective(of_));
        if (worth > int256(house.held() * UNIT)) worth = int256(house.held() * UNIT);
        if (worth < int256(UNIT)) return;
        uint256 amount = 1 + (seed >> 8) % (uint256(worth) / UNIT);
        Plan memory plan = _begin(of_);
        plan.deltaBasis = -int256(amount * UNIT);
        if (!_suffices(plan, true)) return;
        TransitionCall memory made = _proven(plan);
        vm.prank(_ownerOf[of_]);
        house.withdraw(made, amount, _ownerOf[of_]);
        _mine(plan, made);
        _count("withdrawal");
    }

    /// Pays what was asked for, of an account that stands or is over.
    function pay(uint256 seed) external ready(seed) {
        bool over = seed & 1 == 1 && _settled.length != 0;
        bytes32 of_ = over ? _settled[(seed >> 8) % _settled.length] : _account(seed >> 8);
        Withdrawal memory asked = house.withdrawalOf(of_);
        if (asked.amount == 0 || (!over && _books[of_].stage != Stage.Open)) return;
        if (block.timestamp < asked.due && seed & 2 == 0) _live(asked.due - block.timestamp);
        bool early = block.timestamp < asked.due;
        if (!over && !house.isEmpty(of_)) {
            Plan memory plan = _begin(of_);
            if (!_mayChange(of_) || !_suffices(plan, true)) return;
            _change(plan);
        }
        bool may = !early && house.openDefaults() == 0 && fund.mayTransition(of_);
        uint256 before = usd.balanceOf(asked.to);
        try house.pay(of_) returns (uint256 amount) {
            assertTrue(may, "paid against the rules");
            assertEq(amount, asked.amount);
            assertEq(usd.balanceOf(asked.to) - before, amount);
            _count(over ? "rest paid" : "payment");
        } catch {
            assertFalse(may, "payment refused");
            _count("payment refused");
        }
    }

    function refresh(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        Plan memory plan = _begin(of_);
        if (!_mayChange(of_) || !_suffices(plan, false)) return;
        _change(plan);
        _count("refresh");
    }

    function renew(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        Book storage book = _books[of_];
        if (!_mayChange(of_) || book.sequence == 0 || !_suffices(_begin(of_), false)) return;
        HealthCall memory initial = _health(book.commitment, _healthy(_thetaOf(book), 0));
        HealthCall memory stress = _health(book.commitment, _stressClaim(book.capSteps));
        bool torn = book.applied != defaults.tearUps();
        vm.prank(_ownerOf[of_]);
        if (torn) {
            try house.renew(of_, initial, stress, book.capSteps) {
                revert("a torn-up book was renewed");
            } catch {}
            return;
        }
        house.renew(of_, initial, stress, book.capSteps);
        ++book.sequence;
        _renewed(book, book.capSteps);
        _count("renewal");
    }

    /// Another cap, which the fund covers or does not.
    function recap(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        Plan memory plan = _begin(of_);
        plan.capSteps = (seed >> 16) % 2 == 0 ? uint64((seed >> 8) % 8) : 0;
        if (!_mayChange(of_) || !_suffices(plan, false)) return;
        TransitionCall memory made = _proven(plan);
        bool raises = plan.capSteps > _books[of_].capSteps;
        try house.refresh(made) {
            if (raises) assertTrue(fund.covered(), "a cap rose uncovered");
            _mine(plan, made);
            _count(raises ? "cap raised" : "cap lowered");
        } catch {
            assertTrue(raises, "a cap could not fall");
            _count("cap refused");
        }
    }

    /// Takes all cash out of a book without lines.
    function exit(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        if (!_mayChange(of_)) return;
        Book memory book = _effective(of_);
        for (uint256 u = 0; u < TRADED; ++u) if (book.perp[u] != 0) return;
        if (!book.capHeld || book.basis < 0 || uint256(book.basis) / UNIT > house.held()) return;
        Plan memory plan = _begin(of_);
        (plan.deltaBasis, plan.capSteps) = (-book.basis, 0);
        TransitionCall memory made = _make(plan);
        int256[16] memory none;
        (uint256 hash, Proof memory proof) = _reveal(of_, plan.sequence, made.newCommitment, 0, none);
        vm.prank(_ownerOf[of_]);
        house.exit(made, uint256(book.basis), _ownerOf[of_], hash, proof);
        _mine(plan, made);
        (_books[of_].capHeld, _books[of_].capSteps) = (false, 0);
        assertTrue(house.isEmpty(of_));
        _count("exit");
    }

    function contribute(uint256 seed) external ready(seed) {
        address who = _member(seed);
        // Seldom enough for a cap.
        uint256 amount = 1 + (seed >> 8) % ((seed >> 76) % 8 == 0 || !fund.covered() ? 2_000e6 : 10e6);
        _giveToFund(who, amount);
        vm.prank(who);
        if ((seed >> 72) % 8 == 0) fund.addCapital(amount);
        else fund.contribute(amount);
        _count("contribution");
    }

    // --- the market ---

    /// A price jumps beyond every envelope.
    function move(uint256 seed) external ready(seed) {
        uint256 asset = _lineOf(_account(seed >> 40), seed % TRADED);
        uint256 price = uint256(_mid(asset)) * (40 + (seed >> 8) % 161) / 100;
        if (price < 1e8) price = 1e9;
        if (price > 1e11) price = 1e10;
        ledger.setPrice(asset, uint64(price), uint64(price + price / 1_000));
        ledger.move(1);
        ++_moves;
        _count("jump");
    }

    function wait(uint256 seed) external ready(seed) {
        _live(1 + seed % 5 hours);
    }

    /// A tear-up at any prices, as of a default elsewhere.
    function tearUp(uint256 seed) external ready(seed) {
        if ((seed >> 16) % 3 != 0) return;
        TearUp memory one;
        one.assets = uint16(1 << _lineOf(_account(seed >> 40), seed % TRADED));
        for (uint256 u = 0; u < TRADED; ++u) {
            if ((one.assets >> u) & 1 == 1) one.netPrice[u] = _mid(u) * int256(50 + (seed >> 24) % 101) / 100;
        }
        defaults.tearUp(one);
        _count("tear-up");
    }

    /// Anybody breaks a book that is not current.
    function breakBook(uint256 seed) external ready(seed) {
        bytes32 of_ = _standing[seed % _standing.length];
        Book storage book = _books[of_];
        bool may = !house.isCurrent(of_) && book.sequence != 0 && registry.bookStateOf(of_).brokenAt == 0;
        try house.breakBook(of_) {
            assertTrue(may, "a current book was broken");
            book.broken = true;
            _count("broken book");
        } catch {
            assertFalse(may, "a book could not be broken");
        }
    }

    // --- defaults ---

    function neglect(uint256 seed) external ready(seed) {
        Book storage book = _books[_account(seed)];
        if (book.stage != Stage.Open || book.sequence == 0 || (seed >> 16) % 5 != 0) return;
        book.neglect = (seed >> 8) % 3 == 0 ? Neglect.Cap : Neglect.All;
    }

    /// Anybody starts the default of whom it is time for, and of nobody else.
    function start(uint256 seed) external ready(seed) {
        bytes32 of_ = _failing(seed);
        Book storage book = _books[of_];
        bool first_ = book.stage == Stage.Open && book.sequence != 0
            && (book.neglect != Neglect.None || _thetaOf(_effective(of_)) == 0);
        if (first_) _live(MAX_PROOF_AGE + 1);
        if (book.capHeld) fund.recordCapLapse(of_);
        if (first_) _live(GRACE_PERIOD + 1);
        bool late = gate.statusOf(of_) == Status.Liquidatable;
        bool may = book.stage == Stage.Open && (late || fund.isCapOverdue(of_)) && !house.isEmpty(of_);
        if (may && !late) _count("default of a cap");
        try defaults.start(of_) {
            assertTrue(may, "a default began without reason");
            if (!late) assertTrue(_capLapsed(book), "a default of a cap that holds");
            book.stage = Stage.Frozen;
            _count("default");
            if (house.openDefaults() > 1) _count("defaults at once");
        } catch {
            assertFalse(may, "a default could not begin");
        }
    }

    /// Mostly an account that is worth nothing, or is neglected, if there is one.
    function _failing(uint256 seed) private view returns (bytes32) {
        bytes32 neglected;
        for (uint256 i = 0; i < MEMBERS && (seed >> 8) % 8 != 0; ++i) {
            bytes32 of_ = _account(seed % MEMBERS + i);
            Book memory book = _effective(of_);
            if (book.stage != Stage.Open || book.sequence == 0 || house.isEmpty(of_)) continue;
            if (_thetaOf(book) == 0) return of_;
            if (book.neglect != Neglect.None) neglected = of_;
        }
        return neglected == 0 ? _account(seed) : neglected;
    }

    function reveal(uint256 seed) external ready(seed) {
        bytes32 of_ = _inStage(Stage.Frozen, seed);
        if (of_ == 0) return;
        Book storage book = _books[of_];
        (uint256 hash, Proof memory proof) = _reveal(of_, book.sequence, book.commitment, book.basis, book.perp);
        if (seed >> 8 & 7 == 0) {
            _provers(true);
            try defaults.reveal(of_, book.basis + 1, book.perp, hash, proof) {
                revert("another book was revealed");
            } catch {}
        }
        Book memory expected = _effective(of_);
        defaults.reveal(of_, book.basis, book.perp, hash, proof);
        book.stage = Stage.Revealed;
        Estate memory estate = defaults.estateOf(of_);
        assertEq(estate.cash, expected.basis, "cash of an estate");
        for (uint256 u = 0; u < 16; ++u) assertEq(estate.perp[u], expected.perp[u], "lines of an estate");
        _count("reveal");
    }

    function bid(uint256 seed) external ready(seed) {
        bytes32 of_ = _inStage(Stage.Revealed, seed);
        if (of_ == 0) return;
        Estate memory estate = defaults.estateOf(of_);
        uint256 end = estate.revealedAt + 2 hours;
        if (estate.left == 0 || estate.absorbed || block.timestamp > end) return;
        if (seed >> 8 & 1 == 1) _live((seed >> 16) % (end - block.timestamp + 1) / 2);
        uint256 parts = 1 + (seed >> 96) % estate.left;
        if ((seed >> 104) % 3 == 0) parts = estate.left;
        else if ((seed >> 104) % 3 == 1 && parts > 8) parts /= 8;
        (Plan memory plan, int256 cash) = _bidder(of_, parts, seed >> 64);
        if (plan.account == 0) return;
        TransitionCall memory made = _proven(plan);
        if ((seed >> 128) % 4 == 0) {
            try defaults.bid(of_, parts, cash - 1, made) {
                revert("a bid below the price passed");
            } catch {}
        }
        defaults.bid(of_, parts, cash, made);
        _mine(plan, made);
        _count(parts == estate.left ? "rest bought" : "part bought");
        if (cash < 0) _count("buyer paid");
    }

    /// The first who can and wants to take parts of an estate at their price.
    function _bidder(bytes32 of_, uint256 parts, uint256 seed) private view returns (Plan memory plan, int256 cash) {
        cash = defaults.priceOf(of_, parts);
        int256[16] memory share = defaults.sharesOf(of_, parts);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            bytes32 buyer = _account(seed % MEMBERS + i);
            if (!_mayOpen(buyer)) continue;
            plan = _begin(buyer);
            (plan.deltaPerp, plan.deltaBasis) = (share, -cash);
            if (_suffices(plan, true)) return (plan, cash);
        }
        plan.account = 0;
    }

    function settle(uint256 seed) external ready(seed) {
        bytes32 of_ = _inStage(Stage.Revealed, seed);
        if (of_ == 0) return;
        Estate memory estate = defaults.estateOf(of_);
        uint256 end = estate.revealedAt + 2 hours;
        if (!estate.absorbed && estate.left != 0 && block.timestamp <= end) {
            _refuseSettlement(of_);
            if (seed >> 8 & 1 == 1) return;
            _live(end + 1 - block.timestamp);
        }
        FundDefault memory noted = fund.defaultOf(of_);
        if (_waits(noted)) {
            _refuseSettlement(of_);
            if (seed >> 10 & 3 != 0) _turn(estate.perp);
            if (seed >> 9 & 1 == 1) return;
            _live(noted.until + 1 - block.timestamp);
        }
        (int256 worth,) = _worth(_effective(of_));
        if (worth > int256(house.held() * UNIT)) {
            // Another book is worth less than nothing, and its default comes first.
            _count("rest not there yet");
            return;
        }
        _settle(of_, worth < 0);
    }

    /// Prices turn in favour of an estate's lines, while members can pay.
    function _turn(int256[16] memory lines) private {
        for (uint256 u = 0; u < TRADED; ++u) {
            uint256 price = uint256(_mid(u)) * (lines[u] > 0 ? 4 : 1) / 2;
            if (lines[u] != 0 && price < 1e11 && price > 1e8) ledger.setPrice(u, uint64(price), uint64(price));
        }
        ledger.move(1);
        ++_moves;
    }

    function payAssessment(uint256 seed) external ready(seed) {
        (, uint32 noted) = fund.defaults();
        address who = _member(seed);
        for (uint32 number = noted; number != 0; --number) {
            uint256 owed = fund.owedOf(number, who);
            if (owed == 0) continue;
            uint256 amount = seed >> 8 & 1 == 0 ? owed : 1 + (seed >> 16) % owed;
            _giveToFund(who, amount);
            vm.prank(who);
            fund.payAssessment(number, who, amount);
            _count("assessment paid");
            return;
        }
    }

    // --- the end of a market ---

    /// Nobody reveals a book: the market closes.
    function closeDown(uint256 seed) external ready(seed) {
        bytes32 of_ = _inStage(Stage.Frozen, seed);
        if (of_ == 0 || defaults.closedAt() != 0 || seed >> 8 & 1 != 0) return;
        uint256 from = defaults.estateOf(of_).startedAt + 1 hours + 1;
        if (block.timestamp < from) _live(from - block.timestamp);
        defaults.closeMarket(of_);
        _count("closed");
    }

    function finish(uint256 seed) external ready(seed) {
        uint256 closedAt = defaults.closedAt();
        if (closedAt == 0 || seed & 3 != 0) return;
        if (block.timestamp < closedAt + 6 hours) _live(closedAt + 6 hours - block.timestamp);
        defaults.endMarket();
        _count("ended");
        _wind();
    }

    // --- re-orgs ---

    /// A deposit, a transition of the book that it leaves, and up to two steps are mined and taken back. Then something else is
    /// mined, or nothing. The two still count in their order or not at all.
    function reorg(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        if (!_mayChange(of_)) return;
        Plan memory plan = _begin(of_);
        uint256 amount = 1 + (seed >> 8) % 1_000e6;
        plan.deltaBasis = int256(amount * UNIT);
        if (!_suffices(plan, true)) return;
        TransitionCall memory made = _proven(plan);
        Plan memory next = abi.decode(abi.encode(plan), (Plan));
        (next.sequence, next.oldCommitment, next.deltaBasis) = (plan.sequence + 1, made.newCommitment, 0);
        delete next.tearUp;
        next.theta = plan.theta;
        TransitionCall memory after_ = _make(next);
        _fundWith(_ownerOf[of_], amount);

        uint256 at = vm.snapshotState();
        assertTrue(_mineOrphans(plan, made, amount, next, after_), "refused before the re-org");
        for (uint256 i = 0; i < (seed >> 72) % 3; ++i) _anyStep(seed >> (80 + 32 * i));
        vm.revertToStateAndDelete(at);
        _checkAll();
        _count("re-org");

        bool between = seed >> 160 & 1 == 1;
        if (between) _anyStep(seed >> 168);
        _provers(true);
        vm.prank(_ownerOf[of_]);
        try house.refresh(after_) {
            revert("a transition of a book that never was passed");
        } catch {}
        bool fits = house.stageOf(of_) == Stage.Open && registry.bookOf(of_).commitment == plan.oldCommitment;
        bool mined = house.ownerOf(of_) != address(0) && _mineOrphans(plan, made, amount, next, after_);
        if (mined) assertTrue(fits, "an orphan of another book passed");
        if (!between) assertTrue(mined, "orphans could not be mined again");
        if (mined) _count("orphans mined again");
        else _count("orphans refused");
    }

    // --- what nobody may ---

    /// What was mined once, another's book, and an old book in the registry.
    function attack(uint256 seed) external ready(seed) {
        bytes32 of_ = _account(seed);
        Book storage book = _books[of_];
        _provers(true);
        if (_mined.length != 0) {
            TransitionCall memory spent = _mined[(seed >> 8) % _mined.length];
            (spent.sides, spent.reduces) = (0, false);
            delete spent.notes;
            vm.prank(house.ownerOf(spent.account));
            try house.refresh(spent) {
                revert("a spent transition passed");
            } catch {}
            AttestedBook memory old = AttestedBook({
                commitment: spent.newCommitment,
                sequence: registry.bookOf(spent.account).sequence + 1,
                asOf: uint64(block.timestamp),
                expiresAt: uint64(block.timestamp) + 1 days
            });
            Attestation[] memory signed = new Attestation[](1);
            signed[0] = Attestation(address(house), "");
            try registry.attest(spent.account, old, signed) {
                revert("the house signed outside its call");
            } catch {}
        }
        Plan memory plan = _begin(of_);
        plan.oldCommitment = _books[_account(seed % MEMBERS + 1)].commitment;
        if (plan.oldCommitment == book.commitment) return;
        TransitionCall memory made = _make(plan);
        vm.prank(_ownerOf[of_]);
        try house.refresh(made) {
            revert("another's book passed");
        } catch {}
        _count("attack");
    }

    // --- inside ---

    modifier ready(uint256 seed) {
        _provers(seed % 4 == 0);
        skip(1);
        ledger.move(0);
        _;
    }

    /// Whether the pairing's precompile checks proofs, or says yes: it takes most of the time, and all of these are of what
    /// the model says. Where a step expects a false proof to fail, it checks.
    function _provers(bool check) private {
        if (check) vm.clearMockedCalls();
        else vm.mockCall(address(8), bytes(""), abi.encode(uint256(1)));
    }

    /// A house with its fund, and members without accounts before.
    function _begin_() private {
        delete _standing;
        delete _settled;
        delete _mined;
        (defaults, fund, house) = _deploy(_houseTerms());
        for (uint256 i = 0; i < MEMBERS; ++i) {
            (address who, uint256 amount) = (_member(i), 50e6);
            _keys[who] = 100 + i;
            fund.setGroup(who, uint16(1 + i / 2));
            _giveToFund(who, amount);
            vm.prank(who);
            fund.contribute(amount);
            _enter(i);
        }
    }

    function _account(uint256 seed) private view returns (bytes32) {
        return _accountOf[seed % MEMBERS];
    }

    /// Whether an owner can and wants to change its book.
    function _mayChange(bytes32 of_) private view returns (bool) {
        Book storage book = _books[of_];
        return book.stage == Stage.Open && book.neglect == Neglect.None && fund.mayTransition(of_);
    }

    /// Whether the fund lets it open risk.
    function _mayOpen(bytes32 of_) private view returns (bool) {
        if (!_mayChange(of_) || !fund.covered()) return false;
        FundMember memory member = fund.memberOf(_ownerOf[of_]);
        uint256 share = (uint256(member.caps) * 1e4 * 500 + 9_999) / 10_000;
        return member.contribution >= share;
    }

    /// Whether the book that a plan leaves is healthy enough for it.
    function _suffices(Plan memory plan, bool opens) private view returns (bool) {
        uint256 theta = _thetaOf(_after(plan));
        bool strict = opens || gate.statusOf(plan.account) == Status.Liquidatable;
        return strict ? theta == INITIAL : theta != 0;
    }

    function _notePlans(bytes32 buyer, bytes32 seller, uint256 asset, int256 size, int256 quote)
        private
        returns (Plan memory buys, Plan memory sells)
    {
        (buys, sells) = (_begin(buyer), _begin(seller));
        (buys.sides, sells.sides) = (1, 2);
        buys.notes[0] = sells.notes[0] = _notes++;
        (buys.deltaPerp[asset], sells.deltaPerp[asset]) = (size, -size);
        (buys.deltaBasis, sells.deltaBasis) = (-size * quote, size * quote);
    }

    /// Half of a trade, or one side twice.
    function _tryHalf(TransitionCall[] memory calls) private {
        TransitionCall[] memory half = new TransitionCall[](1);
        half[0] = calls[0];
        try house.trade(half, 0, new uint256[](0)) {
            revert("half a trade passed");
        } catch {}
        half = new TransitionCall[](2);
        (half[0], half[1]) = (calls[1], calls[1]);
        try house.trade(half, 0, new uint256[](0)) {
            revert("one side passed twice");
        } catch {}
    }

    function _mine(Plan memory plan, TransitionCall memory made) private {
        _took(plan, made);
        _mined.push(made);
    }

    function _mineBoth(Plan memory buys, Plan memory sells, TransitionCall[] memory calls) private {
        bool first_ = calls[0].account == buys.account;
        _mine(buys, calls[first_ ? 0 : 1]);
        _mine(sells, calls[first_ ? 1 : 0]);
    }

    function _change(Plan memory plan) private {
        TransitionCall memory made = _proven(plan);
        house.refresh(made);
        _mine(plan, made);
    }

    function _mineOrphans(
        Plan memory plan,
        TransitionCall memory made,
        uint256 amount,
        Plan memory next,
        TransitionCall memory after_
    ) private returns (bool) {
        vm.prank(_ownerOf[plan.account]);
        try house.deposit(made, amount) {
            _mine(plan, made);
        } catch {
            return false;
        }
        vm.prank(_ownerOf[plan.account]);
        house.refresh(after_);
        _mine(next, after_);
        return true;
    }


    function _anyStep(uint256 seed) private {
        bytes4[10] memory steps = [
            this.deposit.selector,
            this.trade.selector,
            this.withdraw.selector,
            this.refresh.selector,
            this.renew.selector,
            this.reveal.selector,
            this.bid.selector,
            this.settle.selector,
            this.start.selector,
            this.move.selector
        ];
        (bool done, bytes memory why) = address(this).call(abi.encodeWithSelector(steps[seed % 10], seed >> 4));
        if (!done) {
            assembly {
                revert(add(why, 0x20), mload(why))
            }
        }
    }

    function _giveToFund(address who, uint256 amount) private {
        usd.mint(who, amount);
        vm.prank(who);
        usd.approve(address(fund), amount);
    }

    function _refuseSettlement(bytes32 of_) private {
        try defaults.settle(of_) {
            revert("settled too early");
        } catch {}
        _count("settlement refused");
    }

    /// Settles an estate, and sees where the money came from.
    function _settle(bytes32 of_, bool lacks) private {
        (uint256 money, uint256 asked, uint32 count) = (_fundHas(), house.asked(), defaults.tearUps());
        bool late = defaults.estateOf(of_).absorbed;
        defaults.settle(of_);
        if (_fundHas() < money) _count("fund paid");
        if (fund.defaultOf(of_).stage == DefaultStage.Absorbed) {
            _count("assessed");
            if (uint256(of_) & 1 == 0) _turn(defaults.estateOf(of_).perp);
            return;
        }
        if (late) _count("settled after assessments");
        if (_fundHas() > money) _count("fund paid back");
        if (house.asked() < asked) _count("withdrawals cut");
        if (defaults.endedAt() != 0) {
            _count("no tear-up could pay");
            _wind();
            return;
        }
        if (defaults.tearUps() != count) _count(lacks ? "loss torn up" : "rest torn up");
        Estate memory estate = defaults.estateOf(of_);
        assertEq(estate.cash, 0, "cash of a settled estate");
        for (uint256 u = 0; u < 16; ++u) assertEq(estate.perp[u], 0, "lines of a settled estate");
        if (house.withdrawalOf(of_).amount != 0) _count("rest owed");
        _count("settled");
        _leave(of_);
    }

    /// Settles a default of an ended market, unless members still have time to pay for it.
    function _settleAtEnd(bytes32 of_) private {
        FundDefault memory noted = fund.defaultOf(of_);
        if (noted.stage != DefaultStage.None && !_waits(noted)) defaults.settle(of_);
    }

    /// Whether members still have time to pay for a default.
    function _waits(FundDefault memory noted) private view returns (bool) {
        return noted.stage == DefaultStage.Absorbed && noted.owed != 0 && block.timestamp <= noted.until;
    }

    function _fundHas() private view returns (uint256) {
        return fund.contributions() + fund.capital();
    }

    /// After the end: claims are proven, the fund pays for public estates, and what is there is divided. Then another house opens.
    function _wind() private {
        uint256 money = house.held();
        uint256 proven;
        for (uint256 i = 0; i < _standing.length; ++i) {
            bytes32 of_ = _standing[i];
            Book storage book = _books[of_];
            if (book.stage == Stage.Revealed) {
                _settleAtEnd(of_);
                continue;
            }
            (int256 worth,) = _worth(_effective(of_));
            if (book.sequence != 0 && worth > 0) {
                (uint256 hash, Proof memory proof) =
                    _reveal(of_, book.sequence, book.commitment, book.basis, book.perp);
                defaults.claimAtEnd(of_, book.basis, book.perp, hash, proof);
                try defaults.claimAtEnd(of_, book.basis, book.perp, hash, proof) {
                    revert("a claim was proven twice");
                } catch {}
                proven += uint256(worth);
            }
            if (book.stage == Stage.Frozen) defaults.settle(of_);
        }
        skip(2 days);
        for (uint256 i = 0; i < _standing.length; ++i) {
            _settleAtEnd(_standing[i]);
        }
        money = house.held();
        uint256 paid;
        for (uint256 i = 0; i < _standing.length; ++i) {
            bytes32 of_ = _standing[i];
            Book storage book = _books[of_];
            (int256 worth,) = _worth(_effective(of_));
            try defaults.payAtEnd(of_) returns (uint256 amount) {
                assertTrue(book.stage != Stage.Revealed && worth > 0, "paid without a claim");
                assertLe(amount, uint256(worth) / UNIT, "paid more than a claim");
                bool full = proven <= money * UNIT;
                if (full) assertEq(amount, uint256(worth) / UNIT, "claim not paid in full");
                else assertApproxEqAbs(amount, money * uint256(worth) / proven, 1, "claim not pro rata");
                paid += amount;
                _count(full ? "claim paid" : "claim paid pro rata");
            } catch {
                assertTrue(book.stage == Stage.Revealed || book.sequence == 0 || worth <= 0, "a claim was not paid");
            }
            if (book.stage == Stage.Open && house.withdrawalOf(of_).amount != 0 && fund.mayTransition(of_)) {
                house.pay(of_);
            }
        }
        assertEq(house.held(), money - paid, "money after the end");
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked(), "tokens after the end");
        (uint32 open,) = fund.defaults();
        assertEq(open, 0, "a default outlived the market");
        _retired += usd.balanceOf(address(house)) + usd.balanceOf(address(fund));
        _begin_();
        ledger.move(0);
    }

    // --- time ---

    /// Time passes with its rounds. Members prove what has lapsed or soon will, where it is true.
    function _live(uint256 time) private {
        uint256 until = block.timestamp + time;
        while (block.timestamp < until) {
            skip(block.timestamp + ROUND < until ? ROUND : until - block.timestamp);
            ledger.move(0);
            for (uint256 i = 0; i < MEMBERS; ++i) _attend(_accountOf[i]);
        }
    }

    function _attend(bytes32 of_) private {
        Book storage book = _books[of_];
        if (book.stage != Stage.Open || book.sequence == 0 || book.neglect == Neglect.All) return;
        if (house.isEmpty(of_)) return;
        bool overtaken = book.applied != defaults.tearUps();
        if (book.neglect == Neglect.None && (overtaken || book.broken || book.expiresAt <= block.timestamp + 2 hours)) {
            Plan memory plan = _begin(of_);
            bool may = fund.mayTransition(of_);
            if ((may || plan.tearUp.assets != 0) && _suffices(plan, false)) {
                _change(plan);
                if (!may) _count("hostage closed its lines");
                return;
            }
        }
        bool early = gate.statusOf(of_) == Status.Healthy && block.timestamp < gate.recordOf(of_).time + 5 hours;
        // A book that a tear-up has overtaken, or that is broken or too old, proves nothing that counts.
        if ((early && !_capLapsed(book)) || book.broken || book.expiresAt <= block.timestamp) return;
        uint256 theta = _thetaOf(book);
        if (theta == 0) return;
        HealthCall memory health = _health(book.commitment, _healthy(theta, 0));
        gate.submit(of_, health.round, health.claim, health.proof);
        if (book.neglect == Neglect.Cap) return;
        health = _health(book.commitment, _stressClaim(book.capSteps));
        stressGate.submit(of_, health.round, health.claim, health.proof);
        _capProven(book);
    }
}
