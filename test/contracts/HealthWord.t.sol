// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {HealthWord, HealthWords} from "../../contracts/types/HealthWord.sol";
import {SleeveWord, SleeveWords} from "../../contracts/types/SleeveWord.sol";

contract HealthWordTest is Test {
    function test_fuzz_health_word_unpacks_what_was_packed(
        uint16 theta,
        uint32 round,
        uint40 time,
        uint40 sequence,
        uint32 epoch,
        uint72 odometer
    ) public pure {
        HealthWord word = HealthWords.pack(theta | 1 << 30, round, time, sequence, epoch, odometer);
        assertEq(word.theta(), theta);
        assertEq(word.envelope(), 0);
        assertEq(word.round(), round);
        assertEq(word.time(), time);
        assertEq(word.sequence(), sequence);
        assertEq(word.epoch(), epoch);
        assertEq(word.odometer(), odometer);
        assertFalse(word.marked());
        HealthWord marked = word.mark();
        assertTrue(marked.marked());
        assertEq(HealthWord.unwrap(marked), HealthWord.unwrap(word) | 1 << 248);
        assertFalse(marked.sleeve());
        HealthWord sleeved = word.withSleeve();
        assertTrue(sleeved.sleeve());
        assertFalse(sleeved.marked());
        assertEq(HealthWord.unwrap(sleeved), HealthWord.unwrap(word) | 1 << 249);
    }

    function test_pack_refuses_first_out_of_range() public {
        uint256[5] memory most =
            [uint256(type(uint32).max), type(uint40).max, type(uint40).max, type(uint32).max, type(uint72).max];
        this.pack(most);
        for (uint256 i = 0; i < 5; ++i) {
            ++most[i];
            vm.expectRevert(
                abi.encodeWithSelector(
                    HealthWords.HealthOutOfRange.selector, most[0], most[1], most[2], most[3], most[4]
                )
            );
            this.pack(most);
            --most[i];
        }
    }

    /// The largest move m with m·(10^4 + envelope) ≤ envelope·10^8, rounded down.
    function test_limit_move_within_envelope() public pure {
        uint256[2][5] memory rows = [
            [uint256(0), 0],
            [uint256(1), 9_999],
            [uint256(2_500), 20_000_000],
            [uint256(3_333), 24_998_124],
            [uint256(10_000), 50_000_000]
        ];
        for (uint256 i = 0; i < rows.length; ++i) {
            uint32 claim = uint32(1 | rows[i][0] << Spec.ENVELOPE_SHIFT);
            assertEq(HealthWords.pack(claim, 1, 2, 3, 4, 5).limit(), 5 + rows[i][1]);
        }
    }

    function test_fuzz_sleeve_word_unpacks_what_was_packed(uint72 limit, uint40 until, uint40 since) public pure {
        SleeveWord word = SleeveWords.pack(limit, until, since);
        assertEq(word.limit(), limit);
        assertEq(word.until(), until);
        assertEq(word.shocksSince(), since);
    }

    function test_sleeve_pack_refuses_first_out_of_range() public {
        uint256[3] memory most = [uint256(type(uint72).max), type(uint40).max, type(uint40).max];
        this.packSleeve(most);
        for (uint256 i = 0; i < 3; ++i) {
            ++most[i];
            vm.expectRevert(
                abi.encodeWithSelector(SleeveWords.SleeveOutOfRange.selector, most[0], most[1], most[2])
            );
            this.packSleeve(most);
            --most[i];
        }
    }

    function packSleeve(uint256[3] calldata parts) external pure returns (SleeveWord) {
        return SleeveWords.pack(parts[0], parts[1], parts[2]);
    }

    function pack(uint256[5] calldata parts) external pure returns (HealthWord) {
        return HealthWords.pack(1, parts[0], parts[1], parts[2], parts[3], parts[4]);
    }
}
