// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// The cumulative funding of perpetuals, as the venue that charges it keeps it.
interface IFundingSource {
    /// Nobody has posted funding for longer than the heartbeat.
    /// @param updatedAt Unix seconds of the last post
    /// @param heartbeat longest age of a post, seconds
    /// @param time Unix seconds of the block
    error FundingStale(uint256 updatedAt, uint256 heartbeat, uint256 time);

    /// The cumulative funding index of each listed asset. Reverts if it is stale.
    /// @return indices one for each listed asset, in the listing's order: attodollars per quantum that a long of one
    /// quantum has paid since the beginning; negative if it has received. The ledger refuses |index| ≥ 2^63.
    function read() external view returns (int128[] memory indices);
}
