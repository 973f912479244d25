// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";

/// The parameters of a risk profile, read from the layout that IRiskProfile gives, and not by the contracts' library.
/// Tests compare what the library takes for tighter and for within bounds with this.
library Parameters {
    uint256 private constant ASSETS = 16;
    uint256 private constant SHOCKS = 256;
    int256 private constant FACTOR_MAX = 32_767;

    /// `bits` wide lane `lane` from word `word` on.
    function lane(uint256[PROFILE_WORDS] memory words, uint256 word, uint256 index, uint256 bits)
        internal
        pure
        returns (uint256)
    {
        uint256 perWord = 256 / bits;
        return (words[word + index / perWord] >> (bits * (index % perWord))) & ((uint256(1) << bits) - 1);
    }

    function put(uint256[PROFILE_WORDS] memory words, uint256 word, uint256 index, uint256 bits, uint256 value)
        internal
        pure
    {
        uint256 perWord = 256 / bits;
        uint256 shift = bits * (index % perWord);
        uint256 at = word + index / perWord;
        words[at] = (words[at] & ~(((uint256(1) << bits) - 1) << shift)) | (value << shift);
    }

    function pnlFactor(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return lane(words, 0, 0, 16);
    }

    function maxBorrowRate(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return uint32(words[0] >> 16);
    }

    function bookMaxAge(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return uint32(words[0] >> 48);
    }

    function putBorrowRate(uint256[PROFILE_WORDS] memory words, uint256 value) internal pure {
        words[0] = (words[0] & ~(uint256(type(uint32).max) << 16)) | (value << 16);
    }

    function putBookAge(uint256[PROFILE_WORDS] memory words, uint256 value) internal pure {
        words[0] = (words[0] & ~(uint256(type(uint32).max) << 48)) | (value << 48);
    }

    /// The greatest magnitude of an asset's shocks, scenario by scenario.
    function shockCap(uint256[PROFILE_WORDS] memory words, uint256 asset) internal pure returns (uint256 cap) {
        for (uint256 s = 0; s < SHOCKS / ASSETS; ++s) {
            int256 shock = int16(uint16(lane(words, 9 + s, asset, 16)));
            uint256 magnitude = uint256(shock < 0 ? -shock : shock);
            if (magnitude > cap) cap = magnitude;
        }
    }

    /// The name of a parameter that is looser in `next` than before, or empty. Nobody can say which of two shocks is
    /// looser, so every change of one counts.
    function looser(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next)
        internal
        pure
        returns (string memory)
    {
        if (pnlFactor(next) > pnlFactor(current)) return "pnlFactor";
        if (maxBorrowRate(next) < maxBorrowRate(current)) return "maxBorrowRate";
        if (bookMaxAge(next) > bookMaxAge(current)) return "bookMaxAge";
        for (uint256 u = 0; u < ASSETS; ++u) {
            if (lane(next, 1, u, 16) > lane(current, 1, u, 16)) return "collateralFactor";
            if (lane(next, 2, u, 16) < lane(current, 2, u, 16)) return "debtFactor";
            if (lane(next, 3, u, 16) < lane(current, 3, u, 16)) return "perpMargin";
            if (lane(next, 4, u, 16) < lane(current, 4, u, 16)) return "liquidity";
            if (lane(next, 5, u, 64) < lane(current, 5, u, 64)) return "impact";
        }
        for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
            if (next[i] != current[i]) return "shock";
        }
        return "";
    }

    /// The name of a parameter that is further in `next` than one tightening takes it, or empty.
    function tooFar(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next)
        internal
        pure
        returns (string memory)
    {
        if (pnlFactor(next) + 1_000 < pnlFactor(current)) return "pnlFactor";
        if (maxBorrowRate(next) > maxBorrowRate(current) + 10_000) return "maxBorrowRate";
        if (2 * bookMaxAge(next) < bookMaxAge(current)) return "bookMaxAge";
        for (uint256 u = 0; u < ASSETS; ++u) {
            if (lane(next, 1, u, 16) + 1_000 < lane(current, 1, u, 16)) return "collateralFactor";
            if (lane(next, 2, u, 16) > lane(current, 2, u, 16) + 1_000) return "debtFactor";
            if (lane(next, 3, u, 16) > lane(current, 3, u, 16) + 1_000) return "perpMargin";
            if (lane(next, 4, u, 16) > lane(current, 4, u, 16) + 1_000) return "liquidity";
            if (lane(next, 5, u, 64) > 2 * lane(current, 5, u, 64)) return "impact";
        }
        return "";
    }

    /// A copy of `words` in which one parameter is tighter, mostly by no more than one tightening may make it.
    function tightened(uint256[PROFILE_WORDS] memory words, uint256 seed)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            next[i] = words[i];
        }
        uint256 u = (seed >> 8) % ASSETS;
        uint256 step = (seed >> 16) % 1_100;
        uint256 which = seed % 7;
        uint256 value;
        if (which == 0) {
            value = pnlFactor(words);
            put(next, 0, 0, 16, value > step ? value - step : 0);
        } else if (which == 1) {
            putBorrowRate(next, maxBorrowRate(words) + 10 * step);
        } else if (which == 2) {
            putBookAge(next, bookMaxAge(words) - bookMaxAge(words) * step / 2_100);
        } else if (which == 3) {
            value = lane(words, 1, u, 16);
            put(next, 1, u, 16, value > step ? value - step : 0);
        } else if (which == 4) {
            put(next, 2 + (seed >> 12) % 3, u, 16, lane(words, 2 + (seed >> 12) % 3, u, 16) + step);
        } else {
            put(next, 5, u, 64, uint64(lane(words, 5, u, 64) * (1_000 + step) / 1_000));
        }
    }

    /// The name of a parameter that is outside its hard bounds, or empty. For a listing of 16 assets.
    function unbounded(uint256[PROFILE_WORDS] memory words) internal pure returns (string memory) {
        if (words[0] >> 80 != 0) return "stray bits";
        if (pnlFactor(words) > 10_000) return "pnlFactor";
        if (maxBorrowRate(words) > 1_000_000) return "maxBorrowRate";
        if (bookMaxAge(words) == 0 || bookMaxAge(words) > 365 days) return "bookMaxAge";
        for (uint256 u = 0; u < ASSETS; ++u) {
            if (lane(words, 1, u, 16) > 10_000) return "collateralFactor";
            // debt factor − 1 ≥ rate · age, without a division
            uint256 debt = lane(words, 2, u, 16);
            if (debt < 10_000 || debt > 32_767) return "debtFactor";
            if ((debt - 10_000) * 365 days < maxBorrowRate(words) * bookMaxAge(words)) return "debtFactor";
            if (lane(words, 3, u, 16) > 32_767) return "perpMargin";
            if (lane(words, 4, u, 16) > 32_767) return "liquidity";
        }
        for (uint256 u = 0; u < ASSETS; ++u) {
            if (shockCap(words, u) > 10_000) return "shock";
        }
        return "";
    }

    /// One parameter of `words` changed by a little or a lot, seldom out of bounds.
    function edit(uint256[PROFILE_WORDS] memory words, uint256 seed) internal pure {
        uint256 u = (seed >> 8) % ASSETS;
        uint256 value = seed >> 16;
        uint256 which = seed % 8;
        if (which == 0) put(words, 0, 0, 16, value % 10_010);
        else if (which == 1) putBorrowRate(words, value % 100_000);
        else if (which == 2) putBookAge(words, value % 30 days);
        else if (which == 3) put(words, 1, u, 16, value % 10_010);
        else if (which == 4) put(words, 2, u, 16, 10_000 + value % 22_800);
        else if (which == 5) put(words, 3 + (seed >> 12) % 2, u, 16, value % 32_800);
        else if (which == 6) put(words, 5, u, 64, uint64(value));
        else put(words, 9, value % SHOCKS, 16, uint16(int16(int256((value >> 8) % 20_021) - 10_010)));
    }
}
