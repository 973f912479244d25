// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {Quote} from "../types/Quote.sol";

/// Σ spot · seconds of each asset up to each of the last rounds. The average between two rounds follows from the
/// difference of their sums.
struct SpotSums {
    /// Two assets a word: the even asset in bits 0–127 from the least significant bit, the odd one in bits 128–255. The
    /// key is the round's place in the ring · PAIRS + asset / 2.
    mapping(uint256 place => uint256) words;
}

/// Accumulates spot prices over time.
library SpotSumsLib {
    /// Rounds that are remembered.
    uint64 internal constant OBSERVATIONS = 64;
    uint256 private constant PAIRS = Spec.ASSETS / 2;

    /// Stores the sums up to now, in which the last spot counts for the seconds since the last round.
    /// @param self the sums
    /// @param before the quotes of the last round, one for each listed asset
    /// @param number number of the round that is being committed, counted from 1
    /// @param anchor number of the round that the average reaches back to
    /// @param elapsed seconds since the last round
    /// @return areas Σ spot · seconds of each listed asset since round `anchor`, and one entry more
    function accumulate(SpotSums storage self, Quote[] memory before, uint64 number, uint64 anchor, uint256 elapsed)
        internal
        returns (uint256[] memory areas)
    {
        areas = new uint256[](before.length + 1);
        if (number == 1) return areas;
        (uint256 last, uint256 old, uint256 current) = (_placeOf(number - 1), _placeOf(anchor), _placeOf(number));
        // A lane of 128 bits holds spots of 64 bits for 2^64 seconds. It cannot borrow from the other, as sums only
        // grow.
        unchecked {
            for (uint256 u = 0; u < before.length; u += 2) {
                uint256 sums = self.words[last + u / 2] + before[u].spot() * elapsed;
                if (u + 1 < before.length) sums += (before[u + 1].spot() * elapsed) << 128;
                uint256 since = sums - self.words[old + u / 2];
                self.words[current + u / 2] = sums;
                (areas[u], areas[u + 1]) = (uint128(since), since >> 128);
            }
        }
    }

    /// Where the sums of a round begin in the ring.
    /// @param observation number of the round
    /// @return key of its first word
    function _placeOf(uint64 observation) private pure returns (uint256) {
        return (observation % OBSERVATIONS) * PAIRS;
    }
}
