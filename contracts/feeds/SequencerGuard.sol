// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {ISequencerGuard} from "../interfaces/ISequencerGuard.sol";

/// Refuses a rollup's prices while its sequencer is down: feeds then look fresh and are not. Also refuses them for a
/// grace after it comes back, so that people can act before the market moves on.
contract SequencerGuard is ISequencerGuard {
    /// The uptime feed does not say that the sequencer is up.
    /// @param answer the uptime feed's answer: 0 is up, 1 is down
    error SequencerDown(int256 answer);
    /// The sequencer has come back too recently.
    /// @param upSince Unix seconds at which it came back
    /// @param grace seconds that it must have been up for, and longer
    /// @param time Unix seconds of the block
    error SequencerInGrace(uint256 upSince, uint256 grace, uint256 time);
    /// The uptime feed has no round yet, or a round from the future.
    /// @param startedAt Unix seconds at which the feed's round started; 0 if there is none
    error UptimeUnknown(uint256 startedAt);

    /// Chainlink's uptime feed of the sequencer.
    AggregatorV3Interface public immutable uptimeFeed;
    /// @inheritdoc ISequencerGuard
    uint256 public immutable grace;

    /// @param uptimeFeed_ Chainlink's uptime feed of the sequencer
    /// @param grace_ seconds after the sequencer came back in which prices are refused
    constructor(AggregatorV3Interface uptimeFeed_, uint256 grace_) {
        (uptimeFeed, grace) = (uptimeFeed_, grace_);
    }

    /// @inheritdoc ISequencerGuard
    function check() external view returns (uint256 upSince) {
        (, int256 answer, uint256 startedAt,,) = uptimeFeed.latestRoundData();
        // 0 is up. Any other answer does not say so.
        if (answer != 0) revert SequencerDown(answer);
        if (startedAt == 0 || startedAt > block.timestamp) revert UptimeUnknown(startedAt);
        if (block.timestamp - startedAt <= grace) revert SequencerInGrace(startedAt, grace, block.timestamp);
        return startedAt;
    }
}
