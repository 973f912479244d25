// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {RiskProfile} from "../RiskProfile.sol";
import {Spec} from "../generated/Spec.sol";
import {IRiskProfile, PROFILE_WORDS} from "../interfaces/IRiskProfile.sol";
import {ProfileWords} from "../lib/ProfileWords.sol";
import {Parameters} from "./support/Parameters.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

contract RiskProfileTighteningTest is ProfileFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    function test_guardianTightensAtOnce() public {
        uint256[PROFILE_WORDS] memory next = _lane(vectors[0].profile, 1, 1, 16, 1);
        RiskProfile fresh = _newProfile(16, next);
        vm.prank(guardian);
        profile.tighten(next);
        assertEq(profile.epoch(), 2);
        assertEq(abi.encode(profile.folded()), abi.encode(fresh.folded()));
        vm.prank(guardian);
        vm.expectRevert(IRiskProfile.NothingChanged.selector);
        profile.tighten(next);
    }

    function test_guardianCannotLoosenAnything() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        // Debt factors with room below them, so that it is the loosening that is refused.
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words = _lane(words, 2, u, 16, 11_000);
        }
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, 0, none)));
        _loosened(_lane(words, 0, 0, 16, words.pnlFactor() + 1), "pnlFactor", 0);
        _loosened(_lane(words, 0, 2, 32, words.bookMaxAge() + 1), "bookMaxAge", 0);
        _loosened(_lane(words, 0, 1, 32, words.maxBorrowRate() - 1), "maxBorrowRate", 0);
        _loosened(_lane(words, 1, 2, 16, words.rate(2) + 1), "collateralFactor", 2);
        _loosened(_lane(words, 2, 2, 16, words.rate(18) - 1), "debtFactor", 2);
        _loosened(_lane(words, 3, 2, 16, words.rate(34) - 1), "perpMargin", 2);
        _loosened(_lane(words, 4, 2, 16, words.rate(50) - 1), "liquidity", 2);
        _loosened(_lane(words, 5, 0, 64, words.impact(0) - 1), "impact", 0);
        // Whether another shock is tighter depends on the book: even a greater one is refused.
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; i += 17) {
            uint256 other = words.shock(i) == 1 ? 0 : 1;
            _loosened(_lane(words, 9 + i / 16, i % 16, 16, other), "shock", i);
        }
        // A lower cap is looser; here a shock would be above it, so the shocks must be none.
        for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
            words[i] = 0;
        }
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, 0, none)));
        _loosened(_lane(words, 0, 1, 16, words.shockCap() - 1), "shockCap", 0);
    }

    function test_saysOfAShockWhatItIsAndWhatItWouldBe() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        int256 before = words.shock(5);
        uint256[PROFILE_WORDS] memory next = _lane(words, 9, 5, 16, uint16(int16(before + 1)));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.Loosened.selector, bytes32("shock"), 5, before, before + 1));
        vm.prank(guardian);
        profile.tighten(next);
    }

    /// The guardian gets through whatever has nothing looser in it and is not what is there, and nothing else.
    function testFuzz_tightenNeverLoosens(uint256 seed) public {
        uint256[PROFILE_WORDS] memory current = vectors[0].profile;
        uint256[PROFILE_WORDS] memory next = current;
        for (uint256 i = 0; i < 1 + seed % 3; ++i) {
            next = _edited(next, uint256(keccak256(abi.encode(seed, i))));
        }
        bool tighter = bytes(Parameters.looser(current, next)).length == 0
            && keccak256(abi.encode(current)) != keccak256(abi.encode(next));
        vm.prank(guardian);
        try profile.tighten(next) {
            assertTrue(tighter);
            assertLe(next.pnlFactor(), current.pnlFactor());
            assertGe(next.shockCap(), current.shockCap());
            assertLe(next.bookMaxAge(), current.bookMaxAge());
            for (uint256 u = 0; u < 16; ++u) {
                assertLe(next.rate(u), current.rate(u));
                assertGe(next.rate(16 + u), current.rate(16 + u));
                assertGe(next.rate(32 + u), current.rate(32 + u));
                assertGe(next.rate(48 + u), current.rate(48 + u));
                assertGe(next.impact(u), current.impact(u));
            }
            for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
                assertEq(next[i], current[i]);
            }
        } catch {
            assertFalse(tighter);
            assertEq(abi.encode(profile.profileWords()), abi.encode(current));
            assertEq(profile.epoch(), 1);
        }
    }

    function _loosened(uint256[PROFILE_WORDS] memory words, bytes32 parameter, uint256 index) private {
        vm.prank(guardian);
        try profile.tighten(words) {
            fail();
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IRiskProfile.Loosened.selector);
            (bytes32 named, uint256 at) = this.namedIn(reason);
            assertEq(named, parameter);
            assertEq(at, index);
        }
    }

    /// The first two words of an error.
    function namedIn(bytes calldata reason) external pure returns (bytes32, uint256) {
        return abi.decode(reason[4:68], (bytes32, uint256));
    }
}
