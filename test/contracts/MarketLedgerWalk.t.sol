// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {G1} from "../../contracts/types/Groth16.sol";
import {Round} from "../../contracts/types/Round.sol";
import {ReplayFixture} from "./support/Replay.sol";

/// Properties of a market that walks at random. Of three assets, one of which has no other beside it in its words: what
/// is to be found does not depend on their number, and each costs time.
contract MarketLedgerWalkTest is ReplayFixture {
    uint256 private constant LISTED = 3;

    function setUp() public {
        _setUpMarket();
        profile = _newProfile(LISTED, _padded(LISTED));
        ledger = _newLedger(profile, _feeds(LISTED));
        funding.set(new int128[](LISTED));
        (uint64 price,,) = feeds[0].read();
        feeds[0].set(price, 0);
    }

    // shows: P30, P33, A18
    /// Any walk of prices and funding: every round's point is what folding its event again gives, and low and high are
    /// spot and average widened. What the odometer lets pass is what the envelope theorem asks for.
    function test_fuzz_walk_matches_model(uint256 seed) public {
        uint256 rounds = 4;
        Seen[] memory seen = new Seen[](rounds);
        uint256[] memory spots = new uint256[](rounds);
        for (uint256 i = 0; i < rounds; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            if (i != 0) vm.warp(block.timestamp + timing.provingWindow / 2 + (draw >> 200) % 20 minutes);
            spots[i] = _step(draw);
            seen[i] = _poke();
            assertEq(abi.encode(_foldAnew(seen[i])), abi.encode(G1(seen[i].x, seen[i].y)));
            if (i != 0) _checkOdometers(seen[i - 1], seen[i]);
            _checkAverage(seen, spots, i);
        }
        _checkEnvelope(seen, bound(seed >> 8, 0, 10_000));
        _checkBand(seen, uint16(bound(seed >> 24, 1, 10_000)));
    }

    /// From every round on, at every reading and just below it.
    function test_first_beyond_oldest_above_limit() public {
        for (uint256 i = 0; i < 6; ++i) {
            // The odometer stands still in the fourth.
            if (i != 3) feeds[0].set(uint64(1e12 + i * 1e11), 0);
            ledger.poke();
            vm.warp(block.timestamp + timing.twapWindow);
        }
        for (uint64 from = 0; from <= 7; ++from) {
            for (uint64 at = 1; at <= 6; ++at) {
                uint128 reading = ledger.roundAt(at).odometer;
                _checkFirstBeyond(from, reading);
                if (reading != 0) _checkFirstBeyond(from, reading - 1);
                _checkFirstBeyond(from, ledger.roundAt(at).sleeveOdometer);
            }
        }
    }

    function test_fuzz_first_beyond_oldest_above_limit(uint256 seed, uint64 from, uint128 limit) public {
        uint256 rounds = 2 + seed % 6;
        for (uint256 i = 0; i < rounds; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + timing.provingWindow / 2);
            if (draw % 3 != 0) _nudge(draw >> 8);
            ledger.poke();
        }
        from = uint64(bound(from, 0, rounds + 2));
        limit = uint128(bound(limit, 0, uint256(ledger.latestRound().odometer) + 1));
        _checkFirstBeyond(from, limit);
    }

    /// Against a look at one round after the other.
    function _checkFirstBeyond(uint64 from, uint128 limit) private view {
        (uint64 expected, uint64 expectedOfSleeve) = (0, 0);
        for (uint64 n = ledger.latestRound().number; n > from; --n) {
            if (ledger.roundAt(n).odometer > limit) expected = n;
            if (ledger.roundAt(n).sleeveOdometer > limit) expectedOfSleeve = n;
        }
        (bool found, Round memory round) = ledger.firstBeyond(from, limit);
        assertEq(found, expected != 0);
        assertEq(round.number, expected);
        (found, round) = ledger.firstBeyondSleeve(from, limit);
        assertEq(found, expectedOfSleeve != 0);
        assertEq(round.number, expectedOfSleeve);
    }

    /// Moves one price by at most a twentieth, and funding now and then.
    function _nudge(uint256 draw) private {
        int128[] memory indices = funding.read();
        indices[draw % LISTED] += int128(int256(draw >> 16) % 1e6);
        if (draw & 1 == 0) funding.set(indices);
        (uint64 price,,) = feeds[0].read();
        feeds[0].set(uint64(uint256(price) * (950 + draw % 101) / 1000), 0);
    }

    /// Each odometer moves by the greatest move of its slots, held against the definition.
    function _checkOdometers(Seen memory last, Seen memory next) private view {
        (uint256 most, uint256 mostOfSleeves) = (0, 0);
        for (uint256 u = 0; u < LISTED; ++u) {
            uint256 ofLow = _relative(int64(last.low[u]), int64(next.low[u]), last.low[u]);
            uint256 ofHigh = _relative(int64(last.high[u]), int64(next.high[u]), last.high[u]);
            uint256 drift = _relative(last.funding[u], next.funding[u], last.low[u]);
            uint256 move = ofLow > ofHigh ? ofLow : ofHigh;
            if (move + drift > most) most = move + drift;
            if (ledger.sleeveSlots() & (1 << u) != 0 && move + 10 * drift > mostOfSleeves) {
                mostOfSleeves = move + 10 * drift;
            }
        }
        assertEq(next.odometer, last.odometer + most);
        assertEq(next.sleeveOdometer, last.sleeveOdometer + mostOfSleeves);
    }

    function _relative(int256 a, int256 b, uint256 base) private pure returns (uint256) {
        return (_distance(a, b) * Spec.ODOMETER_UNIT + base - 1) / base;
    }

    /// Low and high of asset 0, which has no confidence, from the whole history: the average since the youngest round
    /// that is at least the window old.
    function _checkAverage(Seen[] memory seen, uint256[] memory spots, uint256 last) private view {
        uint256 anchor;
        for (uint256 i = 0; i < last; ++i) {
            if (seen[i].time + timing.twapWindow <= seen[last].time) anchor = i;
        }
        uint256 area;
        for (uint256 i = anchor; i < last; ++i) {
            area += spots[i] * (seen[i + 1].time - seen[i].time);
        }
        uint256 span = seen[last].time - seen[anchor].time;
        (uint256 least, uint256 most) = (spots[last], spots[last]);
        if (span != 0) {
            if (area / span < least) least = area / span;
            if ((area + span - 1) / span > most) most = (area + span - 1) / span;
        }
        assertEq(seen[last].low[0], least);
        assertEq(seen[last].high[0], most);
    }

    /// While the odometer keeps an envelope e, |Δlow| + |Δfunding| ≤ e·low and |Δhigh| + |Δfunding| ≤ e·high.
    function _checkEnvelope(Seen[] memory seen, uint256 e) private pure {
        for (uint256 from = 0; from < seen.length; ++from) {
            for (uint256 to = from + 1; to < seen.length; ++to) {
                uint256 moved = seen[to].odometer - seen[from].odometer;
                if (moved * (Spec.BPS + e) > e * Spec.ODOMETER_UNIT) break;
                for (uint256 u = 0; u < LISTED; ++u) {
                    uint256 drift = _distance(seen[from].funding[u], seen[to].funding[u]);
                    uint256 low = _distance(int64(seen[from].low[u]), int64(seen[to].low[u]));
                    uint256 high = _distance(int64(seen[from].high[u]), int64(seen[to].high[u]));
                    assertLe((low + drift) * Spec.BPS, e * seen[from].low[u]);
                    assertLe((high + drift) * Spec.BPS, e * seen[from].high[u]);
                }
            }
        }
    }

    /// While the sleeve odometer keeps a band, in either direction of time, |Δlow| + 10·|Δfunding| ≤ band·low, and so for
    /// high: both rounds' quotes are in the box of the other.
    function _checkBand(Seen[] memory seen, uint16 band) private view {
        for (uint64 at = 0; at < seen.length; ++at) {
            for (uint64 to = 0; to < seen.length; ++to) {
                try ledger.sleeveLimit(at + 1, seen[at].time, band, to + 1) returns (uint256 limit) {
                    assertEq(limit, seen[at].sleeveOdometer + uint256(band) * 1e8 / (10_000 + uint256(band)));
                } catch {
                    continue;
                }
                for (uint256 u = 0; u < LISTED; ++u) {
                    if (ledger.sleeveSlots() & (1 << u) == 0) continue;
                    uint256 drift = 10 * _distance(seen[at].funding[u], seen[to].funding[u]);
                    uint256 low = _distance(int64(seen[at].low[u]), int64(seen[to].low[u]));
                    uint256 high = _distance(int64(seen[at].high[u]), int64(seen[to].high[u]));
                    assertLe((low + drift) * Spec.BPS, band * seen[at].low[u]);
                    assertLe((high + drift) * Spec.BPS, band * seen[at].high[u]);
                }
            }
        }
    }

    function _distance(int256 a, int256 b) private pure returns (uint256) {
        return uint256(a > b ? a - b : b - a);
    }
}
