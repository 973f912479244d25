// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {DefaultFund} from "../../contracts/clearing/DefaultFund.sol";
import {IAccountOwners} from "../../contracts/interfaces/IAccountOwners.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {FundTerms} from "../../contracts/types/Fund.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Token} from "./support/Tokens.sol";

/// What caps and losses of a hundred members cost to execute, with proofs at a real gate.
contract DefaultFundGasTest is GateFixture, IAccountOwners {
    uint256 private constant COUNT = 100;
    uint256 private constant USD = 1e6;

    DefaultFund private fund;
    Token private token;
    bytes32[] private accounts;
    mapping(bytes32 account => address) public ownerOf;

    function setUp() public override {
        super.setUp();
        token = new Token("USD", 6);
        FundTerms memory terms = FundTerms(2_500, 500, 10_000, 7 days, 1 days, 90 days, 4 hours, 1 days, 0, 1_000e2);
        fund = new DefaultFund(address(this), address(this), token, gate, terms, address(manager));
        for (uint256 i = 0; i < COUNT; ++i) {
            bytes32 made = _open(bytes32(1_000 + i), false);
            AttestedBook memory book = _book(1);
            book.commitment = uint256(keccak256(abi.encode(i))) >> 8;
            _attest(made, book);
            accounts.push(made);
            address member = vm.addr(i + 1);
            ownerOf[made] = member;
            fund.setGroup(member, uint16(i + 1));
            token.mint(member, 10_000 * USD);
            vm.startPrank(member);
            token.approve(address(fund), type(uint256).max);
            fund.contribute(10_000 * USD);
            vm.stopPrank();
        }
    }

    // shows: A107
    /// A hundred caps are proven again in one batch; the fund is not asked. They lapse with their proofs, and count on.
    /// forge-config: default.isolate = true
    function test_gas_of_caps() public {
        _renew(1, "submitBatch of 100 caps, the accounts' first", 12_500_000);
        fund.setCap(accounts[0], _steps(0), false);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "setCap, an account's first"), 230_000);
        for (uint256 i = 1; i < COUNT; ++i) fund.setCap(accounts[i], _steps(i), false);
        _renew(2, "submitBatch of 100 caps", 9_900_000);
        fund.setCap(accounts[3], _steps(3), false);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "setCap, the same cap"), 120_000);
        uint64 caps = fund.cover().caps;
        for (uint256 i = 0; i < COUNT; ++i) assertFalse(fund.isCapLapsed(accounts[i]));
        vm.warp(vm.getBlockTimestamp() + MAX_PROOF_AGE + 1);
        ledger.move(0);
        for (uint256 i = 0; i < COUNT; ++i) assertTrue(fund.isCapLapsed(accounts[i]));
        assertEq(fund.cover().caps, caps);
        // One of the two largest groups falls below all others: every group is read.
        _submitCap(COUNT - 1, 1);
        fund.setCap(accounts[COUNT - 1], 1, true);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "setCap, a largest group of 100 falls"), 250_000);
    }

    /// forge-config: default.isolate = true
    function test_gas_of_losses() public {
        fund.noteDefault(accounts[0]);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "noteDefault"), 190_000);
        fund.absorb(accounts[0], 500_000 * USD);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "absorb, 100 members pay"), 4_500_000);
        fund.endDefault(accounts[0]);
        fund.noteDefault(accounts[1]);
        fund.absorb(accounts[1], 900_000 * USD);
        assertLe(vm.snapshotGasLastCall("DefaultFund", "absorb, 100 members pay and are assessed"), 11_000_000);
    }

    /// Two steps of the grid, so that groups differ.
    function _steps(uint256 i) private pure returns (uint64) {
        return uint64(9 + i / 50);
    }

    function _renew(uint64 times, string memory name, uint256 most) private {
        uint64 round = ledger.move(0);
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            uint96 claim = _with(_healthy(10_000 + times, 300), int64(fund.capAt(_steps(i))));
            batch[i] = _submission(accounts[i], round, claim);
        }
        gate.submitBatch(batch);
        assertLe(vm.snapshotGasLastCall("DefaultFund", name), most, name);
    }

    function _submitCap(uint256 i, uint64 steps) private {
        AttestedBook memory book = _book(2);
        book.commitment = uint256(keccak256(abi.encode(i, 2))) >> 8;
        _attest(accounts[i], book);
        uint96 claim = _with(_healthy(10_000, 300), int64(fund.capAt(steps)));
        uint64 round = _latest();
        gate.submit(accounts[i], round, claim, _prove(accounts[i], round, claim));
    }
}
