// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditLine} from "../../contracts/credit/CreditLine.sol";
import {CreditRegistry} from "../../contracts/credit/CreditRegistry.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {ICreditLine} from "../../contracts/interfaces/ICreditLine.sol";
import {ICreditRegistry} from "../../contracts/interfaces/ICreditRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {CreditTerms, LineTerms} from "../../contracts/types/Credit.sol";
import {Status} from "../../contracts/types/Status.sol";
import {CreditFixture} from "./support/CreditFixture.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Token} from "./support/Tokens.sol";

/// The covenant over all lines: what it lets through, and who asks for it.
contract CreditRegistryTest is CreditFixture {
    int64 private constant PLENTY = 50_000_00;

    // --- lines ---

    // shows: A98
    function test_open_by_owner_alone() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        credit.openLine(account, _lineTerms());

        LineTerms memory terms = _lineTerms();
        terms.attester = stranger;
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, account, stranger));
        vm.prank(owner);
        credit.openLine(account, terms);
    }

    // shows: A98
    /// Nobody else sets a line up, and nobody sets it up again.
    function test_line_set_up_once() public {
        bytes memory error = abi.encodeWithSelector(ICreditLine.NotCreditRegistry.selector);
        vm.expectRevert(error);
        line.initialise(account, _lineTerms());
        vm.prank(address(credit));
        vm.expectRevert(error);
        line.initialise(account, _lineTerms());
        ICreditLine code = ICreditLine(credit.implementation());
        vm.expectRevert(error);
        code.initialise(account, _lineTerms());
    }

    function test_lines_listed() public {
        CreditLine second = _openLine(_lineTerms());
        assertEq(credit.lineCount(), 2);
        assertEq(credit.lineAt(1), address(second));
        assertEq(credit.linesOf(account).length, 2);
        assertTrue(credit.isOpen(address(second)));
        assertEq(second.account(), account);
        assertEq(abi.encode(second.terms()), abi.encode(_lineTerms()));
        (uint8 slot, uint8 decimals) = credit.settlementAsset();
        assertEq(slot, 2);
        assertEq(decimals, 6);
        assertEq(credit.terms().covenantMargin, INITIAL_MARGIN);
        assertEq(credit.terms().horizon, HORIZON);
        assertEq(credit.settlement(), address(usdc));
        assertEq(second.name(), "zkmargin credit line");
        assertEq(second.symbol(), "zkCREDIT");
        assertEq(second.decimals(), 12);
        assertEq(second.asset(), address(usdc));
    }

    function test_lines_at_most_eight() public {
        for (uint256 i = 1; i < 8; ++i) _openLine(_lineTerms());
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.TooManyLines.selector, 8));
        vm.prank(owner);
        credit.openLine(account, _lineTerms());
        vm.prank(owner);
        credit.closeLine(address(line));
        _openLine(_lineTerms());
        assertEq(credit.lineCount(), 9);
        assertEq(credit.linesOf(account).length, 8);
    }

    // shows: A98
    function test_close_refused() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.LineNotOpen.selector, stranger));
        credit.closeLine(stranger);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        credit.closeLine(address(line));
        _drawn(1_000e6);
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.LineOwed.selector, 1_000e6));
        vm.prank(owner);
        credit.closeLine(address(line));
    }

    function test_closed_line_lends_nothing() public {
        _openLine(_lineTerms());
        _proveOwing(PLENTY);
        vm.prank(owner);
        credit.closeLine(address(line));
        assertEq(line.drawable(), 0);
        _refuseDraw(line, 1, abi.encodeWithSelector(ICreditLine.LineHasClosed.selector));
        _request(lender, line.balanceOf(lender));
        skip(1 days);
        line.claim(0, lender);
        assertEq(usdc.balanceOf(lender), LENT);
    }

    function test_terms_out_of_bounds() public {
        _refuseTerms("limit", 1, type(uint128).max, 0, 0);
        _refuseTerms("fullRate", 0, 10_000, 1, 10_001);
        _refuseTerms("kinkRate", 0, 5_000, 2, 5_001);
        _refuseTerms("baseRate", 0, 800, 3, 801);
        _refuseTerms("kink", 1, 9_999, 4, 0);
        _refuseTerms("kink", 1, 9_999, 4, 10_000);
        _refuseTerms("penaltyRate", 0, 10_000, 5, 10_001);
        _refuseTerms("reserveRatio", 0, 9_999, 6, 10_000);
        _refuseTerms("impairment", 1, 10_000, 7, 0);
        _refuseTerms("batchPeriod", 1 hours, 365 days, 8, 1 hours - 1);
        _refuseTerms("gracePeriod", 0, 365 days, 9, 365 days + 1);
        _refuseTerms("noticePeriod", GRACE_PERIOD, 365 days, 10, GRACE_PERIOD - 1);
        _refuseTerms("curePeriod", 1, 365 days, 11, 365 days + 1);
        _refuseTerms("impairPeriod", 1, 3 days, 12, 3 days + 1);
        _refuseTerms("impairPeriod", 1, 3 days, 12, 0);
    }

    function _refuseTerms(bytes32 term, uint256 least, uint256 most, uint256 field, uint256 got) private {
        LineTerms memory terms = _lineTerms();
        if (field == 0) terms.limit = uint128(got);
        else if (field == 1) terms.fullRate = uint16(got);
        else if (field == 2) terms.kinkRate = uint16(got);
        else if (field == 3) terms.baseRate = uint16(got);
        else if (field == 4) terms.kink = uint16(got);
        else if (field == 5) terms.penaltyRate = uint16(got);
        else if (field == 6) terms.reserveRatio = uint16(got);
        else if (field == 7) terms.impairment = uint16(got);
        else if (field == 8) terms.batchPeriod = uint32(got);
        else if (field == 9) terms.gracePeriod = uint32(got);
        else if (field == 10) terms.noticePeriod = uint32(got);
        else if (field == 11) terms.curePeriod = uint32(got);
        else terms.impairPeriod = uint32(got);
        vm.expectRevert(
            abi.encodeWithSelector(ICreditRegistry.CreditTermOutOfRange.selector, term, least, most, got)
        );
        vm.prank(owner);
        credit.openLine(account, terms);
    }

    function test_registry_terms_out_of_bounds() public {
        _refuseRegistry(usdc, 16, 6, CreditTerms(INITIAL_MARGIN, HORIZON), "slot", 0, 15, 16);
        _refuseRegistry(usdc, 2, 11, CreditTerms(INITIAL_MARGIN, HORIZON), "quantumDecimals", 0, 10, 11);
        _refuseRegistry(
            usdc, 2, 6, CreditTerms(CALL_MARGIN - 1, HORIZON), "covenantMargin", CALL_MARGIN, 65_535, CALL_MARGIN - 1
        );
        _refuseRegistry(
            usdc, 2, 6, CreditTerms(INITIAL_MARGIN, MAX_PROOF_AGE - 1), "horizon", MAX_PROOF_AGE, 365 days, MAX_PROOF_AGE - 1
        );
        Token fine = new Token("FINE", 37);
        _refuseRegistry(fine, 2, 6, CreditTerms(INITIAL_MARGIN, HORIZON), "tokenDecimals", 0, 36, 37);
    }

    function _refuseRegistry(
        Token token,
        uint8 slot,
        uint8 decimals,
        CreditTerms memory terms,
        bytes32 term,
        uint256 least,
        uint256 most,
        uint256 got
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICreditRegistry.CreditTermOutOfRange.selector, term, least, most, got)
        );
        new CreditRegistry(gate, token, slot, decimals, terms);
    }

    // --- the covenant ---

    // shows: A95, P68
    function test_draw_needs_a_claim_of_what_is_owed() public {
        // Nothing was ever attested, then nothing was ever proven.
        _refuseDraw(line, 1, _notSigned());
        _attestNext();
        _refuseDraw(line, 1, _notHealthy(Status.Unknown));
        // Plain health is not enough.
        _attestAndProve(30_000);
        _refuseDraw(line, 1, _notProven(-1));
        // Dollars added prove nothing of what is owed.
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN, 100), PLENTY));
        _refuseDraw(line, 1, _notProven(-1));
        // Nor does a claim below the covenant's margin.
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN - 1, 100), -PLENTY));
        _refuseDraw(line, 1, _notProven(-1));
        // Not a cent more than what is proven, with the interest ahead.
        _proveOwing(1_000_00);
        uint256 most = uint256(1_000e6) * 365 / (365 + 18);
        assertLe(_ahead(most), 1_000_00);
        _refuseDraw(line, most + 20_000, _notProven(-int256(_ahead(most + 20_000))));
        _draw(most);
        assertEq(usdc.balanceOf(owner), most);
        assertEq(line.debt(), most);
        assertTrue(credit.covenantHolds(account));
        assertEq(credit.owedCents(account), _ahead(most));
    }

    // shows: A95, P68
    /// The claim is of the newest book: another book ends it, whatever it holds.
    function test_draw_needs_the_newest_book() public {
        _proveOwing(PLENTY);
        _draw(1e6);
        skip(1);
        _attestNext();
        _refuseDraw(line, 1e6, _notHealthy(Status.Grace));
        _submit(ledger.move(0), _healthy(30_000, 100));
        _refuseDraw(line, 1e6, _notProven(-int256(_ahead(2e6))));
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN, 100), -PLENTY));
        _draw(1e6);
    }

    // shows: P68
    function test_draw_refused_once_the_claim_lapsed() public {
        _proveOwing(PLENTY);
        _draw(1e6);
        ledger.move(2e6);
        assertFalse(credit.covenantHolds(account));
        _refuseDraw(line, 1e6, _notHealthy(Status.Grace));
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN, 100), -PLENTY));
        _draw(1e6);
        // By age.
        _pass(MAX_PROOF_AGE + 1);
        _refuseDraw(line, 1e6, _notHealthy(Status.Grace));
        // By an outage.
        _proveOwing(PLENTY);
        skip(1 hours + 1);
        _refuseDraw(line, 1e6, _notHealthy(Status.Unknown));
    }

    // shows: P68
    function test_draw_refused_under_a_call() public {
        _proveOwing(PLENTY);
        _denounce(ledger.move(0), _unhealthy(12_500));
        _refuseDraw(line, 1e6, _notHealthy(Status.MarginCall));
    }

    // shows: A96, P68
    function test_two_lines_never_count_one_claim_twice() public {
        CreditLine second = _openLine(_lineTerms());
        _fund(second, other, LENT);
        _proveOwing(10_000_00);
        _draw(9_000e6);
        _refuseDraw(second, 9_000e6, _notProven(-int256(_cents(2 * _aheadUnits(9_000e6)))));
        _drawOf(second, 500e6);
        assertEq(credit.owedAhead(account), _aheadUnits(9_000e6) + _aheadUnits(500e6));
        uint256 both = _aheadUnits(9_500e6) + _aheadUnits(500e6);
        _refuseDraw(line, 500e6, _notProven(-int256(_cents(both))));
        _proveOwing(20_000_00);
        _drawOf(second, 8_500e6);
    }

    /// What is owed is owed in tokens: its higher price counts, rounded up.
    function test_settlement_token_at_its_higher_price() public {
        _proveOwing(10_500_00);
        ledger.setPrice(2, DOLLAR_PRICE, DOLLAR_PRICE * 105 / 100);
        _refuseDraw(line, 10_000e6, _notProven(-int256(_cents(_aheadUnits(10_000e6) * 105 / 100 + 1))));
        ledger.setPrice(2, DOLLAR_PRICE * 88 / 100, DOLLAR_PRICE);
        _draw(10_000e6);
        assertEq(credit.owedCents(account), _ahead(10_000e6));
        ledger.setPrice(2, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ICreditRegistry.SettlementPriceMissing.selector, 2));
        credit.requireCovenant(account);
        assertFalse(credit.covenantHolds(account));
    }

    function test_covenant_of_who_owes_nothing() public {
        assertTrue(credit.covenantHolds(account));
        assertEq(credit.owedCents(account), 0);
        credit.requireCovenant("nobody");
    }

    /// With too little gas nobody can make a covenant look broken.
    function test_covenant_out_of_gas() public {
        _drawn(1_000e6);
        uint256 needed = gasleft();
        assertTrue(credit.covenantHolds(account));
        needed -= gasleft();
        bool refused;
        for (uint256 gasGiven = 2_000; gasGiven < needed + 20_000; gasGiven += 1_500) {
            (bool ok, bytes memory answer) =
                address(credit).call{gas: gasGiven}(abi.encodeCall(credit.covenantHolds, (account)));
            if (ok) assertTrue(abi.decode(answer, (bool)));
            else if (bytes4(answer) == ICreditRegistry.CovenantOutOfGas.selector) refused = true;
        }
        assertTrue(refused);
    }

    // --- attesters ---

    // shows: A97
    function test_draw_refused_while_attesters_are_proposed() public {
        _proveOwing(PLENTY);
        address[] memory friends = new address[](1);
        friends[0] = custodian;
        vm.prank(owner);
        registry.proposeAttesters(account, friends, 1);
        uint64 effectiveAt = uint64(block.timestamp) + ROTATION_DELAY;
        _refuseDraw(line, 1e6, abi.encodeWithSelector(ICreditLine.AttestersProposed.selector, effectiveAt));
    }

    // shows: A97
    /// Once the lenders' attester is gone, no word of others keeps the covenant, and nothing is released.
    function test_covenant_needs_the_lenders_attester() public {
        _deposit(10 ether);
        _drawn(1_000e6);
        address[] memory friends = new address[](1);
        friends[0] = custodian;
        vm.prank(owner);
        registry.proposeAttesters(account, friends, 1);
        _requestWithdrawalOf(1 ether);
        _pass(ROTATION_DELAY);
        registry.applyProposal(account);
        skip(1);
        _attestAlone();
        _submit(ledger.move(0), _with(_healthy(INITIAL_MARGIN, 100), -PLENTY));
        _expectStatus(Status.Healthy);
        _refuseWithdrawal(_notSigned());
        _refuseDraw(line, 1e6, _notSigned());
        assertFalse(credit.covenantHolds(account));
    }

    /// A book that the custodian alone signs.
    function _attestAlone() private {
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        Attestation[] memory alone = new Attestation[](1);
        alone[0] = _sign(account, book, CUSTODIAN_KEY);
        registry.attest(account, book, alone);
    }

    // --- releases ---

    // shows: A95
    /// Prove, draw, withdraw: the release needs the covenant of the book without what is released.
    function test_prove_draw_withdraw() public {
        _deposit(10 ether);
        _drawn(1_000e6);
        _requestWithdrawalOf(9 ether);
        _breakCovenant();
        _refuseWithdrawal(_notProven(-int256(credit.owedCents(account))));
        _proveOwing(int64(uint64(credit.owedCents(account))) + 1);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
        assertEq(weth.balanceOf(owner), 9 ether);
    }

    // shows: A95
    /// Prove, withdraw, draw: the release needs a newer book, which ends the claim of the book before.
    function test_prove_withdraw_draw() public {
        _deposit(10 ether);
        _proveOwing(PLENTY);
        _requestWithdrawalOf(9 ether);
        _breakCovenant();
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
        _refuseDraw(line, 1e6, _notProven(-int256(_ahead(1e6))));
    }

    // shows: A95
    /// Nor does a loan of the vault take what the lines count on.
    function test_loan_needs_the_covenant() public {
        _drawn(1_000e6);
        vm.prank(owner);
        vault.requestLoan(account, 100e6);
        _breakCovenant();
        vm.expectRevert(_notProven(-int256(credit.owedCents(account))));
        vm.prank(venue);
        vault.lend(account, 100e6);
        _proveOwing(PLENTY);
        vm.prank(venue);
        vault.lend(account, 100e6);
    }

    function test_vault_of_another_gate() public {
        MarginGate second = new MarginGate(ledger, registry, Trapdoor.key(), _terms());
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.CreditOfOtherGate.selector, address(second), address(gate))
        );
        new MarginVault(second, usdc, 2, 6, _vaultTerms(), credit, address(manager));
        assertEq(address(vault.credit()), address(credit));
    }

    // --- gas ---

    function test_gas_of_the_covenant() public {
        _drawn(1_000e6);
        credit.requireCovenant(account);
        vm.snapshotGasLastCall("CreditRegistry", "requireCovenant, one line");
        for (uint256 i = 1; i < 8; ++i) {
            CreditLine more = _openLine(_lineTerms());
            _fund(more, lender, 10_000e6);
            _proveOwing(PLENTY);
            _drawOf(more, 1_000e6);
        }
        vm.snapshotGasLastCall("CreditLine", "draw, eighth line");
        credit.requireCovenant(account);
        vm.snapshotGasLastCall("CreditRegistry", "requireCovenant, eight lines");
    }

    function _notSigned() private view returns (bytes memory) {
        return abi.encodeWithSelector(
            ICreditRegistry.AttesterHasNotSigned.selector, account, address(line), venue
        );
    }

    function _notHealthy(Status status) private view returns (bytes memory) {
        return abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, status);
    }

    function _notProven(int256 cents) private view returns (bytes memory) {
        return abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, account, INITIAL_MARGIN, cents);
    }
}
