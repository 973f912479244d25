// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IAccountOwners} from "../interfaces/IAccountOwners.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {DefaultStage, FundCover, FundDefault, FundMember, FundTerms} from "../types/Fund.sol";

/// What a default fund holds, whose it is, and what it must hold: the state that its caps and its waterfall share.
///
/// A contribution is in layers, by the number of defaults noted when it was paid in. A layer is liable for the defaults
/// noted later. So noting a default costs the same whatever the number of members. While no default is open, one layer
/// is left.
abstract contract FundAccounts is IDefaultFund {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// Members, and groups, at most: what a loss has to read in one call.
    uint256 internal constant MAX_MEMBERS = 128;
    /// Layers of one contribution at most.
    uint256 internal constant MAX_LAYERS = 8;
    /// Sums of groups in a storage word.
    uint256 private constant LANES = 4;
    uint256 private constant LANE_BITS = 64;
    uint256 private constant LEAST_DECIMALS = 2;
    uint256 private constant MOST_DECIMALS = 18;
    uint256 private constant CAP_BITS = 56;
    uint256 private constant MOST_CAP = (1 << CAP_BITS) - 1;

    /// A part of a contribution.
    struct Layer {
        /// Number of the newest default noted before it was paid in; it is liable for later ones.
        uint32 since;
        /// What is left of it, settlement units.
        uint112 left;
        /// What it was before the losses of this crisis, settlement units.
        uint112 whole;
    }

    /// All that is stored of a member.
    struct Member {
        /// Its group; 0 if it is no member.
        uint16 group;
        /// Number of its open defaults.
        uint16 defaults;
        /// Its place in the list of members, from 1; 0 if it is not there.
        uint16 place;
        /// Number of the crisis that `assessed` and the layers are of.
        uint32 crisis;
        /// Sum of its accounts' caps, cents.
        uint64 caps;
        /// What it owes by assessments, settlement units.
        uint128 owed;
        /// What was assessed in that crisis, settlement units.
        uint128 assessed;
        /// The requested withdrawal.
        Withdrawal request;
        /// Its contribution, oldest layer first.
        Layer[] layers;
    }

    /// A requested withdrawal.
    struct Withdrawal {
        /// Settlement units; 0 if there is none.
        uint128 amount;
        /// Unix seconds of the request.
        uint64 requestedAt;
    }

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

    /// All that is stored of a default.
    struct Default {
        /// How far it has come; None once it is over.
        DefaultStage stage;
        /// Unix seconds until which assessments can be paid; 0 if none were called.
        uint64 until;
        /// Who owns the account.
        address owner;
        /// Loss that is not paid, settlement units.
        uint128 left;
        /// What was assessed, settlement units.
        uint128 assessed;
        /// What was paid of that and not passed on, settlement units.
        uint128 received;
        /// What members still owe of it, settlement units.
        uint128 owed;
        /// The account.
        bytes32 account;
    }

    /// @inheritdoc IDefaultFund
    address public immutable house;
    /// @inheritdoc IDefaultFund
    address public immutable houseDefaults;
    /// @inheritdoc IDefaultFund
    IMarginGate public immutable stressGate;
    IERC20 internal immutable SETTLEMENT;
    IMarketLedger internal immutable LEDGER;
    IRiskProfile internal immutable PROFILE;
    /// Settlement units in a cent.
    uint256 internal immutable CENT;

    FundTerms internal _terms;
    CapSums internal _sums;
    Peak private _peak;
    /// Number of defaults ever noted, of those open, and of the times that one was noted while none was open.
    uint32 internal _noted;
    uint32 internal _open;
    uint32 internal _crisis;
    uint256[MAX_MEMBERS / LANES + 1] private _groupSums;
    /// @inheritdoc IDefaultFund
    uint256 public contributions;
    /// @inheritdoc IDefaultFund
    uint256 public capital;
    mapping(address owner => Member) internal _members;
    address[] internal _list;
    mapping(uint32 number => Default) internal _defaults;
    mapping(bytes32 account => uint32 number) internal _numberOf;
    mapping(uint32 number => mapping(address member => uint256)) internal _owed;

    modifier onlyHouse() {
        _checkHouse();
        _;
    }

    /// @param house_ the clearing house, which receives what the fund pays
    /// @param houseDefaults_ the contract of its defaults
    /// @param settlement_ the settlement token, of 2 to 18 decimals
    /// @param stressGate_ the gate of the stress profile
    /// @param terms_ what the fund goes by: see FundTerms for their bounds
    constructor(
        address house_,
        address houseDefaults_,
        IERC20 settlement_,
        IMarginGate stressGate_,
        FundTerms memory terms_
    ) {
        uint256 decimals = IERC20Metadata(address(settlement_)).decimals();
        if (decimals < LEAST_DECIMALS || decimals > MOST_DECIMALS) {
            revert SettlementDecimals(LEAST_DECIMALS, MOST_DECIMALS, decimals);
        }
        (house, houseDefaults, SETTLEMENT, stressGate) = (house_, houseDefaults_, settlement_, stressGate_);
        (LEDGER, PROFILE) = (stressGate_.ledger(), stressGate_.profile());
        CENT = 10 ** (decimals - LEAST_DECIMALS);
        _checkTerms(terms_);
        _terms = terms_;
    }

    /// @inheritdoc IDefaultFund
    function settlement() external view returns (address) {
        return address(SETTLEMENT);
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
    function groupOf(address owner) external view returns (uint16) {
        return _members[owner].group;
    }

    /// @inheritdoc IDefaultFund
    function capsOf(uint16 group) public view returns (uint64) {
        if (group > MAX_MEMBERS) revert GroupOutOfRange(MAX_MEMBERS, group);
        return uint64(_groupSums[group / LANES] >> (group % LANES * LANE_BITS));
    }

    /// @inheritdoc IDefaultFund
    function members() external view returns (address[] memory) {
        return _list;
    }

    /// @inheritdoc IDefaultFund
    function memberOf(address member) external view returns (FundMember memory) {
        Member storage entry = _members[member];
        return FundMember({
            group: entry.group,
            defaults: entry.defaults,
            caps: entry.caps,
            contribution: _contributionOf(entry),
            owed: entry.owed,
            requested: entry.request.amount,
            requestedAt: entry.request.requestedAt
        });
    }

    /// @inheritdoc IDefaultFund
    function liableOf(bytes32 account, address member) external view returns (uint256 liable) {
        uint32 number = _numberOf[account];
        if (number == 0) return 0;
        Member storage entry = _members[member];
        // What it has from before this crisis is liable for every default of it.
        if (entry.crisis != _crisis) return _contributionOf(entry);
        (liable,) = _liable(entry, number);
    }

    /// @inheritdoc IDefaultFund
    function owedOf(uint32 number, address member) external view returns (uint256) {
        return _owed[number][member];
    }

    /// @inheritdoc IDefaultFund
    function defaultOf(bytes32 account) external view returns (FundDefault memory) {
        uint32 number = _numberOf[account];
        Default storage entry = _defaults[number];
        return FundDefault({
            stage: entry.stage,
            number: number,
            owner: entry.owner,
            until: entry.until,
            left: entry.left,
            assessed: entry.assessed,
            received: entry.received,
            owed: entry.owed
        });
    }

    /// @inheritdoc IDefaultFund
    function defaults() external view returns (uint32 open, uint32 noted) {
        return (_open, _noted);
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

    // --- members ---

    /// The owner of an account. Reverts if the house does not know it.
    /// @param account the account
    /// @return owner the owner
    function _ownerOf(bytes32 account) internal view returns (address owner) {
        owner = IAccountOwners(house).ownerOf(account);
        if (owner == address(0)) revert IBookRegistry.AccountUnknown(account);
    }

    /// What a member has in the fund.
    /// @param entry what is stored of it
    /// @return sum settlement units
    function _contributionOf(Member storage entry) internal view returns (uint256 sum) {
        uint256 layers = entry.layers.length;
        for (uint256 i = 0; i < layers; ++i) sum += entry.layers[i].left;
    }

    /// What a member is liable with for a default.
    /// @param entry what is stored of it, of this crisis
    /// @param number the default's number
    /// @return left settlement units that are left
    /// @return whole settlement units before the losses of this crisis
    function _liable(Member storage entry, uint32 number) internal view returns (uint256 left, uint256 whole) {
        uint256 layers = entry.layers.length;
        for (uint256 i = 0; i < layers; ++i) {
            Layer memory layer = entry.layers[i];
            if (layer.since >= number) break;
            left += layer.left;
            whole += layer.whole;
        }
    }

    /// Makes one layer of a contribution of which every part is liable for the same defaults: while none is open, and at
    /// the first touch in a crisis.
    /// @param entry what is stored of the member
    function _settleLayers(Member storage entry) internal {
        if (_open != 0 && entry.crisis == _crisis) return;
        uint256 layers = entry.layers.length;
        uint112 sum = uint112(_contributionOf(entry));
        if (layers != 0) {
            for (; layers > 1; --layers) entry.layers.pop();
            entry.layers[0] = Layer(0, sum, sum);
        }
        (entry.crisis, entry.assessed) = (_crisis, 0);
    }

    /// Takes from a contribution, newest liable layer first: an older one is liable for more defaults.
    /// @param entry what is stored of the member
    /// @param number takes only from layers that are liable for the default of this number
    /// @param amount settlement units, at most what is liable
    function _take(Member storage entry, uint32 number, uint256 amount) internal {
        for (uint256 i = entry.layers.length; amount != 0; --i) {
            Layer storage layer = entry.layers[i - 1];
            if (layer.since >= number) continue;
            uint256 part = Math.min(layer.left, amount);
            if (part == 0) continue;
            layer.left -= uint112(part);
            amount -= part;
        }
    }

    // --- money ---

    /// Reverts unless the caller is the house, or the contract of its defaults.
    function _checkHouse() private view {
        if (msg.sender != house && msg.sender != houseDefaults) revert NotHouse(msg.sender);
    }

    /// Takes tokens from the caller. Reverts if another amount arrives.
    /// @param amount settlement units, above 0
    function _receive(uint256 amount) internal {
        if (amount == 0) revert IMarginVault.AmountZero();
        uint256 before = SETTLEMENT.balanceOf(address(this));
        SETTLEMENT.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = SETTLEMENT.balanceOf(address(this)) - before;
        if (got != amount) revert IMarginVault.ReceivedOther(address(SETTLEMENT), amount, got);
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
