// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// A point of BN254 G1, affine; (0, 0) is the point at infinity.
struct G1 {
    /// x-coordinate, below the base field's order q.
    uint256 x;
    /// y-coordinate, below q.
    uint256 y;
}

/// A Groth16 proof in the EVM's order: each G2 coordinate is (imaginary, real), the swap of snarkjs' JSON.
struct Proof {
    /// A in G1: x, y.
    uint256[2] a;
    /// B in G2: x imaginary, x real, y imaginary, y real.
    uint256[4] b;
    /// C in G1: x, y.
    uint256[2] c;
}

/// One oracle round: the committed price.
struct Round {
    /// Number of the round, counted from 1.
    uint64 number;
    /// Unix seconds of the poke that committed it.
    uint64 time;
    /// Epoch of the risk profile it was folded with.
    uint64 epoch;
    /// Sum of relative moves of prices and funding since the first round, rounded up, in units of 10^-8.
    uint128 odometer;
    /// IC0 + sum of market signals times their IC points.
    G1 folded;
}

/// A book that its account's attesters have signed.
struct AttestedBook {
    /// Commitment to the book, below the scalar field's order r.
    uint256 commitment;
    /// Rises with each book of the account, 1 to 2^40 − 1; 0 if there is no book.
    uint64 sequence;
    /// Unix seconds that the book is dated.
    uint64 asOf;
    /// Unix seconds from which on the book has expired.
    uint64 expiresAt;
}

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
