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
        _put(next, word, lane * bits, bits, value);
    }

    /// Puts `value` into the `bits` bits from `shift` on of a word.
    function _put(uint256[PROFILE_WORDS] memory words, uint256 word, uint256 shift, uint256 bits, uint256 value)
        private
        pure
    {
        words[word] = (words[word] & ~(((uint256(1) << bits) - 1) << shift)) | (value << shift);
    }

    /// A copy with another maxBorrowRate.
    function _withBorrowRate(uint256[PROFILE_WORDS] memory words, uint256 rate)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        next = _lane(words, 0, 0, 16, words.pnlFactor());
        _put(next, 0, 16, 32, rate);
    }

    /// A copy with another bookMaxAge.
    function _withBookAge(uint256[PROFILE_WORDS] memory words, uint256 age)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        next = _lane(words, 0, 0, 16, words.pnlFactor());
        _put(next, 0, 48, 32, age);
    }

    /// One parameter of all set to something within its bounds.
    function _edited(uint256[PROFILE_WORDS] memory words, uint256 seed)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory)
    {
        uint256 asset = (seed >> 8) % 16;
        uint256 value = seed >> 16;
        uint256 which = seed % 7;
        uint256 least = words.leastDebtFactor();
        if (which == 0) return _lane(words, 0, 0, 16, value % 10_001);
        if (which == 1) return _lane(words, 1, asset, 16, value % 10_001);
        if (which == 2) return _lane(words, 2, asset, 16, least + value % (32_768 - least));
        if (which == 3) return _lane(words, 3, asset, 16, value % 32_768);
        if (which == 4) return _lane(words, 4, asset, 16, value % 32_768);
        if (which == 5) return _lane(words, 5 + asset / 4, asset % 4, 64, uint64(value));
        int256 shock = int256(value % 20_001) - 10_000;
        return _lane(words, 9 + (seed >> 240) % 16, asset, 16, uint16(int16(shock)));
    }
}
