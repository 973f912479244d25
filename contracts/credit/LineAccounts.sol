// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {ICreditRegistry} from "../interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {LineTerms} from "../types/Credit.sol";

/// What a line has and is owed: its state, its interest, and the amounts that follow from both. Cash is counted, so
/// tokens that are only sent to the line belong to nobody and move no price.
abstract contract LineAccounts is ICreditLine, ERC4626 {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    uint256 private constant YEAR = 365 days;
    /// Debt is stored in 10^-18 of a smallest unit, so that no number of calls rounds it up by more than nothing.
    uint256 internal constant FINE = 1e18;

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

    ICreditRegistry internal immutable REGISTRY;
    IMarginGate internal immutable GATE;
    IBookRegistry internal immutable BOOKS;
    IERC20 internal immutable SETTLEMENT;
    uint256 private immutable HORIZON;

    /// @inheritdoc ICreditLine
    bytes32 public account;
    LineTerms internal _terms;
    Clock internal _clock;
    /// What is owed, 10^-18 of a smallest unit.
    uint256 internal _debt;
    uint256 internal _cash;
    /// Shares that wait to be withdrawn.
    uint256 internal _waiting;

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

    /// @inheritdoc ICreditLine
    function terms() external view returns (LineTerms memory) {
        return _terms;
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

    /// What lenders have together: the cash, and what still counts of the debt; see ERC-4626.
    /// @return smallest units, rounded down
    function totalAssets() public view override returns (uint256) {
        return _cash + _counted();
    }

    /// Takes tokens. Reverts if another amount arrives.
    /// @param from who pays
    /// @param amount smallest units
    function _receive(address from, uint256 amount) internal {
        uint256 before = SETTLEMENT.balanceOf(address(this));
        SETTLEMENT.safeTransferFrom(from, address(this), amount);
        uint256 got = SETTLEMENT.balanceOf(address(this)) - before;
        if (got != amount) revert ArrivedOther(amount, got);
    }

    /// Adds the interest up to now, and counts the seconds short.
    function _accrue() internal {
        (uint256 interest, uint256 penaltySeconds, uint256 late) = _pending();
        Clock storage clock = _clock;
        if (interest != 0 || late != clock.lateSeconds) {
            _debt += interest;
            clock.lateSeconds = late.toUint40();
            emit InterestAccrued(interest, uint64(penaltySeconds), uint64(late));
        }
        clock.accruedAt = uint40(block.timestamp);
    }

    /// Finds out whether the line is short.
    function _judge() internal {
        uint256 required = _required();
        bool short = _debt != 0 && _cash < required;
        if (short == _clock.short) return;
        _clock.short = short;
        emit ReserveJudged(short, _cash, required);
    }

    /// What has come up since the last interest.
    /// @return interest 10^-18 of a smallest unit, rounded up
    /// @return penaltySeconds for how long the penalty ran
    /// @return late seconds short that count now
    function _pending() internal view returns (uint256 interest, uint256 penaltySeconds, uint256 late) {
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
    function _rate() internal view returns (uint256) {
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

    /// Cash that must stay: all that waits, and the reserve's share of the rest.
    /// @return smallest units, rounded up
    function _required() internal view returns (uint256) {
        uint256 total = totalAssets();
        uint256 waits = Math.min(total, _convertToAssets(_waiting, Math.Rounding.Floor));
        return waits + Math.mulDiv(total - waits, _terms.reserveRatio, Spec.BPS, Math.Rounding.Ceil);
    }

    /// What is owed, with the interest up to now.
    /// @return smallest units, rounded up
    function _owed() internal view returns (uint256) {
        (uint256 interest,,) = _pending();
        return Math.ceilDiv(_debt + interest, FINE);
    }

    /// What of the debt counts in the price of shares.
    /// @return smallest units, rounded down
    function _counted() internal view returns (uint256) {
        Clock memory clock = _clock;
        if (clock.defaulted) return 0;
        (uint256 interest,,) = _pending();
        uint256 owed = (_debt + interest) / FINE;
        return clock.impaired ? Math.mulDiv(owed, Spec.BPS - _terms.impairment, Spec.BPS) : owed;
    }
}
