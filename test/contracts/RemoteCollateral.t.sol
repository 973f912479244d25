// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IBound} from "../../contracts/interfaces/IBound.sol";
import {ICollateralLock} from "../../contracts/interfaces/ICollateralLock.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMessageSource, IOutbox} from "../../contracts/interfaces/IMessageSource.sol";
import {IRemoteCollateral} from "../../contracts/interfaces/IRemoteCollateral.sol";
import {CollateralLock} from "../../contracts/remote/CollateralLock.sol";
import {LockMessage, ReleaseMessage, ReportMessage} from "../../contracts/types/RemoteMessages.sol";
import {RemoteFixture} from "./support/RemoteFixture.sol";
import {TaxedToken, Token} from "./support/Tokens.sol";

/// Collateral that is locked on another chain.
contract RemoteCollateralTest is RemoteFixture {
    // --- credit ---

    function test_credit_puts_claims_into_the_vault() public {
        LockMessage memory message = _lock(10 ether);
        skip(FINALITY);
        _carry(message);
        vm.expectEmit();
        emit IRemoteCollateral.Credited(account, 1, far, 10 ether);
        vm.prank(stranger);
        remote.credit(message);
        assertEq(vault.balanceOf(account, address(remote)), 10 ether);
        assertEq(remote.recordedBalance(account), 10 ether);
        assertEq(remote.lockedOf(account), 10 ether);
        assertEq(remote.releasable(account), 0);
        (bytes32 of_, uint128 left, uint64 releases, bool used) = remote.lockOf(1);
        assertEq(of_, account);
        assertEq(left, 10 ether);
        assertEq(releases, 0);
        assertTrue(used);
        assertEq(remote.decimals(), 18);
        assertEq(remote.symbol(), "WETH.arb");
    }

    // shows: A112
    function test_credit_refused_before_finality() public {
        LockMessage memory message = _lock(10 ether);
        skip(FINALITY - 1);
        bytes32 digest = _digest(message);
        vm.expectRevert(
            abi.encodeWithSelector(IMessageSource.MessageNotFinal.selector, block.timestamp + 1, block.timestamp)
        );
        fromLock.carry(lock, digest);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        remote.credit(message);
    }

    // shows: A113
    function test_credit_refused_a_second_time() public {
        LockMessage memory message = _credit(10 ether);
        _carry(message);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockUsed.selector, 1));
        remote.credit(message);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockUsed.selector, 1));
        vm.prank(owner);
        remote.decline(message);
        assertEq(remote.totalSupply(), 10 ether);
    }

    // shows: A113
    function test_credit_refused_of_another_amount_or_account() public {
        LockMessage memory message = _lock(10 ether);
        skip(FINALITY);
        _carry(message);
        message.amount = 11 ether;
        bytes32 digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        remote.credit(message);
        message.amount = 10 ether;
        message.account = _open("other", false);
        digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        remote.credit(message);
    }

    function test_credit_in_any_order() public {
        LockMessage memory first = _lock(1 ether);
        LockMessage memory second = _lock(2 ether);
        skip(FINALITY);
        _carry(second);
        _carry(first);
        remote.credit(second);
        remote.credit(first);
        assertEq(vault.balanceOf(account, address(remote)), 3 ether);
    }

    // shows: A114
    function test_credit_refused_above_the_cap() public {
        _credit(CAP - 1 ether);
        LockMessage memory message = _lock(2 ether);
        skip(FINALITY);
        _carry(message);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.CapExceeded.selector, CAP, CAP + 1 ether));
        remote.credit(message);
        // It is not lost: once there is room, it counts.
        remote.setCap(CAP + 1 ether);
        remote.credit(message);
        assertEq(remote.totalSupply(), CAP + 1 ether);
    }

    // shows: A114
    function test_credit_of_a_hostile_chain_stops_at_the_cap() public {
        uint256 credited;
        for (uint64 id = 1; id <= 20; ++id) {
            LockMessage memory message = LockMessage(id, account, far, 7 ether, uint64(block.timestamp));
            fromLock.lie(address(lock), _digest(message));
            if (credited + 7 ether > CAP) {
                vm.expectRevert(
                    abi.encodeWithSelector(IRemoteCollateral.CapExceeded.selector, CAP, credited + 7 ether)
                );
                remote.credit(message);
            } else {
                remote.credit(message);
                credited += 7 ether;
            }
        }
        assertEq(vault.balanceOf(account, address(remote)), credited);
        assertLe(remote.totalSupply(), CAP);
    }

    function test_credit_refused_to_isolated_and_unknown_accounts() public {
        bytes32 isolated = _open("alone", true);
        LockMessage memory message = _lockFor(isolated, 1 ether);
        LockMessage memory unknown = _lockFor("none", 1 ether);
        skip(FINALITY);
        _carry(message);
        _carry(unknown);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, isolated, owner, address(remote)));
        remote.credit(message);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        remote.credit(unknown);
        // Both go back.
        vm.prank(owner);
        remote.decline(message);
        vm.prank(stranger);
        remote.decline(unknown);
        _payOut(ReleaseMessage(1, 1, far, 1 ether));
        _payOut(ReleaseMessage(2, 1, far, 1 ether));
        assertEq(arb.balanceOf(far), 2 ether);
    }

    function test_decline_by_the_owner_alone_and_once() public {
        LockMessage memory message = _lock(1 ether);
        skip(FINALITY);
        bytes32 digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        vm.prank(owner);
        remote.decline(message);
        _carry(message);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        remote.decline(message);
        vm.expectEmit();
        emit IRemoteCollateral.Declined(account, 1, far, 1 ether);
        vm.prank(owner);
        remote.decline(message);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockUsed.selector, 1));
        remote.credit(message);
        assertEq(remote.totalSupply(), 0);
    }

    // --- release ---

    // shows: A115
    function test_release_pays_out_once() public {
        _credit(10 ether);
        _withdrawClaims(4 ether);
        assertEq(remote.releasable(account), 4 ether);
        vm.expectEmit();
        emit IRemoteCollateral.Released(account, 1, 1, far, 4 ether);
        ReleaseMessage memory message = _release(1, 4 ether);
        assertEq(remote.totalSupply(), 6 ether);
        bytes32 digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        lock.release(message);
        _payOut(message);
        assertEq(arb.balanceOf(far), 4 ether);
        assertEq(lock.locked(), 6 ether);
        assertTrue(lock.isReleased(1, 1));
        (bytes32 of_, address from, uint128 amount, uint128 left,) = lock.lockOf(1);
        assertEq(of_, account);
        assertEq(from, far);
        assertEq(amount, 10 ether);
        assertEq(left, 6 ether);
        _carry(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.ReleaseRepeated.selector, 1, 1));
        lock.release(message);
        message.amount = 5 ether;
        digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        lock.release(message);
    }

    // shows: A116
    function test_release_needs_the_vault_to_let_go() public {
        _credit(10 ether);
        _lend(1_000e6);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.StillPledged.selector, 0, 1));
        vm.prank(owner);
        remote.release(account, 1, 1, far);
        // The vault lets nothing go on a book from before the request, and claims go nowhere else.
        vm.prank(owner);
        vault.requestWithdrawal(account, address(remote), 1 ether);
        assertEq(remote.recordedBalance(account), 9 ether);
        vm.expectPartialRevert(IMarginVault.BookTooEarly.selector);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(remote), address(remote));
        _attestAndProve(INITIAL_MARGIN);
        vm.expectRevert(
            abi.encodeWithSelector(IRemoteCollateral.ClaimNotTransferable.selector, address(vault), owner)
        );
        vm.prank(owner);
        vault.executeWithdrawal(account, address(remote), owner);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(remote), address(remote));
        _payOut(_release(1, 1 ether));
        assertEq(arb.balanceOf(far), 1 ether);
    }

    // shows: A116
    /// An owner must not use one account's free claims to empty the locks of another whose claims are pledged.
    function test_release_leaves_what_the_vault_has() public {
        _credit(10 ether);
        _withdrawClaims(4 ether);
        bytes32 first = account;
        account = _open("second", false);
        _credit(10 ether);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.StillPledged.selector, 0, 4 ether));
        remote.release(account, 2, 4 ether, far);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockOfOther.selector, 2, account));
        remote.release(first, 2, 4 ether, far);
        vm.stopPrank();
    }

    function test_release_refused() public {
        _credit(3 ether);
        _credit(3 ether);
        _withdrawClaims(5 ether);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        remote.release(account, 1, 1, stranger);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        remote.release("none", 1, 1, stranger);
        vm.startPrank(owner);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        remote.release(account, 1, 0, far);
        vm.expectRevert(IRemoteCollateral.ReceiverZero.selector);
        remote.release(account, 1, 1, address(0));
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.LockTooSmall.selector, 1, 3 ether, 4 ether));
        remote.release(account, 1, 4 ether, far);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockOfOther.selector, 9, bytes32(0)));
        remote.release(account, 9, 1, far);
        vm.stopPrank();
        // Parts in any order, each once.
        ReleaseMessage memory one = _release(1, 3 ether);
        ReleaseMessage memory two = _release(2, 1 ether);
        ReleaseMessage memory three = _release(2, 1 ether);
        _payOut(three);
        _payOut(two);
        _payOut(one);
        assertEq(arb.balanceOf(far), 5 ether);
    }

    /// What a hostile home says goes no further than the lock that it names.
    function test_release_of_a_hostile_home() public {
        _credit(3 ether);
        ReleaseMessage memory message = ReleaseMessage(1, 1, stranger, 4 ether);
        fromHome.lie(address(remote), _digest(message));
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.LockTooSmall.selector, 1, 3 ether, 4 ether));
        lock.release(message);
        message = ReleaseMessage(7, 1, stranger, 1);
        fromHome.lie(address(remote), _digest(message));
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.LockTooSmall.selector, 7, 0, 1));
        lock.release(message);
        // Nor does anybody else's word count.
        message = ReleaseMessage(1, 1, stranger, 1);
        bytes32 digest = _digest(message);
        fromHome.lie(stranger, digest);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        lock.release(message);
    }

    // shows: A119
    function test_claims_move_nowhere_else() public {
        _credit(3 ether);
        _withdrawClaims(1 ether);
        bytes memory error =
            abi.encodeWithSelector(IRemoteCollateral.ClaimNotTransferable.selector, address(remote), stranger);
        vm.expectRevert(error);
        vm.prank(address(remote));
        remote.transfer(stranger, 1);
        error = abi.encodeWithSelector(IRemoteCollateral.ClaimNotTransferable.selector, stranger, address(vault));
        vm.expectRevert(error);
        vm.prank(stranger);
        remote.transfer(address(vault), 0);
    }

    // --- liquidation ---

    // shows: A117
    function test_buy_sends_the_lock_to_the_buyer() public {
        (uint64 startedAt, uint64 id) = _auctionClaims(10 ether);
        (uint256 amount, uint256 cost) = vault.quote(account, address(remote), 10 ether);
        assertGt(amount, 0);
        uint256 debt = vault.debtOf(account);
        vm.expectEmit(address(remote));
        emit IRemoteCollateral.Bought(account, bidder, amount, cost);
        vm.prank(bidder);
        (uint256 got, uint256 paid) = remote.buy(account, startedAt, 10 ether, type(uint128).max, _ids(id), bidder);
        assertEq(got, amount);
        assertEq(paid, cost);
        assertLt(vault.debtOf(account), debt);
        assertEq(usdc.balanceOf(address(remote)), 0);
        assertEq(remote.balanceOf(address(remote)), 0);
        assertEq(remote.totalSupply(), 10 ether - amount);
        _payOut(ReleaseMessage(id, 1, bidder, uint128(amount)));
        assertEq(arb.balanceOf(bidder), amount);
    }

    // shows: A117
    function test_buy_refused() public {
        (uint64 startedAt, uint64 id) = _auctionClaims(1 ether);
        vm.startPrank(bidder);
        vm.expectPartialRevert(IRemoteCollateral.LocksTooFew.selector);
        remote.buy(account, startedAt, 1 ether, type(uint128).max, new uint64[](0), bidder);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.LockOfOther.selector, 5, bytes32(0)));
        remote.buy(account, startedAt, 1 ether, type(uint128).max, _ids(5), bidder);
        vm.expectRevert(IRemoteCollateral.ReceiverZero.selector);
        remote.buy(account, startedAt, 1 ether, type(uint128).max, _ids(id), address(0));
        vm.expectPartialRevert(IMarginVault.CostTooHigh.selector);
        remote.buy(account, startedAt, 1 ether, 1, _ids(id), bidder);
        // The vault hands claims to nobody.
        vm.expectRevert(
            abi.encodeWithSelector(IRemoteCollateral.ClaimNotTransferable.selector, address(vault), bidder)
        );
        vault.take(account, address(remote), startedAt, 1 ether, type(uint128).max, bidder);
        vm.stopPrank();
    }

    function test_buy_from_several_locks() public {
        LockMessage memory other = _credit(1 ether);
        (uint64 startedAt, uint64 id) = _auctionClaims(1 ether);
        skip(30 minutes);
        uint64[] memory ids = new uint64[](2);
        (ids[0], ids[1]) = (id, other.id);
        vm.prank(bidder);
        (uint256 amount,) = remote.buy(account, startedAt, 2 ether, type(uint128).max, ids, bidder);
        (, uint128 left,,) = remote.lockOf(id);
        (, uint128 rest,,) = remote.lockOf(other.id);
        assertEq(uint256(left) + rest, 2 ether - amount);
        assertEq(remote.lockedOf(account), 2 ether - amount);
        assertEq(remote.releasable(account), 0);
    }

    // --- reports ---

    // shows: A118
    function test_stale_counts_nothing() public {
        assertTrue(remote.isStale());
        LockMessage memory message = _credit(10 ether);
        assertFalse(remote.isStale());
        vm.warp(uint256(message.lockedAt) + MAX_AGE);
        assertEq(remote.recordedBalance(account), 10 ether);
        vm.warp(uint256(message.lockedAt) + MAX_AGE + 1);
        assertEq(remote.recordedBalance(account), 0);
        assertEq(vault.recordedBalance(account, address(remote)), 10 ether);
        _report();
        assertEq(remote.recordedBalance(account), 10 ether);
        (uint256 held, uint64 locks, uint64 reportedAt, uint64 heardAt) = remote.heard();
        assertEq(held, 10 ether);
        assertEq(locks, 1);
        assertEq(reportedAt, block.timestamp - FINALITY);
        assertEq(heardAt, reportedAt);
    }

    // shows: A118
    function test_stale_once_the_lock_holds_too_little() public {
        _credit(10 ether);
        _report();
        assertFalse(remote.isStale());
        vm.prank(address(lock));
        arb.transfer(stranger, 1);
        _report();
        assertTrue(remote.isStale());
        assertEq(remote.recordedBalance(account), 0);
        arb.mint(address(lock), 1);
        _report();
        assertFalse(remote.isStale());
    }

    function test_report_in_any_order() public {
        LockMessage memory first = _credit(1 ether);
        lock.report();
        ReportMessage memory early = ReportMessage(1 ether, 1, uint64(block.timestamp));
        LockMessage memory second = _lock(2 ether);
        skip(1);
        lock.report();
        ReportMessage memory late = ReportMessage(3 ether, 2, uint64(block.timestamp));
        skip(FINALITY);
        fromLock.carry(lock, _digest(early));
        fromLock.carry(lock, _digest(late));
        _carry(second);
        remote.credit(second);
        // It leaves out a lock that is credited.
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.ReportBeforeLock.selector, 2, 1));
        remote.report(early);
        remote.report(late);
        vm.expectRevert(
            abi.encodeWithSelector(IRemoteCollateral.ReportNotNewer.selector, late.reportedAt, late.reportedAt)
        );
        remote.report(late);
        assertEq(first.id, 1);
        assertFalse(remote.isStale());
    }

    /// A lock that is credited after a report that knows it is counted once; one that it does not know is added.
    function test_report_counts_each_lock_once() public {
        LockMessage memory first = _lock(1 ether);
        _report();
        LockMessage memory second = _lock(2 ether);
        skip(FINALITY);
        _carry(first);
        _carry(second);
        remote.credit(first);
        remote.credit(second);
        (uint256 held,,,) = remote.heard();
        assertEq(held, 3 ether);
    }

    function test_report_from_the_future_counts_as_now() public {
        ReportMessage memory message = ReportMessage(5 ether, 1, type(uint64).max);
        bytes32 digest = _digest(message);
        vm.expectRevert(abi.encodeWithSelector(ICollateralLock.MessageNotVerified.selector, digest));
        remote.report(message);
        fromLock.lie(address(lock), digest);
        remote.report(message);
        (,,, uint64 heardAt) = remote.heard();
        assertEq(heardAt, block.timestamp);
        skip(MAX_AGE + 1);
        assertTrue(remote.isStale());
    }

    function test_report_once_a_second() public {
        lock.report();
        vm.expectPartialRevert(IOutbox.MessageRepeated.selector);
        lock.report();
        skip(1);
        lock.report();
    }

    // --- roles, cap, terms ---

    // shows: A114
    function test_cap_lowered_by_the_guardian_alone() public {
        vm.expectEmit();
        emit IRemoteCollateral.CapLowered(1 ether);
        vm.prank(guardian);
        remote.lowerCap(1 ether);
        assertEq(remote.cap(), 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IRemoteCollateral.ClaimCapNotLower.selector, 1 ether, 2 ether));
        vm.prank(guardian);
        remote.lowerCap(2 ether);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        vm.prank(guardian);
        remote.setCap(2 ether);
        vm.expectEmit();
        emit IRemoteCollateral.CapChanged(3 ether);
        remote.setCap(3 ether);
    }

    function test_lock_refused() public {
        vm.expectRevert(IMarginVault.AmountZero.selector);
        lock.lock(account, 0);
        TaxedToken taxed = new TaxedToken();
        CollateralLock other = new CollateralLock(address(taxed), fromHome);
        taxed.mint(address(this), 100);
        taxed.approve(address(other), 100);
        vm.expectRevert(IBound.PeerMissing.selector);
        other.lock(account, 100);
        other.bind(address(remote));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.ReceivedOther.selector, address(taxed), 100, 99));
        other.lock(account, 100);
    }

    function test_bind_once_by_the_deployer() public {
        CollateralLock other = new CollateralLock(address(arb), fromHome);
        vm.expectRevert(abi.encodeWithSelector(IBound.NotBinder.selector, address(this), stranger));
        vm.prank(stranger);
        other.bind(stranger);
        vm.expectRevert(IBound.PeerMissing.selector);
        other.bind(address(0));
        vm.expectEmit();
        emit IBound.PeerBound(address(remote));
        other.bind(address(remote));
        vm.expectRevert(abi.encodeWithSelector(IBound.AlreadyBound.selector, address(remote)));
        other.bind(stranger);
        assertEq(other.homeChain(), block.chainid);
        assertEq(other.token(), address(arb));
        assertEq(address(other.source()), address(fromHome));
    }

    function test_source_answers_for_its_chain_alone() public {
        LockMessage memory message = _credit(1 ether);
        bytes32 digest = _digest(message);
        assertGt(fromLock.verifiedAt(block.chainid, address(lock), digest), 0);
        assertEq(fromLock.verifiedAt(block.chainid + 1, address(lock), digest), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMessageSource.MessageUnknown.selector, address(lock), bytes32("none"))
        );
        fromLock.carry(lock, "none");
    }

    // --- gas ---

    function test_remote_gas() public {
        arb.mint(far, 10 ether);
        vm.startPrank(far);
        arb.approve(address(lock), 10 ether);
        lock.lock(account, 10 ether);
        vm.snapshotGasLastCall("Remote", "lock");
        vm.stopPrank();
        LockMessage memory message = LockMessage(1, account, far, 10 ether, uint64(block.timestamp));
        skip(FINALITY);
        _carry(message);
        remote.credit(message);
        vm.snapshotGasLastCall("Remote", "credit");
        _withdrawClaims(4 ether);
        vm.prank(owner);
        remote.release(account, 1, 4 ether, far);
        vm.snapshotGasLastCall("Remote", "release at home");
        ReleaseMessage memory out = ReleaseMessage(1, 1, far, 4 ether);
        skip(FINALITY);
        _carry(out);
        lock.release(out);
        vm.snapshotGasLastCall("Remote", "release at the lock");
    }
}
