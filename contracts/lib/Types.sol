// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// A point of BN254 G1, affine; (0, 0) is the point at infinity.
struct G1 {
    uint256 x;
    uint256 y;
}

/// A Groth16 proof in the EVM's order: each G2 coordinate is (imaginary, real), the swap of snarkjs' JSON.
struct Proof {
    uint256[2] a;
    uint256[4] b;
    uint256[2] c;
}

/// One oracle round: the committed price.
struct Round {
    uint64 number;
    /// Unix seconds of the poke that made it.
    uint64 time;
    /// Epoch of the risk profile it was folded with.
    uint64 epoch;
    /// Sum of relative moves of prices and funding since the first round, rounded up, in units of 10^-8.
    uint128 odometer;
    /// IC0 + sum of market signals times their IC points.
    G1 folded;
}

/// A book that its account's attestors have signed.
struct AttestedBook {
    uint256 commitment;
    uint64 sequence;
    uint64 asOf;
    uint64 expiresAt;
}

/// What the gate says of an account. The order is from worst known to best.
enum Status {
    /// No valid proof of the current book was ever accepted.
    Unknown,
    /// Proven not above maintenance margin, or grace has run out: its collateral may be auctioned.
    Liquidatable,
    /// Proven not above the call margin but not below maintenance: the owner has time to top up and prove again.
    MarginCall,
    /// A proof has lapsed (envelope, age, epoch, new book): reduce only, until it is renewed or grace runs out.
    Grace,
    /// A current proof of health.
    Healthy
}
