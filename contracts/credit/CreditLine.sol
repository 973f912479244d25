// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {ICreditRegistry} from "../interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {LineState} from "../types/Credit.sol";
import {Status} from "../types/Status.sol";
import {LineAccounts} from "./LineAccounts.sol";
import {LineLenders} from "./LineLenders.sol";

/// Credit for one account; see ICreditLine. Every line is a clone of one contract, which its registry makes: what all
/// lines have alike stands in the code, and the rest in storage.
contract CreditLine is LineLenders {
    using SafeERC20 for IERC20;

    /// @param registry the registry that clones it
    /// @param gate the gate whose word on an account counts
    /// @param settlement the token that is lent
    /// @param horizon seconds of interest that the covenant counts ahead
    constructor(ICreditRegistry registry, IMarginGate gate, IERC20 settlement, uint256 horizon)
        LineAccounts(registry, gate, settlement, horizon)
    {}

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

    /// @inheritdoc ICreditLine
    function drawable() external view returns (uint256) {
        return _isLate() || !REGISTRY.isOpen(address(this)) ? 0 : _mostDrawn();
    }

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

    // --- inside ---

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
}
