// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// One asset's price, in the ledger's unit. An adapter reverts on any doubt. It never returns a price that is not
/// positive, is stale, comes from the future or is out of its bounds.
interface IPriceFeed {
    /// The feed's answer is 0 or negative.
    /// @param answer the answer, in the feed's own unit
    error PriceNotPositive(int256 answer);
    /// The answer is older than the heartbeat.
    /// @param updatedAt Unix seconds of the answer
    /// @param heartbeat longest age of an answer, seconds
    /// @param time Unix seconds of the block
    error PriceStale(uint256 updatedAt, uint256 heartbeat, uint256 time);
    /// The answer is dated later than the block.
    /// @param updatedAt Unix seconds of the answer
    /// @param time Unix seconds of the block
    error PriceFromTheFuture(uint256 updatedAt, uint256 time);
    /// The price is at or beyond a bound. Aggregators with bounds of their own answer the bound when the market is
    /// beyond it.
    /// @param least attodollars per quantum that the price must be above
    /// @param most attodollars per quantum that the price must be below
    /// @param got the price, attodollars per quantum; an answer of more than 112 bits is given in the feed's own unit
    error PriceOutOfBounds(uint256 least, uint256 most, uint256 got);
    /// The feed doubts its price by more than is allowed.
    /// @param most widest confidence, attodollars per quantum
    /// @param got the feed's confidence, attodollars per quantum
    error ConfidenceTooWide(uint256 most, uint256 got);

    /// The asset's price now.
    /// @return price attodollars per quantum, 0 < price < 2^64
    /// @return confidence the price is within ± this, attodollars per quantum, rounded up, below 2^64
    /// @return updatedAt Unix seconds of the feed's answer
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt);
}
