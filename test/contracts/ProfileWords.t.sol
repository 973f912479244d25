// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {ProfileRules} from "../../contracts/lib/ProfileRules.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {Parameters} from "./support/Parameters.sol";

contract ProfileWordsTest is Test {
    using ProfileRules for uint256[PROFILE_WORDS];
    using ProfileWords for uint256[PROFILE_WORDS];

    function test_signals_all_parameters_in_order() public pure {
        uint256[PROFILE_WORDS] memory words;
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            words[i] = uint256(keccak256(abi.encode(i)));
        }
        // Factors are below 2^15.
        for (uint256 i = 1; i < 5; ++i) {
            words[i] &= ~uint256(0x8000800080008000800080008000800080008000800080008000800080008000);
        }
        int256[] memory signals = words.signals();
        assertEq(signals.length, 1 + 6 * Spec.ASSETS + Spec.SCENARIOS * Spec.ASSETS);
        assertEq(signals[0], int256(words.pnlFactor()));
        uint256 next = 1;
        for (uint256 i = 0; i < 4 * Spec.ASSETS; ++i) {
            assertEq(signals[next++], int256(words.rate(i)));
        }
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            assertEq(signals[next++], int256(words.impact(u)));
        }
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            assertEq(signals[next++], int256(Parameters.shockCap(words, u)));
        }
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            assertEq(signals[next++], words.shock(i));
        }
    }

    /// The cap of an asset is the magnitude of its greatest shock, up or down, and no other asset's.
    function test_signals_shock_cap_of_each_asset() public pure {
        uint256[PROFILE_WORDS] memory words;
        (words[9], words[10], words[11]) = (3, uint16(int16(-7)), 5);
        words[24] |= uint256(10_000) << 240 | uint256(uint16(int16(-2))) << 16;
        int256[] memory signals = words.signals();
        uint256 first = 1 + Spec.SIGNAL_SHOCK_CAP - Spec.SIGNAL_COLLATERAL_FACTOR;
        assertEq(signals[first], 7);
        assertEq(signals[first + 1], 2);
        for (uint256 u = 2; u < 15; ++u) {
            assertEq(signals[first + u], 0);
        }
        assertEq(signals[first + 15], 10_000);
    }

    /// Each parameter of word 0 is read by itself and does not depend on its neighbours.
    function test_head_reads_every_part() public pure {
        uint256[PROFILE_WORDS] memory words;
        words[0] = 0x1234 | uint256(0x89abcdef) << 16 | uint256(0xfedcba98) << 48 | 1 << 80;
        assertEq(words.pnlFactor(), 0x1234);
        assertEq(words.maxBorrowRate(), 0x89abcdef);
        assertEq(words.bookMaxAge(), 0xfedcba98);
        assertEq(ProfileWords.HEAD_BITS, 80);
    }

    /// Lanes are compared as numbers, not bit by bit.
    function test_tightest_impact_greater() public pure {
        uint256[PROFILE_WORDS] memory a;
        uint256[PROFILE_WORDS] memory b;
        (a[5], b[5]) = (0x10000, 0xffff);
        assertEq(a.tightest(b).impact(0), 0x10000);
        assertEq(b.tightest(a).impact(0), 0x10000);
    }
}
