// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {FeedLimits} from "../../contracts/feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../../contracts/feeds/ChainlinkFeed.sol";
import {MedianFeed} from "../../contracts/feeds/MedianFeed.sol";
import {PythFeed} from "../../contracts/feeds/PythFeed.sol";
import {RateLimits, RatioAggregator} from "../../contracts/feeds/RatioAggregator.sol";
import {IMedianFeed, MedianTerms} from "../../contracts/interfaces/IMedianFeed.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";
import {ReplayFixture} from "./support/Replay.sol";

/// Incidents of real markets, played on a ledger whose asset 7 has a Chainlink feed, a ratio of two, a Pyth price and a
/// spare. The asset is wstETH, 9 decimals: 2 820 USD is 2.82e12 attodollars per quantum.
contract MedianFeedIncidentsTest is ReplayFixture {
    uint256 private constant ASSET = 7;
    bytes32 private constant ID = keccak256("WSTETH/USD");
    uint32 private constant HOUR = 1 hours;
    uint64 private constant PRICE = 2.82e12;

    MockV3Aggregator private usd;
    MockV3Aggregator private rate;
    MockV3Aggregator private eth;
    MockV3Aggregator private spare;
    MockPyth private pyth;
    MedianFeed private median;
    MarketLedger private market;

    function setUp() public {
        _setUpMarket();
        usd = new MockV3Aggregator(8, 2_820e8);
        rate = new MockV3Aggregator(18, 1.175e18);
        eth = new MockV3Aggregator(8, 2_400e8);
        spare = new MockV3Aggregator(18, 2_820e18);
        pyth = new MockPyth(60, 0);
        FeedLimits memory limits = FeedLimits({decimals: 9, heartbeat: HOUR, least: 1e10, most: 1e15});
        RatioAggregator ratio = new RatioAggregator(rate, eth, RateLimits(1 days, 1e18, 2e18));
        IPriceFeed[] memory list = new IPriceFeed[](4);
        list[0] = new ChainlinkFeed(usd, limits);
        list[1] = new ChainlinkFeed(ratio, limits);
        list[2] = new PythFeed(pyth, ID, 100, limits);
        limits.heartbeat = 1 days;
        list[3] = new ChainlinkFeed(spare, limits);
        median = new MedianFeed(list, IPriceFeed(address(0)), MedianTerms(3, 2, 10, 0));
        IPriceFeed[] memory feedsOf = _feeds(16);
        feedsOf[ASSET] = median;
        market = _newLedger(profile, feedsOf);
        _push(2_820e8);
        market.poke();
    }

    function _push(int64 price) private {
        bytes[] memory updates = new bytes[](1);
        uint64 time = uint64(block.timestamp);
        updates[0] = pyth.createPriceFeedUpdateData(ID, price, 0, -8, price, 0, time, time - 1);
        pyth.updatePriceFeeds(updates);
    }

    /// Half a proving window later, when every source but those that a test stops has answered again.
    function _pass() private {
        vm.warp(block.timestamp + timing.provingWindow / 2);
    }

    function _answer(int256 dollars) private {
        usd.updateAnswer(dollars * 1e8);
        eth.updateAnswer(dollars * 1e8 * 1_000 / 1_175);
        _push(int64(dollars * 1e8));
        spare.updateAnswer(dollars * 1e18);
    }

    /// Low and high of the asset lie within so many basis points of a price.
    function _assertNear(uint256 price, uint256 bps) private view {
        (uint64 low, uint64 high,) = market.priceOf(ASSET);
        assertGe(uint256(low) * 10_000, price * (10_000 - bps));
        assertLe(uint256(high) * 10_000, price * (10_000 + bps));
    }

    function test_sources_of_every_kind_agree() public view {
        _assertNear(PRICE, 0);
    }

    // shows: A69, T14
    /// LUNA, May 2022: the market fell below the aggregator's minAnswer, at which the feed stayed. A feed whose limit
    /// is there refuses; one whose limit is lower is outvoted.
    function test_luna_clamped_answer_does_not_count() public {
        _pass();
        _answer(30);
        usd.updateAnswer(10e8);
        market.poke();
        (uint64 low,,) = market.priceOf(ASSET);
        assertEq(low, 3e10);
        (uint64 price,,) = median.read();
        assertEq(price, 3e10);
        _pass();
        _answer(20);
        usd.updateAnswer(1_000e8);
        market.poke();
        (price,,) = median.read();
        assertEq(price, 2e10);
    }

    // shows: A69
    /// Mango, October 2022: one venue's price was ×23 for half an hour.
    function test_mango_one_source_23_times_for_half_hour() public {
        uint256 end = block.timestamp + 30 minutes;
        while (block.timestamp < end) {
            _pass();
            _answer(2_820);
            usd.updateAnswer(23 * 2_820e8);
            market.poke();
            _assertNear(PRICE, 10);
        }
        assertEq(market.latestRound().odometer, 0);
    }

    // shows: A69
    /// A source that is offline leaves its seat to the spare. Even both Pyth and the USD feed leave a quorum.
    function test_offline_source_stops_no_round() public {
        vm.warp(block.timestamp + HOUR + 1);
        eth.updateAnswer(2_400e8);
        // USD feed and Pyth are stale now.
        market.poke();
        _assertNear(PRICE, 10);
        assertEq(market.latestRound().number, 2);
        vm.warp(block.timestamp + HOUR + 1);
        // So is ETH: the spare alone is no quorum.
        vm.expectRevert(abi.encodeWithSelector(IMedianFeed.QuorumMissing.selector, 2, 1));
        market.poke();
        usd.updateAnswer(2_820e8);
        market.poke();
        _assertNear(PRICE, 10);
    }

    // shows: A69, T14
    /// An aggregator behind a proxy is replaced by one of other decimals.
    function test_decimals_change_silences_one_source() public {
        _pass();
        vm.mockCall(address(usd), abi.encodeCall(usd.decimals, ()), abi.encode(uint8(18)));
        market.poke();
        vm.expectEmit(address(median));
        emit IMedianFeed.SourceSilenced(0, ChainlinkFeed.AggregatorDecimalsChanged.selector);
        median.record();
        _assertNear(PRICE, 10);
    }

    // shows: A69, T14
    /// A feed of ETH / wstETH instead of wstETH / ETH, and one of USD / wstETH: out of their limits, or outvoted.
    function test_inverted_pair_does_not_count() public {
        _pass();
        rate.updateAnswer(0.851e18);
        market.poke();
        _assertNear(PRICE, 10);
        _pass();
        _answer(2_820);
        rate.updateAnswer(1.175e18);
        usd.updateAnswer(1e8 / int256(2_820));
        market.poke();
        _assertNear(PRICE, 10);
        vm.expectEmit(address(median));
        emit IMedianFeed.SourceSilenced(0, IPriceFeed.PriceOutOfBounds.selector);
        median.record();
    }

    // shows: A71
    /// A price that trembles within the dead band uses up no odometer, once somebody has recorded its bounds.
    function test_tremble_uses_up_no_odometer() public {
        median.record();
        uint128[2] memory odometers;
        for (uint256 turn = 0; turn < 2; ++turn) {
            uint256 id = vm.snapshotState();
            for (uint256 i = 0; i < 20; ++i) {
                _pass();
                _answer(i % 2 == 0 ? int256(2_821) : int256(2_820));
                if (turn == 1) median.record();
                market.poke();
            }
            odometers[turn] = market.latestRound().odometer;
            vm.revertToState(id);
        }
        // The first rise of high alone, and what of the average's way is above it.
        assertLt(odometers[1], odometers[0] / 10);
    }

    // Gas.

    function test_gas_of_median_of_three() public {
        median.read();
        vm.snapshotGasLastCall("MedianFeed", "read, three sources of every kind");
        median.record();
        vm.snapshotGasLastCall("MedianFeed", "record, the first");
        _pass();
        _answer(2_900);
        median.record();
        vm.snapshotGasLastCall("MedianFeed", "record, low and high move");
    }
}
