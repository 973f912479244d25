// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Spec} from "../generated/Spec.sol";
import {Asset, IMarginVault} from "../interfaces/IMarginVault.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {Auction, DutchAuctions} from "../lib/DutchAuctions.sol";
import {Status} from "../lib/Types.sol";
import {VaultAccounts} from "./VaultAccounts.sol";

/// Liquidation of accounts that the gate calls liquidatable; see IMarginVault.
abstract contract VaultAuctions is VaultAccounts, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using DutchAuctions for Auction;

    /// @inheritdoc IMarginVault
    function startAuction(bytes32 account, address token) external nonReentrant {
        Account storage entry = _accounts[account];
        if (entry.auction.startedAt != 0) revert AuctionRunning(account);
        _requireLiquidatable(account);
        // Else a further book would date the lapse anew and end the auction. There may be nothing left to note.
        try gate.note(account) {} catch {}
        if (block.timestamp < entry.reliefUntil) revert InRelief(entry.reliefUntil, uint64(block.timestamp));
        if (entry.debt == 0) revert NothingOwed(account);
        uint256 offered = entry.balances[token];
        if (offered == 0) revert BalanceTooLow(0, 1);

        if (entry.withdrawals[token].amount != 0) {
            delete entry.withdrawals[token];
            emit WithdrawalCancelled(account, token);
        }
        _takeBalance(entry, token, offered);
        uint256 startCost = _startCost(token, offered);
        uint256 due = _withPenalty(_closable(entry.debt));
        entry.auction = Auction({
            token: token,
            startedAt: uint64(block.timestamp),
            keeper: msg.sender,
            offered: offered.toUint128(),
            left: offered.toUint128(),
            startCost: startCost.toUint128(),
            due: due.toUint128()
        });
        emit AuctionStarted(account, token, msg.sender, offered, startCost, due);
    }

    /// @inheritdoc IMarginVault
    function take(bytes32 account, uint256 most, uint256 mostCost, address to)
        external
        nonReentrant
        returns (uint256 amount, uint256 cost)
    {
        Account storage entry = _accounts[account];
        Auction memory auction = _running(account);
        if (_isOver(auction)) revert AuctionOver(auction.startedAt + _terms.auctionPeriod, uint64(block.timestamp));
        _requireLiquidatable(account);
        uint256 due;
        (amount, cost, due) = _quote(entry, auction, most);
        if (amount == 0) revert AmountZero();
        if (cost > mostCost) revert CostTooHigh(mostCost, cost);

        entry.soldAt = uint64(block.timestamp);
        entry.auction.left = (auction.left - amount).toUint128();
        entry.auction.due = (due - cost).toUint128();
        _distribute(account, entry, auction, amount, cost);
        (uint256 more,,) = _quote(entry, entry.auction, type(uint256).max);
        // Also raised if what is still due is less than the price of one unit.
        if (cost == due || (more == 0 && amount != auction.left)) {
            entry.reliefUntil = uint64(block.timestamp) + _terms.reliefPeriod;
            _close(account, entry);
        } else if (amount == auction.left) {
            _close(account, entry);
        }
        _receive(settlement, cost);
        IERC20(auction.token).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function closeAuction(bytes32 account) external {
        Account storage entry = _accounts[account];
        Auction memory auction = _running(account);
        if (!_isOver(auction) && entry.debt != 0 && gate.statusOf(account) <= Status.Liquidatable) {
            revert AuctionGoesOn(account);
        }
        _close(account, entry);
    }

    /// @inheritdoc IMarginVault
    function coverShortfall(bytes32 account) external returns (uint256 covered) {
        Account storage entry = _accounts[account];
        _requireLiquidatable(account);
        if (entry.held != 0 || entry.auction.startedAt != 0) revert CollateralLeft(account);
        address creditor = entry.creditor;
        // The fund is the creditor's, and so is the word on whether a debt is lost: security can lie elsewhere.
        if (msg.sender != creditor) revert NotCreditor(account, creditor, msg.sender);
        covered = Math.min(entry.debt, insuranceOf[creditor]);
        if (covered == 0) revert NothingOwed(account);
        insuranceOf[creditor] -= covered;
        _reduceDebt(entry, covered);
        emit ShortfallCovered(account, creditor, covered, entry.debt);
    }

    /// @inheritdoc IMarginVault
    function auctionOf(bytes32 account) external view returns (Auction memory) {
        return _accounts[account].auction;
    }

    /// @inheritdoc IMarginVault
    function quote(bytes32 account, uint256 most) external view returns (uint256 amount, uint256 cost) {
        (amount, cost,) = _quote(_accounts[account], _running(account), most);
    }

    function _requireLiquidatable(bytes32 account) private view {
        Status status = gate.statusOf(account);
        if (status != Status.Liquidatable) revert NotLiquidatable(account, status);
    }

    /// Its time is up, or nobody could bid for a part of it.
    function _isOver(Auction memory auction) private view returns (bool) {
        IRiskProfile profile = LEDGER.profile();
        uint256 resumedAt = Math.max(profile.epochSince(), Math.max(profile.resumedAt(), LEDGER.liveSince()));
        return block.timestamp > auction.startedAt + _terms.auctionPeriod || auction.startedAt < resumedAt;
    }

    function _running(bytes32 account) private view returns (Auction memory auction) {
        auction = _accounts[account].auction;
        if (auction.startedAt == 0) revert NoAuction(account);
    }

    /// `due` is what is still to be raised, at most what the debt of the moment asks for.
    function _quote(Account storage entry, Auction memory auction, uint256 most)
        private
        view
        returns (uint256 amount, uint256 cost, uint256 due)
    {
        due = Math.min(auction.due, _withPenalty(entry.debt));
        uint256 factor = DutchAuctions.factor(block.timestamp - auction.startedAt, _terms.auctionPeriod, _terms.floor);
        (amount, cost) = auction.quote(most, due, factor);
    }

    /// Settlement units for all that is offered, at the ledger's high and the premium; the settlement token at its low.
    function _startCost(address token, uint256 offered) private view returns (uint256) {
        Asset memory asset = _assets[token];
        Asset memory paid = _assets[address(settlement)];
        (, uint64 high,) = LEDGER.priceOf(asset.slot);
        (uint64 low,,) = LEDGER.priceOf(paid.slot);
        if (high == 0) revert PriceMissing(asset.slot);
        if (low == 0) revert PriceMissing(paid.slot);
        uint256 value =
            Math.mulDiv(offered * 10 ** asset.quantumDecimals, high, 10 ** asset.tokenDecimals, Math.Rounding.Ceil);
        uint256 unit = low * 10 ** paid.quantumDecimals * Spec.BPS;
        return Math.mulDiv(value * (Spec.BPS + _terms.premium), 10 ** paid.tokenDecimals, unit, Math.Rounding.Ceil);
    }

    /// The part of the debt that one auction repays.
    function _closable(uint256 debt) private view returns (uint256) {
        uint256 part = Math.mulDiv(debt, _terms.closeFactor, Spec.BPS, Math.Rounding.Ceil);
        return Math.min(debt, Math.max(part, _terms.minimumClose));
    }

    function _withPenalty(uint256 debt) private view returns (uint256) {
        return Math.mulDiv(debt, Spec.BPS + _terms.penalty, Spec.BPS, Math.Rounding.Ceil);
    }

    /// Shares a bidder's payment out: the debt's part first, rounded up, then the keeper's and the fund's.
    function _distribute(bytes32 account, Account storage entry, Auction memory auction, uint256 amount, uint256 cost)
        private
    {
        uint256 repaid =
            Math.min(entry.debt, Math.mulDiv(cost, Spec.BPS, Spec.BPS + _terms.penalty, Math.Rounding.Ceil));
        uint256 incentive = Math.mulDiv(cost - repaid, _terms.incentive, Spec.BPS);
        uint256 insured = cost - repaid - incentive;
        _reduceDebt(entry, repaid);
        claimableOf[auction.keeper] += incentive;
        insuranceOf[entry.creditor] += insured;
        emit Taken(account, auction.token, msg.sender, amount, cost, repaid, incentive, insured);
    }

    function _close(bytes32 account, Account storage entry) private {
        address token = entry.auction.token;
        uint256 left = entry.auction.left;
        delete entry.auction;
        if (left != 0) _addBalance(entry, token, left);
        emit AuctionClosed(account, token, left);
    }
}
