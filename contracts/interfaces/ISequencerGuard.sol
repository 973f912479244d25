// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// Refuses a rollup's prices while its sequencer is down, and for a while after it comes back.
interface ISequencerGuard {
    /// Reverts unless the sequencer has been up for longer than the grace period.
    /// @return upSince Unix seconds at which it came back
    function check() external view returns (uint256 upSince);
    /// How long prices are refused after the sequencer came back.
    /// @return seconds
    function grace() external view returns (uint256);
}
