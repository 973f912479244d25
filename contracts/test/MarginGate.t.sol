// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {MarginGate} from "../MarginGate.sol";
import {BookRegistry} from "../BookRegistry.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {GateTerms, HealthRecord, IMarginGate, Marks} from "../interfaces/IMarginGate.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {Claims} from "../lib/Claims.sol";
import {FoldedGroth16, VerifyingKey} from "../lib/FoldedGroth16.sol";
import {HealthWords} from "../lib/HealthWord.sol";
import {AttestedBook, Proof, Status} from "../lib/Types.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {SettableProfile} from "./support/SettableMarket.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

contract MarginGateTest is GateFixture {
    // --- what is accepted ---

    function test_a_proof_of_health_makes_the_account_healthy() public {
        _attestNext();
        uint32 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        vm.expectEmit();
        emit IMarginGate.ProofAccepted(account, 1, 1, claim, address(this));
        gate.submit(account, 1, claim, proof);

        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 11_000);
        assertFalse(gate.isReduceOnly(account));
        assertEq(gate.deadlineOf(account), 0);
        HealthRecord memory record = gate.recordOf(account);
        assertEq(record.round, 1);
        assertEq(record.time, block.timestamp);
        assertEq(record.sequence, 1);
        assertEq(record.epoch, 1);
        assertEq(record.theta, 11_000);
        assertEq(record.envelope, 200);
        assertEq(record.odometer, 0);
    }

    function test_requireMargin_asks_for_the_proven_theta() public {
        _attestNext();
        _submit(1, _healthy(11_000, 200));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, account, 11_001, 11_000));
        gate.requireMargin(account, 11_001);
    }

    function test_an_account_without_proof_is_unknown() public {
        _expectStatus(Status.Unknown);
        _attestNext();
        _expectStatus(Status.Unknown);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Unknown));
        gate.requireMargin(account, 1);
    }

    function test_the_isolated_flag_is_the_accounts() public {
        _attestNext();
        bytes32 isolated = _open("isolated", true);
        AttestedBook memory book = _book(1);
        book.commitment = 77;
        _attest(isolated, book);

        uint32 claim = _claim(10_000, 0, true, true);
        gate.submit(isolated, 1, claim, _prove(isolated, 1, claim));
        _expectStatus(isolated, Status.Healthy);
        _refuse(claim, abi.encodeWithSelector(IMarginGate.IsolationMismatch.selector, account, false, true));

        claim = _healthy(10_000, 0);
        Proof memory proof = _prove(isolated, 1, claim);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.IsolationMismatch.selector, isolated, true, false));
        gate.submit(isolated, 1, claim, proof);
    }

    function test_a_copy_from_the_mempool_does_what_the_original_would_and_the_original_fails() public {
        _attestNext();
        uint32 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        vm.prank(stranger);
        gate.submit(account, 1, claim, proof);
        _expectStatus(Status.Healthy);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        gate.submit(account, 1, claim, proof);
    }

    function test_a_copy_for_another_account_is_no_proof() public {
        _attestNext();
        uint32 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        bytes32 other = _open("other", false);
        AttestedBook memory book = _book(1);
        book.commitment = 78;
        _attest(other, book);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(other, 1, claim, proof);
    }

    // --- claims ---

    function test_refuses_claims_out_of_bounds() public {
        _attestNext();
        _refuse(_healthy(0, 0), abi.encodeWithSelector(Claims.ThetaZero.selector));
        _refuse(_healthy(10_000, 10_001), abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 10_000, 10_001));
        _refuse(_claim(10_000, 1, false, false), abi.encodeWithSelector(Claims.EnvelopeTooWide.selector, 0, 1));
        _refuse(_healthy(9_999, 0), abi.encodeWithSelector(IMarginGate.ThetaBelowMaintenance.selector, 10_000, 9_999));
        _refuse(_unhealthy(12_501), abi.encodeWithSelector(IMarginGate.ThetaAboveCallMargin.selector, 12_500, 12_501));
    }

    function test_refuses_a_proof_of_another_claim() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, _healthy(10_001, 0), proof);
    }

    // --- rounds and epochs ---

    function test_refuses_a_proof_of_another_round() public {
        _attestNext();
        ledger.move(0);
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 2, _healthy(10_000, 0), proof);
    }

    function test_refuses_an_old_round() public {
        _attestNext();
        skip(10 minutes + 1);
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    function test_refuses_a_round_to_come() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 2));
        gate.submit(account, 2, _healthy(10_000, 0), proof);
    }

    function test_refuses_a_round_of_an_old_epoch() public {
        _attestNext();
        profile.nextEpoch();
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    function test_a_new_epoch_voids_a_proof() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(5 minutes);
        profile.nextEpoch();
        // There is no round of the new epoch yet, and nothing can be said.
        _expectStatus(Status.Unknown);
        ledger.move(0);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), profile.epochSince() + GRACE_PERIOD);
        _submit(2, _healthy(10_000, 500));
        _expectStatus(Status.Healthy);
    }

    function test_refuses_everything_under_a_paused_or_expired_profile() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        profile.pause();
        _expectStatus(Status.Unknown);
        _refuse(_healthy(11_000, 500), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
        profile.unpause();
        profile.setExpired(true);
        _expectStatus(Status.Unknown);
        _refuse(_healthy(11_000, 500), abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
    }

    // --- books ---

    function test_refuses_an_account_without_a_book() public {
        Proof memory proof = Trapdoor.prove(ledger.scalarOf(1), 0, _healthy(10_000, 0), 1);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        gate.submit(account, 1, _healthy(10_000, 0), proof);
    }

    function test_refuses_an_expired_book() public {
        _attestNext();
        skip(1 days);
        uint64 round = ledger.move(0);
        _refuse(round, _healthy(10_000, 0), abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
    }

    function test_refuses_a_book_of_a_revoked_attestor() public {
        _attestNext();
        vm.prank(owner);
        registry.revokeAttestor(account, venue);
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
    }

    function test_refuses_a_proof_of_a_replaced_book() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        _attestNext();
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, _healthy(10_000, 0), proof);
    }

    function test_a_book_older_than_the_live_profile_allows_proves_nothing() public {
        AttestedBook memory book = _attestNext();
        _submit(1, _healthy(10_000, 500));
        profile.setBookMaxAge(2 hours);
        _pass(2 hours - 1);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.asOf + 2 hours + GRACE_PERIOD);
        // It lifts nothing either.
        _denounce(_latest(), _unhealthy(10_000));
        skip(1);
        ledger.move(0);
        _submit(_latest(), _healthy(10_000, 500));
        _expectStatus(Status.Liquidatable);
        book = _book(2);
        book.expiresAt = book.asOf + 2 hours;
        _attest(account, book);
        _submit(_latest(), _healthy(10_000, 500));
        _expectStatus(Status.Healthy);
    }

    /// An owner who wants friendlier attestors is liquidatable before they can sign, also where governance has let books
    /// grow older in the meantime.
    function test_who_rotates_attestors_is_liquidatable_before_they_sign() public {
        profile.setBookMaxAge(30 days);
        address[] memory friends = new address[](1);
        friends[0] = stranger;
        _attestNext();
        vm.prank(owner);
        registry.proposeAttestors(account, friends, 1);
        for (uint256 waited = 0; waited < ROTATION_DELAY; waited += 1 hours) {
            ledger.move(0);
            if (registry.bookIsLive(account)) _submit(_latest(), _healthy(10_000, 500));
            skip(1 hours);
        }
        ledger.move(0);
        _expectStatus(Status.Liquidatable);
        gate.note(account);
        registry.applyProposal(account);
        _expectStatus(Status.Liquidatable);
    }

    // --- chain, gate and proof bytes ---

    /// The folded point is the ledger's and the commitment the registry's: the same proof before another gate is
    /// of whatever that gate's ledger and registry hold.
    function test_refuses_a_proof_made_for_another_gate() public {
        _attestNext();
        uint32 claim = _healthy(10_000, 0);
        Proof memory foreign =
            Trapdoor.prove(uint256(keccak256("other ledger")), registry.bookOf(account).commitment, claim, 9);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, claim, foreign);
    }

    /// On another chain the attestors' signatures are not valid, so that there is no book to prove.
    function test_refuses_the_book_on_another_chain() public {
        AttestedBook memory book = _book(1);
        bytes32 here = registry.digestOf(account, book);
        vm.chainId(block.chainid + 1);
        assertNotEq(registry.digestOf(account, book), here);
    }

    function test_refuses_a_rerandomised_replay() public {
        _attestNext();
        uint32 claim = _healthy(11_000, 200);
        _submit(1, claim);
        // another nonce is another proof of the same statement
        _refuse(claim, abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
    }

    function test_refuses_coordinates_out_of_field() public {
        _attestNext();
        uint32 claim = _healthy(11_000, 200);
        Proof memory proof = _prove(account, 1, claim);
        proof.c[1] += Spec.FIELD_Q;
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, proof.c[1]));
        gate.submit(account, 1, claim, proof);
    }

    // --- newer and stronger ---

    function test_an_older_round_never_replaces_a_newer_one() public {
        _attestNext();
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuse(1, _healthy(12_000, 500), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    function test_a_newer_round_replaces_a_stronger_proof() public {
        _attestNext();
        _submit(1, _healthy(12_000, 500));
        ledger.move(0);
        _submit(2, _healthy(10_000, 10));
        assertEq(gate.recordOf(account).theta, 10_000);
    }

    function test_of_one_round_only_what_is_no_worse_and_better_counts() public {
        _attestNext();
        _submit(1, _healthy(11_000, 200));
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(_healthy(12_000, 199), weaker);
        _refuse(_healthy(10_999, 300), weaker);
        _submit(1, _healthy(11_000, 201));
        _submit(1, _healthy(11_001, 201));
        assertEq(gate.recordOf(account).theta, 11_001);
        assertEq(gate.recordOf(account).envelope, 201);
    }

    function test_of_one_round_the_new_book_counts_however_weak_its_proof() public {
        _attestNext();
        _submit(1, _healthy(12_000, 500));
        _attestNext();
        _expectStatus(Status.Grace);
        _submit(1, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    /// An odometer beyond its place in the record is refused, not cut.
    function test_refuses_a_number_too_large_for_the_record() public {
        _attestNext();
        uint64 round = ledger.move(1 << 72);
        uint256 time = block.timestamp;
        _refuse(
            round,
            _healthy(10_000, 0),
            abi.encodeWithSelector(HealthWords.HealthOutOfRange.selector, round, time, 1, 1, 1 << 72)
        );
    }

    // --- lapse ---

    function test_lapses_when_the_market_leaves_the_envelope() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        // 5 % envelope: 0.05 / 1.05 = 0.047619047… may have moved
        ledger.move(4_761_904);
        _expectStatus(Status.Healthy);
        skip(1 minutes);
        uint64 lapse = uint64(block.timestamp);
        ledger.move(1);
        _expectStatus(Status.Grace);
        assertTrue(gate.isReduceOnly(account));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.Grace));
        gate.requireMargin(account, 1);

        skip(10 minutes);
        ledger.move(1_000);
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _pass(lapse + GRACE_PERIOD - block.timestamp);
        _expectStatus(Status.Grace);
        _pass(1);
        _expectStatus(Status.Liquidatable);
        assertFalse(gate.isReduceOnly(account));
    }

    function test_without_an_envelope_any_move_ends_health() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
        ledger.move(1);
        _expectStatus(Status.Grace);
    }

    function test_lapses_by_age() public {
        AttestedBook memory book = _attestNext();
        _submit(1, _healthy(10_000, 500));
        _pass(MAX_PROOF_AGE);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.asOf + MAX_PROOF_AGE + GRACE_PERIOD);
    }

    function test_lapses_with_the_book() public {
        AttestedBook memory book = _book(1);
        book.expiresAt = book.asOf + 1 hours;
        _attest(account, book);
        _submit(1, _healthy(10_000, 500));
        _pass(1 hours - 1);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.expiresAt + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_lapses_with_a_new_book() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(1 minutes);
        _attestNext();
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
    }

    function test_revoking_an_attestor_is_no_way_out() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        skip(1 minutes);
        vm.prank(venue);
        registry.revokeAttestor(account, venue);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_of_several_lapses_the_earliest_counts() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        uint64 first = uint64(block.timestamp);
        ledger.move(uint128(Spec.ODOMETER_UNIT));
        skip(1 minutes);
        _attestNext();
        profile.nextEpoch();
        ledger.move(0);
        assertEq(gate.deadlineOf(account), first + GRACE_PERIOD);
    }

    function test_a_lapse_that_is_noted_outlives_the_ring() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        uint64 lapse = uint64(block.timestamp);
        ledger.move(5_000_000);
        vm.expectEmit();
        emit IMarginGate.LapseNoted(account, lapse);
        gate.note(account);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToNote.selector, account));
        gate.note(account);
        // Without the note the first round found beyond the envelope would now be a later one.
        for (uint256 i = 0; i < 40; ++i) {
            skip(1 minutes);
            ledger.move(0);
        }
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _submit(_latest(), _healthy(10_000, 100));
        assertEq(gate.marksOf(account).lapsedAt, 0);
        _expectStatus(Status.Healthy);
    }

    function test_a_lapse_that_is_not_noted_is_found_later_when_the_ring_has_moved_on() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        ledger.move(5_000_000);
        for (uint256 i = 0; i < 40; ++i) {
            skip(1 minutes);
            ledger.move(0);
        }
        assertEq(gate.deadlineOf(account), ledger.roundAt(ledger.oldestRound()).time + GRACE_PERIOD);
    }

    // --- outages ---

    function test_a_stale_market_liquidates_nobody() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        skip(1 hours + 1);
        _expectStatus(Status.Unknown);
        skip(1 days);
        _expectStatus(Status.Unknown);
        assertEq(gate.deadlineOf(account), 0);
        ledger.move(0);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
    }

    function test_grace_starts_again_after_a_pause() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        profile.pause();
        _expectStatus(Status.Unknown);
        _pass(3 hours);
        profile.unpause();
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
    }

    function test_nothing_is_accepted_while_the_profile_is_paused() public {
        _attestNext();
        profile.pause();
        bytes memory refusal = abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1);
        _refuse(_healthy(10_000, 0), refusal);
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](1);
        batch[0] = _submission(account, 1, _healthy(10_000, 0));
        vm.expectRevert(refusal);
        gate.submitBatch(batch);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToNote.selector, account));
        gate.note(account);
    }

    function test_a_default_that_is_noted_outlives_an_outage() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
        uint64 round = _latest();
        vm.expectEmit();
        emit IMarginGate.DefaultNoted(account, round);
        gate.note(account);
        skip(1 days);
        ledger.move(0);
        _expectStatus(Status.Liquidatable);
        // The lapse can be noted too, and then there is nothing more.
        gate.note(account);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToNote.selector, account));
        gate.note(account);
    }

    // --- ill health ---

    function test_refuses_a_claim_of_ill_health_by_a_stranger() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _unhealthy(10_000));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttestor.selector, account, stranger));
        vm.prank(stranger);
        gate.submit(account, 1, _unhealthy(10_000), proof);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttestor.selector, account, owner));
        vm.prank(owner);
        gate.submit(account, 1, _unhealthy(10_000), proof);
    }

    function test_refuses_a_claim_of_ill_health_by_a_revoked_attestor() public {
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (custodian, venue, stranger);
        vm.prank(owner);
        account = registry.open("three", false, three, 2);
        _attestNext();
        vm.prank(stranger);
        registry.revokeAttestor(account, stranger);
        Proof memory proof = _prove(account, 1, _unhealthy(10_000));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttestor.selector, account, stranger));
        vm.prank(stranger);
        gate.submit(account, 1, _unhealthy(10_000), proof);
    }

    /// Else the owner would strike off whoever is about to prove. It is over with the next book.
    function test_who_was_struck_off_by_the_owner_can_still_prove_the_book_of_before_unhealthy() public {
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (custodian, venue, stranger);
        vm.prank(owner);
        account = registry.open("three", false, three, 2);
        _attestNext();
        assertTrue(registry.isWitness(account, stranger));
        vm.prank(owner);
        registry.revokeAttestor(account, stranger);
        assertTrue(registry.isWitness(account, stranger));
        uint256 snapshot = vm.snapshotState();
        Proof memory proof = _prove(account, 1, _unhealthy(10_000));
        vm.prank(stranger);
        gate.submit(account, 1, _unhealthy(10_000), proof);
        _expectStatus(Status.Liquidatable);
        vm.revertToState(snapshot);
        skip(1);
        _attestNext();
        assertFalse(registry.isWitness(account, stranger));
    }

    function test_refuses_a_false_claim_of_ill_health() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        vm.prank(venue);
        gate.submit(account, 1, _unhealthy(10_000), proof);
    }

    function test_ill_health_at_maintenance_is_liquidatable_until_a_newer_proof_of_health() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        ledger.move(0);
        _denounce(2, _unhealthy(10_000));
        _expectStatus(Status.Liquidatable);
        assertEq(gate.marksOf(account).breachRound, 2);

        // of the same round: accepted, and lifts nothing
        _submit(2, _healthy(10_000, 500));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        uint32 claim = _healthy(10_000, 500);
        Proof memory proof = _prove(account, 3, claim);
        vm.expectEmit();
        emit IMarginGate.MarksLifted(account, 3, true, false);
        gate.submit(account, 3, claim, proof);
        _expectStatus(Status.Healthy);
    }

    function test_health_that_has_passed_already_lifts_nothing() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        ledger.move(500);
        ledger.move(500);
        _submit(2, _healthy(10_000, 0));
        _expectStatus(Status.Liquidatable);
        _submit(3, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    function test_a_new_book_does_not_lift_a_breach() public {
        _attestNext();
        _denounce(1, _unhealthy(9_000));
        _attestNext();
        _expectStatus(Status.Liquidatable);
        skip(1 days);
        ledger.move(0);
        // expired, and liquidatable still
        _expectStatus(Status.Liquidatable);
        _attestNext();
        _submit(2, _healthy(10_000, 0));
        _expectStatus(Status.Healthy);
    }

    function test_a_margin_call_gives_the_owner_its_period() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        assertTrue(gate.isReduceOnly(account));
        uint64 end = uint64(block.timestamp) + CALL_PERIOD;
        assertEq(gate.deadlineOf(account), end);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.MarginCall));
        gate.requireMargin(account, 1);
        _pass(CALL_PERIOD);
        _expectStatus(Status.MarginCall);
        _pass(1);
        _expectStatus(Status.Liquidatable);

        // Health at maintenance is not above the call's margin.
        _submit(_latest(), _healthy(11_999, 500));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        _submit(_latest(), _healthy(12_000, 500));
        _expectStatus(Status.Healthy);
    }

    function test_an_account_may_be_called_before_it_was_ever_healthy() public {
        _attestNext();
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        _pass(CALL_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_a_margin_call_does_not_stop_the_clock_of_a_lapse() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        uint64 lapse = uint64(block.timestamp);
        _denounce(2, _unhealthy(12_000));
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), lapse + GRACE_PERIOD);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
    }

    function test_a_standing_call_can_be_raised_and_renewed_but_not_restarted() public {
        _attestNext();
        _denounce(1, _unhealthy(11_000));
        uint64 since = uint64(block.timestamp);
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuseDenounce(1, _unhealthy(11_000), weaker);
        _refuseDenounce(1, _unhealthy(10_900), weaker);
        skip(1 minutes);
        ledger.move(0);
        _denounce(2, _unhealthy(11_500));
        weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuseDenounce(1, _unhealthy(12_000), weaker);
        Marks memory marks = gate.marksOf(account);
        assertEq(marks.callRound, 2);
        assertEq(marks.callTheta, 11_500);
        assertEq(marks.callSince, since);
        assertEq(gate.deadlineOf(account), since + CALL_PERIOD);
    }

    function test_refuses_ill_health_older_than_health() public {
        _attestNext();
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuseDenounce(1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    function test_refuses_a_replayed_breach() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _refuseDenounce(
            1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1)
        );
        ledger.move(0);
        _submit(2, _healthy(10_000, 0));
        _refuseDenounce(1, _unhealthy(10_000), abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1));
    }

    function test_breach_and_call_lift_each_for_itself() public {
        _attestNext();
        _denounce(1, _unhealthy(10_000));
        _denounce(1, _unhealthy(12_000));
        _expectStatus(Status.Liquidatable);
        ledger.move(0);
        _submit(2, _healthy(11_000, 0));
        _expectStatus(Status.MarginCall);
        uint32 claim = _healthy(12_000, 0);
        Proof memory proof = _prove(account, 2, claim);
        vm.expectEmit();
        emit IMarginGate.MarksLifted(account, 2, false, true);
        gate.submit(account, 2, claim, proof);
        _expectStatus(Status.Healthy);
    }

    // --- batches ---

    function test_a_batch_is_accepted_as_its_proofs_would_be() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.prank(venue);
        gate.submitBatch(batch);
        _expectStatus(Status.Healthy);
        _expectStatus(other, Status.MarginCall);
    }

    function test_a_batch_with_one_false_proof_is_refused() public {
        (, IMarginGate.Submission[] memory batch) = _pair();
        (batch[0].proof, batch[1].proof) = (batch[1].proof, batch[0].proof);
        vm.prank(venue);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submitBatch(batch);
    }

    function test_a_batch_with_one_refused_submission_is_refused() public {
        (bytes32 other, IMarginGate.Submission[] memory batch) = _pair();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotAttestor.selector, other, address(this)));
        gate.submitBatch(batch);
        batch[1] = batch[0];
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        gate.submitBatch(batch);
        batch[1].round = 9;
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 9));
        gate.submitBatch(batch);
    }

    function test_an_empty_batch_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(FoldedGroth16.BatchMismatch.selector, 0, 0));
        gate.submitBatch(new IMarginGate.Submission[](0));
    }

    function _pair() private returns (bytes32 other, IMarginGate.Submission[] memory batch) {
        _attestNext();
        other = _open("other", false);
        AttestedBook memory book = _book(1);
        book.commitment = 79;
        _attest(other, book);
        ledger.move(0);
        batch = new IMarginGate.Submission[](3);
        batch[0] = _submission(account, 1, _healthy(11_000, 300));
        batch[1] = _submission(other, 2, _unhealthy(12_000));
        batch[2] = _submission(other, 2, _healthy(10_000, 300));
    }

    // --- construction and interfaces ---

    function test_refuses_terms_that_are_unsafe() public {
        GateTerms memory terms = _terms();
        terms.gracePeriod = 30 minutes;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.GraceTooShort.selector, 30 minutes, 30 minutes));
        terms = _terms();
        terms.maxProofAge = 0;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.PeriodZero.selector));
        terms = _terms();
        terms.callPeriod = 0;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.PeriodZero.selector));
        terms = _terms();
        terms.callMargin = 10_000;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.CallMarginTooLow.selector, 10_000, 10_000));
        terms = _terms();
        terms.gracePeriod = 6 days;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.RotationTooFast.selector, 7 days, ROTATION_DELAY));
    }

    function test_refuses_a_registry_of_another_profile() public {
        SettableProfile other = new SettableProfile();
        registry = new BookRegistry(other, ROTATION_DELAY);
        _refuseTerms(_terms(), abi.encodeWithSelector(IMarginGate.ProfileMismatch.selector, profile, other));
    }

    function _refuseTerms(GateTerms memory terms, bytes memory error) private {
        VerifyingKey memory key = Trapdoor.key();
        vm.expectRevert(error);
        new MarginGate(ledger, registry, key, terms);
    }

    function test_says_what_it_is() public view {
        assertTrue(gate.supportsInterface(type(IMarginGate).interfaceId));
        assertTrue(gate.supportsInterface(type(IERC165).interfaceId));
        assertFalse(gate.supportsInterface(0xffffffff));
        assertEq(address(gate.ledger()), address(ledger));
        assertEq(address(gate.registry()), address(registry));
        assertEq(address(gate.profile()), address(profile));
        assertEq(keccak256(abi.encode(gate.terms())), keccak256(abi.encode(_terms())));
    }

    // --- properties ---

    /// Whatever the claim's word: it is accepted if and only if its parts are in bounds, and is recorded as they are.
    function testFuzz_words(uint32 word) public {
        _attestNext();
        uint256 theta = word & 0xffff;
        uint256 envelope = (word >> 16) & 0x3fff;
        bool healthy = word & (1 << 30) != 0;
        bool isolated = word & (1 << 31) != 0;
        bool fine = theta != 0 && !isolated
            && (healthy ? theta >= 10_000 && envelope <= 10_000 : envelope == 0 && theta <= CALL_MARGIN);
        Proof memory proof = _prove(account, 1, word);
        vm.prank(venue);
        if (!fine) vm.expectRevert();
        gate.submit(account, 1, word, proof);
        if (!fine) _expectStatus(Status.Unknown);
        else if (healthy) _expectStatus(Status.Healthy);
        else _expectStatus(theta <= 10_000 ? Status.Liquidatable : Status.MarginCall);
    }

    /// In its envelope is what the definition says: moved·(10^4 + e) ≤ e·10^8.
    function testFuzz_envelope(uint256 envelope, uint256 moved) public {
        envelope = bound(envelope, 0, 10_000);
        uint256 edge = envelope * Spec.ODOMETER_UNIT / (Spec.BPS + envelope);
        moved = bound(moved, edge < 3 ? 0 : edge - 3, edge + 3);
        _attestNext();
        _submit(1, _healthy(10_000, envelope));
        ledger.move(uint128(moved));
        bool inside = moved * (Spec.BPS + envelope) <= envelope * Spec.ODOMETER_UNIT;
        _expectStatus(inside ? Status.Healthy : Status.Grace);
    }

    /// No proof stands for a statement other than its own.
    function testFuzz_statement(uint256 commitment, uint32 claim, uint256 folded) public {
        _attestNext();
        uint256 own = registry.bookOf(account).commitment;
        uint32 meant = _healthy(10_000, 100);
        commitment = bound(commitment, 0, Spec.FIELD_R - 1);
        vm.assume(commitment != own || claim != meant || folded != ledger.scalarOf(1));
        Proof memory proof = Trapdoor.prove(folded, commitment, claim, 5);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, meant, proof);
    }

    // --- gas, for the eye: the figures that count are taken from mined transactions ---

    /// forge-config: default.isolate = true
    function test_gas() public {
        _attestNext();
        ledger.move(0);
        _measure("first", 1);
        _measure("next", 2);
    }

    function _measure(string memory name, uint64 round) private {
        uint32 claim = _healthy(11_000, 300);
        Proof memory proof = _prove(account, round, claim);
        gate.submit(account, round, claim, proof);
        emit log_named_uint(string.concat("submit, in all, ", name), vm.lastCallGas().gasTotalUsed);
    }

    /// forge-config: default.isolate = true
    function test_gas_of_batches() public {
        _measureBatch(16);
        _measureBatch(64);
    }

    function _measureBatch(uint256 size) private {
        bytes32[] memory accounts = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            accounts[i] = _open(bytes32(size * 1000 + i), false);
            AttestedBook memory book = _book(1);
            book.commitment = uint256(keccak256(abi.encode(size, i))) >> 8;
            _attest(accounts[i], book);
        }
        for (uint256 turn = 0; turn < 2; ++turn) {
            uint64 round = ledger.move(0);
            IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](size);
            for (uint256 i = 0; i < size; ++i) {
                batch[i] = _submission(accounts[i], round, _healthy(11_000, 300));
            }
            gate.submitBatch(batch);
            string memory name = string.concat(turn == 0 ? "first of " : "later of ", vm.toString(size));
            emit log_named_uint(
                string.concat("submitBatch, in all, a proof, ", name), vm.lastCallGas().gasTotalUsed / size
            );
        }
    }

    function _refuse(uint32 claim, bytes memory error) private {
        _refuse(1, claim, error);
    }

    function _refuse(uint64 round, uint32 claim, bytes memory error) private {
        Proof memory proof = _prove(account, round, claim);
        vm.expectRevert(error);
        vm.prank(venue);
        gate.submit(account, round, claim, proof);
    }

    function _refuseDenounce(uint64 round, uint32 claim, bytes memory error) private {
        _refuse(round, claim, error);
    }
}
