// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {LockMessage, ReleaseMessage, ReportMessage} from "../../../contracts/types/RemoteMessages.sol";
import {RemoteFixture} from "../support/RemoteFixture.sol";

/// Two accounts of one owner, a lock, and relayers who carry, repeat, delay and reorder as they like. What a contract
/// refuses changes nothing.
contract RemoteHandler is RemoteFixture {
    LockMessage[] private _locks;
    ReleaseMessage[] private _releases;
    ReportMessage[] private _reports;
    bytes32[2] private _accounts;
    /// Smallest units that each lock has paid out.
    mapping(uint64 id => uint256) public paid;
    /// How often something was done.
    mapping(string => uint256) public done;

    function setUp() public override {
        super.setUp();
        _accounts = [account, _open("second", false)];
    }

    // --- steps ---

    function wait(uint256 time) public {
        skip(bound(time, 1, 2 hours));
    }

    function lockTokens(uint256 who, uint256 amount) public {
        _locks.push(_lockFor(_accounts[who % 2], uint128(bound(amount, 1, 60 ether))));
        ++done["locked"];
    }

    function carryLock(uint256 which) public {
        if (_locks.length == 0) return;
        try fromLock.carry(lock, _digest(_locks[which % _locks.length])) {
            ++done["carried"];
        } catch {}
    }

    function credit(uint256 which) public {
        if (_locks.length == 0) return;
        try remote.credit(_locks[which % _locks.length]) {
            ++done["credited"];
        } catch {
            ++done["not credited"];
        }
    }

    /// Somebody credits what the lock has not said.
    function creditOther(uint256 which, uint256 amount) public {
        if (_locks.length == 0) return;
        LockMessage memory message = _locks[which % _locks.length];
        message.amount += uint128(bound(amount, 1, 1 ether));
        try remote.credit(message) {
            ++done["false credit"];
        } catch {}
    }

    function decline(uint256 which) public {
        if (_locks.length == 0) return;
        LockMessage memory message = _locks[which % _locks.length];
        vm.prank(owner);
        try remote.decline(message) {
            _releases.push(ReleaseMessage(message.id, 1, message.from, message.amount));
            ++done["declined"];
        } catch {}
    }

    function report() public {
        try lock.report() {
            _reports.push(
                ReportMessage(uint128(arb.balanceOf(address(lock))), lock.locks(), uint64(block.timestamp))
            );
        } catch {}
    }

    function takeReport(uint256 which) public {
        if (_reports.length == 0) return;
        ReportMessage memory message = _reports[which % _reports.length];
        try fromLock.carry(lock, _digest(message)) {} catch {}
        try remote.report(message) {
            ++done["reported"];
        } catch {}
    }

    function withdraw(uint256 who, uint256 amount) public {
        account = _accounts[who % 2];
        uint256 held = vault.balanceOf(account, address(remote));
        if (held == 0) return;
        ledger.move(0);
        _withdrawClaims(bound(amount, 1, held));
        ++done["withdrawn"];
    }

    function release(uint256 which, uint256 who, uint256 units) public {
        if (_locks.length == 0) return;
        uint64 id = _locks[which % _locks.length].id;
        uint128 amount = uint128(bound(units, 1, 60 ether));
        vm.prank(owner);
        try remote.release(_accounts[who % 2], id, amount, far) {
            (,, uint64 number,) = remote.lockOf(id);
            _releases.push(ReleaseMessage(id, number, far, amount));
            ++done["released"];
        } catch {
            ++done["not released"];
        }
    }

    function carryRelease(uint256 which) public {
        if (_releases.length == 0) return;
        try fromHome.carry(remote, _digest(_releases[which % _releases.length])) {} catch {}
    }

    function payOut(uint256 which, uint256 more) public {
        if (_releases.length == 0) return;
        ReleaseMessage memory message = _releases[which % _releases.length];
        // Now and then another amount than home has said.
        if (more % 8 == 1) message.amount += uint128(bound(more, 1, 1 ether));
        try lock.release(message) {
            paid[message.id] += message.amount;
            ++done["paid"];
        } catch {
            ++done["not paid"];
        }
    }

    // --- what must hold ---

    /// The first thing that does not hold; empty if everything does.
    function violation() external view returns (string memory) {
        uint256 supply = remote.totalSupply();
        if (supply > remote.cap()) return "more claims than the cap";
        if (remote.balanceOf(address(vault)) + remote.balanceOf(address(remote)) != supply) return "claims elsewhere";
        if (arb.balanceOf(address(lock)) != lock.locked()) return "the lock holds another amount";
        if (lock.locked() < supply) return "claims without tokens";
        if (done["false credit"] != 0) return "a false credit";
        uint256 left;
        for (uint256 i = 0; i < _locks.length; ++i) {
            LockMessage memory message = _locks[i];
            (bytes32 of_, uint128 here,,) = remote.lockOf(message.id);
            (,,, uint128 there,) = lock.lockOf(message.id);
            if (of_ != 0 && of_ != message.account) return "a lock of another account";
            if (of_ != 0 && here > there) return "a lock is counted that was paid out";
            if (paid[message.id] + there != message.amount) return "a lock paid out another amount";
            left += here;
        }
        if (left != supply) return "claims are not the locks'";
        for (uint256 i = 0; i < 2; ++i) {
            uint256 held = vault.balanceOf(_accounts[i], address(remote));
            if (remote.lockedOf(_accounts[i]) < held) return "claims of an account without its locks";
        }
        // All that was said and is not stale is covered by what the lock holds.
        (uint256 heard,,, uint64 heardAt) = remote.heard();
        if (heardAt != 0 && heard < supply) return "a lock that holds everything is short";
        return "";
    }
}

contract RemoteInvariants is Test {
    RemoteHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new RemoteHandler();
        handler.setUp();
        steps = [
            handler.wait.selector,
            handler.lockTokens.selector,
            handler.carryLock.selector,
            handler.carryLock.selector,
            handler.credit.selector,
            handler.credit.selector,
            handler.creditOther.selector,
            handler.decline.selector,
            handler.report.selector,
            handler.takeReport.selector,
            handler.withdraw.selector,
            handler.release.selector,
            handler.release.selector,
            handler.carryRelease.selector,
            handler.payOut.selector,
            handler.payOut.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: A113, A114, A115, A116
    /// Whatever is dropped, repeated, delayed and reordered: no lock is counted twice or paid out twice, there are never
    /// more claims than the cap or than tokens behind them, and no account's claims are without its own locks.
    /// forge-config: default.invariant.depth = 200
    /// forge-config: ci.invariant.depth = 200
    function invariant_remote_no_violation() public view {
        assertEq(handler.violation(), "");
    }

    // shows: A113
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_remote_handler_reaches_everything() public {
        for (uint256 i = 0; i < 1_500; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            bytes memory call = abi.encodePacked(steps[seed % steps.length], seed >> 16, seed >> 48, seed >> 129);
            (bool done,) = address(handler).call(call);
            assertTrue(done);
            assertEq(handler.violation(), "");
        }
        string[10] memory names = [
            "locked",
            "carried",
            "credited",
            "not credited",
            "declined",
            "reported",
            "withdrawn",
            "released",
            "not released",
            "paid"
        ];
        for (uint256 i = 0; i < names.length; ++i) assertGt(handler.done(names[i]), 0, names[i]);
    }
}
