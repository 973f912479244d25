// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ProfileRules} from "../../../contracts/lib/ProfileRules.sol";
import {PROFILE_WORDS, ProfileWords} from "../../../contracts/types/ProfileWords.sol";
import {MarketFixture} from "./Market.sol";

/// A market whose profile is to be edited.
abstract contract ProfileFixture is MarketFixture {
    using ProfileRules for uint256[PROFILE_WORDS];
    using ProfileWords for uint256[PROFILE_WORDS];

    /// Puts `value` into lane `lane` of `bits` bits of a word.
    function _lane(uint256[PROFILE_WORDS] memory words, uint256 word, uint256 lane, uint256 bits, uint256 value)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            next[i] = words[i];
        }
        uint256 shift = lane * bits;
        next[word] = (next[word] & ~(((uint256(1) << bits) - 1) << shift)) | (value << shift);
    }

    /// One parameter of all set to something within its bounds.
    function _edited(uint256[PROFILE_WORDS] memory words, uint256 seed)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory)
    {
        uint256 asset = (seed >> 8) % 16;
        uint256 value = seed >> 16;
        uint256 which = seed % 8;
        uint256 least = words.leastDebtFactor();
        if (which == 0) return _lane(words, 0, 0, 16, value % 10_001);
        if (which == 1) return _lane(words, 0, 1, 16, words.shockCap() + value % (10_001 - words.shockCap()));
        if (which == 2) return _lane(words, 1, asset, 16, value % 10_001);
        if (which == 3) return _lane(words, 2, asset, 16, least + value % (32_768 - least));
        if (which == 4) return _lane(words, 3, asset, 16, value % 32_768);
        if (which == 5) return _lane(words, 4, asset, 16, value % 32_768);
        if (which == 6) return _lane(words, 5 + asset / 4, asset % 4, 64, uint64(value));
        int256 cap = int256(words.shockCap());
        int256 shock = int256(value % uint256(2 * cap + 1)) - cap;
        return _lane(words, 9 + (seed >> 240) % 16, asset, 16, uint16(int16(shock)));
    }
}
