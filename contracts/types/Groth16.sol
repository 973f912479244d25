// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

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

/// The part of a verification key that an account's proof needs; the rest is in the folded point. G2 coordinates are in
/// the EVM's order (imaginary, real), the swap of snarkjs' JSON.
struct VerifyingKey {
    /// alpha in G1.
    G1 alpha;
    /// beta in G2: x imaginary, x real, y imaginary, y real.
    uint256[4] beta;
    /// gamma in G2, in the same order.
    uint256[4] gamma;
    /// delta in G2, in the same order.
    uint256[4] delta;
    /// The point of the signal `commitment`: IC[1].
    G1 ic1;
    /// The point of the signal `claim`: IC[2].
    G1 ic2;
}
