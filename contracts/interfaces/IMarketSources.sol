// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SequencerGuard} from "../feeds/SequencerGuard.sol";
import {IFundingSource} from "./IFundingSource.sol";
import {IPriceFeed} from "./IPriceFeed.sol";

/// Where a market ledger's prices come from, and how often it takes them.
interface IMarketSources {
    event SourcesChanged(IPriceFeed[] feeds, IFundingSource fundingSource, SequencerGuard sequencerGuard);

    error PokedTooSoon(uint256 earliest, uint256 time);
    error FeedsMismatch(uint256 expected, uint256 got);
    error FundingMismatch(uint256 expected, uint256 got);
    /// |funding| must be below 2^63.
    error FundingOutOfBounds(uint256 asset, int256 got);
    /// Widened by the feed's confidence, the price is not above 0 or not below 2^64.
    error PriceTooUncertain(uint256 asset, uint256 price, uint256 confidence);
    error TimingInvalid(uint64 twapWindow, uint64 minInterval, uint64 provingWindow, uint64 maxRoundAge);

    /// Least seconds between two rounds of one epoch.
    function minInterval() external view returns (uint64);

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
