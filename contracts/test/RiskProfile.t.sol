// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {console} from "forge-std/Test.sol";
import {RiskProfile} from "../RiskProfile.sol";
import {Spec} from "../generated/Spec.sol";
import {IRiskProfile, PROFILE_WORDS} from "../interfaces/IRiskProfile.sol";
import {Bn254, Sum} from "../lib/Bn254.sol";
import {ProfileWords} from "../lib/ProfileWords.sol";
import {G1} from "../lib/Types.sol";
import {MarketFixture} from "./support/Market.sol";

contract RiskProfileTest is MarketFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    function test_foldsAsTypeScriptDoes() public view {
        assertEq(abi.encode(profile.folded()), abi.encode(vectors[0].profilePoint));
        assertEq(profile.epoch(), 1);
        assertEq(profile.epochSince(), block.timestamp);
        assertEq(profile.bookMaxAge(), vectors[0].profile.bookMaxAge());
        assertEq(abi.encode(profile.profileWords()), abi.encode(vectors[0].profile));
        assertTrue(profile.isLive());
    }

    function test_wordsFitTheSpec() public pure {
        assertEq(PROFILE_WORDS, 1 + 4 * Spec.ASSETS / 16 + Spec.ASSETS / 4 + Spec.SCENARIOS * Spec.ASSETS / 16);
    }

    function test_gasOfAWholeChange() public {
        uint256[PROFILE_WORDS] memory other = _allOther();
        uint256 before = gasleft();
        _newProfile(16, other);
        console.log("gas of deploying a profile", before - gasleft());
        manager.grantRole(GOVERNOR_ROLE, governor, 0);
        vm.warp(block.timestamp + 30 days);
        vm.cool(address(profile));
        before = gasleft();
        vm.prank(governor);
        profile.setProfile(other, 0, none);
        uint256 used = before - gasleft();
        console.log("gas of changing all parameters of a profile", used);
        assertLe(used, 4_000_000);
    }

    /// A change folds the differences at once; it must end where one ecMul for each signal ends.
    function testFuzz_changeFoldsTheDifferences(uint256 seed) public {
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        for (uint256 i = 0; i < 1 + seed % 12; ++i) {
            next = _edited(next, uint256(keccak256(abi.encode(seed, i))));
        }
        G1 memory expected = _changed(profile.folded(), vectors[0].profile.signals(), next.signals());
        _execute(address(profile), abi.encodeCall(profile.setProfile, (next, 0, none)));
        assertEq(abi.encode(profile.folded()), abi.encode(expected));
        assertEq(profile.epoch(), 2);
        assertEq(profile.epochSince(), block.timestamp);
    }

    function test_wholeChangeEqualsFoldingAnew() public {
        uint256[PROFILE_WORDS] memory next = _allOther();
        _execute(address(profile), abi.encodeCall(profile.setProfile, (next, 0, none)));
        assertEq(abi.encode(profile.folded()), abi.encode(_newProfile(16, next).folded()));
    }

    function test_changeEmitsAllOfIt() public {
        uint256[PROFILE_WORDS] memory next = _lane(vectors[0].profile, 1, 0, 16, 9_000);
        RiskProfile fresh = _newProfile(16, next);
        bytes memory data = abi.encodeCall(profile.setProfile, (next, uint64(block.timestamp + 30 days), next));
        vm.startPrank(governor);
        manager.schedule(address(profile), data, 0);
        vm.expectEmit(address(profile));
        emit IRiskProfile.ProfileChanged(
            2,
            IRiskProfile.Change.Set,
            next,
            uint64(block.timestamp + 30 days),
            next,
            fresh.folded().x,
            fresh.folded().y
        );
        vm.warp(block.timestamp + DELAY);
        manager.execute(address(profile), data);
        vm.stopPrank();
    }

    // Who may do what.

    function test_nothingLoosensBeforeItsDelay() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        bytes memory data = abi.encodeCall(profile.setProfile, (words, 0, none));
        vm.startPrank(governor);
        manager.schedule(address(profile), data, 0);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert();
        manager.execute(address(profile), data);
        vm.warp(block.timestamp + 1);
        manager.execute(address(profile), data);
        vm.stopPrank();
        assertEq(profile.epoch(), 2);
    }

    function test_governorCannotSkipTheDelay() public {
        vm.prank(governor);
        vm.expectRevert();
        profile.setProfile(vectors[0].profile, 0, none);
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        profile.setProfile(vectors[0].profile, 0, none);
        profile.pause();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        profile.unpause();
    }

    function testFuzz_nobodyElse(address who) public {
        vm.assume(who != guardian && who != governor && who != address(this) && who != address(manager));
        vm.startPrank(who);
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who);
        vm.expectRevert(refusal);
        profile.setProfile(vectors[0].profile, 0, none);
        vm.expectRevert(refusal);
        profile.tighten(vectors[0].profile);
        vm.expectRevert(refusal);
        profile.pause();
        vm.expectRevert(refusal);
        profile.unpause();
    }

    // Hard bounds.

    function test_refusesOutOfBounds() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        _refused(_lane(words, 0, 0, 16, 10_001), "pnlFactor", 0, 0, 10_000, 10_001);
        _refused(_lane(words, 0, 1, 16, 10_001), "shockCap", 0, 0, 10_000, 10_001);
        _refused(_lane(words, 0, 1, 32, 1_000_001), "maxBorrowRate", 0, 0, 1_000_000, 1_000_001);
        _refused(_lane(words, 0, 2, 32, 0), "bookMaxAge", 0, 1, 365 days, 0);
        _refused(_lane(words, 0, 2, 32, 365 days + 1), "bookMaxAge", 0, 1, 365 days, 365 days + 1);
        _refused(_lane(words, 1, 3, 16, 10_001), "collateralFactor", 3, 0, 10_000, 10_001);
        int256 least = int256(words.leastDebtFactor());
        _refused(_lane(words, 2, 7, 16, uint256(least) - 1), "debtFactor", 7, least, 32_767, least - 1);
        _refused(_lane(words, 2, 7, 16, 32_768), "debtFactor", 7, least, 32_767, 32_768);
        _refused(_lane(words, 3, 15, 16, 32_768), "perpMargin", 15, 0, 32_767, 32_768);
        _refused(_lane(words, 4, 0, 16, 65_535), "liquidity", 0, 0, 32_767, 65_535);
        int256 cap = int256(words.shockCap());
        _refused(_lane(words, 9 + 5, 2, 16, uint256(cap + 1)), "shock", 5 * 16 + 2, -cap, cap, cap + 1);
        _refused(_lane(words, 9 + 5, 2, 16, uint16(int16(-cap - 1))), "shock", 5 * 16 + 2, -cap, cap, -cap - 1);
        words[0] |= 1 << 96;
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.StrayBits.selector, 0));
        _newProfile(16, words);
    }

    function testFuzz_debtFactorCoversTheInterest(uint32 rate, uint32 age) public {
        rate = uint32(bound(rate, 0, Spec.BORROW_RATE_MAX));
        age = uint32(bound(age, 1, Spec.YEAR_SECONDS));
        uint256[PROFILE_WORDS] memory words = _lane(_lane(vectors[0].profile, 0, 1, 32, rate), 0, 2, 32, age);
        // ⌈10^4 + rate·age / year⌉, by another road.
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

    /// The contract's check, without a contract.
    function check(uint256[PROFILE_WORDS] memory words) external pure {
        words.check(16);
    }

    function test_refusesParametersBeyondTheListing() public {
        uint256[PROFILE_WORDS] memory words = _padded(12);
        _newProfile(12, words);
        _unlisted(_lane(words, 1, 12, 16, 1), "collateralFactor", 12);
        _unlisted(_lane(words, 2, 13, 16, 10_001), "debtFactor", 13);
        _unlisted(_lane(words, 3, 14, 16, 1), "perpMargin", 14);
        _unlisted(_lane(words, 4, 15, 16, 1), "liquidity", 15);
        _unlisted(_lane(words, 5 + 3, 1, 64, 1), "impact", 13);
        _unlisted(_lane(words, 9 + 2, 12, 16, 1), "shock", 2 * 16 + 12);
    }

    function test_refusesListingsOutOfBounds() public {
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, vectors[0].listing, 0));
        _newProfile(0, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, vectors[0].listing, 17));
        _newProfile(17, vectors[0].profile);
        vm.expectRevert(abi.encodeWithSelector(RiskProfile.ListingInvalid.selector, Spec.FIELD_R, 16));
        new RiskProfile(address(manager), table, Spec.FIELD_R, 16, vectors[0].profile);
    }

    // Tightening.

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
        _loosened(_lane(words, 9, 1, 16, 1), "shock", 1);
        // A lower cap is looser; here a shock would be above it, so the shocks must be none.
        for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
            words[i] = 0;
        }
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, 0, none)));
        _loosened(_lane(words, 0, 1, 16, words.shockCap() - 1), "shockCap", 0);
    }

    /// Whatever the guardian gets through, nothing in it is looser.
    function testFuzz_tightenNeverLoosens(uint256 seed) public {
        uint256[PROFILE_WORDS] memory current = vectors[0].profile;
        uint256[PROFILE_WORDS] memory next = current;
        for (uint256 i = 0; i < 1 + seed % 3; ++i) {
            next = _edited(next, uint256(keccak256(abi.encode(seed, i))));
        }
        vm.prank(guardian);
        try profile.tighten(next) {
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
            assertEq(abi.encode(profile.profileWords()), abi.encode(current));
            assertEq(profile.epoch(), 1);
        }
    }

    // Expiry.

    function test_expiresToTheTighterOfTheTwo() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256[PROFILE_WORDS] memory safe = _lane(_lane(words, 1, 0, 16, 100), 3, 5, 16, 9_000);
        uint64 end = uint64(block.timestamp + DELAY + 1 days);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, end, safe)));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.NotExpired.selector, end, block.timestamp));
        profile.expire();
        // Tighter than the fallback in one parameter: expiring must not loosen it.
        vm.prank(guardian);
        profile.tighten(_lane(words, 1, 0, 16, 50));
        vm.warp(end);
        assertFalse(profile.isLive());
        vm.prank(makeAddr("anyone"));
        profile.expire();
        assertTrue(profile.isLive());
        assertEq(profile.epoch(), 4);
        assertEq(profile.expiresAt(), 0);
        uint256[PROFILE_WORDS] memory expected = _lane(safe, 1, 0, 16, 50);
        assertEq(abi.encode(profile.profileWords()), abi.encode(expected));
        assertEq(abi.encode(profile.folded()), abi.encode(_newProfile(16, expected).folded()));
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.NotExpired.selector, 0, block.timestamp));
        profile.expire();
    }

    /// Of two profiles within bounds the tightest is within bounds, and no looser than either.
    function testFuzz_tightestIsWithinBounds(uint256 seed) public view {
        uint256[PROFILE_WORDS] memory a = vectors[0].profile;
        uint256[PROFILE_WORDS] memory b = vectors[0].profile;
        for (uint256 i = 0; i < 20; ++i) {
            a = _edited(a, uint256(keccak256(abi.encode(seed, i, "a"))));
            b = _edited(b, uint256(keccak256(abi.encode(seed, i, "b"))));
        }
        for (uint256 i = 9; i < PROFILE_WORDS; ++i) {
            b[i] = a[i];
        }
        uint256 cap = a.shockCap() > b.shockCap() ? a.shockCap() : b.shockCap();
        b = _lane(b, 0, 1, 16, cap);
        a.check(16);
        b.check(16);
        uint256[PROFILE_WORDS] memory words = a.tightest(b);
        words.check(16);
        a.requireTighter(words);
        b.requireTighter(words);
    }

    function test_refusesExpiryThatMakesNoSense() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        manager.grantRole(GOVERNOR_ROLE, governor, 0);
        vm.warp(block.timestamp + 30 days);
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IRiskProfile.ExpiryInThePast.selector, block.timestamp, block.timestamp));
        profile.setProfile(words, uint64(block.timestamp), words);
        vm.expectRevert(IRiskProfile.FallbackWithoutExpiry.selector);
        profile.setProfile(words, 0, words);
        uint256[PROFILE_WORDS] memory other = _lane(words, 9, 1, 16, 1);
        vm.expectPartialRevert(IRiskProfile.Loosened.selector);
        profile.setProfile(words, uint64(block.timestamp + 1), other);
        other = _lane(words, 0, 0, 16, 10_001);
        vm.expectPartialRevert(IRiskProfile.ParameterOutOfBounds.selector);
        profile.setProfile(words, uint64(block.timestamp + 1), other);
    }

    function test_pauseAndUnpause() public {
        vm.expectEmit(address(profile));
        emit IRiskProfile.Paused(guardian);
        vm.startPrank(guardian);
        profile.pause();
        vm.expectRevert(IRiskProfile.AlreadyPaused.selector);
        profile.pause();
        vm.stopPrank();
        assertFalse(profile.isLive());
        _execute(address(profile), abi.encodeCall(profile.unpause, ()));
        assertTrue(profile.isLive());
        assertEq(profile.resumedAt(), block.timestamp);
        bytes memory data = abi.encodeCall(profile.unpause, ());
        vm.startPrank(governor);
        manager.schedule(address(profile), data, 0);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(IRiskProfile.NotPaused.selector);
        manager.execute(address(profile), data);
    }

    /// The point after signals changed, one multiplication each.
    function _changed(G1 memory start, int256[] memory current, int256[] memory next) private view returns (G1 memory) {
        Sum memory sum;
        (sum.x, sum.y) = (start.x, start.y);
        for (uint256 i = 0; i < next.length; ++i) {
            int256 change = next[i] - current[i];
            if (change == 0) continue;
            uint256 signal = i < 2 ? Spec.SIGNAL_PNL_FACTOR + i : Spec.SIGNAL_COLLATERAL_FACTOR + i - 2;
            G1 memory point = table.pointAt(signal + 1);
            uint256 scalar = change < 0 ? Spec.FIELD_R - uint256(-change) : uint256(change);
            Bn254.addMul(sum, point.x, point.y, scalar);
        }
        return G1(sum.x, sum.y);
    }

    /// Puts `value` into lane `lane` of `bits` bits of a word.
    function _lane(uint256[PROFILE_WORDS] memory words, uint256 word, uint256 lane, uint256 bits, uint256 value)
        private
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            next[i] = words[i];
        }
        uint256 shift = lane * bits;
        next[word] = (next[word] & ~(((uint256(1) << bits) - 1) << shift)) | (value << shift);
    }

    /// One parameter of all set to something within its bounds.
    function _edited(uint256[PROFILE_WORDS] memory words, uint256 seed)
        private
        pure
        returns (uint256[PROFILE_WORDS] memory)
    {
        uint256 asset = (seed >> 8) % 16;
        uint256 value = seed >> 16;
        uint256 which = seed % 8;
        uint256 least = words.leastDebtFactor();
        if (which == 0) return _lane(words, 0, 0, 16, value % 10_001);
        if (which == 1) return _lane(words, 0, 1, 16, words.shockCap() + value % (10_001 - words.shockCap()));
        if (which == 2) return _lane(words, 1, asset, 16, value % 10_001);
        if (which == 3) return _lane(words, 2, asset, 16, least + value % (32_768 - least));
        if (which == 4) return _lane(words, 3, asset, 16, value % 32_768);
        if (which == 5) return _lane(words, 4, asset, 16, value % 32_768);
        if (which == 6) return _lane(words, 5 + asset / 4, asset % 4, 64, uint64(value));
        int256 cap = int256(words.shockCap());
        int256 shock = int256(value % uint256(2 * cap + 1)) - cap;
        return _lane(words, 9 + (seed >> 240) % 16, asset, 16, uint16(int16(shock)));
    }

    /// A profile in which every signal differs from the vectors'.
    function _allOther() private view returns (uint256[PROFILE_WORDS] memory words) {
        words = vectors[0].profile;
        words[0] ^= 1;
        words = _lane(words, 0, 1, 16, words.shockCap() + 1);
        for (uint256 i = 1; i < PROFILE_WORDS; ++i) {
            uint256 bits = i >= 5 && i < 9 ? 64 : 16;
            for (uint256 lane = 0; lane < 256 / bits; ++lane) {
                uint256 value = (words[i] >> (bits * lane)) & ((uint256(1) << bits) - 1);
                bool down = i == 1 && value != 0;
                words = _lane(words, i, lane, bits, down ? value - 1 : uint16(value + 1));
            }
        }
    }

    function _padded(uint256 listed) private view returns (uint256[PROFILE_WORDS] memory words) {
        words = vectors[0].profile;
        for (uint256 u = listed; u < 16; ++u) {
            for (uint256 column = 1; column < 5; ++column) {
                words = _lane(words, column, u, 16, column == 2 ? 10_000 : 0);
            }
            words = _lane(words, 5 + u / 4, u % 4, 64, 0);
            for (uint256 s = 0; s < 16; ++s) {
                words = _lane(words, 9 + s, u, 16, 0);
            }
        }
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
