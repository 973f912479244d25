// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {ICreditRegistry} from "../interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {Auction} from "../types/Auction.sol";
import {BookState} from "../types/Book.sol";
import {GateTerms} from "../types/Gate.sol";
import {Asset, Liquidation, Request, VaultTerms} from "../types/Vault.sol";

/// What a vault holds, what it is owed, and its terms: the state that its loans and auctions share.
abstract contract VaultAccounts is IMarginVault {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// Highest penalty, basis points.
    uint256 internal constant MAX_PENALTY = 5_000;
    /// Blocks that an auction and a relief last at least.
    uint256 internal constant LEAST_BLOCKS = 10;
    uint256 private constant MAX_TOKEN_DECIMALS = 36;

    /// All that is stored of an account. Amounts are in smallest units of a token.
    struct Account {
        /// Who may lend to it; zero if the owner has named nobody.
        address creditor;
        /// Unix seconds before which no other auction starts.
        uint64 reliefUntil;
        /// Principal that it owes, settlement units.
        uint128 debt;
        /// Number of tokens of which it has some, at auction or not.
        uint32 held;
        /// Unix seconds of the last sale of its collateral: no book dated before it releases anything.
        uint40 soldAt;
        /// Unix seconds of the last deposit or repayment: a book dated before it leaves that out.
        uint40 toppedUpAt;
        /// The requested loan.
        Request loan;
        /// The newest liquidation.
        Liquidation liquidation;
        /// The auction of each token.
        mapping(address token => Auction) auctions;
        /// What it has of each token and is not at auction.
        mapping(address token => uint256) balances;
        /// The requested withdrawal of each token.
        mapping(address token => Request) withdrawals;
    }

    /// @inheritdoc IMarginVault
    IMarginGate public immutable gate;
    /// @inheritdoc IMarginVault
    ICreditRegistry public immutable credit;
    IERC20 internal immutable SETTLEMENT;
    IBookRegistry internal immutable REGISTRY;
    IMarketLedger internal immutable LEDGER;
    IRiskProfile internal immutable PROFILE;
    uint256 internal immutable GRACE_PERIOD;

    VaultTerms internal _terms;
    mapping(address token => Asset) internal _assets;
    mapping(bytes32 account => Account) internal _accounts;
    /// @inheritdoc IMarginVault
    mapping(address creditor => uint256) public insuranceOf;
    /// @inheritdoc IMarginVault
    mapping(address who => uint256) public claimableOf;
    /// Principal that all accounts together owe a creditor.
    mapping(address creditor => uint256) internal _owedTo;

    /// @param gate_ the gate whose word on an account counts
    /// @param settlement_ the token that is lent and that bidders pay in; the constructor lists it
    /// @param settlementSlot the settlement token's slot in the listing, 0 to 15
    /// @param settlementQuantumDecimals the listing's decimals of its quantum, 0 to 10
    /// @param terms_ what the vault goes by: see VaultTerms for their bounds
    /// @param credit_ whose covenant every release needs; zero for none
    constructor(
        IMarginGate gate_,
        IERC20 settlement_,
        uint8 settlementSlot,
        uint8 settlementQuantumDecimals,
        VaultTerms memory terms_,
        ICreditRegistry credit_
    ) {
        if (address(credit_) != address(0) && credit_.gate() != gate_) {
            revert CreditOfOtherGate(address(gate_), address(credit_.gate()));
        }
        gate = gate_;
        credit = credit_;
        SETTLEMENT = settlement_;
        REGISTRY = gate_.registry();
        LEDGER = gate_.ledger();
        PROFILE = gate_.profile();
        GateTerms memory gateTerms = gate_.terms();
        GRACE_PERIOD = gateTerms.gracePeriod;
        _checkTerms(terms_, gateTerms.callMargin);
        _terms = terms_;
        _list(address(settlement_), settlementSlot, settlementQuantumDecimals);
    }

    /// @inheritdoc IMarginVault
    function settlement() external view returns (address) {
        return address(SETTLEMENT);
    }

    /// @inheritdoc IMarginVault
    function terms() external view returns (VaultTerms memory) {
        return _terms;
    }

    /// @inheritdoc IMarginVault
    function assetOf(address token) external view returns (Asset memory) {
        return _assets[token];
    }

    /// @inheritdoc IMarginVault
    function creditorOf(bytes32 account) external view returns (address) {
        return _accounts[account].creditor;
    }

    /// @inheritdoc IMarginVault
    function balanceOf(bytes32 account, address token) external view returns (uint256) {
        return _accounts[account].balances[token];
    }

    /// @inheritdoc IMarginVault
    function recordedBalance(bytes32 account, address token) public view returns (uint256) {
        Account storage entry = _accounts[account];
        return entry.balances[token] + entry.auctions[token].left - entry.withdrawals[token].amount;
    }

    /// @inheritdoc IMarginVault
    function debtOf(bytes32 account) external view returns (uint256) {
        return _accounts[account].debt;
    }

    /// @inheritdoc IMarginVault
    function recordedDebt(bytes32 account) external view returns (uint256) {
        Account storage entry = _accounts[account];
        return uint256(entry.debt) + entry.loan.amount;
    }

    /// @inheritdoc IMarginVault
    function withdrawalOf(bytes32 account, address token) external view returns (Request memory) {
        return _accounts[account].withdrawals[token];
    }

    /// @inheritdoc IMarginVault
    function loanRequestOf(bytes32 account) external view returns (Request memory) {
        return _accounts[account].loan;
    }

    /// Lists a token, or lists it again with other numbers.
    /// @param token the token
    /// @param slot the asset's slot in the listing, 0 to 15
    /// @param quantumDecimals the listing's decimals of its quantum, 0 to 10
    function _list(address token, uint8 slot, uint8 quantumDecimals) internal {
        if (slot >= Spec.ASSETS) revert SlotOutOfRange(Spec.ASSETS - 1, slot);
        if (quantumDecimals > Spec.MAX_DECIMALS) revert DecimalsOutOfRange(Spec.MAX_DECIMALS, quantumDecimals);
        uint8 tokenDecimals = IERC20Metadata(token).decimals();
        if (tokenDecimals > MAX_TOKEN_DECIMALS) revert DecimalsOutOfRange(MAX_TOKEN_DECIMALS, tokenDecimals);
        _assets[token] = Asset(true, slot, quantumDecimals, tokenDecimals);
        emit AssetListed(token, slot, quantumDecimals);
    }

    // One place for each call elsewhere, whose code is long.

    /// The owner of an account. Reverts if nobody has opened it.
    /// @param account the account
    /// @return owner the owner
    function _ownerOf(bytes32 account) internal view returns (address owner) {
        owner = REGISTRY.ownerOf(account);
        if (owner == address(0)) revert IBookRegistry.AccountUnknown(account);
    }

    /// What the registry says of the newest book.
    /// @param account the account
    /// @return the book's standing
    function _bookStateOf(bytes32 account) internal view returns (BookState memory) {
        return REGISTRY.bookStateOf(account);
    }

    /// Whether the account's creditor has signed the newest book.
    /// @param account the account
    /// @return whether it has
    function _hasCreditorSigned(bytes32 account) internal view returns (bool) {
        return REGISTRY.hasSigned(account, _accounts[account].creditor);
    }

    /// The creditor claims what is repaid. A creditor that cannot receive tokens must not stop a liquidation.
    /// @param entry what is stored of the account
    /// @param amount what is repaid, settlement units, at most the debt
    function _reduceDebt(Account storage entry, uint256 amount) internal {
        entry.debt -= amount.toUint128();
        _owedTo[entry.creditor] -= amount;
        claimableOf[entry.creditor] += amount;
    }

    /// Adds to a balance, and counts the token if it is the account's first of it.
    /// @param entry what is stored of the account
    /// @param token the token
    /// @param amount smallest units of the token
    function _addBalance(Account storage entry, address token, uint256 amount) internal {
        if (!_holds(entry, token)) ++entry.held;
        entry.balances[token] += amount;
    }

    /// Takes from a balance, and no longer counts the token if nothing of it is left.
    /// @param entry what is stored of the account
    /// @param token the token
    /// @param amount smallest units of the token
    function _takeBalance(Account storage entry, address token, uint256 amount) internal {
        entry.balances[token] -= amount;
        if (!_holds(entry, token)) --entry.held;
    }

    /// Whether an account has some of a token, at auction or not.
    /// @param entry what is stored of the account
    /// @param token the token
    /// @return whether it has
    function _holds(Account storage entry, address token) internal view returns (bool) {
        return entry.balances[token] + entry.auctions[token].left != 0;
    }

    /// Takes tokens from the caller. Reverts if another amount arrives.
    /// @param token the token
    /// @param amount smallest units of the token
    function _receive(IERC20 token, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert ReceivedOther(address(token), amount, got);
    }

    /// Reverts unless every term is within its bounds.
    /// @param terms_ the terms
    /// @param callMargin the gate's call margin, basis points
    function _checkTerms(VaultTerms memory terms_, uint256 callMargin) private view {
        // Otherwise an attester could call a new borrower at once.
        _checkTerm("initialMargin", callMargin, type(uint16).max, terms_.initialMargin);
        _checkTerm("penalty", 0, MAX_PENALTY, terms_.penalty);
        _checkTerm("incentive", 0, Spec.BPS, terms_.incentive);
        _checkTerm("closeFactor", 1, Spec.BPS, terms_.closeFactor);
        _checkTerm("premium", 0, Spec.BPS, terms_.premium);
        // Otherwise the price would never fall to the market's.
        _checkTerm("floor", 1, Spec.BPS * Spec.BPS / (Spec.BPS + terms_.premium), terms_.floor);
        _checkTerm("blockTime", 1, type(uint16).max, terms_.blockTime);
        // There must be time to bid, and to sell twice before attesters of the owner's choice can sign: see
        // `IBookRegistry.rotationDelay`.
        uint256 least = LEAST_BLOCKS * terms_.blockTime;
        uint256 window = REGISTRY.rotationDelay() - REGISTRY.longestBook() - 2 * GRACE_PERIOD;
        _checkTerm("auctionPeriod", least, window, terms_.auctionPeriod);
        _checkTerm("reliefPeriod", least, window - terms_.auctionPeriod, terms_.reliefPeriod);
    }

    /// Reverts unless a term is within its bounds.
    /// @param term the term's name, ASCII
    /// @param least lowest value
    /// @param most highest value
    /// @param got the value that was given
    function _checkTerm(bytes32 term, uint256 least, uint256 most, uint256 got) private pure {
        if (got < least || got > most) revert TermOutOfRange(term, least, most, got);
    }
}
