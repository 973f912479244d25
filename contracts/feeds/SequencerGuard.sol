// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// On a rollup: refuses prices while the sequencer is down, when feeds look fresh and are not, and for a while after it
/// comes back, so that people can act before the market moves on.
contract SequencerGuard {
    error SequencerDown(int256 answer);
    error SequencerInGrace(uint256 upSince, uint256 grace, uint256 time);
    /// The uptime feed has no round yet, or one from the future.
    error UptimeUnknown(uint256 startedAt);

    AggregatorV3Interface public immutable uptimeFeed;
    /// Seconds.
    uint256 public immutable grace;

    constructor(AggregatorV3Interface uptimeFeed_, uint256 grace_) {
        (uptimeFeed, grace) = (uptimeFeed_, grace_);
    }

    /// Reverts unless the sequencer has been up for longer than the grace period.
    /// @return upSince Unix seconds at which it came back
    function check() external view returns (uint256 upSince) {
        (, int256 answer, uint256 startedAt,,) = uptimeFeed.latestRoundData();
        // 0 is up. Whatever is not 0 is not known to be.
        if (answer != 0) revert SequencerDown(answer);
        if (startedAt == 0 || startedAt > block.timestamp) revert UptimeUnknown(startedAt);
        if (block.timestamp - startedAt <= grace) revert SequencerInGrace(startedAt, grace, block.timestamp);
        return startedAt;
    }
}
