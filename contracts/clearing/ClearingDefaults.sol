// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IClearingDefaults} from "../interfaces/IClearingDefaults.sol";
import {IClearingHouse} from "../interfaces/IClearingHouse.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {TearUps} from "../lib/TearUps.sol";
import {AttestedBook} from "../types/Book.sol";
import {DefaultTerms, ESTATE_PARTS, Estate} from "../types/Estate.sol";
import {DefaultStage, FundDefault} from "../types/Fund.sol";
import {Proof} from "../types/Groth16.sol";
import {PROFILE_WORDS} from "../types/ProfileWords.sol";
import {Status} from "../types/Status.sol";
import {TornLine, TornPrices} from "../types/TearUp.sol";
import {CLEARED_ASSETS, Stage, TearUp, TransitionCall} from "../types/Transition.sol";
import {Estates} from "./Estates.sol";

/// The defaults of a clearing house; see IClearingDefaults. Nobody governs it.
contract ClearingDefaults is Estates, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IClearingDefaults
    uint256 public dust;
    /// @inheritdoc IClearingDefaults
    uint64 public closedAt;
    /// @inheritdoc IClearingDefaults
    uint64 public endedAt;
    Marks private _endMarks;
    /// Attodollars of all claims at the end of the market, and what the house held then.
    uint256 private _endClaims;
    uint256 private _endHeld;
    mapping(bytes32 account => uint256) private _endClaimOf;

    /// @param house_ the house, which need not exist yet
    /// @param terms_ the times and prices of its defaults: see DefaultTerms for their bounds
    constructor(address house_, DefaultTerms memory terms_) Estates(house_, terms_) {}

    /// @inheritdoc IClearingDefaults
    function start(bytes32 account) external nonReentrant {
        // Nobody can prove health then, and no loss of it is shared.
        if (endedAt != 0) revert MarketEndWrong(true);
        IClearingHouse of_ = IClearingHouse(house);
        (IMarginGate gate, IDefaultFund fund) = (of_.gate(), _fund());
        bool liquidatable = gate.statusOf(account) == Status.Liquidatable;
        if (!(liquidatable || fund.isCapOverdue(account)) || of_.isEmpty(account)) revert NotInDefault(account);
        uint32 applied = of_.appliedTearUps(account);
        (uint256 commitment, uint64 sequence, uint256 seized) = of_.freeze(account);
        Estate storage estate = _estates[account];
        (estate.startedAt, estate.sequence, estate.tearUps) = (uint40(block.timestamp), uint40(sequence), applied);
        (estate.commitment, estate.cash) = (commitment, int256(seized * _unit()));
        fund.noteDefault(account);
        // So that no outage starts its clocks again; it may be on record already, or be a cap's.
        try gate.recordLapse(account) {} catch {}
        emit DefaultStarted(account, msg.sender, sequence, uint64(block.timestamp) + _terms.revealPeriod);
    }

    /// @inheritdoc IClearingDefaults
    function reveal(
        bytes32 account,
        int256 basis,
        int256[CLEARED_ASSETS] calldata perp,
        uint256 hash,
        Proof calldata proof
    ) external nonReentrant {
        Estate memory estate = _estates[account];
        if (estate.startedAt == 0 || estate.revealedAt != 0 || endedAt != 0) revert EstateStageWrong(account);
        _verifyReveal(account, estate.sequence, estate.commitment, basis, perp, hash, proof);
        (estate.revealedAt, estate.left) = (uint40(block.timestamp), uint8(ESTATE_PARTS));
        (estate.cash, estate.perp) = (estate.cash + basis, perp);
        _applyTearUps(estate);
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            estate.lot[u] = estate.perp[u] / int256(ESTATE_PARTS);
        }
        estate.funded = _fundable(account);
        _promised += estate.funded;
        _estates[account] = estate;
        IClearingHouse(house).setStage(account, Stage.Revealed);
        emit EstateRevealed(account, estate.cash, estate.perp, estate.funded);
    }

    /// @inheritdoc IClearingDefaults
    function bid(bytes32 account, uint256 parts, int256 cash, TransitionCall calldata call) external nonReentrant {
        Estate memory estate = _revealed(account);
        _applyTearUps(estate);
        if (block.timestamp > _auctionEnd(estate) || estate.absorbed) revert EstateStageWrong(account);
        int256 price = _priceOf(estate, parts, _marks());
        if (cash < price) revert BidTooLow(price, cash);
        if (cash > type(int128).max) revert BidTooLow(price, cash);
        int256[CLEARED_ASSETS] memory share = _sharesOf(estate, parts);
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            estate.perp[u] -= share[u];
        }
        estate.left -= uint8(parts);
        estate.cash += cash;
        _estates[account] = estate;
        emit EstateSold(account, call.account, parts, cash);
        IClearingHouse(house).takeOver(call, share, -cash);
    }

    /// @inheritdoc IClearingDefaults
    function settle(bytes32 account) external nonReentrant {
        bool ended = endedAt != 0;
        Estate memory estate = ended ? _unsettled(account) : _revealed(account);
        _applyTearUps(estate);
        bool forSale = !ended && estate.left != 0;
        if (forSale && block.timestamp <= _auctionEnd(estate)) revert EstateAuctionRunning(_auctionEnd(estate));
        Marks memory marks = ended ? _endMarks : _marks();
        (int256 value,) = _valueOf(estate.perp, marks);
        if (!estate.absorbed) {
            estate.absorbed = true;
            _promised -= estate.funded;
            estate.funded = 0;
            if (_absorb(account, estate, value)) {
                // Members owe assessments: the rest waits for them.
                _estates[account] = estate;
                return;
            }
        } else {
            _collect(account, estate);
        }
        if (ended) _close(account, estate, 0);
        else _finish(account, estate, marks, value);
    }

    /// @inheritdoc IClearingDefaults
    function closeMarket(bytes32 account) external nonReentrant {
        Estate storage estate = _estates[account];
        if (estate.startedAt == 0 || estate.revealedAt != 0 || closedAt != 0) revert EstateStageWrong(account);
        uint64 from = uint64(estate.startedAt) + _terms.revealPeriod + 1;
        if (block.timestamp < from) revert TooEarlyToEnd(from);
        closedAt = uint64(block.timestamp);
        IClearingHouse(house).closeMarket(false);
    }

    /// @inheritdoc IClearingDefaults
    function endMarket() external nonReentrant {
        if (closedAt == 0 || endedAt != 0) revert MarketEndWrong(endedAt != 0);
        uint64 from = closedAt + _terms.closePeriod;
        if (block.timestamp < from) revert TooEarlyToEnd(from);
        _end(_marks());
    }

    /// @inheritdoc IClearingDefaults
    function claimAtEnd(
        bytes32 account,
        int256 basis,
        int256[CLEARED_ASSETS] calldata perp,
        uint256 hash,
        Proof calldata proof
    ) external nonReentrant {
        if (endedAt == 0) revert MarketEndWrong(false);
        IClearingHouse of_ = IClearingHouse(house);
        Stage stage = _stageOf(account);
        bool countable = stage == Stage.Open || (stage == Stage.Frozen && _estates[account].revealedAt == 0);
        bool late = block.timestamp > endedAt + _terms.claimPeriod;
        if (!countable || late || _endClaimOf[account] != 0) revert EndClaimWrong(account);
        AttestedBook memory book = of_.registry().bookOf(account);
        _verifyReveal(account, book.sequence, book.commitment, basis, perp, hash, proof);
        Estate memory estate;
        (estate.cash, estate.perp, estate.tearUps) = (basis, perp, of_.appliedTearUps(account));
        // What a frozen owner had asked for backs its book.
        if (stage == Stage.Frozen) estate.cash += _estates[account].cash;
        _applyTearUps(estate);
        _prove(account, estate);
    }

    /// @inheritdoc IClearingDefaults
    function payAtEnd(bytes32 account) external nonReentrant returns (uint256 amount) {
        if (endedAt == 0) revert MarketEndWrong(false);
        uint64 from = endedAt + _terms.claimPeriod + 1;
        if (block.timestamp < from) revert TooEarlyToEnd(from);
        uint256 claim = _endClaimOf[account];
        if (claim == 0) revert EndClaimWrong(account);
        delete _endClaimOf[account];
        IClearingHouse of_ = IClearingHouse(house);
        uint256 unit = _unit();
        amount = _endClaims > _endHeld * unit ? claim * _endHeld / _endClaims : claim / unit;
        emit EndClaimPaid(account, amount);
        of_.payOut(of_.ownerOf(account), amount);
    }

    /// Has the fund pay what an estate lacks.
    /// @param account the account in default
    /// @param estate its estate
    /// @param value attodollars of the lines that nobody bought
    /// @return waits whether members owe assessments for it
    function _absorb(bytes32 account, Estate memory estate, int256 value) private returns (bool waits) {
        uint256 deficit = _deficit(estate, value);
        if (deficit == 0) return false;
        (uint256 paid, uint256 assessed) = _fund().absorb(account, deficit);
        _credit(account, estate, paid);
        return assessed != 0;
    }

    /// Has the fund pass on what members have paid. Reverts while they still can pay.
    /// @param account the account in default
    /// @param estate its estate
    function _collect(bytes32 account, Estate memory estate) private {
        IDefaultFund fund = _fund();
        FundDefault memory noted = fund.defaultOf(account);
        if (noted.stage != DefaultStage.Absorbed) return;
        if (noted.owed != 0 && block.timestamp <= noted.until) revert EstateAssessmentsOpen(noted.until);
        _credit(account, estate, fund.collect(account));
    }

    /// Takes in what the fund has paid.
    /// @param account the account in default
    /// @param estate its estate
    /// @param paid smallest units of the settlement token
    function _credit(bytes32 account, Estate memory estate, uint256 paid) private {
        if (paid == 0) return;
        IClearingHouse(house).credit(paid);
        estate.cash += int256(paid * _unit());
        estate.paid += paid;
        if (endedAt != 0) _endHeld += paid;
        emit EstateFunded(account, paid);
    }

    /// Ends a default: cuts payments that are asked for by what is still missing, tears up what nobody bought, pays back what
    /// the fund has paid, and owes the rest to the owner. The market ends where no prices bring in what is missing.
    /// @param account the account in default
    /// @param estate its estate
    /// @param marks the market's prices
    /// @param value attodollars of the lines that nobody bought
    function _finish(bytes32 account, Estate memory estate, Marks memory marks, int256 value) private {
        IClearingHouse of_ = IClearingHouse(house);
        uint256 unit = _unit();
        uint256 deficit = _deficit(estate, value);
        if (deficit != 0) estate.cash += int256(of_.cutWithdrawals(deficit) * unit);
        int256 equity = estate.cash + value;
        if (!_tear(estate, marks, equity < 0 ? uint256(-equity) : 0)) {
            _end(marks);
            return _close(account, estate, 0);
        }
        uint256 left = uint256(estate.cash) / unit;
        dust += uint256(estate.cash) % unit;
        (estate.left, estate.cash) = (0, 0);
        uint256 back = Math.min(left, estate.paid);
        if (back != 0) _payBack(back);
        left -= back;
        if (left != 0) of_.owe(account, left);
        _close(account, estate, left);
    }

    /// Pays the fund back, as capital: prices can rise between its payment and the end of the assessments, and the owner has
    /// no claim to what the fund's money has earned.
    /// @param amount smallest units of the settlement token, above 0
    function _payBack(uint256 amount) private {
        IClearingHouse of_ = IClearingHouse(house);
        IDefaultFund fund = _fund();
        of_.payOut(address(this), amount);
        IERC20(of_.settlement()).forceApprove(address(fund), amount);
        fund.addCapital(amount);
    }

    /// Closes a default, in the house and the fund.
    /// @param account the account in default
    /// @param estate its estate
    /// @param left what its owner may ask to be paid, smallest units of the settlement token
    function _close(bytes32 account, Estate memory estate, uint256 left) private {
        _estates[account] = estate;
        // A book that was not revealed keeps its claim at the end of the market.
        if (estate.revealedAt != 0) IClearingHouse(house).setStage(account, Stage.Settled);
        _fund().endDefault(account);
        emit EstateSettled(account, left);
    }

    /// Tears up the lines that nobody bought, for everybody, so that the estate lacks nothing.
    /// @param estate the estate, whose lines it closes
    /// @param marks the market's prices
    /// @param deficit attodollars that the estate lacks at these prices
    /// @return possible whether there are such prices
    function _tear(Estate memory estate, Marks memory marks, uint256 deficit) private returns (bool possible) {
        TornLine[] memory lines = new TornLine[](CLEARED_ASSETS);
        uint256[PROFILE_WORDS] memory profile = IClearingHouse(house).gate().profile().profileWords();
        TearUp memory torn;
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            if (estate.perp[u] == 0) continue;
            torn.assets |= uint16(1 << u);
            lines[u] = TornLine(int64(estate.perp[u]), uint64(marks.price[u]), TearUps.capOf(profile, u));
        }
        if (torn.assets == 0) return deficit == 0;
        TornPrices memory prices = TearUps.pricesOf(lines, deficit);
        if (!prices.possible) return false;
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            if (estate.perp[u] != 0) torn.netPrice[u] = int256(prices.prices[u]) - marks.funding[u];
        }
        _closeLines(estate, torn);
        _tearUps.push(torn);
        estate.tearUps = uint32(_tearUps.length);
        emit TornUp(estate.tearUps, torn.assets, torn.netPrice);
        return true;
    }

    /// Ends the market at these prices. An estate whose book is public has no claim: its owner is in default.
    /// @param marks the market's prices
    function _end(Marks memory marks) private {
        (endedAt, _endHeld) = (uint64(block.timestamp), IClearingHouse(house).held());
        _endMarks = marks;
        int256[CLEARED_ASSETS] memory netPrice;
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            netPrice[u] = int256(marks.price[u]) - marks.funding[u];
        }
        emit MarketEnded(marks.round, netPrice);
        IClearingHouse(house).closeMarket(true);
    }

    /// Counts the claim of a book at the end of the market.
    /// @param account the account
    /// @param estate its book
    function _prove(bytes32 account, Estate memory estate) private {
        (int256 value,) = _valueOf(estate.perp, _endMarks);
        value += estate.cash;
        if (value <= 0) revert EndClaimWrong(account);
        (_endClaimOf[account], _endClaims) = (uint256(value), _endClaims + uint256(value));
        emit EndClaimProven(account, uint256(value));
    }

    /// What an estate lacks.
    /// @param estate the estate
    /// @param value attodollars of its lines
    /// @return smallest units of the settlement token, rounded up
    function _deficit(Estate memory estate, int256 value) private view returns (uint256) {
        int256 equity = estate.cash + value;
        if (equity >= 0) return 0;
        return Math.ceilDiv(uint256(-equity), _unit());
    }

    /// Unix seconds, the last of an auction.
    /// @param estate the estate
    /// @return Unix seconds
    function _auctionEnd(Estate memory estate) private view returns (uint64) {
        return uint64(estate.revealedAt) + _terms.auctionPeriod;
    }

    /// The estate of an account whose default is not over, public or not.
    /// @param account the account
    /// @return its estate
    function _unsettled(bytes32 account) private view returns (Estate memory) {
        Stage stage = _stageOf(account);
        if (stage != Stage.Frozen && stage != Stage.Revealed) revert EstateStageWrong(account);
        return _estates[account];
    }

    /// The estate of an account whose book is public and whose default is not over.
    /// @param account the account
    /// @return estate its estate
    function _revealed(bytes32 account) private view returns (Estate memory estate) {
        estate = _estates[account];
        if (_stageOf(account) != Stage.Revealed || endedAt != 0) revert EstateStageWrong(account);
    }
}
