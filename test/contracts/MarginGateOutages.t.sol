// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// A market that is stale, and a profile that is paused.
contract MarginGateOutagesTest is GateFixture {
    // shows: P42, A18
    function test_stale_market_liquidates_nobody() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        skip(1 hours);
        _expectStatus(Status.Grace);
        skip(1);
        _expectStatus(Status.Unknown);
        skip(1 days);
        _expectStatus(Status.Unknown);
        assertEq(gate.deadlineOf(account), 0);
        ledger.move(0);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE_PERIOD);
    }

    function test_grace_restarts_after_pause() public {
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

    function test_call_period_restarts_after_pause() public {
        _attestNext();
        _pass(1 hours);
        _denounce(_latest(), _unhealthy(12_000));
        assertEq(gate.deadlineOf(account), block.timestamp + CALL_PERIOD);
        profile.pause();
        _pass(3 hours);
        profile.unpause();
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), block.timestamp + CALL_PERIOD);
    }

    // shows: P42
    function test_submit_refused_while_paused() public {
        _attestNext();
        profile.pause();
        bytes memory refusal = abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1);
        _refuse(_healthy(10_000, 0), refusal);
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](1);
        batch[0] = _submission(account, 1, _healthy(10_000, 0));
        vm.expectRevert(refusal);
        gate.submitBatch(batch);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToRecord.selector, account));
        gate.recordLapse(account);
    }

    /// Otherwise anybody could erase a recorded lapse while the status is Unknown.
    function test_lapse_noted_outlives_outage() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        gate.recordLapse(account);
        uint40 lapsedAt = gate.marksOf(account).lapsedAt;
        assertEq(lapsedAt, block.timestamp);
        profile.pause();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToRecord.selector, account));
        gate.recordLapse(account);
        assertEq(gate.marksOf(account).lapsedAt, lapsedAt);
    }

    function test_default_noted_outlives_outage() public {
        _attestNext();
        _submit(1, _healthy(10_000, 0));
        ledger.move(1);
        _pass(GRACE_PERIOD + 1);
        _expectStatus(Status.Liquidatable);
        uint64 round = _latest();
        vm.expectEmit();
        emit IMarginGate.DefaultRecorded(account, round);
        gate.recordLapse(account);
        skip(1 days);
        ledger.move(0);
        _expectStatus(Status.Liquidatable);
        // `recordLapse` records the lapse too, and then there is nothing left to record.
        gate.recordLapse(account);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NothingToRecord.selector, account));
        gate.recordLapse(account);
    }
}
