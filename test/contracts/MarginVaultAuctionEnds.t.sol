// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SequencerGuard} from "../../contracts/feeds/SequencerGuard.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Status} from "../../contracts/types/Status.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// When an auction is over, and what its price does while nobody can bid.
contract MarginVaultAuctionEndsTest is VaultFixture {
    // shows: A10
    function test_auction_ends_with_period() public {
        _auction();
        uint64 end = uint64(block.timestamp) + AUCTION_PERIOD;
        skip(AUCTION_PERIOD);
        ledger.move(0);
        (, uint256 cost) = vault.quote(account, address(weth), 0.1 ether);
        assertEq(cost, 110e6);
        assertFalse(vault.isOver(account, address(weth)));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionGoesOn.selector, account, address(weth)));
        vault.closeAuction(account, address(weth));
        skip(1);
        assertEq(block.timestamp, end + 1);
        _isOverAndStartsAgain();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NoAuction.selector, account, address(usdc)));
        vault.closeAuction(account, address(usdc));
    }

    // shows: P48, A10
    /// Nobody closed the auction. The next breach would continue it at half of the market's price.
    function test_auction_ends_with_health() public {
        _auction();
        skip(30 minutes);
        _attestAndProve(10_000);
        _expectStatus(Status.Healthy);
        assertTrue(vault.isOver(account, address(weth)));
        skip(20 minutes);
        ledger.move(0);
        _breach();
        _expectStatus(Status.Liquidatable);
        (, uint256 decayed) = vault.quote(account, address(weth), 1 ether);
        assertLt(decayed, 1_300e6);
        _isOverAndStartsAgain();
        (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        assertEq(cost, 2_200e6);
    }

    /// The same for a default that `recordLapse` recorded: health of a book that counts what is at auction lifts it.
    function test_auction_of_default_ends_with_health() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _pass(1 days);
        _pass(uint256(GRACE_PERIOD) + 1);
        _startAuctionOf(weth);
        assertEq(vault.recordedBalance(account, address(weth)), 10 ether);
        skip(10 minutes);
        _attestAndProve(10_000);
        assertTrue(vault.isOver(account, address(weth)));
        _breach();
        _isOverAndStartsAgain();
    }

    /// A further proof of the same breach does not end the auction.
    function test_auction_continues_with_newer_breach_proof() public {
        _auction();
        skip(1 minutes);
        _breach();
        assertFalse(vault.isOver(account, address(weth)));
        _take(1 ether);
    }

    // shows: A10
    /// Within the second of its start, health lifts the breach, and a new breach in the grace of a change takes its
    /// place. The auction is not over, but the account may not be liquidated: anybody can close it.
    function test_auction_closed_in_grace_of_breach_in_same_second() public {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        skip(1 minutes);
        profile.nextEpoch();
        _attestNext();
        uint64 round = ledger.move(0);
        _expectStatus(Status.Liquidatable);
        _startAuctionOf(weth);
        _submit(round, _healthy(10_000, 100));
        _expectStatus(Status.Healthy);
        _attestNext();
        _breach();
        _expectStatus(Status.MarginCall);
        assertFalse(vault.isOver(account, address(weth)));
        _refuseTake(1 ether, abi.encodeWithSelector(IMarginVault.NotLiquidatable.selector, account, Status.MarginCall));
        vm.prank(stranger);
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
    }

    // shows: A10
    function test_auction_ends_with_epoch() public {
        _auction();
        skip(1 minutes);
        profile.nextEpoch();
        ledger.move(0);
        _isOverAndStartsAgain();
    }

    function test_auction_ends_with_market_outage() public {
        _auction();
        skip(30 minutes);
        ledger.move(0);
        _skipWithoutBlocks(1 hours + 1);
        _expectStatus(Status.Unknown);
        ledger.move(0);
        _isOverAndStartsAgain();
    }

    // shows: P42, A10
    /// The sequencer is down for less time than makes the market stale.
    function test_auction_ends_with_sequencer_outage() public {
        _auction();
        skip(1 minutes);
        ledger.setUpSince(type(uint64).max);
        bytes memory down = abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, 1);
        _refuseTake(1 ether, down);
        vm.expectRevert(down);
        vault.startAuction(account, address(usdc));
        skip(10 minutes);
        ledger.setUpSince(uint64(block.timestamp));
        _isOverAndStartsAgain();
    }

    // shows: P42, A10
    /// No block for 55 minutes, which leaves the market fresh enough: nobody could bid.
    function test_price_stands_still_without_blocks() public {
        _auction();
        (, uint256 before) = vault.quote(account, address(weth), 1 ether);
        assertEq(before, 2_200e6);
        _skipWithoutBlocks(55 minutes);
        _expectStatus(Status.Liquidatable);
        (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        // What it would cost after one block in any case: a fall by 12 seconds of an hour.
        assertEq(cost, 2_196_480_000);
        skip(4 minutes);
        (, cost) = vault.quote(account, address(weth), 1 ether);
        assertEq(cost, 2_123_000_000);
        (, cost) = _take(1 ether);
        assertEq(cost, 2_123_000_000);
    }

    // shows: A10
    /// However blocks come, the price falls by no more than the time, and by no more than blockTime for each block.
    function test_fuzz_price_falls_with_time_and_blocks(uint8[8] calldata waits, uint256 silent) public {
        _auction();
        uint256 startBlock = block.number;
        uint256 startedAt = block.timestamp;
        for (uint256 i = 0; i < waits.length; ++i) {
            if ((silent >> i) & 1 == 1) _skipWithoutBlocks(waits[i]);
            else skip(waits[i]);
            (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
            uint256 blocks = (block.number - startBlock) * BLOCK_TIME;
            uint256 time = block.timestamp - startedAt;
            uint256 elapsed = blocks < time ? blocks : time;
            assertEq(cost, 220_000 * (10_000 - 5_000 * elapsed / AUCTION_PERIOD), "price");
        }
    }

    function _auction() private {
        _deposit(10 ether);
        _lend(10_000e6);
        _breach();
        _startAuctionOf(weth);
    }

    function _isOverAndStartsAgain() private {
        assertTrue(vault.isOver(account, address(weth)), "over");
        _refuseTake(1 ether, _over(weth));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AuctionRunning.selector, account, address(weth)));
        vault.startAuction(account, address(weth));
        vm.prank(stranger);
        vault.closeAuction(account, address(weth));
        assertEq(vault.balanceOf(account, address(weth)), 10 ether);
        _startAuctionOf(weth);
        (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        assertEq(cost, 2_200e6, "the full price");
        _take(1 ether);
    }
}
