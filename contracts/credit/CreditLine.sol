// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {ICreditRegistry} from "../interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {LineState, LineTerms, WithdrawalBatch} from "../types/Credit.sol";
import {Status} from "../types/Status.sol";

/// Credit for one account; see ICreditLine. Every line is a clone of one contract, which its registry makes: what all
/// lines have alike stands in the code, and the rest in storage. Cash is counted, so tokens that are only sent to the
/// line are nobody's and move no price.
contract CreditLine is ICreditLine, ERC4626, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    uint256 private constant YEAR = 365 days;
    /// Debt is stored in 10^-18 of a smallest unit, so that no number of calls rounds it up by more than nothing.
    uint256 private constant FINE = 1e18;
    /// Shares of a smallest unit, as a power of ten: what makes a first deposit not worth attacking.
    uint8 private constant SHARE_DECIMALS = 6;
    /// Batches that one call pays at most.
    uint256 private constant BATCHES_A_CALL = 8;

    /// Times and marks of the line, in one word.
    struct Clock {
        /// Unix seconds up to which the debt has its interest.
        uint40 accruedAt;
        /// Seconds short that count.
        uint40 lateSeconds;
        /// Unix seconds of the notice; 0 without one.
        uint40 noticeAt;
        /// Unix seconds of the call; 0 without one.
        uint40 calledAt;
        /// Whether the cash was below what is required when somebody last acted.
        bool short;
        /// Whether the notice is the steward's.
        bool bySteward;
        /// Whether a part of the debt is written off.
        bool impaired;
        /// Whether the line has defaulted.
        bool defaulted;
    }

    /// What a lender requested in a batch.
    struct LenderRequest {
        /// Shares.
        uint256 shares;
        /// What was claimed, smallest units.
        uint256 claimed;
        /// Whether the shares that were not paid were given back.
        bool returned;
    }

    ICreditRegistry private immutable REGISTRY;
    IMarginGate private immutable GATE;
    IBookRegistry private immutable BOOKS;
    IERC20 private immutable SETTLEMENT;
    uint256 private immutable HORIZON;

    /// @inheritdoc ICreditLine
    bytes32 public account;
    LineTerms private _terms;
    Clock private _clock;
    /// What is owed, 10^-18 of a smallest unit.
    uint256 private _debt;
    uint256 private _cash;
    uint256 private _reserved;
    uint256 private _waiting;
    WithdrawalBatch[] private _batches;
    mapping(uint256 batch => mapping(address lender => LenderRequest)) private _requests;
    /// The first batch that may still be paid. Shares that are left of those before it go back to their lenders.
    uint256 private _firstUnpaid;

    /// What every action begins and ends with.
    modifier touching() {
        _accrue();
        _settle();
        _;
        _settle();
        _judge();
    }

    /// @param registry the registry that clones it
    /// @param gate the gate whose word on an account counts
    /// @param settlement the token that is lent
    /// @param horizon seconds of interest that the covenant counts ahead
    constructor(ICreditRegistry registry, IMarginGate gate, IERC20 settlement, uint256 horizon)
        ERC20("", "")
        ERC4626(settlement)
    {
        (REGISTRY, GATE, SETTLEMENT, HORIZON) = (registry, gate, settlement, horizon);
        BOOKS = gate.registry();
    }

    /// @inheritdoc ICreditLine
    function initialise(bytes32 account_, LineTerms calldata terms_) external {
        if (msg.sender != address(REGISTRY) || account != 0) revert NotCreditRegistry();
        (account, _terms) = (account_, terms_);
    }

    // --- the borrower ---

    /// @inheritdoc ICreditLine
    function draw(uint256 amount, address to) external nonReentrant touching {
        address owner = BOOKS.ownerOf(account);
        if (msg.sender != owner) revert NotLineOwner(owner, msg.sender);
        if (amount == 0) revert NothingToDo();
        if (!REGISTRY.isOpen(address(this))) revert LineHasClosed();
        if (_isLate()) revert LineLate();
        uint256 most = _mostDrawn();
        if (amount > most) revert DrawdownTooLarge(most, amount);
        (,, uint64 effectiveAt) = BOOKS.proposalOf(account);
        if (effectiveAt != 0) revert AttestersProposed(effectiveAt);
        _debt += amount * FINE;
        _cash -= amount;
        REGISTRY.requireCovenant(account);
        emit Drawn(account, amount, _owed(), to);
        SETTLEMENT.safeTransfer(to, amount);
    }

    /// @inheritdoc ICreditLine
    function repay(uint256 amount) external nonReentrant touching returns (uint256 repaid) {
        uint256 owed = _owed();
        repaid = Math.min(amount, owed);
        if (repaid == 0) revert NothingToDo();
        _receive(msg.sender, repaid);
        _debt = repaid == owed ? 0 : _debt - repaid * FINE;
        _cash += repaid;
        emit DebtRepaid(account, repaid, owed - repaid, msg.sender);
        if (_debt == 0 && _clock.noticeAt != 0) {
            (_clock.noticeAt, _clock.calledAt, _clock.bySteward, _clock.impaired) = (0, 0, false, false);
            emit NoticeWithdrawn();
        }
    }

    // --- lenders ---

    /// Adds to the line; see ERC-4626. Interest and batches come first, at the price before it.
    /// @param assets what is lent, smallest units, above 0
    /// @param receiver who gets the shares
    /// @return shares of the line, rounded down
    function deposit(uint256 assets, address receiver)
        public
        override
        nonReentrant
        touching
        returns (uint256 shares)
    {
        return super.deposit(assets, receiver);
    }

    /// Adds to the line for a number of shares; see ERC-4626.
    /// @param shares of the line, above 0
    /// @param receiver who gets the shares
    /// @return assets what is lent, smallest units, rounded up
    function mint(uint256 shares, address receiver)
        public
        override
        nonReentrant
        touching
        returns (uint256 assets)
    {
        return super.mint(shares, receiver);
    }

    /// @inheritdoc ICreditLine
    function requestWithdrawal(uint256 shares) external nonReentrant touching returns (uint256 batch) {
        if (shares == 0) revert NothingToDo();
        batch = _batches.length;
        if (batch > _firstUnpaid && block.timestamp < _batches[batch - 1].closesAt) --batch;
        else _batches.push(WithdrawalBatch(uint64(block.timestamp) + _terms.batchPeriod, 0, 0, 0));
        WithdrawalBatch storage entry = _batches[batch];
        entry.shares += shares;
        entry.left += shares;
        _requests[batch][msg.sender].shares += shares;
        _waiting += shares;
        emit ExitRequested(msg.sender, batch, shares, entry.closesAt);
        _transfer(msg.sender, address(this), shares);
    }

    /// @inheritdoc ICreditLine
    function claim(uint256 batch, address lender)
        external
        nonReentrant
        touching
        returns (uint256 assets, uint256 shares)
    {
        LenderRequest storage request = _requests[batch][lender];
        uint256 mine = request.shares;
        if (mine == 0) revert NothingToDo();
        WithdrawalBatch memory entry = _batches[batch];
        assets = Math.mulDiv(entry.paid, mine, entry.shares) - request.claimed;
        if (batch < _firstUnpaid && !request.returned) shares = Math.mulDiv(entry.left, mine, entry.shares);
        if (assets == 0 && shares == 0) revert NothingToDo();
        if (shares != 0) request.returned = true;
        request.claimed += assets;
        _reserved -= assets;
        emit ExitClaimed(lender, batch, assets, shares);
        if (shares != 0) _transfer(address(this), lender, shares);
        if (assets != 0) SETTLEMENT.safeTransfer(lender, assets);
    }

    /// @inheritdoc ICreditLine
    function touch() external nonReentrant touching {}

    // --- from bad to worse ---

    /// @inheritdoc ICreditLine
    function giveNotice() external nonReentrant touching {
        if (_clock.noticeAt != 0 || _clock.defaulted) revert DoneBefore();
        if (_debt == 0) revert NothingToDo();
        bool bySteward = msg.sender == _terms.steward;
        if (!bySteward && !_hasCause()) revert CauseMismatch();
        (_clock.noticeAt, _clock.bySteward) = (uint40(block.timestamp), bySteward);
        emit NoticeGiven(bySteward);
    }

    /// @inheritdoc ICreditLine
    function withdrawNotice() external nonReentrant touching {
        if (_clock.noticeAt == 0) revert NothingToDo();
        if (_clock.calledAt != 0) revert DoneBefore();
        if (_clock.bySteward && msg.sender != _terms.steward) revert CauseMismatch();
        // Also the steward's: a friend of the owner would otherwise give notice first, and withdraw it at its end.
        if (_hasCause()) revert CauseMismatch();
        (_clock.noticeAt, _clock.bySteward) = (0, false);
        emit NoticeWithdrawn();
    }

    /// @inheritdoc ICreditLine
    function callDebt() external nonReentrant touching {
        if (_clock.calledAt != 0) revert DoneBefore();
        uint256 from = _clock.noticeAt;
        // Nobody is called for time in which nobody could prove.
        if (from != 0) from = Math.max(from, _restart()) + _terms.noticePeriod;
        if (from == 0 || block.timestamp < from) revert StepTooEarly(uint64(from));
        if (!_clock.bySteward && !_hasCause()) revert CauseMismatch();
        _clock.calledAt = uint40(block.timestamp);
        emit DebtCalled(_owed());
    }

    /// @inheritdoc ICreditLine
    function impair() external nonReentrant touching {
        if (_clock.impaired || _clock.defaulted) revert DoneBefore();
        _requireSinceCall(_terms.impairPeriod);
        _clock.impaired = true;
        emit DebtImpaired(_owed(), _counted());
    }

    /// @inheritdoc ICreditLine
    function declareDefault() external nonReentrant touching {
        if (_clock.defaulted) revert DoneBefore();
        _requireSinceCall(_terms.curePeriod);
        _clock.defaulted = true;
        _waiting = 0;
        _firstUnpaid = _batches.length;
        emit LineDefaulted(_owed());
    }

    // --- views ---

    /// @inheritdoc ICreditLine
    function state() external view returns (LineState memory) {
        (uint256 interest,, uint256 late) = _pending();
        Clock memory clock = _clock;
        return LineState({
            debt: Math.ceilDiv(_debt + interest, FINE),
            cash: _cash,
            reserved: _reserved,
            waiting: _waiting,
            required: _required(),
            rate: _rate(),
            lateSeconds: uint64(late),
            noticeAt: clock.noticeAt,
            calledAt: clock.calledAt,
            short: _debt != 0 && _cash < _required(),
            noticeBySteward: clock.bySteward,
            impaired: clock.impaired,
            defaulted: clock.defaulted
        });
    }

    /// @inheritdoc ICreditLine
    function terms() external view returns (LineTerms memory) {
        return _terms;
    }

    /// @inheritdoc ICreditLine
    function drawable() external view returns (uint256) {
        return _isLate() || !REGISTRY.isOpen(address(this)) ? 0 : _mostDrawn();
    }

    /// @inheritdoc ICreditLine
    function debt() external view returns (uint256) {
        return _owed();
    }

    /// @inheritdoc ICreditLine
    function exposure() external view returns (uint256 owed, address attester) {
        uint256 rate = uint256(_terms.fullRate) + _terms.penaltyRate;
        owed = _owed();
        owed += Math.mulDiv(owed, rate * HORIZON, Spec.BPS * YEAR, Math.Rounding.Ceil);
        return (owed, _terms.attester);
    }

    /// @inheritdoc ICreditLine
    function batchCount() external view returns (uint256) {
        return _batches.length;
    }

    /// @inheritdoc ICreditLine
    function batchOf(uint256 batch) external view returns (WithdrawalBatch memory entry) {
        if (batch < _batches.length) entry = _batches[batch];
    }

    /// @inheritdoc ICreditLine
    function requestOf(uint256 batch, address lender)
        external
        view
        returns (uint256 shares, uint256 claimed, bool returned)
    {
        LenderRequest storage request = _requests[batch][lender];
        return (request.shares, request.claimed, request.returned);
    }

    /// What lenders have together: the cash, and what still counts of the debt; see ERC-4626.
    /// @return smallest units, rounded down
    function totalAssets() public view override returns (uint256) {
        return _cash + _counted();
    }

    /// What can be deposited; see ERC-4626.
    /// @return smallest units; 0 once the debt is called, and for good after a default
    function maxDeposit(address) public view override returns (uint256) {
        return _clock.calledAt != 0 || _clock.defaulted ? 0 : type(uint256).max;
    }

    /// What can be minted; see ERC-4626.
    /// @param receiver who would get the shares
    /// @return shares
    function maxMint(address receiver) public view override returns (uint256) {
        return maxDeposit(receiver);
    }

    /// Lenders leave in batches; see ERC-4626.
    /// @return 0
    function maxRedeem(address) public pure override returns (uint256) {
        return 0;
    }

    /// Name of the shares; see ERC-20.
    /// @return the same for every line
    function name() public pure override(ERC20, IERC20Metadata) returns (string memory) {
        return "zkmargin credit line";
    }

    /// Symbol of the shares; see ERC-20.
    /// @return the same for every line
    function symbol() public pure override(ERC20, IERC20Metadata) returns (string memory) {
        return "zkCREDIT";
    }

    // --- inside ---

    /// Takes a deposit, and counts it as cash.
    /// @param caller who pays
    /// @param receiver who gets the shares
    /// @param assets smallest units
    /// @param shares of the line
    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        if (assets == 0 || shares == 0) revert NothingToDo();
        _receive(caller, assets);
        _cash += assets;
        _mint(receiver, shares);
        emit Deposit(caller, receiver, assets, shares);
    }

    /// Refuses `withdraw` and `redeem`, also of nothing.
    function _withdraw(address, address, address, uint256, uint256) internal pure override {
        revert NothingToDo();
    }

    /// How much finer shares are than smallest units.
    /// @return decimals
    function _decimalsOffset() internal pure override returns (uint8) {
        return SHARE_DECIMALS;
    }

    /// Takes tokens. Reverts if another amount arrives.
    /// @param from who pays
    /// @param amount smallest units
    function _receive(address from, uint256 amount) private {
        uint256 before = SETTLEMENT.balanceOf(address(this));
        SETTLEMENT.safeTransferFrom(from, address(this), amount);
        uint256 got = SETTLEMENT.balanceOf(address(this)) - before;
        if (got != amount) revert ArrivedOther(amount, got);
    }

    /// Adds the interest up to now, and counts the seconds short.
    function _accrue() private {
        (uint256 interest, uint256 penaltySeconds, uint256 late) = _pending();
        Clock storage clock = _clock;
        if (interest != 0 || late != clock.lateSeconds) {
            _debt += interest;
            clock.lateSeconds = late.toUint40();
            emit InterestAccrued(interest, uint64(penaltySeconds), uint64(late));
        }
        clock.accruedAt = uint40(block.timestamp);
    }

    /// What has come up since the last interest.
    /// @return interest 10^-18 of a smallest unit, rounded up
    /// @return penaltySeconds for how long the penalty ran
    /// @return late seconds short that count now
    function _pending() private view returns (uint256 interest, uint256 penaltySeconds, uint256 late) {
        Clock memory clock = _clock;
        uint256 passed = block.timestamp - clock.accruedAt;
        late = clock.lateSeconds;
        uint256 grace = _terms.gracePeriod;
        if (clock.short) {
            uint256 free = late < grace ? grace - late : 0;
            penaltySeconds = passed - Math.min(passed, free);
            late += passed;
        } else {
            if (late > grace) penaltySeconds = Math.min(passed, late - grace);
            late -= Math.min(late, passed);
        }
        if (_debt == 0) return (0, penaltySeconds, late);
        if (clock.calledAt != 0) penaltySeconds = passed;
        uint256 bpsSeconds = _rate() * passed + _terms.penaltyRate * penaltySeconds;
        interest = Math.mulDiv(_debt, bpsSeconds, Spec.BPS * YEAR, Math.Rounding.Ceil);
    }

    /// Rate at the utilisation since the last interest, without the penalty.
    /// @return basis points a year, rounded up
    function _rate() private view returns (uint256) {
        uint256 lent = Math.ceilDiv(_debt, FINE);
        if (lent == 0) return _terms.baseRate;
        uint256 used = Math.mulDiv(lent, Spec.BPS, lent + _cash, Math.Rounding.Ceil);
        (uint256 kink, uint256 kinkRate) = (_terms.kink, _terms.kinkRate);
        if (used <= kink) {
            return _terms.baseRate + Math.mulDiv(kinkRate - _terms.baseRate, used, kink, Math.Rounding.Ceil);
        }
        return kinkRate
            + Math.mulDiv(_terms.fullRate - kinkRate, used - kink, Spec.BPS - kink, Math.Rounding.Ceil);
    }

    /// Pays batches that have closed, in order, as far as the cash reaches.
    function _settle() private {
        for (uint256 i = 0; i < BATCHES_A_CALL && _firstUnpaid < _batches.length; ++i) {
            uint256 batch = _firstUnpaid;
            WithdrawalBatch storage entry = _batches[batch];
            uint256 cash = _cash;
            if (block.timestamp < entry.closesAt || cash == 0) return;
            uint256 left = entry.left;
            uint256 value = _convertToAssets(left, Math.Rounding.Floor);
            uint256 paid = Math.min(cash, value);
            uint256 burned = left;
            if (paid < value) burned = Math.min(left, _convertToShares(paid, Math.Rounding.Ceil));
            // A batch worth nothing goes back to its lenders, so that it neither holds up the next nor is burned.
            if (value == 0) burned = 0;
            if (value == 0 || burned == left) {
                ++_firstUnpaid;
                _waiting -= left;
            } else {
                _waiting -= burned;
            }
            if (paid == 0) continue;
            entry.left = left - burned;
            entry.paid += paid;
            _cash = cash - paid;
            _reserved += paid;
            emit BatchPaid(batch, paid, burned);
            _burn(address(this), burned);
        }
    }

    /// Finds out whether the line is short.
    function _judge() private {
        uint256 required = _required();
        bool short = _debt != 0 && _cash < required;
        if (short == _clock.short) return;
        _clock.short = short;
        emit ReserveJudged(short, _cash, required);
    }

    /// Cash that must stay: all that waits, and the reserve's share of the rest.
    /// @return smallest units, rounded up
    function _required() private view returns (uint256) {
        uint256 total = totalAssets();
        uint256 waits = Math.min(total, _convertToAssets(_waiting, Math.Rounding.Floor));
        return waits + Math.mulDiv(total - waits, _terms.reserveRatio, Spec.BPS, Math.Rounding.Ceil);
    }

    /// What can be drawn of a line that is not late.
    /// @return smallest units
    function _mostDrawn() private view returns (uint256) {
        (uint256 owed, uint256 required) = (_owed(), _required());
        if (owed >= _terms.limit || _cash <= required) return 0;
        return Math.min(_terms.limit - owed, _cash - required);
    }

    /// Whether the line lends nothing.
    /// @return whether it is short, the penalty runs, or there is a notice, a call or a default
    function _isLate() private view returns (bool) {
        Clock memory clock = _clock;
        (,, uint256 late) = _pending();
        return clock.noticeAt != 0 || clock.defaulted || late > _terms.gracePeriod
            || (_debt != 0 && _cash < _required());
    }

    /// Whether anybody may give notice and call.
    /// @return whether the penalty runs, or the covenant is known to be broken
    function _hasCause() private view returns (bool) {
        if (_clock.lateSeconds > _terms.gracePeriod) return true;
        return GATE.statusOf(account) != Status.Unknown && !REGISTRY.covenantHolds(account);
    }

    /// When an outage of the profile or of the market last ended.
    /// @return Unix seconds; 0 if there was none
    function _restart() private view returns (uint256) {
        return Math.max(GATE.profile().resumedAt(), GATE.ledger().liveSince());
    }

    /// Reverts until so long after the call.
    /// @param period seconds
    function _requireSinceCall(uint256 period) private view {
        uint256 calledAt = _clock.calledAt;
        uint256 from = calledAt == 0 ? 0 : calledAt + period;
        if (from == 0 || block.timestamp < from) revert StepTooEarly(uint64(from));
    }

    /// What is owed, with the interest up to now.
    /// @return smallest units, rounded up
    function _owed() private view returns (uint256) {
        (uint256 interest,,) = _pending();
        return Math.ceilDiv(_debt + interest, FINE);
    }

    /// What of the debt counts in the price of shares.
    /// @return smallest units, rounded down
    function _counted() private view returns (uint256) {
        Clock memory clock = _clock;
        if (clock.defaulted) return 0;
        (uint256 interest,,) = _pending();
        uint256 owed = (_debt + interest) / FINE;
        return clock.impaired ? Math.mulDiv(owed, Spec.BPS - _terms.impairment, Spec.BPS) : owed;
    }
}
