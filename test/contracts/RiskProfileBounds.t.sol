// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {ProfileRules} from "../../contracts/lib/ProfileRules.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

/// Hard bounds.
contract RiskProfileBoundsTest is ProfileFixture {
    using ProfileRules for uint256[PROFILE_WORDS];
    using ProfileWords for uint256[PROFILE_WORDS];

    function setUp() public {
        _setUpMarket();
    }

    // shows: P50, T15
    function test_check_refuses_out_of_bounds() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        _refused(_lane(words, 0, 0, 16, 10_001), "pnlFactor", 0, 0, 10_000, 10_001);
        _refused(_withBorrowRate(words, 1_000_001), "maxBorrowRate", 0, 0, 1_000_000, 1_000_001);
        _refused(_withBookAge(words, 0), "bookMaxAge", 0, 1, 365 days, 0);
        _refused(_withBookAge(words, 365 days + 1), "bookMaxAge", 0, 1, 365 days, 365 days + 1);
        _refused(_withBookAge(words, 1 << 31), "bookMaxAge", 0, 1, 365 days, 1 << 31);
        _refused(_lane(words, 1, 3, 16, 10_001), "collateralFactor", 3, 0, 10_000, 10_001);
        int256 least = int256(words.leastDebtFactor());
        _refused(_lane(words, 2, 7, 16, uint256(least) - 1), "debtFactor", 7, least, 32_767, least - 1);
        _refused(_lane(words, 2, 7, 16, 32_768), "debtFactor", 7, least, 32_767, 32_768);
        _refused(_lane(words, 3, 15, 16, 32_768), "perpMargin", 15, 0, 32_767, 32_768);
        _refused(_lane(words, 4, 0, 16, 65_535), "liquidity", 0, 0, 32_767, 65_535);
        _refused(_lane(words, 9 + 5, 2, 16, 10_001), "shock", 5 * 16 + 2, -10_000, 10_000, 10_001);
        _refused(_lane(words, 9 + 5, 2, 16, uint16(int16(-10_001))), "shock", 5 * 16 + 2, -10_000, 10_000, -10_001);
        words[0] |= 1 << 80;
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.StrayBits.selector, 0));
        _newProfile(16, words);
    }

    // shows: P50, T15
    function test_check_reaches_first_and_last_shock() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        this.check(words);
        vm.expectPartialRevert(IRiskProfile.ParameterOutOfBounds.selector);
        this.check(_lane(words, ProfileWords.SHOCK_WORD, 0, 16, 32_767));
        vm.expectPartialRevert(IRiskProfile.ParameterOutOfBounds.selector);
        this.check(_lane(words, PROFILE_WORDS - 1, 15, 16, 32_767));
    }

    function test_check_accepts_at_bounds() public view {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        this.check(_lane(words, 0, 0, 16, 0));
        this.check(_lane(words, 0, 0, 16, 10_000));
        this.check(_lane(words, 1, 3, 16, 0));
        this.check(_lane(words, 1, 3, 16, 10_000));
        this.check(_lane(words, 2, 7, 16, words.leastDebtFactor()));
        this.check(_lane(words, 2, 7, 16, 32_767));
        this.check(_lane(words, 3, 15, 16, 32_767));
        this.check(_lane(words, 4, 0, 16, 32_767));
        this.check(_lane(words, 9 + 5, 2, 16, 10_000));
        this.check(_lane(words, 9 + 5, 2, 16, uint16(int16(-10_000))));
    }

    /// Rounded up, where there is something to round.
    function test_least_debt_factor_rounded_up() public view {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        assertEq(_withBookAge(_withBorrowRate(words, 0), 365 days).leastDebtFactor(), 10_000);
        assertEq(_withBookAge(_withBorrowRate(words, 1), 1).leastDebtFactor(), 10_001);
        assertEq(_withBookAge(_withBorrowRate(words, 1_000), 365 days - 1).leastDebtFactor(), 11_000);
        assertEq(_withBookAge(_withBorrowRate(words, 1_000), 365 days).leastDebtFactor(), 11_000);
        assertEq(_withBookAge(_withBorrowRate(words, 73), 5 days).leastDebtFactor(), 10_001);
    }

    // shows: P50, T15
    function test_fuzz_debt_factor_covers_interest(uint32 rate, uint32 age) public {
        rate = uint32(bound(rate, 0, Spec.BORROW_RATE_MAX));
        age = uint32(bound(age, 1, Spec.YEAR_SECONDS));
        uint256[PROFILE_WORDS] memory words = _withBookAge(_withBorrowRate(vectors[0].profile, rate), age);
        // ⌈10^4 + rate·age / year⌉, computed in another way.
        uint256 least = 10_000 + uint256(rate) * age / 365 days;
        if (uint256(rate) * age % 365 days != 0) ++least;
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words = _lane(words, 2, u, 16, least > 32_767 ? 32_767 : least);
        }
        if (least > 32_767) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRiskProfile.ParameterOutOfBounds.selector, bytes32("debtFactor"), 0, least, 32_767, 32_767
                )
            );
            this.check(words);
            return;
        }
        this.check(words);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskProfile.ParameterOutOfBounds.selector, bytes32("debtFactor"), 4, least, 32_767, least - 1
            )
        );
        this.check(_lane(words, 2, 4, 16, least - 1));
    }

    /// The library's check, without a profile contract.
    function check(uint256[PROFILE_WORDS] memory words) external pure {
        words.check(16);
    }

    // shows: P50, T15
    /// Governance is held to the bounds, as the deployer is.
    function test_set_profile_refused_out_of_bounds() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256[PROFILE_WORDS] memory none;
        manager.grantRole(GOVERNOR_ROLE, governor, 0);
        vm.warp(block.timestamp + 30 days);
        vm.startPrank(governor);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskProfile.ParameterOutOfBounds.selector, bytes32("pnlFactor"), 0, 0, 10_000, 10_001
            )
        );
        profile.setProfile(_lane(words, 0, 0, 16, 10_001), 0, none);
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.StrayBits.selector, 0));
        profile.setProfile(_lane(words, 0, 80, 1, 1), uint64(block.timestamp + 1), words);
        assertEq(profile.epoch(), 1);
    }

    function test_check_refuses_beyond_listing() public {
        uint256[PROFILE_WORDS] memory words = _padded(12);
        _newProfile(12, words);
        _unlisted(_lane(words, 1, 12, 16, 1), "collateralFactor", 12);
        _unlisted(_lane(words, 2, 13, 16, 10_001), "debtFactor", 13);
        _unlisted(_lane(words, 3, 14, 16, 1), "perpMargin", 14);
        _unlisted(_lane(words, 4, 15, 16, 1), "liquidity", 15);
        _unlisted(_lane(words, 5 + 3, 1, 64, 1), "impact", 13);
        _unlisted(_lane(words, 9 + 2, 12, 16, 1), "shock", 2 * 16 + 12);
    }

    function test_listing_refused_out_of_bounds() public {
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, vectors[0].listing, 0));
        _newProfile(0, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, vectors[0].listing, 17));
        _newProfile(17, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, Spec.FIELD_R, 16));
        new RiskProfile(address(manager), table, Spec.FIELD_R, 16, vectors[0].profile);
        uint256 greatest = Spec.FIELD_R - 1;
        assertEq(new RiskProfile(address(manager), table, greatest, 16, vectors[0].profile).listing(), greatest);
    }

    function _refused(
        uint256[PROFILE_WORDS] memory words,
        bytes32 parameter,
        uint256 index,
        int256 least,
        int256 most,
        int256 got
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRiskProfile.ParameterOutOfBounds.selector, parameter, index, least, most, got)
        );
        _newProfile(16, words);
    }

    function _unlisted(uint256[PROFILE_WORDS] memory words, bytes32 parameter, uint256 index) private {
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.UnlistedSlot.selector, parameter, index));
        _newProfile(12, words);
    }
}
