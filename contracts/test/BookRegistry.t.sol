// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {BookRegistry} from "../BookRegistry.sol";
import {Spec} from "../generated/Spec.sol";
import {Attestation, BookStanding, IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {AttestedBook} from "../lib/Types.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Wallet} from "./support/Wallet.sol";

contract BookRegistryTest is GateFixture {
    uint256 private constant THIRD_KEY = 0x3d;

    // --- accounts ---

    function test_opens_an_account_of_the_caller() public {
        bytes32 expected = keccak256(abi.encode(owner, bytes32("isolated")));
        address[] memory attestors = new address[](2);
        (attestors[0], attestors[1]) = (custodian, venue);
        vm.expectEmit();
        emit IBookRegistry.AccountOpened(expected, owner, "isolated", true, attestors, 2);
        bytes32 opened = _open("isolated", true);
        assertEq(opened, expected);
        assertEq(registry.accountId(owner, "isolated"), expected);
        assertEq(registry.ownerOf(opened), owner);
        assertTrue(registry.isIsolated(opened));
        assertFalse(registry.isIsolated(account));
        assertTrue(registry.isAttestor(opened, venue));
        assertFalse(registry.isAttestor(opened, owner));
        (address[] memory members, uint8 threshold) = registry.attestorsOf(opened);
        assertEq(members, attestors);
        assertEq(threshold, 2);
        assertEq(registry.bookOf(opened).sequence, 0);
        assertFalse(registry.bookIsLive(opened));
    }

    function test_opens_an_account_once() public {
        address[] memory attestors = _list(custodian);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountExists.selector, account));
        vm.prank(owner);
        registry.open("cross", false, attestors, 1);
    }

    function test_refuses_attestors_that_cannot_be() public {
        _refuseOpen(new address[](0), 0, abi.encodeWithSelector(IBookRegistry.AttestorCount.selector, 1, 16, 0));
        _refuseOpen(new address[](17), 1, abi.encodeWithSelector(IBookRegistry.AttestorCount.selector, 1, 16, 17));
        _refuseOpen(_list(venue), 0, abi.encodeWithSelector(IBookRegistry.ThresholdOutOfRange.selector, 1, 1, 0));
        _refuseOpen(_list(venue), 2, abi.encodeWithSelector(IBookRegistry.ThresholdOutOfRange.selector, 1, 1, 2));
        _refuseOpen(_list(address(0)), 1, abi.encodeWithSelector(IBookRegistry.AttestorZero.selector));
        _refuseOpen(
            _list(venue, custodian, venue), 1, abi.encodeWithSelector(IBookRegistry.AttestorRepeated.selector, venue)
        );
    }

    function _refuseOpen(address[] memory attestors, uint8 threshold, bytes memory error) private {
        vm.expectRevert(error);
        registry.open("bad", false, attestors, threshold);
    }

    function test_refuses_a_rotation_faster_than_a_book_lives() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.RotationDelayTooShort.selector, 1 days, 1 days - 1));
        new BookRegistry(profile, 1 days - 1);
    }

    function test_says_what_it_is() public view {
        assertTrue(registry.supportsInterface(type(IBookRegistry).interfaceId));
        assertTrue(registry.supportsInterface(type(IERC165).interfaceId));
        assertFalse(registry.supportsInterface(0xffffffff));
        assertEq(address(registry.profile()), address(profile));
        assertEq(registry.rotationDelay(), ROTATION_DELAY);
    }

    // --- books ---

    function test_accepts_a_book_that_all_have_signed_from_anybody() public {
        AttestedBook memory book = _book(7);
        Attestation[] memory both = _signatures(account, book);
        address[] memory signers = _list(both[0].attestor, both[1].attestor);
        vm.expectEmit();
        emit IBookRegistry.BookAttested(account, 7, book.commitment, book.asOf, book.expiresAt, signers);
        vm.prank(stranger);
        registry.attest(account, book, both);

        assertEq(keccak256(abi.encode(registry.bookOf(account))), keccak256(abi.encode(book)));
        assertTrue(registry.bookIsLive(account));
        assertTrue(registry.commitmentUsed(custodian, book.commitment));
        assertTrue(registry.commitmentUsed(venue, book.commitment));
        BookStanding memory standing = registry.standingOf(account);
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

    function test_a_book_lives_until_it_expires() public {
        AttestedBook memory book = _attestNext();
        vm.warp(book.expiresAt - 1);
        assertTrue(registry.bookIsLive(account));
        vm.warp(book.expiresAt);
        assertFalse(registry.bookIsLive(account));
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        registry.liveBook(account);
    }

    function test_refuses_a_book_of_an_unknown_account() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(bytes32("none"), book);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AccountUnknown.selector, bytes32("none")));
        registry.attest("none", book, both);
    }

    function test_refuses_an_old_sequence() public {
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

    function test_refuses_times_out_of_order() public {
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

    /// Else a later profile would let a book outlive the delay in which its account must lapse.
    function test_no_later_profile_makes_books_live_longer_than_at_first() public {
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

    function test_refuses_a_word_out_of_field() public {
        AttestedBook memory book = _book(1);
        book.commitment = Spec.FIELD_R;
        _refuse(book, abi.encodeWithSelector(IBookRegistry.CommitmentOutOfField.selector, Spec.FIELD_R));
        book.commitment = Spec.FIELD_R - 1;
        _attest(account, book);
    }

    function test_an_attestor_signs_a_commitment_once_in_its_life_whatever_the_account() public {
        AttestedBook memory book = _attestNext();
        book.sequence = 2;
        address first = custodian < venue ? custodian : venue;
        bytes memory used = abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, first, book.commitment);
        _refuse(book, used);
        bytes32 other = _open("other", false);
        Attestation[] memory both = _signatures(other, book);
        vm.expectRevert(used);
        registry.attest(other, book, both);
    }

    function test_a_commitment_seen_on_its_way_cannot_be_burnt_by_others() public {
        AttestedBook memory book = _book(1);
        vm.startPrank(stranger);
        bytes32 copied = registry.open("copied", false, _list(vm.addr(THIRD_KEY)), 1);
        Attestation[] memory own = new Attestation[](1);
        own[0] = _sign(copied, book, THIRD_KEY);
        registry.attest(copied, book, own);
        // Nor does it help to name the victim's attestors: they have signed for another account.
        address[] memory named = _list(custodian, venue);
        bytes32 disguised = registry.open("disguised", false, named, 2);
        Attestation[] memory both = _signatures(account, book);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, disguised, both[0].attestor));
        registry.attest(disguised, book, both);
        vm.stopPrank();

        registry.attest(account, book, both);
        assertTrue(registry.bookIsLive(account));
        assertTrue(registry.commitmentUsed(vm.addr(THIRD_KEY), book.commitment));
    }

    function test_a_commitment_is_used_up_only_by_who_signs_it() public {
        _openThree(2);
        AttestedBook memory book = _book(1);
        Attestation[] memory all = _all(book);
        Attestation[] memory two = new Attestation[](2);
        (two[0], two[1]) = (all[0], all[1]);
        registry.attest(account, book, two);
        assertTrue(registry.commitmentUsed(two[0].attestor, book.commitment));
        assertTrue(registry.commitmentUsed(two[1].attestor, book.commitment));
        assertFalse(registry.commitmentUsed(all[2].attestor, book.commitment));

        // What the third says of it counts, once; it cannot lend its signature to those who have given theirs.
        book.sequence = 2;
        all = _all(book);
        (two[0], two[1]) = (all[0], all[2]);
        _refuse(
            book, two, abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, two[0].attestor, book.commitment)
        );
        assertFalse(registry.commitmentUsed(all[2].attestor, book.commitment));
    }

    // --- signatures ---

    function test_refuses_too_few_signatures() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, VENUE_KEY);
        _refuse(book, one, abi.encodeWithSelector(IBookRegistry.TooFewSignatures.selector, 2, 1));
    }

    function test_refuses_one_signer_twice_or_out_of_order() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        (address first, address second) = (both[0].attestor, both[1].attestor);
        (both[0], both[1]) = (both[1], both[0]);
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.SignersUnordered.selector, second, first));
        both[1] = both[0];
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.SignersUnordered.selector, second, second));
    }

    function test_refuses_a_signer_who_is_no_attestor() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        Attestation memory third = _sign(account, book, THIRD_KEY);
        uint256 at = third.attestor > both[0].attestor ? 1 : 0;
        both[at] = third;
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.AttestorUnknown.selector, account, third.attestor));
    }

    function test_refuses_a_signature_of_anything_else() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        bytes memory invalid =
            abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, both[0].attestor);
        AttestedBook memory changed = _book(1);
        changed.commitment = 3;
        _refuse(changed, both, invalid);
        changed = _book(2);
        changed.commitment = book.commitment;
        _refuse(changed, both, invalid);
        changed = _book(1);
        changed.expiresAt -= 1;
        _refuse(changed, both, invalid);
        changed = _book(1);
        changed.asOf -= 1;
        changed.expiresAt -= 1;
        _refuse(changed, both, invalid);
        bytes32 other = _open("other", false);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, other, both[0].attestor));
        registry.attest(other, book, both);
    }

    function test_refuses_a_signature_for_another_chain_registry_or_listing() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        bytes memory invalid =
            abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, both[0].attestor);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        _refuse(book, both, invalid);
        vm.chainId(chain);

        BookRegistry second = new BookRegistry(profile, ROTATION_DELAY);
        assertNotEq(second.digestOf(account, book), registry.digestOf(account, book));
        vm.prank(owner);
        second.open("cross", false, _list(custodian, venue), 2);
        vm.expectRevert(invalid);
        second.attest(account, book, both);
    }

    /// The digest by the words of EIP-712, so that a signer elsewhere can be held to it.
    function test_the_digest_is_that_of_EIP_712() public view {
        AttestedBook memory book = _book(1);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin BookRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)"
                ),
                account,
                book.commitment,
                book.sequence,
                book.asOf,
                book.expiresAt,
                bytes32(profile.listing())
            )
        );
        assertEq(registry.digestOf(account, book), keccak256(abi.encodePacked(hex"1901", domain, message)));
    }

    function test_a_contract_signs_by_EIP_1271() public {
        Wallet wallet = new Wallet(venue);
        vm.prank(owner);
        account = registry.open("contract", false, _list(address(wallet)), 1);
        AttestedBook memory book = _book(1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = Attestation(address(wallet), _sign(account, book, CUSTODIAN_KEY).signature);
        _refuse(book, one, abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, address(wallet)));
        one[0].signature = _sign(account, book, VENUE_KEY).signature;
        registry.attest(account, book, one);
        assertTrue(registry.bookIsLive(account));
    }

    // --- revocation ---

    function test_a_revoked_attestor_takes_its_signature_with_it() public {
        _attestNext();
        skip(1 hours);
        vm.expectEmit();
        emit IBookRegistry.AttestorRevoked(account, venue);
        vm.expectEmit();
        emit IBookRegistry.BookBroken(account, 1);
        vm.prank(owner);
        registry.revokeAttestor(account, venue);
        assertFalse(registry.isAttestor(account, venue));
        assertFalse(registry.bookIsLive(account));
        assertEq(registry.standingOf(account).brokenAt, block.timestamp);
        // One is left of two who must sign.
        AttestedBook memory book = _book(2);
        Attestation[] memory both = _signatures(account, book);
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.AttestorUnknown.selector, account, venue));
    }

    function test_a_book_outlives_the_revocation_of_a_signer_it_does_not_need() public {
        _openThree(2);
        AttestedBook memory book = _book(1);
        registry.attest(account, book, _all(book));
        vm.prank(venue);
        registry.revokeAttestor(account, venue);
        assertTrue(registry.bookIsLive(account));
        vm.prank(custodian);
        registry.revokeAttestor(account, custodian);
        assertFalse(registry.bookIsLive(account));
        uint64 brokenAt = registry.standingOf(account).brokenAt;
        skip(1);
        vm.prank(owner);
        registry.revokeAttestor(account, vm.addr(THIRD_KEY));
        assertEq(registry.standingOf(account).brokenAt, brokenAt);
    }

    function test_a_book_outlives_the_revocation_of_one_who_has_not_signed() public {
        _openThree(2);
        _attest(account, _book(1));
        vm.prank(owner);
        registry.revokeAttestor(account, vm.addr(THIRD_KEY));
        assertTrue(registry.bookIsLive(account));
        vm.prank(owner);
        registry.revokeAttestor(account, custodian);
        assertFalse(registry.bookIsLive(account));
    }

    function test_only_owner_and_attestor_revoke() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwnerOrAttestor.selector, account, custodian));
        vm.prank(custodian);
        registry.revokeAttestor(account, venue);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AttestorUnknown.selector, account, stranger));
        vm.prank(stranger);
        registry.revokeAttestor(account, stranger);
    }

    // --- rotation ---

    function test_other_attestors_take_effect_after_the_delay() public {
        address[] memory next = _list(vm.addr(THIRD_KEY));
        uint64 effectiveAt = uint64(block.timestamp) + ROTATION_DELAY;
        vm.expectEmit();
        emit IBookRegistry.AttestorsProposed(account, next, 1, effectiveAt);
        vm.prank(owner);
        registry.proposeAttestors(account, next, 1);
        (address[] memory members, uint8 threshold, uint64 at) = registry.proposalOf(account);
        assertEq(members, next);
        assertEq(threshold, 1);
        assertEq(at, effectiveAt);
        assertTrue(registry.isAttestor(account, venue));

        vm.warp(effectiveAt - 1);
        _attestNext();
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.TooEarly.selector, effectiveAt, effectiveAt - 1));
        registry.applyProposal(account);
        vm.warp(effectiveAt);
        vm.expectEmit();
        emit IBookRegistry.AttestorsChanged(account, next, 1);
        vm.prank(stranger);
        registry.applyProposal(account);
        assertFalse(registry.isAttestor(account, venue));
        assertTrue(registry.isAttestor(account, next[0]));
        // None of the new has signed it.
        assertFalse(registry.bookIsLive(account));
        assertEq(registry.standingOf(account).brokenAt, effectiveAt);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.applyProposal(account);
    }

    function test_a_book_outlives_a_rotation_that_its_signers_stay_in() public {
        vm.prank(owner);
        registry.proposeAttestors(account, _list(vm.addr(THIRD_KEY), venue, custodian), 2);
        skip(ROTATION_DELAY);
        _attestNext();
        registry.applyProposal(account);
        assertTrue(registry.bookIsLive(account));
        // The mask has moved with its members.
        vm.prank(venue);
        registry.revokeAttestor(account, venue);
        assertFalse(registry.bookIsLive(account));
    }

    function test_a_broken_book_is_not_mended_by_a_lower_threshold() public {
        _attestNext();
        vm.startPrank(owner);
        registry.revokeAttestor(account, venue);
        registry.proposeAttestors(account, _list(custodian), 1);
        skip(ROTATION_DELAY);
        registry.applyProposal(account);
        vm.stopPrank();
        assertFalse(registry.bookIsLive(account));
        AttestedBook memory book = _book(2);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, CUSTODIAN_KEY);
        registry.attest(account, book, one);
        assertTrue(registry.bookIsLive(account));
    }

    function test_a_rotation_without_a_book_breaks_none() public {
        vm.prank(owner);
        registry.proposeAttestors(account, _list(stranger), 1);
        skip(ROTATION_DELAY);
        registry.applyProposal(account);
        assertEq(registry.standingOf(account).brokenAt, 0);
    }

    function test_a_proposal_can_be_replaced_and_withdrawn_by_the_owner_alone() public {
        vm.startPrank(owner);
        registry.proposeAttestors(account, _list(stranger, venue), 2);
        skip(1 days);
        registry.proposeAttestors(account, _list(stranger), 1);
        (address[] memory members,, uint64 effectiveAt) = registry.proposalOf(account);
        assertEq(members, _list(stranger));
        assertEq(effectiveAt, block.timestamp + ROTATION_DELAY);
        vm.stopPrank();

        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        registry.cancelProposal(account);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        registry.proposeAttestors(account, members, 1);

        vm.startPrank(owner);
        vm.expectEmit();
        emit IBookRegistry.ProposalCancelled(account);
        registry.cancelProposal(account);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.cancelProposal(account);
        vm.stopPrank();
        skip(ROTATION_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.applyProposal(account);
    }

    // --- properties ---

    /// Whoever signs and is revoked in whatever order: a book is live if and only if enough of its signers are left.
    function testFuzz_revocation(uint8 signing, uint8 threshold, uint256 seed) public {
        uint256 size = 6;
        uint256[] memory keys = _sortedKeys(size);
        address[] memory members = new address[](size);
        for (uint256 i = 0; i < size; ++i) {
            members[i] = vm.addr(keys[(i + seed % size) % size]);
        }
        threshold = uint8(bound(threshold, 1, size));
        vm.prank(owner);
        account = registry.open("many", false, members, threshold);
        AttestedBook memory book = _book(1);
        uint256 signed = _attestBy(book, keys, signing);
        bool live = signed >= threshold;
        assertEq(registry.bookIsLive(account), live);
        for (uint256 left = size; left > 0; --left) {
            uint256 key = uint256(keccak256(abi.encode(seed, left))) % left;
            address gone = vm.addr(keys[key]);
            if (signing & (1 << key) != 0) --signed;
            vm.prank(gone);
            registry.revokeAttestor(account, gone);
            live = live && signed >= threshold;
            assertEq(registry.bookIsLive(account), live);
            // The last takes the place of the one who is gone, in keys and in who has signed.
            keys[key] = keys[left - 1];
            bool lastSigned = signing & (1 << (left - 1)) != 0;
            signing = lastSigned ? signing | uint8(1 << key) : signing & ~uint8(1 << key);
        }
    }

    function _attestBy(AttestedBook memory book, uint256[] memory keys, uint8 signing)
        private
        returns (uint256 signed)
    {
        for (uint256 i = 0; i < keys.length; ++i) {
            if (signing & (1 << i) != 0) ++signed;
        }
        Attestation[] memory attestations = new Attestation[](signed);
        uint256 at;
        for (uint256 i = 0; i < keys.length; ++i) {
            if (signing & (1 << i) != 0) attestations[at++] = _sign(account, book, keys[i]);
        }
        (, uint8 threshold) = registry.attestorsOf(account);
        if (signed < threshold) {
            vm.expectRevert(abi.encodeWithSelector(IBookRegistry.TooFewSignatures.selector, threshold, signed));
        }
        registry.attest(account, book, attestations);
    }

    /// Keys in ascending order of their addresses.
    function _sortedKeys(uint256 size) private pure returns (uint256[] memory keys) {
        keys = new uint256[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 key = 0x1000 + i;
            uint256 at = i;
            for (; at > 0 && vm.addr(keys[at - 1]) > vm.addr(key); --at) {
                keys[at] = keys[at - 1];
            }
            keys[at] = key;
        }
    }

    function _openThree(uint8 threshold) private {
        vm.prank(owner);
        account = registry.open("three", false, _list(venue, vm.addr(THIRD_KEY), custodian), threshold);
    }

    /// Signed by venue, custodian and the third.
    function _all(AttestedBook memory book) private view returns (Attestation[] memory all) {
        all = new Attestation[](3);
        (all[0], all[1], all[2]) =
        (_sign(account, book, VENUE_KEY), _sign(account, book, CUSTODIAN_KEY), _sign(account, book, THIRD_KEY));
        for (uint256 i = 1; i < 3; ++i) {
            for (uint256 j = i; j > 0 && all[j - 1].attestor > all[j].attestor; --j) {
                (all[j - 1], all[j]) = (all[j], all[j - 1]);
            }
        }
    }

    function _refuse(AttestedBook memory book, bytes memory error) private {
        _refuse(book, _signatures(account, book), error);
    }

    function _refuse(AttestedBook memory book, Attestation[] memory attestations, bytes memory error) private {
        vm.expectRevert(error);
        registry.attest(account, book, attestations);
    }

    function _list(address a) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _list(address a, address b) private pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }

    function _list(address a, address b, address c) private pure returns (address[] memory list) {
        list = new address[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}
