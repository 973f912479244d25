// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {ICreditRegistry} from "./interfaces/ICreditRegistry.sol";
import {IMarginGate} from "./interfaces/IMarginGate.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {BookState} from "./types/Book.sol";
import {Request, VaultTerms} from "./types/Vault.sol";
import {VaultAccounts} from "./vault/VaultAccounts.sol";
import {VaultAuctions} from "./vault/VaultAuctions.sol";

/// Collateral and loans behind the gate; see IMarginVault.
contract MarginVault is VaultAuctions, AccessManaged {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    modifier onlyOwnerOf(bytes32 account) {
        _checkOwner(account);
        _;
    }

    /// @param gate_ the gate whose word on an account counts
    /// @param settlement_ the token that is lent and that bidders pay in; the constructor lists it
    /// @param settlementSlot the settlement token's slot in the listing, 0 to 15
    /// @param settlementQuantumDecimals the listing's decimals of its quantum, 0 to 10
    /// @param terms_ what the vault goes by: see VaultTerms for their bounds
    /// @param credit_ whose covenant every release needs; zero for none
    /// @param authority_ the access manager, which delays `listAsset`
    constructor(
        IMarginGate gate_,
        IERC20 settlement_,
        uint8 settlementSlot,
        uint8 settlementQuantumDecimals,
        VaultTerms memory terms_,
        ICreditRegistry credit_,
        address authority_
    )
        VaultAccounts(gate_, settlement_, settlementSlot, settlementQuantumDecimals, terms_, credit_)
        AccessManaged(authority_)
    {}

    // --- assets and creditors ---

    /// @inheritdoc IMarginVault
    function listAsset(address token, uint8 slot, uint8 quantumDecimals) external restricted {
        _list(token, slot, quantumDecimals);
    }

    /// @inheritdoc IMarginVault
    function delistAsset(address token) external restricted {
        if (!_assets[token].listed) revert AssetNotListed(token);
        _assets[token].listed = false;
        emit AssetDelisted(token);
    }

    /// @inheritdoc IMarginVault
    function setCreditor(bytes32 account, address creditor) external onlyOwnerOf(account) {
        Account storage entry = _accounts[account];
        if (entry.debt != 0) revert DebtOutstanding(entry.debt);
        if (!REGISTRY.isAttester(account, creditor)) revert IMarginGate.NotAttester(account, creditor);
        entry.creditor = creditor;
        emit CreditorSet(account, creditor);
    }

    // --- collateral ---

    /// @inheritdoc IMarginVault
    function deposit(bytes32 account, address token, uint256 amount) external nonReentrant {
        if (!_assets[token].listed) revert AssetNotListed(token);
        address owner = _ownerOf(account);
        if (amount == 0) revert AmountZero();
        // Nobody could prove an isolated account with a second collateral. Only its owner may give it one.
        if (msg.sender != owner && recordedBalance(account, token) == 0 && _bookStateOf(account).isolated) {
            revert IBookRegistry.NotOwner(account, owner, msg.sender);
        }
        Account storage entry = _accounts[account];
        _addBalance(entry, token, amount);
        entry.toppedUpAt = uint40(block.timestamp);
        emit Deposited(account, token, amount, msg.sender);
        _receive(IERC20(token), amount);
    }

    /// @inheritdoc IMarginVault
    function requestWithdrawal(bytes32 account, address token, uint256 amount) external onlyOwnerOf(account) {
        Account storage entry = _accounts[account];
        if (amount > entry.balances[token]) revert BalanceTooLow(entry.balances[token], amount);
        emit WithdrawalRequested(account, token, amount, _request(account, entry.withdrawals[token], amount));
    }

    /// @inheritdoc IMarginVault
    function cancelWithdrawal(bytes32 account, address token) external onlyOwnerOf(account) {
        Account storage entry = _accounts[account];
        if (entry.withdrawals[token].amount == 0) revert NothingRequested(account);
        delete entry.withdrawals[token];
        emit WithdrawalCancelled(account, token);
    }

    /// @inheritdoc IMarginVault
    function executeWithdrawal(bytes32 account, address token, address to) external nonReentrant onlyOwnerOf(account) {
        Account storage entry = _accounts[account];
        Request storage request = entry.withdrawals[token];
        uint64 sequence = _requireProven(account, request);
        uint256 amount = request.amount;
        // Otherwise an owner who swaps the attesters, or outvotes the creditor, could withdraw the security of a debt.
        if (entry.debt != 0 && !_hasCreditorSigned(account)) {
            revert NotSignedByCreditor(account, entry.creditor);
        }
        delete entry.withdrawals[token];
        _takeBalance(entry, token, amount);
        emit Withdrawn(account, token, amount, sequence, to);
        IERC20(token).safeTransfer(to, amount);
    }

    // --- loans ---

    /// @inheritdoc IMarginVault
    function requestLoan(bytes32 account, uint256 amount) external onlyOwnerOf(account) {
        emit LoanRequested(account, amount, _request(account, _accounts[account].loan, amount));
    }

    /// @inheritdoc IMarginVault
    function cancelLoan(bytes32 account) external onlyOwnerOf(account) {
        if (_accounts[account].loan.amount == 0) revert NothingRequested(account);
        delete _accounts[account].loan;
        emit LoanCancelled(account);
    }

    /// @inheritdoc IMarginVault
    function lend(bytes32 account, uint256 amount) external nonReentrant {
        Account storage entry = _accounts[account];
        if (msg.sender != entry.creditor) revert NotCreditor(account, entry.creditor, msg.sender);
        Request storage request = entry.loan;
        uint64 sequence = _requireProven(account, request);
        if (amount != request.amount) revert AmountDiffers(request.amount, amount);
        // Anybody can apply a proposal that is due, also right after the loan. Its attesters would then sign unchecked.
        (,, uint64 effectiveAt) = REGISTRY.proposalOf(account);
        if (effectiveAt != 0) revert RotationProposed(account, effectiveAt);
        delete entry.loan;
        entry.debt = (uint256(entry.debt) + amount).toUint128();
        _owedTo[msg.sender] += amount;
        emit Lent(account, msg.sender, amount, sequence);
        SETTLEMENT.safeTransferFrom(msg.sender, _ownerOf(account), amount);
    }

    /// @inheritdoc IMarginVault
    function repay(bytes32 account, uint256 amount) external nonReentrant returns (uint256 repaid) {
        Account storage entry = _accounts[account];
        repaid = Math.min(amount, entry.debt);
        if (repaid == 0) revert NothingOwed(account);
        _reduceDebt(entry, repaid);
        entry.toppedUpAt = uint40(block.timestamp);
        emit Repaid(account, entry.creditor, repaid, msg.sender);
        _receive(SETTLEMENT, repaid);
    }

    // --- insurance and claims ---

    /// @inheritdoc IMarginVault
    function fundInsurance(address creditor, uint256 amount) external nonReentrant {
        insuranceOf[creditor] += amount;
        emit InsuranceFunded(creditor, amount, msg.sender);
        _receive(SETTLEMENT, amount);
    }

    /// @inheritdoc IMarginVault
    function withdrawInsurance(uint256 amount) external nonReentrant {
        if (_owedTo[msg.sender] != 0) revert DebtOutstanding(_owedTo[msg.sender]);
        uint256 fund = insuranceOf[msg.sender];
        if (amount > fund) revert BalanceTooLow(fund, amount);
        insuranceOf[msg.sender] = fund - amount;
        emit InsuranceWithdrawn(msg.sender, amount);
        SETTLEMENT.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function claim() external nonReentrant returns (uint256 amount) {
        amount = claimableOf[msg.sender];
        if (amount == 0) revert AmountZero();
        claimableOf[msg.sender] = 0;
        emit Claimed(msg.sender, amount);
        SETTLEMENT.safeTransfer(msg.sender, amount);
    }

    // --- inside ---

    /// Reverts unless the caller owns the account.
    /// @param account the account
    function _checkOwner(bytes32 account) private view {
        address owner = _ownerOf(account);
        if (msg.sender != owner) revert IBookRegistry.NotOwner(account, owner, msg.sender);
    }

    /// Records a request.
    /// @param account the account
    /// @param request where it is recorded
    /// @param amount what is requested, smallest units of the token, above 0
    /// @return sequence sequence of the newest book
    function _request(bytes32 account, Request storage request, uint256 amount) private returns (uint64 sequence) {
        if (amount == 0) revert AmountZero();
        sequence = _bookStateOf(account).sequence;
        request.amount = amount.toUint128();
        request.requestedAt = uint64(block.timestamp);
        request.sequence = sequence;
    }

    /// The condition of every release. The newest book is newer than the request, dated after it and after the last
    /// sale of collateral, and proven at initial margin. The covenant of the account's credit lines holds. A block has
    /// one time, so an attester may have read what is recorded before a request of the same second.
    /// @param account the account
    /// @param request the withdrawal or the loan that is requested
    /// @return the book's sequence
    function _requireProven(bytes32 account, Request storage request) private view returns (uint64) {
        if (request.amount == 0) revert NothingRequested(account);
        BookState memory book = _bookStateOf(account);
        uint64 since = request.requestedAt;
        if (_accounts[account].soldAt > since) since = _accounts[account].soldAt;
        if (book.sequence <= request.sequence || book.asOf <= since) {
            revert BookTooEarly(account, request.sequence, since, book.sequence, book.asOf);
        }
        gate.requireMargin(account, _terms.initialMargin);
        // Otherwise an owner would prove, draw and withdraw what the proof was of.
        if (address(credit) != address(0)) credit.requireCovenant(account);
        return book.sequence;
    }
}
