// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IFundingSource} from "./IFundingSource.sol";
import {IPriceFeed} from "./IPriceFeed.sol";
import {ISequencerGuard} from "./ISequencerGuard.sol";

/// Where a market ledger's prices come from, and how often it takes them.
interface IMarketSources {
    /// The ledger takes its prices from other sources from now on.
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero if there is none
    /// @param sequencerGuard the rollup's sequencer guard; zero if there is none
    event SourcesChanged(IPriceFeed[] feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard);

    /// The last round of this epoch is younger than `minInterval`.
    /// @param earliest Unix seconds from which on the next round may be committed
    /// @param time Unix seconds of the block
    error PokedTooSoon(uint256 earliest, uint256 time);
    /// The market has moved by less since the last round than a round before `earliest` needs.
    /// @param least least move, units of 10^-8: `LEAST_MOVE`
    /// @param got the market's move since the last round, units of 10^-8
    /// @param earliest Unix seconds from which on a round needs no move
    error MarketUnmoved(uint256 least, uint256 got, uint256 earliest);
    /// There is not one feed for each listed asset.
    /// @param expected number of listed assets, 1 to 16
    /// @param got number of feeds
    error FeedsMismatch(uint256 expected, uint256 got);
    /// The funding source does not have one index for each listed asset.
    /// @param expected number of listed assets, 1 to 16
    /// @param got number of indices
    error FundingMismatch(uint256 expected, uint256 got);
    /// |funding| must be below 2^63.
    /// @param asset slot of the asset, 0 to 15
    /// @param got the funding index, attodollars per quantum
    error FundingOutOfBounds(uint256 asset, int256 got);
    /// Widened by the feed's confidence, the spot price is not above 0 or not below 2^64.
    /// @param asset slot of the asset, 0 to 15
    /// @param price the spot price, attodollars per quantum
    /// @param confidence the feed's confidence, attodollars per quantum
    error PriceTooUncertain(uint256 asset, uint256 price, uint256 confidence);
    /// With these times the ledger could not commit rounds, or could not remember them, for as long as they ask for.
    /// @param twapWindow seconds of the average, at most 62 · `minInterval`
    /// @param minInterval least seconds between two rounds, 1 to `provingWindow`
    /// @param provingWindow seconds in which a round may be proven against, at most `maxRoundAge` and 2 046 ·
    /// `minInterval`
    /// @param maxRoundAge seconds after which the newest round is stale
    error TimingInvalid(uint64 twapWindow, uint64 minInterval, uint64 provingWindow, uint64 maxRoundAge);

    /// A slot that may carry sleeves has no asset.
    /// @param listed number of listed assets, 1 to 16
    /// @param got the slots that were given, bit u for slot u
    error SleeveSlotsUnlisted(uint256 listed, uint16 got);

    /// Least time between two rounds of one epoch.
    /// @return seconds, 1 to the proving window
    function minInterval() external view returns (uint64);

    /// Least move of the market that allows another round of the same epoch within half the proving window of the last.
    /// Later than that anybody may poke a market that stands still.
    /// @return units of 10^-8: 1 000 000, which is 1 %
    function LEAST_MOVE() external view returns (uint256);

    /// Where prices come from.
    /// @return feeds one price feed for each listed asset, in the listing's order
    /// @return fundingSource where funding comes from; zero if there is none, and funding is 0
    /// @return sequencerGuard the rollup's sequencer guard; zero if there is none
    function sources()
        external
        view
        returns (IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard);

    /// Replaces where prices come from. The odometer counts the move from the old prices to the new as any other. Give
    /// it to a role with an execution delay.
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero for none, and funding is 0
    /// @param sequencerGuard the rollup's sequencer guard; zero where there is no sequencer
    function setSources(IPriceFeed[] calldata feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
        external;
}
