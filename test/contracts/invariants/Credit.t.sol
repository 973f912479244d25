// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {CreditHandler} from "./CreditHandler.sol";

contract CreditInvariants is Test {
    CreditHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new CreditHandler();
        handler.setUp();
        steps = [
            handler.wait.selector,
            handler.wait.selector,
            handler.prove.selector,
            handler.prove.selector,
            handler.prove.selector,
            handler.proveHealth.selector,
            handler.attest.selector,
            handler.move.selector,
            handler.deposit.selector,
            handler.draw.selector,
            handler.draw.selector,
            handler.draw.selector,
            handler.repay.selector,
            handler.request.selector,
            handler.claim.selector,
            handler.claim.selector,
            handler.donate.selector,
            handler.worsen.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P65, P66, P67, A82, A86
    /// Shares and tokens are conserved. The account draws only while the gate's records cover what all its lines are owed,
    /// and never from a late line. Each lender of a batch gets its part of what the batch was paid. No price of a share
    /// falls but by an impairment or a default.
    /// forge-config: default.invariant.depth = 200
    /// forge-config: ci.invariant.depth = 200
    function invariant_credit_conserved() public view {
        handler.check();
    }

    // shows: P65, P66, P67
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_credit_handler_reaches_everything() public {
        for (uint256 i = 0; i < 2_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            bytes memory call = abi.encodePacked(steps[seed % steps.length], seed >> 16, seed >> 48, seed >> 129);
            (bool done,) = address(handler).call(call);
            assertTrue(done);
            if (i % 20 == 0) handler.check();
        }
        assertGt(handler.draws(), 0, "draws");
        assertGt(handler.refusals(), 0, "refusals");
        assertGt(handler.claims(), 0, "claims");
        assertGt(handler.impairments(), 0, "impairments");
        assertGt(handler.defaults(), 0, "defaults");
    }
}
