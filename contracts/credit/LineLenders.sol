// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {WithdrawalBatch} from "../types/Credit.sol";
import {LineAccounts} from "./LineAccounts.sol";

/// The lenders' side of a line: they deposit for shares, and withdraw in batches.
abstract contract LineLenders is LineAccounts, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// Shares of a smallest unit, as a power of ten: what makes a first deposit not worth attacking.
    uint8 private constant SHARE_DECIMALS = 6;
    /// Batches that one call pays at most.
    uint256 private constant BATCHES_A_CALL = 8;

    /// What a lender requested in a batch.
    struct LenderRequest {
        /// Shares.
        uint256 shares;
        /// What was claimed, smallest units.
        uint256 claimed;
        /// Whether the shares that were not paid were given back.
        bool returned;
    }

    /// Paid to batches and not claimed.
    uint256 internal _reserved;
    WithdrawalBatch[] internal _batches;
    mapping(uint256 batch => mapping(address lender => LenderRequest)) private _requests;
    /// The first batch that may still be paid. Shares that are left of those before it go back to their lenders.
    uint256 internal _firstUnpaid;

    /// What every action begins and ends with.
    modifier touching() {
        _accrue();
        _settle();
        _;
        _settle();
        _judge();
    }

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

    /// Pays batches that have closed, in order, as far as the cash reaches.
    function _settle() private {
        for (uint256 i = 0; i < BATCHES_A_CALL && _firstUnpaid < _batches.length; ++i) {
            uint256 batch = _firstUnpaid;
            WithdrawalBatch storage entry = _batches[batch];
            uint256 cash = _cash;
            if (block.timestamp < entry.closesAt || cash == 0) return;
            uint256 left = entry.left;
            uint256 value = _convertToAssets(left, Math.Rounding.Floor);
            if (value == 0) {
                // Otherwise it would hold up the next batch, or be burned for nothing.
                ++_firstUnpaid;
                _waiting -= left;
                emit BatchReturned(batch, left);
                continue;
            }
            uint256 paid = Math.min(cash, value);
            uint256 burned = paid < value ? Math.min(left, _convertToShares(paid, Math.Rounding.Ceil)) : left;
            if (burned == left) ++_firstUnpaid;
            _waiting -= burned;
            entry.left = left - burned;
            entry.paid += paid;
            _cash = cash - paid;
            _reserved += paid;
            emit BatchPaid(batch, paid, burned);
            _burn(address(this), burned);
        }
    }
}
