// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {ICreditLine} from "../interfaces/ICreditLine.sol";
import {ICreditRegistry} from "../interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {CreditTerms, LineTerms} from "../types/Credit.sol";
import {GateTerms} from "../types/Gate.sol";
import {CreditLine} from "./CreditLine.sol";

/// The lines of a deployment; see ICreditRegistry. Nobody governs it.
contract CreditRegistry is ICreditRegistry {
    using SafeCast for uint256;

    /// Open lines of an account at most: the covenant asks each.
    uint256 private constant MOST_LINES = 8;
    uint256 private constant MAX_TOKEN_DECIMALS = 36;
    /// Attodollars of a cent, as a power of ten.
    uint256 private constant CENT_DECIMALS = 16;

    /// @inheritdoc ICreditRegistry
    IMarginGate public immutable gate;
    /// @inheritdoc ICreditRegistry
    address public immutable settlement;
    /// @inheritdoc ICreditRegistry
    address public immutable implementation;
    IBookRegistry private immutable BOOKS;
    IMarketLedger private immutable LEDGER;
    uint256 private immutable COVENANT_MARGIN;
    uint256 private immutable HORIZON;
    uint256 private immutable GATE_GRACE;
    uint8 private immutable SLOT;
    uint8 private immutable QUANTUM_DECIMALS;
    /// 10 to the settlement token's own decimals.
    uint256 private immutable TOKEN_UNIT;

    /// Every line, by number; open or not.
    address[] private _lines;
    mapping(bytes32 account => address[]) private _open;
    /// @inheritdoc ICreditRegistry
    mapping(address line => bool) public isOpen;

    /// @param gate_ the gate whose word on an account counts
    /// @param settlement_ the token that lines lend
    /// @param slot its slot in the listing, 0 to 15
    /// @param quantumDecimals the listing's decimals of its quantum, 0 to 10
    /// @param terms_ what the registry goes by: see CreditTerms for the bounds
    constructor(
        IMarginGate gate_,
        IERC20 settlement_,
        uint8 slot,
        uint8 quantumDecimals,
        CreditTerms memory terms_
    ) {
        GateTerms memory gateTerms = gate_.terms();
        _check("slot", 0, Spec.ASSETS - 1, slot);
        _check("quantumDecimals", 0, Spec.MAX_DECIMALS, quantumDecimals);
        _check("covenantMargin", gateTerms.callMargin, type(uint16).max, terms_.covenantMargin);
        _check("horizon", gateTerms.maxProofAge, 365 days, terms_.horizon);
        uint8 tokenDecimals = IERC20Metadata(address(settlement_)).decimals();
        _check("tokenDecimals", 0, MAX_TOKEN_DECIMALS, tokenDecimals);
        (gate, settlement, SLOT, QUANTUM_DECIMALS) = (gate_, address(settlement_), slot, quantumDecimals);
        (BOOKS, LEDGER) = (gate_.registry(), gate_.ledger());
        (COVENANT_MARGIN, HORIZON) = (terms_.covenantMargin, terms_.horizon);
        GATE_GRACE = gateTerms.gracePeriod;
        TOKEN_UNIT = 10 ** tokenDecimals;
        implementation = address(new CreditLine(this, gate_, settlement_, terms_.horizon));
    }

    /// @inheritdoc ICreditRegistry
    function openLine(bytes32 account, LineTerms calldata terms_) external returns (address line) {
        _checkOwner(account);
        _checkTerms(terms_);
        if (!BOOKS.isAttester(account, terms_.attester)) revert IMarginGate.NotAttester(account, terms_.attester);
        if (_open[account].length == MOST_LINES) revert TooManyLines(MOST_LINES);
        line = Clones.clone(implementation);
        _lines.push(line);
        _open[account].push(line);
        isOpen[line] = true;
        emit LineOpened(account, line, terms_);
        ICreditLine(line).initialise(account, terms_);
    }

    /// @inheritdoc ICreditRegistry
    function closeLine(address line) external {
        if (!isOpen[line]) revert LineNotOpen(line);
        bytes32 account = ICreditLine(line).account();
        _checkOwner(account);
        uint256 owed = ICreditLine(line).debt();
        if (owed != 0) revert LineOwed(owed);
        isOpen[line] = false;
        address[] storage lines = _open[account];
        uint256 index = 0;
        while (lines[index] != line) ++index;
        lines[index] = lines[lines.length - 1];
        lines.pop();
        emit LineClosed(account, line);
    }

    /// @inheritdoc ICreditRegistry
    function requireCovenant(bytes32 account) external view {
        uint256 owed;
        address[] storage lines = _open[account];
        for (uint256 i = 0; i < lines.length; ++i) {
            (uint256 more, address attester) = ICreditLine(lines[i]).exposure();
            if (more == 0) continue;
            owed += more;
            // Otherwise an owner who swaps the attesters would withdraw on the word of friends.
            if (!BOOKS.hasSigned(account, attester)) revert AttesterHasNotSigned(account, lines[i], attester);
        }
        if (owed == 0) return;
        gate.requireMargin(account, COVENANT_MARGIN, -_cents(owed).toInt256());
    }

    /// @inheritdoc ICreditRegistry
    function covenantHolds(bytes32 account) external view returns (bool) {
        try this.requireCovenant(account) {
            return true;
        } catch (bytes memory reason) {
            // A refusal names its error. A call without one had too little gas: that breaks no covenant.
            if (reason.length == 0) revert CovenantOutOfGas();
            return false;
        }
    }

    /// @inheritdoc ICreditRegistry
    function owedAhead(bytes32 account) public view returns (uint256 owed) {
        address[] storage lines = _open[account];
        for (uint256 i = 0; i < lines.length; ++i) {
            (uint256 more,) = ICreditLine(lines[i]).exposure();
            owed += more;
        }
    }

    /// @inheritdoc ICreditRegistry
    function owedCents(bytes32 account) external view returns (uint256) {
        return _cents(owedAhead(account));
    }

    /// @inheritdoc ICreditRegistry
    function linesOf(bytes32 account) external view returns (address[] memory lines) {
        return _open[account];
    }

    /// @inheritdoc ICreditRegistry
    function lineCount() external view returns (uint256) {
        return _lines.length;
    }

    /// @inheritdoc ICreditRegistry
    function lineAt(uint256 index) external view returns (address) {
        return _lines[index];
    }

    /// @inheritdoc ICreditRegistry
    function terms() external view returns (CreditTerms memory) {
        return CreditTerms(uint16(COVENANT_MARGIN), uint32(HORIZON));
    }

    /// @inheritdoc ICreditRegistry
    function settlementAsset() external view returns (uint8 slot, uint8 quantumDecimals) {
        return (SLOT, QUANTUM_DECIMALS);
    }

    /// An amount at the ledger's higher price.
    /// @param amount smallest units of the settlement token
    /// @return cents, rounded up
    function _cents(uint256 amount) private view returns (uint256) {
        if (amount == 0) return 0;
        (, uint64 high,) = LEDGER.priceOf(SLOT);
        if (high == 0) revert SettlementPriceMissing(SLOT);
        uint256 attodollars = 10 ** QUANTUM_DECIMALS * uint256(high);
        return Math.mulDiv(amount, attodollars, TOKEN_UNIT * 10 ** CENT_DECIMALS, Math.Rounding.Ceil);
    }

    /// Reverts unless the caller owns the account.
    /// @param account the account
    function _checkOwner(bytes32 account) private view {
        address owner = BOOKS.ownerOf(account);
        if (msg.sender != owner) revert IBookRegistry.NotOwner(account, owner, msg.sender);
    }

    /// Reverts unless every term of a line is within its bounds.
    /// @param terms_ the terms
    function _checkTerms(LineTerms calldata terms_) private view {
        _check("limit", 1, type(uint128).max, terms_.limit);
        _check("fullRate", 0, Spec.BPS, terms_.fullRate);
        _check("kinkRate", 0, terms_.fullRate, terms_.kinkRate);
        _check("baseRate", 0, terms_.kinkRate, terms_.baseRate);
        _check("kink", 1, Spec.BPS - 1, terms_.kink);
        _check("penaltyRate", 0, Spec.BPS, terms_.penaltyRate);
        _check("reserveRatio", 0, Spec.BPS - 1, terms_.reserveRatio);
        _check("impairment", 1, Spec.BPS, terms_.impairment);
        _check("batchPeriod", 1 hours, 365 days, terms_.batchPeriod);
        _check("gracePeriod", 0, 365 days, terms_.gracePeriod);
        // The owner must have time to prove again.
        _check("noticePeriod", GATE_GRACE, 365 days, terms_.noticePeriod);
        _check("curePeriod", 1, 365 days, terms_.curePeriod);
        _check("impairPeriod", 1, terms_.curePeriod, terms_.impairPeriod);
    }

    /// Reverts unless a term is within its bounds.
    /// @param term the term's name, ASCII
    /// @param least lowest value
    /// @param most highest value
    /// @param got the value that was given
    function _check(bytes32 term, uint256 least, uint256 most, uint256 got) private pure {
        if (got < least || got > most) revert CreditTermOutOfRange(term, least, most, got);
    }
}
