// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {VotesHandler} from "./VotesHandler.sol";

contract VotesInvariants is Test {
    VotesHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new VotesHandler();
        handler.setUp();
        steps = [
            handler.propose.selector,
            handler.vote.selector,
            handler.vote.selector,
            handler.transfer.selector,
            handler.withdraw.selector,
            handler.queue.selector,
            handler.queue.selector,
            handler.execute.selector,
            handler.execute.selector,
            handler.apply_.selector,
            handler.apply_.selector,
            handler.tighten.selector,
            handler.cancel.selector,
            handler.pause.selector,
            handler.overstep.selector,
            handler.wait.selector,
            handler.wait.selector,
            handler.wait.selector,
            handler.wait.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P49, A99, A101, A103
    /// Nothing becomes looser without a majority, a quorum, the timelock's wait and the manager's delay. Votes count once, by
    /// balances of the snapshot. The guardian tightens and cancels, and loosens nothing. Nobody else has an office.
    /// forge-config: default.invariant.depth = 200
    /// forge-config: ci.invariant.depth = 200
    function invariant_votes_loosen_after_every_delay() public view {
        assertEq(handler.violation(), "");
    }

    // shows: P49
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_votes_handler_reaches_everything() public {
        for (uint256 i = 0; i < 1_500; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done,) = address(handler).call(abi.encodeWithSelector(steps[seed % steps.length], seed >> 16));
            assertTrue(done);
        }
        assertEq(handler.violation(), "");
        string[18] memory names = [
            "proposed",
            "proposal refused",
            "voted",
            "withdrawn",
            "queued",
            "no quorum",
            "scheduled",
            "delay not skipped",
            "applied",
            "applied too early",
            "applied after a tightening",
            "loosened",
            "cancelled",
            "cancelled for good",
            "tightened",
            "guardian's loosening refused",
            "paused",
            "overstep refused"
        ];
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.happened(names[i]), 0, names[i]);
    }
}
