// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {AttestedBook} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Which books can be proven.
contract MarginGateBooksTest is GateFixture {
    function test_submit_refuses_account_without_book() public {
        Proof memory proof = Trapdoor.prove(ledger.scalarOf(1), 0, _healthy(10_000, 0), 1);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        gate.submit(account, 1, _healthy(10_000, 0), proof);
    }

    // shows: A1
    function test_submit_refuses_expired_book() public {
        _attestNext();
        skip(1 days);
        uint64 round = ledger.move(0);
        _refuse(round, _healthy(10_000, 0), abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
    }

    function test_submit_refuses_book_of_revoked_attester() public {
        _attestNext();
        vm.prank(owner);
        registry.revokeAttester(account, venue);
        _refuse(_healthy(10_000, 0), abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
    }

    // shows: T13, A1
    function test_submit_refuses_replaced_book() public {
        _attestNext();
        Proof memory proof = _prove(account, 1, _healthy(10_000, 0));
        _attestNext();
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        gate.submit(account, 1, _healthy(10_000, 0), proof);
    }

    function test_book_too_old_for_profile_proves_nothing() public {
        AttestedBook memory book = _attestNext();
        _submit(1, _healthy(10_000, 500));
        profile.setBookMaxAge(2 hours);
        _pass(2 hours - 1);
        _expectStatus(Status.Healthy);
        _pass(1);
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), book.asOf + 2 hours + GRACE_PERIOD);
        // It lifts nothing either, from that second on.
        _denounce(_latest(), _unhealthy(10_000));
        ledger.move(0);
        _submit(_latest(), _healthy(10_000, 500));
        _expectStatus(Status.Liquidatable);
        book = _book(2);
        book.expiresAt = book.asOf + 2 hours;
        _attest(account, book);
        _submit(_latest(), _healthy(10_000, 500));
        _expectStatus(Status.Healthy);
    }

    // shows: A2
    /// An owner who wants friendlier attesters is liquidatable before they can sign, even if governance has let books
    /// live longer in the meantime.
    function test_rotation_liquidatable_before_new_signers() public {
        profile.setBookMaxAge(30 days);
        address[] memory friends = new address[](1);
        friends[0] = stranger;
        _attestNext();
        vm.prank(owner);
        registry.proposeAttesters(account, friends, 1);
        for (uint256 waited = 0; waited < ROTATION_DELAY; waited += 1 hours) {
            ledger.move(0);
            if (registry.bookIsLive(account)) _submit(_latest(), _healthy(10_000, 500));
            skip(1 hours);
        }
        ledger.move(0);
        _expectStatus(Status.Liquidatable);
        gate.recordLapse(account);
        registry.applyProposal(account);
        _expectStatus(Status.Liquidatable);
    }
}
