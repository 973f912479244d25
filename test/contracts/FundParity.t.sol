// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {TearUps} from "../../contracts/lib/TearUps.sol";
import {FundCover, FundMember, FundTerms} from "../../contracts/types/Fund.sol";
import {TornLine, TornPrices} from "../../contracts/types/TearUp.sol";
import {FundFixture} from "./support/FundFixture.sol";

/// The contract and the library against the reference models of src/protocol, which wrote test/vectors/fund.json.
contract FundParityTest is FundFixture {
    uint256 private constant MEMBERS = 5;
    uint256 private constant WORDS = 4;

    // shows: P68
    /// Random steps: the contract takes and refuses the same ones, and comes to the same state after each, to the unit.
    function test_fund_parity_with_model() public {
        string memory json = vm.readFile("test/vectors/fund.json");
        uint256[] memory steps = vm.parseJsonUintArray(json, ".steps");
        uint256[] memory taken = vm.parseJsonUintArray(json, ".taken");
        bytes32[] memory states = vm.parseJsonBytes32Array(json, ".states");
        FundTerms memory terms = _fundTerms();
        (terms.share, terms.assessment, terms.floor) = (500, 7_777, 1_000e2);
        fund = _newFund(terms);
        for (uint256 i = 0; i < taken.length; ++i) {
            bool ok = _step(steps[i * WORDS], steps[i * WORDS + 1], steps[i * WORDS + 2], steps[i * WORDS + 3]);
            assertEq(ok, taken[i] == 1, vm.toString(i));
            assertEq(_digest(), states[i], vm.toString(i));
        }
        assertGt(taken.length, 400);
    }

    // shows: P68
    function test_tear_up_parity_with_model() public view {
        string memory json = vm.readFile("test/vectors/fund.json");
        int256[] memory quantities = vm.parseJsonIntArray(json, ".tearUps.quantities");
        uint256[] memory prices = vm.parseJsonUintArray(json, ".tearUps.prices");
        uint256[] memory caps = vm.parseJsonUintArray(json, ".tearUps.caps");
        uint256[] memory deficits = vm.parseJsonUintArray(json, ".tearUps.deficits");
        bytes32[] memory results = vm.parseJsonBytes32Array(json, ".tearUps.results");
        uint256 count = quantities.length / deficits.length;
        uint256 possible = 0;
        for (uint256 i = 0; i < deficits.length; ++i) {
            TornLine[] memory lines = new TornLine[](count);
            for (uint256 u = 0; u < count; ++u) {
                uint256 at = i * count + u;
                lines[u] = TornLine(int64(quantities[at]), uint64(prices[at]), uint16(caps[at]));
            }
            TornPrices memory torn = TearUps.pricesOf(lines, deficits[i]);
            bytes32 digest = torn.possible
                ? keccak256(abi.encodePacked(torn.lambda, torn.gain, torn.prices))
                : bytes32(0);
            assertEq(digest, results[i], vm.toString(i));
            if (torn.possible) ++possible;
        }
        assertGt(possible, 50);
        assertLt(possible, deficits.length);
    }

    function _step(uint256 code, uint256 a, uint256 b, uint256 c) private returns (bool ok) {
        address who = vm.addr(a % MEMBERS + 1);
        bytes32 account = bytes32(a + 1);
        ownerOf[account] = who;
        if (code == 0) return _try(address(this), abi.encodeCall(fund.setGroup, (who, uint16(b))));
        if (code == 1) {
            token.mint(who, b);
            vm.prank(who);
            token.approve(address(fund), b);
            return _try(who, abi.encodeCall(fund.contribute, (b)));
        }
        if (code == 2) {
            _addCapital(b);
            return true;
        }
        if (code == 3) {
            _proveCap(account, uint64(b));
            return _try(address(this), abi.encodeCall(fund.setCap, (account, uint64(b), c == 1)));
        }
        if (code == 4) return _try(address(this), abi.encodeCall(fund.noteDefault, (account)));
        if (code == 5) return _try(address(this), abi.encodeCall(fund.absorb, (account, b)));
        if (code == 6) {
            token.mint(address(this), b);
            token.approve(address(fund), b);
            return _try(address(this), abi.encodeCall(fund.payAssessment, (uint32(c), who, b)));
        }
        if (code == 7) return _try(address(this), abi.encodeCall(fund.collect, (account)));
        if (code == 8) return _try(address(this), abi.encodeCall(fund.endDefault, (account)));
        if (code == 9) {
            vm.warp(vm.getBlockTimestamp() + b);
            return true;
        }
        if (code == 10) return _try(who, abi.encodeCall(fund.requestContribution, (b)));
        if (code == 11) return _try(who, abi.encodeCall(fund.withdrawContribution, (who)));
        return _try(address(this), abi.encodeCall(fund.releaseCap, (account)));
    }

    function _try(address who, bytes memory data) private returns (bool ok) {
        vm.prank(who);
        (ok,) = address(fund).call(data);
    }

    function _digest() private view returns (bytes32) {
        uint256[] memory words = new uint256[](10 + 5 * MEMBERS);
        FundCover memory cover = fund.cover();
        (uint32 open, uint32 noted) = fund.defaults();
        (words[0], words[1], words[2]) = (fund.contributions(), fund.capital(), cover.caps);
        (words[3], words[4], words[5]) = (cover.first, cover.second, cover.required);
        (words[6], words[7], words[8], words[9]) = (cover.remembered, cover.held, open, noted);
        for (uint256 i = 0; i < MEMBERS; ++i) {
            FundMember memory member = fund.memberOf(vm.addr(i + 1));
            uint256 at = 10 + 5 * i;
            (words[at], words[at + 1], words[at + 2]) = (member.group, member.defaults, member.caps);
            (words[at + 3], words[at + 4]) = (member.contribution, member.owed);
        }
        return keccak256(abi.encodePacked(words));
    }
}
