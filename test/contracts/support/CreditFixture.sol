// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditLine} from "../../../contracts/credit/CreditLine.sol";
import {CreditRegistry} from "../../../contracts/credit/CreditRegistry.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {CreditTerms, LineTerms} from "../../../contracts/types/Credit.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// A vault whose releases need the covenant, a registry of lines, and one line of the account with two lenders.
abstract contract CreditFixture is VaultFixture {
    uint256 internal constant YEAR = 365 days;
    uint32 internal constant HORIZON = 30 days;
    uint256 internal constant LENT = 100_000e6;

    CreditRegistry internal credit;
    CreditLine internal line;
    address internal lender = makeAddr("lender");
    address internal other = makeAddr("other");
    address internal steward = makeAddr("steward");

    function setUp() public virtual override {
        super.setUp();
        credit = new CreditRegistry(gate, usdc, 2, 6, CreditTerms(INITIAL_MARGIN, HORIZON));
        vault = new MarginVault(gate, usdc, 2, 6, _vaultTerms(), credit, address(manager));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = vault.listAsset.selector;
        manager.setTargetFunctionRole(address(vault), selectors, 2);
        vault.listAsset(address(weth), 1, 9);
        vm.prank(owner);
        vault.setCreditor(account, venue);
        _approve(venue, usdc);
        _approve(owner, weth);
        line = _openLine(_lineTerms());
        _fund(line, lender, LENT);
    }

    function _lineTerms() internal view returns (LineTerms memory) {
        return LineTerms({
            attester: venue,
            steward: steward,
            limit: 1_000_000e6,
            baseRate: 200,
            kinkRate: 800,
            fullRate: 5_000,
            kink: 8_000,
            penaltyRate: 1_000,
            reserveRatio: 1_000,
            impairment: 5_000,
            batchPeriod: 1 days,
            gracePeriod: 2 days,
            noticePeriod: 1 days,
            impairPeriod: 1 days,
            curePeriod: 3 days
        });
    }

    function _openLine(LineTerms memory terms) internal returns (CreditLine) {
        vm.prank(owner);
        return CreditLine(credit.openLine(account, terms));
    }

    function _fund(CreditLine of_, address who, uint256 amount) internal returns (uint256 shares) {
        usdc.mint(who, amount);
        vm.startPrank(who);
        usdc.approve(address(of_), type(uint256).max);
        shares = of_.deposit(amount, who);
        vm.stopPrank();
    }

    function _draw(uint256 amount) internal {
        _drawOf(line, amount);
    }

    function _drawOf(CreditLine of_, uint256 amount) internal {
        vm.prank(owner);
        of_.draw(amount, owner);
    }

    function _refuseDraw(CreditLine of_, uint256 amount, bytes memory error) internal {
        vm.expectRevert(error);
        vm.prank(owner);
        of_.draw(amount, owner);
    }

    function _repay(uint256 amount) internal {
        usdc.mint(stranger, amount);
        vm.startPrank(stranger);
        usdc.approve(address(line), type(uint256).max);
        line.repay(amount);
        vm.stopPrank();
    }

    function _request(address who, uint256 shares) internal returns (uint256 batch) {
        vm.prank(who);
        return line.requestWithdrawal(shares);
    }

    /// A new book, proven at initial margin with so many cents owed besides.
    function _proveOwing(int64 cents) internal {
        skip(1);
        _attestNext();
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN, 100), -cents));
    }

    /// A debt with the interest ahead at the line's highest rate, 60 % a year; units.
    function _aheadUnits(uint256 owed) internal pure returns (uint256) {
        return owed + (owed * 6_000 * HORIZON + 10_000 * YEAR - 1) / (10_000 * YEAR);
    }

    /// Units in cents, rounded up, at a price of one dollar.
    function _cents(uint256 units) internal pure returns (uint256) {
        return (units + 9_999) / 10_000;
    }

    /// What a claim must take for a debt of so many units, cents.
    function _ahead(uint256 owed) internal pure returns (uint256) {
        return _cents(_aheadUnits(owed));
    }

    /// The line owes nothing that is not proven, and has lent `amount`.
    function _drawn(uint256 amount) internal {
        _proveOwing(int64(uint64(_ahead(amount))));
        _draw(amount);
    }

    /// A new book that is Healthy and proves nothing of what is owed: the covenant breaks.
    function _breakCovenant() internal {
        _attestAndProve(INITIAL_MARGIN);
    }

    /// Time passes with rounds, and the covenant is proven again at its end.
    function _passProven(uint256 time, int64 cents) internal {
        _pass(time);
        _proveOwing(cents);
    }
}
