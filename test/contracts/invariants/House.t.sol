// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {HouseHandler} from "./HouseHandler.sol";

/// Through any order of deposits, trades, withdrawals, tear-ups and defaults, with books that the test knows.
contract HouseInvariants is Test {
    HouseHandler internal handler;

    function setUp() public {
        handler = new HouseHandler();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = handler.deposit.selector;
        selectors[1] = handler.trade.selector;
        selectors[2] = handler.withdraw.selector;
        selectors[3] = handler.pay.selector;
        selectors[4] = handler.refresh.selector;
        selectors[5] = handler.tearUp.selector;
        selectors[6] = handler.move.selector;
        selectors[7] = handler.fail.selector;
        selectors[8] = handler.attack.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// forge-config: default.invariant.runs = 4
    /// forge-config: default.invariant.depth = 20
    /// forge-config: ci.invariant.runs = 12
    // shows: P70, P74, P76
    function invariant_house_conserves_every_unit_at_any_price() public view {
        handler.checkConserved(1);
        handler.checkConserved(int256(block.timestamp));
    }

    /// forge-config: default.invariant.runs = 4
    /// forge-config: default.invariant.depth = 20
    /// forge-config: ci.invariant.runs = 12
    // shows: P70
    function invariant_house_books_are_those_of_model() public view {
        handler.checkBooks();
    }
}
