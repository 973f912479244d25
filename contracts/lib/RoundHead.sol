// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// A round but for its folded point, in one word:
///
///     odometer (128 bits) | epoch 32 | time 40 | number 40
///
/// 0 if there is none: rounds and epochs are counted from 1.
type RoundHead is uint256;

using RoundHeads for RoundHead global;

library RoundHeads {
    uint256 private constant EPOCH_SHIFT = 128;
    uint256 private constant TIME_SHIFT = 160;
    uint256 private constant NUMBER_SHIFT = 200;

    /// A number is too large for its place, which takes longer than anybody will wait.
    error RoundOutOfRange(uint256 number, uint256 time, uint256 epoch, uint256 odometer);

    function pack(uint256 number_, uint256 time_, uint256 epoch_, uint256 odometer_) internal pure returns (RoundHead) {
        if ((number_ >> 40) | (time_ >> 40) | (epoch_ >> 32) | (odometer_ >> 128) != 0) {
            revert RoundOutOfRange(number_, time_, epoch_, odometer_);
        }
        return RoundHead.wrap(odometer_ | epoch_ << EPOCH_SHIFT | time_ << TIME_SHIFT | number_ << NUMBER_SHIFT);
    }

    function number(RoundHead self) internal pure returns (uint64) {
        return uint40(RoundHead.unwrap(self) >> NUMBER_SHIFT);
    }

    /// Unix seconds.
    function time(RoundHead self) internal pure returns (uint64) {
        return uint40(RoundHead.unwrap(self) >> TIME_SHIFT);
    }

    function epoch(RoundHead self) internal pure returns (uint64) {
        return uint32(RoundHead.unwrap(self) >> EPOCH_SHIFT);
    }

    function odometer(RoundHead self) internal pure returns (uint128) {
        return uint128(RoundHead.unwrap(self));
    }
}
