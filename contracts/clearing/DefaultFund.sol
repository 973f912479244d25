// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {DefaultStage, FundTerms, WaterfallStep} from "../types/Fund.sol";
import {FundAccounts} from "./FundAccounts.sol";
import {FundCaps} from "./FundCaps.sol";

/// Money that covers the two largest groups, and the order in which it pays; see IDefaultFund.
contract DefaultFund is FundCaps, AccessManaged {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// What one loss reads of a member.
    struct Share {
        /// The member.
        address member;
        /// Whether it is the defaulter or of its group.
        bool affiliate;
        /// What is liable and left, settlement units.
        uint256 liable;
        /// What may be assessed, settlement units.
        uint256 assessable;
    }

    Withdrawal private _capitalRequest;

    /// @param house_ the clearing house, which receives what the fund pays
    /// @param houseDefaults_ the contract of its defaults
    /// @param settlement_ the settlement token, of 2 to 18 decimals
    /// @param stressGate_ the gate of the stress profile
    /// @param terms_ what the fund goes by: see FundTerms for their bounds
    /// @param authority_ the access manager, which delays `setGroup`, `requestCapital` and `withdrawCapital`
    constructor(
        address house_,
        address houseDefaults_,
        IERC20 settlement_,
        IMarginGate stressGate_,
        FundTerms memory terms_,
        address authority_
    ) FundAccounts(house_, houseDefaults_, settlement_, stressGate_, terms_) AccessManaged(authority_) {}

    // --- groups ---

    /// @inheritdoc IDefaultFund
    function setGroup(address owner, uint16 group) external restricted {
        if (group > MAX_MEMBERS) revert GroupOutOfRange(MAX_MEMBERS, group);
        Member storage entry = _members[owner];
        uint16 from = entry.group;
        if (from == group) return;
        if (from != 0 && _open != 0) revert DefaultsOpen(_open);
        if (from == 0) {
            if (_list.length == MAX_MEMBERS) revert TooManyMembers(MAX_MEMBERS);
            _list.push(owner);
            entry.place = uint16(_list.length);
        } else if (group == 0) {
            _dropMember(owner, entry);
        }
        entry.group = group;
        if (entry.caps != 0) _moveCaps(from, entry.caps, group, entry.caps);
        emit GroupSet(owner, from, group);
    }

    // --- contributions ---

    /// @inheritdoc IDefaultFund
    function contribute(uint256 amount) external nonReentrant {
        Member storage entry = _members[msg.sender];
        if (entry.group == 0) revert NotMember(msg.sender);
        _settleLayers(entry);
        uint32 since = _open == 0 ? 0 : _noted;
        uint256 layers = entry.layers.length;
        if (layers == 0 || entry.layers[layers - 1].since < since) {
            if (layers == MAX_LAYERS) revert TooManyLayers(MAX_LAYERS);
            entry.layers.push(Layer(since, 0, 0));
            ++layers;
        }
        Layer storage layer = entry.layers[layers - 1];
        layer.left = (layer.left + amount).toUint112();
        layer.whole = (layer.whole + amount).toUint112();
        contributions += amount;
        emit Contributed(msg.sender, amount, since);
        _receive(amount);
    }

    /// @inheritdoc IDefaultFund
    function requestContribution(uint256 amount) external {
        Member storage entry = _members[msg.sender];
        if (entry.group == 0) revert NotMember(msg.sender);
        _request(entry.request, msg.sender, amount, _contributionOf(entry));
    }

    /// @inheritdoc IDefaultFund
    function withdrawContribution(address to) external nonReentrant {
        Member storage entry = _members[msg.sender];
        _settleLayers(entry);
        if (entry.owed != 0) revert AssessmentUnpaid(msg.sender, entry.owed);
        uint256 amount = _due(entry.request, _contributionOf(entry));
        delete entry.request;
        _take(entry, type(uint32).max, amount);
        contributions -= amount;
        _requireShare(msg.sender, entry);
        _pay(msg.sender, amount, to);
    }

    /// @inheritdoc IDefaultFund
    function addCapital(uint256 amount) external nonReentrant {
        capital += amount;
        emit CapitalAdded(msg.sender, amount);
        _receive(amount);
    }

    /// @inheritdoc IDefaultFund
    function requestCapital(uint256 amount) external restricted {
        _request(_capitalRequest, address(0), amount, capital);
    }

    /// @inheritdoc IDefaultFund
    function withdrawCapital(address to) external nonReentrant restricted {
        uint256 amount = _due(_capitalRequest, capital);
        delete _capitalRequest;
        capital -= amount;
        _pay(address(0), amount, to);
    }

    // --- defaults ---

    /// @inheritdoc IDefaultFund
    function noteDefault(bytes32 account) external nonReentrant onlyHouse {
        _requireNoDefault(account);
        address owner = _ownerOf(account);
        if (_open == 0) ++_crisis;
        ++_open;
        uint32 number = ++_noted;
        _numberOf[account] = number;
        Default storage entry = _defaults[number];
        (entry.stage, entry.owner, entry.account) = (DefaultStage.Noted, owner, account);
        ++_members[owner].defaults;
        emit DefaultNoted(account, owner, number);
    }

    /// @inheritdoc IDefaultFund
    function absorb(bytes32 account, uint256 deficit)
        external
        nonReentrant
        onlyHouse
        returns (uint256 paid, uint256 assessed)
    {
        (uint32 number, Default storage entry) = _openDefault(account);
        if (entry.stage != DefaultStage.Noted) revert WrongStage(account);
        uint256 left = deficit;
        Share[] memory shares = _sharesOf(entry.owner, number);
        left -= _takeDefaulters(account, entry.owner, left);
        left -= _takeShares(account, number, shares, true, left);
        left -= _takeCapital(account, left);
        left -= _takeShares(account, number, shares, false, left);
        paid = deficit - left;
        assessed = _assess(account, number, shares, left);
        entry.left = left.toUint128();
        if (assessed == 0) {
            entry.stage = DefaultStage.Collected;
        } else {
            entry.stage = DefaultStage.Absorbed;
            (entry.assessed, entry.owed) = (assessed.toUint128(), assessed.toUint128());
            entry.until = uint64(block.timestamp + _terms.assessmentPeriod);
        }
        emit LossAbsorbed(account, deficit, paid, assessed, entry.until);
        if (paid != 0) SETTLEMENT.safeTransfer(house, paid);
    }

    /// @inheritdoc IDefaultFund
    function payAssessment(uint32 number, address member, uint256 amount)
        external
        nonReentrant
        returns (uint256 paid)
    {
        Default storage entry = _defaults[number];
        if (entry.account == 0) revert DefaultUnknown(number);
        paid = Math.min(amount, _owed[number][member]);
        _owed[number][member] -= paid;
        _members[member].owed -= uint128(paid);
        entry.owed -= uint128(paid);
        bool late = entry.stage != DefaultStage.Absorbed;
        if (late) capital += paid;
        else entry.received += uint128(paid);
        emit AssessmentPaid(number, member, paid, late);
        _receive(paid);
    }

    /// @inheritdoc IDefaultFund
    function collect(bytes32 account) external nonReentrant onlyHouse returns (uint256 paid) {
        (, Default storage entry) = _openDefault(account);
        if (entry.stage != DefaultStage.Absorbed) revert WrongStage(account);
        if (entry.owed != 0 && block.timestamp <= entry.until) revert AssessmentsOpen(entry.until);
        paid = entry.received;
        entry.left -= uint128(paid);
        (entry.received, entry.stage) = (0, DefaultStage.Collected);
        emit AssessmentsCollected(account, paid, entry.left);
        if (paid != 0) SETTLEMENT.safeTransfer(house, paid);
    }

    /// @inheritdoc IDefaultFund
    function endDefault(bytes32 account) external nonReentrant onlyHouse {
        (uint32 number, Default storage entry) = _openDefault(account);
        if (entry.stage == DefaultStage.Absorbed) revert WrongStage(account);
        entry.stage = DefaultStage.None;
        delete _numberOf[account];
        --_open;
        --_members[entry.owner].defaults;
        _releaseCap(account);
        emit DefaultEnded(account, number);
    }

    // --- the waterfall ---

    /// What every member has at stake in a default. One pass over all of them.
    /// @param owner the defaulter
    /// @param number the default's number
    /// @return shares one for each member, in the list's order
    function _sharesOf(address owner, uint32 number) private returns (Share[] memory shares) {
        uint16 group = _members[owner].group;
        uint256 count = _list.length;
        uint256 rate = _terms.assessment;
        shares = new Share[](count);
        for (uint256 i = 0; i < count; ++i) {
            address member = _list[i];
            Member storage entry = _members[member];
            _settleLayers(entry);
            (uint256 liable, uint256 whole) = _liable(entry, number);
            // The defaulter's own money is another step, and a member in default pays no assessment.
            if (member == owner) liable = 0;
            uint256 assessable = entry.defaults == 0 ? Math.saturatingSub(whole * rate / Spec.BPS, entry.assessed) : 0;
            shares[i] = Share(member, entry.group == group, liable, assessable);
        }
    }

    /// Takes the defaulter's own contribution, whenever it was paid in.
    /// @param account the account in default
    /// @param owner the defaulter
    /// @param loss settlement units
    /// @return taken settlement units
    function _takeDefaulters(bytes32 account, address owner, uint256 loss) private returns (uint256 taken) {
        Member storage entry = _members[owner];
        taken = Math.min(loss, _contributionOf(entry));
        if (taken == 0) return 0;
        _take(entry, type(uint32).max, taken);
        contributions -= taken;
        emit LossPaid(account, WaterfallStep.Defaulter, owner, taken);
    }

    /// Takes the house's own capital.
    /// @param account the account in default
    /// @param loss settlement units
    /// @return taken settlement units
    function _takeCapital(bytes32 account, uint256 loss) private returns (uint256 taken) {
        taken = Math.min(loss, capital);
        if (taken == 0) return 0;
        capital -= taken;
        emit LossPaid(account, WaterfallStep.Capital, address(0), taken);
    }

    /// Takes from what is liable, in proportion and to the unit.
    /// @param account the account in default
    /// @param number the default's number
    /// @param shares what each member has at stake
    /// @param affiliates whether the defaulter's group pays, or everybody else
    /// @param loss settlement units
    /// @return taken settlement units
    function _takeShares(bytes32 account, uint32 number, Share[] memory shares, bool affiliates, uint256 loss)
        private
        returns (uint256 taken)
    {
        uint256 all = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            if (shares[i].affiliate == affiliates) all += shares[i].liable;
        }
        taken = Math.min(loss, all);
        if (taken == 0) return 0;
        WaterfallStep step = affiliates ? WaterfallStep.Affiliates : WaterfallStep.Members;
        uint256 sum = 0;
        uint256 paid = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            if (shares[i].affiliate != affiliates || shares[i].liable == 0) continue;
            sum += shares[i].liable;
            // Of running sums: so all parts add up to the whole, and none is above what is liable. Nothing is above 2^120.
            uint256 part = taken * sum / all - paid;
            if (part == 0) continue;
            paid += part;
            _take(_members[shares[i].member], number, part);
            emit LossPaid(account, step, shares[i].member, part);
        }
        contributions -= taken;
    }

    /// Assesses members for what is left of a loss, in proportion to what may be assessed.
    /// @param account the account in default
    /// @param number the default's number
    /// @param shares what each member has at stake
    /// @param loss settlement units
    /// @return assessed settlement units
    function _assess(bytes32 account, uint32 number, Share[] memory shares, uint256 loss)
        private
        returns (uint256 assessed)
    {
        uint256 all = 0;
        for (uint256 i = 0; i < shares.length; ++i) all += shares[i].assessable;
        assessed = Math.min(loss, all);
        if (assessed == 0) return 0;
        uint256 sum = 0;
        uint256 called = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            if (shares[i].assessable == 0) continue;
            sum += shares[i].assessable;
            uint256 part = assessed * sum / all - called;
            if (part == 0) continue;
            called += part;
            address member = shares[i].member;
            Member storage entry = _members[member];
            entry.owed += part.toUint128();
            entry.assessed += uint128(part);
            _owed[number][member] = part;
            emit Assessed(account, member, part);
        }
    }

    /// The open default of an account.
    /// @param account the account
    /// @return number its number
    /// @return entry what is stored of it
    function _openDefault(bytes32 account) private view returns (uint32 number, Default storage entry) {
        number = _numberOf[account];
        if (number == 0) revert WrongStage(account);
        entry = _defaults[number];
    }

    // --- inside ---

    /// Takes a member off the list. Reverts if it still has anything at stake.
    /// @param owner the member
    /// @param entry what is stored of it
    function _dropMember(address owner, Member storage entry) private {
        bool used = entry.caps != 0 || entry.owed != 0 || _contributionOf(entry) != 0;
        if (used) revert MemberInUse(owner);
        address last = _list[_list.length - 1];
        _list[entry.place - 1] = last;
        _members[last].place = entry.place;
        _list.pop();
        entry.place = 0;
        delete entry.request;
        delete entry.layers;
    }

    /// Records a request.
    /// @param request where it is recorded
    /// @param member whose it is; zero for the house's capital
    /// @param amount settlement units; 0 cancels
    /// @param most what there is, settlement units
    function _request(Withdrawal storage request, address member, uint256 amount, uint256 most) private {
        if (amount > most) revert IMarginVault.BalanceTooLow(most, amount);
        (request.amount, request.requestedAt) = (amount.toUint128(), amount == 0 ? 0 : uint64(block.timestamp));
        emit ContributionRequested(member, amount);
    }

    /// What a request pays now. Reverts while a default is open, and outside its window.
    /// @param request the request
    /// @param most what there is, settlement units: losses may have taken some since
    /// @return amount settlement units, above 0
    function _due(Withdrawal storage request, uint256 most) private view returns (uint256 amount) {
        if (_open != 0) revert DefaultsOpen(_open);
        amount = Math.min(request.amount, most);
        if (amount == 0) revert IMarginVault.AmountZero();
        uint256 from = uint256(request.requestedAt) + _terms.horizon;
        uint256 until = from + _terms.window;
        if (block.timestamp < from || block.timestamp > until) revert OutsideWindow(from, until);
    }

    /// Pays out what is no longer recorded, if the rest is still as much as was required of late.
    /// @param member whose it was; zero for the house's capital
    /// @param amount settlement units
    /// @param to who receives it
    function _pay(address member, uint256 amount, address to) private {
        _requireHeld(Math.max(_requiredNow(), _faded() * CENT));
        emit ContributionPaid(member, amount, to);
        SETTLEMENT.safeTransfer(to, amount);
    }
}
