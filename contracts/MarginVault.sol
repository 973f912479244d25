// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Spec} from "./generated/Spec.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {IMarginGate} from "./interfaces/IMarginGate.sol";
import {Asset, IMarginVault, Request, VaultTerms} from "./interfaces/IMarginVault.sol";
import {IMarketLedger} from "./interfaces/IMarketLedger.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {Auction, DutchAuctions} from "./lib/DutchAuctions.sol";
import {AttestedBook, Status} from "./lib/Types.sol";

/// Collateral and loans behind the gate; see IMarginVault.
contract MarginVault is IMarginVault, AccessManaged, ReentrancyGuard {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using DutchAuctions for Auction;

    /// Basis points.
    uint256 public constant MAX_PENALTY = 5_000;
    uint256 private constant MAX_TOKEN_DECIMALS = 36;

    struct Account {
        address creditor;
        /// Unix seconds before which no other auction starts.
        uint64 reliefUntil;
        uint128 debt;
        /// Tokens of which it has a balance.
        uint32 held;
        /// Unix seconds of the last sale of its collateral: no book of before it releases anything.
        uint64 soldAt;
        Request loan;
        Auction auction;
        mapping(address token => uint256) balances;
        mapping(address token => Request) withdrawals;
    }

    /// @inheritdoc IMarginVault
    IMarginGate public immutable gate;
    /// @inheritdoc IMarginVault
    IERC20 public immutable settlement;
    IBookRegistry private immutable REGISTRY;
    IMarketLedger private immutable LEDGER;

    VaultTerms private _terms;
    mapping(address token => Asset) private _assets;
    mapping(bytes32 account => Account) private _accounts;
    /// @inheritdoc IMarginVault
    mapping(address creditor => uint256) public insuranceOf;
    /// @inheritdoc IMarginVault
    mapping(address who => uint256) public claimableOf;
    mapping(address creditor => uint256) private _owedTo;

    modifier onlyOwnerOf(bytes32 account) {
        _checkOwner(account);
        _;
    }

    /// @param settlement_ the token that is lent and that bidders pay in; it is an asset from the beginning
    constructor(
        IMarginGate gate_,
        IERC20 settlement_,
        uint8 settlementSlot,
        uint8 settlementQuantumDecimals,
        VaultTerms memory terms_,
        address authority_
    ) AccessManaged(authority_) {
        _checkTerm("initialMargin", Spec.BPS, type(uint16).max, terms_.initialMargin);
        _checkTerm("penalty", 0, MAX_PENALTY, terms_.penalty);
        _checkTerm("incentive", 0, Spec.BPS, terms_.incentive);
        _checkTerm("closeFactor", 1, Spec.BPS, terms_.closeFactor);
        _checkTerm("premium", 0, Spec.BPS, terms_.premium);
        _checkTerm("floor", 1, Spec.BPS, terms_.floor);
        _checkTerm("auctionPeriod", 1, type(uint32).max, terms_.auctionPeriod);
        gate = gate_;
        settlement = settlement_;
        REGISTRY = gate_.registry();
        LEDGER = gate_.ledger();
        _terms = terms_;
        _list(address(settlement_), settlementSlot, settlementQuantumDecimals);
    }

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
        if (!REGISTRY.isAttestor(account, creditor)) revert NotAttestor(account, creditor);
        entry.creditor = creditor;
        emit CreditorSet(account, creditor);
    }

    // --- collateral ---

    /// @inheritdoc IMarginVault
    function deposit(bytes32 account, address token, uint256 amount) external nonReentrant {
        if (!_assets[token].listed) revert AssetNotListed(token);
        if (REGISTRY.ownerOf(account) == address(0)) revert AccountUnknown(account);
        if (amount == 0) revert AmountZero();
        _addBalance(_accounts[account], token, amount);
        emit Deposited(account, token, amount, msg.sender);
        _receive(IERC20(token), amount);
    }

    /// @inheritdoc IMarginVault
    function requestWithdrawal(bytes32 account, address token, uint256 amount) external onlyOwnerOf(account) {
        Account storage entry = _accounts[account];
        if (amount > entry.balances[token]) revert BalanceTooLow(entry.balances[token], amount);
        Request memory request = _request(account, amount);
        entry.withdrawals[token] = request;
        emit WithdrawalRequested(account, token, amount, request.sequence);
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
        Request memory request = entry.withdrawals[token];
        uint64 sequence = _requireProven(account, request);
        // Whoever has swapped the attestors, or outvotes the creditor, does not take the security of a debt away.
        if (entry.debt != 0 && !REGISTRY.hasSigned(account, entry.creditor)) {
            revert NotSignedByCreditor(account, entry.creditor);
        }
        delete entry.withdrawals[token];
        _takeBalance(entry, token, request.amount);
        emit Withdrawn(account, token, request.amount, sequence, to);
        IERC20(token).safeTransfer(to, request.amount);
    }

    // --- loans ---

    /// @inheritdoc IMarginVault
    function requestLoan(bytes32 account, uint256 amount) external onlyOwnerOf(account) {
        Request memory request = _request(account, amount);
        _accounts[account].loan = request;
        emit LoanRequested(account, amount, request.sequence);
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
        Request memory request = entry.loan;
        uint64 sequence = _requireProven(account, request);
        if (amount != request.amount) revert AmountDiffers(request.amount, amount);
        // Once due it can be applied at any moment: also in the one after the loan, by attestors that nobody has looked at.
        (,, uint64 effectiveAt) = REGISTRY.proposalOf(account);
        if (effectiveAt != 0) revert RotationProposed(account, effectiveAt);
        delete entry.loan;
        entry.debt = (uint256(entry.debt) + amount).toUint128();
        _owedTo[msg.sender] += amount;
        emit Lent(account, msg.sender, amount, sequence);
        settlement.safeTransferFrom(msg.sender, REGISTRY.ownerOf(account), amount);
    }

    /// @inheritdoc IMarginVault
    function repay(bytes32 account, uint256 amount) external nonReentrant returns (uint256 repaid) {
        Account storage entry = _accounts[account];
        repaid = Math.min(amount, entry.debt);
        if (repaid == 0) revert NothingOwed(account);
        _reduceDebt(entry, repaid);
        emit Repaid(account, entry.creditor, repaid, msg.sender);
        _receive(settlement, repaid);
    }

    // --- liquidation ---

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

    // --- insurance and claims ---

    /// @inheritdoc IMarginVault
    function fundInsurance(address creditor, uint256 amount) external nonReentrant {
        insuranceOf[creditor] += amount;
        emit InsuranceFunded(creditor, amount, msg.sender);
        _receive(settlement, amount);
    }

    /// @inheritdoc IMarginVault
    function withdrawInsurance(uint256 amount) external nonReentrant {
        if (_owedTo[msg.sender] != 0) revert DebtOutstanding(_owedTo[msg.sender]);
        uint256 fund = insuranceOf[msg.sender];
        if (amount > fund) revert BalanceTooLow(fund, amount);
        insuranceOf[msg.sender] = fund - amount;
        emit InsuranceWithdrawn(msg.sender, amount);
        settlement.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function claim() external nonReentrant returns (uint256 amount) {
        amount = claimableOf[msg.sender];
        if (amount == 0) revert AmountZero();
        claimableOf[msg.sender] = 0;
        emit Claimed(msg.sender, amount);
        settlement.safeTransfer(msg.sender, amount);
    }

    // --- views ---

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
    function recordedBalance(bytes32 account, address token) external view returns (uint256) {
        Account storage entry = _accounts[account];
        return entry.balances[token] - entry.withdrawals[token].amount;
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

    /// @inheritdoc IMarginVault
    function auctionOf(bytes32 account) external view returns (Auction memory) {
        return _accounts[account].auction;
    }

    /// @inheritdoc IMarginVault
    function quote(bytes32 account, uint256 most) external view returns (uint256 amount, uint256 cost) {
        (amount, cost,) = _quote(_accounts[account], _running(account), most);
    }

    // --- inside ---

    function _checkOwner(bytes32 account) private view {
        address owner = REGISTRY.ownerOf(account);
        if (owner == address(0)) revert AccountUnknown(account);
        if (msg.sender != owner) revert NotOwner(account, owner, msg.sender);
    }

    function _list(address token, uint8 slot, uint8 quantumDecimals) private {
        if (slot >= Spec.ASSETS) revert SlotOutOfRange(Spec.ASSETS - 1, slot);
        if (quantumDecimals > Spec.MAX_DECIMALS) revert DecimalsOutOfRange(Spec.MAX_DECIMALS, quantumDecimals);
        uint8 tokenDecimals = IERC20Metadata(token).decimals();
        if (tokenDecimals > MAX_TOKEN_DECIMALS) revert DecimalsOutOfRange(MAX_TOKEN_DECIMALS, tokenDecimals);
        _assets[token] = Asset(true, slot, quantumDecimals, tokenDecimals);
        emit AssetListed(token, slot, quantumDecimals);
    }

    function _request(bytes32 account, uint256 amount) private view returns (Request memory) {
        if (amount == 0) revert AmountZero();
        return Request(amount.toUint128(), uint64(block.timestamp), REGISTRY.bookOf(account).sequence);
    }

    /// The one condition of every release: the newest book is of after the request and of after the last sale of
    /// collateral, and healthy at initial margin.
    /// A block has one time, so a book as of the very second of the request may be of before it.
    function _requireProven(bytes32 account, Request memory request) private view returns (uint64) {
        if (request.amount == 0) revert NothingRequested(account);
        AttestedBook memory book = REGISTRY.bookOf(account);
        uint64 since = request.requestedAt;
        if (_accounts[account].soldAt > since) since = _accounts[account].soldAt;
        if (book.sequence <= request.sequence || book.asOf <= since) {
            revert BookTooEarly(account, request.sequence, since, book.sequence, book.asOf);
        }
        gate.requireMargin(account, _terms.initialMargin);
        return book.sequence;
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

    /// What is repaid is the creditor's, to claim: a creditor that cannot receive must not stop a liquidation.
    function _reduceDebt(Account storage entry, uint256 amount) private {
        entry.debt -= amount.toUint128();
        _owedTo[entry.creditor] -= amount;
        claimableOf[entry.creditor] += amount;
    }

    function _addBalance(Account storage entry, address token, uint256 amount) private {
        uint256 balance = entry.balances[token];
        if (balance == 0) ++entry.held;
        entry.balances[token] = balance + amount;
    }

    function _takeBalance(Account storage entry, address token, uint256 amount) private {
        uint256 balance = entry.balances[token];
        if (balance == amount) --entry.held;
        entry.balances[token] = balance - amount;
    }

    function _receive(IERC20 token, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert ReceivedOther(address(token), amount, got);
    }

    function _checkTerm(bytes32 term, uint256 least, uint256 most, uint256 got) private pure {
        if (got < least || got > most) revert TermOutOfRange(term, least, most, got);
    }
}
