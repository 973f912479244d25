// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {Parameters} from "./support/Parameters.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

contract RiskProfileTighteningTest is ProfileFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    function test_tightening_at_once_by_guardian() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256[PROFILE_WORDS] memory next = _lane(words, 1, 1, 16, words.rate(1) - 1_000);
        RiskProfile fresh = _newProfile(16, next);
        vm.prank(guardian);
        profile.tighten(next);
        assertEq(profile.epoch(), 2);
        assertEq(profile.tightenedAt(), block.timestamp);
        assertEq(abi.encode(profile.folded()), abi.encode(fresh.folded()));
        vm.warp(block.timestamp + 1 days);
        vm.prank(guardian);
        vm.expectRevert(IRiskProfile.NothingChanged.selector);
        profile.tighten(next);
    }

    // shows: P49, T15
    function test_tightening_refuses_loosening() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        // Debt factors with room below them, so that the error is the loosening's.
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words = _lane(words, 2, u, 16, 11_000);
        }
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, 0, none)));
        _loosened(_lane(words, 0, 0, 16, words.pnlFactor() + 1), "pnlFactor", 0);
        _loosened(_withBookAge(words, words.bookMaxAge() + 1), "bookMaxAge", 0);
        _loosened(_withBorrowRate(words, words.maxBorrowRate() - 1), "maxBorrowRate", 0);
        _loosened(_lane(words, 1, 2, 16, words.rate(2) + 1), "collateralFactor", 2);
        _loosened(_lane(words, 2, 2, 16, words.rate(18) - 1), "debtFactor", 2);
        _loosened(_lane(words, 3, 2, 16, words.rate(34) - 1), "perpMargin", 2);
        _loosened(_lane(words, 4, 2, 16, words.rate(50) - 1), "liquidity", 2);
        _loosened(_lane(words, 5, 0, 64, words.impact(0) - 1), "impact", 0);
        // Which of two shocks is tighter depends on the book: even a greater one is refused.
        for (uint256 i = 0; i < Spec.SCENARIOS * Spec.ASSETS; i += 17) {
            uint256 other = words.shock(i) == 1 ? 0 : 1;
            _loosened(_lane(words, 9 + i / 16, i % 16, 16, other), "shock", i);
        }
    }

    // shows: P49, T15
    /// The shock cap of an asset has no step of its own: neither the shock that makes it may move, nor another to where
    /// it would make it.
    function test_tightening_leaves_shock_cap() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256 cap = Parameters.shockCap(words, 0);
        for (uint256 s = 0; s < Spec.SCENARIOS; ++s) {
            int256 shock = words.shock(s * Spec.ASSETS);
            bool makesCap = (shock < 0 ? -shock : shock) == int256(cap);
            int256 other = makesCap ? shock - shock / 2 : int256(cap) + 1;
            _loosened(_lane(words, 9 + s, 0, 16, uint16(int16(other))), "shock", s * Spec.ASSETS);
        }
    }

    /// Bits that mean nothing make nothing looser, and are refused.
    function test_tightening_refused_out_of_bounds() public {
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.StrayBits.selector, 0));
        vm.prank(guardian);
        profile.tighten(_lane(vectors[0].profile, 0, 80, 1, 1));
    }

    // shows: P49
    function test_tightening_waits_for_interval() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256 first = block.timestamp;
        vm.prank(guardian);
        profile.tighten(_lane(words, 4, 0, 16, words.rate(48) + 1));
        uint256[PROFILE_WORDS] memory next = _lane(words, 4, 0, 16, words.rate(48) + 2);
        _tooSoon(next, first + 1 days);
        manager.grantRole(GOVERNOR_ROLE, address(this), 0);
        profile.setProfile(words, uint64(first + 1 hours), words);
        _tooSoon(next, first + 1 days);
        vm.warp(first + 1 hours);
        profile.expire();
        vm.warp(first + 1 days - 1);
        _tooSoon(next, first + 1 days);
        vm.warp(first + 1 days);
        vm.prank(guardian);
        profile.tighten(next);
        assertEq(profile.tightenedAt(), first + 1 days);
    }

    // shows: P49, A21
    /// Each parameter by one step, and by one more.
    function test_tightening_one_step_at_most() public {
        assertEq(profile.TIGHTENING_INTERVAL(), 1 days);
        assertEq(profile.TIGHTENING_STEP(), 1_000);
        assertEq(profile.TIGHTENING_RATE_STEP(), 10_000);
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        words = _lane(words, 0, 0, 16, 9_000);
        words = _withBorrowRate(words, 500);
        words = _withBookAge(words, 86_401);
        for (uint256 u = 0; u < Spec.ASSETS; ++u) {
            words = _lane(words, 1, u, 16, 5_000);
            words = _lane(_lane(_lane(words, 2, u, 16, 11_000), 3, u, 16, 700), 4, u, 16, 0);
            words = _lane(words, 5 + u / 4, u % 4, 64, u == 1 ? 0 : 7);
        }
        manager.grantRole(GOVERNOR_ROLE, address(this), 0);
        profile.setProfile(words, 0, none);
        _step(words, "pnlFactor", 0, [uint256(0), 0, 16], 8_000, 7_999);
        _step(_withBorrowRate(words, 10_500), _withBorrowRate(words, 10_501), "maxBorrowRate", 0, 10_500, 10_501);
        _step(_withBookAge(words, 43_201), _withBookAge(words, 43_200), "bookMaxAge", 0, 43_201, 43_200);
        for (uint256 u = 0; u < Spec.ASSETS; u += 15) {
            _step(words, "collateralFactor", u, [1, u, 16], 4_000, 3_999);
            _step(words, "debtFactor", u, [2, u, 16], 12_000, 12_001);
            _step(words, "perpMargin", u, [3, u, 16], 1_700, 1_701);
            _step(words, "liquidity", u, [4, u, 16], 1_000, 1_001);
            _step(words, "impact", u, [5 + u / 4, u % 4, 64], 14, 15);
        }
        _tooFar(_lane(words, 5, 1, 64, 1), "impact", 1, 0, 1);
    }

    /// A lane may go to `furthest`, and not to `beyond`.
    function _step(
        uint256[PROFILE_WORDS] memory words,
        bytes32 parameter,
        uint256 index,
        uint256[3] memory at,
        uint256 furthest,
        uint256 beyond
    ) private {
        _step(
            _lane(words, at[0], at[1], at[2], furthest),
            _lane(words, at[0], at[1], at[2], beyond),
            parameter,
            index,
            furthest,
            beyond
        );
    }

    function _step(
        uint256[PROFILE_WORDS] memory atFurthest,
        uint256[PROFILE_WORDS] memory atBeyond,
        bytes32 parameter,
        uint256 index,
        uint256 furthest,
        uint256 beyond
    ) private {
        _tooFar(atBeyond, parameter, index, furthest, beyond);
        uint256 snapshot = vm.snapshotState();
        vm.prank(guardian);
        profile.tighten(atFurthest);
        vm.revertToState(snapshot);
    }

    function _tooFar(uint256[PROFILE_WORDS] memory next, bytes32 parameter, uint256 index, uint256 most, uint256 got)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.TightenedTooFar.selector, parameter, index, most, got));
        vm.prank(guardian);
        profile.tighten(next);
    }

    function _tooSoon(uint256[PROFILE_WORDS] memory next, uint256 earliest) private {
        vm.expectRevert(
            abi.encodeWithSelector(IRiskProfile.TightenedTooSoon.selector, earliest, block.timestamp)
        );
        vm.prank(guardian);
        profile.tighten(next);
    }

    function test_tightening_refuses_changed_shock() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        int256 before = words.shock(5);
        uint256[PROFILE_WORDS] memory next = _lane(words, 9, 5, 16, uint16(int16(before + 1)));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.Loosened.selector, bytes32("shock"), 5, before, before + 1));
        vm.prank(guardian);
        profile.tighten(next);
    }

    // shows: P49, T15
    /// The guardian may set a profile if and only if nothing is looser, nothing moves more than one step, and something
    /// moves.
    function test_fuzz_tightening_never_loosens(uint256 seed) public {
        uint256[PROFILE_WORDS] memory current = vectors[0].profile;
        uint256[PROFILE_WORDS] memory next = current;
        for (uint256 i = 0; i < 1 + seed % 3; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            next = seed % 4 == 0 ? _edited(next, draw) : Parameters.tightened(next, draw);
        }
        vm.assume(bytes(Parameters.unbounded(next)).length == 0);
        bool tighter = bytes(Parameters.looser(current, next)).length == 0
            && bytes(Parameters.tooFar(current, next)).length == 0
            && keccak256(abi.encode(current)) != keccak256(abi.encode(next));
        vm.prank(guardian);
        try profile.tighten(next) {
            assertTrue(tighter);
            assertLe(next.pnlFactor(), current.pnlFactor());
            assertGe(next.maxBorrowRate(), current.maxBorrowRate());
            assertLe(next.bookMaxAge(), current.bookMaxAge());
            for (uint256 u = 0; u < 16; ++u) {
                assertLe(next.rate(u), current.rate(u));
                assertGe(next.rate(16 + u), current.rate(16 + u));
                assertGe(next.rate(32 + u), current.rate(32 + u));
                assertGe(next.rate(48 + u), current.rate(48 + u));
                assertGe(next.impact(u), current.impact(u));
                assertEq(Parameters.shockCap(next, u), Parameters.shockCap(current, u));
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
