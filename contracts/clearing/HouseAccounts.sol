// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Spec} from "../generated/Spec.sol";
import {IAccountOwners} from "../interfaces/IAccountOwners.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IClearingDefaults} from "../interfaces/IClearingDefaults.sol";
import {IClearingHouse} from "../interfaces/IClearingHouse.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {IWordsVerifier} from "../interfaces/IWordsVerifier.sol";
import {Attestation, AttestedBook} from "../types/Book.sol";
import {HouseTerms, Stage, Withdrawal} from "../types/Transition.sol";
import {TransitionWords} from "./TransitionWords.sol";

/// The accounts of a clearing house: who owns them, how their books reach the registry, which lines are torn up, and what
/// owners have asked to be paid; see IClearingHouse.
abstract contract HouseAccounts is IClearingHouse, IERC1271, ReentrancyGuardTransient {
    /// What is stored of an account: one word. Its newest commitment and sequence are the registry's.
    struct ClearedAccount {
        /// Who owns it; zero if nobody has opened it.
        address owner;
        /// How far it has come.
        Stage stage;
        /// Number of the newest tear-up that its book has applied.
        uint32 tearUps;
        /// Sequence of the book that was shown to be empty last; 0 if none was.
        uint40 emptyAt;
    }

    /// What an owner has asked for.
    struct Asked {
        /// Shares of all that is asked for: smallest units of the settlement token at an index of WHOLE.
        uint256 shares;
        /// Who receives it.
        address to;
        /// Unix seconds from which on it can be paid.
        uint64 due;
        /// Shares of an era that was cut to nothing are worth nothing.
        uint32 era;
    }

    /// Index of shares that nothing has cut.
    uint256 private constant WHOLE = 1e27;
    /// A cut to less than a thousand millionth leaves nothing: shares stay far from overflowing.
    uint256 private constant LEAST_INDEX = 1e18;
    uint256 private constant MOST_DECIMALS = 18;

    /// @inheritdoc IClearingHouse
    IMarginGate public immutable gate;
    /// @inheritdoc IClearingHouse
    IMarginGate public immutable stressGate;
    /// @inheritdoc IClearingHouse
    IBookRegistry public immutable registry;
    /// @inheritdoc IClearingHouse
    IMarketLedger public immutable ledger;
    /// @inheritdoc IClearingHouse
    IDefaultFund public immutable fund;
    /// @inheritdoc IClearingHouse
    IClearingDefaults public immutable defaults;
    /// @inheritdoc IClearingHouse
    address public immutable settlement;
    /// @inheritdoc IClearingHouse
    IWordsVerifier public immutable transitions;
    /// @inheritdoc IClearingHouse
    IWordsVerifier public immutable reveals;
    /// @inheritdoc IClearingHouse
    uint16 public immutable initialMargin;
    /// @inheritdoc IClearingHouse
    uint64 public immutable horizon;
    /// @inheritdoc IClearingHouse
    uint256 public immutable unit;
    uint256 internal immutable KEY_X;
    uint256 internal immutable KEY_Y;
    uint256 internal immutable LISTING;
    IRiskProfile private immutable BOOK_PROFILE;
    uint64 private immutable LONGEST_BOOK;

    mapping(bytes32 account => ClearedAccount) internal _accounts;
    mapping(bytes32 account => Asked) internal _asked;
    /// @inheritdoc IClearingHouse
    uint256 public held;
    /// @inheritdoc IClearingHouse
    uint256 public dust;
    /// @inheritdoc IClearingHouse
    uint256 public openDefaults;
    /// @inheritdoc IClearingHouse
    uint256 public asked;
    uint256 private _index = WHOLE;
    uint32 private _era;
    /// The one digest that the house signs now; 0 but within its own call to the registry.
    bytes32 private transient _signing;

    /// @param terms what the house is made of
    constructor(HouseTerms memory terms) {
        (gate, stressGate, fund, defaults) = (terms.gate, terms.stressGate, terms.fund, terms.defaults);
        (settlement, transitions, reveals) = (terms.settlement, terms.transitions, terms.reveals);
        (KEY_X, KEY_Y, initialMargin, horizon) = (terms.keyX, terms.keyY, terms.initialMargin, terms.horizon);
        (registry, ledger) = (terms.gate.registry(), terms.gate.ledger());
        (BOOK_PROFILE, LONGEST_BOOK) = (registry.profile(), registry.longestBook());
        LISTING = BOOK_PROFILE.listing();
        uint256 decimals = IERC20Metadata(terms.settlement).decimals();
        if (decimals > MOST_DECIMALS) revert HouseMismatch("decimals", MOST_DECIMALS, decimals);
        unit = 10 ** (MOST_DECIMALS - decimals);
        _expect("registry", address(registry), address(terms.stressGate.registry()));
        _expect("ledger", ledger.origin(), terms.stressGate.ledger().origin());
        _expect("fund", address(this), terms.fund.house());
        _expect("fund's defaults", address(terms.defaults), terms.fund.houseDefaults());
        _expect("fund's gate", address(terms.stressGate), address(terms.fund.stressGate()));
        _expect("fund's token", terms.settlement, terms.fund.settlement());
        _expect("defaults", address(this), terms.defaults.house());
        _check("transition words", TransitionWords.COUNT, terms.transitions.wordCount());
        _check("reveal words", TransitionWords.REVEAL_COUNT, terms.reveals.wordCount());
        if (terms.initialMargin <= Spec.BPS) revert HouseMismatch("margin", Spec.BPS + 1, terms.initialMargin);
        uint256 least = uint256(terms.gate.terms().maxProofAge) + terms.gate.terms().gracePeriod
            + terms.defaults.longest();
        if (terms.horizon < least) revert HorizonTooShort(least, terms.horizon);
        if (terms.fund.terms().horizon <= terms.horizon) {
            revert HouseMismatch("fund's horizon", terms.horizon + 1, terms.fund.terms().horizon);
        }
    }

    /// Only the contract of defaults may call it.
    modifier onlyDefaults() {
        _requireDefaults();
        _;
    }

    /// @inheritdoc IClearingHouse
    function open(bytes32 subaccount) external returns (bytes32 account) {
        address[] memory attesters = new address[](1);
        attesters[0] = address(this);
        account = registry.open(keccak256(abi.encode(msg.sender, subaccount)), false, attesters, 1);
        ClearedAccount storage opened = _accounts[account];
        (opened.owner, opened.stage) = (msg.sender, Stage.Open);
        // A tear-up closes nothing of a book that begins empty.
        opened.tearUps = defaults.tearUps();
        emit ClearingAccountOpened(account, msg.sender, subaccount);
    }

    /// The house signs one digest, inside its own call to the registry, and for nobody else.
    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        bool signs = digest != 0 && digest == _signing && msg.sender == address(registry);
        return signs ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    /// @inheritdoc IClearingHouse
    function breakBook(bytes32 account) external nonReentrant {
        if (_accounts[account].owner == address(0)) revert AccountNotOpen(account, Stage.None);
        if (isCurrent(account)) revert BookCurrent(account);
        registry.breakBook(account);
    }

    /// @inheritdoc IClearingHouse
    function freeze(bytes32 account)
        external
        onlyDefaults
        returns (uint256 commitment, uint64 sequence, uint256 seized)
    {
        AttestedBook memory book = registry.bookOf(account);
        (commitment, sequence) = (book.commitment, book.sequence);
        _requireOpen(account);
        _accounts[account].stage = Stage.Frozen;
        ++openDefaults;
        seized = _takeAsked(account);
        held += seized;
        emit AccountFrozen(account, sequence, seized);
    }

    /// @inheritdoc IClearingHouse
    function setStage(bytes32 account, Stage stage) external onlyDefaults {
        _accounts[account].stage = stage;
        if (stage == Stage.Settled) --openDefaults;
        emit StageReached(account, stage);
    }

    /// @inheritdoc IClearingHouse
    function credit(uint256 amount) external onlyDefaults {
        held += amount;
    }

    /// @inheritdoc IClearingHouse
    function owe(bytes32 account, uint256 amount) external onlyDefaults {
        _takeHeld(amount);
        _ask(account, amount, _accounts[account].owner);
    }

    /// @inheritdoc IClearingHouse
    function cutWithdrawals(uint256 loss) external onlyDefaults returns (uint256 cut) {
        uint256 total = asked;
        uint256 index = loss < total ? _index * (total - loss) / total : 0;
        cut = index < LEAST_INDEX ? total : loss;
        if (cut == total) (_index, _era) = (WHOLE, _era + 1);
        else _index = index;
        (asked, held) = (total - cut, held + cut);
        emit WithdrawalsCut(total, cut);
    }

    /// @inheritdoc IAccountOwners
    function ownerOf(bytes32 account) external view returns (address) {
        return _accounts[account].owner;
    }

    /// @inheritdoc IClearingHouse
    function stageOf(bytes32 account) external view returns (Stage) {
        return _accounts[account].stage;
    }

    /// @inheritdoc IClearingHouse
    function isCurrent(bytes32 account) public view returns (bool) {
        ClearedAccount memory entry = _accounts[account];
        return entry.stage == Stage.Open && entry.tearUps == defaults.tearUps() && !fund.isCapLapsed(account);
    }

    /// @inheritdoc IClearingHouse
    function isEmpty(bytes32 account) public view returns (bool) {
        uint256 emptyAt = _accounts[account].emptyAt;
        return emptyAt != 0 && emptyAt == registry.bookOf(account).sequence;
    }

    /// @inheritdoc IClearingHouse
    function withdrawalOf(bytes32 account) external view returns (Withdrawal memory) {
        Asked memory entry = _asked[account];
        return Withdrawal(_worth(entry), entry.due, entry.to);
    }

    /// @inheritdoc IClearingHouse
    function placeOf(bytes32 account) external view returns (uint256) {
        return TransitionWords.placeOf(account);
    }

    /// @inheritdoc IClearingHouse
    function appliedTearUps(bytes32 account) external view returns (uint32) {
        return _accounts[account].tearUps;
    }

    /// @inheritdoc IClearingHouse
    function liquidatorsKey() external view returns (uint256 x, uint256 y) {
        return (KEY_X, KEY_Y);
    }

    /// Makes a commitment the account's newest book in the registry, which the house signs.
    /// @param account the account
    /// @param commitment commitment to the book
    /// @param sequence sequence of the book
    function _attest(bytes32 account, uint256 commitment, uint64 sequence) internal {
        uint64 life = BOOK_PROFILE.bookMaxAge();
        if (life > LONGEST_BOOK) life = LONGEST_BOOK;
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = AttestedBook(commitment, sequence, time, time + life);
        Attestation[] memory attestations = new Attestation[](1);
        attestations[0] = Attestation(address(this), "");
        _signing = registry.digestOf(account, book);
        registry.attest(account, book, attestations);
        _signing = 0;
    }

    /// Takes from what backs the books. What another estate lacks is not there until its default is settled.
    /// @param amount smallest units of the settlement token
    function _takeHeld(uint256 amount) internal {
        uint256 backing = held;
        if (amount > backing) revert HeldTooLow(amount, backing);
        unchecked {
            held = backing - amount;
        }
    }

    /// Reverts unless the caller is the contract of defaults.
    function _requireDefaults() private view {
        if (msg.sender != address(defaults)) revert NotDefaults(msg.sender);
    }

    /// Reverts unless an account's owner may change it.
    /// @param account the account
    function _requireOpen(bytes32 account) internal view {
        Stage stage = _accounts[account].stage;
        if (stage != Stage.Open) revert AccountNotOpen(account, stage);
    }

    /// Adds to what an owner has asked for. All of it waits a horizon from now.
    /// @param account the account
    /// @param amount smallest units of the settlement token
    /// @param to who is to receive all of it
    function _ask(bytes32 account, uint256 amount, address to) internal {
        uint64 due = uint64(block.timestamp) + horizon;
        // Rounded up, so that they are worth the amount.
        uint256 shares = (amount * WHOLE + _index - 1) / _index;
        Asked storage entry = _asked[account];
        entry.shares = entry.era == _era ? entry.shares + shares : shares;
        (entry.to, entry.due, entry.era) = (to, due, _era);
        asked += amount;
        emit WithdrawalAsked(account, amount, to, due);
    }

    /// Takes back what an owner has asked for.
    /// @param account the account
    /// @return amount what it was worth, smallest units of the settlement token
    function _takeAsked(bytes32 account) internal returns (uint256 amount) {
        Asked memory entry = _asked[account];
        amount = _worth(entry);
        asked -= amount;
        delete _asked[account];
    }

    /// What shares are worth.
    /// @param entry what an owner has asked for
    /// @return smallest units of the settlement token, rounded down
    function _worth(Asked memory entry) internal view returns (uint256) {
        if (entry.era != _era) return 0;
        uint256 worth = entry.shares * _index / WHOLE;
        // What rounding of a cut leaves short, the last to be paid bears.
        return worth < asked ? worth : asked;
    }

    /// Reverts unless a part names another as it should.
    /// @param what name of the part
    /// @param expected what it should name
    /// @param got what it names
    function _expect(bytes32 what, address expected, address got) private pure {
        _check(what, uint160(expected), uint160(got));
    }

    /// Reverts unless two numbers are equal.
    /// @param what name of the part
    /// @param expected what it should be
    /// @param got what it is
    function _check(bytes32 what, uint256 expected, uint256 got) private pure {
        if (got != expected) revert HouseMismatch(what, expected, got);
    }
}
