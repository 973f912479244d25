// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {Test} from "forge-std/Test.sol";
import {FeedLimits} from "../../contracts/feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../../contracts/feeds/ChainlinkFeed.sol";
import {RateLimits, RatioAggregator} from "../../contracts/feeds/RatioAggregator.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";

contract RatioAggregatorTest is Test {
    uint256 private constant NOW = 1_722_800_000;
    uint32 private constant HOUR = 1 hours;
    uint32 private constant DAY = 1 days;

    MockV3Aggregator private rate;
    MockV3Aggregator private base;
    RatioAggregator private ratio;
    ChainlinkFeed private feed;

    function setUp() public {
        vm.warp(NOW);
        rate = new MockV3Aggregator(18, 1.175e18);
        base = new MockV3Aggregator(8, 2_400e8);
        ratio = new RatioAggregator(rate, base, RateLimits({heartbeat: DAY, least: 1e18, most: 2e18}));
        // wstETH in 10^-9 units: 2 820 USD is 2.82e12 attodollars per quantum.
        feed = new ChainlinkFeed(ratio, FeedLimits({decimals: 9, heartbeat: HOUR, least: 1e11, most: 1e14}));
    }

    function test_ratio_multiplies_exactly() public view {
        assertEq(ratio.decimals(), 26);
        assertEq(ratio.version(), 1);
        (uint80 roundId, int256 answer,, uint256 updatedAt, uint80 answeredInRound) = ratio.latestRoundData();
        assertEq(answer, 2_820e26);
        assertEq(roundId, 1);
        assertEq(answeredInRound, 1);
        assertEq(updatedAt, NOW);
        (uint64 price, uint64 confidence, uint64 at) = feed.read();
        assertEq(price, 2.82e12);
        assertEq(confidence, 0);
        assertEq(at, NOW);
    }

    function test_ratio_gas() public {
        ratio.latestRoundData();
        vm.snapshotGasLastCall("RatioAggregator", "latestRoundData, rate and base");
    }

    function test_ratio_gas_of_its_feed() public {
        feed.read();
        vm.snapshotGasLastCall("RatioAggregator", "read by a feed");
    }

    /// The feed's price and confidence hold the exact product.
    function test_fuzz_feed_holds_product(uint256 rateAnswer, uint256 baseAnswer) public {
        rateAnswer = bound(rateAnswer, 1e18 + 1, 2e18 - 1);
        baseAnswer = bound(baseAnswer, 200e8, 40_000e8);
        rate.updateAnswer(int256(rateAnswer));
        base.updateAnswer(int256(baseAnswer));
        (uint64 price, uint64 confidence,) = feed.read();
        uint256 product = rateAnswer * baseAnswer; // 10^-26 USD a unit; a quantum's attodollar is 10^-9 of one.
        assertLe((uint256(price) - confidence) * 1e17, product);
        assertGe((uint256(price) + confidence) * 1e17, product);
        assertLe(confidence, 1);
    }

    function test_limits_are_told() public view {
        RateLimits memory limits = ratio.limits();
        assertEq(limits.heartbeat, DAY);
        assertEq(limits.least, 1e18);
        assertEq(limits.most, 2e18);
        assertEq(address(ratio.rate()), address(rate));
        assertEq(address(ratio.base()), address(base));
        assertEq(ratio.description(), "v0.8/tests/MockV3Aggregator.sol x v0.8/tests/MockV3Aggregator.sol");
    }

    function test_limits_that_let_nothing_through_are_refused() public {
        RateLimits memory none = RateLimits(0, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateLimitsInvalid.selector, none));
        new RatioAggregator(rate, base, none);
        RateLimits memory closed = RateLimits(1, 2, 2);
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateLimitsInvalid.selector, closed));
        new RatioAggregator(rate, base, closed);
    }

    /// The rate may be older than the USD price, up to its own heartbeat; the answer's age is the price's.
    function test_rate_has_heartbeat_of_its_own() public {
        vm.warp(NOW + DAY);
        base.updateAnswer(2_000e8);
        (uint64 price,, uint64 at) = feed.read();
        assertEq(price, 2.35e12);
        assertEq(at, NOW + DAY);

        vm.warp(NOW + DAY + 1);
        vm.expectRevert(
            abi.encodeWithSelector(RatioAggregator.RateNotCurrent.selector, NOW, uint256(DAY), NOW + DAY + 1)
        );
        feed.read();
        vm.warp(NOW - 1);
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateNotCurrent.selector, NOW, uint256(DAY), NOW - 1));
        ratio.latestRoundData();
    }

    /// A fresh rate does not make a stale USD price fresh.
    function test_stale_base_stays_stale() public {
        vm.warp(NOW + HOUR + 1);
        rate.updateAnswer(1.18e18);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceStale.selector, NOW, uint256(HOUR), NOW + HOUR + 1));
        feed.read();
    }

    function test_rate_at_bound_is_refused() public {
        int256[4] memory answers = [int256(1e18), 2e18, 0, -1];
        for (uint256 i = 0; i < 4; i++) {
            rate.updateAnswer(answers[i]);
            vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateOutOfBounds.selector, 1e18, 2e18, answers[i]));
            ratio.latestRoundData();
        }
        rate.updateAnswer(1e18 + 1);
        ratio.latestRoundData();
    }

    function test_incomplete_rate_is_refused() public {
        uint80 carried = 5;
        bytes memory call = abi.encodeCall(rate.latestRoundData, ());
        vm.mockCall(address(rate), call, abi.encode(uint80(6), int256(1.1e18), NOW, NOW, carried));
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateIncomplete.selector, uint80(6), carried, NOW));
        ratio.latestRoundData();
        vm.mockCall(address(rate), call, abi.encode(uint80(6), int256(1.1e18), NOW, uint256(0), uint80(6)));
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateIncomplete.selector, uint80(6), uint80(6), 0));
        ratio.latestRoundData();
        vm.mockCall(address(rate), call, abi.encode(uint80(0), int256(1.1e18), NOW, NOW, uint80(0)));
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateIncomplete.selector, uint80(0), uint80(0), NOW));
        ratio.latestRoundData();
    }

    /// An incomplete round of the USD feed, or an answer that is no price, is for the ChainlinkFeed to refuse.
    function test_base_without_price_is_refused() public {
        base.updateAnswer(0);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceNotPositive.selector, int256(0)));
        feed.read();
        vm.mockCall(
            address(base),
            abi.encodeCall(base.latestRoundData, ()),
            abi.encode(uint80(6), int256(1), NOW, NOW, uint80(5))
        );
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.RoundIncomplete.selector, uint80(6), uint80(5), NOW));
        feed.read();
    }

    function test_other_decimals_are_refused() public {
        vm.mockCall(address(rate), abi.encodeCall(rate.decimals, ()), abi.encode(uint8(8)));
        vm.expectRevert(abi.encodeWithSelector(RatioAggregator.RateDecimalsChanged.selector, 18, 8));
        ratio.latestRoundData();
        vm.clearMockedCalls();
        vm.mockCall(address(base), abi.encodeCall(base.decimals, ()), abi.encode(uint8(18)));
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.AggregatorDecimalsChanged.selector, 26, 36));
        feed.read();
    }

    function test_past_rounds_are_refused() public {
        vm.expectRevert(RatioAggregator.NoPastRounds.selector);
        ratio.getRoundData(1);
    }
}
