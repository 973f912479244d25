// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SequencerGuard} from "../feeds/SequencerGuard.sol";
import {IFundingSource} from "./IFundingSource.sol";
import {IPriceFeed} from "./IPriceFeed.sol";

/// Where a market ledger's prices come from, and how often it takes them.
interface IMarketSources {
    event SourcesChanged(IPriceFeed[] feeds, IFundingSource fundingSource, SequencerGuard sequencerGuard);

    error PokedTooSoon(uint256 earliest, uint256 time);
    /// The market has moved by less since the last round than a round before `earliest` needs; odometer units.
    error MarketUnmoved(uint256 least, uint256 got, uint256 earliest);
    error FeedsMismatch(uint256 expected, uint256 got);
    error FundingMismatch(uint256 expected, uint256 got);
    /// |funding| must be below 2^63.
    error FundingOutOfBounds(uint256 asset, int256 got);
    /// Widened by the feed's confidence, the spot price is not above 0 or not below 2^64.
    error PriceTooUncertain(uint256 asset, uint256 price, uint256 confidence);
    /// Rounds cannot be had, or not remembered, for as long as these times ask for; see the ledger's constructor.
    error TimingInvalid(uint64 twapWindow, uint64 minInterval, uint64 provingWindow, uint64 maxRoundAge);

    /// Least seconds between two rounds of one epoch.
    function minInterval() external view returns (uint64);

    /// Least move of the market since the last round that a round of the same epoch needs within half the proving window
    /// of it, odometer units. After that anybody may poke a market that stands still.
    function LEAST_MOVE() external view returns (uint256);

    /// Where prices come from.
    function sources()
        external
        view
        returns (IPriceFeed[] memory feeds, IFundingSource fundingSource, SequencerGuard sequencerGuard);

    /// Replaces where prices come from. The move from the old prices to the new counts as any other. Belongs to a
    /// delayed role. `fundingSource` may be none: funding is 0 then; `sequencerGuard` is none where there is no sequencer.
    function setSources(IPriceFeed[] calldata feeds, IFundingSource fundingSource, SequencerGuard sequencerGuard)
        external;
}
