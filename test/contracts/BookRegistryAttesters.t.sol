// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {RegistryFixture} from "./support/RegistryFixture.sol";

/// Attesters who are revoked, and others who take their place.
contract BookRegistryAttestersTest is RegistryFixture {
    // --- revocation ---

    // shows: A8
    function test_revocation_removes_signature() public {
        _attestNext();
        skip(1 hours);
        vm.expectEmit();
        emit IBookRegistry.AttesterRevoked(account, venue);
        vm.expectEmit();
        emit IBookRegistry.BookBroken(account, 1);
        vm.prank(owner);
        registry.revokeAttester(account, venue);
        assertFalse(registry.isAttester(account, venue));
        assertFalse(registry.bookIsLive(account));
        assertEq(registry.bookStateOf(account).brokenAt, block.timestamp);
        // One is left of two who must sign.
        AttestedBook memory book = _book(2);
        Attestation[] memory both = _signatures(account, book);
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.AttesterUnknown.selector, account, venue));
    }

    function test_revocation_of_spare_signer_keeps_book() public {
        _openThree(2);
        AttestedBook memory book = _book(1);
        registry.attest(account, book, _all(book));
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        assertTrue(registry.bookIsLive(account));
        vm.prank(custodian);
        registry.revokeAttester(account, custodian);
        assertFalse(registry.bookIsLive(account));
        uint64 brokenAt = registry.bookStateOf(account).brokenAt;
        skip(1);
        vm.prank(owner);
        registry.revokeAttester(account, vm.addr(THIRD_KEY));
        assertEq(registry.bookStateOf(account).brokenAt, brokenAt);
    }

    function test_revocation_of_nonsigner_keeps_book() public {
        _openThree(2);
        _attest(account, _book(1));
        vm.prank(owner);
        registry.revokeAttester(account, vm.addr(THIRD_KEY));
        assertTrue(registry.bookIsLive(account));
        vm.prank(owner);
        registry.revokeAttester(account, custodian);
        assertFalse(registry.bookIsLive(account));
    }

    function test_signers_read_back() public {
        assertFalse(registry.hasSigned(account, custodian));
        vm.prank(owner);
        account = registry.open("three", false, _list(venue, custodian, vm.addr(THIRD_KEY)), 2);
        _attestNext();
        assertTrue(registry.hasSigned(account, venue));
        assertTrue(registry.hasSigned(account, custodian));
        assertFalse(registry.hasSigned(account, vm.addr(THIRD_KEY)));
        assertFalse(registry.hasSigned(account, stranger));
        // The third takes the place of the first, and not its signature.
        vm.prank(owner);
        registry.revokeAttester(account, venue);
        assertFalse(registry.hasSigned(account, venue));
        assertTrue(registry.hasSigned(account, custodian));
        assertFalse(registry.hasSigned(account, vm.addr(THIRD_KEY)));
    }

    function test_revocation_owner_or_attester_only() public {
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwnerOrAttester.selector, account, custodian));
        vm.prank(custodian);
        registry.revokeAttester(account, venue);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.AttesterUnknown.selector, account, stranger));
        vm.prank(stranger);
        registry.revokeAttester(account, stranger);
    }

    // shows: P34, A8
    /// In any order of signatures and revocations, a book is live if and only if enough of its signers are left.
    function test_fuzz_revocation_threshold(uint8 signing, uint8 threshold, uint256 seed) public {
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
            registry.revokeAttester(account, gone);
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
        (, uint8 threshold) = registry.attestersOf(account);
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

    // --- rotation ---

    // shows: A2
    function test_rotation_waits_for_delay() public {
        address[] memory next = _list(vm.addr(THIRD_KEY));
        uint64 effectiveAt = uint64(block.timestamp) + ROTATION_DELAY;
        vm.expectEmit();
        emit IBookRegistry.AttestersProposed(account, next, 1, effectiveAt);
        vm.prank(owner);
        registry.proposeAttesters(account, next, 1);
        (address[] memory members, uint8 threshold, uint64 at) = registry.proposalOf(account);
        assertEq(members, next);
        assertEq(threshold, 1);
        assertEq(at, effectiveAt);
        assertTrue(registry.isAttester(account, venue));

        vm.warp(effectiveAt - 1);
        _attestNext();
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.TooEarly.selector, effectiveAt, effectiveAt - 1));
        registry.applyProposal(account);
        vm.warp(effectiveAt);
        vm.expectEmit();
        emit IBookRegistry.AttestersChanged(account, next, 1);
        vm.prank(stranger);
        registry.applyProposal(account);
        assertFalse(registry.isAttester(account, venue));
        assertTrue(registry.isAttester(account, next[0]));
        // None of the new has signed it.
        assertFalse(registry.bookIsLive(account));
        assertEq(registry.bookStateOf(account).brokenAt, effectiveAt);
        (members, threshold, at) = registry.proposalOf(account);
        assertEq(members.length, 0);
        assertEq(threshold, 0);
        assertEq(at, 0);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.applyProposal(account);
    }

    function test_rotation_with_signers_staying_keeps_book() public {
        vm.prank(owner);
        registry.proposeAttesters(account, _list(vm.addr(THIRD_KEY), venue, custodian), 2);
        skip(ROTATION_DELAY);
        _attestNext();
        registry.applyProposal(account);
        assertTrue(registry.bookIsLive(account));
        // The mask has moved with its members.
        vm.prank(venue);
        registry.revokeAttester(account, venue);
        assertFalse(registry.bookIsLive(account));
    }

    function test_rotation_keeps_signer_masks() public {
        _openThree(2);
        address third = vm.addr(THIRD_KEY);
        vm.prank(owner);
        registry.proposeAttesters(account, _list(custodian, third, venue), 2);
        skip(ROTATION_DELAY);
        _attest(account, _book(1));
        registry.applyProposal(account);
        assertTrue(registry.hasSigned(account, custodian));
        assertFalse(registry.hasSigned(account, third));
        assertTrue(registry.hasSigned(account, venue));
        assertTrue(registry.bookIsLive(account));
    }

    /// Each attester that a rotation removes stays a witness of the last book attested before it.
    function test_rotation_keeps_removed_attesters_witnesses() public {
        vm.prank(owner);
        registry.proposeAttesters(account, _list(vm.addr(THIRD_KEY)), 1);
        skip(ROTATION_DELAY);
        _attestNext();
        registry.applyProposal(account);
        assertFalse(registry.isAttester(account, custodian));
        assertFalse(registry.isAttester(account, venue));
        assertTrue(registry.isWitness(account, custodian));
        assertTrue(registry.isWitness(account, venue));
        assertFalse(registry.isWitness(account, stranger));
    }

    // shows: A2
    function test_rotation_lower_threshold_mends_no_book() public {
        _attestNext();
        vm.startPrank(owner);
        registry.revokeAttester(account, venue);
        registry.proposeAttesters(account, _list(custodian), 1);
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

    function test_rotation_without_book_breaks_none() public {
        vm.prank(owner);
        registry.proposeAttesters(account, _list(stranger), 1);
        skip(ROTATION_DELAY);
        registry.applyProposal(account);
        assertEq(registry.bookStateOf(account).brokenAt, 0);
    }

    function test_proposal_replaced_or_cancelled_by_owner_only() public {
        vm.startPrank(owner);
        registry.proposeAttesters(account, _list(stranger, venue), 2);
        skip(1 days);
        registry.proposeAttesters(account, _list(stranger), 1);
        (address[] memory members,, uint64 effectiveAt) = registry.proposalOf(account);
        assertEq(members, _list(stranger));
        assertEq(effectiveAt, block.timestamp + ROTATION_DELAY);
        vm.stopPrank();

        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        registry.cancelProposal(account);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwner.selector, account, owner, stranger));
        vm.prank(stranger);
        registry.proposeAttesters(account, members, 1);

        vm.startPrank(owner);
        vm.expectEmit();
        emit IBookRegistry.ProposalCancelled(account);
        registry.cancelProposal(account);
        (address[] memory left, uint8 threshold, uint64 at) = registry.proposalOf(account);
        assertEq(left.length, 0);
        assertEq(threshold, 0);
        assertEq(at, 0);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.cancelProposal(account);
        vm.stopPrank();
        skip(ROTATION_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NothingProposed.selector, account));
        registry.applyProposal(account);
    }
}
