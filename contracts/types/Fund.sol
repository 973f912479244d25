// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// What the default fund goes by, for its whole life.
struct FundTerms {
    /// Least share of the sum of all caps that the fund must hold, basis points, 1 to 10 000. It holds whatever the groups
    /// are said to be.
    uint16 alpha;
    /// Least share of a member's caps that it must have contributed itself, basis points, at most alpha.
    uint16 share;
    /// The most that a member owes besides its contribution, basis points of what it had in the fund, 0 to 65 535. It
    /// counts for all defaults of one crisis together.
    uint16 assessment;
    /// Seconds from a request to the payment, 1 hour to 365 days. Longer than the house's withdrawal horizon.
    uint32 horizon;
    /// Seconds in which the payment can be made, 1 to a quarter of horizon. Later it needs another request.
    uint32 window;
    /// Seconds in which a past peak of the requirement fades for withdrawals, at least horizon.
    uint32 memoryPeriod;
    /// Seconds from a recorded lapse of a cap to default, at least 1.
    uint32 grace;
    /// Seconds in which an assessment can be paid before the house goes on without it, at least 1.
    uint32 assessmentPeriod;
    /// What the fund must hold whatever the caps are, cents.
    uint64 floor;
    /// The least cap above 0, cents: a multiple of 4, above 0 and below 2^56.
    uint64 leastCap;
}

/// What the fund has on record of a member.
struct FundMember {
    /// Its group, 1 to 128; 0 if it is no member.
    uint16 group;
    /// Number of its defaults that are not over.
    uint16 defaults;
    /// Sum of its accounts' caps, cents.
    uint64 caps;
    /// What it has in the fund, smallest units of the settlement token.
    uint256 contribution;
    /// What it owes by assessments, smallest units of the settlement token.
    uint256 owed;
    /// The requested withdrawal, smallest units of the settlement token; 0 if there is none.
    uint256 requested;
    /// Unix seconds of that request; 0 if there is none.
    uint64 requestedAt;
}

/// What the fund has on record of an account's cap.
struct FundCap {
    /// Whether the house has set one and not released it. A cap may be 0.
    bool held;
    /// Cents that added to the book's value keep it healthy under stress, on the grid.
    uint64 cap;
    /// Unix seconds at which a lapse of the cap was recorded; 0 if none is.
    uint64 lapsedAt;
    /// Who owns the account.
    address owner;
}

/// How far the default of an account has come.
enum DefaultStage {
    /// Nobody has noted one, or it is over.
    None,
    /// Noted: liability is fixed.
    Noted,
    /// The fund has paid what it can. Assessments may be open.
    Absorbed,
    /// Assessments are over, paid or not.
    Collected
}

/// What the fund has on record of a default.
struct FundDefault {
    /// How far it has come.
    DefaultStage stage;
    /// The defaults are numbered from 1.
    uint32 number;
    /// Who owns the account.
    address owner;
    /// Unix seconds until which assessments can be paid; 0 if none were called.
    uint64 until;
    /// Loss that the fund has not paid, smallest units of the settlement token.
    uint256 left;
    /// What was assessed, smallest units of the settlement token.
    uint256 assessed;
    /// What was paid of that and not yet passed on, smallest units of the settlement token.
    uint256 received;
    /// What members still owe of it, smallest units of the settlement token.
    uint256 owed;
}

/// Whose money a loss takes, in this order.
enum WaterfallStep {
    /// The defaulter's own contribution.
    Defaulter,
    /// The contributions of the other members of its group.
    Affiliates,
    /// The house's own capital.
    Capital,
    /// The contributions of everybody else, pro rata.
    Members
}

/// The fund beside what it must hold. Amounts in cents, at par.
struct FundCover {
    /// Sum of all caps.
    uint64 caps;
    /// Caps of the group with the most.
    uint64 first;
    /// Caps of the group with the second most.
    uint64 second;
    /// What the fund must hold: the two largest groups, alpha times the sum, or the floor.
    uint256 required;
    /// What must be left after a withdrawal: the requirement, or what is left of its past peak.
    uint256 remembered;
    /// What the fund holds, rounded down: contributions and the house's capital.
    uint256 held;
}
