// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {MedianFeed} from "../../../contracts/feeds/MedianFeed.sol";
import {CheckState, MedianTerms} from "../../../contracts/interfaces/IMedianFeed.sol";
import {IPriceFeed} from "../../../contracts/interfaces/IPriceFeed.sol";
import {HostileFeed} from "../support/HostileFeed.sol";

/// A market that walks, five sources that follow it, one of which at a time does its worst, and a pool that says anything.
contract MedianHandler is Test {
    uint256 private constant COUNT = 5;
    uint256 private constant BPS = 10_000;
    uint16 private constant BAND = 50;

    MedianFeed public median;
    /// What is wrong; empty if nothing is.
    string public violation;
    mapping(string name => uint256) public done;

    HostileFeed[COUNT] private _sources;
    HostileFeed private _pool;
    /// Attodollars per quantum.
    uint256 private _truth = 4e14;
    uint64[COUNT] private _said;
    /// The source that is false or silent; COUNT for none.
    uint256 private _faulty = COUNT;
    bool private _isSilent;

    constructor() {
        vm.warp(1_722_800_000);
        IPriceFeed[] memory list = new IPriceFeed[](COUNT);
        for (uint256 i = 0; i < COUNT; ++i) {
            _sources[i] = new HostileFeed();
            list[i] = _sources[i];
        }
        _pool = new HostileFeed();
        _pool.set(uint64(_truth), 0);
        // Three seats, and two spares.
        median = new MedianFeed(list, _pool, MedianTerms(3, 2, BAND, 200));
        _tell(1);
    }

    function walk(uint256 seed) external {
        _truth = _truth * bound(seed, 9_700, 10_310) / BPS;
        if (_truth < 1e12 || _truth > 1e17) _truth = 4e14;
        _tell(seed);
        done["walked"]++;
    }

    /// The market trembles within the dead band.
    function tremble(uint256 seed) external {
        _truth = _truth * bound(seed, 9_990, 10_010) / BPS;
        _tell(seed);
    }

    function lie(uint256 which, uint256 price, uint256 confidence) external {
        _recover();
        _faulty = which % COUNT;
        // Up to twenty times the truth, and at times more than a feed can hold half of.
        price = which % 7 == 0 ? price % 2 ** 63 : bound(price, 1, _truth * 20);
        confidence = confidence % 2 == 0 ? 0 : bound(confidence, 0, price * 5 / 4);
        _sources[_faulty].set(uint64(price), uint64(confidence));
        // What is no price counts as silence.
        _isSilent = confidence >= price;
        done["lied"]++;
    }

    /// A source reverts, burns its gas, or answers what is no price. The first way is a price.
    function silence(uint256 which, uint256 way) external {
        _recover();
        _faulty = which % COUNT;
        _isSilent = true;
        _sources[_faulty].misbehave(HostileFeed.Way(1 + way % 8));
        done["silenced"]++;
    }

    function recover() external {
        _recover();
    }

    function check(uint256 price, uint256 way) external {
        _pool.set(uint64(bound(price, _truth / 2, _truth * 2)), 0);
        _pool.misbehave(way % 3 == 0 ? HostileFeed.Way(way % 9) : HostileFeed.Way.Answers);
    }

    function record() external {
        (uint256 low, uint256 high) = lowHigh();
        (uint64 before, uint64 above,,) = median.kept();
        median.record();
        (uint256 after_, uint256 afterHigh) = lowHigh();
        if (low != after_ || high != afterHigh) violation = "recording has changed the price";
        (uint64 keptLow, uint64 keptHigh, uint8 silent, CheckState checked) = median.kept();
        // Where low and high have an odd sum, the answer's high is one more.
        if (keptLow != low || high - keptHigh > 1) violation = "another price is kept than is answered";
        uint256 expected = _isSilent && _faulty < COUNT ? 1 << _faulty : 0;
        if (silent != expected) violation = "another source is called silent";
        if (checked == CheckState.None) violation = "a check that says nothing";
        if (before == keptLow && above == keptHigh) done["stood"]++;
        else done["moved"]++;
        if (silent != 0) done["recorded silence"]++;
        if (checked == CheckState.Disagrees) done["disagreed"]++;
    }

    function lowHigh() public view returns (uint256 low, uint256 high) {
        (uint64 price, uint64 confidence,) = median.read();
        return (price - confidence, uint256(price) + confidence);
    }

    /// Empty if there is a price, and it is between true answers, but for the dead band on its safe side.
    function astray() external view returns (string memory) {
        try this.lowHigh() returns (uint256 low, uint256 high) {
            if (low > high) return "low is above high";
            (uint256 least, uint256 most) = (type(uint256).max, 0);
            for (uint256 i = 0; i < COUNT; ++i) {
                if (i == _faulty) continue;
                if (_said[i] < least) least = _said[i];
                if (_said[i] > most) most = _said[i];
            }
            if (low > most || low * BPS < least * (BPS - BAND)) return "low is not between true answers";
            // The answer's high is at most one more, where low and high have an odd sum.
            if (high < least || (high - 1) * BPS > most * (BPS + BAND)) return "high is not between true answers";
            return "";
        } catch {
            return "one source has stopped the price";
        }
    }

    /// What sources that are not at fault say: within a fifth of a percent of the truth.
    function _tell(uint256 seed) private {
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 noise = uint256(keccak256(abi.encode(seed, i))) % 41;
            _said[i] = uint64(_truth * (9_980 + noise) / BPS);
            if (i != _faulty) _sources[i].set(_said[i], 0);
        }
        skip(12);
    }

    function _recover() private {
        if (_faulty == COUNT) return;
        _sources[_faulty].set(_said[_faulty], 0);
        _sources[_faulty].misbehave(HostileFeed.Way.Answers);
        (_faulty, _isSilent) = (COUNT, false);
    }
}

contract MedianInvariants is Test {
    MedianHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new MedianHandler();
        steps = [
            handler.walk.selector,
            handler.walk.selector,
            handler.tremble.selector,
            handler.lie.selector,
            handler.silence.selector,
            handler.recover.selector,
            handler.check.selector,
            handler.record.selector,
            handler.record.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: A69, A71, A72
    /// Whatever one source of five does, and at whatever times the median is recorded: there is a price, low and high are
    /// between true answers but for the dead band on their safe side, recording changes neither, and a pool changes nothing.
    /// forge-config: default.invariant.depth = 200
    /// forge-config: ci.invariant.depth = 200
    function invariant_median_stays_between_true_answers() public view {
        assertEq(handler.violation(), "");
        assertEq(handler.astray(), "");
    }

    // shows: A69
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_median_handler_reaches_everything() public {
        for (uint256 i = 0; i < 2_000; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            bytes memory call = abi.encodePacked(steps[seed % steps.length], seed >> 16, seed >> 48, seed >> 129);
            (bool isDone,) = address(handler).call(call);
            assertTrue(isDone);
            assertEq(handler.violation(), "");
            assertEq(handler.astray(), "");
        }
        string[7] memory names = ["walked", "lied", "silenced", "stood", "moved", "recorded silence", "disagreed"];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.done(names[i]), 0, names[i]);
        }
    }
}
