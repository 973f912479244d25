// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// A line of a book in default that is torn up.
struct TornLine {
    /// Quanta of the book, signed; 0 has no line.
    int64 quantity;
    /// Price of the round, attodollars per quantum, above 0.
    uint64 price;
    /// Largest move of the asset in the profile's scenarios, basis points, at most 10 000.
    uint16 cap;
}

/// What a tear-up closes at.
struct TornPrices {
    /// False if no price above 0, and below 2^66, brings the deficit in: the market ends.
    bool possible;
    /// The share of each cap by which prices move, units of 10^-18, rounded up.
    uint256 lambda;
    /// What the book gains, attodollars: at least the deficit. What is more is the fund's.
    uint256 gain;
    /// Price of each line, attodollars per quantum, before funding; 0 for a quantity of 0.
    uint256[] prices;
}
