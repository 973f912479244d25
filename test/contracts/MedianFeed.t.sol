// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {MedianFeed} from "../../contracts/feeds/MedianFeed.sol";
import {CheckState, IMedianFeed, MedianTerms} from "../../contracts/interfaces/IMedianFeed.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";
import {HostileFeed} from "./support/HostileFeed.sol";

/// The rule: which answers count, what low and high they make, and what is kept.
contract MedianFeedTest is Test {
    uint256 private constant NOW = 1_722_800_000;
    uint256 private constant BPS = 10_000;
    uint64 private constant PRICE = 4e14;

    HostileFeed[] private all;
    HostileFeed private pool;

    function setUp() public {
        vm.warp(NOW);
        for (uint256 i = 0; i < 8; ++i) {
            all.push(new HostileFeed());
            all[i].set(PRICE, 0);
        }
        pool = new HostileFeed();
        pool.set(PRICE, 0);
    }

    function _list(uint256 count) private view returns (IPriceFeed[] memory list) {
        list = new IPriceFeed[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = all[i];
        }
    }

    function _median(uint256 count, uint8 seats, uint8 quorum, uint16 band) private returns (MedianFeed) {
        return new MedianFeed(_list(count), pool, MedianTerms(seats, quorum, band, 200));
    }

    function _lowHigh(MedianFeed feed) private view returns (uint256 low, uint256 high) {
        (uint64 price, uint64 confidence,) = feed.read();
        return (price - confidence, uint256(price) + confidence);
    }

    // The rule.

    // shows: A69
    function test_three_answers_make_median() public {
        MedianFeed feed = _median(3, 3, 2, 0);
        all[0].set(100, 0);
        all[1].set(300, 0);
        all[2].set(200, 0);
        (uint64 price, uint64 confidence, uint64 updatedAt) = feed.read();
        assertEq(price, 200);
        assertEq(confidence, 0);
        assertEq(updatedAt, NOW);
    }

    // shows: A69
    function test_four_answers_make_second_lowest_and_highest() public {
        MedianFeed feed = _median(4, 4, 2, 0);
        uint64[4] memory prices = [uint64(400), 100, 301, 200];
        for (uint256 i = 0; i < 4; ++i) {
            all[i].set(prices[i], 0);
        }
        // The sum of low and high is odd: high is rounded up.
        (uint256 low, uint256 high) = _lowHigh(feed);
        assertEq(low, 200);
        assertEq(high, 302);
    }

    /// What a source doubts belongs to its answer: lows and highs are ordered each by themselves.
    function test_confidence_is_part_of_answer() public {
        MedianFeed feed = _median(3, 3, 2, 0);
        all[0].set(200, 100);
        all[1].set(210, 2);
        all[2].set(190, 2);
        (uint256 low, uint256 high) = _lowHigh(feed);
        assertEq(low, 188);
        assertEq(high, 212);
    }

    /// The oldest answer that counts says how old the price is.
    function test_price_is_as_old_as_oldest_answer() public {
        MedianFeed feed = _median(4, 3, 2, 0);
        all[1].setTime(NOW - 9);
        all[3].setTime(NOW - 99);
        (,, uint64 updatedAt) = feed.read();
        assertEq(updatedAt, NOW - 9);
    }

    // shows: P60, A69
    /// At most f of n answers are false, and f = ⌊(n − 1) / 2⌋: whatever these say, low and high lie between true ones,
    /// but for the dead band on the safe side. That holds whatever was recorded before.
    function test_fuzz_false_answers_move_nothing_beyond_true_ones(uint256 draw, uint8 count, uint8 seats, uint16 band)
        public
    {
        seats = uint8(bound(seats, 3, 8));
        count = uint8(bound(count, seats, 8));
        band = uint16(bound(band, 0, 500));
        MedianFeed feed = _median(count, seats, 2, band);
        uint256 turns = 1 + draw % 3;
        for (uint256 turn = 0; turn < turns; ++turn) {
            draw = uint256(keccak256(abi.encode(draw, turn)));
            (uint256 least, uint256 most) = _draw(draw, count, seats);
            (uint64 price, uint64 confidence,) = feed.read();
            // Rounding high up may add one.
            assertGe((uint256(price) - confidence) * BPS, least * (BPS - band), "low");
            assertLe(uint256(price) - confidence, most, "low");
            assertGe(uint256(price) + confidence, least, "high");
            assertLe((uint256(price) + confidence - 1) * BPS, most * (BPS + band), "high");
            feed.record();
            (uint64 again, uint64 same,) = feed.read();
            assertEq(again, price, "recording changes no price");
            assertEq(same, confidence, "recording changes no price");
        }
    }

    /// Prices for the sources, of which at most f of those in a seat are false. Returns the least and the greatest that
    /// a true one says.
    function _draw(uint256 draw, uint256 count, uint256 seats) private returns (uint256 least, uint256 most) {
        least = type(uint256).max;
        uint256 lies = (seats - 1) / 2;
        for (uint256 i = 0; i < count; ++i) {
            uint256 own = uint256(keccak256(abi.encode(draw, "source", i)));
            bool isFalse = own % 3 == 0 && lies > 0;
            if (isFalse) {
                --lies;
                uint64 any = uint64(own >> 64);
                all[i].set(any, uint64(own >> 128) >> uint8(own >> 8) % 64);
                continue;
            }
            uint64 price = uint64(PRICE * (9_800 + (own >> 16) % 400) / BPS);
            uint64 doubt = uint64((own >> 80) % (price / 100));
            all[i].set(price, doubt);
            if (price - doubt < least) least = price - doubt;
            if (price + doubt > most) most = price + doubt;
        }
    }

    // shows: P60, A69
    /// One source of three or more, silent or hostile in any way, halts nothing.
    function test_fuzz_one_source_halts_nothing(uint8 seats, uint8 place, uint8 way) public {
        seats = uint8(bound(seats, 3, 8));
        place = uint8(bound(place, 0, seats - 1));
        MedianFeed feed = _median(seats, seats, seats - 1, 10);
        all[place].misbehave(HostileFeed.Way(bound(way, 1, uint8(type(HostileFeed.Way).max))));
        (uint64 price, uint64 confidence,) = feed.read();
        assertEq(price, PRICE);
        assertEq(confidence, 0);
        feed.record();
        (,, uint8 silent,) = feed.kept();
        assertEq(silent, uint8(1 << place));
    }

    /// All ways of being no price: also an address without code, and one that gives its code away.
    function test_answers_that_are_no_price_are_silence() public {
        MedianFeed feed = _median(3, 3, 2, 0);
        uint64 largest = type(uint64).max;
        uint64[2][5] memory wrong =
            [[uint64(0), 0], [uint64(5), 5], [uint64(5), 6], [largest, 0], [largest - 5, uint64(5)]];
        for (uint256 i = 0; i < wrong.length; ++i) {
            all[0].set(wrong[i][0], wrong[i][1]);
            feed.record();
            (,, uint8 silent,) = feed.kept();
            assertEq(silent, 1);
        }
        // The widest that is one.
        all[0].set(largest - 6, 5);
        feed.record();
        (,, uint8 none,) = feed.kept();
        assertEq(none, 0);
        all[0].setTime(NOW + 1);
        feed.record();
        (,, uint8 future,) = feed.kept();
        assertEq(future, 1);

        IPriceFeed[] memory list = _list(3);
        list[1] = IPriceFeed(makeAddr("nothing there"));
        all[0].setTime(NOW);
        MedianFeed other = new MedianFeed(list, pool, MedianTerms(3, 2, 0, 200));
        vm.expectEmit(address(other));
        emit IMedianFeed.SourceSilenced(1, 0);
        other.record();
    }

    /// The largest price that low and high can be still fits what a feed returns.
    function test_largest_prices_fit() public {
        MedianFeed feed = _median(4, 4, 2, 0);
        uint64 most = type(uint64).max - 1;
        all[0].set(most - 1, 0);
        all[1].set(most - 1, 0);
        all[2].set(most, 0);
        all[3].set(most, 0);
        (uint256 low, uint256 high) = _lowHigh(feed);
        assertEq(low, most - 1);
        assertEq(high, uint256(most) + 1);
    }

    // Quorum and spares.

    // shows: A69
    function test_price_waits_without_quorum_only() public {
        MedianFeed feed = _median(4, 4, 3, 0);
        all[0].misbehave(HostileFeed.Way.Reverts);
        feed.read();
        all[1].misbehave(HostileFeed.Way.Reverts);
        vm.expectRevert(abi.encodeWithSelector(IMedianFeed.QuorumMissing.selector, 3, 2));
        feed.read();
        // Recording goes on, and keeps what it has.
        feed.record();
        (uint64 low, uint64 high, uint8 silent, CheckState checked) = feed.kept();
        assertEq(low, 0);
        assertEq(high, 0);
        assertEq(silent, 3);
        assertEq(uint8(checked), uint8(CheckState.None));
        all[1].misbehave(HostileFeed.Way.Answers);
        feed.read();
    }

    // shows: A69
    /// A spare sits in for a silent primary at once, and leaves when the primary is back. Nobody decides.
    function test_spare_takes_seat_of_silent_source_at_once() public {
        MedianFeed feed = _median(5, 3, 2, 0);
        all[3].set(PRICE + 300, 0);
        all[4].set(PRICE + 400, 0);
        all[0].set(PRICE + 100, 0);
        all[1].set(PRICE + 200, 0);
        (uint64 price,,) = feed.read();
        assertEq(price, PRICE + 100);
        all[0].misbehave(HostileFeed.Way.Reverts);
        (price,,) = feed.read();
        assertEq(price, PRICE + 200);
        all[2].misbehave(HostileFeed.Way.Reverts);
        (price,,) = feed.read();
        assertEq(price, PRICE + 300);
        feed.record();
        all[0].misbehave(HostileFeed.Way.Answers);
        all[2].misbehave(HostileFeed.Way.Answers);
        (price,,) = feed.read();
        assertEq(price, PRICE + 100);
    }

    function test_record_tells_of_silence_and_return_once() public {
        MedianFeed feed = _median(4, 3, 2, 0);
        all[3].misbehave(HostileFeed.Way.Reverts);
        vm.expectEmit(address(feed));
        emit IMedianFeed.SourceSilenced(3, HostileFeed.Hostile.selector);
        vm.expectEmit(address(feed));
        emit IMedianFeed.BandMoved(PRICE, PRICE);
        vm.expectEmit(address(feed));
        emit IMedianFeed.CheckChanged(CheckState.Agrees, PRICE, PRICE, PRICE);
        feed.record();
        vm.recordLogs();
        feed.record();
        assertEq(vm.getRecordedLogs().length, 0);
        all[3].misbehave(HostileFeed.Way.Answers);
        vm.expectEmit(address(feed));
        emit IMedianFeed.SourceAnswered(3);
        feed.record();
        // An error of less than four bytes has no selector.
        all[3].misbehave(HostileFeed.Way.RevertsBriefly);
        vm.expectEmit(address(feed));
        emit IMedianFeed.SourceSilenced(3, 0);
        feed.record();
    }

    // Gas.

    // shows: A70
    /// A caller with too little gas would choose which source runs out of it. So nothing is answered then.
    function test_fuzz_caller_cannot_silence_source_by_gas(uint256 gasGiven) public {
        MedianFeed feed = _median(5, 3, 2, 0);
        for (uint256 i = 0; i < 5; ++i) {
            all[i].set(uint64(PRICE + i), 0);
            all[i].burn(300_000);
        }
        gasGiven = bound(gasGiven, 10_000, 2_500_000);
        try feed.read{gas: gasGiven}() returns (uint64 price, uint64, uint64) {
            assertEq(price, PRICE + 1);
        } catch (bytes memory reason) {
            assertTrue(reason.length == 0 || bytes4(reason) == IMedianFeed.SourceGasMissing.selector);
        }
        feed.read{gas: 2_000_000}();
        vm.expectPartialRevert(IMedianFeed.SourceGasMissing.selector);
        feed.read{gas: 400_000}();
    }

    /// A source that needs more than it is promised does not answer, however much its caller has.
    function test_source_has_gas_it_is_promised() public {
        MedianFeed feed = _median(3, 3, 2, 0);
        all[0].set(PRICE + 1, 0);
        all[1].set(PRICE + 2, 0);
        all[0].burn(feed.SOURCE_GAS() - 10_000);
        (uint64 price,,) = feed.read();
        assertEq(price, PRICE + 1);
        all[0].burn(feed.SOURCE_GAS() + 10_000);
        (price,,) = feed.read();
        assertEq(price, PRICE + 1);
        feed.record();
        (,, uint8 silent,) = feed.kept();
        assertEq(silent, 1);
    }

    // The dead band.

    // shows: A71
    function test_kept_prices_stay_within_dead_band() public {
        MedianFeed feed = _median(3, 3, 2, 100);
        feed.record();
        uint64 up = PRICE * 101 / 100;
        _expect(feed, up, PRICE, up);
        feed.record();
        // Back: high stays at the very end of its band, and goes along beyond it.
        _expect(feed, PRICE, PRICE, up);
        _expect(feed, PRICE - 100, PRICE - 100, PRICE - 100);
        // Low stays at the very end of its band.
        uint64 end = uint64(uint256(PRICE) * BPS / 9_900);
        _expect(feed, end, PRICE, end);
        _expect(feed, end + 1, end + 1, end + 1);
        // On the unsafe side nothing stays.
        _expect(feed, PRICE - 1, PRICE - 1, PRICE - 1);
        feed.record();
        _expect(feed, PRICE, PRICE - 1, PRICE);
    }

    /// With all sources at a price, low and high are these; high may be one more.
    function _expect(MedianFeed feed, uint64 price, uint256 low, uint256 high) private {
        _all(price);
        (uint256 gotLow, uint256 gotHigh) = _lowHigh(feed);
        assertEq(gotLow, low, "low");
        assertApproxEqAbs(gotHigh, high, 1, "high");
        assertGe(gotHigh, high, "high");
    }

    function _all(uint64 price) private {
        for (uint256 i = 0; i < 3; ++i) {
            all[i].set(price, 0);
        }
    }

    // The check.

    // shows: A72
    /// A check that disagrees, or fails in any way, is an event, and changes no price.
    function test_fuzz_check_changes_no_price(uint64 price, uint64 doubt, uint8 way) public {
        MedianFeed feed = _median(3, 3, 2, 0);
        pool.set(price, doubt);
        pool.misbehave(HostileFeed.Way(bound(way, 0, uint8(type(HostileFeed.Way).max))));
        feed.record();
        (uint64 got, uint64 confidence,) = feed.read();
        assertEq(got, PRICE);
        assertEq(confidence, 0);
    }

    function test_check_is_compared_within_tolerance() public {
        MedianFeed feed = _median(3, 3, 2, 0);
        uint64 least = uint64(uint256(PRICE) * 9_800 / BPS);
        uint64 most = uint64(uint256(PRICE) * 10_200 / BPS);
        _expectCheck(feed, CheckState.Agrees, least);
        pool.set(least - 1, 0);
        _expectCheck(feed, CheckState.Disagrees, least - 1);
        // What the check doubts is within it.
        pool.set(least - 1, 1);
        _expectCheck(feed, CheckState.Agrees, least - 1);
        pool.set(most + 1, 0);
        _expectCheck(feed, CheckState.Disagrees, most + 1);
        pool.misbehave(HostileFeed.Way.Reverts);
        _expectCheck(feed, CheckState.Silent, 0);
        pool.misbehave(HostileFeed.Way.Answers);
        pool.set(most, 0);
        _expectCheck(feed, CheckState.Agrees, most);
        (uint64 low, uint64 high,, CheckState checked) = feed.kept();
        assertEq(low, PRICE);
        assertEq(high, PRICE);
        assertEq(uint8(checked), uint8(CheckState.Agrees));
    }

    function _expectCheck(MedianFeed feed, CheckState state, uint64 price) private {
        if (state == CheckState.Agrees && price < PRICE) pool.set(price, price == PRICE * 98 / 100 ? 0 : 1);
        vm.expectEmit(address(feed));
        emit IMedianFeed.CheckChanged(state, price, PRICE, PRICE);
        feed.record();
    }

    function test_feed_without_check_has_nothing_to_compare() public {
        MedianFeed feed = new MedianFeed(_list(3), IPriceFeed(address(0)), MedianTerms(3, 2, 0, 0));
        feed.record();
        (,,, CheckState checked) = feed.kept();
        assertEq(uint8(checked), uint8(CheckState.None));
    }

    // Terms.

    function test_terms_and_sources_are_told() public {
        MedianFeed feed = _median(5, 4, 3, 25);
        assertEq(abi.encode(feed.sources()), abi.encode(_list(5)));
        assertEq(abi.encode(feed.terms()), abi.encode(MedianTerms(4, 3, 25, 200)));
        assertEq(address(feed.check()), address(pool));
    }

    function test_terms_outside_bounds_are_refused() public {
        MedianTerms[7] memory wrong = [
            MedianTerms(2, 2, 0, 0),
            MedianTerms(5, 2, 0, 0),
            MedianTerms(4, 1, 0, 0),
            MedianTerms(4, 4, 0, 0),
            MedianTerms(3, 3, 0, 0),
            MedianTerms(3, 2, 501, 0),
            MedianTerms(3, 2, 0, 10_001)
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            IPriceFeed[] memory list = _list(4);
            vm.expectRevert(abi.encodeWithSelector(IMedianFeed.MedianTermsInvalid.selector, wrong[i], 4));
            new MedianFeed(list, pool, wrong[i]);
        }
        new MedianFeed(_list(4), pool, MedianTerms(4, 3, 500, 10_000));
        IPriceFeed[] memory nine = new IPriceFeed[](9);
        vm.expectRevert(abi.encodeWithSelector(IMedianFeed.MedianTermsInvalid.selector, MedianTerms(3, 2, 0, 0), 9));
        new MedianFeed(nine, pool, MedianTerms(3, 2, 0, 0));
    }

    function test_source_given_twice_is_refused() public {
        IPriceFeed[] memory list = _list(4);
        list[2] = list[0];
        vm.expectRevert(abi.encodeWithSelector(IMedianFeed.SourceRepeated.selector, 2));
        new MedianFeed(list, pool, MedianTerms(3, 2, 0, 0));
        list[2] = IPriceFeed(address(0));
        vm.expectRevert(abi.encodeWithSelector(IMedianFeed.SourceRepeated.selector, 2));
        new MedianFeed(list, pool, MedianTerms(3, 2, 0, 0));
    }
}
