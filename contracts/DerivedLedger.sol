// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IDerivedLedger} from "./interfaces/IDerivedLedger.sol";
import {IMarketLedger} from "./interfaces/IMarketLedger.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {Bn254, Sum} from "./lib/Bn254.sol";
import {SignalTable} from "./lib/SignalTable.sol";
import {MarketLedger} from "./MarketLedger.sol";
import {RiskProfile} from "./RiskProfile.sol";
import {G1} from "./types/Groth16.sol";
import {PROFILE_WORDS} from "./types/ProfileWords.sol";
import {Round} from "./types/Round.sol";

/// A market under another profile; see IDerivedLedger. A round's point has prices and profile as separate sums:
///
///     folded(round) = base's folded(round) + Fold(other profile) − Fold(base's profile)
///
/// The base's point must be of its profile's newest epoch, whose Fold is taken off. It stores nothing, so that there is
/// nothing that could be stale.
contract DerivedLedger is IDerivedLedger {
    /// @inheritdoc IDerivedLedger
    IMarketLedger public immutable base;
    /// @inheritdoc IDerivedLedger
    IRiskProfile public immutable other;
    /// @inheritdoc IMarketLedger
    IRiskProfile public immutable baseProfile;
    /// @inheritdoc IRiskProfile
    uint256 public immutable listing;
    /// @inheritdoc IRiskProfile
    uint256 public immutable listed;

    /// @param base_ the ledger that takes the prices
    /// @param other_ the profile for this market: of the base's listing and signal table
    constructor(MarketLedger base_, RiskProfile other_) {
        RiskProfile own = RiskProfile(address(base_.profile()));
        if (base_.baseProfile() != own) revert BaseIsDerived(address(base_));
        if (other_ == own) revert ProfileIsBase(address(other_));
        if (other_.listing() != own.listing()) revert ListingMismatch(own.listing(), other_.listing());
        if (other_.listed() != own.listed()) revert SlotsMismatch(own.listed(), other_.listed());
        SignalTable table = base_.table();
        if (own.table() != table) revert TableMismatch(address(table), address(own.table()));
        if (other_.table() != table) revert TableMismatch(address(table), address(other_.table()));
        (base, other, baseProfile) = (base_, other_, own);
        (listing, listed) = (own.listing(), own.listed());
    }

    /// @inheritdoc IMarketLedger
    function poke() external returns (uint64) {
        if (other.isExpired()) other.expire();
        return base.poke();
    }

    /// @inheritdoc IRiskProfile
    function expire() external {
        other.expire();
    }

    /// @inheritdoc IMarketLedger
    function latestRound() external view returns (Round memory) {
        return _derived(base.latestRound());
    }

    /// @inheritdoc IMarketLedger
    function roundAt(uint64 number) external view returns (Round memory) {
        return _derived(base.roundAt(number));
    }

    /// @inheritdoc IMarketLedger
    function usableRound(uint64 number) external view returns (Round memory) {
        if (other.liveEpoch() == 0) revert RoundNotUsable(number);
        return _derived(base.usableRound(number));
    }

    /// @inheritdoc IMarketLedger
    function usable(uint64 number) external view returns (bool) {
        return other.liveEpoch() != 0 && base.usable(number);
    }

    /// @inheritdoc IMarketLedger
    function firstBeyond(uint64 from, uint128 limit) external view returns (bool found, Round memory round) {
        (found, round) = base.firstBeyond(from, limit);
        if (found) round = _derived(round);
    }

    /// @inheritdoc IMarketLedger
    function firstBeyondSleeve(uint64 from, uint128 limit) external view returns (bool found, Round memory round) {
        (found, round) = base.firstBeyondSleeve(from, limit);
        if (found) round = _derived(round);
    }

    /// @inheritdoc IMarketLedger
    function sleeveLimit(uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 number)
        external
        view
        returns (uint256)
    {
        return base.sleeveLimit(pricedAt, attestedAt, band, number);
    }

    /// @inheritdoc IMarketLedger
    function sleeveSlots() external view returns (uint16) {
        return base.sleeveSlots();
    }

    /// The base: one sleeve may serve in both markets, if their profiles have the same shocks.
    /// @inheritdoc IMarketLedger
    function origin() external view returns (address) {
        return base.origin();
    }

    /// @inheritdoc IMarketLedger
    function maxRoundAge() external view returns (uint64) {
        return base.maxRoundAge();
    }

    /// @inheritdoc IMarketLedger
    function provingWindow() external view returns (uint64) {
        return base.provingWindow();
    }

    /// @inheritdoc IMarketLedger
    function twapWindow() external view returns (uint64) {
        return base.twapWindow();
    }

    /// @inheritdoc IMarketLedger
    function liveSince() external view returns (uint64) {
        return base.liveSince();
    }

    /// @inheritdoc IMarketLedger
    function tradableSince() external view returns (uint64) {
        return base.tradableSince();
    }

    /// @inheritdoc IMarketLedger
    function oldestRound() external view returns (uint64) {
        return base.oldestRound();
    }

    /// @inheritdoc IMarketLedger
    function priceOf(uint256 slot) external view returns (uint64 low, uint64 high, int128 funding) {
        return base.priceOf(slot);
    }

    /// @inheritdoc IMarketLedger
    function quotesDigest(uint64 number) external view returns (bytes32) {
        return base.quotesDigest(number);
    }

    /// @inheritdoc IMarketLedger
    function profile() external view returns (IRiskProfile) {
        return this;
    }

    /// @inheritdoc IRiskProfile
    function liveEpoch() public view returns (uint64) {
        return baseProfile.paused() ? 0 : other.liveEpoch();
    }

    /// @inheritdoc IRiskProfile
    function isLive() external view returns (bool) {
        return liveEpoch() != 0;
    }

    /// Whether either profile is paused: rounds are of no use while the base's is.
    /// @inheritdoc IRiskProfile
    function paused() external view returns (bool) {
        return baseProfile.paused() || other.paused();
    }

    /// @inheritdoc IRiskProfile
    function isExpired() external view returns (bool) {
        return other.isExpired();
    }

    /// @inheritdoc IRiskProfile
    function expiresAt() external view returns (uint64) {
        return other.expiresAt();
    }

    /// When the later of the two profiles' last pauses ended.
    /// @inheritdoc IRiskProfile
    function resumedAt() external view returns (uint64) {
        (uint64 own, uint64 its) = (baseProfile.resumedAt(), other.resumedAt());
        return own > its ? own : its;
    }

    /// @inheritdoc IRiskProfile
    function epoch() external view returns (uint64) {
        return other.epoch();
    }

    /// @inheritdoc IRiskProfile
    function epochSince() external view returns (uint64) {
        return other.epochSince();
    }

    /// @inheritdoc IRiskProfile
    function shocksHash() external view returns (bytes32) {
        return other.shocksHash();
    }

    /// @inheritdoc IRiskProfile
    function shocksSince() external view returns (uint64) {
        return other.shocksSince();
    }

    /// @inheritdoc IRiskProfile
    function startOf(uint64 epoch_) external view returns (uint64) {
        return other.startOf(epoch_);
    }

    /// @inheritdoc IRiskProfile
    function tightenedAt() external view returns (uint64) {
        return other.tightenedAt();
    }

    /// @inheritdoc IRiskProfile
    function TIGHTENING_INTERVAL() external view returns (uint64) {
        return other.TIGHTENING_INTERVAL();
    }

    /// @inheritdoc IRiskProfile
    function TIGHTENING_STEP() external view returns (uint256) {
        return other.TIGHTENING_STEP();
    }

    /// @inheritdoc IRiskProfile
    function TIGHTENING_RATE_STEP() external view returns (uint256) {
        return other.TIGHTENING_RATE_STEP();
    }

    /// @inheritdoc IRiskProfile
    function profileWords() external view returns (uint256[PROFILE_WORDS] memory) {
        return other.profileWords();
    }

    /// @inheritdoc IRiskProfile
    function folded() external view returns (G1 memory) {
        return other.folded();
    }

    /// @inheritdoc IRiskProfile
    function bookMaxAge() external view returns (uint32) {
        return other.bookMaxAge();
    }

    /// Reverts: see GovernedElsewhere.
    /// @inheritdoc IRiskProfile
    function setProfile(uint256[PROFILE_WORDS] calldata, uint64, uint256[PROFILE_WORDS] calldata) external view {
        revert GovernedElsewhere(address(other));
    }

    /// Reverts: see GovernedElsewhere.
    /// @inheritdoc IRiskProfile
    function tighten(uint256[PROFILE_WORDS] calldata) external view {
        revert GovernedElsewhere(address(other));
    }

    /// Reverts: see GovernedElsewhere.
    /// @inheritdoc IRiskProfile
    function pause() external view {
        revert GovernedElsewhere(address(other));
    }

    /// Reverts: see GovernedElsewhere.
    /// @inheritdoc IRiskProfile
    function unpause() external view {
        revert GovernedElsewhere(address(other));
    }

    /// A round of the base as one of this market. Of an earlier epoch of the base's profile nobody knows the Fold any
    /// more. Such a round is not usable and has no point here; its time and odometer are as true as before.
    /// @param round the base's round
    /// @return the same round of this market
    function _derived(Round memory round) private view returns (Round memory) {
        Sum memory sum;
        if (round.epoch == baseProfile.epoch()) {
            (G1 memory added, G1 memory removed) = (other.folded(), baseProfile.folded());
            (sum.x, sum.y) = (round.folded.x, round.folded.y);
            Bn254.add(sum, added.x, added.y);
            Bn254.add(sum, removed.x, Bn254.negated(removed.y));
        }
        (round.epoch, round.folded) = (other.epoch(), G1(sum.x, sum.y));
        return round;
    }
}
