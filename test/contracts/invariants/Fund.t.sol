// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {FundHandler} from "./FundHandler.sol";

contract FundInvariants is Test {
    FundHandler private handler;

    function setUp() public {
        handler = new FundHandler();
        handler.setUp();
        bytes4[] memory steps = new bytes4[](17);
        steps[0] = handler.group.selector;
        steps[1] = handler.contribute.selector;
        steps[2] = handler.contribute.selector;
        steps[3] = handler.addCapital.selector;
        steps[4] = handler.donate.selector;
        steps[5] = handler.request.selector;
        steps[6] = handler.withdraw.selector;
        steps[7] = handler.setCap.selector;
        steps[8] = handler.setCap.selector;
        steps[9] = handler.lapse.selector;
        steps[10] = handler.note.selector;
        steps[11] = handler.note.selector;
        steps[12] = handler.absorb.selector;
        steps[13] = handler.payAssessment.selector;
        steps[14] = handler.collect.selector;
        steps[15] = handler.end.selector;
        steps[16] = handler.wait.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P67
    /// Every unit is somewhere. Sums are those of their parts. Nobody takes on a cap uncovered, pays for a default from
    /// before its money, or leaves while one is open.
    /// forge-config: default.invariant.depth = 150
    /// forge-config: ci.invariant.depth = 150
    function invariant_fund_conserves_and_covers() public view {
        assertEq(handler.violation(), "");
        assertTrue(handler.conserves());
        assertTrue(handler.adds());
    }

    // shows: P67
    /// The steps reach what the invariants are about. Otherwise the invariants would hold of nothing.
    function test_fund_handler_reaches_everything() public {
        for (uint256 i = 0; i < 250; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            handler.group(seed >> 7);
            handler.contribute(seed);
            handler.setCap(seed >> 5);
            handler.setCap(seed >> 15);
            // Times of defaults, and quiet times.
            if (i % 3 == 0 && i % 60 < 30) handler.note(seed >> 9);
            handler.absorb(seed >> 16);
            handler.payAssessment(seed >> 24);
            handler.payAssessment(seed >> 34);
            handler.collect(seed >> 40);
            handler.end(seed >> 48);
            handler.end(seed >> 49);
            if (i % 4 == 0) handler.request(seed >> 52);
            handler.withdraw(seed >> 52);
            handler.wait(seed >> 56);
            assertEq(handler.violation(), "");
            assertTrue(handler.conserves());
            assertTrue(handler.adds());
        }
        string[14] memory names = [
            "grouped",
            "contributed",
            "withdrawn",
            "raised",
            "lowered",
            "noted",
            "several open",
            "paid",
            "assessed",
            "beyond the fund",
            "assessment paid",
            "collected",
            "ended",
            "left"
        ];
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.happened(names[i]), 0, names[i]);
    }
}
