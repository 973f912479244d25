// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {Bn254} from "../../contracts/lib/Bn254.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {SettableLedger} from "./support/SettableMarket.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// How the gate and the registry answer hand-written calldata, too little gas, and transactions copied from the
/// mempool.
contract CalldataTest is GateFixture {
    /// Words of `submit`: account, round, claim, and the proof's eight.
    uint256 private constant ROUND_WORD = 1;
    uint256 private constant CLAIM_WORD = 2;
    uint256 private constant PROOF_WORD = 3;
    /// Where the words of the first of a batch begin: after the list's offset and length.
    uint256 private constant BATCH_WORDS = 2;

    function setUp() public override {
        super.setUp();
        _attestNext();
    }

    // --- words ---

    // shows: A9, T9
    /// The same claim modulo r, or modulo 2^96: the curve would accept the first, a decoder that cuts the second.
    function test_submit_refuses_aliased_claim() public {
        uint256 claim = _healthy(11_000, 200);
        uint256[3] memory aliases = [claim + Spec.FIELD_R, claim + (1 << 96), claim + (1 << 255)];
        for (uint256 i = 0; i < aliases.length; ++i) {
            _refused(_with(_single(), CLAIM_WORD, aliases[i]), "");
            _refused(_with(_batch(), BATCH_WORDS + CLAIM_WORD, aliases[i]), "");
        }
    }

    // shows: A9, T9
    function test_submit_refuses_aliased_round() public {
        _refused(_with(_single(), ROUND_WORD, 1 + (1 << 64)), "");
        _refused(_with(_batch(), BATCH_WORDS + ROUND_WORD, 1 + (1 << 64)), "");
    }

    // shows: T9
    function test_submit_refuses_coordinate_out_of_field() public {
        for (uint256 i = 0; i < 8; ++i) {
            bytes memory data = _single();
            uint256 coordinate = _at(data, PROOF_WORD + i) + Spec.FIELD_Q;
            bytes memory error = abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate);
            _refused(_with(data, PROOF_WORD + i, coordinate), error);
            data = _batch();
            coordinate = _at(data, BATCH_WORDS + PROOF_WORD + i) + Spec.FIELD_Q;
            error = abi.encodeWithSelector(FoldedGroth16.CoordinateOutOfField.selector, coordinate);
            _refused(_with(data, BATCH_WORDS + PROOF_WORD + i, coordinate), error);
        }
    }

    function test_submit_refuses_commitment_out_of_field() public {
        AttestedBook memory book = _book(2);
        book.commitment += Spec.FIELD_R;
        Attestation[] memory both = _signatures(account, book);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.CommitmentOutOfField.selector, book.commitment));
        registry.attest(account, book, both);
    }

    // shows: T10
    /// The halves of B as snarkjs writes them.
    function test_submit_refuses_swapped_g2() public {
        bytes memory data = _single();
        bytes memory swapped = data;
        for (uint256 i = 0; i < 4; ++i) {
            swapped = _with(swapped, PROOF_WORD + 2 + i, _at(data, PROOF_WORD + 2 + (i ^ 1)));
        }
        _refused(swapped, abi.encodeWithSelector(Bn254.CurveOperationFailed.selector, 8));
    }

    // shows: A9, T9
    /// Surplus calldata is not read: the statement is the same, and counts once.
    function test_submit_ignores_trailing_words() public {
        bytes memory data = _single();
        (bool done,) = address(gate).call(abi.encodePacked(data, uint256(1), uint256(2)));
        assertTrue(done);
        assertEq(gate.recordOf(account).theta, 11_000);
        _refused(data, abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        // A batch skips it.
        (done,) = address(gate).call(_batch());
        assertTrue(done);
        assertEq(gate.recordOf(account).theta, 11_000);
    }

    // shows: A9, T9
    function test_submit_refuses_missing_words() public {
        _refused(_cut(_single(), 32), "");
        _refused(_cut(_single(), 1), "");
        _refused(_cut(_batch(), 32), "");
        // A batch whose stated length exceeds its data.
        _refused(_with(_batch(), 1, 2), "");
    }

    // shows: P37
    /// One word of a valid submission is altered, two are swapped, or bytes are added or removed. The call does what
    /// the original would, or nothing.
    function test_fuzz_submit_edited_records_no_other_claim(
        uint256 kind,
        uint256 word,
        uint256 value,
        bool inBatch
    ) public {
        bytes memory data = inBatch ? _batch() : _single();
        uint256 words = (data.length - 4) / 32;
        word = bound(word, 0, words - 1);
        kind = bound(kind, 0, 4);
        if (kind == 0) data = _with(data, word, value);
        // Close to the original, as aliases are: one bit flipped, the field's order added, or upper bits set.
        if (kind == 1) data = _with(data, word, _at(data, word) ^ (1 << (value % 256)));
        if (kind == 2) {
            unchecked {
                data = _with(data, word, _at(data, word) + (value % 2 == 0 ? Spec.FIELD_R : Spec.FIELD_Q));
            }
        }
        if (kind == 3) {
            uint256 other = value % words;
            uint256 first = _at(data, word);
            data = _with(_with(data, word, _at(data, other)), other, first);
        }
        if (kind == 4) data = value % 2 == 0 ? _cut(data, value % data.length) : abi.encodePacked(data, value);
        vm.prank(stranger);
        (bool done,) = address(gate).call{gas: 2_000_000}(data);
        if (gate.recordOf(account).theta == 0) {
            assertEq(uint256(gate.statusOf(account)), uint256(Status.Unknown));
        } else {
            assertTrue(done);
            assertEq(gate.recordOf(account).theta, 11_000);
            assertEq(gate.recordOf(account).envelope, 200);
            assertEq(gate.recordOf(account).round, 1);
        }
    }

    // shows: P37
    /// Whatever a stranger sends to any function of gate and registry, no account becomes healthy, and no book and no
    /// attesters change.
    function test_fuzz_calldata_makes_nobody_healthy(uint256 which, bytes memory words, bool aboutTheAccount) public {
        bytes4[9] memory functions = [
            IMarginGate.submit.selector,
            IMarginGate.submitBatch.selector,
            IMarginGate.recordLapse.selector,
            IBookRegistry.attest.selector,
            IBookRegistry.proposeAttesters.selector,
            IBookRegistry.cancelProposal.selector,
            IBookRegistry.applyProposal.selector,
            IBookRegistry.revokeAttester.selector,
            bytes4(keccak256(words))
        ];
        which = bound(which, 0, functions.length - 1);
        bytes memory data = aboutTheAccount
            ? abi.encodePacked(functions[which], account, words)
            : abi.encodePacked(functions[which], words);
        bytes memory before = _registered();
        vm.startPrank(stranger);
        (bool done,) = address(gate).call{gas: 2_000_000}(data);
        (done,) = address(registry).call{gas: 2_000_000}(data);
        vm.stopPrank();
        assertEq(uint256(gate.statusOf(account)), uint256(Status.Unknown));
        assertEq(_registered(), before);
    }

    // --- gas ---

    // shows: A9, T10
    /// With too little gas nothing is recorded. The gate never continues after the verifier has failed.
    function test_fuzz_gas_too_little_records_nothing(uint256 gasGiven, bool inBatch) public {
        gasGiven = bound(gasGiven, 21_000, 600_000);
        bytes memory data = inBatch ? _batch() : _single();
        (bool done,) = address(gate).call{gas: gasGiven}(data);
        if (gasGiven < 200_000) assertFalse(done);
        if (gasGiven >= 500_000) assertTrue(done);
        assertEq(gate.recordOf(account).theta, done ? 11_000 : 0);
        assertEq(uint256(gate.statusOf(account)), uint256(done ? Status.Healthy : Status.Unknown));
    }

    // shows: P36, A9, T10
    function test_fuzz_gas_limit_passes_no_false_proof(uint256 gasGiven, uint256 word, bool inBatch) public {
        gasGiven = bound(gasGiven, 0, 1_000_000);
        word = bound(word, CLAIM_WORD, PROOF_WORD + 7) + (inBatch ? BATCH_WORDS : 0);
        bytes memory data = inBatch ? _batch() : _single();
        (bool done,) = address(gate).call{gas: gasGiven}(_with(data, word, _at(data, word) ^ 1));
        assertFalse(done);
        assertEq(gate.recordOf(account).round, 0);
    }

    function test_fuzz_gas_limit_gives_no_unproven_margin(uint256 gasGiven) public view {
        gasGiven = bound(gasGiven, 0, 200_000);
        (bool done,) = address(gate).staticcall{gas: gasGiven}(
            abi.encodeWithSignature("requireMargin(bytes32,uint256)", account, 10_000)
        );
        assertFalse(done);
    }

    // --- the mempool ---

    // shows: T11, A9
    /// If somebody else relays a book and its proof first, they have their full effect. The registry and the gate then
    /// refuse the originals, and nothing is lost.
    function test_submit_copied_book_and_proof_harmless() public {
        AttestedBook memory book = _book(2);
        Attestation[] memory both = _signatures(account, book);
        vm.prank(stranger);
        registry.attest(account, book, both);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SequenceNotNewer.selector, account, 2, 2));
        registry.attest(account, book, both);

        bytes memory data = _single();
        vm.prank(stranger);
        (bool done,) = address(gate).call(data);
        assertTrue(done);
        _refused(data, abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1));
        _expectStatus(Status.Healthy);
        assertEq(gate.recordOf(account).sequence, 2);
    }

    // --- another gate ---

    /// Two gates over one ledger and one registry say the same of an account, each by a submission of its own.
    function test_proof_bound_to_ledger_and_registry() public {
        MarginGate second = new MarginGate(ledger, registry, Trapdoor.key(), _terms());
        bytes memory data = _single();
        (bool done,) = address(gate).call(data);
        assertTrue(done);
        assertEq(uint256(second.statusOf(account)), uint256(Status.Unknown));
        (done,) = address(second).call(data);
        assertTrue(done);
        assertEq(uint256(second.statusOf(account)), uint256(Status.Healthy));
    }

    // shows: T11
    function test_submit_refuses_proof_of_another_gate() public {
        bytes memory data = _single();
        BookRegistry elsewhere = new BookRegistry(profile, ROTATION_DELAY);
        gate = new MarginGate(ledger, elsewhere, Trapdoor.key(), _terms());
        _refused(data, abi.encodeWithSelector(IBookRegistry.BookNotLive.selector, account));
        SettableLedger other = new SettableLedger(profile, SLEEVE_SLOTS);
        other.move(0);
        gate = new MarginGate(other, registry, Trapdoor.key(), _terms());
        _refused(data, abi.encodeWithSelector(FoldedGroth16.ProofRejected.selector));
    }

    // --- bytes ---

    function _single() private returns (bytes memory) {
        uint96 claim = _healthy(11_000, 200);
        return abi.encodeCall(gate.submit, (account, 1, claim, _prove(account, 1, claim)));
    }

    function _batch() private returns (bytes memory) {
        IMarginGate.Submission[] memory one = new IMarginGate.Submission[](1);
        one[0] = _submission(account, 1, _healthy(11_000, 200));
        return abi.encodeCall(gate.submitBatch, (one));
    }

    function _registered() private view returns (bytes memory) {
        (address[] memory attesters, uint8 threshold) = registry.attestersOf(account);
        return abi.encode(attesters, threshold, registry.bookOf(account));
    }

    function _refused(bytes memory data, bytes memory error) private {
        (bool done, bytes memory reason) = address(gate).call{gas: 2_000_000}(data);
        assertFalse(done);
        assertEq(reason, error);
    }

    function _at(bytes memory data, uint256 word) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(data, 0x24), mul(word, 0x20)))
        }
    }

    function _with(bytes memory data, uint256 word, uint256 value) private pure returns (bytes memory copy) {
        copy = abi.encodePacked(data);
        assembly ("memory-safe") {
            mstore(add(add(copy, 0x24), mul(word, 0x20)), value)
        }
    }

    function _cut(bytes memory data, uint256 count) private pure returns (bytes memory copy) {
        copy = abi.encodePacked(data);
        assembly ("memory-safe") {
            mstore(copy, sub(mload(copy), count))
        }
    }
}
