// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {Claims} from "./Claims.sol";

/// The claim of health that stands for an account, in the one storage word that a proof writes. From the least
/// significant bit:
///
///     bits   0–31    claim: see Claims
///     bits  32–63    number of the round
///     bits  64–103   time of the round, Unix seconds
///     bits 104–143   sequence of the book
///     bits 144–175   epoch of the risk profile
///     bits 176–247   odometer reading of the round, units of 10^-8
///     bit  248       1 if the account has a mark, else 0
///     bit  249       1 if the claim is of a book with a sleeve, else 0: see SleeveWord
///     bits 250–255   0
///
/// 0 if there is none. Only the mark may be set without a claim.
type HealthWord is uint256;

using HealthWords for HealthWord global;

/// Packs and reads a HealthWord.
library HealthWords {
    uint256 private constant ROUND_SHIFT = 32;
    uint256 private constant TIME_SHIFT = 64;
    uint256 private constant SEQUENCE_SHIFT = 104;
    uint256 private constant EPOCH_SHIFT = 144;
    uint256 private constant ODOMETER_SHIFT = 176;
    uint256 private constant MARKED_SHIFT = 248;
    uint256 private constant SLEEVE_SHIFT = 249;

    /// A number is too large for its place.
    /// @param round number of the round, below 2^32
    /// @param time Unix seconds of the round, below 2^40
    /// @param sequence sequence of the book, below 2^40
    /// @param epoch epoch of the risk profile, below 2^32
    /// @param odometer odometer reading, units of 10^-8, below 2^72
    error HealthOutOfRange(uint256 round, uint256 time, uint256 sequence, uint256 epoch, uint256 odometer);

    /// Packs a claim of health without a mark.
    /// @param claim_ the packed claim: see Claims
    /// @param round_ number of the round, below 2^32
    /// @param time_ Unix seconds of the round, below 2^40
    /// @param sequence_ sequence of the book, below 2^40
    /// @param epoch_ epoch of the risk profile, below 2^32
    /// @param odometer_ odometer reading, units of 10^-8, below 2^72
    /// @return the word
    function pack(uint32 claim_, uint256 round_, uint256 time_, uint256 sequence_, uint256 epoch_, uint256 odometer_)
        internal
        pure
        returns (HealthWord)
    {
        if ((round_ >> 32) | (time_ >> 40) | (sequence_ >> 40) | (epoch_ >> 32) | (odometer_ >> 72) != 0) {
            revert HealthOutOfRange(round_, time_, sequence_, epoch_, odometer_);
        }
        return HealthWord.wrap(
            claim_ | round_ << ROUND_SHIFT | time_ << TIME_SHIFT | sequence_ << SEQUENCE_SHIFT | epoch_ << EPOCH_SHIFT
                | odometer_ << ODOMETER_SHIFT
        );
    }

    /// Number of the round.
    /// @param self the word
    /// @return 0 if there is no claim
    function round(HealthWord self) internal pure returns (uint64) {
        return uint32(HealthWord.unwrap(self) >> ROUND_SHIFT);
    }

    /// Time of the round.
    /// @param self the word
    /// @return Unix seconds
    function time(HealthWord self) internal pure returns (uint64) {
        return uint40(HealthWord.unwrap(self) >> TIME_SHIFT);
    }

    /// Sequence of the book.
    /// @param self the word
    /// @return 1 to 2^40 − 1
    function sequence(HealthWord self) internal pure returns (uint64) {
        return uint40(HealthWord.unwrap(self) >> SEQUENCE_SHIFT);
    }

    /// Epoch of the risk profile.
    /// @param self the word
    /// @return counted from 1
    function epoch(HealthWord self) internal pure returns (uint64) {
        return uint32(HealthWord.unwrap(self) >> EPOCH_SHIFT);
    }

    /// Odometer reading of the round.
    /// @param self the word
    /// @return units of 10^-8
    function odometer(HealthWord self) internal pure returns (uint256) {
        return uint72(HealthWord.unwrap(self) >> ODOMETER_SHIFT);
    }

    /// Health factor that the book exceeds.
    /// @param self the word
    /// @return basis points
    function theta(HealthWord self) internal pure returns (uint256) {
        return Claims.theta(uint32(HealthWord.unwrap(self)));
    }

    /// Relative price move through which the claim holds.
    /// @param self the word
    /// @return basis points
    function envelope(HealthWord self) internal pure returns (uint256) {
        return Claims.envelope(uint32(HealthWord.unwrap(self)));
    }

    /// Whether the account has a mark.
    /// @param self the word
    /// @return whether it has
    function marked(HealthWord self) internal pure returns (bool) {
        return (HealthWord.unwrap(self) >> MARKED_SHIFT) & 1 == 1;
    }

    /// Sets the mark.
    /// @param self the word
    /// @return the same word with the mark set
    function mark(HealthWord self) internal pure returns (HealthWord) {
        return HealthWord.wrap(HealthWord.unwrap(self) | 1 << MARKED_SHIFT);
    }

    /// Whether the claim is of a book with a sleeve.
    /// @param self the word
    /// @return whether it is
    function sleeve(HealthWord self) internal pure returns (bool) {
        return (HealthWord.unwrap(self) >> SLEEVE_SHIFT) & 1 == 1;
    }

    /// Notes that the claim is of a book with a sleeve.
    /// @param self the word
    /// @return the same word with the sleeve's bit set
    function withSleeve(HealthWord self) internal pure returns (HealthWord) {
        return HealthWord.wrap(HealthWord.unwrap(self) | 1 << SLEEVE_SHIFT);
    }

    /// Odometer reading up to which the claim holds.
    /// @param self the word
    /// @return units of 10^-8, rounded down
    function limit(HealthWord self) internal pure returns (uint256) {
        return odometer(self) + allowance(envelope(self));
    }

    /// How far an odometer may run while every price stays within e of where it was: the largest m with
    /// m·(10^4 + e) ≤ e·10^8, as 1/(1 − m) ≤ 1 + e.
    /// @param e relative move of prices, basis points, at most 10 000
    /// @return units of 10^-8, rounded down
    function allowance(uint256 e) internal pure returns (uint256) {
        return e * Spec.ODOMETER_UNIT / (Spec.BPS + e);
    }
}
