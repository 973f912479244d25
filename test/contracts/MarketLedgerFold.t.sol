// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarketSources} from "../../contracts/interfaces/IMarketSources.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {G1} from "../../contracts/types/Groth16.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {ReplayFixture} from "./support/Replay.sol";
import {Vectors} from "./support/Vectors.sol";
import {Verifier} from "./support/Verifier.sol";

/// The folded point.
contract MarketLedgerFoldTest is ReplayFixture {
    function setUp() public {
        _setUpMarket();
    }

    // shows: P31
    function test_fold_matches_typescript() public {
        assertEq(ledger.poke(), 1);
        assertEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[0].folded));
        for (uint256 u = 0; u < 16; ++u) {
            (uint64 low, uint64 high, int128 index) = ledger.priceOf(u);
            assertEq(low, vectors[0].low[u]);
            assertEq(high, vectors[0].high[u]);
            assertEq(index, vectors[0].funding[u]);
        }
    }

    // shows: P31
    /// From one market to the other by differences: once the average has caught up, the fold is TypeScript's again.
    function test_fold_matches_typescript_after_changes() public {
        ledger.poke();
        _say(1);
        vm.warp(block.timestamp + 5 minutes);
        ledger.poke();
        assertNotEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[1].folded));
        vm.warp(block.timestamp + timing.twapWindow);
        ledger.poke();
        assertEq(abi.encode(ledger.latestRound().folded), abi.encode(vectors[1].folded));
    }

    // shows: P31
    /// Real proofs against the point that the ledger made, each in its market.
    function test_fold_verifies_real_proofs() public {
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

    function test_fold_restarts_in_new_epoch() public {
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

    function test_fold_fewer_assets_than_slots() public {
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

    function _expectProofs(string memory text, Verifier verifier, uint256 market) private {
        G1 memory folded = ledger.latestRound().folded;
        uint256 accepted;
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            Vectors.Proven memory p = Vectors.proven(text, i);
            if (p.market != market) vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            else ++accepted;
            verifier.verify(folded, p.commitment, p.claim, p.proof);
        }
        assertGt(accepted, 0);
    }
}
