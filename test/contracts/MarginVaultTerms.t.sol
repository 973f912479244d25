// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ICreditRegistry} from "../../contracts/interfaces/ICreditRegistry.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Token} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";
import {Asset, VaultTerms} from "../../contracts/types/Vault.sol";

/// Terms, listed assets and creditors.
contract MarginVaultTermsTest is VaultFixture {
    /// What the rotation delay leaves after a book's day and two graces.
    uint32 private constant WINDOW = uint32(ROTATION_DELAY) - 1 days - 2 * GRACE_PERIOD;

    function test_terms_read_back() public view {
        assertEq(address(vault.gate()), address(gate));
        assertEq(address(vault.settlement()), address(usdc));
        assertEq(keccak256(abi.encode(vault.terms())), keccak256(abi.encode(_vaultTerms())));
        assertEq(keccak256(abi.encode(vault.assetOf(address(weth)))), keccak256(abi.encode(Asset(true, 1, 9, 18))));
        assertEq(keccak256(abi.encode(vault.assetOf(address(usdc)))), keccak256(abi.encode(Asset(true, 2, 6, 6))));
        assertEq(vault.creditorOf(account), venue);
    }

    function test_terms_refused_out_of_range() public {
        VaultTerms memory terms = _vaultTerms();
        // An attester could call a borrower at a lower margin in the block of the loan.
        terms.initialMargin = CALL_MARGIN - 1;
        _refuseTerms(terms, "initialMargin", CALL_MARGIN, type(uint16).max, CALL_MARGIN - 1);
        terms = _vaultTerms();
        terms.penalty = 5_001;
        _refuseTerms(terms, "penalty", 0, 5_000, 5_001);
        terms = _vaultTerms();
        terms.incentive = 10_001;
        _refuseTerms(terms, "incentive", 0, 10_000, 10_001);
        terms = _vaultTerms();
        terms.closeFactor = 0;
        _refuseTerms(terms, "closeFactor", 1, 10_000, 0);
        terms.closeFactor = 10_001;
        _refuseTerms(terms, "closeFactor", 1, 10_000, 10_001);
        terms = _vaultTerms();
        terms.premium = 10_001;
        _refuseTerms(terms, "premium", 0, 10_000, 10_001);
        terms = _vaultTerms();
        terms.floor = 0;
        // The price starts a tenth above the market's. 9 090 basis points of that is the highest floor below it.
        _refuseTerms(terms, "floor", 1, 9_090, 0);
        terms.floor = 9_091;
        _refuseTerms(terms, "floor", 1, 9_090, 9_091);
        terms = _vaultTerms();
        terms.blockTime = 0;
        _refuseTerms(terms, "blockTime", 1, type(uint16).max, 0);
    }

    /// An auction and a relief last ten blocks, and both together no longer than a rotation leaves.
    function test_terms_refused_periods_too_short_or_long() public {
        VaultTerms memory terms = _vaultTerms();
        uint256 least = 10 * BLOCK_TIME;
        terms.auctionPeriod = uint32(least - 1);
        _refuseTerms(terms, "auctionPeriod", least, WINDOW, least - 1);
        terms.auctionPeriod = WINDOW + 1;
        _refuseTerms(terms, "auctionPeriod", least, WINDOW, WINDOW + 1);
        terms = _vaultTerms();
        terms.reliefPeriod = 0;
        _refuseTerms(terms, "reliefPeriod", least, WINDOW - AUCTION_PERIOD, 0);
        terms.reliefPeriod = uint32(WINDOW - AUCTION_PERIOD + 1);
        _refuseTerms(terms, "reliefPeriod", least, WINDOW - AUCTION_PERIOD, WINDOW - AUCTION_PERIOD + 1);
    }

    function test_terms_accepted_at_bounds() public {
        VaultTerms memory terms = VaultTerms({
            initialMargin: CALL_MARGIN,
            penalty: 0,
            incentive: 0,
            closeFactor: 1,
            premium: 0,
            floor: 1,
            auctionPeriod: 10,
            reliefPeriod: 10,
            blockTime: 1,
            minimumClose: 0
        });
        assertEq(abi.encode(_withTerms(terms).terms()), abi.encode(terms));
        terms = VaultTerms({
            initialMargin: type(uint16).max,
            penalty: 5_000,
            incentive: 10_000,
            closeFactor: 10_000,
            premium: 10_000,
            floor: 5_000,
            auctionPeriod: WINDOW / 2,
            reliefPeriod: WINDOW / 2,
            blockTime: uint16(WINDOW / 20),
            minimumClose: type(uint128).max
        });
        assertEq(abi.encode(_withTerms(terms).terms()), abi.encode(terms));
    }

    function _withTerms(VaultTerms memory terms) private returns (MarginVault) {
        return new MarginVault(gate, usdc, 2, 6, terms, ICreditRegistry(address(0)), address(manager));
    }

    function _refuseTerms(VaultTerms memory terms, bytes32 term, uint256 least, uint256 most, uint256 got) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TermOutOfRange.selector, term, least, most, got));
        _withTerms(terms);
    }

    function test_listing_adds_and_removes() public {
        Token token = new Token("T", 36);
        vm.expectEmit();
        emit IMarginVault.AssetListed(address(token), 15, 10);
        vault.listAsset(address(token), 15, 10);
        vm.expectEmit();
        emit IMarginVault.AssetDelisted(address(token));
        vault.delistAsset(address(token));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AssetNotListed.selector, address(token)));
        vault.delistAsset(address(token));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AssetNotListed.selector, address(token)));
        vault.deposit(account, address(token), 1);
    }

    function test_listing_refused_out_of_range() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.SlotOutOfRange.selector, 15, 16));
        vault.listAsset(address(weth), 16, 9);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DecimalsOutOfRange.selector, 10, 11));
        vault.listAsset(address(weth), 1, 11);
        Token token = new Token("T", 37);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DecimalsOutOfRange.selector, 36, 37));
        vault.listAsset(address(token), 1, 9);
    }

    function test_listing_role_only() public {
        bytes memory error = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(error);
        vault.listAsset(address(weth), 1, 9);
        vm.expectRevert(error);
        vault.delistAsset(address(weth));
    }

    function test_creditor_attester_named_by_owner() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, venue));
        vm.prank(venue);
        vault.setCreditor(account, venue);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        vault.setCreditor("none", venue);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttester.selector, account, stranger));
        vault.setCreditor(account, stranger);
        vm.expectEmit();
        emit IMarginVault.CreditorSet(account, custodian);
        vault.setCreditor(account, custodian);
        vault.setCreditor(account, venue);
        vm.stopPrank();
        _deposit(10 ether);
        _lend(1_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DebtOutstanding.selector, 1_000e6));
        vm.prank(owner);
        vault.setCreditor(account, custodian);
    }
}
