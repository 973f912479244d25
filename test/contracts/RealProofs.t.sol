// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {Attestation, AttestedBook, SleeveTerms} from "../../contracts/types/Book.sol";
import {Claims} from "../../contracts/types/Claims.sol";
import {GateTerms} from "../../contracts/types/Gate.sol";
import {Proof, VerifyingKey} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {MarketFixture} from "./support/Market.sol";
import {Vectors} from "./support/Vectors.sol";

/// The gate over the real registry, ledger, profile and key, with proofs that snarkjs made of real books.
contract RealProofsTest is MarketFixture {
    uint256 private constant VENUE_KEY = 0xe4e;
    uint64 private constant ROTATION_DELAY = 30 days;

    BookRegistry private registry;
    MarginGate private gate;
    Vectors.Proven[] private proven;
    address private venue = vm.addr(VENUE_KEY);

    function setUp() public {
        _setUpMarket();
        string memory text = Vectors.json();
        registry = new BookRegistry(profile, ROTATION_DELAY);
        GateTerms memory terms = GateTerms(6 hours, 3 hours, 4 hours, 15_000);
        gate = new MarginGate(ledger, registry, Vectors.key(text), terms);
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            proven.push(Vectors.proven(text, i));
            _openWith(proven[i]);
        }
        ledger.poke();
    }

    function test_ledger_commits_proven_price() public view {
        assertEq(ledger.latestRound().folded.x, vectors[0].folded.x);
        assertEq(ledger.latestRound().folded.y, vectors[0].folded.y);
    }

    function test_submit_accepts_every_real_proof() public {
        uint256 healthy;
        uint256 unhealthy;
        for (uint256 i = 0; i < proven.length; ++i) {
            if (proven[i].market != 0) continue;
            _submit(i, 1);
            uint96 claim = uint96(proven[i].claim);
            bool isHealthy = Claims.healthy(claim);
            Status expected = Claims.theta(claim) > 10_000 ? Status.MarginCall : Status.Liquidatable;
            assertEq(uint256(gate.statusOf(_account(i))), uint256(isHealthy ? Status.Healthy : expected));
            if (isHealthy) ++healthy;
            else ++unhealthy;
        }
        assertGt(healthy, 0);
        assertGt(unhealthy, 0);
    }

    function test_batch_accepts_real_proofs() public {
        IMarginGate.Submission[] memory batch = _batch();
        vm.prank(venue);
        gate.submitBatch(batch);
        for (uint256 i = 0; i < batch.length; ++i) {
            assertNotEq(uint256(gate.statusOf(batch[i].account)), uint256(Status.Unknown));
        }
    }

    /// With dollars added or taken, or a sleeve: what snarkjs proved, the gate verifies, and records it as what it is.
    function test_submit_takes_real_proofs_of_support() public {
        uint256[4] memory met;
        string memory text = Vectors.json();
        for (uint256 i = 0; i < Vectors.OTHERS; ++i) {
            proven.push(Vectors.other(text, i));
            _openWith(proven[proven.length - 1]);
            uint96 claim = uint96(proven[proven.length - 1].claim);
            assertFalse(Claims.plain(claim));
            bytes32 account = _account(proven.length - 1);
            bool refused = !Claims.healthy(claim) && Claims.taken(claim);
            if (refused) vm.expectRevert(abi.encodeWithSelector(IMarginGate.IllHealthWithTaken.selector, claim));
            _submit(proven.length - 1, 1);
            if (refused) {
                ++met[0];
            } else if (!Claims.healthy(claim)) {
                assertEq(uint256(gate.statusOf(account)), uint256(Status.MarginCall));
                ++met[1];
            } else if (Claims.sleeve(claim)) {
                gate.requireMargin(account, Claims.theta(claim));
                assertGt(gate.sleeveOf(account).until, block.timestamp);
                ++met[2];
            } else {
                bool taken = Claims.taken(claim);
                assertEq(uint256(gate.statusOf(account)), uint256(taken ? Status.Healthy : Status.Unknown));
                gate.requireMargin(account, Claims.theta(claim), Claims.support(claim));
                ++met[taken ? 2 : 3];
            }
        }
        assertEq(met[0], 1);
        assertEq(met[1], 2);
        assertEq(met[2], 2);
        assertEq(met[3], 1);
    }

    /// A proof of a book with a sleeve stands for no claim without its bit.
    function test_submit_refuses_real_proof_without_its_sleeve() public {
        Vectors.Proven memory p = Vectors.other(Vectors.json(), 0);
        assertTrue(Claims.sleeve(uint96(p.claim)));
        p.claim ^= 1 << Spec.SLEEVE_SHIFT;
        proven.push(p);
        _openWith(p);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        _submit(proven.length - 1, 1);
    }

    /// The same proof does not stand for a cent more taken, or a cent less added, or none.
    function test_submit_refuses_real_proof_of_other_support() public {
        string memory text = Vectors.json();
        for (uint256 i = 0; i < Vectors.OTHERS; ++i) {
            Vectors.Proven memory p = Vectors.other(text, i);
            uint96 claim = uint96(p.claim);
            if (Claims.sleeve(claim) || !Claims.healthy(claim)) continue;
            proven.push(p);
            _openWith(p);
            bool taken = Claims.taken(claim);
            proven[proven.length - 1].claim = taken ? claim + (1 << 34) : claim - (1 << 34);
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            _submit(proven.length - 1, 1);
            proven[proven.length - 1].claim = uint32(claim);
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            _submit(proven.length - 1, 1);
        }
    }

    function test_submit_refuses_proof_of_another_price() public {
        uint256 refused;
        for (uint256 i = 0; i < proven.length; ++i) {
            if (proven[i].market == 0) continue;
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            _submit(i, 1);
            ++refused;
        }
        assertGt(refused, 0);
    }

    function test_submit_refuses_old_proof_at_new_round() public {
        _submit(0, 1);
        skip(5 minutes);
        feeds[0].set(uint64(vectors[0].low[0] * 3 / 2), 0);
        ledger.poke();
        assertEq(uint256(gate.statusOf(_account(0))), uint256(Status.Grace));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        _submit(0, 2);
        // A proof of the old round is still true of that round, and still does not help.
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, _account(0), 1));
        _submit(0, 1);
    }

    function test_profile_change_voids_proofs_and_round() public {
        _submit(0, 1);
        vm.prank(guardian);
        profile.pause();
        assertEq(uint256(gate.statusOf(_account(0))), uint256(Status.Unknown));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
        _submit(1, 1);
        _execute(address(profile), abi.encodeCall(profile.unpause, ()));
        assertEq(uint256(gate.statusOf(_account(0))), uint256(Status.Unknown));
    }

    /// forge-config: default.isolate = true
    function test_gas_of_real_proofs() public {
        _submit(0, 1);
        assertLe(vm.snapshotGasLastCall("MarginGate", "submit of a real proof, the account's first"), 280_000, "first");
        skip(timing.provingWindow / 2);
        ledger.poke();
        // nothing has moved: the same market, and so the same proof
        _submit(0, 2);
        assertLe(vm.snapshotGasLastCall("MarginGate", "submit of a real proof"), 260_000, "next");
    }

    // --- steps ---

    function _account(uint256 i) private view returns (bytes32) {
        return keccak256(abi.encode(address(this), bytes32(i)));
    }

    function _openWith(Vectors.Proven memory p) private {
        uint256 i = proven.length - 1;
        address[] memory attesters = new address[](1);
        attesters[0] = venue;
        registry.open(bytes32(i), (p.claim >> Spec.ISOLATED_SHIFT) & 1 == 1, attesters, 1);
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = AttestedBook(p.commitment, 1, time, time + profile.bookMaxAge());
        if (!Claims.sleeve(uint96(p.claim))) {
            registry.attest(_account(i), book, _sign(registry.digestOf(_account(i), book)));
            return;
        }
        SleeveTerms memory sleeve = SleeveTerms(address(ledger), 1, 100, time + 1 hours, profile.shocksHash());
        bytes32 digest = registry.sleevedDigestOf(_account(i), book, sleeve);
        registry.attestWithSleeve(_account(i), book, sleeve, _sign(digest));
    }

    function _sign(bytes32 digest) private view returns (Attestation[] memory one) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(VENUE_KEY, digest);
        one = new Attestation[](1);
        one[0] = Attestation(venue, abi.encodePacked(r, s, v));
    }

    function _submit(uint256 i, uint64 round) private {
        Proof memory proof = proven[i].proof;
        bytes32 account = _account(i);
        uint96 claim = uint96(proven[i].claim);
        vm.prank(venue);
        gate.submit(account, round, claim, proof);
    }

    function _batch() private view returns (IMarginGate.Submission[] memory batch) {
        uint256 size;
        for (uint256 i = 0; i < proven.length; ++i) {
            if (proven[i].market == 0) ++size;
        }
        batch = new IMarginGate.Submission[](size);
        uint256 at;
        for (uint256 i = 0; i < proven.length; ++i) {
            if (proven[i].market != 0) continue;
            batch[at++] = IMarginGate.Submission(_account(i), 1, uint96(proven[i].claim), proven[i].proof);
        }
    }
}
