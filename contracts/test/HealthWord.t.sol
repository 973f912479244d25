// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {HealthWord, HealthWords} from "../lib/HealthWord.sol";

contract HealthWordTest is Test {
    function testFuzz_unpacksWhatWasPacked(
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
    }

    function test_refusesTheFirstThatDoesNotFit() public {
        uint256[5] memory most =
            [uint256(type(uint32).max), type(uint40).max, type(uint40).max, type(uint32).max, type(uint72).max];
        this.pack(most);
        for (uint256 i = 0; i < 5; ++i) {
            uint256[5] memory got = most;
            ++got[i];
            vm.expectRevert(
                abi.encodeWithSelector(HealthWords.HealthOutOfRange.selector, got[0], got[1], got[2], got[3], got[4])
            );
            this.pack(got);
        }
    }

    function pack(uint256[5] calldata parts) external pure returns (HealthWord) {
        return HealthWords.pack(1, parts[0], parts[1], parts[2], parts[3], parts[4]);
    }
}
