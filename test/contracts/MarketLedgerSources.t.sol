// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {FeedLimits} from "../../contracts/feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../../contracts/feeds/ChainlinkFeed.sol";
import {SequencerGuard} from "../../contracts/feeds/SequencerGuard.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IFundingSource} from "../../contracts/interfaces/IFundingSource.sol";
import {IMarketSources} from "../../contracts/interfaces/IMarketSources.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";
import {ISequencerGuard} from "../../contracts/interfaces/ISequencerGuard.sol";
import {ReplayFixture} from "./support/Replay.sol";

/// Feeds, funding and the sequencer: what a round is refused for, and who names them.
contract MarketLedgerSourcesTest is ReplayFixture {
    function setUp() public {
        _setUpMarket();
    }

    // Doubts about a feed.

    // shows: P29, T14
    function test_poke_reverts_on_any_doubt() public {
        MockV3Aggregator aggregator = new MockV3Aggregator(8, 40_000e8);
        FeedLimits memory limits = FeedLimits(8, 1 hours, 1e13, 1e16);
        IPriceFeed[] memory list = _feeds(16);
        list[7] = new ChainlinkFeed(aggregator, limits);
        MarketLedger real = _newLedger(profile, list);
        real.poke();
        uint256 start = block.timestamp;
        vm.warp(start + 10 minutes);

        aggregator.updateAnswer(0);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceNotPositive.selector, 0));
        real.poke();
        aggregator.updateAnswer(-1);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceNotPositive.selector, -1));
        real.poke();
        aggregator.updateRoundData(4, 40_000e8, start - 2 hours, start);
        vm.expectPartialRevert(IPriceFeed.PriceStale.selector);
        real.poke();
        aggregator.updateRoundData(5, 40_000e8, start + 1 days, start);
        vm.expectPartialRevert(IPriceFeed.PriceFromTheFuture.selector);
        real.poke();
        aggregator.updateAnswer(40_000_000e8);
        vm.expectPartialRevert(IPriceFeed.PriceOutOfBounds.selector);
        real.poke();
        assertEq(real.latestRound().number, 1);
        aggregator.updateAnswer(400_000e8);
        real.poke();
        assertEq(real.latestRound().odometer, 9 * Spec.ODOMETER_UNIT);
    }

    // shows: P29, T14
    function test_poke_refused_while_sequencer_down() public {
        MockV3Aggregator uptime = new MockV3Aggregator(0, 1);
        SequencerGuard guard = new SequencerGuard(uptime, 1 hours);
        MarketLedger rollup =
            new MarketLedger(address(manager), table, profile, timing, _feeds(16), funding, guard, sleeveSlots);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, 1));
        rollup.poke();
        uptime.updateAnswer(0);
        vm.expectPartialRevert(SequencerGuard.SequencerInGrace.selector);
        rollup.poke();
        vm.warp(block.timestamp + 1 hours + 1);
        rollup.poke();
    }

    function test_tradable_since_later_of_market_and_sequencer() public {
        assertEq(ledger.tradableSince(), 0);
        ledger.poke();
        assertEq(ledger.tradableSince(), block.timestamp);
        MockV3Aggregator uptime = new MockV3Aggregator(0, 0);
        SequencerGuard guard = new SequencerGuard(uptime, 1 hours);
        MarketLedger rollup =
            new MarketLedger(address(manager), table, profile, timing, _feeds(16), funding, guard, sleeveSlots);
        uint256 first = block.timestamp;
        vm.expectPartialRevert(SequencerGuard.SequencerInGrace.selector);
        rollup.tradableSince();
        vm.warp(first + 1 hours + 1);
        assertEq(rollup.tradableSince(), first);
        rollup.poke();
        assertEq(rollup.tradableSince(), first + 1 hours + 1);
        uptime.updateAnswer(1);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, 1));
        rollup.tradableSince();
        // Down and up again between two rounds: the market was never stale.
        vm.warp(block.timestamp + 10 minutes);
        uptime.updateAnswer(0);
        uint256 again = block.timestamp;
        vm.warp(again + 1 hours + 1);
        rollup.poke();
        assertEq(rollup.liveSince(), first + 1 hours + 1);
        assertEq(rollup.tradableSince(), again);
    }

    /// A low price must be above 0, and a high price must fit 64 bits.
    function test_confidence_leaves_price_on_both_sides() public {
        uint256 snapshot = vm.snapshotState();
        uint64[2][2] memory sound = [[uint64(100), 99], [type(uint64).max - 5, 5]];
        for (uint256 i = 0; i < 2; ++i) {
            (uint64 price, uint64 confidence) = (sound[i][0], sound[i][1]);
            feeds[2].set(price, confidence + 1);
            vm.expectRevert(abi.encodeWithSelector(IMarketSources.PriceTooUncertain.selector, 2, price, confidence + 1));
            ledger.poke();
            feeds[2].set(price, confidence);
            ledger.poke();
            (uint64 low, uint64 high,) = ledger.priceOf(2);
            assertEq(low, price - confidence);
            assertEq(high, price + confidence);
            vm.revertToState(snapshot);
        }
    }

    // shows: P30, A19
    /// The average takes spot prices without their confidence. A Pyth feed may jump with a confidence of half its
    /// price. That must not stop the market for the rounds until the average has followed.
    function test_confidence_wide_after_jump_stops_nothing() public {
        _flat(1e12);
        ledger.poke();
        uint256 snapshot = vm.snapshotState();
        uint64[2][3] memory jumps = [[uint64(2.1e12), 1e12], [uint64(1e11), 0.5e11], [uint64(30e12), 14e12]];
        for (uint256 i = 0; i < jumps.length; ++i) {
            (uint64 spot, uint64 confidence) = (jumps[i][0], jumps[i][1]);
            feeds[7].set(spot, confidence);
            vm.warp(block.timestamp + 1 minutes);
            ledger.poke();
            (uint64 low, uint64 high,) = ledger.priceOf(7);
            assertEq(low, spot - confidence < 1e12 ? spot - confidence : 1e12);
            assertEq(high, spot + confidence > 1e12 ? spot + confidence : 1e12);
            // Once the average has followed, the old confidence no longer widens the price.
            vm.warp(block.timestamp + timing.twapWindow);
            ledger.poke();
            (low, high,) = ledger.priceOf(7);
            assertEq(low, spot - confidence);
            assertEq(high, spot + confidence);
            vm.revertToState(snapshot);
        }
    }

    // shows: P30, A18
    function test_fuzz_confidence_widens_band(uint64 price, uint64 confidence) public {
        price = uint64(bound(price, 1, type(uint64).max));
        feeds[2].set(price, confidence);
        bool sound = confidence < price && uint256(price) + confidence <= type(uint64).max;
        if (!sound) {
            vm.expectRevert(abi.encodeWithSelector(IMarketSources.PriceTooUncertain.selector, 2, price, confidence));
        }
        ledger.poke();
        if (!sound) return;
        (uint64 low, uint64 high,) = ledger.priceOf(2);
        assertEq(low, price - confidence);
        assertEq(high, price + confidence);
    }

    function test_funding_refused_out_of_bounds() public {
        int128[] memory indices = new int128[](16);
        indices[9] = int128(type(int64).max) + 1;
        funding.set(indices);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingOutOfBounds.selector, 9, indices[9]));
        ledger.poke();
        indices[9] = type(int64).min;
        funding.set(indices);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingOutOfBounds.selector, 9, indices[9]));
        ledger.poke();
        (indices[9], indices[10]) = (-type(int64).max, type(int64).max);
        funding.set(indices);
        ledger.poke();
        assertEq(abi.encode(_foldAnew(_lastSeen())), abi.encode(ledger.latestRound().folded));
        funding.set(new int128[](15));
        vm.warp(block.timestamp + 1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingMismatch.selector, 16, 15));
        ledger.poke();
    }

    // Construction and governance.

    function test_sources_governor_only() public {
        IPriceFeed[] memory list = _feeds(16);
        (list[0], list[1]) = (list[1], list[0]);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        ledger.setSources(list, funding, SequencerGuard(address(0)));
        _flat(1e12);
        ledger.poke();
        bytes memory data =
            abi.encodeCall(ledger.setSources, (list, IFundingSource(address(0)), SequencerGuard(address(0))));
        vm.startPrank(governor);
        manager.schedule(address(ledger), data, 0);
        vm.warp(block.timestamp + DELAY);
        vm.expectEmit(address(ledger));
        emit IMarketSources.SourcesChanged(list, IFundingSource(address(0)), SequencerGuard(address(0)));
        manager.execute(address(ledger), data);
        vm.stopPrank();
        (IPriceFeed[] memory got, IFundingSource source, ISequencerGuard guard) = ledger.sources();
        assertEq(abi.encode(got), abi.encode(list));
        assertEq(address(source), address(0));
        assertEq(address(guard), address(0));
        feeds[1].set(1.5e12, 0);
        ledger.poke();
        (, uint64 high, int128 index) = ledger.priceOf(0);
        assertEq(high, 1.5e12);
        assertEq(index, 0);
        // The move from one feed's price to the other's counts.
        assertGe(ledger.latestRound().odometer, Spec.ODOMETER_UNIT / 2);
    }

    function test_sources_refused_wrong_count() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FeedsMismatch.selector, 16, 15));
        _newLedger(profile, _feeds(15));
    }

    function test_timing_refused_invalid() public {
        MarketLedger.Timing memory good = timing;
        timing.minInterval = 0;
        _refuseTiming();
        timing = good;
        timing.twapWindow = 62 minutes + 1;
        _refuseTiming();
        timing = good;
        timing.provingWindow = timing.maxRoundAge + 1;
        _refuseTiming();
        timing = good;
        (timing.provingWindow, timing.maxRoundAge) = (2046 minutes + 1, 3000 minutes);
        _refuseTiming();
        timing = good;
        // For fifty minutes of each hour there would be no round to prove against.
        (timing.minInterval, timing.provingWindow) = (1 hours, 10 minutes);
        _refuseTiming();
        timing = good;
        timing.provingWindow = 0;
        _refuseTiming();
        timing = good;
        timing.provingWindow = timing.minInterval - 1;
        _refuseTiming();
        timing = MarketLedger.Timing({twapWindow: 0, minInterval: 0, provingWindow: 0, maxRoundAge: 2 hours});
        _refuseTiming();
    }

    /// The windows may be as long as their rings surely hold. With the longest interval there is still always a round
    /// to prove against.
    function test_timing_accepted_at_limits() public {
        timing = MarketLedger.Timing({
            twapWindow: 62 minutes, minInterval: 1 minutes, provingWindow: 2046 minutes, maxRoundAge: 2046 minutes
        });
        assertEq(_newLedger(profile, _feeds(16)).provingWindow(), 2046 minutes);
        timing = MarketLedger.Timing({twapWindow: 0, minInterval: 1 hours, provingWindow: 1 hours, maxRoundAge: 1 hours});
        assertEq(_newLedger(profile, _feeds(16)).minInterval(), 1 hours);
    }

    function _refuseTiming() private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarketSources.TimingInvalid.selector,
                timing.twapWindow,
                timing.minInterval,
                timing.provingWindow,
                timing.maxRoundAge
            )
        );
        _newLedger(profile, _feeds(16));
    }
}
