// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// The periods of the status machine, and the margin below which an account may be called.
struct GateTerms {
    /// Seconds after its round at which a proof lapses, wherever prices are; at least the proving window.
    uint32 maxProofAge;
    /// Seconds from a lapse to liquidatable, and from a change of parameters to the first default that it can cause.
    /// Longer than maxRoundAge less the proving window, plus the TWAP window. An outage that is too short to restart
    /// clocks, and the spread between spot and TWAP after it, leave no verdict that can be proven. Nobody is liquidated
    /// for that time. On a derived ledger nothing is taken off: a change of its base can end a proving window early.
    /// Shorter than the profile's TIGHTENING_INTERVAL.
    uint32 gracePeriod;
    /// Seconds from a margin call to liquidatable; at least gracePeriod.
    uint32 callPeriod;
    /// Highest theta of a claim of ill health, basis points, 10 001 to 65 535.
    uint16 callMargin;
}

/// How long the sleeve of a claim of health holds, unless it is voided. All zero without a sleeve.
struct SleeveRecord {
    /// Reading of the ledger's sleeve odometer up to which it holds, units of 10^-8, below 2^72.
    uint256 limit;
    /// Unix seconds from which on it no longer holds; 0 without a sleeve.
    uint64 until;
    /// Unix seconds since when the profile had its shocks as the gate accepted the claim. It holds while that is so.
    uint64 shocksSince;
}

/// The claim of health that stands for an account: the newest accepted, and of one round the strongest.
struct HealthRecord {
    /// Number of the round that the claim was proven at; 0 if there never was a claim.
    uint64 round;
    /// Unix seconds of that round.
    uint64 time;
    /// Sequence of the book that the claim is of.
    uint64 sequence;
    /// Epoch of the risk profile that the round was folded with.
    uint64 epoch;
    /// Health factor that the book exceeds, basis points, 10 000 to 65 535.
    uint256 theta;
    /// Relative price move through which the claim holds, basis points, 0 to 10 000.
    uint256 envelope;
    /// Odometer reading of the round, units of 10^-8, below 2^72.
    uint256 odometer;
}

/// The claim of health with a support that stands for an account, for one sign of support. It is complete in itself:
/// its round, book, epoch and odometer reading are its own.
struct SupportRecord {
    /// Cents of the claim: positive for dollars added to the collateral, negative for dollars owed besides, and below
    /// 2^56 in magnitude; 0 if there never was a claim of this sign.
    int64 support;
    /// Whether the record counts now. It has not lapsed, and the newest round is fresh and of the live epoch.
    bool holds;
    /// The claim but for its support.
    HealthRecord claim;
    /// How long its sleeve holds; all zero without one.
    SleeveRecord sleeve;
}

/// What stands against an account until a claim of health lifts it. 0 where nothing does.
struct Marks {
    /// Number of the newest round at which an attester proved the account not above maintenance, or of the newest round
    /// when `recordLapse` first recorded a default.
    uint32 breachRound;
    /// Number of the newest round at which an attester proved the account not above the call's theta.
    uint32 callRound;
    /// Unix seconds of the first proof of the standing call.
    uint40 callSince;
    /// Unix seconds at which the standing claim of health lapsed, if `recordLapse` has recorded the lapse.
    uint40 lapsedAt;
    /// Theta that a claim of health needs to lift the standing call, basis points, 10 001 to callMargin.
    uint16 callTheta;
    /// Unix seconds at which an attester first proved the standing breach, or `recordLapse` recorded it. A newer proof of
    /// the same breach does not move this.
    uint40 breachSince;
    /// Unix seconds of the change of parameters whose grace the standing breach waits for; 0 if it counts at once.
    uint40 graceSince;
    /// An attester proved the standing breach; false if it is a default that `recordLapse` recorded.
    bool breachProven;
}
