// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ClearingHouse} from "../../contracts/ClearingHouse.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IClearingHouse} from "../../contracts/interfaces/IClearingHouse.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {BoundWords} from "../../contracts/lib/BoundWords.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {AttestedBook, Attestation} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {TransitionCall} from "../../contracts/types/Transition.sol";
import {WordsTrapdoor} from "./support/Clearing.sol";
import {HouseFixture, Plan} from "./support/HouseFixture.sol";
import {CallingToken, TaxedToken, Token} from "./support/Tokens.sol";

/// What the house refuses, each by its named error. The prover here proves whatever a plan says: only the words hold it.
contract ClearingHouseAttacksTest is HouseFixture {
    function setUp() public override {
        super.setUp();
        _deposit(first, 100e6);
        _deposit(second, 100e6);
    }

    function _refuse(TransitionCall memory made, bytes memory error) private {
        vm.expectRevert(error);
        house.refresh(made);
    }

    function _refuseProof(TransitionCall memory made) private {
        // As its owner: a signature would be of the right words.
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        vm.prank(alice);
        house.refresh(made);
    }

    // shows: A122
    function test_transition_refused_of_another_place() public {
        Plan memory plan = _plan(first);
        plan.house = address(0xbad);
        _refuseProof(_make(plan));
        plan = _plan(first);
        plan.chainId = 2;
        _refuseProof(_make(plan));
        plan = _plan(second);
        plan.oldCommitment = registry.bookOf(first).commitment;
        TransitionCall memory made = _make(plan);
        made.account = first;
        _refuseProof(made);
    }

    // shows: A122
    function test_transition_refused_twice_and_of_old_book() public {
        TransitionCall memory made = _make(_plan(first));
        Plan memory stale = _plan(first);
        house.refresh(made);
        _refuseProof(made);
        // The old commitment under the new sequence.
        stale.sequence = 3;
        _refuseProof(_make(stale));
        stale = _plan(first);
        stale.sequence = 2;
        _refuseProof(_make(stale));
        // A commitment that stood once never stands again.
        house.refresh(_make(_plan(first)));
        Plan memory plan = _plan(first);
        TransitionCall memory again = _make(plan);
        again.newCommitment = made.newCommitment;
        again.proof = _proofOf(plan, again);
        vm.expectRevert(
            abi.encodeWithSelector(IBookRegistry.CommitmentUsed.selector, address(house), made.newCommitment)
        );
        vm.prank(alice);
        house.refresh(again);
    }

    // shows: A122
    function test_transition_refused_with_altered_ciphertext() public {
        TransitionCall memory made = _make(_plan(first));
        made.cipher[3] ^= 1;
        _refuseProof(made);
        // The owner's signature is of another ciphertext as well.
        _refuse(made, abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, first, alice));
        made = _make(_plan(first));
        made.ephemeral[1] ^= 1;
        _refuseProof(made);
    }

    // shows: A122
    function test_transition_refused_to_another_key() public {
        Plan memory plan = _plan(first);
        plan.keyX += 1;
        _refuseProof(_make(plan));
    }

    // shows: A122
    function test_transition_refused_with_word_out_of_field() public {
        TransitionCall memory made = _make(_plan(first));
        made.cipher[0] += Spec.FIELD_R;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BoundWords.BoundWordOutOfField.selector, made.cipher[0]));
        house.refresh(made);
        made = _make(_plan(first));
        made.newCommitment += Spec.FIELD_R;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BoundWords.BoundWordOutOfField.selector, made.newCommitment));
        house.refresh(made);
        made = _make(_plan(first));
        made.hash += Spec.FIELD_R;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(BoundWords.BoundWordOutOfField.selector, made.hash));
        house.refresh(made);
    }

    // shows: A122
    function test_transition_refused_after_deadline() public {
        TransitionCall memory made = _make(_plan(first));
        skip(60);
        uint256 snapshot = vm.snapshotState();
        house.refresh(made);
        vm.revertToState(snapshot);
        skip(1);
        _refuse(made, abi.encodeWithSelector(IClearingHouse.DeadlineOver.selector, made.deadline, block.timestamp));
        // A later deadline is another word.
        made.deadline += 60;
        _refuseProof(made);
    }

    /// Liquidators who have read a book can prove any transition of it. They are not its owner.
    // shows: A125
    function test_transition_refused_without_its_owner() public {
        bytes memory notOwners = abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, first, alice);
        TransitionCall memory made = _make(_plan(first));
        bytes memory signature = made.signature;
        made.signature = "";
        _refuse(made, notOwners);
        made.signature = _make(_plan(first)).signature;
        _refuse(made, notOwners);
        made.signature = signature;
        // The cap is the owner's word, too.
        made.capSteps = 1;
        _refuse(made, notOwners);
        made.capSteps = 0;
        vm.prank(bob);
        house.refresh(made);
        TransitionCall[] memory calls = _sidesOf(first, second, 7);
        calls[0].signature = calls[1].signature;
        vm.expectRevert(
            abi.encodeWithSelector(
                IClearingHouse.NotOwnersTransition.selector, calls[0].account, house.ownerOf(calls[0].account)
            )
        );
        _trade(calls);
    }

    /// A withdrawal is the owner's own call: nobody else chooses where it goes.
    // shows: A125
    function test_withdrawal_refused_from_anybody_else() public {
        Plan memory plan = _plan(first);
        plan.deltaBasis = -1e12;
        TransitionCall memory made = _make(plan);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.NotOwnersTransition.selector, first, alice));
        vm.prank(bob);
        house.withdraw(made, 1, bob);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.RecipientInvalid.selector, address(0)));
        house.withdraw(made, 1, address(0));
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.RecipientInvalid.selector, address(house)));
        house.withdraw(made, 1, address(house));
        vm.stopPrank();
    }

    // shows: A123
    function test_amounts_refused_that_proof_does_not_say() public {
        _fundWith(alice, 10e6);
        Plan memory plan = _plan(first);
        plan.deltaBasis = 10e18;
        TransitionCall memory made = _make(plan);
        vm.startPrank(alice);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        house.deposit(made, 1e6);
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        house.refresh(made);
        uint256 most = uint256(2 ** 127 - 1) / UNIT - 1;
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AmountOutOfRange.selector, most, 0));
        house.deposit(made, 0);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AmountOutOfRange.selector, most, most + 1));
        house.deposit(made, most + 1);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AmountOutOfRange.selector, most, most + 1));
        house.withdraw(made, most + 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.AmountOutOfRange.selector, most, most + 1));
        house.exit(made, (most + 1) * UNIT, alice, 1, made.proof);
        vm.stopPrank();
    }

    // shows: A122
    function test_trade_refused_of_note_used_twice() public {
        bytes memory twice = abi.encodeWithSelector(IClearingHouse.NoteUsedTwice.selector, 5);
        // By one account, on both sides or on one.
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        (one.sides, one.notes[0], one.notes[1]) = (1 | 2 << 2, 5, 5);
        _refuseTrade(_ordered(one, other), twice);
        one.sides = 1 | 1 << 2;
        (other.sides, other.notes[0]) = (2, 5);
        _refuseTrade(_ordered(one, other), twice);
        // By three.
        bytes32 third = _openHouse(makeAddr("carol"));
        Plan[3] memory plans = [_plan(first), _plan(second), _plan(third)];
        TransitionCall[] memory calls = new TransitionCall[](3);
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (plans[j].account < plans[i].account) (plans[i], plans[j]) = (plans[j], plans[i]);
            }
            (plans[i].sides, plans[i].notes[0]) = (i == 0 ? 1 : 2, 5);
            calls[i] = _make(plans[i]);
        }
        vm.expectRevert(twice);
        vm.prank(makeAddr("carol"));
        _trade(calls);
    }

    // shows: A122
    function test_trade_refused_of_half_a_note() public {
        bytes memory half = abi.encodeWithSelector(IClearingHouse.NoteOneSided.selector, 5);
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        (one.sides, one.notes[0]) = (1, 5);
        _refuseTrade(_ordered(one, other), half);
        TransitionCall[] memory calls = new TransitionCall[](1);
        calls[0] = _make(one);
        _refuseTrade(calls, half);
        (other.sides, other.notes[0]) = (1, 5);
        _refuseTrade(_ordered(one, other), abi.encodeWithSelector(IClearingHouse.NoteSidesEqual.selector, 5));
        // Another note, though its digest differs by one.
        (other.sides, other.notes[0]) = (2, 6);
        calls = _ordered(one, other);
        vm.expectPartialRevert(IClearingHouse.NoteOneSided.selector);
        _trade(calls);
        _refuse(_make(one), abi.encodeWithSelector(IClearingHouse.NoteOutsideTrade.selector, first));
    }

    // shows: A122
    function test_trade_refused_of_malformed_notes() public {
        TransitionCall[] memory calls = _sidesOf(first, second, 5);
        bytes32 account = calls[0].account;
        uint8 sides = calls[0].sides;
        calls[0].sides = 3;
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.NoteMalformed.selector, account, 0));
        calls[0].sides = sides | 1 << 6;
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.NoteMalformed.selector, account, 3));
        (calls[0].sides, calls[0].notes[2]) = (sides, 8);
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.NoteMalformed.selector, account, 2));
        (calls[0].notes[2], calls[0].sides, calls[0].notes[0]) = (0, 0, 0);
        calls[0].reduces = true;
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.ReducesWithoutNote.selector, account));
        (calls[0].sides, calls[0].notes[0], calls[0].notes[1]) = (5, 1, 2);
        _refuseTrade(calls, abi.encodeWithSelector(IClearingHouse.ReducesWithoutNote.selector, account));
    }

    // shows: A122
    function test_trade_refused_of_one_account_twice() public {
        TransitionCall[] memory calls = _sidesOf(first, second, 5);
        (calls[0], calls[1]) = (calls[1], calls[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.TradeUnordered.selector, calls[0].account, calls[1].account)
        );
        _trade(calls);
        calls[1] = calls[0];
        vm.expectRevert(
            abi.encodeWithSelector(IClearingHouse.TradeUnordered.selector, calls[0].account, calls[0].account)
        );
        _trade(calls);
    }

    // shows: A122
    function test_trade_refused_with_one_false_proof() public {
        TransitionCall[] memory calls = _sidesOf(first, second, 5);
        calls[1].proof = calls[0].proof;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        _trade(calls);
        calls = _sidesOf(first, second, 5);
        calls[1].initial.proof = calls[0].initial.proof;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        _trade(calls);
        calls = _sidesOf(first, second, 5);
        calls[1].stress.proof = calls[0].stress.proof;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        _trade(calls);
        assertEq(registry.bookOf(first).sequence, 1);
        assertEq(registry.bookOf(second).sequence, 1);
    }

    /// One side has proven too little: neither side's book changes.
    // shows: A122
    function test_trade_refused_below_initial_margin() public {
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        (one.sides, one.notes[0], one.theta) = (1, 5, INITIAL - 1);
        (other.sides, other.notes[0]) = (2, 5);
        _refuseTrade(
            _ordered(one, other), abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, first, INITIAL, INITIAL - 1)
        );
        // Health with dollars added is none.
        one.theta = INITIAL;
        TransitionCall[] memory calls = _ordered(one, other);
        uint256 at = calls[0].account == first ? 0 : 1;
        calls[at].initial = _health(calls[at].newCommitment, _with(_healthy(INITIAL, 0), 1));
        _refuseTrade(calls, abi.encodeWithSelector(IMarginGate.NotHealthy.selector, first, Status.Grace));
        assertEq(registry.bookOf(second).sequence, 1);
    }

    // shows: A126
    function test_trade_refused_beyond_fund() public {
        // Not a member: no cap above 0.
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        (one.sides, one.notes[0], one.capSteps) = (1, 5, 3);
        (other.sides, other.notes[0]) = (2, 5);
        TransitionCall[] memory calls = _ordered(one, other);
        vm.expectRevert();
        _trade(calls);
        // A cap of 0 without its proof under stress.
        one.capSteps = 0;
        calls = _ordered(one, other);
        uint256 at = calls[0].account == first ? 0 : 1;
        calls[at].stress = _health(calls[at].newCommitment, _with(_healthy(10_000, 0), 1));
        vm.expectRevert();
        _trade(calls);
    }

    /// A deposit of one unit, or a note that reduces, at maintenance, ends no default.
    // shows: A127
    function test_transition_of_liquidatable_refused_below_initial_margin() public {
        _pass(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        _expectStatus(first, Status.Liquidatable);
        bytes memory low = abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, first, INITIAL, 10_000);
        _fundWith(alice, 2);
        Plan memory plan = _plan(first);
        (plan.deltaBasis, plan.theta) = (1e12, 10_000);
        TransitionCall memory made = _make(plan);
        vm.expectRevert(low);
        vm.prank(alice);
        house.deposit(made, 1);
        uint256[] memory quotes = ledger.quotes();
        (Plan memory one, Plan memory other) = (_plan(first), _plan(second));
        (one.sides, one.notes[0], one.reduces, one.theta) = (2, 9, true, 10_000);
        for (uint256 u = 0; u < 16; ++u) {
            one.box[u] = uint256(uint64(quotes[u])) + 2 ** 65 + (uint256(uint64(quotes[u] >> 64)) + 2 ** 65) * 2 ** 66;
        }
        (other.sides, other.notes[0]) = (1, 9);
        TransitionCall[] memory calls = _ordered(one, other);
        uint64 round = _latest();
        vm.expectRevert(low);
        house.trade(calls, round, quotes);
        uint256 commitment = registry.bookOf(first).commitment;
        (made.initial, made.stress) = (_health(commitment, _healthy(10_000, 0)), _health(commitment, _stressClaim(0)));
        vm.expectRevert(low);
        vm.prank(alice);
        house.renew(first, made.initial, made.stress, 0);
    }

    /// A default that is on record is lifted in the same call, or the call fails: a proof of the mark's own round does not.
    // shows: A127
    function test_transition_of_marked_account_lifts_mark_or_fails() public {
        _pass(MAX_PROOF_AGE + GRACE_PERIOD + 1);
        gate.recordLapse(first);
        TransitionCall memory made = _make(_plan(first));
        _refuse(made, abi.encodeWithSelector(IMarginGate.NotHealthy.selector, first, Status.Liquidatable));
        skip(1);
        ledger.move(0);
        house.refresh(_make(_plan(first)));
        _expectStatus(first, Status.Healthy);
    }

    /// EIP-1271 outside of the house's own call.
    // shows: A128
    function test_house_signs_nothing_outside_its_call() public {
        AttestedBook memory book = AttestedBook({
            commitment: registry.bookOf(first).commitment,
            sequence: type(uint40).max,
            asOf: uint64(block.timestamp),
            expiresAt: uint64(block.timestamp) + 1
        });
        Attestation[] memory attestations = new Attestation[](1);
        attestations[0] = Attestation(address(house), "");
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, first, address(house)));
        registry.attest(first, book, attestations);
        assertEq(house.isValidSignature(0, ""), bytes4(0xffffffff));
        bytes32 digest = registry.digestOf(first, book);
        vm.prank(address(registry));
        assertEq(house.isValidSignature(digest, ""), bytes4(0xffffffff));
        vm.prank(address(registry));
        assertEq(house.isValidSignature(0, ""), bytes4(0xffffffff));
    }

    /// An owner has no account in the registry that it could rotate, revoke or break.
    // shows: A128
    function test_owner_governs_nothing_in_registry() public {
        address[] memory friends = new address[](1);
        friends[0] = alice;
        bytes memory notOwner =
            abi.encodeWithSelector(IBookRegistry.NotOwner.selector, first, address(house), alice);
        vm.startPrank(alice);
        vm.expectRevert(notOwner);
        registry.proposeAttesters(first, friends, 1);
        vm.expectRevert(notOwner);
        registry.breakBook(first);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.NotOwnerOrAttester.selector, first, alice));
        registry.revokeAttester(first, address(house));
        vm.stopPrank();
    }

    /// A withdrawal cannot go on backing trades: the book that the next proofs are of has it no more.
    // shows: A123
    function test_withdrawal_is_debited_when_asked() public {
        Plan memory plan = _plan(first);
        plan.deltaBasis = -60e18;
        TransitionCall memory made = _make(plan);
        // The book before the debit is not what the proofs may be of.
        TransitionCall memory stale = _make(_plan(first));
        made.initial = stale.initial;
        vm.expectRevert(FoldedGroth16.ProofRejected.selector);
        vm.prank(alice);
        house.withdraw(made, 60e6, alice);
        _withdraw(first, 60e6);
        assertEq(house.held(), 140e6);
        assertEq(registry.bookOf(first).sequence, 2);
        _refuseProof(stale);
    }

    function test_deposit_refused_of_taxed_token() public {
        TaxedToken taxed = new TaxedToken();
        usd = Token(address(taxed));
        (defaults, fund, house) = _deploy(_houseTerms());
        first = _openHouse(alice);
        _fundWith(alice, 100);
        Plan memory plan = _plan(first);
        plan.deltaBasis = 100;
        TransitionCall memory made = _make(plan);
        vm.expectRevert(abi.encodeWithSelector(IClearingHouse.TokenAmountWrong.selector, 100, 99));
        vm.prank(alice);
        house.deposit(made, 100);
    }

    // shows: A123
    function test_deposit_refused_reentered_by_token() public {
        CallingToken calling = new CallingToken();
        usd = Token(address(calling));
        (defaults, fund, house) = _deploy(_houseTerms());
        first = _openHouse(alice);
        _fundWith(alice, 100);
        Plan memory plan = _plan(first);
        plan.deltaBasis = 100;
        TransitionCall memory made = _make(plan);
        calling.callOnTransfer(address(house), abi.encodeCall(ClearingHouse.pay, (first)));
        vm.prank(alice);
        house.deposit(made, 100);
        assertFalse(calling.succeeded());
        assertEq(bytes4(calling.answer()), bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    }

    function _proofOf(Plan memory plan, TransitionCall memory made) private view returns (Proof memory) {
        return WordsTrapdoor.prove(probe, made.hash, _words(plan, made), 3);
    }
}
