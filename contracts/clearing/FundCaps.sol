// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {SupportRecord} from "../types/Gate.sol";
import {FundCap} from "../types/Fund.sol";
import {Round} from "../types/Round.sol";
import {FundAccounts} from "./FundAccounts.sol";

/// Caps on what accounts may lose under stress: who holds which, and when one has lapsed; see IDefaultFund.
abstract contract FundCaps is FundAccounts, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// All that is stored of an account's cap.
    struct Cap {
        /// Who owns the account.
        address owner;
        /// Cents.
        uint56 cap;
        /// Whether the account has one.
        bool held;
        /// Unix seconds at which a lapse was recorded; 0 if none is.
        uint32 lapsedAt;
        /// Number of the newest round that then had the cap proven, 0 if none had.
        uint64 lapsedRound;
    }

    mapping(bytes32 account => Cap) private _caps;

    /// @inheritdoc IDefaultFund
    function setCap(bytes32 account, uint64 steps, bool reduces)
        external
        nonReentrant
        onlyHouse
        returns (uint64 cap)
    {
        Cap storage entry = _caps[account];
        uint64 before = entry.cap;
        cap = capAt(steps);
        _requireNoDefault(account);
        _requireProven(account, cap);
        if (!entry.held) (entry.owner, entry.held) = (_ownerOf(account), true);
        address owner = entry.owner;
        Member storage member = _members[owner];
        if (member.owed != 0) revert AssessmentUnpaid(owner, member.owed);
        _changeCap(account, entry, cap);
        if (cap > before || (cap == before && !reduces)) _requireMayHold(owner, member, cap);
    }

    /// @inheritdoc IDefaultFund
    function lowerCap(bytes32 account, uint64 steps) external nonReentrant returns (uint64 cap) {
        Cap storage entry = _caps[account];
        if (!entry.held) revert NoCap(account);
        if (msg.sender != entry.owner) revert IBookRegistry.NotOwner(account, entry.owner, msg.sender);
        cap = capAt(steps);
        if (cap >= entry.cap) revert CapNotLower(entry.cap, cap);
        _requireNoDefault(account);
        _requireProven(account, cap);
        _changeCap(account, entry, cap);
    }

    /// @inheritdoc IDefaultFund
    function releaseCap(bytes32 account) external nonReentrant onlyHouse {
        _requireNoDefault(account);
        if (!_caps[account].held) revert NoCap(account);
        _releaseCap(account);
    }

    /// @inheritdoc IDefaultFund
    function recordCapLapse(bytes32 account) external {
        Cap storage entry = _caps[account];
        if (!entry.held) revert NoCap(account);
        if (!_isLive()) return;
        if (!isCapLapsed(account)) {
            if (entry.lapsedAt == 0) return;
            entry.lapsedAt = 0;
            emit CapRestored(account);
            return;
        }
        uint64 round = _provenAt(account, entry.cap);
        if (entry.lapsedAt != 0 && round <= entry.lapsedRound) return;
        (entry.lapsedAt, entry.lapsedRound) = (uint32(block.timestamp), round);
        emit CapLapsed(account);
    }

    /// @inheritdoc IDefaultFund
    function capOf(bytes32 account) external view returns (FundCap memory) {
        Cap storage entry = _caps[account];
        return FundCap(entry.held, entry.cap, entry.lapsedAt, entry.owner);
    }

    /// @inheritdoc IDefaultFund
    function isCapLapsed(bytes32 account) public view returns (bool) {
        Cap storage entry = _caps[account];
        if (!entry.held) return false;
        try stressGate.requireMargin(account, Spec.BPS, int256(uint256(entry.cap))) {
            return false;
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            // A call that ran out of gas says nothing of the account.
            if (selector != IMarginGate.NotHealthy.selector && selector != IMarginGate.SupportNotProven.selector) {
                revert StressGateFailed();
            }
            return true;
        }
    }

    /// @inheritdoc IDefaultFund
    function isCapOverdue(bytes32 account) external view returns (bool) {
        Cap storage entry = _caps[account];
        if (!entry.held || entry.lapsedAt == 0 || !_isLive() || !isCapLapsed(account)) return false;
        // Proven again since, and lapsed again: another lapse, which nobody has recorded.
        if (_provenAt(account, entry.cap) > entry.lapsedRound) return false;
        uint256 restart = Math.max(PROFILE.resumedAt(), LEDGER.liveSince());
        uint256 since = Math.max(Math.max(entry.lapsedAt, restart), PROFILE.epochSince());
        return block.timestamp > since + _terms.grace;
    }

    /// @inheritdoc IDefaultFund
    function mayTransition(bytes32 account) external view returns (bool) {
        Cap storage entry = _caps[account];
        return _members[entry.held ? entry.owner : _ownerOf(account)].owed == 0;
    }

    /// Forgets a cap.
    /// @param account the account
    function _releaseCap(bytes32 account) internal {
        Cap storage entry = _caps[account];
        if (!entry.held) return;
        _changeCap(account, entry, 0);
        delete _caps[account];
    }

    /// Records a cap, and counts it.
    /// @param account the account
    /// @param entry what is stored of its cap, with its owner
    /// @param cap cents
    function _changeCap(bytes32 account, Cap storage entry, uint64 cap) private {
        address owner = entry.owner;
        Member storage member = _members[owner];
        (uint64 before, uint16 group) = (entry.cap, member.group);
        if (entry.lapsedAt != 0) (entry.lapsedAt, entry.lapsedRound) = (0, 0);
        if (cap != before) {
            if (cap > before && group == 0) revert NotMember(owner);
            entry.cap = uint56(cap);
            member.caps = (uint256(member.caps) + cap - before).toUint64();
            _moveCaps(group, before, group, cap);
        }
        emit CapSet(account, owner, group, cap, capsOf(group), _sums.all);
    }

    /// Reverts unless the fund covers what an owner holds.
    /// @param owner the owner
    /// @param member what is stored of it
    /// @param cap the cap of the account, cents
    function _requireMayHold(address owner, Member storage member, uint64 cap) private view {
        if (member.defaults != 0) revert OwnerInDefault(owner);
        if (cap != 0) _requireShare(owner, member);
        _requireHeld(_requiredNow());
    }

    /// Reverts unless the fund holds as much.
    /// @param required settlement units
    function _requireHeld(uint256 required) internal view {
        uint256 held = _held();
        if (held < required) revert Uncovered(required, held);
    }

    /// Reverts unless a member has contributed its share. What it has asked back does not count.
    /// @param owner the member
    /// @param member what is stored of it
    function _requireShare(address owner, Member storage member) internal view {
        uint256 required = Math.ceilDiv(uint256(member.caps) * CENT * _terms.share, Spec.BPS);
        uint256 held = Math.saturatingSub(_contributionOf(member), member.request.amount);
        if (held < required) revert ShareTooLow(owner, required, held);
    }

    /// Reverts unless the stress gate has a cap proven.
    /// @param account the account
    /// @param cap cents
    function _requireProven(bytes32 account, uint64 cap) private view {
        stressGate.requireMargin(account, Spec.BPS, int256(uint256(cap)));
    }

    /// Reverts if a default of the account is open: its cap is frozen with its book.
    /// @param account the account
    function _requireNoDefault(bytes32 account) internal view {
        if (_numberOf[account] != 0) revert DefaultKnown(account);
    }

    /// The newest round at which the stress gate has accepted that a cap holds, of the records that stand.
    /// @param account the account
    /// @param cap cents
    /// @return round its number; 0 if no record says so
    function _provenAt(bytes32 account, uint64 cap) private view returns (uint64 round) {
        (SupportRecord memory taken, SupportRecord memory added) = stressGate.supportOf(account);
        round = stressGate.recordOf(account).round;
        if (taken.claim.round > round) round = taken.claim.round;
        if (added.claim.round > round && uint64(added.support) <= cap) round = added.claim.round;
    }

    /// Whether the stress market is live: somebody could prove now.
    /// @return whether it is
    function _isLive() private view returns (bool) {
        Round memory latest = LEDGER.latestRound();
        return latest.epoch == PROFILE.liveEpoch()
            && block.timestamp <= uint256(latest.time) + LEDGER.maxRoundAge();
    }
}
