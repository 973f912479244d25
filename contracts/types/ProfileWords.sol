// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Spec} from "../generated/Spec.sol";

// A risk profile in 25 words. From the least significant bit of each word:
//   word 0       bits 0–15 pnlFactor, 16–47 maxBorrowRate, 48–79 bookMaxAge; the rest must be 0
//   words 1…4    collateralFactor, debtFactor, perpMargin, liquidity: one word each, a 16-bit lane for each asset
//   words 5…8    impact: 64-bit lanes, four assets a word
//   words 9…24   one word for each of 16 scenarios: a 16-bit lane, two's complement, for the shock of each asset
//
// Units and hard bounds, for listed assets:
//   pnlFactor               basis points, 0 to 10 000
//   maxBorrowRate           basis points a year, 0 to 1 000 000
//   bookMaxAge              seconds, 1 to 31 536 000
//   collateralFactor        basis points, 0 to 10 000
//   debtFactor              basis points, 10 000 + maxBorrowRate · bookMaxAge / 31 536 000, rounded up, to 32 767
//   perpMargin, liquidity   basis points, 0 to 32 767
//   impact                  10^-8 attodollars per quantum², 0 to 2^64 − 1
//   shock                   basis points, −10 000 to 10 000
// A slot beyond the listing has a debtFactor of 10 000 and zeros elsewhere.
uint256 constant PROFILE_WORDS = 25;

/// Reads risk profiles in the layout of PROFILE_WORDS; see IRiskProfile. ProfileRules holds them to their bounds.
library ProfileWords {
    uint256 private constant LANE_MASK = 0xffff;
    /// Bits of word 0 that mean something.
    uint256 internal constant HEAD_BITS = 80;
    /// Where in word 0 the parameters after pnlFactor begin.
    uint256 internal constant BORROW_RATE_SHIFT = 16;
    uint256 internal constant BOOK_AGE_SHIFT = 48;
    /// The four columns of rates in a row: the lane of 16 bits, counted from RATES_WORD, at which each begins.
    uint256 internal constant COLLATERAL_FACTOR = 0;
    uint256 internal constant DEBT_FACTOR = Spec.ASSETS;
    uint256 internal constant PERP_MARGIN = 2 * Spec.ASSETS;
    uint256 internal constant LIQUIDITY = 3 * Spec.ASSETS;
    /// The words at which rates, impacts and shocks begin.
    uint256 internal constant RATES_WORD = 1;
    uint256 internal constant IMPACT_WORD = RATES_WORD + 4 * Spec.ASSETS / 16;
    uint256 internal constant SHOCK_WORD = IMPACT_WORD + Spec.ASSETS / 4;

    /// The factor of unrealised profit.
    /// @param words the profile
    /// @return basis points
    function pnlFactor(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return words[0] & LANE_MASK;
    }

    /// The highest borrow rate.
    /// @param words the profile
    /// @return basis points a year
    function maxBorrowRate(uint256[PROFILE_WORDS] memory words) internal pure returns (uint256) {
        return uint32(words[0] >> BORROW_RATE_SHIFT);
    }

    /// The longest time between two attestations of a book.
    /// @param words the profile
    /// @return seconds
    function bookMaxAge(uint256[PROFILE_WORDS] memory words) internal pure returns (uint32) {
        return uint32(words[0] >> BOOK_AGE_SHIFT);
    }

    /// A lane of the four columns of rates.
    /// @param words the profile
    /// @param index lane in the four columns read in a row: collateralFactor, debtFactor, perpMargin, liquidity
    /// @return basis points
    function rate(uint256[PROFILE_WORDS] memory words, uint256 index) internal pure returns (uint256) {
        unchecked {
            return (words[RATES_WORD + index / 16] >> (16 * (index % 16))) & LANE_MASK;
        }
    }

    /// The impact of an asset.
    /// @param words the profile
    /// @param asset its slot in the listing
    /// @return 10^-8 attodollars per quantum²
    function impact(uint256[PROFILE_WORDS] memory words, uint256 asset) internal pure returns (uint256) {
        unchecked {
            return uint64(words[IMPACT_WORD + asset / 4] >> (64 * (asset % 4)));
        }
    }

    /// A shock.
    /// @param words the profile
    /// @param index scenario · ASSETS + asset
    /// @return signed basis points
    function shock(uint256[PROFILE_WORDS] memory words, uint256 index) internal pure returns (int256) {
        unchecked {
            return int16(uint16(words[SHOCK_WORD + index / 16] >> (16 * (index % 16))));
        }
    }

    /// What the shocks of a profile hash to: a sleeve's numbers are made for them.
    /// @param words the profile
    /// @return digest keccak256 of the words of shocks, 9 to 24
    function hashOfShocks(uint256[PROFILE_WORDS] memory words) internal pure returns (bytes32 digest) {
        uint256 at = SHOCK_WORD * 32;
        uint256 length = (PROFILE_WORDS - SHOCK_WORD) * 32;
        // Hashes them where they are.
        assembly ("memory-safe") {
            digest := keccak256(add(words, at), length)
        }
    }

    /// The parameters of a profile as public signals, in order: index 0 is pnlFactor, and from 1 on they are the signals
    /// from the first collateral factor to the last. (The market's own signals, which lie between, are left out.) The
    /// shock cap of an asset is no parameter: it is the magnitude of the asset's greatest shock.
    /// @param words the profile, within its bounds
    /// @return values the 353 parameters that are signals
    function signals(uint256[PROFILE_WORDS] memory words) internal pure returns (int256[] memory values) {
        // Nothing here can overflow, and a change of the profile runs through it twice.
        unchecked {
            values = new int256[](1 + Spec.SIGNALS - Spec.SIGNAL_COLLATERAL_FACTOR);
            values[0] = int256(pnlFactor(words));
            uint256 next = 1;
            for (uint256 word = RATES_WORD; word < IMPACT_WORD; ++word) {
                uint256 left = words[word];
                for (uint256 lane = 0; lane < 16; ++lane) {
                    values[next++] = int256(left & LANE_MASK);
                    left >>= 16;
                }
            }
            for (uint256 word = IMPACT_WORD; word < SHOCK_WORD; ++word) {
                uint256 left = words[word];
                for (uint256 lane = 0; lane < 4; ++lane) {
                    values[next++] = int256(uint256(uint64(left)));
                    left >>= 64;
                }
            }
            uint256 caps = next;
            next += Spec.ASSETS;
            for (uint256 word = SHOCK_WORD; word < PROFILE_WORDS; ++word) {
                uint256 left = words[word];
                for (uint256 lane = 0; lane < 16; ++lane) {
                    int256 value = int16(uint16(left));
                    left >>= 16;
                    values[next++] = value;
                    if (value < 0) value = -value;
                    // A scenario's shocks begin with the first asset's, and fill whole words.
                    uint256 cap = caps + ((word - SHOCK_WORD) * 16 + lane) % Spec.ASSETS;
                    if (value > values[cap]) values[cap] = value;
                }
            }
        }
    }
}
