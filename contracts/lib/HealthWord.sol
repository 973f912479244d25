// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {Claims} from "./Claims.sol";

/// The claim of health that stands for an account, in the one word that a proof costs:
///
///     claim (32 bits: theta, envelope, flags) | round 32 | time 40 | sequence 40 | epoch 32 | odometer 72 | marked 8
///
/// 0 if there is none; only `marked` may be set without a claim.
type HealthWord is uint256;

using HealthWords for HealthWord global;

library HealthWords {
    uint256 private constant ROUND_SHIFT = 32;
    uint256 private constant TIME_SHIFT = 64;
    uint256 private constant SEQUENCE_SHIFT = 104;
    uint256 private constant EPOCH_SHIFT = 144;
    uint256 private constant ODOMETER_SHIFT = 176;
    uint256 private constant MARKED_SHIFT = 248;

    /// A number is too large for its place, which takes longer than anybody will wait.
    error HealthOutOfRange(uint256 round, uint256 time, uint256 sequence, uint256 epoch, uint256 odometer);

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

    function round(HealthWord self) internal pure returns (uint64) {
        return uint32(HealthWord.unwrap(self) >> ROUND_SHIFT);
    }

    /// Of the round, unix seconds.
    function time(HealthWord self) internal pure returns (uint64) {
        return uint40(HealthWord.unwrap(self) >> TIME_SHIFT);
    }

    function sequence(HealthWord self) internal pure returns (uint64) {
        return uint40(HealthWord.unwrap(self) >> SEQUENCE_SHIFT);
    }

    function epoch(HealthWord self) internal pure returns (uint64) {
        return uint32(HealthWord.unwrap(self) >> EPOCH_SHIFT);
    }

    function odometer(HealthWord self) internal pure returns (uint256) {
        return uint72(HealthWord.unwrap(self) >> ODOMETER_SHIFT);
    }

    function theta(HealthWord self) internal pure returns (uint256) {
        return Claims.theta(uint32(HealthWord.unwrap(self)));
    }

    function envelope(HealthWord self) internal pure returns (uint256) {
        return Claims.envelope(uint32(HealthWord.unwrap(self)));
    }

    /// Whether the account has a mark.
    function marked(HealthWord self) internal pure returns (bool) {
        return HealthWord.unwrap(self) >> MARKED_SHIFT != 0;
    }

    function mark(HealthWord self) internal pure returns (HealthWord) {
        return HealthWord.wrap(HealthWord.unwrap(self) | 1 << MARKED_SHIFT);
    }

    /// The odometer's reading up to which the claim holds.
    function limit(HealthWord self) internal pure returns (uint256) {
        uint256 e = envelope(self);
        // The largest m with m·(10^4 + e) ≤ e·10^8: as 1/(1 − m) ≤ 1 + e, every price is within e of where it was.
        return odometer(self) + e * Spec.ODOMETER_UNIT / (Spec.BPS + e);
    }
}
