// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../contracts/generated/Spec.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {Attestation, AttestedBook, SleeveTerms} from "../../contracts/types/Book.sol";
import {RegistryFixture} from "./support/RegistryFixture.sol";

/// Books with a sleeve: what is signed, what is accepted, and who may void it.
contract BookRegistrySleevesTest is RegistryFixture {
    function test_attest_with_sleeve_accepts_signed_terms_from_anybody() public {
        AttestedBook memory book = _book(7);
        SleeveTerms memory sleeve = _sleeve();
        Attestation[] memory both = _sleevedSignatures(account, book, sleeve);
        address[] memory signers = _list(both[0].attester, both[1].attester);
        vm.expectEmit();
        emit IBookRegistry.BookAttested(account, 7, book.commitment, book.asOf, book.expiresAt, signers);
        vm.expectEmit();
        emit IBookRegistry.SleeveAttested(
            account, 7, sleeve.ledger, sleeve.pricedAt, sleeve.band, sleeve.until, sleeve.shocks
        );
        vm.prank(stranger);
        registry.attestWithSleeve(account, book, sleeve, both);

        assertEq(keccak256(abi.encode(registry.bookOf(account))), keccak256(abi.encode(book)));
        _expectSleeve(sleeve, 7, 0);
        assertTrue(registry.bookStateOf(account).live);
        assertTrue(registry.commitmentUsed(venue, book.commitment));
    }

    /// The digest by the letter of EIP-712.
    function test_sleeved_digest_matches_eip712() public view {
        AttestedBook memory book = _book(3);
        SleeveTerms memory sleeve = _sleeve();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin BookRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 typeHash = keccak256(
            "SleevedBook(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing,address ledger,uint64 pricedAt,uint16 band,uint64 until,bytes32 shocks)"
        );
        bytes memory first = abi.encode(
            typeHash, account, book.commitment, book.sequence, book.asOf, book.expiresAt, bytes32(profile.listing())
        );
        bytes memory second =
            abi.encode(sleeve.ledger, sleeve.pricedAt, sleeve.band, sleeve.until, sleeve.shocks);
        assertEq(
            registry.sleevedDigestOf(account, book, sleeve),
            keccak256(abi.encodePacked("\x19\x01", domain, keccak256(abi.encodePacked(first, second))))
        );
    }

    // shows: A66, A67
    /// Nobody can add a sleeve to a signed book, take it off, or change a term of it.
    function test_attest_with_sleeve_refuses_signature_of_anything_else() public {
        AttestedBook memory book = _book(1);
        SleeveTerms memory sleeve = _sleeve();
        Attestation[] memory plain = _signatures(account, book);
        Attestation[] memory sleeved = _sleevedSignatures(account, book, sleeve);
        bytes memory invalid =
            abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, plain[0].attester);
        _refuse(book, sleeved, invalid);
        _refuseSleeve(book, sleeve, plain, invalid);
        for (uint256 i = 0; i < 5; ++i) {
            SleeveTerms memory other = _sleeve();
            if (i == 0) other.ledger = stranger;
            if (i == 1) other.pricedAt += 1;
            if (i == 2) other.band += 1;
            if (i == 3) other.until += 1;
            if (i == 4) other.shocks = bytes32(uint256(other.shocks) ^ 1);
            _refuseSleeve(book, other, sleeved, invalid);
        }
        registry.attestWithSleeve(account, book, sleeve, sleeved);
    }

    /// Every rule of a book holds for one with a sleeve.
    function test_attest_with_sleeve_refuses_bad_book() public {
        SleeveTerms memory sleeve = _sleeve();
        AttestedBook memory book = _book(0);
        _refuseSleeve(book, sleeve, abi.encodeWithSelector(IBookRegistry.SequenceNotNewer.selector, account, 0, 0));
        book = _book(1);
        book.commitment = Spec.FIELD_R;
        _refuseSleeve(
            book, sleeve, abi.encodeWithSelector(IBookRegistry.CommitmentOutOfField.selector, Spec.FIELD_R)
        );
        book = _book(1);
        Attestation[] memory none;
        _refuseSleeve(book, sleeve, none, abi.encodeWithSelector(IBookRegistry.TooFewSignatures.selector, 2, 0));
        Attestation[] memory both = _sleevedSignatures(account, book, sleeve);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        registry.attestWithSleeve("none", book, sleeve, both);
        _attest(account, book);
        _attest(account, _book(2));
        // Of a past book: the standing one may be signed again.
        AttestedBook memory again = _book(3);
        again.commitment = book.commitment;
        address first = both[0].attester;
        _refuseSleeve(
            again, sleeve, abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, first, book.commitment)
        );
    }

    function test_attest_with_sleeve_refuses_isolated() public {
        account = _open("isolated", true);
        _refuseSleeve(_book(1), _sleeve(), abi.encodeWithSelector(IBookRegistry.SleeveOfIsolated.selector, account));
        _attestNext();
    }

    function test_attest_with_sleeve_refuses_round_out_of_range() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.pricedAt = 0;
        uint64 most = type(uint40).max;
        bytes4 error = IBookRegistry.SleeveRoundOutOfRange.selector;
        _refuseSleeve(_book(1), sleeve, abi.encodeWithSelector(error, most, 0));
        sleeve.pricedAt = most + 1;
        _refuseSleeve(_book(1), sleeve, abi.encodeWithSelector(error, most, most + 1));
        sleeve.pricedAt = most;
        _attestNext(sleeve);
        _expectSleeve(sleeve, 1, 0);
    }

    function test_attest_with_sleeve_refuses_band_out_of_range() public {
        SleeveTerms memory sleeve = _sleeve();
        bytes4 error = IBookRegistry.SleeveBandOutOfRange.selector;
        sleeve.band = 0;
        _refuseSleeve(_book(1), sleeve, abi.encodeWithSelector(error, 2_000, 0));
        sleeve.band = 2_001;
        _refuseSleeve(_book(1), sleeve, abi.encodeWithSelector(error, 2_000, 2_001));
        sleeve.band = 2_000;
        _attestNext(sleeve);
        sleeve.band = 1;
        _attestNext(sleeve);
        _expectSleeve(sleeve, 2, 0);
    }

    // shows: A1
    function test_attest_with_sleeve_refuses_end_out_of_range() public {
        uint64 time = uint64(block.timestamp);
        SleeveTerms memory sleeve = _sleeve();
        sleeve.until = time;
        _refuseSleeve(_book(1), sleeve, abi.encodeWithSelector(IBookRegistry.SleeveEnded.selector, time, time));
        // Counted from the book's date, as the life of a book is.
        AttestedBook memory book = _book(1);
        book.asOf = time - 1 hours;
        book.expiresAt = book.asOf + 1 days;
        sleeve.until = book.asOf + 1 days + 1;
        _refuseSleeve(
            book, sleeve, abi.encodeWithSelector(IBookRegistry.SleeveLivesTooLong.selector, 1 days, 1 days + 1)
        );
        sleeve.until = type(uint64).max;
        _refuseSleeve(book, sleeve, abi.encodeWithSelector(IBookRegistry.SleeveLivesTooLong.selector, 1 days, type(uint64).max - book.asOf));
        // And by the profile of now, if that allows less.
        profile.setBookMaxAge(2 hours);
        book.expiresAt = book.asOf + 2 hours;
        sleeve.until = book.asOf + 2 hours + 1;
        _refuseSleeve(
            book, sleeve, abi.encodeWithSelector(IBookRegistry.SleeveLivesTooLong.selector, 2 hours, 2 hours + 1)
        );
        sleeve.until = book.asOf + 2 hours;
        _attestWithSleeve(account, book, sleeve);
        _expectSleeve(sleeve, 1, 0);
    }

    /// A plain book leaves no sleeve in force, voided or not.
    function test_plain_book_ends_sleeve() public {
        SleeveTerms memory none;
        _expectSleeve(none, 0, 0);
        _attestNext(_sleeve());
        vm.prank(venue);
        registry.voidSleeve(account);
        _attestNext();
        _expectSleeve(none, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NoSleeve.selector, account));
        vm.prank(venue);
        registry.voidSleeve(account);
        // The next sleeve is not void.
        SleeveTerms memory sleeve = _sleeve();
        _attestNext(sleeve);
        _expectSleeve(sleeve, 3, 0);
    }

    function test_void_sleeve_recorded_once() public {
        SleeveTerms memory sleeve = _sleeve();
        _attestNext(sleeve);
        skip(1 minutes);
        uint64 time = uint64(block.timestamp);
        vm.expectEmit();
        emit IBookRegistry.SleeveVoided(account, 1, venue);
        vm.prank(venue);
        registry.voidSleeve(account);
        (SleeveTerms memory terms, uint64 sequence, uint64 voidedAt) = registry.sleeveOf(account);
        assertEq(abi.encode(terms, sequence), abi.encode(sleeve, 1));
        assertEq(voidedAt, time);
        // The book itself stands.
        assertTrue(registry.bookIsLive(account));
        skip(1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SleeveAlreadyVoided.selector, account, time));
        vm.prank(custodian);
        registry.voidSleeve(account);
    }

    function test_void_sleeve_by_owner() public {
        _attestNext(_sleeve());
        vm.prank(owner);
        registry.voidSleeve(account);
        assertEq(_voidedAt(), block.timestamp);
    }

    // shows: A3, A66
    /// The owner cannot forestall it by a front-run revocation; of a later book the removed attester voids nothing.
    function test_void_sleeve_by_attester_removed_since() public {
        _openThree(2);
        _attestNext(_sleeve());
        vm.prank(owner);
        registry.revokeAttester(account, venue);
        vm.prank(venue);
        registry.voidSleeve(account);
        assertEq(_voidedAt(), block.timestamp);
    }

    // shows: A3
    function test_void_sleeve_refuses_others() public {
        _openThree(2);
        _attestNext(_sleeve());
        bytes memory error = abi.encodeWithSelector(IBookRegistry.NotOwnerOrWitness.selector, account, stranger);
        vm.expectRevert(error);
        vm.prank(stranger);
        registry.voidSleeve(account);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        registry.voidSleeve("none");
        // Removed before the book was attested.
        address third = vm.addr(THIRD_KEY);
        vm.prank(owner);
        registry.revokeAttester(account, third);
        skip(1);
        _attestNext(_sleeve());
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwnerOrWitness.selector, account, third));
        vm.prank(third);
        registry.voidSleeve(account);
    }

    function test_fuzz_sleeve_kept_to_the_bit(SleeveTerms memory sleeve, uint64 life) public {
        sleeve.pricedAt = uint64(bound(sleeve.pricedAt, 1, type(uint40).max));
        sleeve.band = uint16(bound(sleeve.band, 1, 2_000));
        sleeve.until = uint64(block.timestamp + bound(life, 1, 1 days));
        _attestNext(sleeve);
        _expectSleeve(sleeve, 1, 0);
    }

    function _voidedAt() private view returns (uint64 voidedAt) {
        (,, voidedAt) = registry.sleeveOf(account);
    }

    function _expectSleeve(SleeveTerms memory expected, uint64 expectedSequence, uint64 expectedVoid) private view {
        (SleeveTerms memory terms, uint64 sequence, uint64 voidedAt) = registry.sleeveOf(account);
        assertEq(abi.encode(terms), abi.encode(expected));
        assertEq(sequence, expectedSequence);
        assertEq(voidedAt, expectedVoid);
    }

    function _refuseSleeve(AttestedBook memory book, SleeveTerms memory sleeve, bytes memory error) private {
        _refuseSleeve(book, sleeve, _sleevedSignatures(account, book, sleeve), error);
    }

    function _refuseSleeve(
        AttestedBook memory book,
        SleeveTerms memory sleeve,
        Attestation[] memory attestations,
        bytes memory error
    ) private {
        vm.expectRevert(error);
        registry.attestWithSleeve(account, book, sleeve, attestations);
    }
}
