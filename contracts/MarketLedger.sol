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
import {RoundRing} from "./ledger/RoundRing.sol";
import {Sum} from "./lib/Bn254.sol";
import {ManyMul, Terms} from "./lib/ManyMul.sol";
import {SignalPoints, SignalTable} from "./lib/SignalTable.sol";
import {SourceCode} from "./lib/SourceCode.sol";
import {SpotSums, SpotSumsLib} from "./lib/SpotSums.sol";
import {G1} from "./types/Groth16.sol";
import {Quote, QuoteLib} from "./types/Quote.sol";
import {RoundHead, RoundHeads} from "./types/Round.sol";

/// Reads the feeds, folds what they say into one curve point a round, and counts how far the market has moved.
///
/// Nobody can skip a move. The odometer counts from the last committed round, and a poke commits what the feeds say in
/// its block. Nobody can crowd rounds out. Two rounds of one epoch are at least `minInterval` apart, and the
/// observations of `twapWindow` always fit their ring.
///
/// A second odometer counts for sleeves, over the slots of `sleeveSlots` alone: otherwise any of sixteen assets would use
/// up the narrow band of an option on one.
///
/// Nobody can wear proofs out by poking often. The odometer adds up moves there and back. So within half the proving
/// window of the last round, the next needs a market that has moved by LEAST_MOVE. Suppose that prices walk at random
/// by 1 % an hour, and an adversary pokes whenever they can. The odometer then runs at most about 1.5 times as fast as
/// with one round each proving window (test/audit/replay/odometer.test.ts measures it). Where prices move by LEAST_MOVE
/// each `minInterval`, every one of these moves counts.
contract MarketLedger is AccessManaged, RoundRing, IMarketSources {
    using ManyMul for Terms;
    using SpotSumsLib for SpotSums;

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

    /// The IC points of the verification key that rounds are folded with.
    SignalTable public immutable table;
    /// Number of listed assets, 1 to 16: the profile's.
    uint256 public immutable listed;
    /// @inheritdoc IMarketLedger
    uint16 public immutable sleeveSlots;
    /// @inheritdoc IMarketLedger
    uint64 public immutable twapWindow;
    /// @inheritdoc IMarketSources
    uint64 public immutable minInterval;

    /// The observation that the average reaches back to.
    uint64 private _anchor;
    /// See SourceCode.
    address private _sources;

    mapping(uint256 asset => Quote) private _quotes;
    SpotSums private _sums;

    /// @param authority the access manager, which delays `setSources`
    /// @param table_ the IC points of the verification key
    /// @param profile_ the risk profile that rounds are folded with
    /// @param timing the ledger's times: the ring must keep what they need, and there must always be a round to prove
    /// against; see TimingInvalid
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero for none
    /// @param sequencerGuard the rollup's sequencer guard; zero for none
    /// @param sleeveSlots_ the slots that may carry sleeves, bit u for slot u, all of them listed; 0 for none
    constructor(
        address authority,
        SignalTable table_,
        IRiskProfile profile_,
        Timing memory timing,
        IPriceFeed[] memory feeds,
        IFundingSource fundingSource,
        ISequencerGuard sequencerGuard,
        uint16 sleeveSlots_
    ) AccessManaged(authority) RoundRing(profile_, timing.provingWindow, timing.maxRoundAge) {
        if (
            timing.minInterval == 0 || timing.twapWindow > (OBSERVATIONS - 2) * timing.minInterval
                || timing.provingWindow > (ROUNDS - 2) * timing.minInterval || timing.provingWindow > timing.maxRoundAge
                || timing.minInterval > timing.provingWindow
        ) {
            revert TimingInvalid(timing.twapWindow, timing.minInterval, timing.provingWindow, timing.maxRoundAge);
        }
        (table, listed) = (table_, profile_.listed());
        (twapWindow, minInterval) = (timing.twapWindow, timing.minInterval);
        if (sleeveSlots_ >> listed != 0) revert SleeveSlotsUnlisted(listed, sleeveSlots_);
        sleeveSlots = sleeveSlots_;
        _setSources(feeds, fundingSource, sequencerGuard);
    }

    /// @inheritdoc IMarketLedger
    function poke() external returns (uint64 number) {
        if (profile.isExpired()) profile.expire();
        uint64 epoch = profile.epoch();
        Stored storage previous = _rounds[_newest % ROUNDS];
        // All zero before the first round.
        RoundHead last = previous.head;
        uint64 lastTime = last.time();
        bool sameEpoch = last.epoch() == epoch;
        // A new epoch does not wait: nobody can prove anything until it has a round.
        if (sameEpoch && block.timestamp < lastTime + minInterval) {
            revert PokedTooSoon(lastTime + minInterval, block.timestamp);
        }
        number = last.number() + 1;

        Quote[] memory before = _quotesNow();
        Quote[] memory next = _readSources(before, number, lastTime);
        RoundHead head = _advance(last, epoch, before, next);
        Sum memory folded = sameEpoch ? _sumOf(previous.folded) : _sumOf(profile.folded());
        _fold(folded, sameEpoch ? before : new Quote[](listed), next);

        _rounds[number % ROUNDS] = Stored(head, G1(folded.x, folded.y), QuoteLib.digest(next));
        if (number == 1 || block.timestamp - lastTime > maxRoundAge) liveSince = uint64(block.timestamp);
        _newest = number;
        _store(before, next);
        _emitRound(head, folded, next);
    }

    /// @inheritdoc IMarketSources
    function setSources(IPriceFeed[] calldata feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
        external
        restricted
    {
        _setSources(feeds, fundingSource, sequencerGuard);
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
    function _readSources(Quote[] memory before, uint64 number, uint64 lastTime) private returns (Quote[] memory next) {
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

    /// The head of the next round. Reverts if the market has not moved enough for a round so early.
    /// @param last the head of the newest round; all zero before the first
    /// @param epoch epoch of the risk profile
    /// @param before the quotes of the last round, one for each listed asset
    /// @param next the quotes of the round that is being committed
    /// @return the head
    function _advance(RoundHead last, uint64 epoch, Quote[] memory before, Quote[] memory next)
        private
        view
        returns (RoundHead)
    {
        (uint256 odometer, uint256 sleeveOdometer) = (last.odometer(), last.sleeveOdometer());
        if (last.number() != 0) {
            (uint256 moved, uint256 sleeveMoved) = _moved(before, next);
            uint64 free = last.time() + provingWindow / 2;
            if (last.epoch() == epoch && moved < LEAST_MOVE && block.timestamp < free) {
                revert MarketUnmoved(LEAST_MOVE, moved, free);
            }
            (odometer, sleeveOdometer) = (odometer + moved, sleeveOdometer + sleeveMoved);
        }
        return RoundHeads.pack(last.number() + 1, block.timestamp, epoch, odometer, sleeveOdometer);
    }

    /// The greatest move of any asset, and of any that may carry sleeves, whose funding counts more.
    /// @param before the quotes of the last round, one for each listed asset
    /// @param next the quotes of the round that is being committed
    /// @return most greatest move of any asset, units of 10^-8
    /// @return mostOfSleeves greatest move of the assets that may carry sleeves, units of 10^-8; 0 if there are none
    function _moved(Quote[] memory before, Quote[] memory next)
        private
        view
        returns (uint256 most, uint256 mostOfSleeves)
    {
        uint256 slots = sleeveSlots;
        // Nothing here can overflow: a move has less than 92 bits, and the weight four.
        unchecked {
            for (uint256 u = 0; u < next.length; ++u) {
                (uint256 move, uint256 drift) = before[u].moved(next[u]);
                if (move + drift > most) most = move + drift;
                if ((slots >> u) & 1 == 0) continue;
                move += drift * Spec.SLEEVE_FUNDING_WEIGHT;
                if (move > mostOfSleeves) mostOfSleeves = move;
            }
        }
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
    /// @param head the round's head
    /// @param folded the folded point
    /// @param quotes the quotes of the round
    function _emitRound(RoundHead head, Sum memory folded, Quote[] memory quotes) private {
        uint64[] memory low = new uint64[](quotes.length);
        uint64[] memory high = new uint64[](quotes.length);
        int128[] memory funding = new int128[](quotes.length);
        for (uint256 u = 0; u < quotes.length; ++u) {
            (low[u], high[u]) = (uint64(quotes[u].low()), uint64(quotes[u].high()));
            funding[u] = int128(quotes[u].funding());
        }
        emit RoundCommitted(
            head.number(),
            head.epoch(),
            head.time(),
            head.odometer(),
            head.sleeveOdometer(),
            folded.x,
            folded.y,
            low,
            high,
            funding
        );
    }
}
