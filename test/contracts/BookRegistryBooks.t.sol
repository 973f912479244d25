// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {Attestation, AttestedBook, BookState} from "../../contracts/types/Book.sol";
import {Status} from "../../contracts/types/Status.sol";
import {RegistryFixture} from "./support/RegistryFixture.sol";

/// Which books are accepted, and how long they live.
contract BookRegistryBooksTest is RegistryFixture {
    function test_attest_accepts_signed_book_from_anybody() public {
        AttestedBook memory book = _book(7);
        Attestation[] memory both = _signatures(account, book);
        address[] memory signers = _list(both[0].attester, both[1].attester);
        vm.expectEmit();
        emit IBookRegistry.BookAttested(account, 7, book.commitment, book.asOf, book.expiresAt, signers);
        vm.prank(stranger);
        registry.attest(account, book, both);

        assertEq(keccak256(abi.encode(registry.bookOf(account))), keccak256(abi.encode(book)));
        assertTrue(registry.bookIsLive(account));
        assertTrue(registry.commitmentUsed(custodian, book.commitment));
        assertTrue(registry.commitmentUsed(venue, book.commitment));
        BookState memory standing = registry.bookStateOf(account);
        assertEq(standing.commitment, book.commitment);
        assertEq(standing.sequence, 7);
        assertEq(standing.asOf, book.asOf);
        assertEq(standing.expiresAt, book.expiresAt);
        assertEq(standing.attestedAt, block.timestamp);
        assertEq(standing.brokenAt, 0);
        assertTrue(standing.live);
        (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated) = registry.liveBook(account);
        assertEq(commitment, book.commitment);
        assertEq(sequence, 7);
        assertEq(asOf, book.asOf);
        assertFalse(isolated);
    }

    // shows: P34
    function test_book_live_until_expiry() public {
        AttestedBook memory book = _attestNext();
        vm.warp(book.expiresAt - 1);
        assertTrue(registry.bookIsLive(account));
        vm.warp(book.expiresAt);
        assertFalse(registry.bookIsLive(account));
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        registry.liveBook(account);
    }

    /// Who signed the newest book may sign its commitment again: a new sequence, and new times.
    function test_attest_renews_newest_book() public {
        AttestedBook memory book = _attestNext();
        skip(1 hours);
        (book.sequence, book.asOf, book.expiresAt) = (2, uint64(block.timestamp), uint64(block.timestamp) + 1 days);
        _attest(account, book);
        assertEq(registry.bookOf(account).sequence, 2);
        assertEq(registry.bookOf(account).expiresAt, book.expiresAt);
        AttestedBook memory next = _attestNext();
        (book.sequence, book.asOf) = (next.sequence + 1, next.asOf);
        address first = _signatures(account, book)[0].attester;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, first, book.commitment));
    }

    /// Nobody's signature counts twice because another has signed: a renewal is for those who signed the newest book here.
    function test_attest_refuses_renewal_by_other_signers() public {
        _openThree(1);
        AttestedBook memory book = _book(1);
        bytes32 other = _open("other", false);
        _attest(other, book);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, THIRD_KEY);
        registry.attest(account, book, one);
        book.sequence = 2;
        one[0] = _sign(account, book, VENUE_KEY);
        _refuse(book, one, abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, venue, book.commitment));
        one[0] = _sign(account, book, THIRD_KEY);
        registry.attest(account, book, one);
        vm.prank(owner);
        registry.revokeAttester(account, vm.addr(THIRD_KEY));
        book.sequence = 3;
        _refuse(
            book, one, abi.encodeWithSelector(IBookRegistry.AttesterUnknown.selector, account, vm.addr(THIRD_KEY))
        );
    }

    /// The owner breaks a book as a revocation would, and the attesters stay.
    function test_break_book_breaks_newest_and_keeps_attesters() public {
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        registry.breakBook(account);
        vm.stopPrank();
        AttestedBook memory book = _attestNext();
        _submit(ledger.move(0), _healthy(12_000, 100));
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, custodian));
        vm.prank(custodian);
        registry.breakBook(account);

        vm.expectEmit();
        emit IBookRegistry.BookBroken(account, 1);
        vm.prank(owner);
        registry.breakBook(account);
        assertFalse(registry.bookIsLive(account));
        assertEq(registry.bookStateOf(account).brokenAt, block.timestamp);
        assertEq(uint256(gate.statusOf(account)), uint256(Status.Grace));
        assertTrue(registry.hasSigned(account, venue));
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        vm.prank(owner);
        registry.breakBook(account);
        // Ill health is still provable, and the same attesters may renew it.
        _denounce(ledger.move(0), _unhealthy(10_000));
        (book.sequence, book.asOf) = (2, uint64(block.timestamp));
        _attest(account, book);
        assertTrue(registry.bookIsLive(account));
    }

    function test_attest_refuses_unknown_account() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(bytes32("none"), book);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        registry.attest("none", book, both);
    }

    // shows: P35, A1
    function test_attest_refuses_old_sequence() public {
        _attest(account, _book(5));
        AttestedBook memory book = _book(5);
        book.commitment = 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.SequenceNotNewer.selector, account, 5, 5));
        book.sequence = 4;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.SequenceNotNewer.selector, account, 5, 4));
        book.sequence = 1 << 40;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.SequenceTooLarge.selector, type(uint40).max, 1 << 40));
        book.sequence = type(uint40).max;
        _attest(account, book);
    }

    // shows: A1
    function test_attest_refuses_times_out_of_order() public {
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = _book(1);
        book.asOf = time + 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.AsOfInFuture.selector, time, time + 1));
        book.asOf = time - 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.BookLivesTooLong.selector, 1 days, 1 days + 1));
        book.expiresAt = time;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.BookExpired.selector, time, time));
        book.expiresAt = time + 1;
        _attest(account, book);

        book = _book(2);
        book.asOf = time - 2;
        book.expiresAt = time + 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.AsOfBeforeLast.selector, account, time - 1, time - 2));
    }

    // shows: P34
    /// Else a later profile would let a book outlive the delay in which its account must lapse.
    function test_book_life_bounded_by_first_profile() public {
        assertEq(registry.longestBook(), 1 days);
        profile.setBookMaxAge(30 days);
        AttestedBook memory book = _book(1);
        book.expiresAt = book.asOf + 1 days + 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.BookLivesTooLong.selector, 1 days, 1 days + 1));
        profile.setBookMaxAge(1 hours);
        book.expiresAt = book.asOf + 1 hours + 1;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.BookLivesTooLong.selector, 1 hours, 1 hours + 1));
        book.expiresAt = book.asOf + 1 hours;
        _attest(account, book);
    }

    // shows: T9
    function test_attest_refuses_commitment_out_of_field() public {
        AttestedBook memory book = _book(1);
        book.commitment = Spec.FIELD_R;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.CommitmentOutOfField.selector, Spec.FIELD_R));
        book.commitment = Spec.FIELD_R - 1;
        _attest(account, book);
    }

    // shows: P35, T11
    function test_commitment_signed_once_per_attester() public {
        AttestedBook memory book = _attestNext();
        _attest(account, _book(2));
        book.sequence = 3;
        address first = custodian < venue ? custodian : venue;
        bytes memory used = abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, first, book.commitment);
        _refuse(book, used);
        bytes32 other = _open("other", false);
        Attestation[] memory both = _signatures(other, book);
        vm.expectRevert(used);
        registry.attest(other, book, both);
    }

    // shows: A6, T11
    function test_commitment_not_burnt_by_front_runner() public {
        AttestedBook memory book = _book(1);
        vm.startPrank(stranger);
        bytes32 copied = registry.open("copied", false, _list(vm.addr(THIRD_KEY)), 1);
        Attestation[] memory own = new Attestation[](1);
        own[0] = _sign(copied, book, THIRD_KEY);
        registry.attest(copied, book, own);
        // Nor does it help to name the victim's attesters: they have signed for another account.
        address[] memory named = _list(custodian, venue);
        bytes32 disguised = registry.open("disguised", false, named, 2);
        Attestation[] memory both = _signatures(account, book);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, disguised, both[0].attester));
        registry.attest(disguised, book, both);
        vm.stopPrank();

        registry.attest(account, book, both);
        assertTrue(registry.bookIsLive(account));
        assertTrue(registry.commitmentUsed(vm.addr(THIRD_KEY), book.commitment));
    }

    // shows: A6
    function test_commitment_used_only_by_signer() public {
        _openThree(2);
        AttestedBook memory book = _book(1);
        Attestation[] memory all = _all(book);
        Attestation[] memory two = new Attestation[](2);
        (two[0], two[1]) = (all[0], all[1]);
        registry.attest(account, book, two);
        assertTrue(registry.commitmentUsed(two[0].attester, book.commitment));
        assertTrue(registry.commitmentUsed(two[1].attester, book.commitment));
        assertFalse(registry.commitmentUsed(all[2].attester, book.commitment));

        // What the third says of it counts, once; in another account it cannot lend its signature to those who have given
        // theirs.
        bytes32 first = account;
        vm.prank(owner);
        account = registry.open("again", false, _list(venue, vm.addr(THIRD_KEY), custodian), 2);
        all = _all(book);
        (two[0], two[1]) = (all[0], all[2]);
        _refuse(
            book, two, abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, two[0].attester, book.commitment)
        );
        assertFalse(registry.commitmentUsed(all[2].attester, book.commitment));
        account = first;
        book.sequence = 2;
        all = _all(book);
        (two[0], two[1]) = (all[0], all[2]);
        registry.attest(account, book, two);
        assertTrue(registry.commitmentUsed(all[2].attester, book.commitment));
    }
}
