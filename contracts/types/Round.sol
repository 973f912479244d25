// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {G1} from "./Groth16.sol";

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
    /// The same of the assets that may carry sleeves, with SLEEVE_FUNDING_WEIGHT times the drift of funding.
    uint128 sleeveOdometer;
    /// IC0 + sum of market signals times their IC points.
    G1 folded;
}

/// A round but for its folded point, in one word. From the least significant bit:
///
///     bits   0–71    odometer, units of 10^-8
///     bits  72–143   sleeve odometer, units of 10^-8
///     bits 144–175   epoch of the risk profile
///     bits 176–215   time of the poke, Unix seconds
///     bits 216–255   number of the round
///
/// 0 if there is none: rounds and epochs are counted from 1.
type RoundHead is uint256;

using RoundHeads for RoundHead global;

/// Packs and reads a RoundHead.
library RoundHeads {
    uint256 private constant SLEEVE_SHIFT = 72;
    uint256 private constant EPOCH_SHIFT = 144;
    uint256 private constant TIME_SHIFT = 176;
    uint256 private constant NUMBER_SHIFT = 216;

    /// A number is too large for its place.
    /// @param number number of the round, below 2^40
    /// @param time Unix seconds of the poke, below 2^40
    /// @param epoch epoch of the risk profile, below 2^32
    /// @param odometer odometer reading, units of 10^-8, below 2^72
    /// @param sleeveOdometer reading of the sleeve odometer, units of 10^-8, below 2^72
    error RoundOutOfRange(uint256 number, uint256 time, uint256 epoch, uint256 odometer, uint256 sleeveOdometer);

    /// Packs a round's head.
    /// @param number_ number of the round, below 2^40
    /// @param time_ Unix seconds of the poke, below 2^40
    /// @param epoch_ epoch of the risk profile, below 2^32
    /// @param odometer_ odometer reading, units of 10^-8, below 2^72
    /// @param sleeveOdometer_ reading of the sleeve odometer, units of 10^-8, below 2^72
    /// @return the head
    function pack(uint256 number_, uint256 time_, uint256 epoch_, uint256 odometer_, uint256 sleeveOdometer_)
        internal
        pure
        returns (RoundHead)
    {
        if ((number_ >> 40) | (time_ >> 40) | (epoch_ >> 32) | (odometer_ >> 72) | (sleeveOdometer_ >> 72) != 0) {
            revert RoundOutOfRange(number_, time_, epoch_, odometer_, sleeveOdometer_);
        }
        return RoundHead.wrap(
            odometer_ | sleeveOdometer_ << SLEEVE_SHIFT | epoch_ << EPOCH_SHIFT | time_ << TIME_SHIFT
                | number_ << NUMBER_SHIFT
        );
    }

    /// Number of the round.
    /// @param self the head
    /// @return 0 if there is none
    function number(RoundHead self) internal pure returns (uint64) {
        return uint40(RoundHead.unwrap(self) >> NUMBER_SHIFT);
    }

    /// Time of the poke.
    /// @param self the head
    /// @return Unix seconds
    function time(RoundHead self) internal pure returns (uint64) {
        return uint40(RoundHead.unwrap(self) >> TIME_SHIFT);
    }

    /// Epoch of the risk profile.
    /// @param self the head
    /// @return counted from 1
    function epoch(RoundHead self) internal pure returns (uint64) {
        return uint32(RoundHead.unwrap(self) >> EPOCH_SHIFT);
    }

    /// Odometer reading.
    /// @param self the head
    /// @return units of 10^-8
    function odometer(RoundHead self) internal pure returns (uint128) {
        return uint72(RoundHead.unwrap(self));
    }

    /// Reading of the sleeve odometer.
    /// @param self the head
    /// @return units of 10^-8
    function sleeveOdometer(RoundHead self) internal pure returns (uint128) {
        return uint72(RoundHead.unwrap(self) >> SLEEVE_SHIFT);
    }
}
