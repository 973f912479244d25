// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Spec} from "./generated/Spec.sol";
import {IFundingSource} from "./interfaces/IFundingSource.sol";
import {IMarketLedger} from "./interfaces/IMarketLedger.sol";
import {IMarketSources} from "./interfaces/IMarketSources.sol";
import {IPriceFeed} from "./interfaces/IPriceFeed.sol";
import {ISequencerGuard} from "./interfaces/ISequencerGuard.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {Sum} from "./lib/Bn254.sol";
import {ManyMul, Terms} from "./lib/ManyMul.sol";
import {SignalPoints, SignalTable} from "./lib/SignalTable.sol";
import {SourceCode} from "./lib/SourceCode.sol";
import {SpotSums, SpotSumsLib} from "./lib/SpotSums.sol";
import {G1} from "./types/Groth16.sol";
import {Quote, QuoteLib} from "./types/Quote.sol";
import {Round, RoundHead, RoundHeads} from "./types/Round.sol";

/// Reads the feeds, folds what they say into one curve point a round, and counts how far the market has moved.
///
/// Nobody can skip a move. The odometer counts from the last committed round, and a poke commits what the feeds say in
/// its block. Nobody can crowd rounds out. Two rounds of one epoch are at least `minInterval` apart, and the
/// observations of `twapWindow` always fit their ring.
///
/// Nobody can wear proofs out by poking often. The odometer adds up moves there and back. So within half the proving
/// window of the last round, the next needs a market that has moved by LEAST_MOVE. Suppose that prices walk at random
/// by 1 % an hour, and an adversary pokes whenever they can. The odometer then runs at most about 1.5 times as fast as
/// with one round each proving window (test/audit/replay/odometer.test.ts measures it). Where prices move by LEAST_MOVE
/// each `minInterval`, every one of these moves counts.
contract MarketLedger is IMarketLedger, IMarketSources, AccessManaged {
    using ManyMul for Terms;
    using SpotSumsLib for SpotSums;

    /// Rounds that the ring has room for.
    uint64 public constant ROUNDS = 2048;
    /// Rounds whose prices are kept for the average: 64.
    uint64 public constant OBSERVATIONS = SpotSumsLib.OBSERVATIONS;
    /// @inheritdoc IMarketSources
    uint256 public constant LEAST_MOVE = Spec.LEAST_MOVE;

    uint256 private constant HIGH_POINTS = (Spec.SIGNAL_HIGH - Spec.SIGNAL_LOW) * SignalPoints.POINT_BYTES;
    uint256 private constant FUNDING_POINTS = (Spec.SIGNAL_FUNDING - Spec.SIGNAL_LOW) * SignalPoints.POINT_BYTES;

    /// The ledger's times; see TimingInvalid for their bounds.
    struct Timing {
        /// Seconds that the time-weighted average reaches back.
        uint64 twapWindow;
        /// Least seconds between two rounds of one epoch.
        uint64 minInterval;
        /// Seconds in which a round may be proven against.
        uint64 provingWindow;
        /// Seconds after which the newest round is stale.
        uint64 maxRoundAge;
    }

    /// A round in the ring. Its head says which of the rounds that share its place it is.
    struct Stored {
        /// Number, time, epoch and odometer.
        RoundHead head;
        /// The folded point.
        G1 folded;
    }

    /// The IC points of the verification key that rounds are folded with.
    SignalTable public immutable table;
    /// @inheritdoc IMarketLedger
    IRiskProfile public immutable profile;
    /// Number of listed assets, 1 to 16: the profile's.
    uint256 public immutable listed;
    /// @inheritdoc IMarketLedger
    uint64 public immutable twapWindow;
    /// @inheritdoc IMarketSources
    uint64 public immutable minInterval;
    /// @inheritdoc IMarketLedger
    uint64 public immutable provingWindow;
    /// @inheritdoc IMarketLedger
    uint64 public immutable maxRoundAge;

    uint64 private _newest;
    /// The observation that the average reaches back to.
    uint64 private _anchor;
    /// @inheritdoc IMarketLedger
    uint64 public liveSince;
    /// See SourceCode.
    address private _sources;

    mapping(uint256 asset => Quote) private _quotes;
    Stored[ROUNDS] private _rounds;
    SpotSums private _sums;

    /// @param authority the access manager, which delays `setSources`
    /// @param table_ the IC points of the verification key
    /// @param profile_ the risk profile that rounds are folded with
    /// @param timing the ledger's times: the ring must keep what they need, and there must always be a round to prove
    /// against; see TimingInvalid
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero for none
    /// @param sequencerGuard the rollup's sequencer guard; zero for none
    constructor(
        address authority,
        SignalTable table_,
        IRiskProfile profile_,
        Timing memory timing,
        IPriceFeed[] memory feeds,
        IFundingSource fundingSource,
        ISequencerGuard sequencerGuard
    ) AccessManaged(authority) {
        if (
            timing.minInterval == 0 || timing.twapWindow > (OBSERVATIONS - 2) * timing.minInterval
                || timing.provingWindow > (ROUNDS - 2) * timing.minInterval || timing.provingWindow > timing.maxRoundAge
                || timing.minInterval > timing.provingWindow
        ) {
            revert TimingInvalid(timing.twapWindow, timing.minInterval, timing.provingWindow, timing.maxRoundAge);
        }
        (table, profile, listed) = (table_, profile_, profile_.listed());
        (twapWindow, minInterval) = (timing.twapWindow, timing.minInterval);
        (provingWindow, maxRoundAge) = (timing.provingWindow, timing.maxRoundAge);
        _setSources(feeds, fundingSource, sequencerGuard);
    }

    /// @inheritdoc IMarketLedger
    function poke() external returns (uint64 number) {
        if (profile.isExpired()) profile.expire();
        uint64 epoch = profile.epoch();
        uint64 last = _newest;
        Stored storage previous = _rounds[last % ROUNDS];
        RoundHead head = previous.head;
        (uint64 lastTime, bool sameEpoch) = (head.time(), last != 0 && head.epoch() == epoch);
        // A new epoch does not wait: nobody can prove anything until it has a round.
        if (sameEpoch && block.timestamp < lastTime + minInterval) {
            revert PokedTooSoon(lastTime + minInterval, block.timestamp);
        }
        number = last + 1;

        Quote[] memory before = _quotesNow();
        Quote[] memory next = _observe(before, number, lastTime);
        uint128 odometer = head.odometer();
        if (last != 0) {
            uint128 moved = _moved(before, next);
            uint64 free = lastTime + provingWindow / 2;
            if (sameEpoch && moved < LEAST_MOVE && block.timestamp < free) {
                revert MarketUnmoved(LEAST_MOVE, moved, free);
            }
            odometer += moved;
        }
        Sum memory folded = sameEpoch ? _sumOf(previous.folded) : _sumOf(profile.folded());
        _fold(folded, sameEpoch ? before : new Quote[](listed), next);

        _rounds[number % ROUNDS] =
            Stored(RoundHeads.pack(number, block.timestamp, epoch, odometer), G1(folded.x, folded.y));
        if (last == 0 || block.timestamp - lastTime > maxRoundAge) liveSince = uint64(block.timestamp);
        _newest = number;
        _store(before, next);
        _emitRound(number, epoch, odometer, folded, next);
    }

    /// @inheritdoc IMarketSources
    function setSources(IPriceFeed[] calldata feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
        external
        restricted
    {
        _setSources(feeds, fundingSource, sequencerGuard);
    }

    /// @inheritdoc IMarketLedger
    function latestRound() external view returns (Round memory) {
        if (_newest == 0) revert RoundUnknown(0);
        return _round(_newest);
    }

    /// @inheritdoc IMarketLedger
    function roundAt(uint64 number) external view returns (Round memory) {
        if (number == 0 || number > _newest) revert RoundUnknown(number);
        uint64 oldest = oldestRound();
        if (number < oldest) revert RoundTooOld(number, oldest);
        return _round(number);
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
    function baseProfile() external view returns (IRiskProfile) {
        return profile;
    }

    /// @inheritdoc IMarketLedger
    function tradableSince() external view returns (uint64 since) {
        since = liveSince;
        (,, ISequencerGuard sequencerGuard) = sources();
        if (address(sequencerGuard) == address(0)) return since;
        uint64 upSince = uint64(sequencerGuard.check());
        if (upSince > since) since = upSince;
    }

    /// @inheritdoc IMarketLedger
    function oldestRound() public view returns (uint64) {
        uint64 newest = _newest;
        if (newest == 0) return 0;
        return newest < ROUNDS ? 1 : newest - ROUNDS + 1;
    }

    /// @inheritdoc IMarketLedger
    function firstBeyond(uint64 from, uint128 limit) external view returns (bool found, Round memory round) {
        (uint64 low, uint64 high) = (oldestRound(), _newest + 1);
        if (from >= low) low = from + 1;
        uint64 end = high;
        // The odometer never falls, so halving finds the first.
        while (low < high) {
            uint64 middle = low + (high - low) / 2;
            if (_rounds[middle % ROUNDS].head.odometer() > limit) high = middle;
            else low = middle + 1;
        }
        found = low < end && low != 0;
        if (found) round = _round(low);
    }

    /// @inheritdoc IMarketLedger
    function priceOf(uint256 slot) external view returns (uint64 low, uint64 high, int128 funding) {
        Quote quote = _quotes[slot];
        return (uint64(quote.low()), uint64(quote.high()), int128(quote.funding()));
    }

    /// @inheritdoc IMarketSources
    function sources()
        public
        view
        returns (IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
    {
        return SourceCode.read(_sources, listed);
    }

    /// Stores where prices come from from now on.
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero for none
    /// @param sequencerGuard the rollup's sequencer guard; zero for none
    function _setSources(IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
        private
    {
        if (feeds.length != listed) revert FeedsMismatch(listed, feeds.length);
        _sources = SourceCode.write(feeds, fundingSource, sequencerGuard);
        emit SourcesChanged(feeds, fundingSource, sequencerGuard);
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
        (round.number, round.time, round.epoch, round.odometer) =
        (head.number(), head.time(), head.epoch(), head.odometer());
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

    /// A sum to add points to.
    /// @param point what it starts from
    /// @return sum the sum
    function _sumOf(G1 memory point) private pure returns (Sum memory sum) {
        (sum.x, sum.y) = (point.x, point.y);
    }

    /// The quotes of the newest round.
    /// @return quotes one for each listed asset; zeros before the first round
    function _quotesNow() private view returns (Quote[] memory quotes) {
        quotes = new Quote[](listed);
        for (uint256 u = 0; u < quotes.length; ++u) {
            quotes[u] = _quotes[u];
        }
    }

    /// Stores the quotes that have changed.
    /// @param before the quotes of the last round, one for each listed asset
    /// @param next the quotes of the round that is being committed
    function _store(Quote[] memory before, Quote[] memory next) private {
        for (uint256 u = 0; u < next.length; ++u) {
            if (Quote.unwrap(next[u]) != Quote.unwrap(before[u])) _quotes[u] = next[u];
        }
    }

    /// Reads every source, and stores the observation of round `number`. A quote's low is the lesser of the average and
    /// of spot − confidence. Its high is the greater of the average and of spot + confidence. The confidence widens the
    /// spot price alone: it is what the feed doubts. An average far from a doubtful price must not stop the market.
    /// @param before the quotes of the last round, one for each listed asset
    /// @param number number of the round that is being committed
    /// @param lastTime Unix seconds of the last round; 0 if there was none
    /// @return next one quote for each listed asset
    function _observe(Quote[] memory before, uint64 number, uint64 lastTime) private returns (Quote[] memory next) {
        (IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard) = sources();
        if (address(sequencerGuard) != address(0)) sequencerGuard.check();
        int128[] memory funding =
            address(fundingSource) == address(0) ? new int128[](feeds.length) : fundingSource.read();
        if (funding.length != feeds.length) revert FundingMismatch(feeds.length, funding.length);

        uint64 anchor = _advanceAnchor(number);
        uint256 span = number == 1 ? 0 : block.timestamp - _rounds[anchor % ROUNDS].head.time();
        uint256[] memory areas = _sums.accumulate(before, number, anchor, block.timestamp - lastTime);
        next = new Quote[](feeds.length);
        for (uint256 u = 0; u < feeds.length; ++u) {
            next[u] = _quote(feeds[u], areas[u], span, funding[u], u);
        }
    }

    /// One asset's quote: spot, and the band around it and the average.
    /// @param feed the asset's price feed
    /// @param area Σ spot · seconds over the `span` seconds of the average
    /// @param span seconds of the average; there is none if that is 0
    /// @param funding cumulative funding, attodollars per quantum
    /// @param asset the asset's slot in the listing
    /// @return the quote
    function _quote(IPriceFeed feed, uint256 area, uint256 span, int256 funding, uint256 asset)
        private
        view
        returns (Quote)
    {
        (uint64 spot, uint64 confidence,) = feed.read();
        // Nothing here can overflow: the area has at most 128 bits, spot and confidence have 64.
        unchecked {
            (uint256 low, uint256 high) = (uint256(spot) - confidence, uint256(spot) + confidence);
            if (spot <= confidence || high > type(uint64).max) revert PriceTooUncertain(asset, spot, confidence);
            if (span != 0) {
                uint256 average = area / span;
                if (average < low) low = average;
                if (average * span != area) ++average;
                if (average > high) high = average;
            }
            if (funding > type(int64).max || funding < -type(int64).max) revert FundingOutOfBounds(asset, funding);
            return QuoteLib.pack(low, high, spot, funding);
        }
    }

    /// Moves the anchor to the youngest observation that is at least `twapWindow` old, or the oldest there is.
    /// @param number number of the round that is being committed
    /// @return anchor number of the round that the average reaches back to
    function _advanceAnchor(uint64 number) private returns (uint64 anchor) {
        uint64 stored = _anchor;
        anchor = stored == 0 ? 1 : stored;
        // Only epochs that follow each other faster than minInterval let rounds outrun the ring.
        if (anchor + OBSERVATIONS <= number) anchor = number - OBSERVATIONS + 1;
        while (anchor + 1 < number && _rounds[(anchor + 1) % ROUNDS].head.time() + twapWindow <= block.timestamp) {
            ++anchor;
        }
        if (anchor != stored) _anchor = anchor;
    }

    /// The greatest move of any asset.
    /// @param before the quotes of the last round, one for each listed asset
    /// @param next the quotes of the round that is being committed
    /// @return units of 10^-8
    function _moved(Quote[] memory before, Quote[] memory next) private pure returns (uint128) {
        uint256 most;
        for (uint256 u = 0; u < next.length; ++u) {
            uint256 moved = before[u].moved(next[u]);
            if (moved > most) most = moved;
        }
        return uint128(most);
    }

    /// sum += Σ (next − before) · IC over low, high and funding; a signal that stayed costs nothing.
    /// @param sum the folded point; all signals of `before` are in it
    /// @param before the quotes of the last round, one for each listed asset
    /// @param next the quotes of the round that is being committed
    function _fold(Sum memory sum, Quote[] memory before, Quote[] memory next) private view {
        // Low, high and funding follow each other.
        uint256 low = SignalPoints.load(address(table), Spec.SIGNAL_LOW + 1, 3 * Spec.ASSETS);
        Terms memory terms = ManyMul.newTerms(3 * next.length);
        // By kind, as the changes of one kind are of like size. No difference of 64-bit numbers can overflow.
        unchecked {
            for (uint256 u = 0; u < next.length; ++u) {
                terms.push(low + u * SignalPoints.POINT_BYTES, int256(next[u].low()) - int256(before[u].low()));
            }
            uint256 high = low + HIGH_POINTS;
            for (uint256 u = 0; u < next.length; ++u) {
                terms.push(high + u * SignalPoints.POINT_BYTES, int256(next[u].high()) - int256(before[u].high()));
            }
            uint256 funding = low + FUNDING_POINTS;
            for (uint256 u = 0; u < next.length; ++u) {
                terms.push(funding + u * SignalPoints.POINT_BYTES, next[u].funding() - before[u].funding());
            }
        }
        terms.addTo(sum);
    }

    /// Emits all that an auditor needs to fold the round again.
    /// @param number number of the round that is being committed
    /// @param epoch epoch of the risk profile
    /// @param odometer odometer reading, units of 10^-8
    /// @param folded the folded point
    /// @param quotes the quotes of the round
    function _emitRound(uint64 number, uint64 epoch, uint128 odometer, Sum memory folded, Quote[] memory quotes)
        private
    {
        uint64[] memory low = new uint64[](quotes.length);
        uint64[] memory high = new uint64[](quotes.length);
        int128[] memory funding = new int128[](quotes.length);
        for (uint256 u = 0; u < quotes.length; ++u) {
            (low[u], high[u]) = (uint64(quotes[u].low()), uint64(quotes[u].high()));
            funding[u] = int128(quotes[u].funding());
        }
        emit RoundCommitted(number, epoch, uint64(block.timestamp), odometer, folded.x, folded.y, low, high, funding);
    }
}
