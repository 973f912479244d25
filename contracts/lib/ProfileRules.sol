// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {PROFILE_WORDS, ProfileWords} from "../types/ProfileWords.sol";

/// Holds risk profiles to their hard bounds, compares them, and takes the tighter of two.
library ProfileRules {
    uint256 private constant FACTOR_MAX = (1 << Spec.FACTOR_BITS) - 1;

    /// Least debt factor that covers the interest between two attestations, rounded up.
    /// @param words the profile
    /// @return basis points, at least 10 000
    function leastDebtFactor(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        uint256 interest = ProfileWords.maxBorrowRate(words) * ProfileWords.bookMaxAge(words);
        return Spec.BPS + (interest + Spec.YEAR_SECONDS - 1) / Spec.YEAR_SECONDS;
    }

    /// Reverts unless every parameter of the listed assets is within its hard bounds and every other slot is padding.
    /// @param words the profile
    /// @param listed number of listed assets, 1 to 16
    function check(uint256[PROFILE_WORDS] memory words, uint256 listed) internal pure {
        if (words[0] >> ProfileWords.HEAD_BITS != 0) revert IRiskProfile.StrayBits(0);
        _within("pnlFactor", 0, ProfileWords.pnlFactor(words), 0, Spec.BPS);
        _within("maxBorrowRate", 0, ProfileWords.maxBorrowRate(words), 0, Spec.BORROW_RATE_MAX);
        _within("bookMaxAge", 0, ProfileWords.bookMaxAge(words), 1, Spec.YEAR_SECONDS);

        uint256 leastDebt = leastDebtFactor(words);
        for (uint256 u = 0; u < listed; ++u) {
            _within("collateralFactor", u, ProfileWords.rate(words, ProfileWords.COLLATERAL_FACTOR + u), 0, Spec.BPS);
            _within("debtFactor", u, ProfileWords.rate(words, ProfileWords.DEBT_FACTOR + u), leastDebt, FACTOR_MAX);
            _within("perpMargin", u, ProfileWords.rate(words, ProfileWords.PERP_MARGIN + u), 0, FACTOR_MAX);
            _within("liquidity", u, ProfileWords.rate(words, ProfileWords.LIQUIDITY + u), 0, FACTOR_MAX);
        }
        for (uint256 u = listed; u < Spec.ASSETS; ++u) {
            _padded("collateralFactor", u, ProfileWords.rate(words, ProfileWords.COLLATERAL_FACTOR + u), 0);
            _padded("debtFactor", u, ProfileWords.rate(words, ProfileWords.DEBT_FACTOR + u), Spec.BPS);
            _padded("perpMargin", u, ProfileWords.rate(words, ProfileWords.PERP_MARGIN + u), 0);
            _padded("liquidity", u, ProfileWords.rate(words, ProfileWords.LIQUIDITY + u), 0);
            _padded("impact", u, ProfileWords.impact(words, u), 0);
        }
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            int256 value = ProfileWords.shock(words, i);
            if (value > int256(Spec.BPS) || value < -int256(Spec.BPS)) {
                revert IRiskProfile.ParameterOutOfBounds("shock", i, -int256(Spec.BPS), int256(Spec.BPS), value);
            }
            if (value != 0 && i % Spec.ASSETS >= listed) revert IRiskProfile.UnlistedSlot("shock", i);
        }
    }

    /// Reverts if a parameter of `next` is looser than in `current`, or tighter by more than one step, or if a shock
    /// differs. A change is tighter if it can only lower a health factor or shorten the life of a book.
    /// @param current the profile until now
    /// @param next the profile from now on
    function requireTighter(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next) internal pure {
        uint256 step = Spec.TIGHTENING_STEP;
        _lower("pnlFactor", 0, ProfileWords.pnlFactor(current), ProfileWords.pnlFactor(next), step);
        _higher(
            "maxBorrowRate",
            0,
            ProfileWords.maxBorrowRate(current),
            ProfileWords.maxBorrowRate(next),
            Spec.TIGHTENING_RATE_STEP
        );
        _lower(
            "bookMaxAge",
            0,
            ProfileWords.bookMaxAge(current),
            ProfileWords.bookMaxAge(next),
            ProfileWords.bookMaxAge(current) / 2
        );
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            uint256 lane = ProfileWords.COLLATERAL_FACTOR + u;
            _lower("collateralFactor", u, ProfileWords.rate(current, lane), ProfileWords.rate(next, lane), step);
            lane = ProfileWords.DEBT_FACTOR + u;
            _higher("debtFactor", u, ProfileWords.rate(current, lane), ProfileWords.rate(next, lane), step);
            lane = ProfileWords.PERP_MARGIN + u;
            _higher("perpMargin", u, ProfileWords.rate(current, lane), ProfileWords.rate(next, lane), step);
            lane = ProfileWords.LIQUIDITY + u;
            _higher("liquidity", u, ProfileWords.rate(current, lane), ProfileWords.rate(next, lane), step);
            _higher(
                "impact",
                u,
                ProfileWords.impact(current, u),
                ProfileWords.impact(next, u),
                ProfileWords.impact(current, u)
            );
        }
        requireSameShocks(current, next);
    }

    /// Reverts if a shock differs: which of two shocks is tighter depends on the book.
    /// @param current the profile until now
    /// @param next the profile from now on
    function requireSameShocks(uint256[PROFILE_WORDS] memory current, uint256[PROFILE_WORDS] memory next)
        internal
        pure
    {
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            (int256 before, int256 got) = (ProfileWords.shock(current, i), ProfileWords.shock(next, i));
            if (before != got) revert IRiskProfile.Loosened("shock", i, before, got);
        }
    }

    /// Parameter by parameter the tighter of two profiles with the same shocks. If both are within bounds, so is the
    /// result: the profile with the higher borrow rate has a debt factor that covers that rate for its own age, which
    /// is no shorter than the result's.
    /// @param a a profile
    /// @param b another, with the same shocks
    /// @return words the tighter of them
    function tightest(uint256[PROFILE_WORDS] memory a, uint256[PROFILE_WORDS] memory b)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory words)
    {
        words[0] = _min(ProfileWords.pnlFactor(a), ProfileWords.pnlFactor(b))
            | (_max(ProfileWords.maxBorrowRate(a), ProfileWords.maxBorrowRate(b)) << ProfileWords.BORROW_RATE_SHIFT)
            | (_min(ProfileWords.bookMaxAge(a), ProfileWords.bookMaxAge(b)) << ProfileWords.BOOK_AGE_SHIFT);
        for (uint256 i = 0; i < 4 * Spec.ASSETS; ++i) {
            uint256 lane = i < ProfileWords.DEBT_FACTOR
                ? _min(ProfileWords.rate(a, i), ProfileWords.rate(b, i))
                : _max(ProfileWords.rate(a, i), ProfileWords.rate(b, i));
            words[ProfileWords.RATES_WORD + i / 16] |= lane << (16 * (i % 16));
        }
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words[ProfileWords.IMPACT_WORD + u / 4] |= _max(ProfileWords.impact(a, u), ProfileWords.impact(b, u))
            << (64 * (u % 4));
        }
        for (uint256 i = ProfileWords.SHOCK_WORD; i < PROFILE_WORDS; ++i) {
            words[i] = a[i];
        }
    }

    /// Reverts unless a value is within its bounds.
    /// @param parameter the parameter's name, ASCII
    /// @param index slot of the asset, or scenario · 16 + slot; 0 for a parameter of the whole profile
    /// @param value the value that was given
    /// @param least lowest value
    /// @param most highest value
    function _within(bytes32 parameter, uint256 index, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) {
            revert IRiskProfile.ParameterOutOfBounds(parameter, index, int256(least), int256(most), int256(value));
        }
    }

    /// Reverts unless a slot beyond the listing has the padding's value.
    /// @param parameter the parameter's name, ASCII
    /// @param index slot of the asset, or scenario · 16 + slot; 0 for a parameter of the whole profile
    /// @param value the value that was given
    /// @param padding the value that it must have
    function _padded(bytes32 parameter, uint256 index, uint256 value, uint256 padding) private pure {
        if (value != padding) revert IRiskProfile.UnlistedSlot(parameter, index);
    }

    /// Reverts unless `got` is at most `before`, and by no more than `step` below it.
    /// @param parameter the parameter's name, ASCII
    /// @param index slot of the asset, or scenario · 16 + slot; 0 for a parameter of the whole profile
    /// @param before the value until now
    /// @param got the value that was given
    /// @param step the furthest that it may fall
    function _lower(bytes32 parameter, uint256 index, uint256 before, uint256 got, uint256 step) private pure {
        if (got > before) revert IRiskProfile.Loosened(parameter, index, int256(before), int256(got));
        if (before - got > step) revert IRiskProfile.TightenedTooFar(parameter, index, before - step, got);
    }

    /// Reverts unless `got` is at least `before`, and by no more than `step` above it.
    /// @param parameter the parameter's name, ASCII
    /// @param index slot of the asset, or scenario · 16 + slot; 0 for a parameter of the whole profile
    /// @param before the value until now
    /// @param got the value that was given
    /// @param step the furthest that it may rise
    function _higher(bytes32 parameter, uint256 index, uint256 before, uint256 got, uint256 step) private pure {
        if (got < before) revert IRiskProfile.Loosened(parameter, index, int256(before), int256(got));
        if (got - before > step) revert IRiskProfile.TightenedTooFar(parameter, index, before + step, got);
    }

    /// The lesser of two numbers.
    /// @param a one number
    /// @param b the other
    /// @return the lesser
    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// The greater of two numbers.
    /// @param a one number
    /// @param b the other
    /// @return the greater
    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
