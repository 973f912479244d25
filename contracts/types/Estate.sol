// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {CLEARED_ASSETS} from "./Transition.sol";

// Parts that an estate is sold in.
uint256 constant ESTATE_PARTS = 100;

/// The times and prices of a house's defaults, for its whole life.
struct DefaultTerms {
    /// Seconds from the start of a default in which its book must be revealed.
    uint32 revealPeriod;
    /// Seconds from the reveal in which the price of its estate falls to its floor.
    uint32 auctionPeriod;
    /// Seconds in which a loss is settled afterwards: at least the fund's assessment period.
    uint32 settlePeriod;
    /// Seconds for which a market stays close-only before it ends, when a book was not revealed.
    uint32 closePeriod;
    /// Seconds from the end of a market in which claims are proven.
    uint32 claimPeriod;
    /// How far above the value of its lines an auction begins, basis points of their gross value, at most 10 000.
    uint16 premium;
    /// How far below the value of its lines an auction may end, basis points of their gross value, at most 10 000.
    uint16 discount;
}

/// What is left of an account in default.
struct Estate {
    /// Unix seconds at which the default began; 0 if there is none.
    uint40 startedAt;
    /// Unix seconds at which its book was revealed; 0 if it was not.
    uint40 revealedAt;
    /// Sequence of its last book.
    uint40 sequence;
    /// Number of the newest tear-up that it has applied.
    uint32 tearUps;
    /// Parts that are not sold, 0 to 100.
    uint8 left;
    /// Whether the fund has been asked to pay its loss.
    bool absorbed;
    /// Commitment to its last book.
    uint256 commitment;
    /// Attodollars: its basis, what was paid for its lines, and what the fund paid.
    int256 cash;
    /// Attodollars that the fund can pay for it: the floor of its price; 0 once the fund was asked.
    uint256 funded;
    /// Smallest units of the settlement token that the fund has paid for it.
    uint256 paid;
    /// Quanta that are not sold.
    int256[CLEARED_ASSETS] perp;
    /// Quanta of one part. The last part has the remainder besides.
    int256[CLEARED_ASSETS] lot;
}
