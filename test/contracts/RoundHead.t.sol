// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {RoundHead, RoundHeads} from "../../contracts/types/Round.sol";

contract RoundHeadTest is Test {
    function test_fuzz_round_head_unpacks_what_was_packed(
        uint40 number,
        uint40 time,
        uint32 epoch,
        uint72 odometer,
        uint72 sleeveOdometer
    ) public pure {
        RoundHead head = RoundHeads.pack(number, time, epoch, odometer, sleeveOdometer);
        assertEq(head.number(), number);
        assertEq(head.time(), time);
        assertEq(head.epoch(), epoch);
        assertEq(head.odometer(), odometer);
        assertEq(head.sleeveOdometer(), sleeveOdometer);
    }

    /// Refused, not cut.
    function test_fuzz_pack_refuses_out_of_range(uint256[5] calldata parts) public {
        bool fits = parts[0] >> 40 == 0 && parts[1] >> 40 == 0 && parts[2] >> 32 == 0 && parts[3] >> 72 == 0
            && parts[4] >> 72 == 0;
        if (!fits) vm.expectRevert(_error(parts));
        this.pack(parts);
    }

    function test_pack_refuses_first_out_of_range() public {
        uint256[5] memory most =
            [uint256(type(uint40).max), type(uint40).max, type(uint32).max, type(uint72).max, type(uint72).max];
        this.pack(most);
        for (uint256 i = 0; i < 5; ++i) {
            ++most[i];
            vm.expectRevert(_error(most));
            this.pack(most);
            --most[i];
        }
    }

    function pack(uint256[5] calldata parts) external pure returns (RoundHead) {
        return RoundHeads.pack(parts[0], parts[1], parts[2], parts[3], parts[4]);
    }

    function _error(uint256[5] memory parts) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            RoundHeads.RoundOutOfRange.selector, parts[0], parts[1], parts[2], parts[3], parts[4]
        );
    }
}
