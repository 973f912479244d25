// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// The cumulative funding of perpetuals, as the venue that charges it keeps it.
interface IFundingSource {
    error FundingStale(uint256 updatedAt, uint256 heartbeat, uint256 time);

    /// Signed cumulative index of each listed asset, in the listing's order: attodollars per quantum that a long of
    /// one quantum has paid since the beginning. Reverts if it is stale.
    function read() external view returns (int128[] memory indices);
}
