// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {console} from "forge-std/Test.sol";
import {MarketLedger} from "../MarketLedger.sol";
import {RiskProfile} from "../RiskProfile.sol";
import {FeedLimits} from "../feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {SequencerGuard} from "../feeds/SequencerGuard.sol";
import {Spec} from "../generated/Spec.sol";
import {IFundingSource} from "../interfaces/IFundingSource.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IMarketSources} from "../interfaces/IMarketSources.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";
import {PROFILE_WORDS} from "../interfaces/IRiskProfile.sol";
import {FoldedGroth16} from "../lib/FoldedGroth16.sol";
import {G1, Round} from "../lib/Types.sol";
import {ReplayFixture} from "./support/Replay.sol";
import {Vectors} from "./support/Vectors.sol";
import {Verifier} from "./support/Verifier.sol";

contract MarketLedgerTest is ReplayFixture {
    uint256[PROFILE_WORDS] private none;

    function setUp() public {
        _setUpMarket();
    }

    // The folded point.

    function test_foldsAsTypeScriptDoes() public {
        assertEq(ledger.poke(), 1);
        assertEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[0].folded));
        for (uint256 u = 0; u < 16; ++u) {
            (uint64 low, uint64 high, int128 index) = ledger.priceOf(u);
            assertEq(low, vectors[0].low[u]);
            assertEq(high, vectors[0].high[u]);
            assertEq(index, vectors[0].funding[u]);
        }
    }

    /// From one market to the other by differences: once the average has caught up, the fold is TypeScript's again.
    function test_foldsAsTypeScriptDoesAfterChanges() public {
        ledger.poke();
        _say(1);
        vm.warp(block.timestamp + 5 minutes);
        ledger.poke();
        assertNotEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[1].folded));
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
        assertEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[1].folded));
    }

    /// Real proofs against the point that the ledger made, each in its market.
    function test_realProofsVerifyAgainstTheLedger() public {
        string memory text = Vectors.json();
        Verifier verifier = new Verifier(Vectors.key(text));
        ledger.poke();
        _expectProofs(text, verifier, 0);
        _say(1);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
        _expectProofs(text, verifier, 1);
    }

    function test_foldsAnewInANewEpoch() public {
        ledger.poke();
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        next[4] += 1;
        vm.prank(guardian);
        profile.tighten(next);
        assertFalse(ledger.usable(1));
        // In the same block: a new epoch does not wait.
        Seen memory seen = _poke();
        assertEq(seen.epoch, 2);
        assertEq(abi.encode(_foldAnew(seen)), abi.encode(ledger.latestRound().folded));
        assertTrue(ledger.usable(2));
        vm.expectPartialRevert(IMarketSources.PokedTooSoon.selector);
        ledger.poke();
    }

    function test_fewerAssetsThanSlots() public {
        RiskProfile small = _newProfile(3, _padded(3));
        MarketLedger three = _newLedger(small, _feeds(3));
        funding.set(new int128[](3));
        vm.recordLogs();
        three.poke();
        Seen memory seen = _seen(vm.getRecordedLogs());
        assertEq(seen.low.length, 3);
        (G1 memory a, G1 memory b) = (_foldAnew(seen, small), three.latestRound().folded);
        assertEq(abi.encode(a), abi.encode(b));
    }

    // The odometer.

    function test_odometerCountsTheGreatestMoveRoundedUp() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 0);
        // Down by a third: low moves by 1/3, high stays where the average is.
        feeds[3].set(666_666_666_667, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 33_333_334);
        // The average follows, and high with it.
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 2 * 33_333_334);

        int128[] memory indices = new int128[](16);
        (indices[5], indices[6]) = (-1e10, 1e10);
        funding.set(indices);
        feeds[5].set(1.01e12, 0);
        feeds[7].set(1.015e12, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        // Funding and price of one asset add up; those of two do not.
        assertEq(ledger.latestRound().odometer, 2 * 33_333_334 + 2_000_000);
    }

    /// However often somebody pokes, a move that is there when the next round may be made is in it.
    function test_pokingCannotSkipAMove() public {
        _flat(1e12);
        ledger.poke();
        feeds[0].set(1.1e12, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarketSources.PokedTooSoon.selector, block.timestamp + 1 minutes, block.timestamp)
        );
        ledger.poke();
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 10_000_000);
        // And back: what moved stays counted, and the way back is counted too, once high has gone it.
        feeds[0].set(1e12, 0);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(block.timestamp + timing.twapWindow);
            ledger.poke();
        }
        assertEq(ledger.latestRound().odometer, 10_000_000 + 9_090_910);
    }

    function test_tenfoldMovesAreCounted() public {
        _flat(1e12);
        ledger.poke();
        feeds[0].set(1e13, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer, 9 * Spec.ODOMETER_UNIT);
        vm.warp(block.timestamp + 1 hours);
        ledger.poke();
        uint128 before = ledger.latestRound().odometer;
        feeds[0].set(1e12, 0);
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        assertEq(ledger.latestRound().odometer - before, 9 * Spec.ODOMETER_UNIT / 10);
    }

    /// Nothing moves: the odometer stands still, and nothing is folded.
    function test_stillMarketCostsLittle() public {
        _flat(1e12);
        ledger.poke();
        for (uint256 i = 0; i < 3; ++i) {
            vm.warp(block.timestamp + 31 minutes);
            ledger.poke();
        }
        assertEq(ledger.latestRound().odometer, 0);
    }

    // Doubts about a feed.

    function test_anyDoubtRevertsTheWhole() public {
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

    function test_refusesWhileTheSequencerIsDown() public {
        MockV3Aggregator uptime = new MockV3Aggregator(0, 1);
        SequencerGuard guard = new SequencerGuard(uptime, 1 hours);
        MarketLedger rollup = new MarketLedger(address(manager), table, profile, timing, _feeds(16), funding, guard);
        vm.expectRevert(abi.encodeWithSelector(SequencerGuard.SequencerDown.selector, 1));
        rollup.poke();
        uptime.updateAnswer(0);
        vm.expectPartialRevert(SequencerGuard.SequencerInGrace.selector);
        rollup.poke();
        vm.warp(block.timestamp + 1 hours + 1);
        rollup.poke();
    }

    function testFuzz_confidenceWidens(uint64 price, uint64 confidence) public {
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

    function test_refusesFundingOutOfBounds() public {
        int128[] memory indices = new int128[](16);
        indices[9] = int128(type(int64).max) + 1;
        funding.set(indices);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingOutOfBounds.selector, 9, indices[9]));
        ledger.poke();
        indices[9] = type(int64).min;
        funding.set(indices);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingOutOfBounds.selector, 9, indices[9]));
        ledger.poke();
        indices[9] = -type(int64).max;
        funding.set(indices);
        ledger.poke();
        assertEq(abi.encode(_foldAnew(_lastSeen())), abi.encode(ledger.latestRound().folded));
        funding.set(new int128[](15));
        vm.warp(block.timestamp + 1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FundingMismatch.selector, 16, 15));
        ledger.poke();
    }

    // Rounds and their lives.

    function test_knowsNoRoundBeforeTheFirst() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 0));
        ledger.latestRound();
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 0));
        ledger.roundAt(0);
        assertFalse(ledger.usable(0));
        assertFalse(ledger.usable(1));
        assertEq(ledger.oldestRound(), 0);
        (bool found,) = ledger.firstBeyond(0, 0);
        assertFalse(found);
        ledger.poke();
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 2));
        ledger.roundAt(2);
        assertEq(ledger.roundAt(1).number, 1);
        assertEq(ledger.oldestRound(), 1);
    }

    function test_roundsAreUsableForTheProvingWindow() public {
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow);
        ledger.poke();
        assertTrue(ledger.usable(1));
        vm.warp(block.timestamp + 1);
        _refuseRound(1);
        assertTrue(ledger.usable(2));
        assertEq(abi.encode(ledger.usableRound(2)), abi.encode(ledger.latestRound()));
        // Others that have the same place in the ring, or would if their high bits were lost.
        _refuseRound(2 + ledger.ROUNDS());
        _refuseRound(2 + (1 << 40));
        _refuseRound(0);
        vm.prank(guardian);
        profile.pause();
        assertEq(profile.liveEpoch(), 0);
        _refuseRound(2);
    }

    function _refuseRound(uint64 number) private {
        assertFalse(ledger.usable(number));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, number));
        ledger.usableRound(number);
    }

    function test_pokeEndsAnExpiredProfile() public {
        uint256[PROFILE_WORDS] memory safe = vectors[0].profile;
        safe[3] += 1;
        uint64 end = uint64(block.timestamp + DELAY + 1 hours);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (vectors[0].profile, end, safe)));
        vm.warp(end - 1);
        ledger.poke();
        assertTrue(ledger.usable(1));
        vm.warp(end);
        assertFalse(ledger.usable(1));
        ledger.poke();
        assertFalse(ledger.usable(1));
        assertTrue(ledger.usable(2));
        assertEq(ledger.latestRound().epoch, 3);
        assertEq(abi.encode(profile.profileWords()), abi.encode(safe));
    }

    function test_liveSinceTheLastGap() public {
        ledger.poke();
        uint256 start = vm.getBlockTimestamp();
        assertEq(ledger.liveSince(), start);
        vm.warp(start + timing.maxRoundAge);
        ledger.poke();
        assertEq(ledger.liveSince(), start);
        vm.warp(block.timestamp + timing.maxRoundAge + 1);
        ledger.poke();
        assertEq(ledger.liveSince(), block.timestamp);
    }

    function test_forgetsTheOldestRounds() public {
        MarketLedger one = _newLedger(_newProfile(1, _padded(1)), _feeds(1));
        funding.set(new int128[](1));
        for (uint256 i = 0; i < one.ROUNDS() + 70; ++i) {
            vm.warp(block.timestamp + 1 minutes);
            feeds[0].set(uint64(1e12 + i * 1e9), 0);
            one.poke();
        }
        assertEq(one.oldestRound(), 71);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundTooOld.selector, 70, 71));
        one.roundAt(70);
        assertFalse(one.usable(70));
        assertEq(one.roundAt(71).number, 71);
        // Every round moved, so the first after 100 beyond 100's odometer is 101, and before the ring its oldest.
        (bool found, Round memory round) = one.firstBeyond(100, one.roundAt(100).odometer);
        assertTrue(found);
        assertEq(round.number, 101);
        (found, round) = one.firstBeyond(5, 0);
        assertTrue(found);
        assertEq(round.number, 71);
        // The average still reaches back to half an hour ago: 30 rounds of a price that grows by 1e9 each.
        (uint64 low, uint64 high,) = one.priceOf(0);
        uint64 spot = uint64(1e12 + (one.ROUNDS() + 69) * 1e9);
        assertEq(high, spot);
        assertEq(low, spot - 15.5e9);
    }

    /// Epochs that follow each other fast are the one way to outrun the ring: the average shortens, nothing breaks.
    function test_manyEpochsInOneBlock() public {
        ledger.poke();
        uint256[PROFILE_WORDS] memory next = vectors[0].profile;
        vm.warp(block.timestamp + 20 minutes);
        feeds[0].set(3e12, 0);
        for (uint256 i = 0; i < ledger.OBSERVATIONS() + 6; ++i) {
            next[4] += 1;
            vm.prank(guardian);
            profile.tighten(next);
            ledger.poke();
        }
        (uint64 low, uint64 high,) = ledger.priceOf(0);
        assertEq(low, 3e12);
        assertEq(high, 3e12);
        vm.warp(block.timestamp + 10 minutes);
        feeds[0].set(4e12, 0);
        ledger.poke();
        (low, high,) = ledger.priceOf(0);
        assertEq(low, 3e12);
        assertEq(high, 4e12);
    }

    // Governance of the sources.

    function test_sourcesBelongToTheGovernor() public {
        IPriceFeed[] memory list = _feeds(16);
        (list[0], list[1]) = (list[1], list[0]);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        ledger.setSources(list, funding, SequencerGuard(address(0)));
        _flat(1e12);
        ledger.poke();
        bytes memory data =
            abi.encodeCall(ledger.setSources, (list, IFundingSource(address(0)), SequencerGuard(address(0))));
        _execute(address(ledger), data);
        (IPriceFeed[] memory got, IFundingSource source, SequencerGuard guard) = ledger.sources();
        assertEq(abi.encode(got), abi.encode(list));
        assertEq(address(source), address(0));
        assertEq(address(guard), address(0));
        feeds[1].set(1.5e12, 0);
        ledger.poke();
        (, uint64 high, int128 index) = ledger.priceOf(0);
        assertEq(high, 1.5e12);
        assertEq(index, 0);
        // The move between what two feeds said is a move.
        assertGe(ledger.latestRound().odometer, Spec.ODOMETER_UNIT / 2);
    }

    function test_refusesTheWrongNumberOfFeeds() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketSources.FeedsMismatch.selector, 16, 15));
        _newLedger(profile, _feeds(15));
    }

    function test_timingMustMakeSense() public {
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
        (timing.minInterval, timing.provingWindow, timing.maxRoundAge) = (1 hours, 1 minutes, 59 minutes);
        _refuseTiming();
    }

    // Gas.

    function test_gasOfAPoke() public {
        for (uint256 i = 0; i < ledger.OBSERVATIONS() + 2; ++i) {
            _step(i + 1);
            ledger.poke();
            vm.warp(block.timestamp + 1 minutes);
        }
        ledger.poke();
        vm.warp(block.timestamp + 1 minutes);
        uint256 still = _pokeGas();
        _step(99);
        vm.warp(block.timestamp + 1 minutes);
        uint256 moving = _pokeGas();
        // The first 2048 rounds pay 51 300 more than later ones, whose words in the ring are not zero.
        console.log("gas of a poke of 16 assets, average moves only", still);
        console.log("gas of a poke of 16 assets, prices and funding move", moving);
        console.log("an asset", moving / 16);
    }

    function test_gasOfTheFold() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        vm.warp(block.timestamp + 1 minutes);
        ledger.poke();
        vm.warp(block.timestamp + 1 minutes);
        uint256 still = _pokeGas();
        int128[] memory indices = new int128[](16);
        for (uint256 u = 0; u < 16; ++u) {
            feeds[u].set(1.03e12, 1e9);
            indices[u] = -12_345_678_901;
        }
        funding.set(indices);
        vm.warp(block.timestamp + 1 minutes);
        // What differs: 48 folded signals, 16 words of storage that change, and the point that changes.
        uint256 perSignal = (_pokeGas() - still) / 48;
        console.log("gas a folded signal, its storage included", perSignal);
        assertLe(perSignal, 7_200);
    }

    function _pokeGas() private returns (uint256 used) {
        vm.cool(address(ledger));
        vm.cool(address(profile));
        vm.cool(address(table));
        vm.cool(address(funding));
        for (uint256 u = 0; u < 16; ++u) {
            vm.cool(address(feeds[u]));
        }
        uint256 before = gasleft();
        ledger.poke();
        return before - gasleft();
    }

    // What the tests above are made of.

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

    function _expectProofs(string memory text, Verifier verifier, uint256 market) private {
        G1 memory folded = ledger.latestRound().folded;
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            Vectors.Proven memory p = Vectors.proven(text, i);
            if (p.market != market) vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            verifier.verify(folded, p.commitment, p.claim, p.proof);
        }
    }
}
