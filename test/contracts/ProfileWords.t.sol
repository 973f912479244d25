// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {ProfileRules} from "../../contracts/lib/ProfileRules.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";

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
        assertEq(signals.length, 2 + 5 * Spec.ASSETS + Spec.SCENARIOS * Spec.ASSETS);
        assertEq(signals[0], int256(words.pnlFactor()));
        assertEq(signals[1], int256(words.shockCap()));
        uint256 next = 2;
        for (uint256 i = 0; i < 4 * Spec.ASSETS; ++i) {
            assertEq(signals[next++], int256(words.rate(i)));
        }
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            assertEq(signals[next++], int256(words.impact(u)));
        }
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; ++i) {
            assertEq(signals[next++], words.shock(i));
        }
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
