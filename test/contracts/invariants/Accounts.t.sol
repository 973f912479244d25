// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {AccountHandler} from "./AccountHandler.sol";

contract AccountsInvariants is Test {
    AccountHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new AccountHandler();
        handler.setUp();
        steps = [
            handler.move.selector,
            handler.reprice.selector,
            handler.wait.selector,
            handler.changeProfile.selector,
            handler.pause.selector,
            handler.outage.selector,
            handler.attest.selector,
            handler.revoke.selector,
            handler.voidSleeve.selector,
            handler.proveHealth.selector,
            handler.proveIllHealth.selector,
            handler.proveSupport.selector,
            handler.denounceSupport.selector,
            handler.proveBoth.selector,
            handler.lie.selector,
            handler.recordLapse.selector,
            handler.deposit.selector,
            handler.withdraw.selector,
            handler.lend.selector,
            handler.repay.selector,
            handler.setCreditor.selector,
            handler.startAuction.selector,
            handler.take.selector,
            handler.take.selector,
            handler.sellOut.selector,
            handler.closeAuction.selector,
            handler.coverShortfall.selector,
            handler.fundInsurance.selector,
            handler.withdrawInsurance.selector,
            handler.collect.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P43, P44, P46, P48, P58, T13, A64
    /// Nothing is released without a proof of a book dated after the request, of the live epoch, inside its envelope.
    /// No status improves without a proof, but for what IMarginGate says. No change of parameters defaults an account
    /// within the grace that is counted from it. No attester's word on a commitment counts twice, and nobody else can
    /// use it up. No dollars added make an account Healthy, and each record of support is one proof's, which lapses by
    /// itself. No sleeve proves anything of another book, ledger or shocks, outside its band, after its end or, if it is
    /// void, health. Nobody is auctioned who is not liquidatable. No auction outlives its reason, and no price falls while
    /// nobody could bid. No liquidation raises more than its due, over all its tokens. The vault holds what it owes,
    /// token by token.
    /// forge-config: default.invariant.depth = 300
    /// forge-config: ci.invariant.depth = 300
    function invariant_accounts_no_violation() public view {
        assertEq(handler.violation(), "");
        assertEq(handler.unbalanced(), "");
    }

    // shows: P46
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_account_handler_reaches_everything() public {
        for (uint256 i = 0; i < 3_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            bytes memory call =
                abi.encodePacked(steps[seed % steps.length], seed >> 16, seed >> 48, seed >> 96, seed >> 144);
            (bool done,) = address(handler).call(call);
            assertTrue(done);
        }
        string[26] memory names = [
            "changed",
            "attested",
            "book refused",
            "copied",
            "proof accepted",
            "proof refused",
            "sleeve attested",
            "sleeve voided",
            "sleeve accepted",
            "ill health with sleeve accepted",
            "support accepted",
            "support proven",
            "ill health with support accepted",
            "batch accepted",
            "recorded",
            "withdrawn",
            "withdrawal refused",
            "lent",
            "loan refused",
            "repaid",
            "auction started",
            "taken",
            "auction closed",
            "shortfall covered",
            "insurance withdrawn",
            "claimed"
        ];
        assertEq(handler.violation(), "");
        assertEq(handler.unbalanced(), "");
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.happened(names[i]), 0, names[i]);
        }
    }
}
