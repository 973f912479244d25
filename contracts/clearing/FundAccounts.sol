// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccountOwners} from "../interfaces/IAccountOwners.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {DefaultStage, FundDefault, FundMember, FundTerms} from "../types/Fund.sol";
import {FundRequirement} from "./FundRequirement.sol";

/// Whose money is in a default fund, and for which defaults it is liable: the state that its caps and its waterfall share.
///
/// A contribution is in layers, by the number of defaults noted when it was paid in. A layer is liable for the defaults
/// noted later. So noting a default costs the same whatever the number of members. While no default is open, one layer
/// is left.
abstract contract FundAccounts is FundRequirement {
    using SafeERC20 for IERC20;

    /// Layers of one contribution at most.
    uint256 internal constant MAX_LAYERS = 8;

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

    /// Number of defaults ever noted, of those open, and of the times that one was noted while none was open.
    uint32 internal _noted;
    uint32 internal _open;
    uint32 internal _crisis;
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
    ) FundRequirement(settlement_, terms_) {
        (house, houseDefaults, SETTLEMENT, stressGate) = (house_, houseDefaults_, settlement_, stressGate_);
        (LEDGER, PROFILE) = (stressGate_.ledger(), stressGate_.profile());
    }

    /// @inheritdoc IDefaultFund
    function settlement() external view returns (address) {
        return address(SETTLEMENT);
    }

    /// @inheritdoc IDefaultFund
    function groupOf(address owner) external view returns (uint16) {
        return _members[owner].group;
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
}
