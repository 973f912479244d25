// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Estate} from "../../../contracts/types/Estate.sol";
import {Stage, TearUp, TransitionCall} from "../../../contracts/types/Transition.sol";
import {HouseFixture, Plan} from "../support/HouseFixture.sol";

/// The books of a house's members, as a test knows them, and what must be true of a house with such books. The prover
/// proves what these books say, and nothing else.
abstract contract HouseModel is HouseFixture {
    uint256 internal constant MEMBERS = 4;
    /// Assets that members trade.
    uint256 internal constant TRADED = 3;

    /// How a member neglects its account.
    enum Neglect {
        /// Not at all.
        None,
        /// It proves nothing.
        All,
        /// It proves margin, and no cap.
        Cap
    }

    struct Book {
        int256[16] perp;
        int256 basis;
        uint64 sequence;
        uint256 commitment;
        uint64 expiresAt;
        /// Number of the newest tear-up that it has applied.
        uint32 applied;
        Stage stage;
        Neglect neglect;
        uint64 capSteps;
        bool capHeld;
        /// Somebody has broken it in the registry since its last transition.
        bool broken;
        /// When its cap was proven last, and how often the market had moved by then.
        uint64 capProvenAt;
        uint64 capMoves;
    }

    /// Accounts that are not settled.
    bytes32[] internal _standing;
    /// Accounts that are, of this house.
    bytes32[] internal _settled;
    mapping(bytes32 account => Book) internal _books;
    mapping(bytes32 account => address) internal _ownerOf;
    mapping(uint256 member => bytes32) internal _accountOf;
    /// Every commitment that a book ever had.
    mapping(uint256 commitment => bool) internal _used;
    /// How often the market has moved beyond every envelope.
    uint64 internal _moves;
    /// What houses and funds that are over have kept, settlement units.
    uint256 internal _retired;
    uint256 private _names;
    mapping(bytes32 what => uint256) private _happened;

    function happened(string memory what) external view returns (uint256) {
        return _happened[keccak256(bytes(what))];
    }

    function _count(string memory what) internal {
        ++_happened[keccak256(bytes(what))];
    }

    // --- what must be true ---

    /// Whatever prices are, the books together are worth what the house holds, and nobody has a line without its other side.
    function checkConserved(uint256 seed) external view {
        int256 total = int256(house.dust() + defaults.dust());
        int256[16] memory open;
        for (uint256 i = 0; i < _standing.length; ++i) {
            Book memory book = _effective(_standing[i]);
            total += book.basis;
            for (uint256 u = 0; u < 16; ++u) open[u] += book.perp[u];
            for (uint256 u = 0; u < TRADED; ++u) total += book.perp[u] * _anyPrice(seed, u);
        }
        for (uint256 u = 0; u < 16; ++u) assertEq(open[u], 0, "open interest");
        assertEq(total, int256(house.held() * UNIT), "conserved");
    }

    /// Every token is where the records say.
    function checkTokens() external view {
        assertEq(usd.balanceOf(address(house)), house.held() + house.asked(), "tokens of the house");
        uint256 recorded = fund.contributions() + fund.capital();
        for (uint256 i = 0; i < _standing.length; ++i) {
            Stage stage = _books[_standing[i]].stage;
            if (stage == Stage.Frozen || stage == Stage.Revealed) recorded += fund.defaultOf(_standing[i]).received;
        }
        assertEq(usd.balanceOf(address(fund)), recorded, "tokens of the fund");
        assertEq(usd.balanceOf(address(defaults)), 0, "tokens of the defaults");
        uint256 all = _retired + usd.balanceOf(address(house)) + recorded;
        for (uint256 i = 0; i < MEMBERS; ++i) all += usd.balanceOf(_member(i));
        assertEq(usd.totalSupply(), all, "tokens of all");
    }

    /// The registry has the books of the model, and the house knows which of them are current.
    function checkBooks() external view {
        uint256 frozen;
        for (uint256 i = 0; i < _standing.length; ++i) {
            bytes32 of_ = _standing[i];
            Book memory book = _books[of_];
            assertEq(registry.bookOf(of_).commitment, book.commitment, "commitment");
            assertEq(registry.bookOf(of_).sequence, book.sequence, "sequence");
            assertEq(uint256(house.stageOf(of_)), uint256(book.stage), "stage");
            bool current = book.stage == Stage.Open && book.applied == defaults.tearUps() && !_capLapsed(book);
            assertEq(house.isCurrent(of_), current, "current");
            if (book.stage != Stage.Open) ++frozen;
        }
        assertEq(house.openDefaults(), frozen, "open defaults");
        (uint32 open,) = fund.defaults();
        assertEq(open, frozen, "noted defaults");
        for (uint256 i = 0; i < _settled.length; ++i) {
            assertFalse(house.isCurrent(_settled[i]), "settled");
            assertEq(uint256(house.stageOf(_settled[i])), uint256(Stage.Settled), "settled");
        }
    }

    function _checkAll() internal view {
        this.checkConserved(7);
        this.checkTokens();
        this.checkBooks();
    }

    // --- accounts ---

    function _member(uint256 i) internal pure returns (address) {
        return vm.addr(100 + i % MEMBERS);
    }

    function _enter(uint256 i) internal {
        vm.prank(_member(i));
        bytes32 of_ = house.open(bytes32(++_names));
        (_accountOf[i % MEMBERS], _ownerOf[of_]) = (of_, _member(i));
        (_books[of_].applied, _books[of_].stage) = (defaults.tearUps(), Stage.Open);
        _standing.push(of_);
    }

    function _memberOf(bytes32 of_) internal view returns (uint256 i) {
        while (_accountOf[i] != of_) ++i;
    }

    /// An account is over, and its member opens another.
    function _leave(bytes32 of_) internal {
        Book storage book = _books[of_];
        book.stage = Stage.Settled;
        for (uint256 i = 0; i < _standing.length; ++i) {
            if (_standing[i] != of_) continue;
            _standing[i] = _standing[_standing.length - 1];
            _standing.pop();
            break;
        }
        _settled.push(of_);
        _enter(_memberOf(of_));
    }

    /// An account of a stage; 0 if there is none.
    function _inStage(Stage stage, uint256 seed) internal view returns (bytes32) {
        for (uint256 i = 0; i < _standing.length; ++i) {
            bytes32 of_ = _standing[(seed % _standing.length + i) % _standing.length];
            if (_books[of_].stage == stage) return of_;
        }
        return 0;
    }

    // --- books ---

    /// What a book is once its torn-up lines are closed, each at its first tear-up; of a public book, its estate.
    function _effective(bytes32 of_) internal view returns (Book memory book) {
        book = _books[of_];
        if (book.stage == Stage.Revealed) {
            Estate memory estate = defaults.estateOf(of_);
            (book.perp, book.basis, book.applied) = (estate.perp, estate.cash, estate.tearUps);
        }
        for (uint32 count = defaults.tearUps(); book.applied < count;) {
            TearUp memory torn = defaults.tearUpAt(++book.applied);
            for (uint256 u = 0; u < 16; ++u) {
                if ((torn.assets >> u) & 1 == 0) continue;
                book.basis += book.perp[u] * torn.netPrice[u];
                book.perp[u] = 0;
            }
        }
        if (book.stage == Stage.Frozen) book.basis += defaults.estateOf(of_).cash;
    }

    /// What a book is worth in the middle of the market, and how much of it is lines, attodollars.
    function _worth(Book memory book) internal view returns (int256 worth, uint256 gross) {
        worth = book.basis;
        for (uint256 u = 0; u < TRADED; ++u) {
            if (book.perp[u] == 0) continue;
            int256 line = book.perp[u] * _mid(u);
            worth += line;
            gross += uint256(line < 0 ? -line : line);
        }
    }

    /// The health factor that a book is proven above, basis points; 0 if none is.
    function _thetaOf(Book memory book) internal view returns (uint256) {
        (int256 worth, uint256 gross) = _worth(book);
        if (worth <= 0) return 0;
        return uint256(worth) * 5 < gross ? 10_000 : INITIAL;
    }

    /// The book that a plan leaves.
    function _after(Plan memory plan) internal view returns (Book memory book) {
        book = _effective(plan.account);
        for (uint256 u = 0; u < 16; ++u) book.perp[u] += plan.deltaPerp[u];
        book.basis += plan.deltaBasis;
    }

    /// The account's next transition, with its cap as it is.
    function _begin(bytes32 of_) internal view returns (Plan memory plan) {
        plan = _plan(of_);
        plan.capSteps = _books[of_].capSteps;
    }

    /// Makes a transition with the claim that its book bears out.
    function _proven(Plan memory plan) internal returns (TransitionCall memory) {
        plan.theta = _thetaOf(_after(plan));
        return _make(plan);
    }

    /// The notes move a trade's books, not public deltas: the model takes them, the words do not.
    function _withoutDelta(Plan memory plan) internal view returns (Plan memory said) {
        said = abi.decode(abi.encode(plan), (Plan));
        said.theta = _thetaOf(_after(plan));
        delete said.deltaPerp;
        said.deltaBasis = 0;
    }

    /// The model takes a transition that the house has taken.
    function _took(Plan memory plan, TransitionCall memory made) internal {
        Book memory now_ = _after(plan);
        Book storage book = _books[plan.account];
        (book.perp, book.basis, book.applied) = (now_.perp, now_.basis, now_.applied);
        assertFalse(_used[made.newCommitment], "an old commitment is back");
        _used[made.newCommitment] = true;
        (book.sequence, book.commitment) = (plan.sequence, made.newCommitment);
        _renewed(book, plan.capSteps);
    }

    function _renewed(Book storage book, uint64 capSteps) internal {
        (book.broken, book.expiresAt) = (false, uint64(block.timestamp) + 1 days);
        (book.capHeld, book.capSteps) = (true, capSteps);
        _capProven(book);
    }

    function _capProven(Book storage book) internal {
        (book.capProvenAt, book.capMoves) = (uint64(block.timestamp), _moves);
    }

    function _capLapsed(Book memory book) internal view returns (bool) {
        bool old = block.timestamp > book.capProvenAt + MAX_PROOF_AGE || block.timestamp >= book.expiresAt;
        return book.capHeld && (old || book.broken || book.capMoves != _moves);
    }

    // --- prices ---

    function _mid(uint256 u) internal view returns (int256) {
        (uint64 low, uint64 high,) = ledger.priceOf(u);
        return int256((uint256(low) + high) / 2);
    }

    function _anyPrice(uint256 seed, uint256 u) private pure returns (int256) {
        return int256(uint256(keccak256(abi.encode(seed, u))) % 1e12) - 5e11;
    }

    /// The newest round's prices, as words of a transition.
    function _box() internal view returns (uint256[16] memory box) {
        uint256[] memory quotes = ledger.quotes();
        for (uint256 u = 0; u < 16; ++u) {
            box[u] = uint256(uint64(quotes[u])) + 2 ** 65 + (uint256(uint64(quotes[u] >> 64)) + 2 ** 65) * 2 ** 66;
        }
    }
}
