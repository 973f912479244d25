// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// A sale of an account's collateral in one token, at a price that falls linearly with time, until its liquidation has
/// raised its due or `offered` is sold.
struct Auction {
    /// Who started it and gets the incentive.
    address keeper;
    /// Unix seconds; 0 if there is no auction.
    uint64 startedAt;
    /// What was put up, smallest units of the token.
    uint128 offered;
    /// What of it is not sold yet, smallest units of the token.
    uint128 left;
    /// What all of `offered` costs at the start, smallest units of the settlement token.
    uint128 startCost;
    /// Number of the block in which it started.
    uint64 startBlock;
}
