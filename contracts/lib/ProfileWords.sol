// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {IRiskProfile, PROFILE_WORDS} from "../interfaces/IRiskProfile.sol";

/// Reads, checks and compares risk profiles in the layout of PROFILE_WORDS; see IRiskProfile.
library ProfileWords {
    uint256 private constant LANE_MASK = 0xffff;
    uint256 private constant HEAD_BITS = 96;
    /// Lanes of 16 bits: the four columns of rates begin at word 1.
    uint256 private constant COLLATERAL_FACTOR = 0;
    uint256 private constant DEBT_FACTOR = Spec.ASSETS;
    uint256 private constant PERP_MARGIN = 2 * Spec.ASSETS;
    uint256 private constant LIQUIDITY = 3 * Spec.ASSETS;
    uint256 private constant RATES_WORD = 1;
    uint256 private constant IMPACT_WORD = RATES_WORD + 4 * Spec.ASSETS / 16;
    uint256 private constant SHOCK_WORD = IMPACT_WORD + Spec.ASSETS / 4;
    uint256 private constant FACTOR_MAX = (1 << Spec.FACTOR_BITS) - 1;

    /// Basis points.
    function pnlFactor(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return words[0] & LANE_MASK;
    }

    /// Basis points.
    function shockCap(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return (words[0] >> 16) & LANE_MASK;
    }

    /// Basis points a year.
    function maxBorrowRate(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return uint32(words[0] >> 32);
    }

    /// Seconds.
    function bookMaxAge(uint256[PROFILE_WORDS] memory words) internal pure returns (uint32) {
        return uint32(words[0] >> 64);
    }

    /// Lane `index` of the four columns of rates, read in a row: collateralFactor, debtFactor, perpMargin, liquidity.
    /// Basis points.
    function rate(uint256[PROFILE_WORDS] memory words, uint256 index) internal pure returns (uint256) {
        unchecked {
            return (words[RATES_WORD + index / 16] >> (16 * (index % 16))) & LANE_MASK;
        }
    }

    /// 10^-8 attodollars per quantum².
    function impact(uint256[PROFILE_WORDS] memory words, uint256 asset) internal pure returns (uint256) {
        unchecked {
            return uint64(words[IMPACT_WORD + asset / 4] >> (64 * (asset % 4)));
        }
    }

    /// `index` is scenario · ASSETS + asset. Signed basis points.
    function shock(uint256[PROFILE_WORDS] memory words, uint256 index) internal pure returns (int256) {
        unchecked {
            return int16(uint16(words[SHOCK_WORD + index / 16] >> (16 * (index % 16))));
        }
    }

    /// The parameters of a profile as public signals, in order: index 0 is pnlFactor, 1 shockCap, and 2 the first
    /// collateral factor. (The market's own signals, which lie between, are left out.)
    function signals(uint256[PROFILE_WORDS] memory words) internal pure returns (int256[] memory values) {
        values = new int256[](2 + Spec.SIGNALS - Spec.SIGNAL_COLLATERAL_FACTOR);
        values[0] = int256(pnlFactor(words));
        values[1] = int256(shockCap(words));
        uint256 next = 2;
        for (uint256 word = RATES_WORD; word < PROFILE_WORDS; ++word) {
            uint256 left = words[word];
            bool ofImpact = word >= IMPACT_WORD && word < SHOCK_WORD;
            for (uint256 lane = 0; lane < (ofImpact ? 4 : 16); ++lane) {
                if (ofImpact) {
                    values[next] = int256(uint256(uint64(left)));
                    left >>= 64;
                } else {
                    // Only shocks can have the sign bit set: `check` holds factors below 2^15.
                    values[next] = int16(uint16(left));
                    left >>= 16;
                }
                unchecked {
                    ++next;
                }
            }
        }
    }

    /// Least debt factor that covers the interest between two attestations, rounded up.
    function leastDebtFactor(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        uint256 interest = maxBorrowRate(words) * bookMaxAge(words);
        return Spec.BPS + (interest + Spec.YEAR_SECONDS - 1) / Spec.YEAR_SECONDS;
    }

    /// Reverts unless every parameter of the listed assets is within its hard bounds and every other slot is padding.
    function check(uint256[PROFILE_WORDS] memory words, uint256 listed) internal pure {
        if (words[0] >> HEAD_BITS != 0) revert IRiskProfile.StrayBits(0);
        _within("pnlFactor", 0, pnlFactor(words), 0, Spec.BPS);
        uint256 cap = shockCap(words);
        _within("shockCap", 0, cap, 0, Spec.BPS);
        _within("maxBorrowRate", 0, maxBorrowRate(words), 0, Spec.BORROW_RATE_MAX);
        _within("bookMaxAge", 0, bookMaxAge(words), 1, Spec.YEAR_SECONDS);

        uint256 leastDebt = leastDebtFactor(words);
        for (uint256 u = 0; u < listed; ++u) {
            _within("collateralFactor", u, rate(words, COLLATERAL_FACTOR + u), 0, Spec.BPS);
            _within("debtFactor", u, rate(words, DEBT_FACTOR + u), leastDebt, FACTOR_MAX);
            _within("perpMargin", u, rate(words, PERP_MARGIN + u), 0, FACTOR_MAX);
            _within("liquidity", u, rate(words, LIQUIDITY + u), 0, FACTOR_MAX);
        }
        for (uint256 u = listed; u < Spec.ASSETS; ++u) {
            _padded("collateralFactor", u, rate(words, COLLATERAL_FACTOR + u), 0);
            _padded("debtFactor", u, rate(words, DEBT_FACTOR + u), Spec.BPS);
            _padded("perpMargin", u, rate(words, PERP_MARGIN + u), 0);
            _padded("liquidity", u, rate(words, LIQUIDITY + u), 0);
            _padded("impact", u, impact(words, u), 0);
        }
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            int256 value = shock(words, i);
            if (value > int256(cap) || value < -int256(cap)) {
                revert IRiskProfile.ParameterOutOfBounds("shock", i, -int256(cap), int256(cap), value);
            }
            if (value != 0 && i % Spec.ASSETS >= listed) revert IRiskProfile.UnlistedSlot("shock", i);
        }
    }

    /// Reverts if a parameter of `next` is looser than in `current`, or tighter by more than one step, or if a shock
    /// differs. A change is tighter if it can only lower a health factor or shorten the life of a book.
    function requireTighter(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next) internal pure {
        uint256 step = Spec.TIGHTENING_STEP;
        _lower("pnlFactor", 0, pnlFactor(current), pnlFactor(next), step);
        _higher("shockCap", 0, shockCap(current), shockCap(next), step);
        _higher("maxBorrowRate", 0, maxBorrowRate(current), maxBorrowRate(next), Spec.TIGHTENING_RATE_STEP);
        _lower("bookMaxAge", 0, bookMaxAge(current), bookMaxAge(next), bookMaxAge(current) / 2);
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            uint256 lane = COLLATERAL_FACTOR + u;
            _lower("collateralFactor", u, rate(current, lane), rate(next, lane), step);
            lane = DEBT_FACTOR + u;
            _higher("debtFactor", u, rate(current, lane), rate(next, lane), step);
            lane = PERP_MARGIN + u;
            _higher("perpMargin", u, rate(current, lane), rate(next, lane), step);
            lane = LIQUIDITY + u;
            _higher("liquidity", u, rate(current, lane), rate(next, lane), step);
            _higher("impact", u, impact(current, u), impact(next, u), impact(current, u));
        }
        requireSameShocks(current, next);
    }

    /// Reverts if a shock differs: which of two shocks is tighter depends on the book.
    function requireSameShocks(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next)
        internal
        pure
    {
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            (int256 before, int256 got) = (shock(current, i), shock(next, i));
            if (before != got) revert IRiskProfile.Loosened("shock", i, before, got);
        }
    }

    /// Parameter by parameter the tighter of two profiles with the same shocks. If both are within bounds, so is the
    /// result: the profile with the higher borrow rate has a debt factor that covers that rate for its own age, which
    /// is no shorter than the result's.
    function tightest(uint256[PROFILE_WORDS] memory a, uint256[PROFILE_WORDS] memory b)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory words)
    {
        words[0] = _min(pnlFactor(a), pnlFactor(b)) | (_max(shockCap(a), shockCap(b)) << 16)
            | (_max(maxBorrowRate(a), maxBorrowRate(b)) << 32) | (_min(bookMaxAge(a), bookMaxAge(b)) << 64);
        for (uint256 i = 0; i < 4 * Spec.ASSETS; ++i) {
            uint256 lane = i < DEBT_FACTOR ? _min(rate(a, i), rate(b, i)) : _max(rate(a, i), rate(b, i));
            words[RATES_WORD + i / 16] |= lane << (16 * (i % 16));
        }
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words[IMPACT_WORD + u / 4] |= _max(impact(a, u), impact(b, u)) << (64 * (u % 4));
        }
        for (uint256 i = SHOCK_WORD; i < PROFILE_WORDS; ++i) {
            words[i] = a[i];
        }
    }

    function _within(bytes32 parameter, uint256 index, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) {
            revert IRiskProfile.ParameterOutOfBounds(parameter, index, int256(least), int256(most), int256(value));
        }
    }

    function _padded(bytes32 parameter, uint256 index, uint256 value, uint256 padding) private pure {
        if (value != padding) revert IRiskProfile.UnlistedSlot(parameter, index);
    }

    /// Reverts unless `got` is at most `before`, and by no more than `step` below it.
    function _lower(bytes32 parameter, uint256 index, uint256 before, uint256 got, uint256 step) private pure {
        if (got > before) revert IRiskProfile.Loosened(parameter, index, int256(before), int256(got));
        if (before - got > step) revert IRiskProfile.TightenedTooFar(parameter, index, before - step, got);
    }

    /// Reverts unless `got` is at least `before`, and by no more than `step` above it.
    function _higher(bytes32 parameter, uint256 index, uint256 before, uint256 got, uint256 step) private pure {
        if (got < before) revert IRiskProfile.Loosened(parameter, index, int256(before), int256(got));
        if (got - before > step) revert IRiskProfile.TightenedTooFar(parameter, index, before + step, got);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
