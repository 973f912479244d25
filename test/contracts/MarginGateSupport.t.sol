// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Marks, SupportRecord} from "../../contracts/types/Gate.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// Claims with dollars added or taken: what they prove, to whom, and for how long.
contract MarginGateSupportTest is GateFixture {
    /// 70 billion dollars, in cents.
    int64 private constant HUGE = 70_000_000_000_00;
    int64 private constant SOME = 10_000_00;

    // --- dollars added ---

    // shows: A64, P58
    /// With enough dollars added everybody is healthy. Such a claim is no claim of plain health.
    function test_added_never_makes_healthy() public {
        _attestNext();
        _submit(1, _with(_healthy(12_500, 500), HUGE));
        _expectStatus(Status.Unknown);
        assertEq(gate.recordOf(account).round, 0);
        _expectUnhealthy(Status.Unknown);
        gate.requireMargin(account, 12_500, HUGE);
        _expectNotProven(12_500, HUGE - 1);
        _expectNotProven(12_501, HUGE);
    }

    // shows: A64, P58
    function test_added_lifts_no_breach() public {
        _attestNext();
        ledger.move(0);
        _denounce(2, _unhealthy(10_000));
        ledger.move(0);
        Marks memory before = gate.marksOf(account);
        _submit(3, _with(_healthy(20_000, 500), HUGE));
        _expectStatus(Status.Liquidatable);
        assertEq(abi.encode(gate.marksOf(account)), abi.encode(before));
        // It still answers a reader who adds the dollars.
        gate.requireMargin(account, 20_000, HUGE);
        _expectUnhealthy(Status.Liquidatable);
    }

    // shows: A64, P58
    function test_added_lifts_no_call() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        ledger.move(0);
        _denounce(2, _unhealthy(12_000));
        ledger.move(0);
        _submit(3, _with(_healthy(20_000, 500), HUGE));
        _expectStatus(Status.MarginCall);
        assertEq(gate.marksOf(account).callRound, 2);
    }

    function test_added_ends_no_lapse() public {
        _attestNext();
        _submit(1, _healthy(10_000, 100));
        skip(1 minutes);
        ledger.move(5_000_000);
        gate.recordLapse(account);
        uint40 lapsedAt = gate.marksOf(account).lapsedAt;
        _submit(2, _with(_healthy(20_000, 500), HUGE));
        _expectStatus(Status.Grace);
        assertEq(gate.marksOf(account).lapsedAt, lapsedAt);
        assertEq(gate.recordOf(account).round, 1);
    }

    // --- dollars taken ---

    /// Who is healthy although more is owed is healthy.
    function test_taken_counts_as_plain_health() public {
        _attestNext();
        uint96 claim = _with(_healthy(11_000, 200), -SOME);
        Proof memory proof = _prove(account, 1, claim);
        vm.expectEmit();
        emit IMarginGate.SupportRecorded(account, 1, 1, -SOME);
        vm.expectEmit();
        emit IMarginGate.ProofAccepted(account, 1, 1, claim, address(this));
        gate.submit(account, 1, claim, proof);
        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 11_000);
        gate.requireMargin(account, 11_000, -SOME);
        gate.requireMargin(account, 11_000, 0);
        gate.requireMargin(account, 11_000, SOME);
        _expectNotProven(11_000, -SOME - 1);
        _expectNotProven(11_001, -SOME);
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.support, -SOME);
        assertTrue(taken.holds);
        assertEq(abi.encode(taken.claim), abi.encode(gate.recordOf(account)));
        assertEq(taken.claim.theta, 11_000);
        assertEq(taken.claim.envelope, 200);
        SupportRecord memory none;
        assertEq(abi.encode(added), abi.encode(none));
    }

    function test_taken_lifts_marks() public {
        _attestNext();
        ledger.move(0);
        _denounce(2, _unhealthy(10_000));
        ledger.move(0);
        _submit(3, _with(_healthy(10_000, 500), -1));
        _expectStatus(Status.Healthy);
        assertEq(gate.marksOf(account).breachRound, 0);
    }

    /// A better plain claim of the round stays on record, and the dollars taken stand beside it.
    function test_taken_leaves_better_plain_claim() public {
        _attestNext();
        _submit(1, _healthy(12_000, 300));
        _submit(1, _with(_healthy(10_000, 0), -SOME));
        assertEq(gate.recordOf(account).theta, 12_000);
        assertEq(gate.recordOf(account).envelope, 300);
        gate.requireMargin(account, 12_000);
        gate.requireMargin(account, 10_000, -SOME);
        _expectNotProven(10_001, -SOME);
        gate.requireMargin(account, 12_000, 0);
        // The claim of a newer round replaces it, as a plain one would.
        ledger.move(0);
        _submit(2, _with(_healthy(11_000, 0), -SOME));
        assertEq(gate.recordOf(account).theta, 11_000);
    }

    /// A plain claim of a newer round stays as well: the dollars taken are of their own round.
    function test_taken_at_older_round_than_plain_claim() public {
        _attestNext();
        ledger.move(0);
        _submit(2, _healthy(10_000, 300));
        _submit(1, _with(_healthy(12_000, 300), -SOME));
        assertEq(gate.recordOf(account).round, 2);
        assertEq(gate.recordOf(account).theta, 10_000);
        (SupportRecord memory taken,) = gate.supportOf(account);
        assertEq(taken.claim.round, 1);
        gate.requireMargin(account, 12_000, -SOME);
    }

    /// Dollars taken are of no use while the account is not Healthy; dollars added are.
    function test_taken_needs_healthy_account() public {
        _attestNext();
        _submit(1, _with(_healthy(12_000, 500), -SOME));
        _submit(1, _with(_healthy(13_000, 500), SOME));
        ledger.move(0);
        _denounce(2, _unhealthy(12_500));
        _expectStatus(Status.MarginCall);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.MarginCall));
        gate.requireMargin(account, 10_000, -SOME);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, Status.MarginCall));
        gate.requireMargin(account, 10_000, 0);
        gate.requireMargin(account, 12_000, 1);
        gate.requireMargin(account, 13_000, SOME);
    }

    // --- ill health ---

    // shows: A65, P58
    /// With enough more owed everybody is unhealthy: no attester may say that of an account.
    function test_ill_health_refused_with_taken() public {
        _attestNext();
        _submit(1, _healthy(12_000, 500));
        ledger.move(0);
        uint96[3] memory claims = [
            _with(_unhealthy(10_000), -70_000_000_000_000), _with(_unhealthy(12_500), -1), _with(_unhealthy(1), -HUGE)
        ];
        for (uint256 i = 0; i < 3; ++i) {
            _refuse(2, claims[i], abi.encodeWithSelector(IMarginGate.IllHealthWithTaken.selector, claims[i]));
        }
        _expectStatus(Status.Healthy);
        assertEq(gate.marksOf(account).breachRound, 0);
        assertEq(gate.marksOf(account).callRound, 0);
    }

    /// Who is unhealthy although dollars are added is unhealthy.
    function test_ill_health_with_added_counts() public {
        _attestNext();
        _submit(1, _healthy(10_000, 500));
        ledger.move(0);
        _denounce(2, _with(_unhealthy(12_000), SOME));
        _expectStatus(Status.MarginCall);
        assertEq(gate.marksOf(account).callTheta, 12_000);
        _denounce(2, _with(_unhealthy(10_000), SOME));
        _expectStatus(Status.Liquidatable);
        assertTrue(gate.marksOf(account).breachProven);
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.claim.round + added.claim.round, 0);
        _refuse(2, _with(_unhealthy(10_000), HUGE), abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 2));
    }

    // --- lapses ---

    // shows: P39, P58
    /// Each end of a claim of health ends the records too, at once and without a grace.
    function test_support_lapses_with_odometer() public {
        _recordBoth();
        // 5 % envelope: 0.05 / 1.05 = 0.047619047… may have moved
        ledger.move(4_761_904);
        _expectBoth(true);
        ledger.move(1);
        _expectBoth(false);
    }

    function test_support_lapses_with_age() public {
        _recordBoth();
        _pass(MAX_PROOF_AGE);
        _expectBoth(true);
        _pass(1);
        _expectBoth(false);
    }

    function test_support_lapses_with_new_epoch() public {
        _recordBoth();
        profile.nextEpoch();
        ledger.move(0);
        _expectBoth(false);
    }

    function test_support_lapses_with_new_book() public {
        _recordBoth();
        skip(1);
        _attestNext();
        _expectBoth(false);
    }

    function test_support_lapses_with_broken_book() public {
        _recordBoth();
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        _expectBoth(false);
    }

    function test_support_lapses_with_expired_book() public {
        AttestedBook memory book = _book(1);
        book.expiresAt = book.asOf + 1 hours;
        _attest(account, book);
        _submit(1, _with(_healthy(11_000, 500), -SOME));
        _submit(1, _with(_healthy(12_000, 500), SOME));
        _pass(1 hours - 1);
        _expectBoth(true);
        _pass(1);
        _expectBoth(false);
    }

    function test_support_lapses_with_book_too_old_for_profile() public {
        _recordBoth();
        profile.setBookMaxAge(2 hours);
        _pass(2 hours - 1);
        _expectBoth(true);
        _pass(1);
        _expectBoth(false);
    }

    /// Nothing is proven by a market that is stale or stopped.
    function test_support_fails_closed_without_market() public {
        _recordBoth();
        skip(ledger.maxRoundAge());
        _expectBoth(true);
        skip(1);
        _expectBoth(false);
        ledger.move(0);
        _expectBoth(true);
        profile.pause();
        _expectBoth(false);
        profile.unpause();
        _expectBoth(true);
        profile.setExpired(true);
        _expectBoth(false);
    }

    // shows: A64, P58
    /// Support of an old book beside health of a new one is no support of the new one.
    function test_support_of_old_book_beside_new_health() public {
        _recordBoth();
        skip(1);
        _attestNext();
        uint64 round = ledger.move(0);
        _submit(round, _healthy(15_000, 500));
        _expectStatus(Status.Healthy);
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertFalse(taken.holds || added.holds);
        assertEq(taken.claim.sequence + added.claim.sequence, 2);
        _expectNotProven(10_000, -1);
        _expectNotProven(15_001, SOME);
        gate.requireMargin(account, 15_000, 0);
        // Nor does the record of one sign refresh that of the other.
        _submit(round, _with(_healthy(10_000, 500), -1));
        (taken, added) = gate.supportOf(account);
        assertTrue(taken.holds);
        assertFalse(added.holds);
        assertEq(added.claim.round, 1);
    }

    // shows: P58
    /// A narrow record lapses though the wide claim of health beside it holds.
    function test_support_lapses_by_its_own_envelope() public {
        _attestNext();
        _submit(1, _with(_healthy(10_000, 100), -SOME));
        _submit(1, _healthy(10_000, 1_000));
        ledger.move(2_000_000);
        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 10_000, 0);
        _expectNotProven(10_000, -SOME);
        (SupportRecord memory taken,) = gate.supportOf(account);
        assertFalse(taken.holds);
    }

    // --- replacement ---

    // shows: P40
    /// No worse in theta, envelope and support, and better in one.
    function test_support_replaced_by_stronger_only() public {
        _attestNext();
        for (int64 sign = -1; sign < 2; sign += 2) {
            int64 support = sign * SOME;
            _submit(1, _with(_healthy(11_000, 200), support));
            uint96[5] memory weaker = [
                _with(_healthy(11_000, 200), support),
                _with(_healthy(10_999, 201), support),
                _with(_healthy(11_001, 199), support),
                _with(_healthy(11_001, 201), support + 1),
                _with(_healthy(11_000, 200), support + 1)
            ];
            bytes memory error = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
            for (uint256 i = 0; i < 5; ++i) {
                _refuse(weaker[i], error);
            }
            _refuse(_with(_healthy(10_999, 200), support - 1), error);
            _refuse(_with(_healthy(11_000, 199), support - 1), error);
            _submit(1, _with(_healthy(11_000, 200), support - 1));
            _submit(1, _with(_healthy(11_001, 200), support - 1));
            _submit(1, _with(_healthy(11_001, 201), support - 1));
            _submit(1, _with(_healthy(11_002, 202), support - 2));
        }
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.support, -SOME - 2);
        assertEq(added.support, SOME - 2);
        assertEq(taken.claim.theta, 11_002);
        assertEq(added.claim.envelope, 202);
    }

    function test_support_replaced_by_newer_round_or_book() public {
        _attestNext();
        ledger.move(0);
        for (int64 sign = -1; sign < 2; sign += 2) {
            _submit(2, _with(_healthy(12_000, 200), sign * 3));
            bytes memory error = abi.encodeWithSelector(IMarginGate.ProofOlder.selector, account, 2, 1);
            _refuse(1, _with(_healthy(13_000, 300), sign * 3), error);
        }
        skip(1);
        _attestNext();
        // At the round of another book anything replaces them.
        _submit(2, _with(_healthy(10_000, 100), -1));
        _submit(2, _with(_healthy(10_000, 100), HUGE));
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.claim.sequence, 2);
        assertEq(taken.support, -1);
        assertEq(added.support, HUGE);
        ledger.move(0);
        _submit(3, _with(_healthy(10_000, 0), -1));
        (taken,) = gate.supportOf(account);
        assertEq(taken.claim.round, 3);
        assertEq(taken.claim.envelope, 0);
    }

    /// The claim before the book must still hold, or it would prove past prices.
    function test_support_refused_at_round_before_book() public {
        uint64 time = uint64(block.timestamp);
        skip(1 minutes);
        ledger.move(3_000_000);
        AttestedBook memory book = _attestNext();
        for (int64 sign = -1; sign < 2; sign += 2) {
            bytes memory error =
                abi.encodeWithSelector(IMarginGate.RoundBeforeBook.selector, account, time, book.asOf);
            _refuse(1, _with(_healthy(10_000, 300), sign), error);
            _submit(1, _with(_healthy(10_000, 400), sign));
        }
    }

    function test_support_refused_below_maintenance() public {
        _attestNext();
        bytes memory error = abi.encodeWithSelector(IMarginGate.ThetaBelowMaintenance.selector, 10_000, 9_999);
        _refuse(_with(_healthy(9_999, 0), SOME), error);
        _refuse(_with(_healthy(9_999, 0), -SOME), error);
    }

    function test_support_in_batch() public {
        _attestNext();
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](3);
        batch[0] = _submission(account, 1, _with(_healthy(12_000, 500), -SOME));
        batch[1] = _submission(account, 1, _with(_healthy(13_000, 500), SOME));
        batch[2] = _submission(account, 1, _healthy(12_500, 500));
        gate.submitBatch(batch);
        gate.requireMargin(account, 12_500);
        gate.requireMargin(account, 12_000, -SOME);
        gate.requireMargin(account, 13_000, SOME);
    }

    // --- properties ---

    /// What the account must pass and must not, for any claims of one round and any question.
    function test_fuzz_require_margin_of_support(uint256 seed, uint256 theta, int256 support) public {
        _attestNext();
        theta = bound(theta, 9_990, 10_030);
        support = bound(support, -30, 30);
        int64[3] memory amounts =
            [-1 - int64(uint64(seed % 20)), 0, 1 + int64(uint64((seed >> 8) % 20))];
        uint256[3] memory thetas;
        for (uint256 i = 0; i < 3; ++i) {
            thetas[i] = 10_000 + (seed >> (32 + 8 * i)) % 20;
            if ((seed >> (64 + i)) % 4 == 0) thetas[i] = 0;
            else _submitAny(_with(_healthy(thetas[i], 500), amounts[i]));
        }
        bool healthy = thetas[0] != 0 || thetas[1] != 0;
        bool expected;
        for (uint256 i = 0; i < 3; ++i) {
            if (thetas[i] != 0 && thetas[i] >= theta && amounts[i] <= support) expected = true;
        }
        // A claim with dollars taken is a plain claim too.
        if (support <= 0 && !healthy) expected = false;
        try gate.requireMargin(account, theta, support) {
            assertTrue(expected, "passed");
        } catch (bytes memory reason) {
            assertFalse(expected, "refused");
            bytes4 error = support <= 0 && !healthy
                ? IMarginGate.NotHealthy.selector
                : IMarginGate.SupportNotProven.selector;
            assertEq(bytes32(bytes4(reason)), bytes32(error));
        }
    }

    /// Every word of a record is the claim's own.
    function test_fuzz_support_recorded_as_claimed(uint256 theta, uint256 envelope, int64 support, uint128 moved) public {
        theta = bound(theta, 10_000, 65_535);
        envelope = bound(envelope, 0, 10_000);
        support = int64(bound(support, -int64(uint64(type(uint56).max)), int64(uint64(type(uint56).max))));
        vm.assume(support != 0);
        skip(5 minutes);
        uint64 round = ledger.move(uint128(bound(moved, 0, 1 << 64)));
        _attestNext();
        _submit(round, _with(_healthy(theta, envelope), support));
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        SupportRecord memory record = support < 0 ? taken : added;
        assertEq(record.support, support);
        assertTrue(record.holds);
        assertEq(record.claim.theta, theta);
        assertEq(record.claim.envelope, envelope);
        assertEq(record.claim.round, round);
        assertEq(record.claim.time, block.timestamp);
        assertEq(record.claim.sequence, 1);
        assertEq(record.claim.epoch, 1);
        assertEq(record.claim.odometer, ledger.latestRound().odometer);
        assertEq((support < 0 ? added : taken).claim.round, 0);
        assertEq(gate.recordOf(account).round, support < 0 ? round : 0);
    }

    // --- steps ---

    function _recordBoth() private {
        _attestNext();
        _submit(1, _with(_healthy(11_000, 500), -SOME));
        _submit(1, _with(_healthy(12_000, 500), SOME));
    }

    function _submitAny(uint96 claim) private {
        Proof memory proof = _prove(account, 1, claim);
        try gate.submit(account, 1, claim, proof) {} catch (bytes memory reason) {
            // A plain claim that the one with dollars taken has said already.
            assertEq(bytes32(bytes4(reason)), bytes32(IMarginGate.ProofNotStronger.selector));
        }
    }

    /// Whether both records count, and each proves what it says.
    function _expectBoth(bool expected) private view {
        (SupportRecord memory taken, SupportRecord memory added) = gate.supportOf(account);
        assertEq(taken.holds, expected, "taken");
        assertEq(added.holds, expected, "added");
        assertEq(_passes(11_000, -SOME), expected, "requireMargin, taken");
        assertEq(_passes(12_000, SOME), expected, "requireMargin, added");
        assertEq(_passes(11_000, 1), expected, "requireMargin, taken and more");
    }

    function _passes(uint256 theta, int256 support) private view returns (bool passes) {
        try gate.requireMargin(account, theta, support) {
            passes = true;
        } catch {}
    }

    function _expectNotProven(uint256 theta, int256 support) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.SupportNotProven.selector, account, theta, support));
        gate.requireMargin(account, theta, support);
    }

    /// Neither question about the account as it is, or with less, is answered.
    function _expectUnhealthy(Status status) private {
        bytes memory error = abi.encodeWithSelector(IMarginGate.NotHealthy.selector, account, status);
        vm.expectRevert(error);
        gate.requireMargin(account, 1);
        vm.expectRevert(error);
        gate.requireMargin(account, 1, 0);
        vm.expectRevert(error);
        gate.requireMargin(account, 1, -1);
    }
}
