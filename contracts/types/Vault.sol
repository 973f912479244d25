// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// What the vault goes by, for its whole life.
struct VaultTerms {
    /// Health factor that a release must leave behind, basis points, the gate's callMargin to 65 535.
    uint16 initialMargin;
    /// On top of the debt that a liquidation repays, basis points of that debt, 0 to 5 000.
    uint16 penalty;
    /// Share of the penalty for the keeper that starts the auction, basis points, 0 to 10 000. The rest goes to the
    /// creditor's insurance fund.
    uint16 incentive;
    /// Share of the debt that one liquidation repays, basis points, 1 to 10 000.
    uint16 closeFactor;
    /// How far above the ledger's high an auction's price starts, basis points, 0 to 10 000.
    uint16 premium;
    /// Where an auction's price ends, basis points of its start, 1 to 10^8 / (10 000 + premium): no higher than the
    /// ledger's high.
    uint16 floor;
    /// Seconds in which an auction's price falls and bids count, at least 10 · blockTime. Together with reliefPeriod no
    /// longer than the registry's rotation delay less its longest book and two of the gate's graces.
    uint32 auctionPeriod;
    /// Seconds from the end of a liquidation that has raised its due to the next, at least 10 · blockTime. The owner
    /// has them to get the rest attested and prove it healthy.
    uint32 reliefPeriod;
    /// Nominal seconds from one block to the next, 1 to 65 535. For each block an auction's price falls by no more than
    /// for that time.
    uint16 blockTime;
    /// Least debt that one liquidation repays, if so much is owed, smallest units of the settlement token.
    uint128 minimumClose;
}

/// How the ledger counts a token. All zero if nobody ever listed it.
struct Asset {
    /// Whether it may be deposited.
    bool listed;
    /// Slot of the asset in the listing, 0 to 15.
    uint8 slot;
    /// The listing's decimals of its quantum, 0 to 10: a quantum is 10^-decimals of a token.
    uint8 quantumDecimals;
    /// The token's own decimals, 0 to 36.
    uint8 tokenDecimals;
}

/// What the auctions of one account are to raise, all together.
struct Liquidation {
    /// Still to be raised, smallest units of the settlement token; 0 if it has ended or there never was one.
    uint128 due;
    /// Unix seconds at which its first auction started.
    uint64 startedAt;
    /// On top of the debt that it repays, basis points of that debt: the terms' penalty or 0.
    uint16 penalty;
}

/// Something to be released once a book without it is attested and proven.
struct Request {
    /// Smallest units of the token; 0 if there is no request.
    uint128 amount;
    /// Unix seconds of the request.
    uint64 requestedAt;
    /// Sequence of the newest book at that time, 0 if there was none.
    uint64 sequence;
}
