// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

/// How long the sleeve of a claim of health holds, as it was when the gate accepted the claim. It shares a storage word,
/// or has one to itself. From the least significant bit:
///
///     bits   0–71    limit: reading of the sleeve odometer up to which it holds, units of 10^-8
///     bits  72–111   until: Unix seconds from which on it no longer holds
///     bits 112–151   since when the profile has had the shocks that it was made for, Unix seconds
///     bits 152–191   0
///
/// 0 if the claim is of no sleeve.
type SleeveWord is uint192;

using SleeveWords for SleeveWord global;

/// Packs and reads a SleeveWord.
library SleeveWords {
    uint256 private constant UNTIL_SHIFT = 72;
    uint256 private constant SHOCKS_SHIFT = 112;

    /// A number is too large for its place.
    /// @param limit reading of the sleeve odometer, units of 10^-8, below 2^72
    /// @param until Unix seconds, below 2^40
    /// @param shocksSince Unix seconds, below 2^40
    error SleeveOutOfRange(uint256 limit, uint256 until, uint256 shocksSince);

    /// Packs how long a sleeve holds.
    /// @param limit_ reading of the sleeve odometer up to which it holds, units of 10^-8, below 2^72
    /// @param until_ Unix seconds from which on it no longer holds, below 2^40
    /// @param shocksSince_ Unix seconds since when the profile has had its shocks, below 2^40
    /// @return the word
    function pack(uint256 limit_, uint256 until_, uint256 shocksSince_) internal pure returns (SleeveWord) {
        if ((limit_ >> 72) | (until_ >> 40) | (shocksSince_ >> 40) != 0) {
            revert SleeveOutOfRange(limit_, until_, shocksSince_);
        }
        return SleeveWord.wrap(uint192(limit_ | until_ << UNTIL_SHIFT | shocksSince_ << SHOCKS_SHIFT));
    }

    /// Reading of the sleeve odometer up to which the sleeve holds.
    /// @param self the word
    /// @return units of 10^-8
    function limit(SleeveWord self) internal pure returns (uint256) {
        return uint72(SleeveWord.unwrap(self));
    }

    /// From when on the sleeve no longer holds.
    /// @param self the word
    /// @return Unix seconds
    function until(SleeveWord self) internal pure returns (uint64) {
        return uint40(SleeveWord.unwrap(self) >> UNTIL_SHIFT);
    }

    /// Since when the profile has had the shocks that the sleeve was made for.
    /// @param self the word
    /// @return Unix seconds
    function shocksSince(SleeveWord self) internal pure returns (uint64) {
        return uint40(SleeveWord.unwrap(self) >> SHOCKS_SHIFT);
    }
}
