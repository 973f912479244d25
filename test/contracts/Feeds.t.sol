// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
import {PythErrors} from "@pythnetwork/pyth-sdk-solidity/PythErrors.sol";
import {Test} from "forge-std/Test.sol";
import {BoundedFeed, FeedLimits} from "../../contracts/feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../../contracts/feeds/ChainlinkFeed.sol";
import {PythFeed} from "../../contracts/feeds/PythFeed.sol";
import {SequencerGuard} from "../../contracts/feeds/SequencerGuard.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";

contract FeedsTest is Test {
    uint256 private constant NOW = 1_621_400_000;
    bytes32 private constant BTC = keccak256("BTC/USD");
    uint32 private constant HEARTBEAT = 1 hours;

    /// BTC in satoshi: 40 000 USD is 4e14 attodollars per quantum.
    FeedLimits private limits = FeedLimits({decimals: 8, heartbeat: HEARTBEAT, least: 1e13, most: 1e16});
    MockV3Aggregator private aggregator;
    ChainlinkFeed private chainlink;
    MockPyth private pyth;
    PythFeed private pythFeed;

    function setUp() public {
        vm.warp(NOW);
        aggregator = new MockV3Aggregator(8, 40_000e8);
        chainlink = new ChainlinkFeed(aggregator, limits);
        pyth = new MockPyth(60, 0);
        pythFeed = new PythFeed(pyth, BTC, 200, limits);
    }

    // Chainlink.

    function test_chainlink_scales_exactly() public view {
        (uint64 price, uint64 confidence, uint64 updatedAt) = chainlink.read();
        assertEq(price, 4e14);
        assertEq(confidence, 0);
        assertEq(updatedAt, NOW);
    }

    function test_fuzz_chainlink_scales_exactly(uint256 answer, uint8 decimals) public {
        decimals = uint8(bound(decimals, 0, 10));
        answer = bound(answer, 1, (type(uint64).max - 1) / 10 ** (10 - decimals));
        FeedLimits memory wide = FeedLimits(decimals, HEARTBEAT, 0, type(uint64).max);
        aggregator.updateAnswer(int256(answer));
        (uint64 price, uint64 confidence,) = new ChainlinkFeed(aggregator, wide).read();
        assertEq(price, answer * 10 ** (10 - decimals));
        assertEq(confidence, 0);
    }

    /// An 18-decimal feed has more digits than an attodollar per quantum can hold: what is cut off widens the price.
    function test_fuzz_chainlink_cuts_within_confidence(uint256 answer) public {
        answer = bound(answer, 100_001e18, 1_000_000e18);
        MockV3Aggregator fine = new MockV3Aggregator(18, int256(answer));
        (uint64 price, uint64 confidence,) = new ChainlinkFeed(fine, FeedLimits(8, HEARTBEAT, 1e13, 1e17)).read();
        assertLe(uint256(price - confidence) * 1e8, answer);
        assertGe(uint256(price + confidence) * 1e8, answer);
        assertLe(confidence, 1);
    }

    /// Where nothing is cut off nothing widens it; the least that is cut off widens it by one.
    function test_chainlink_widens_by_what_is_cut() public {
        MockV3Aggregator fine = new MockV3Aggregator(18, 40_000e18);
        ChainlinkFeed feed = new ChainlinkFeed(fine, limits);
        (uint64 price, uint64 confidence,) = feed.read();
        assertEq(price, 4e14);
        assertEq(confidence, 0);
        fine.updateAnswer(40_000e18 + 1);
        (price, confidence,) = feed.read();
        assertEq(price, 4e14);
        assertEq(confidence, 1);
    }

    /// An answer of more than 112 bits is none, also where its many decimals would make a price of it.
    function test_chainlink_refuses_long_answer() public {
        int256 most = 2 ** 112 - 1;
        MockV3Aggregator fine = new MockV3Aggregator(29, most);
        ChainlinkFeed feed = new ChainlinkFeed(fine, limits);
        (uint64 price,,) = feed.read();
        assertEq(price, uint256(most) / 1e19);
        fine.updateAnswer(most + 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 1e13, 1e16, uint256(2 ** 112)));
        feed.read();
    }

    // shows: P29, T14
    function test_fuzz_chainlink_refuses_not_positive(int256 answer) public {
        answer = bound(answer, type(int256).min, 0);
        aggregator.updateAnswer(answer);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceNotPositive.selector, answer));
        chainlink.read();
    }

    // shows: P29, T14
    function test_fuzz_chainlink_refuses_stale(uint256 late) public {
        late = bound(late, 1, NOW - 2);
        vm.warp(NOW + HEARTBEAT);
        chainlink.read();
        vm.warp(NOW + HEARTBEAT + late);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceStale.selector, NOW, HEARTBEAT, NOW + HEARTBEAT + late));
        chainlink.read();
    }

    // shows: P29, T14
    function test_fuzz_chainlink_refuses_future(uint256 updatedAt) public {
        updatedAt = bound(updatedAt, NOW + 1, type(uint256).max);
        aggregator.updateRoundData(2, 40_000e8, updatedAt, NOW);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceFromTheFuture.selector, updatedAt, NOW));
        chainlink.read();
    }

    // shows: P29, T14
    /// At a bound is beyond it: an aggregator that clamps says its bound.
    function test_fuzz_chainlink_refuses_out_of_bounds(uint256 answer) public {
        // Half of them inside, or close by.
        answer = bound(answer, 1, answer % 2 == 0 ? uint256(type(int256).max) : 2_000_000e8);
        aggregator.updateAnswer(int256(answer));
        bool inside = answer > 1_000e8 && answer < 1_000_000e8;
        if (!inside) vm.expectPartialRevert(IPriceFeed.PriceOutOfBounds.selector);
        (uint64 price,,) = chainlink.read();
        if (inside) assertEq(price, answer * 100);
        aggregator.updateAnswer(1_000e8);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 1e13, 1e16, 1e13));
        chainlink.read();
        aggregator.updateAnswer(1_000_000e8);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 1e13, 1e16, 1e16));
        chainlink.read();
    }

    // shows: T14
    /// A new phase jumps the round id by 2^64 and may begin with a round that is not complete.
    function test_chainlink_accepts_phase_change() public {
        uint80 phase2 = uint80((uint256(2) << 64) | 1);
        aggregator.updateRoundData(phase2, 0, 0, NOW);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.RoundIncomplete.selector, phase2, phase2, 0));
        chainlink.read();
        aggregator.updateRoundData(phase2, 41_000e8, NOW, NOW);
        (uint64 price,,) = chainlink.read();
        assertEq(price, 4.1e14);
        // Back to the first phase: the id falls, the answer counts.
        aggregator.updateRoundData(uint80((uint256(1) << 64) | 99), 42_000e8, NOW, NOW);
        (price,,) = chainlink.read();
        assertEq(price, 4.2e14);
    }

    // shows: T14
    function test_chainlink_refuses_incomplete_round() public {
        aggregator.updateRoundData(0, 40_000e8, NOW, NOW);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.RoundIncomplete.selector, 0, 0, NOW));
        chainlink.read();
        // An answer of an earlier round, carried over.
        vm.mockCall(
            address(aggregator),
            abi.encodeCall(AggregatorV3Interface.latestRoundData, ()),
            abi.encode(uint80(2), int256(40_000e8), NOW, NOW, uint80(1))
        );
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.RoundIncomplete.selector, 2, 1, NOW));
        chainlink.read();
    }

    // shows: T14
    function test_chainlink_refuses_other_decimals() public {
        vm.mockCall(address(aggregator), abi.encodeCall(AggregatorV3Interface.decimals, ()), abi.encode(uint8(18)));
        vm.expectRevert(abi.encodeWithSelector(ChainlinkFeed.AggregatorDecimalsChanged.selector, 8, 18));
        chainlink.read();
    }

    function test_limits_refused_invalid() public {
        assertEq(abi.encode(chainlink.limits()), abi.encode(limits));
        FeedLimits[3] memory wrong = [limits, limits, limits];
        wrong[0].decimals = 11;
        wrong[1].heartbeat = 0;
        wrong[2].least = wrong[2].most;
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(BoundedFeed.LimitsInvalid.selector, wrong[i]));
            new ChainlinkFeed(aggregator, wrong[i]);
        }
        FeedLimits memory least = FeedLimits({decimals: 10, heartbeat: 1, least: 1, most: 2});
        assertEq(abi.encode(new ChainlinkFeed(aggregator, least).limits()), abi.encode(least));
    }

    // Pyth.

    function _push(int64 price, uint64 confidence, int32 exponent, uint64 publishTime) private {
        bytes[] memory updates = new bytes[](1);
        updates[0] = pyth.createPriceFeedUpdateData(
            BTC, price, confidence, exponent, price, confidence, publishTime, publishTime - 1
        );
        pyth.updatePriceFeeds(updates);
    }

    function test_pyth_scales_with_confidence() public {
        _push(40_000e8, 20e8, -8, uint64(NOW));
        (uint64 price, uint64 confidence, uint64 updatedAt) = pythFeed.read();
        assertEq(price, 4e14);
        assertEq(confidence, 2e11);
        assertEq(updatedAt, NOW);
    }

    /// price ± confidence covers what Pyth said ± its confidence, at any exponent, and is no wider than a quantum more.
    function test_fuzz_pyth_rounds_outward(int64 price, uint64 confidence, uint256 digits) public {
        digits = bound(digits, 0, 16);
        price = int64(uint64(bound(uint64(price), 1, uint64(type(int64).max))));
        confidence = uint64(bound(confidence, 0, uint64(price) / 2));
        FeedLimits memory wide = FeedLimits(8, HEARTBEAT, 0, type(uint64).max);
        PythFeed feed = new PythFeed(pyth, BTC, 5_000, wide);
        _push(price, confidence, -int32(int256(digits)), uint64(NOW));
        try feed.read() returns (uint64 p, uint64 c, uint64) {
            // Both in units of 10^-16 USD per unit.
            uint256 low = uint256(uint64(price) - confidence) * 10 ** (16 - digits);
            uint256 high = uint256(uint64(price) + uint256(confidence)) * 10 ** (16 - digits);
            assertLe((int256(uint256(p)) - int256(uint256(c))) * 1e6, int256(low));
            assertGe((uint256(p) + c) * 1e6, high);
            assertLe((uint256(p) + c) * 1e6, high + 2e6);
        } catch (bytes memory reason) {
            // In attodollars a quantum: nothing or more than fits, or a confidence that rounding made half the price.
            uint256 value = uint256(uint64(price)) * 10 ** (16 - digits) / 1e6;
            if (bytes4(reason) == IPriceFeed.PriceOutOfBounds.selector) {
                assertTrue(value == 0 || value >= type(uint64).max);
            } else {
                assertEq(bytes4(reason), IPriceFeed.ConfidenceTooWide.selector);
                assertLt(value * 5_000 / 10_000, uint256(confidence) * 10 ** (16 - digits) / 1e6 + 2);
            }
        }
    }

    function test_pyth_refuses_half_price_confidence() public {
        vm.expectRevert(abi.encodeWithSelector(PythFeed.MaxConfidenceTooWide.selector, 5_000, 5_001));
        new PythFeed(pyth, BTC, 5_001, limits);
    }

    // shows: T14
    function test_pyth_refuses_wide_confidence() public {
        _push(40_000e8, 800e8, -8, uint64(NOW));
        pythFeed.read();
        _push(40_000e8, 801e8, -8, uint64(NOW + 1));
        vm.warp(NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.ConfidenceTooWide.selector, 8e12, 8.01e12));
        pythFeed.read();
    }

    /// Confidence of an exponent that makes it more than a price can be.
    function test_pyth_refuses_absurd_numbers() public {
        PythFeed feed = new PythFeed(pyth, BTC, 200, FeedLimits(8, HEARTBEAT, 1, type(uint64).max));
        _push(1, type(uint64).max, 0, uint64(NOW));
        vm.expectRevert(
            abi.encodeWithSelector(
                IPriceFeed.ConfidenceTooWide.selector, type(uint64).max, uint256(type(uint64).max) * 1e10
            )
        );
        feed.read();
        // The largest that a confidence can be: too wide for what is said of this price.
        vm.warp(NOW + 1);
        _push(2, type(uint64).max, -10, uint64(NOW + 1));
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.ConfidenceTooWide.selector, 0, type(uint64).max));
        feed.read();
        _push(1, 0, 31, uint64(NOW + 2));
        vm.warp(NOW + 2);
        vm.expectRevert(abi.encodeWithSelector(BoundedFeed.ExponentOutOfBounds.selector, 31));
        feed.read();
        _push(1, 0, -51, uint64(NOW + 3));
        vm.warp(NOW + 3);
        vm.expectRevert(abi.encodeWithSelector(BoundedFeed.ExponentOutOfBounds.selector, -51));
        feed.read();
        // The greatest powers of ten, both ways, are computed, and are no price.
        _push(1, 0, 30, uint64(NOW + 4));
        vm.warp(NOW + 4);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 1, type(uint64).max, 1e40));
        feed.read();
        _push(1, 0, -50, uint64(NOW + 5));
        vm.warp(NOW + 5);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 1, type(uint64).max, 0));
        feed.read();
    }

    // shows: T14
    function test_pyth_refuses_not_positive_stale_future() public {
        vm.expectRevert(PythErrors.PriceFeedNotFound.selector);
        pythFeed.read();
        int64[2] memory wrong = [int64(0), -1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(NOW + i);
            _push(wrong[i], 0, -8, uint64(NOW + i));
            vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceNotPositive.selector, wrong[i]));
            pythFeed.read();
        }
        vm.warp(NOW + 2);
        _push(40_000e8, 0, -8, uint64(NOW + 3));
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceFromTheFuture.selector, NOW + 3, NOW + 2));
        pythFeed.read();
        vm.warp(NOW + 3 + HEARTBEAT);
        pythFeed.read();
        vm.warp(NOW + 4 + HEARTBEAT);
        vm.expectRevert(abi.encodeWithSelector(IPriceFeed.PriceStale.selector, NOW + 3, HEARTBEAT, NOW + 4 + HEARTBEAT));
        pythFeed.read();
    }

    // The sequencer.

    // shows: T14
    function test_sequencer_refuses_down_or_in_grace() public {
        MockV3Aggregator uptime = new MockV3Aggregator(0, 0);
        SequencerGuard guard = new SequencerGuard(uptime, 1 hours);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerInGrace.selector, NOW, 1 hours, NOW));
        guard.check();
        vm.warp(NOW + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerInGrace.selector, NOW, 1 hours, NOW + 1 hours));
        guard.check();
        vm.warp(NOW + 1 hours + 1);
        guard.check();
        uptime.updateAnswer(1);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, 1));
        guard.check();
        uptime.updateAnswer(-1);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, -1));
        guard.check();
        uptime.updateRoundData(9, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.UptimeUnknown.selector, 0));
        guard.check();
        uptime.updateRoundData(9, 0, 0, block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.UptimeUnknown.selector, block.timestamp + 1));
        guard.check();
    }
}
