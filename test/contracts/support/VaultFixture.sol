// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ICreditRegistry} from "../../../contracts/interfaces/ICreditRegistry.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {GateFixture} from "./GateFixture.sol";
import {Token} from "./Tokens.sol";
import {VaultTerms} from "../../../contracts/types/Vault.sol";

/// A vault with a listed token of 18 decimals (slot 1) and a settlement token of 6 (slot 2). The venue is the creditor.
abstract contract VaultFixture is GateFixture {
    uint64 internal constant AUCTION_PERIOD = 1 hours;
    uint64 internal constant RELIEF_PERIOD = 30 minutes;
    uint64 internal constant BLOCK_TIME = 12;
    /// Basis points, as the gate's CALL_MARGIN: no less is accepted.
    uint16 internal constant INITIAL_MARGIN = 12_500;
    /// 2000 USD for 10^9 quanta, in attodollars per quantum
    uint64 internal constant ETHER_PRICE = 2000e9;
    /// 1 USD for 10^6 quanta
    uint64 internal constant DOLLAR_PRICE = 1e12;

    MarginVault internal vault;
    Token internal weth;
    Token internal usdc;
    address internal bidder = makeAddr("bidder");
    address internal keeper = makeAddr("keeper");
    /// Seconds since the last block.
    uint256 private _sinceBlock;

    function setUp() public virtual override {
        super.setUp();
        weth = new Token("WETH", 18);
        usdc = new Token("USDC", 6);
        ledger.setPrice(1, ETHER_PRICE, ETHER_PRICE);
        ledger.setPrice(2, DOLLAR_PRICE, DOLLAR_PRICE);
        vault = new MarginVault(gate, usdc, 2, 6, _vaultTerms(), ICreditRegistry(address(0)), address(manager));
        _allow(vault.listAsset.selector);
        _allow(vault.delistAsset.selector);
        vault.listAsset(address(weth), 1, 9);
        vm.prank(owner);
        vault.setCreditor(account, venue);
        usdc.mint(venue, 1_000_000e6);
        usdc.mint(bidder, 1_000_000e6);
        _approve(venue, usdc);
        _approve(bidder, usdc);
        _approve(owner, weth);
    }

    /// Time passes with its blocks.
    function skip(uint256 time) internal override {
        super.skip(time);
        _sinceBlock += time;
        vm.roll(vm.getBlockNumber() + _sinceBlock / BLOCK_TIME);
        _sinceBlock %= BLOCK_TIME;
    }

    /// Time passes, and the next block is the first after it.
    function _skipWithoutBlocks(uint256 time) internal {
        super.skip(time);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function _allow(bytes4 selector) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(address(vault), selectors, 2);
        manager.grantRole(2, address(this), 0);
    }

    function _vaultTerms() internal pure returns (VaultTerms memory) {
        return VaultTerms({
            initialMargin: INITIAL_MARGIN,
            penalty: 1_000,
            incentive: 2_500,
            closeFactor: 5_000,
            premium: 1_000,
            floor: 5_000,
            auctionPeriod: uint32(AUCTION_PERIOD),
            reliefPeriod: uint32(RELIEF_PERIOD),
            blockTime: uint16(BLOCK_TIME),
            minimumClose: 100e6
        });
    }

    function _approve(address who, Token token) internal {
        vm.prank(who);
        token.approve(address(vault), type(uint256).max);
    }

    function _deposit(uint256 amount) internal {
        weth.mint(owner, amount);
        vm.prank(owner);
        vault.deposit(account, address(weth), amount);
    }

    /// A new second, in which a new book is attested and proven at `theta` and a new round.
    function _attestAndProve(uint256 theta) internal {
        skip(1);
        _attestNext();
        _submit(ledger.move(0), _healthy(theta, 100));
    }

    function _lend(uint256 amount) internal {
        vm.prank(owner);
        vault.requestLoan(account, amount);
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(venue);
        vault.lend(account, amount);
    }

    /// The venue proves the newest book unhealthy.
    function _breach() internal {
        if (registry.bookOf(account).sequence == 0) _attestNext();
        _denounce(ledger.move(0), _unhealthy(10_000));
    }

    function _startAuctionOf(Token token) internal returns (uint64 startedAt) {
        vm.prank(keeper);
        vault.startAuction(account, address(token));
        return uint64(block.timestamp);
    }

    /// The bidder buys at most `most` units of the ether, whatever they cost.
    function _take(uint256 most) internal returns (uint256 amount, uint256 cost) {
        return _takeOf(weth, most);
    }

    function _takeOf(Token token, uint256 most) internal returns (uint256 amount, uint256 cost) {
        uint64 startedAt = vault.auctionOf(account, address(token)).startedAt;
        vm.prank(bidder);
        return vault.take(account, address(token), startedAt, most, type(uint256).max, bidder);
    }

    /// The vault must refuse a bid for `most` units of the ether, at any price, with `error`.
    function _refuseTake(uint256 most, bytes memory error) internal {
        uint64 startedAt = vault.auctionOf(account, address(weth)).startedAt;
        vm.expectRevert(error);
        vm.prank(bidder);
        vault.take(account, address(weth), startedAt, most, type(uint256).max, bidder);
    }

    function _over(Token token) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVault.AuctionOver.selector, account, address(token));
    }

    /// A coin of eight decimals in slot 3, at that price in attodollars per unit, of which the owner has `units`.
    function _coin(uint64 price, uint256 units) internal returns (Token coin) {
        coin = new Token("WBTC", 8);
        vault.listAsset(address(coin), 3, 8);
        ledger.setPrice(3, price, price);
        coin.mint(owner, units);
        _approve(owner, coin);
    }

    function _requestWithdrawalOf(uint256 amount) internal {
        vm.prank(owner);
        vault.requestWithdrawal(account, address(weth), amount);
    }

    function _refuseWithdrawal(bytes memory error) internal {
        vm.expectRevert(error);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(weth), owner);
    }

    function _tooEarly(uint64 requestSequence, uint64 requestedAt, uint64 sequence, uint64 asOf)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IMarginVault.BookTooEarly.selector, account, requestSequence, requestedAt, sequence, asOf
        );
    }
}
