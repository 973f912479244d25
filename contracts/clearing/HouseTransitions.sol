// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Spec} from "../generated/Spec.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {AttestedBook} from "../types/Book.sol";
import {Proof} from "../types/Groth16.sol";
import {Status} from "../types/Status.sol";
import {HealthCall, TRANSITION_NOTES, TransitionCall} from "../types/Transition.sol";
import {HouseAccounts} from "./HouseAccounts.sol";
import {Moves, Place, TransitionWords} from "./TransitionWords.sol";

/// How the book of a cleared account changes: its owner's word, its proof, its place in the registry, and its health; see
/// IClearingHouse.
abstract contract HouseTransitions is HouseAccounts {
    /// A change of one account's book, checked but for its proofs.
    struct Change {
        /// The account.
        bytes32 account;
        /// Commitment to the book afterwards.
        uint256 commitment;
        /// Sequence of the book afterwards.
        uint64 sequence;
        /// Health factor that the book afterwards must exceed, basis points.
        uint256 theta;
        /// Whether it opens no risk.
        bool reduces;
        /// Whether the fund's cap stays as it is.
        bool keepsCap;
        /// Step of the fund's grid for the cap afterwards.
        uint64 capSteps;
        /// Where in calldata a claim of health for the house's gate begins.
        uint256 initialAt;
        /// Where in calldata a claim of health for the stress gate begins.
        uint256 stressAt;
    }

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("zkmargin ClearingHouse");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant TRANSITION_TYPEHASH = keccak256("Transition(bytes32 words,uint64 capSteps)");

    /// Changes the book of one account, outside a trade.
    /// @param call what its owner gives, without notes
    /// @param moves what it moves
    /// @param opens whether it opens risk
    function _changeOne(TransitionCall calldata call, Moves memory moves, bool opens) internal {
        (Change[] memory changes, uint256[][] memory words) = (new Change[](1), new uint256[][](1));
        (changes[0], words[0]) = _prepareOne(call, moves, opens);
        transitions.verify(call.hash, words[0], call.proof);
        _record(changes[0], call.hash, words[0]);
        _requireHealth(changes);
    }

    /// Checks all of a transition outside a trade but its proofs.
    /// @param call what its owner gives, without notes
    /// @param moves what it moves
    /// @param opens whether it opens risk
    /// @return change what is known of it
    /// @return words its words
    function _prepareOne(TransitionCall calldata call, Moves memory moves, bool opens)
        internal
        view
        returns (Change memory change, uint256[] memory words)
    {
        if (call.sides != 0 || call.reduces) revert NoteOutsideTrade(call.account);
        (change, words) = _prepare(call, moves, opens);
    }

    /// Checks all of a transition but its proofs, and makes its words.
    /// @param call what its owner gives
    /// @param moves what it moves; birth and tear-up are filled in here
    /// @param opens whether it opens risk
    /// @return change what is known of it
    /// @return words its words
    function _prepare(TransitionCall calldata call, Moves memory moves, bool opens)
        internal
        view
        returns (Change memory change, uint256[] memory words)
    {
        bytes32 account = call.account;
        _requireOpen(account);
        if (block.timestamp > call.deadline) revert DeadlineOver(call.deadline, uint64(block.timestamp));
        _checkNotes(call);
        AttestedBook memory book = registry.bookOf(account);
        (change.account, change.commitment, change.sequence) = (account, call.newCommitment, book.sequence + 1);
        moves.birth = book.sequence == 0;
        moves.tearUp = defaults.pendingTearUp(_accounts[account].tearUps);
        Place memory at = Place({
            place: TransitionWords.placeOf(account),
            terms: change.sequence | uint256(call.deadline) << 64,
            oldCommitment: book.commitment,
            listing: LISTING
        });
        words = TransitionWords.ofTransition(call, at, KEY_X, KEY_Y, moves);
        _requireOwners(call, words);
        (change.theta, change.reduces) = (_thetaOf(account, opens), !opens);
        (change.capSteps, change.initialAt, change.stressAt) = (call.capSteps, _at(call.initial), _at(call.stress));
    }

    /// Health factor that an account's transition needs: maintenance, or initial margin if it opens risk, or if the account
    /// is liquidatable. Otherwise one unit deposited would end every default.
    /// @param account the account
    /// @param opens whether the transition opens risk
    /// @return basis points
    function _thetaOf(bytes32 account, bool opens) internal view returns (uint256) {
        return opens || gate.statusOf(account) == Status.Liquidatable ? initialMargin : Spec.BPS;
    }

    /// Makes a transition's book the newest, and tells of it. The registry refuses a commitment out of the field.
    /// @param change what is known of it
    /// @param hash what its words hash to
    /// @param words its words
    function _record(Change memory change, uint256 hash, uint256[] memory words) internal {
        _attest(change.account, change.commitment, change.sequence);
        _accounts[change.account].tearUps = defaults.tearUps();
        emit BookChanged(change.account, change.sequence, hash, words);
    }

    /// Submits the claims of changed books, and reverts unless each is healthy enough and the fund takes its cap. The gates
    /// skip a claim that they would refuse: the account is not healthy then.
    /// @param changes the changes
    function _requireHealth(Change[] memory changes) internal {
        _submit(gate, changes, false);
        _submit(stressGate, changes, true);
        for (uint256 i = 0; i < changes.length; ++i) {
            Change memory change = changes[i];
            gate.requireMargin(change.account, change.theta);
            if (!change.keepsCap) fund.setCap(change.account, change.capSteps, change.reduces);
        }
    }

    /// Calls `submitBatch` of a gate with the claims of changed books.
    /// @param to the gate
    /// @param changes the changes
    /// @param stress whether it is the stress gate
    function _submit(IMarginGate to, Change[] memory changes, bool stress) private {
        uint256 field = stress ? 0x100 : 0xe0;
        bytes4 selector = IMarginGate.submitBatch.selector;
        // A HealthCall in calldata is the last ten of the eleven words of a Submission. Saves 1 100 bytes of code, and 2 500
        // gas a claim, over copies of calldata in memory. The gate checks every word.
        assembly ("memory-safe") {
            let count := mload(changes)
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), 0x20)
            mstore(add(data, 0x24), count)
            let end := add(data, 0x44)
            for { let i := 1 } iszero(gt(i, count)) { i := add(i, 1) } {
                let change := mload(add(changes, mul(i, 0x20)))
                mstore(end, mload(change))
                calldatacopy(add(end, 0x20), mload(add(change, field)), 0x140)
                end := add(end, 0x160)
            }
            if iszero(call(gas(), to, 0, data, sub(end, data), 0, 0)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
        }
    }

    /// Where in calldata a claim begins.
    /// @param health the claim
    /// @return at its place
    function _at(HealthCall calldata health) internal pure returns (uint256 at) {
        // Solidity cannot name a place in calldata.
        assembly ("memory-safe") {
            at := health
        }
    }

    /// Reverts unless the caller is the account's owner, or the owner has signed the transition.
    /// @param call what was given
    /// @param words its words
    function _requireOwners(TransitionCall calldata call, uint256[] memory words) private view {
        address owner = _accounts[call.account].owner;
        if (msg.sender == owner) return;
        // The words name chain and house, too: the domain is for wallets, and not kept.
        bytes32 digest = MessageHashUtils.toTypedDataHash(
            keccak256(abi.encode(DOMAIN_TYPEHASH, NAME, VERSION, block.chainid, address(this))),
            keccak256(abi.encode(TRANSITION_TYPEHASH, keccak256(abi.encodePacked(words)), call.capSteps))
        );
        if (!SignatureChecker.isValidSignatureNowCalldata(owner, digest, call.signature)) {
            revert NotOwnersTransition(call.account, owner);
        }
    }

    /// Reverts unless each note has one side and a digest, or neither.
    /// @param call what was given
    function _checkNotes(TransitionCall calldata call) private pure {
        for (uint256 k = 0; k < TRANSITION_NOTES; ++k) {
            uint256 side = (call.sides >> (2 * k)) & 3;
            if (side == 3 || (side == 0) != (call.notes[k] == 0)) revert NoteMalformed(call.account, k);
        }
        bool one = call.sides != 0 && call.sides & (call.sides - 1) == 0;
        if (call.reduces && !one) revert ReducesWithoutNote(call.account);
    }
}
