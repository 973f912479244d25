// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

contract GovernanceInvariants is Test {
    GovernanceHandler private handler;

    function setUp() public {
        handler = new GovernanceHandler();
        handler.setUp();
        bytes4[] memory steps = new bytes4[](14);
        steps[0] = handler.schedule.selector;
        steps[1] = handler.schedule.selector;
        steps[2] = handler.execute.selector;
        steps[3] = handler.execute.selector;
        steps[4] = handler.skipDelay.selector;
        steps[5] = handler.tighten.selector;
        steps[6] = handler.pause.selector;
        steps[7] = handler.delist.selector;
        steps[8] = handler.cancel.selector;
        steps[9] = handler.overstep.selector;
        steps[10] = handler.intrude.selector;
        steps[11] = handler.wait.selector;
        steps[12] = handler.expire.selector;
        steps[13] = handler.poke.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P49, T15
    /// No tightening goes further than a step, or follows another within a day. No parameter, pause, expiry, feed or
    /// listed token becomes looser before its delay. Every change is an epoch of its own and within the hard bounds.
    /// Roles stay with their members. Only rounds of the live epoch can be proven against.
    /// forge-config: default.invariant.depth = 200
    /// forge-config: ci.invariant.depth = 200
    function invariant_loosening_waits_for_delay() public view {
        assertEq(handler.violation(), "");
        assertTrue(handler.usableRoundsAreOfTheLiveEpoch());
    }

    // shows: P49
    /// The steps reach what the invariants are about. Otherwise the invariants would hold of nothing.
    function test_governance_handler_reaches_everything() public {
        for (uint256 i = 0; i < 160; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            handler.schedule(seed);
            if (seed % 5 != 0) handler.wait(seed >> 8);
            handler.execute(seed >> 16);
            handler.tighten(seed >> 24);
            handler.pause(seed >> 32);
            handler.cancel(seed >> 40);
            handler.expire();
            handler.poke(seed >> 48);
            handler.overstep(seed >> 56);
            handler.skipDelay(seed >> 64);
        }
        string[9] memory names = [
            "scheduled",
            "executed",
            "loosened",
            "tightened",
            "tightening refused",
            "paused",
            "cancelled",
            "expired",
            "poked"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.happened(names[i]), 0, names[i]);
        }
        assertEq(handler.violation(), "");
        assertTrue(handler.foldsAnew());
    }

    /// After any number of changes, the profile's point equals the point that is folded from nothing.
    function afterInvariant() public view {
        assertTrue(handler.foldsAnew());
    }
}
