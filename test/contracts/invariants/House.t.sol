// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {HouseHandler} from "./HouseHandler.sol";

/// Through any order of what members, liquidators, bidders, strangers, prices and re-orgs do, with books that the test knows.
contract HouseInvariants is Test {
    HouseHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new HouseHandler();
        steps = [
            handler.deposit.selector,
            handler.deposit.selector,
            handler.trade.selector,
            handler.trade.selector,
            handler.trade.selector,
            handler.reduce.selector,
            handler.withdraw.selector,
            handler.pay.selector,
            handler.refresh.selector,
            handler.renew.selector,
            handler.recap.selector,
            handler.exit.selector,
            handler.contribute.selector,
            handler.move.selector,
            handler.move.selector,
            handler.withdraw.selector,
            handler.wait.selector,
            handler.wait.selector,
            handler.tearUp.selector,
            handler.settle.selector,
            handler.closeDown.selector,
            handler.breakBook.selector,
            handler.neglect.selector,
            handler.start.selector,
            handler.start.selector,
            handler.start.selector,
            handler.reveal.selector,
            handler.reveal.selector,
            handler.bid.selector,
            handler.bid.selector,
            handler.settle.selector,
            handler.settle.selector,
            handler.payAssessment.selector,
            handler.closeDown.selector,
            handler.finish.selector,
            handler.reorg.selector,
            handler.attack.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: P68, P69, P70, P71, P72, P73
    /// Books are worth what the house holds, at any price, and every line has its other side. Books are those of the model,
    /// and current if the model says so. Every token is where the records say.
    /// forge-config: default.invariant.depth = 300
    /// forge-config: ci.invariant.depth = 300
    function invariant_house_conserves_and_keeps_books() public view {
        handler.checkConserved(1);
        handler.checkConserved(block.timestamp);
        handler.checkTokens();
        handler.checkBooks();
    }

    // shows: P68
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_house_handler_reaches_everything() public {
        // So many steps take more gas than a test has.
        vm.pauseGasMetering();
        for (uint256 i = 0; i < 8_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done, bytes memory why) =
                address(handler).call(abi.encodeWithSelector(steps[seed % steps.length], seed >> 16));
            if (!done) {
                assembly {
                    revert(add(why, 0x20), mload(why))
                }
            }
            if (i % 20 == 0) invariant_house_conserves_and_keeps_books();
        }
        string[46] memory names = [
            "deposit",
            "trade",
            "reduction",
            "reduction in a closed market",
            "withdrawal",
            "payment",
            "payment refused",
            "rest paid",
            "refresh",
            "renewal",
            "cap raised",
            "cap lowered",
            "cap refused",
            "exit",
            "contribution",
            "jump",
            "tear-up",
            "broken book",
            "default",
            "default of a cap",
            "defaults at once",
            "reveal",
            "part bought",
            "rest bought",
            "buyer paid",
            "settlement refused",
            "fund paid",
            "fund paid back",
            "assessed",
            "assessment paid",
            "settled after assessments",
            "hostage closed its lines",
            "withdrawals cut",
            "loss torn up",
            "rest torn up",
            "rest owed",
            "no tear-up could pay",
            "closed",
            "ended",
            "claim paid",
            "claim paid pro rata",
            "re-org",
            "orphans mined again",
            "orphans refused",
            "settled",
            "attack"
        ];
        string memory missing;
        for (uint256 i = 0; i < names.length; ++i) {
            if (handler.happened(names[i]) == 0) missing = string.concat(missing, names[i], ", ");
        }
        assertEq(missing, "", "never reached");
    }
}
