// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// What a credit registry goes by, for its whole life.
struct CreditTerms {
    /// Health factor above which an account stays although it owes its lines, basis points, the gate's callMargin to
    /// 65 535.
    uint16 covenantMargin;
    /// Seconds of interest that the covenant counts ahead, at the highest rate of each line; at least the gate's
    /// maxProofAge, at most a year.
    uint32 horizon;
}

/// What a line goes by, for its whole life. Rates are basis points a year.
struct LineTerms {
    /// One of the account's attesters, on whose word the lenders rely: the covenant needs its signature.
    address attester;
    /// May give notice without a cause. Zero for nobody.
    address steward;
    /// The most that may be owed after a drawdown, smallest units of the settlement token, above 0.
    uint128 limit;
    /// Rate at no utilisation, 0 to kinkRate.
    uint16 baseRate;
    /// Rate at the kink, baseRate to fullRate.
    uint16 kinkRate;
    /// Rate at full utilisation, kinkRate to 10 000.
    uint16 fullRate;
    /// Utilisation at which the rate's slope changes, basis points, 1 to 9 999.
    uint16 kink;
    /// On top of the rate, while the reserve has been short for too long, or the debt is called; 0 to 10 000.
    uint16 penaltyRate;
    /// Share of the assets that must stay liquid, beside all that waits to be withdrawn, basis points, 0 to 9 999.
    uint16 reserveRatio;
    /// Share of the debt that an impairment writes off, basis points, 1 to 10 000.
    uint16 impairment;
    /// Seconds in which requests of a withdrawal join one batch, 1 hour to 1 year.
    uint32 batchPeriod;
    /// Seconds that the reserve may be short, in all, before the penalty runs; 0 to 1 year.
    uint32 gracePeriod;
    /// Seconds from a notice to the call, from the gate's gracePeriod to 1 year.
    uint32 noticePeriod;
    /// Seconds from the call to the impairment, 1 to curePeriod.
    uint32 impairPeriod;
    /// Seconds from the call to the default, impairPeriod to 1 year.
    uint32 curePeriod;
}

/// What a line has come to, with the interest up to now.
struct LineState {
    /// What the account owes, smallest units of the settlement token, rounded up.
    uint256 debt;
    /// What is in the line and nobody's claim, smallest units of the settlement token.
    uint256 cash;
    /// What batches were paid and lenders have not claimed, smallest units of the settlement token.
    uint256 reserved;
    /// Shares that wait to be withdrawn.
    uint256 waiting;
    /// Least cash that the line must have not to be short, smallest units of the settlement token.
    uint256 required;
    /// Rate of this moment without the penalty, basis points a year.
    uint256 rate;
    /// Seconds that the reserve has been short, less those that it has not: never below 0.
    uint64 lateSeconds;
    /// Unix seconds of the standing notice; 0 without one.
    uint64 noticeAt;
    /// Unix seconds of the call; 0 if the debt is not called.
    uint64 calledAt;
    /// Whether the cash is below what is required.
    bool short;
    /// Whether the standing notice is the steward's, which needs no cause.
    bool noticeBySteward;
    /// Whether a part of the debt is written off.
    bool impaired;
    /// Whether the line has defaulted, for good.
    bool defaulted;
}

/// Requests of withdrawals that are paid together, each in proportion to its shares.
struct WithdrawalBatch {
    /// Unix seconds from which on it is paid, and takes no other request.
    uint64 closesAt;
    /// Shares of all its requests.
    uint256 shares;
    /// Shares that are still to be paid. A default leaves them to their lenders.
    uint256 left;
    /// What was paid for the others, smallest units of the settlement token.
    uint256 paid;
}
