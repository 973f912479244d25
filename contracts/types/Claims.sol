// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Spec} from "../generated/Spec.sol";

/// What a proof claims of a book, packed as in src/protocol/claim.ts. From the least significant bit:
///
///     bits  0–15   theta, basis points, from 1
///     bits 16–29   envelope, basis points, 0 to 10 000; 0 in a claim of ill health
///     bit  30      healthy
///     bit  31      isolated
///     bit  32      sleeve
///     bit  33      taken
///     bits 34–89   magnitude of the support, cents
///
/// With a support the health factor is that of the account with so many more dollars of collateral, or, if they are
/// taken, with so many more dollars owed. A plain claim has neither a sleeve nor a support: bits 0–31 are all of it.
library Claims {
    /// Bits beyond a claim's last are set.
    /// @param bits how many bits a claim has: 90
    /// @param got the word that was given
    error ClaimTooLong(uint256 bits, uint96 got);
    /// A support of 0 cannot be taken: it has one encoding.
    error SupportNegativeZero();
    /// Theta is 0, which claims nothing.
    error ThetaZero();
    /// The envelope is wider than the claim allows.
    /// @param most widest envelope, basis points: 10 000, or 0 in a claim of ill health
    /// @param got envelope of the claim, basis points
    error EnvelopeTooWide(uint256 most, uint256 got);

    /// Health factor that the claim compares with.
    /// @param claim the packed claim
    /// @return basis points
    function theta(uint96 claim) internal pure returns (uint256) {
        unchecked {
            return claim & ((1 << Spec.THETA_BITS) - 1);
        }
    }

    /// Relative price move through which the claim stays true.
    /// @param claim the packed claim
    /// @return basis points; 0 in a claim of ill health
    function envelope(uint96 claim) internal pure returns (uint256) {
        unchecked {
            return (claim >> Spec.ENVELOPE_SHIFT) & ((1 << Spec.ENVELOPE_BITS) - 1);
        }
    }

    /// Whether it is a claim of health.
    /// @param claim the packed claim
    /// @return true claims HF > theta, false claims HF ≤ theta
    function healthy(uint96 claim) internal pure returns (bool) {
        return (claim >> Spec.HEALTHY_SHIFT) & 1 == 1;
    }

    /// Whether the claim is of an isolated account.
    /// @param claim the packed claim
    /// @return true claims also at most one perpetual and at most one collateral asset
    function isolated(uint96 claim) internal pure returns (bool) {
        return (claim >> Spec.ISOLATED_SHIFT) & 1 == 1;
    }

    /// Whether the claim is of a book that may hold a sleeve.
    /// @param claim the packed claim
    /// @return true for a book with options and other positions that are not linear in a price
    function sleeve(uint96 claim) internal pure returns (bool) {
        return (claim >> Spec.SLEEVE_SHIFT) & 1 == 1;
    }

    /// Whether the claim's support is taken.
    /// @param claim the packed claim
    /// @return true if it is of the account with more owed
    function taken(uint96 claim) internal pure returns (bool) {
        return (claim >> Spec.TAKEN_SHIFT) & 1 == 1;
    }

    /// Dollars that the claim adds to the account.
    /// @param claim the packed claim
    /// @return cents, negative for dollars taken; 0 in a claim of the account as it is
    function support(uint96 claim) internal pure returns (int64) {
        int64 magnitude = int64(uint64(claim >> Spec.SUPPORT_SHIFT));
        return taken(claim) ? -magnitude : magnitude;
    }

    /// Whether the claim has neither a sleeve nor a support.
    /// @param claim the packed claim
    /// @return true for a claim of the account as it is
    function plain(uint96 claim) internal pure returns (bool) {
        return claim >> Spec.PLAIN_CLAIM_BITS == 0;
    }

    /// Reverts for a word that packs no claim.
    /// @param claim the packed claim
    function check(uint96 claim) internal pure {
        if (!plain(claim)) {
            if (claim >> Spec.CLAIM_BITS != 0) revert ClaimTooLong(Spec.CLAIM_BITS, claim);
            if (claim >> Spec.TAKEN_SHIFT == 1) revert SupportNegativeZero();
        }
        if (theta(claim) == 0) revert ThetaZero();
        uint256 most = healthy(claim) ? Spec.BPS : 0;
        uint256 got = envelope(claim);
        if (got > most) revert EnvelopeTooWide(most, got);
    }
}
