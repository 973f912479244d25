// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Spec} from "../generated/Spec.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {DutchAuctions} from "../lib/DutchAuctions.sol";
import {Auction} from "../types/Auction.sol";
import {BookState} from "../types/Book.sol";
import {Marks} from "../types/Gate.sol";
import {Status} from "../types/Status.sol";
import {Asset, Liquidation} from "../types/Vault.sol";
import {VaultAccounts} from "./VaultAccounts.sol";

/// Liquidation of accounts that the gate calls liquidatable; see IMarginVault.
abstract contract VaultAuctions is VaultAccounts, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using DutchAuctions for Auction;

    /// @inheritdoc IMarginVault
    function startAuction(bytes32 account, address token) external nonReentrant {
        Account storage entry = _accounts[account];
        if (entry.auctions[token].startedAt != 0) revert AuctionRunning(account, token);
        // Reverts while the sequencer is away: few could bid.
        _tradableSince();
        _requireLiquidatable(account);
        // Otherwise a later book would date the lapse again and end the auction. There may be nothing left to record.
        try gate.recordLapse(account) {} catch {}
        if (block.timestamp < entry.reliefUntil) revert InRelief(entry.reliefUntil, uint64(block.timestamp));
        if (entry.debt == 0) revert NothingOwed(account);
        uint256 offered = entry.balances[token];
        if (offered == 0) revert BalanceTooLow(0, 1);

        if (entry.withdrawals[token].amount != 0) {
            delete entry.withdrawals[token];
            emit WithdrawalCancelled(account, token);
        }
        entry.balances[token] = 0;
        Liquidation storage liquidation = _liquidate(account, entry);
        uint256 startCost = _startCost(token, offered);
        entry.auctions[token] = Auction({
            keeper: msg.sender,
            startedAt: uint64(block.timestamp),
            offered: offered.toUint128(),
            left: offered.toUint128(),
            startCost: startCost.toUint128(),
            startBlock: uint64(block.number)
        });
        emit AuctionStarted(
            account, token, msg.sender, offered, startCost, liquidation.due, liquidation.penalty, block.number
        );
    }

    /// @inheritdoc IMarginVault
    function take(bytes32 account, address token, uint64 startedAt, uint256 most, uint256 mostCost, address to)
        external
        nonReentrant
        returns (uint256 amount, uint256 cost)
    {
        Account storage entry = _accounts[account];
        Auction storage auction = _running(account, token);
        if (auction.startedAt != startedAt) revert AuctionDiffers(auction.startedAt, startedAt);
        if (_isOver(account, auction)) revert AuctionOver(account, token);
        _requireLiquidatable(account);
        uint256 due;
        (amount, cost, due) = _quote(entry, auction, most);
        if (amount == 0) revert AmountZero();
        mostCost = Math.mulDiv(mostCost, amount, most, Math.Rounding.Ceil);
        if (cost > mostCost) revert CostTooHigh(mostCost, cost);

        entry.soldAt = uint40(block.timestamp);
        auction.left -= amount.toUint128();
        entry.liquidation.due = (due - cost).toUint128();
        _distribute(account, token, amount, cost);
        (uint256 more,,) = _quote(entry, auction, type(uint256).max);
        // Also raised if what is still due is less than the price of one unit.
        bool raised = cost == due || (more == 0 && auction.left != 0);
        if (raised) {
            entry.liquidation.due = 0;
            entry.reliefUntil = uint64(block.timestamp) + _terms.reliefPeriod;
        }
        if (raised || auction.left == 0) _close(account, entry, token);
        _receive(SETTLEMENT, cost);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function closeAuction(bytes32 account, address token) external {
        Account storage entry = _accounts[account];
        Auction storage auction = _running(account, token);
        if (entry.debt != 0 && _statusOf(account) <= Status.Liquidatable && !_isOver(account, auction)) {
            revert AuctionGoesOn(account, token);
        }
        _close(account, entry, token);
    }

    /// @inheritdoc IMarginVault
    function coverShortfall(bytes32 account) external returns (uint256 covered) {
        Account storage entry = _accounts[account];
        _requireLiquidatable(account);
        if (entry.held != 0) revert CollateralLeft(account);
        address creditor = entry.creditor;
        // The fund is the creditor's, and only the creditor says that a debt is lost: security can lie elsewhere.
        if (msg.sender != creditor) revert NotCreditor(account, creditor, msg.sender);
        covered = Math.min(entry.debt, insuranceOf[creditor]);
        if (covered == 0) revert NothingOwed(account);
        insuranceOf[creditor] -= covered;
        _reduceDebt(entry, covered);
        emit ShortfallCovered(account, creditor, covered, entry.debt);
    }

    /// @inheritdoc IMarginVault
    function auctionOf(bytes32 account, address token) external view returns (Auction memory) {
        return _accounts[account].auctions[token];
    }

    /// @inheritdoc IMarginVault
    function liquidationOf(bytes32 account) external view returns (Liquidation memory) {
        return _accounts[account].liquidation;
    }

    /// @inheritdoc IMarginVault
    function isOver(bytes32 account, address token) external view returns (bool) {
        return _isOver(account, _running(account, token));
    }

    /// @inheritdoc IMarginVault
    function quote(bytes32 account, address token, uint256 most)
        external
        view
        returns (uint256 amount, uint256 cost)
    {
        (amount, cost,) = _quote(_accounts[account], _running(account, token), most);
    }

    /// What the gate says of an account.
    /// @param account the account
    /// @return its status
    function _statusOf(bytes32 account) private view returns (Status) {
        return gate.statusOf(account);
    }

    /// What stands against an account at the gate.
    /// @param account the account
    /// @return its marks
    function _marksOf(bytes32 account) private view returns (Marks memory) {
        return gate.marksOf(account);
    }

    /// Reverts unless the gate calls the account liquidatable.
    /// @param account the account
    function _requireLiquidatable(bytes32 account) private view {
        Status status = _statusOf(account);
        if (status != Status.Liquidatable) revert NotLiquidatable(account, status);
    }

    /// Whether an auction takes no more bids: its time is up, its due is raised, somebody has proven health since, or
    /// nobody could bid for a part of its time. Reverts while the sequencer is away, unless one of the first three
    /// holds.
    /// @param account the account
    /// @param auction the auction
    /// @return whether it is over
    function _isOver(bytes32 account, Auction storage auction) private view returns (bool) {
        uint256 startedAt = auction.startedAt;
        if (block.timestamp > startedAt + _terms.auctionPeriod) return true;
        Liquidation storage liquidation = _accounts[account].liquidation;
        if (liquidation.due == 0 || startedAt < liquidation.startedAt) return true;
        Marks memory marks = _marksOf(account);
        if (marks.breachRound == 0 || startedAt < marks.breachSince) return true;
        uint256 resumedAt = Math.max(PROFILE.epochSince(), PROFILE.resumedAt());
        return startedAt < Math.max(resumedAt, _tradableSince());
    }

    /// Since when everybody has been able to act on the market. Reverts while the sequencer is away.
    /// @return Unix seconds
    function _tradableSince() private view returns (uint256) {
        return LEDGER.tradableSince();
    }

    /// The auction of a token. Reverts if there is none.
    /// @param account the account
    /// @param token the token
    /// @return auction the auction
    function _running(bytes32 account, address token) private view returns (Auction storage auction) {
        auction = _accounts[account].auctions[token];
        if (auction.startedAt == 0) revert NoAuction(account, token);
    }

    /// The liquidation that an auction is to start in: the last, as long as its breach stands and it has not raised its
    /// due, or else a new one. So the next auction raises what a bidder left, and relief comes before more is due.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @return liquidation the liquidation, its due up to date
    function _liquidate(bytes32 account, Account storage entry) private returns (Liquidation storage liquidation) {
        liquidation = entry.liquidation;
        Marks memory marks = _marksOf(account);
        uint256 most = liquidation.due;
        if (most == 0 || liquidation.startedAt < marks.breachSince) {
            most = type(uint256).max;
            liquidation.startedAt = uint64(block.timestamp);
            liquidation.penalty = marks.breachProven || _couldAnswer(account, entry) ? _terms.penalty : 0;
        }
        // A repayment in between lowers what is to be raised.
        liquidation.due = Math.min(most, _withPenalty(_closable(entry.debt), liquidation.penalty)).toUint128();
    }

    /// Whether the owner could have proven health for the whole grace period: there was a book that counted, had the
    /// creditor's signature, and left out no deposit and no repayment.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @return whether the owner could
    function _couldAnswer(bytes32 account, Account storage entry) private view returns (bool) {
        BookState memory book = _bookStateOf(account);
        return book.live && block.timestamp >= book.attestedAt + GRACE_PERIOD && book.asOf > entry.toppedUpAt
            && block.timestamp < uint256(book.asOf) + PROFILE.bookMaxAge()
            && _hasCreditorSigned(account);
    }

    /// What a bid for `most` units gets and pays now. `due` is what is still to be raised, at most the debt of now and
    /// the penalty on it.
    /// @param entry what is stored of the account
    /// @param auction the auction
    /// @param most the most to buy, smallest units of the token
    /// @return amount what the bidder gets, smallest units of the token
    /// @return cost what the bidder pays, settlement units
    /// @return due what is still to be raised, settlement units: at most the debt of now and the penalty on it
    function _quote(Account storage entry, Auction storage auction, uint256 most)
        private
        view
        returns (uint256 amount, uint256 cost, uint256 due)
    {
        Liquidation storage liquidation = entry.liquidation;
        due = Math.min(liquidation.due, _withPenalty(entry.debt, liquidation.penalty));
        uint256 elapsed = auction.elapsed(_terms.blockTime);
        (amount, cost) = auction.quote(most, due, DutchAuctions.factor(elapsed, _terms.auctionPeriod, _terms.floor));
    }

    /// Settlement units for all of `offered` at the start: `token` at the ledger's high and the premium, the settlement
    /// token at the ledger's low. Rounded up.
    /// @param token the token
    /// @param offered what is put up, smallest units of the token
    /// @return settlement units, rounded up
    function _startCost(address token, uint256 offered) private view returns (uint256) {
        Asset storage asset = _assets[token];
        Asset storage paid = _assets[address(SETTLEMENT)];
        (, uint64 high) = _priceOf(asset.slot);
        (uint64 low,) = _priceOf(paid.slot);
        uint256 value =
            Math.mulDiv(offered * 10 ** asset.quantumDecimals, high, 10 ** asset.tokenDecimals, Math.Rounding.Ceil);
        uint256 unit = low * 10 ** paid.quantumDecimals * Spec.BPS;
        return Math.mulDiv(value * (Spec.BPS + _terms.premium), 10 ** paid.tokenDecimals, unit, Math.Rounding.Ceil);
    }

    /// An asset's price band. Reverts if it has no price.
    /// @param slot the asset's slot in the listing
    /// @return low lower price, attodollars per quantum
    /// @return high upper price, attodollars per quantum
    function _priceOf(uint8 slot) private view returns (uint64 low, uint64 high) {
        (low, high,) = LEDGER.priceOf(slot);
        if (low == 0 || high == 0) revert PriceMissing(slot);
    }

    /// The part of a debt that one liquidation repays.
    /// @param debt the debt, settlement units
    /// @return settlement units, rounded up
    function _closable(uint256 debt) private view returns (uint256) {
        uint256 part = Math.mulDiv(debt, _terms.closeFactor, Spec.BPS, Math.Rounding.Ceil);
        return Math.min(debt, Math.max(part, _terms.minimumClose));
    }

    /// A debt and the penalty on it.
    /// @param debt the debt, settlement units
    /// @param penalty basis points of the debt
    /// @return settlement units, rounded up
    function _withPenalty(uint256 debt, uint256 penalty) private pure returns (uint256) {
        return Math.mulDiv(debt, Spec.BPS + penalty, Spec.BPS, Math.Rounding.Ceil);
    }

    /// Divides a bidder's payment: the debt's part first, rounded up, then the keeper's and the fund's.
    /// @param account the account
    /// @param token the token
    /// @param amount what the bidder gets, smallest units of the token
    /// @param cost what the bidder pays, settlement units
    function _distribute(bytes32 account, address token, uint256 amount, uint256 cost) private {
        Account storage entry = _accounts[account];
        uint256 part = Math.mulDiv(cost, Spec.BPS, Spec.BPS + entry.liquidation.penalty, Math.Rounding.Ceil);
        uint256 repaid = Math.min(entry.debt, part);
        uint256 incentive = Math.mulDiv(cost - repaid, _terms.incentive, Spec.BPS);
        uint256 insured = cost - repaid - incentive;
        _reduceDebt(entry, repaid);
        claimableOf[entry.auctions[token].keeper] += incentive;
        insuranceOf[entry.creditor] += insured;
        emit Taken(account, token, msg.sender, amount, cost, repaid, incentive, insured, block.number);
    }

    /// Ends an auction and returns what is left to the account's balance.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param token the token
    function _close(bytes32 account, Account storage entry, address token) private {
        uint256 left = entry.auctions[token].left;
        delete entry.auctions[token];
        entry.balances[token] += left;
        if (!_holds(entry, token)) --entry.held;
        emit AuctionClosed(account, token, left);
    }
}
