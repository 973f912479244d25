// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {ProfileRules} from "../../contracts/lib/ProfileRules.sol";
import {G1} from "../../contracts/types/Groth16.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {Parameters} from "./support/Parameters.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

contract RiskProfileExpiryTest is ProfileFixture {
    using ProfileRules for uint256[PROFILE_WORDS];
    using ProfileWords for uint256[PROFILE_WORDS];

    function setUp() public {
        _setUpMarket();
    }

    // shows: T15
    function test_expiry_takes_tighter_of_two() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256[PROFILE_WORDS] memory safe = _lane(_lane(words, 1, 0, 16, words.rate(0) - 500), 3, 5, 16, 9_000);
        uint64 end = uint64(block.timestamp + DELAY + 1 days);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, end, safe)));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.NotExpired.selector, end, block.timestamp));
        profile.expire();
        // Tighter than the fallback in one parameter: expiring must not loosen it.
        vm.prank(guardian);
        profile.tighten(_lane(words, 1, 0, 16, words.rate(0) - 900));
        vm.warp(end);
        assertFalse(profile.isLive());
        uint256[PROFILE_WORDS] memory expected = _lane(safe, 1, 0, 16, words.rate(0) - 900);
        G1 memory folded = _newProfile(16, expected).folded();
        uint256[PROFILE_WORDS] memory none;
        vm.expectEmit(address(profile));
        emit IRiskProfile.ProfileChanged(4, IRiskProfile.Change.Expired, expected, 0, none, folded.x, folded.y);
        vm.prank(makeAddr("anyone"));
        profile.expire();
        assertTrue(profile.isLive());
        assertEq(profile.epoch(), 4);
        assertEq(profile.expiresAt(), 0);
        assertEq(abi.encode(profile.profileWords()), abi.encode(expected));
        assertEq(abi.encode(profile.folded()), abi.encode(folded));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.NotExpired.selector, 0, block.timestamp));
        profile.expire();
    }

    // shows: P50
    /// Of two profiles within bounds the tightest is within bounds, and no looser than either.
    function test_fuzz_tightest_within_bounds(uint256 seed) public view {
        uint256[PROFILE_WORDS] memory a = vectors[0].profile;
        uint256[PROFILE_WORDS] memory b = vectors[0].profile;
        for (uint256 i = 0; i < 20; ++i) {
            a = _edited(a, uint256(keccak256(abi.encode(seed, i, "a"))));
            b = _edited(b, uint256(keccak256(abi.encode(seed, i, "b"))));
        }
        for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
            b[i] = a[i];
        }
        a.check(16);
        b.check(16);
        uint256[PROFILE_WORDS] memory words = a.tightest(b);
        words.check(16);
        assertEq(Parameters.looser(a, words), "");
        assertEq(Parameters.looser(b, words), "");
    }

    function test_expiry_refused_invalid() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        manager.grantRole(GOVERNOR_ROLE, governor, 0);
        vm.warp(block.timestamp + 30 days);
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.ExpiryInThePast.selector, block.timestamp, block.timestamp));
        profile.setProfile(words, uint64(block.timestamp), words);
        vm.expectRevert(IRiskProfile.FallbackWithoutExpiry.selector);
        profile.setProfile(words, 0, words);
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            uint256[PROFILE_WORDS] memory one;
            one[i] = 1;
            vm.expectRevert(IRiskProfile.FallbackWithoutExpiry.selector);
            profile.setProfile(words, 0, one);
        }
        uint256[PROFILE_WORDS] memory other = _lane(words, 9, 1, 16, 1);
        vm.expectPartialRevert(IRiskProfile.Loosened.selector);
        profile.setProfile(words, uint64(block.timestamp + 1), other);
        other = _lane(words, 0, 0, 16, 10_001);
        vm.expectPartialRevert(IRiskProfile.ParameterOutOfBounds.selector);
        profile.setProfile(words, uint64(block.timestamp + 1), other);
    }
}
