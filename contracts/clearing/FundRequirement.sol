// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {FundCover, FundTerms} from "../types/Fund.sol";

/// What a default fund holds in all, and what it must hold: its terms, the grid of caps, their sums by group, and the past
/// peak of the requirement.
abstract contract FundRequirement is IDefaultFund {
    using SafeCast for uint256;

    /// Members, and groups, at most: what a loss has to read in one call.
    uint256 internal constant MAX_MEMBERS = 128;
    /// Sums of groups in a storage word.
    uint256 private constant LANES = 4;
    uint256 private constant LANE_BITS = 64;
    uint256 private constant LEAST_DECIMALS = 2;
    uint256 private constant MOST_DECIMALS = 18;
    uint256 private constant CAP_BITS = 56;
    uint256 private constant MOST_CAP = (1 << CAP_BITS) - 1;

    /// Sums of caps, in one word.
    struct CapSums {
        /// Sum of all caps, cents.
        uint64 all;
        /// Caps of the group with the most, cents.
        uint64 first;
        /// Caps of the group with the second most, cents.
        uint64 second;
        /// The group with the most; 0 if there is none.
        uint8 firstGroup;
        /// The group with the second most; 0 if there is none.
        uint8 secondGroup;
        /// The highest group that ever had a member.
        uint8 groups;
    }

    /// A past peak of the requirement.
    struct Peak {
        /// Cents.
        uint128 required;
        /// Unix seconds at which it last applied.
        uint64 at;
    }

    /// Settlement units in a cent.
    uint256 internal immutable CENT;

    FundTerms internal _terms;
    CapSums internal _sums;
    Peak private _peak;
    uint256[MAX_MEMBERS / LANES + 1] private _groupSums;
    /// @inheritdoc IDefaultFund
    uint256 public contributions;
    /// @inheritdoc IDefaultFund
    uint256 public capital;

    /// @param settlement_ the settlement token, of 2 to 18 decimals
    /// @param terms_ what the fund goes by: see FundTerms for their bounds
    constructor(IERC20 settlement_, FundTerms memory terms_) {
        uint256 decimals = IERC20Metadata(address(settlement_)).decimals();
        if (decimals < LEAST_DECIMALS || decimals > MOST_DECIMALS) {
            revert SettlementDecimals(LEAST_DECIMALS, MOST_DECIMALS, decimals);
        }
        CENT = 10 ** (decimals - LEAST_DECIMALS);
        _checkTerms(terms_);
        _terms = terms_;
    }

    /// @inheritdoc IDefaultFund
    function terms() external view returns (FundTerms memory) {
        return _terms;
    }

    /// @inheritdoc IDefaultFund
    function covered() public view returns (bool) {
        return _held() >= _requiredNow();
    }

    /// @inheritdoc IDefaultFund
    function cover() external view returns (FundCover memory) {
        CapSums memory sums = _sums;
        uint256 required = _required(sums);
        return FundCover({
            caps: sums.all,
            first: sums.first,
            second: sums.second,
            required: required,
            remembered: Math.max(required, _faded()),
            held: _held() / CENT
        });
    }

    /// @inheritdoc IDefaultFund
    function capsOf(uint16 group) public view returns (uint64) {
        if (group > MAX_MEMBERS) revert GroupOutOfRange(MAX_MEMBERS, group);
        return uint64(_groupSums[group / LANES] >> (group % LANES * LANE_BITS));
    }

    /// @inheritdoc IDefaultFund
    function capAt(uint64 steps) public view returns (uint64) {
        if (steps == 0) return 0;
        uint256 step = steps - 1;
        uint256 cap = MOST_CAP + 1;
        if (step / LANES < CAP_BITS) cap = _terms.leastCap / LANES * (LANES + step % LANES) << (step / LANES);
        if (cap > MOST_CAP) revert CapOutOfRange(MOST_CAP, steps);
        return uint64(cap);
    }

    // --- sums ---

    /// What the fund holds.
    /// @return settlement units
    function _held() internal view returns (uint256) {
        return contributions + capital;
    }

    /// What the fund must hold.
    /// @param sums the sums of caps
    /// @return cents
    function _required(CapSums memory sums) internal view returns (uint256) {
        uint256 part = Math.ceilDiv(uint256(sums.all) * _terms.alpha, Spec.BPS);
        return Math.max(Math.max(uint256(sums.first) + sums.second, part), _terms.floor);
    }

    /// What the fund must hold now.
    /// @return settlement units
    function _requiredNow() internal view returns (uint256) {
        return _required(_sums) * CENT;
    }

    /// What is left of the past peak of the requirement. It fades in a straight line.
    /// @return cents
    function _faded() internal view returns (uint256) {
        Peak memory peak = _peak;
        uint256 age = block.timestamp - peak.at;
        uint256 period = _terms.memoryPeriod;
        if (age >= period) return 0;
        return Math.ceilDiv(uint256(peak.required) * (period - age), period);
    }

    /// Remembers the requirement of this moment if the past peak has faded below it.
    /// @param sums the sums of caps
    function _remember(CapSums memory sums) private {
        uint256 required = _required(sums);
        if (required != 0 && required >= _faded()) _peak = Peak(required.toUint128(), uint64(block.timestamp));
    }

    /// Moves caps of a member: to another amount, or to another group.
    /// @param from group that they counted in; 0 for none
    /// @param before cents that counted in it
    /// @param to group that they count in; 0 for none
    /// @param now_ cents that count in it
    function _moveCaps(uint16 from, uint64 before, uint16 to, uint64 now_) internal {
        CapSums memory sums = _sums;
        _remember(sums);
        sums.all = (uint256(sums.all) + now_ - before).toUint64();
        if (from == to) {
            if (from != 0) _setGroup(sums, from, (uint256(capsOf(from)) + now_ - before).toUint64());
        } else {
            if (from != 0) _setGroup(sums, from, capsOf(from) - before);
            if (to != 0) _setGroup(sums, to, (uint256(capsOf(to)) + now_).toUint64());
        }
        _remember(sums);
        _sums = sums;
    }

    /// Sets the caps of a group, and finds the two largest again. It reads all groups only where one of these two falls
    /// below the second.
    /// @param sums the sums of caps, which change
    /// @param group the group, from 1
    /// @param caps cents
    function _setGroup(CapSums memory sums, uint16 group, uint64 caps) private {
        uint256 shift = group % LANES * LANE_BITS;
        uint256 word = _groupSums[group / LANES];
        _groupSums[group / LANES] = word & ~(uint256(type(uint64).max) << shift) | uint256(caps) << shift;
        uint8 id = uint8(group);
        if (id > sums.groups) sums.groups = id;
        bool known = id == sums.firstGroup || id == sums.secondGroup;
        if (known && caps < sums.second) {
            _rank(sums);
        } else if (id == sums.firstGroup) {
            sums.first = caps;
        } else if (caps > sums.first) {
            (sums.second, sums.secondGroup) = (sums.first, sums.firstGroup);
            (sums.first, sums.firstGroup) = (caps, id);
        } else if (id == sums.secondGroup || caps > sums.second) {
            (sums.second, sums.secondGroup) = (caps, id);
        }
    }

    /// Finds the two largest groups among all.
    /// @param sums the sums of caps, which change
    function _rank(CapSums memory sums) private view {
        (sums.first, sums.second, sums.firstGroup, sums.secondGroup) = (0, 0, 0, 0);
        uint256 word = _groupSums[0] >> LANE_BITS;
        for (uint256 group = 1; group <= sums.groups; ++group) {
            if (group % LANES == 0) word = _groupSums[group / LANES];
            uint64 caps = uint64(word);
            word >>= LANE_BITS;
            if (caps > sums.first) {
                (sums.second, sums.secondGroup) = (sums.first, sums.firstGroup);
                (sums.first, sums.firstGroup) = (caps, uint8(group));
            } else if (caps > sums.second) {
                (sums.second, sums.secondGroup) = (caps, uint8(group));
            }
        }
    }

    /// Reverts unless every term is within its bounds.
    /// @param terms_ the terms
    function _checkTerms(FundTerms memory terms_) private pure {
        _checkTerm("alpha", 1, Spec.BPS, terms_.alpha);
        _checkTerm("share", 0, terms_.alpha, terms_.share);
        _checkTerm("horizon", 1 hours, 365 days, terms_.horizon);
        // A window as long as its horizon would be an option to leave half of the time.
        _checkTerm("window", 1, terms_.horizon / 4, terms_.window);
        _checkTerm("memoryPeriod", terms_.horizon, type(uint32).max, terms_.memoryPeriod);
        _checkTerm("grace", 1, type(uint32).max, terms_.grace);
        _checkTerm("assessmentPeriod", 1, type(uint32).max, terms_.assessmentPeriod);
        _checkTerm("leastCap", LANES, MOST_CAP / LANES * LANES, terms_.leastCap);
        if (terms_.leastCap % LANES != 0) {
            revert IMarginVault.TermOutOfRange("leastCap", LANES, MOST_CAP, terms_.leastCap);
        }
    }

    /// Reverts unless a term is within its bounds.
    /// @param term the term's name, ASCII
    /// @param least lowest value
    /// @param most highest value
    /// @param got the value that was given
    function _checkTerm(bytes32 term, uint256 least, uint256 most, uint256 got) private pure {
        if (got < least || got > most) revert IMarginVault.TermOutOfRange(term, least, most, got);
    }
}
