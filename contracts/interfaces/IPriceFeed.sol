// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// One asset's price, in the ledger's unit. An adapter reverts on any doubt: it never returns a price that is not
/// positive, is stale, comes from the future or is out of its bounds.
interface IPriceFeed {
    error PriceNotPositive(int256 answer);
    error PriceStale(uint256 updatedAt, uint256 heartbeat, uint256 time);
    error PriceFromTheFuture(uint256 updatedAt, uint256 time);
    /// At or beyond a bound. Aggregators with bounds of their own answer the bound when the market is beyond it.
    error PriceOutOfBounds(uint256 least, uint256 most, uint256 got);
    error ConfidenceTooWide(uint256 most, uint256 got);

    /// @return price attodollars per quantum, 0 < price < 2^64
    /// @return confidence the price is within ± this, attodollars per quantum, rounded up
    /// @return updatedAt Unix seconds
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt);
}
