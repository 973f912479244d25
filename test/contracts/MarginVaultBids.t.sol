// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// What a bid names: its auction, and the worst price.
contract MarginVaultBidsTest is VaultFixture {
    uint64 private startedAt;

    function setUp() public override {
        super.setUp();
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        startedAt = _startAuctionOf(weth);
    }

    function test_take_refuses_bid_too_low_or_empty() public {
        _refuseBid(1 ether, 2_200e6 - 1, _tooHigh(2_200e6 - 1, 2_200e6));
        _refuseBid(0, 1, abi.encodeWithSelector(IMarginVault.AmountZero.selector));
        vm.prank(bidder);
        vault.take(account, address(weth), startedAt, 1 ether, 2_200e6, bidder);
    }

    // shows: A12
    /// Somebody front-runs the bid by closing and restarting the auction. The bid would pay twice the price.
    function test_take_refuses_bid_for_another_auction() public {
        skip(AUCTION_PERIOD);
        ledger.move(0);
        (uint256 amount, uint256 cost) = vault.quote(account, address(weth), 10 ether);
        skip(1);
        vault.closeAuction(account, address(weth));
        uint64 again = _startAuctionOf(weth);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionDiffers.selector, again, startedAt));
        vm.prank(bidder);
        vault.take(account, address(weth), startedAt, amount, cost, bidder);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NoAuction.selector, account, address(usdc)));
        vault.take(account, address(usdc), startedAt, amount, cost, bidder);
    }

    // shows: A12
    /// A bid for 2 ether at 4 000 USD finds less still due. Its price for each unit counts, not its total.
    function test_take_scales_bid_to_fewer_units() public {
        _take(2 ether);
        uint256 due = vault.liquidationOf(account).due;
        assertEq(due, 1_100e6);
        _refuseBid(2 ether, 4_000e6, _tooHigh(1_000e6, 1_100e6));
        vm.prank(bidder);
        (uint256 amount, uint256 cost) = vault.take(account, address(weth), startedAt, 2 ether, 4_400e6, bidder);
        assertEq(amount, 0.5 ether);
        assertEq(cost, 1_100e6);
    }

    // shows: A12
    /// No rounding refuses a bid at the price of the moment or above, and a bid below it buys nothing.
    function test_fuzz_take_costs_at_most_bid(uint128 most, uint16 wait, int16 off) public {
        most = uint128(bound(most, 1, 12 ether));
        skip(bound(wait, 0, AUCTION_PERIOD));
        ledger.move(0);
        uint256 blocks = (block.number - vault.auctionOf(account, address(weth)).startBlock) * BLOCK_TIME;
        uint256 time = block.timestamp - startedAt;
        uint256 factor = 10_000 - 5_000 * (blocks < time ? blocks : time) / AUCTION_PERIOD;
        // 10 ether cost 22 000 USD at the start.
        uint256 asked = (uint256(most) * 22_000e6 * factor + 1e23 - 1) / 1e23;
        uint256 bid = off < 0 && asked <= uint256(-int256(off)) ? 0 : uint256(int256(asked) + off);
        uint256 paid = usdc.balanceOf(bidder);
        vm.prank(bidder);
        try vault.take(account, address(weth), startedAt, most, bid, bidder) returns (uint256 amount, uint256 cost) {
            assertEq(paid - usdc.balanceOf(bidder), cost);
            // In proportion, rounded up.
            assertLe(cost * most, bid * amount + most, "dearer than bid");
        } catch (bytes memory reason) {
            assertLt(bid, asked, "a bid at the price was refused");
            assertEq(bytes4(reason), IMarginVault.CostTooHigh.selector);
        }
    }

    function _refuseBid(uint256 most, uint256 mostCost, bytes memory error) private {
        vm.expectRevert(error);
        vm.prank(bidder);
        vault.take(account, address(weth), startedAt, most, mostCost, bidder);
    }

    function _tooHigh(uint256 most, uint256 got) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMarginVault.CostTooHigh.selector, most, got);
    }
}
