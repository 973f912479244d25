// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// What the gate says of an account. The order is from worst known to best.
enum Status {
    /// Nothing was ever proven of the account, or the market or the profile cannot be relied on now.
    Unknown,
    /// Proven not above maintenance margin, or nobody answered a lapse or a call in time: its collateral may be
    /// auctioned.
    Liquidatable,
    /// Proven not above a margin of at most the call margin, or not above maintenance soon after a change of
    /// parameters. The owner has time to top up and prove again.
    MarginCall,
    /// The claim of health has lapsed (envelope, age, epoch, book): reduce only, until the owner proves again or grace
    /// runs out.
    Grace,
    /// The claim of health holds, for the newest book and the live epoch.
    Healthy
}
