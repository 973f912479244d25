// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {MarginVault} from "../../MarginVault.sol";
import {AccountHandler} from "./AccountHandler.sol";
import {Token} from "../support/Tokens.sol";

contract AccountsInvariants is Test {
    AccountHandler private handler;

    function setUp() public {
        handler = new AccountHandler();
        handler.setUp();
        bytes4[] memory steps = new bytes4[](19);
        steps[0] = handler.move.selector;
        steps[1] = handler.wait.selector;
        steps[2] = handler.changeProfile.selector;
        steps[3] = handler.pause.selector;
        steps[4] = handler.attest.selector;
        steps[5] = handler.proveHealth.selector;
        steps[6] = handler.proveIllHealth.selector;
        steps[7] = handler.lie.selector;
        steps[8] = handler.note.selector;
        steps[9] = handler.deposit.selector;
        steps[10] = handler.withdraw.selector;
        steps[11] = handler.lend.selector;
        steps[12] = handler.repay.selector;
        steps[13] = handler.startAuction.selector;
        steps[14] = handler.take.selector;
        steps[15] = handler.take.selector;
        steps[16] = handler.closeAuction.selector;
        steps[17] = handler.coverShortfall.selector;
        steps[18] = handler.collect.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    /// Nothing is released without a proof of the newest book, of the live epoch, inside its envelope; no status
    /// betters itself; a commitment is accepted once; nobody is auctioned who is not liquidatable.
    /// forge-config: default.invariant.runs = 64
    /// forge-config: default.invariant.depth = 300
    function invariant_nothing_that_must_not_happen_happens() public view {
        assertEq(handler.violation(), "");
    }

    /// What the vault holds is what it owes, token by token, through every auction.
    /// forge-config: default.invariant.runs = 64
    /// forge-config: default.invariant.depth = 300
    function invariant_balances_are_conserved() public view {
        MarginVault vault = handler.vaultOf();
        (Token weth, Token usdc) = handler.tokens();
        uint256 collateral;
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 account = handler.accounts(i);
            collateral += vault.balanceOf(account, address(weth)) + vault.auctionOf(account).left;
            assertLe(vault.withdrawalOf(account, address(weth)).amount, vault.balanceOf(account, address(weth)));
        }
        assertEq(weth.balanceOf(address(vault)), collateral, "collateral");
        (address venue, address keeper) = handler.parties();
        uint256 owed = vault.insuranceOf(venue) + vault.claimableOf(venue) + vault.claimableOf(keeper);
        assertEq(usdc.balanceOf(address(vault)), owed, "settlement");
    }

    /// The steps reach what the invariants are about: else they would hold of nothing.
    function test_the_steps_reach_everything() public {
        handler.withdraw(4, 1 ether, 12_000 - 10_800);
        handler.lend(4, 1_000e6, 12_000 - 10_800);
        handler.attest(0);
        handler.proveIllHealth(4, 500, 0);
        handler.startAuction(0);
        handler.take(0, 1 ether);
        handler.wait(5, 2 hours - 1);
        handler.move(0, 0, 0);
        handler.closeAuction(0);
        handler.collect(0);
        handler.lie(0, 0);
        handler.lie(1, 0);
        handler.withdraw(14, 1, 0);
        string[8] memory names = [
            "attested",
            "commitment refused",
            "proof accepted",
            "proof refused",
            "withdrawn",
            "lent",
            "auction started",
            "taken"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.happened(names[i]), 0, names[i]);
        }
        assertEq(handler.violation(), "");
    }

    function afterInvariant() public {
        string[12] memory names = [
            "attested",
            "commitment refused",
            "proof accepted",
            "proof refused",
            "withdrawn",
            "withdrawal refused",
            "lent",
            "noted",
            "auction started",
            "taken",
            "auction closed",
            "shortfall covered"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            emit log_named_uint(names[i], handler.happened(names[i]));
        }
    }
}
