// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {G1} from "../types/Groth16.sol";
import {HealthWords} from "../types/HealthWord.sol";
import {Round, RoundHead} from "../types/Round.sol";

/// The ring of committed rounds: which may be proven against, and when the market left an envelope or a band; see
/// IMarketLedger.
abstract contract RoundRing is IMarketLedger {
    /// Rounds that the ring has room for.
    uint64 public constant ROUNDS = 2048;

    /// A round in the ring. Its head says which of the rounds that share its place it is.
    struct Stored {
        /// Number, time, epoch and both odometers.
        RoundHead head;
        /// The folded point.
        G1 folded;
        /// What the round's quotes hash to: see `quotesDigest`.
        bytes32 quotesDigest;
    }

    /// @inheritdoc IMarketLedger
    IRiskProfile public immutable profile;
    /// @inheritdoc IMarketLedger
    uint64 public immutable provingWindow;
    /// @inheritdoc IMarketLedger
    uint64 public immutable maxRoundAge;

    /// Number of the newest round; 0 before the first.
    uint64 internal _newest;
    /// @inheritdoc IMarketLedger
    uint64 public liveSince;
    Stored[ROUNDS] internal _rounds;

    /// @param profile_ the risk profile that rounds are folded with
    /// @param provingWindow_ seconds in which a round may be proven against
    /// @param maxRoundAge_ seconds after which the newest round is stale
    constructor(IRiskProfile profile_, uint64 provingWindow_, uint64 maxRoundAge_) {
        (profile, provingWindow, maxRoundAge) = (profile_, provingWindow_, maxRoundAge_);
    }

    /// @inheritdoc IMarketLedger
    function latestRound() external view returns (Round memory) {
        if (_newest == 0) revert RoundUnknown(0);
        return _round(_newest);
    }

    /// @inheritdoc IMarketLedger
    function roundAt(uint64 number) external view returns (Round memory) {
        _requireInRing(number);
        return _round(number);
    }

    /// @inheritdoc IMarketLedger
    function quotesDigest(uint64 number) external view returns (bytes32) {
        _requireInRing(number);
        return _rounds[number % ROUNDS].quotesDigest;
    }

    /// @inheritdoc IMarketLedger
    function usableRound(uint64 number) external view returns (Round memory round) {
        Stored storage stored = _rounds[number % ROUNDS];
        RoundHead head = stored.head;
        if (!_isUsable(number, head)) revert RoundNotUsable(number);
        _unpack(round, head, stored);
    }

    /// @inheritdoc IMarketLedger
    function usable(uint64 number) external view returns (bool) {
        return _isUsable(number, _rounds[number % ROUNDS].head);
    }

    /// @inheritdoc IMarketLedger
    function oldestRound() public view returns (uint64) {
        uint64 newest = _newest;
        if (newest == 0) return 0;
        return newest < ROUNDS ? 1 : newest - ROUNDS + 1;
    }

    /// @inheritdoc IMarketLedger
    function firstBeyond(uint64 from, uint128 limit) external view returns (bool found, Round memory round) {
        return _firstBeyond(from, limit, false);
    }

    /// @inheritdoc IMarketLedger
    function firstBeyondSleeve(uint64 from, uint128 limit) external view returns (bool found, Round memory round) {
        return _firstBeyond(from, limit, true);
    }

    /// @inheritdoc IMarketLedger
    function sleeveLimit(uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 number)
        external
        view
        returns (uint256)
    {
        _requireInRing(pricedAt);
        _requireInRing(number);
        RoundHead priced = _rounds[pricedAt % ROUNDS].head;
        uint64 time = priced.time();
        if (time > attestedAt || time + provingWindow < attestedAt) {
            revert SleevePricedOutOfWindow(attestedAt - provingWindow, attestedAt, time);
        }
        uint256 allowance = HealthWords.allowance(band);
        (uint256 from, uint256 to) = (priced.sleeveOdometer(), _rounds[number % ROUNDS].head.sleeveOdometer());
        uint256 moved = from < to ? to - from : from - to;
        if (moved > allowance) revert SleeveBandLeft(allowance, moved);
        return from + allowance;
    }

    /// @inheritdoc IMarketLedger
    function origin() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IMarketLedger
    function baseProfile() external view returns (IRiskProfile) {
        return profile;
    }

    /// The oldest round in the ring at which an odometer reads more than `limit`.
    /// @param from only rounds numbered above this count
    /// @param limit reading, units of 10^-8
    /// @param ofSleeves whether it is the sleeve odometer
    /// @return found whether the ring has such a round
    /// @return round the round; all zero if there is none
    function _firstBeyond(uint64 from, uint128 limit, bool ofSleeves)
        private
        view
        returns (bool found, Round memory round)
    {
        (uint64 low, uint64 high) = (oldestRound(), _newest + 1);
        if (from >= low) low = from + 1;
        uint64 end = high;
        // No odometer ever falls, so halving finds the first.
        while (low < high) {
            uint64 middle = low + (high - low) / 2;
            RoundHead head = _rounds[middle % ROUNDS].head;
            if ((ofSleeves ? head.sleeveOdometer() : head.odometer()) > limit) high = middle;
            else low = middle + 1;
        }
        found = low < end && low != 0;
        if (found) round = _round(low);
    }

    /// Reverts unless the ring has a round.
    /// @param number number of the round
    function _requireInRing(uint64 number) private view {
        if (number == 0 || number > _newest) revert RoundUnknown(number);
        uint64 oldest = oldestRound();
        if (number < oldest) revert RoundTooOld(number, oldest);
    }

    /// Reads a round that the ring has.
    /// @param number number of the round
    /// @return round the round
    function _round(uint64 number) private view returns (Round memory round) {
        Stored storage stored = _rounds[number % ROUNDS];
        _unpack(round, stored.head, stored);
    }

    /// Fills in a round from the ring.
    /// @param round the round to fill in
    /// @param head its head
    /// @param stored its place in the ring
    function _unpack(Round memory round, RoundHead head, Stored storage stored) private view {
        (round.number, round.time, round.epoch) = (head.number(), head.time(), head.epoch());
        (round.odometer, round.sleeveOdometer) = (head.odometer(), head.sleeveOdometer());
        (round.folded.x, round.folded.y) = (stored.folded.x, stored.folded.y);
    }

    /// Whether a round may be proven against now. A round's epoch is never 0, so none matches a profile that is not
    /// live. A time ahead of the block would wrap to a great age.
    /// @param number number of the round
    /// @param head the head at its place in the ring
    /// @return whether it may
    function _isUsable(uint64 number, RoundHead head) private view returns (bool) {
        unchecked {
            return number != 0 && head.number() == number && block.timestamp - head.time() <= provingWindow
                && head.epoch() == profile.liveEpoch();
        }
    }
}
