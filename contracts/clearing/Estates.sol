// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Spec} from "../generated/Spec.sol";
import {IClearingDefaults} from "../interfaces/IClearingDefaults.sol";
import {IClearingHouse} from "../interfaces/IClearingHouse.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {DefaultTerms, Estate} from "../types/Estate.sol";
import {Proof} from "../types/Groth16.sol";
import {Round} from "../types/Round.sol";
import {CLEARED_ASSETS, Stage, TearUp} from "../types/Transition.sol";
import {TransitionWords} from "./TransitionWords.sol";

/// Estates of accounts in default: what they are worth, what they cost, and which tear-ups they have applied; see
/// IClearingDefaults.
abstract contract Estates is IClearingDefaults {
    /// The market's prices now.
    struct Marks {
        /// Number of the round.
        uint64 round;
        /// Attodollars a quantum: the middle of low and high, rounded down; 0 for an asset that is not listed.
        uint256[CLEARED_ASSETS] price;
        /// Cumulative funding, attodollars a quantum.
        int256[CLEARED_ASSETS] funding;
    }

    uint32 private constant LONGEST_PERIOD = 30 days;

    /// @inheritdoc IClearingDefaults
    address public immutable house;

    DefaultTerms internal _terms;
    mapping(bytes32 account => Estate) internal _estates;
    TearUp[] internal _tearUps;
    /// Attodollars that the fund can pay for estates whose losses it was not asked for yet.
    uint256 internal _promised;

    /// @param house_ the house, which need not exist yet
    /// @param terms_ the times and prices of its defaults
    constructor(address house_, DefaultTerms memory terms_) {
        house = house_;
        _terms = terms_;
        _checkTerm("reveal", 1, LONGEST_PERIOD, terms_.revealPeriod);
        _checkTerm("auction", 1, LONGEST_PERIOD, terms_.auctionPeriod);
        _checkTerm("settle", 1, LONGEST_PERIOD, terms_.settlePeriod);
        _checkTerm("close", 1, LONGEST_PERIOD, terms_.closePeriod);
        _checkTerm("claim", 1, LONGEST_PERIOD, terms_.claimPeriod);
        _checkTerm("premium", 0, Spec.BPS, terms_.premium);
        _checkTerm("discount", 0, Spec.BPS, terms_.discount);
    }

    /// @inheritdoc IClearingDefaults
    function priceOf(bytes32 account, uint256 parts) external view returns (int256) {
        Estate memory estate = _estates[account];
        _applyTearUps(estate);
        return _priceOf(estate, parts, _marks());
    }

    /// @inheritdoc IClearingDefaults
    function sharesOf(bytes32 account, uint256 parts) external view returns (int256[CLEARED_ASSETS] memory) {
        Estate memory estate = _estates[account];
        _applyTearUps(estate);
        return _sharesOf(estate, parts);
    }

    /// @inheritdoc IClearingDefaults
    function estateOf(bytes32 account) external view returns (Estate memory) {
        return _estates[account];
    }

    /// @inheritdoc IClearingDefaults
    function terms() external view returns (DefaultTerms memory) {
        return _terms;
    }

    /// @inheritdoc IClearingDefaults
    function longest() external view returns (uint64) {
        return uint64(_terms.revealPeriod) + _terms.auctionPeriod + _terms.settlePeriod;
    }

    /// @inheritdoc IClearingDefaults
    function tearUps() external view returns (uint32) {
        return uint32(_tearUps.length);
    }

    /// @inheritdoc IClearingDefaults
    function tearUpAt(uint32 number) external view returns (TearUp memory) {
        return _tearUps[number - 1];
    }

    /// @inheritdoc IClearingDefaults
    function pendingTearUp(uint32 applied) public view returns (TearUp memory found) {
        for (uint256 i = applied; i < _tearUps.length; ++i) {
            TearUp storage one = _tearUps[i];
            uint256 fresh = one.assets & ~found.assets;
            for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
                if ((fresh >> u) & 1 == 1) found.netPrice[u] = one.netPrice[u];
            }
            found.assets |= uint16(fresh);
        }
    }

    /// Reverts unless the proof shows that a commitment opens to this book.
    /// @param account the account
    /// @param sequence sequence of the book
    /// @param commitment commitment to the book
    /// @param basis attodollars
    /// @param perp quanta of each asset
    /// @param hash what the words hash to
    /// @param proof the proof of RevealBook
    function _verifyReveal(
        bytes32 account,
        uint64 sequence,
        uint256 commitment,
        int256 basis,
        int256[CLEARED_ASSETS] calldata perp,
        uint256 hash,
        Proof calldata proof
    ) internal view {
        IClearingHouse of_ = IClearingHouse(house);
        uint256 listing = of_.gate().profile().listing();
        uint256[] memory words =
            TransitionWords.ofReveal(of_.placeOf(account), sequence, commitment, listing, basis, perp);
        of_.reveals().verify(hash, words, proof);
    }

    /// Closes the lines of an estate that were torn up since it last applied any.
    /// @param estate the estate
    function _applyTearUps(Estate memory estate) internal view {
        TearUp memory torn = pendingTearUp(estate.tearUps);
        estate.tearUps = uint32(_tearUps.length);
        if (torn.assets != 0) _closeLines(estate, torn);
    }

    /// Closes lines of an estate.
    /// @param estate the estate
    /// @param torn the lines and their prices
    function _closeLines(Estate memory estate, TearUp memory torn) internal pure {
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            if ((torn.assets >> u) & 1 == 0) continue;
            estate.cash += estate.perp[u] * torn.netPrice[u];
            (estate.perp[u], estate.lot[u]) = (0, 0);
        }
    }

    /// The newest round's prices. Reverts if it is stale.
    /// @return marks the prices
    function _marks() internal view returns (Marks memory marks) {
        IMarketLedger ledger = IClearingHouse(house).ledger();
        Round memory latest = ledger.latestRound();
        if (block.timestamp > latest.time + ledger.maxRoundAge()) revert RoundStale(latest.time);
        marks.round = latest.number;
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            (uint64 low, uint64 high, int128 funding) = ledger.priceOf(u);
            (marks.price[u], marks.funding[u]) = ((uint256(low) + high) / 2, funding);
        }
    }

    /// What quanta are worth, net of funding, and without a sign.
    /// @param perp quanta of each asset
    /// @param marks the market's prices
    /// @return value attodollars
    /// @return gross attodollars, each line's amount at its price
    function _valueOf(int256[CLEARED_ASSETS] memory perp, Marks memory marks)
        internal
        pure
        returns (int256 value, uint256 gross)
    {
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            int256 price = int256(marks.price[u]);
            value += perp[u] * (price - marks.funding[u]);
            int256 line = perp[u] * price;
            gross += uint256(line < 0 ? -line : line);
        }
    }

    /// The price of parts of an estate: linear from above the value of its lines to the floor. The floor is what a buyer can
    /// be paid at most: a discount on the lines, and never more than the estate's cash and what the fund can pay.
    /// @param estate the estate, with all tear-ups applied
    /// @param parts hundredths, at most what is left
    /// @param marks the market's prices
    /// @return attodollars, rounded up
    function _priceOf(Estate memory estate, uint256 parts, Marks memory marks) internal view returns (int256) {
        if (parts == 0 || parts > estate.left) revert PartsOutOfRange(estate.left, parts);
        (int256 value, uint256 gross) = _valueOf(estate.perp, marks);
        int256 first = value + int256(gross * _terms.premium / Spec.BPS);
        int256 last = value - int256(gross * _terms.discount / Spec.BPS);
        int256 payable_ = -(estate.cash + int256(estate.funded));
        if (last < payable_) last = payable_;
        uint256 elapsed = Math.min(block.timestamp - estate.revealedAt, _terms.auctionPeriod);
        int256 whole = first > last ? first - (first - last) * int256(elapsed) / int256(uint256(_terms.auctionPeriod)) : last;
        int256 share = whole * int256(parts);
        int256 left = int256(uint256(estate.left));
        return share > 0 ? (share + left - 1) / left : share / left;
    }

    /// Quanta of parts of an estate. The buyer of the last part takes the remainder.
    /// @param estate the estate, with all tear-ups applied
    /// @param parts hundredths, at most what is left
    /// @return perp quanta of each asset
    function _sharesOf(Estate memory estate, uint256 parts) internal pure returns (int256[CLEARED_ASSETS] memory perp) {
        // A copy in either case: the caller takes them off the estate.
        bool all = parts == estate.left;
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            perp[u] = all ? estate.perp[u] : estate.lot[u] * int256(parts);
        }
    }

    /// What the fund can pay for an estate: its capital, and the contributions that are liable for this default. What a
    /// member pays in later is not.
    /// @param account the account in default
    /// @return attodollars
    function _fundable(bytes32 account) internal view returns (uint256) {
        IDefaultFund fund = _fund();
        uint256 held = fund.capital();
        address[] memory members = fund.members();
        for (uint256 i = 0; i < members.length; ++i) {
            held += fund.liableOf(account, members[i]);
        }
        return Math.saturatingSub(held * _unit(), _promised);
    }

    /// The house's fund.
    /// @return the fund
    function _fund() internal view returns (IDefaultFund) {
        return IClearingHouse(house).fund();
    }

    /// Attodollars of one smallest unit of the settlement token.
    /// @return their number
    function _unit() internal view returns (uint256) {
        return IClearingHouse(house).unit();
    }

    /// How far an account has come.
    /// @param account the account
    /// @return the stage
    function _stageOf(bytes32 account) internal view returns (Stage) {
        return IClearingHouse(house).stageOf(account);
    }

    /// Reverts unless a term is in its bounds.
    /// @param what its name
    /// @param least the least
    /// @param most the most
    /// @param got what was given
    function _checkTerm(bytes32 what, uint256 least, uint256 most, uint256 got) private pure {
        if (got < least || got > most) revert DefaultTermOutOfRange(what, least, most, got);
    }
}
