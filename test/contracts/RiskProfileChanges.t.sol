// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {Bn254, Sum} from "../../contracts/lib/Bn254.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {G1} from "../../contracts/types/Groth16.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";

/// What a profile holds and folds, and how it changes.
contract RiskProfileChangesTest is ProfileFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    function test_fold_matches_typescript() public view {
        assertEq(abi.encode(profile.folded()), abi.encode(vectors[0].profilePoint));
        assertEq(profile.epoch(), 1);
        assertEq(profile.epochSince(), block.timestamp);
        assertEq(profile.bookMaxAge(), vectors[0].profile.bookMaxAge());
        assertEq(abi.encode(profile.profileWords()), abi.encode(vectors[0].profile));
        assertTrue(profile.isLive());
    }

    function test_words_match_spec() public pure {
        assertEq(PROFILE_WORDS, 1 + 4 * Spec.ASSETS / 16 + Spec.ASSETS / 4 + Spec.SCENARIOS * Spec.ASSETS / 16);
    }

    function test_gas_of_whole_change() public {
        uint256[PROFILE_WORDS] memory other = _allOther();
        manager.grantRole(GOVERNOR_ROLE, governor, 0);
        vm.warp(block.timestamp + 30 days);
        vm.cool(address(profile));
        uint256 before = gasleft();
        vm.prank(governor);
        profile.setProfile(other, 0, none);
        assertLe(before - gasleft(), 4_000_000);
        vm.snapshotGasLastCall("RiskProfile", "setProfile, every word");
    }

    // --- shocks ---

    function test_shocks_hash_of_their_words() public view {
        assertEq(profile.shocksHash(), _hashOfShocks(vectors[0].profile));
        assertEq(profile.shocksSince(), block.timestamp);
    }

    /// Since the first epoch in a row that has them: changed, changed again in something else, and changed back.
    function test_shocks_since_changes_with_them_alone() public {
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        bytes32 first = profile.shocksHash();
        for (uint256 word = 9; word < PROFILE_WORDS; word += 15) {
            next[word] ^= 1;
            _execute(address(profile), abi.encodeCall(profile.setProfile, (next, 0, none)));
            assertEq(profile.shocksHash(), _hashOfShocks(next));
            assertEq(profile.shocksSince(), block.timestamp);
        }
        uint64 since = profile.shocksSince();
        bytes32 hash = profile.shocksHash();
        next[8] += 1;
        next[1] -= 1;
        _execute(address(profile), abi.encodeCall(profile.setProfile, (next, 0, none)));
        next[4] += 1;
        vm.prank(guardian);
        profile.tighten(next);
        assertEq(profile.epoch(), 5);
        assertEq(profile.shocksHash(), hash);
        assertEq(profile.shocksSince(), since);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (vectors[0].profile, 0, none)));
        assertEq(profile.shocksHash(), first);
        assertEq(profile.shocksSince(), block.timestamp);
    }

    function test_shocks_outlive_expiry() public {
        uint256[PROFILE_WORDS] memory later = vectors[0].profile;
        later[4] += 1;
        uint64 since = profile.shocksSince();
        uint64 end = uint64(block.timestamp + DELAY + 1 days);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (vectors[0].profile, end, later)));
        vm.warp(end);
        profile.expire();
        assertEq(profile.epoch(), 3);
        assertEq(profile.shocksHash(), _hashOfShocks(later));
        assertEq(profile.shocksSince(), since);
    }

    function _hashOfShocks(uint256[PROFILE_WORDS] memory words) private pure returns (bytes32) {
        uint256[16] memory shocks;
        for (uint256 i = 0; i < 16; ++i) {
            shocks[i] = words[9 + i];
        }
        return keccak256(abi.encode(shocks));
    }

    // shows: P31
    /// A change folds the differences at once; it must end where one ecMul for each signal ends.
    function test_fuzz_change_folds_differences(uint256 seed) public {
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

    function test_change_whole_equals_fresh_fold() public {
        uint256[PROFILE_WORDS] memory next = _allOther();
        (int256[] memory before, int256[] memory signals) = (vectors[0].profile.signals(), next.signals());
        for (uint256 i = 0; i < signals.length; ++i) {
            assertNotEq(signals[i], before[i], vm.toString(i));
        }
        _execute(address(profile), abi.encodeCall(profile.setProfile, (next, 0, none)));
        assertEq(abi.encode(profile.folded()), abi.encode(_newProfile(16, next).folded()));
    }

    function test_change_emits_everything() public {
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

    /// The point after signals changed, one multiplication each.
    function _changed(G1 memory start, int256[] memory current, int256[] memory next) private view returns (G1 memory) {
        Sum memory sum;
        (sum.x, sum.y) = (start.x, start.y);
        for (uint256 i = 0; i < next.length; ++i) {
            int256 change = next[i] - current[i];
            if (change == 0) continue;
            uint256 signal = i == 0 ? Spec.SIGNAL_PNL_FACTOR : Spec.SIGNAL_COLLATERAL_FACTOR + i - 1;
            G1 memory point = table.pointAt(signal + 1);
            uint256 scalar = change < 0 ? Spec.FIELD_R - uint256(-change) : uint256(change);
            Bn254.addMul(sum, point.x, point.y, scalar);
        }
        return G1(sum.x, sum.y);
    }

    /// A profile in which every signal differs from the vectors'.
    function _allOther() private view returns (uint256[PROFILE_WORDS] memory words) {
        words = vectors[0].profile;
        words[0] ^= 1;
        for (uint256 i = 1; i < PROFILE_WORDS; ++i) {
            uint256 bits = i >= 5 && i < 9 ? 64 : 16;
            for (uint256 lane = 0; lane < 256 / bits; ++lane) {
                uint256 value = (words[i] >> (bits * lane)) & ((uint256(1) << bits) - 1);
                bool down = i == 1 && value != 0;
                words = _lane(words, i, lane, bits, down ? value - 1 : uint16(value + 1));
            }
        }
    }
}
