// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {RoundHead, RoundHeads} from "../../contracts/types/Round.sol";

contract RoundHeadTest is Test {
    function test_fuzz_round_head_unpacks_what_was_packed(uint40 number, uint40 time, uint32 epoch, uint128 odometer) public pure {
        RoundHead head = RoundHeads.pack(number, time, epoch, odometer);
        assertEq(head.number(), number);
        assertEq(head.time(), time);
        assertEq(head.epoch(), epoch);
        assertEq(head.odometer(), odometer);
    }

    /// Refused, not cut.
    function test_fuzz_pack_refuses_out_of_range(uint256 number, uint256 time, uint256 epoch, uint256 odometer) public {
        bool fits = number >> 40 == 0 && time >> 40 == 0 && epoch >> 32 == 0 && odometer >> 128 == 0;
        if (!fits) {
            vm.expectRevert(abi.encodeWithSelector(RoundHeads.RoundOutOfRange.selector, number, time, epoch, odometer));
        }
        this.pack(number, time, epoch, odometer);
    }

    function test_pack_refuses_first_out_of_range() public {
        uint256[4] memory most = [uint256(type(uint40).max), type(uint40).max, type(uint32).max, type(uint128).max];
        this.pack(most[0], most[1], most[2], most[3]);
        for (uint256 i = 0; i < 4; ++i) {
            ++most[i];
            vm.expectRevert(
                abi.encodeWithSelector(RoundHeads.RoundOutOfRange.selector, most[0], most[1], most[2], most[3])
            );
            this.pack(most[0], most[1], most[2], most[3]);
            --most[i];
        }
    }

    function pack(uint256 number, uint256 time, uint256 epoch, uint256 odometer) external pure returns (RoundHead) {
        return RoundHeads.pack(number, time, epoch, odometer);
    }
}
