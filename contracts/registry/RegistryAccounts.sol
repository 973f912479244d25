// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {AttesterSet, AttesterSets} from "../lib/AttesterSets.sol";

/// Accounts, their owners and their attesters, and what is stored of all three; see IBookRegistry.
abstract contract RegistryAccounts is IBookRegistry {
    using AttesterSets for AttesterSet;
    using SafeCast for uint256;

    /// The newest book but for its commitment: one word, as the gate reads it with every proof. The fields follow each
    /// other from the least significant bit.
    struct StoredBook {
        /// Sequence of the book; 0 if there is none.
        uint40 sequence;
        /// Unix seconds that the book is dated.
        uint40 asOf;
        /// Unix seconds from which on the book has expired.
        uint40 expiresAt;
        /// Unix seconds at which the registry accepted the book.
        uint40 attestedAt;
        /// Unix seconds at which the book lost the signatures it needs; 0 if it has them.
        uint40 brokenAt;
        /// Bit i: attester i of the set has signed.
        uint16 signers;
        /// Whether the account is isolated, for its whole life.
        bool isolated;
        /// Whether the book has a sleeve: without it, what is stored of a sleeve is of a book before.
        bool sleeved;
    }

    /// The terms of a sleeve but for their shocks: one word, from the least significant bit.
    struct Sleeve {
        /// As in SleeveTerms.
        address ledger;
        /// As in SleeveTerms.
        uint40 pricedAt;
        /// As in SleeveTerms.
        uint16 band;
        /// As in SleeveTerms.
        uint40 until;
    }

    /// All that is stored of an account.
    struct Account {
        /// The newest book but for its commitment.
        StoredBook book;
        /// Commitment to the newest book.
        uint256 commitment;
        /// Who opened the account; zero if nobody did.
        address owner;
        /// Unix seconds from which on anybody may apply the proposal; 0 if nothing is proposed.
        uint40 effectiveAt;
        /// Unix seconds at which the newest sleeve was voided; 0 if it was not.
        uint40 sleeveVoidedAt;
        /// The attesters now.
        AttesterSet attesters;
        /// The proposed attesters.
        AttesterSet proposal;
        /// The newest sleeve, whether or not the newest book has one.
        Sleeve sleeve;
        /// Its shocks.
        bytes32 sleeveShocks;
    }

    /// @inheritdoc IBookRegistry
    uint64 public immutable rotationDelay;

    mapping(bytes32 account => Account) internal _accounts;
    /// Unix seconds at which an attester was last removed, by the owner, by a rotation or by itself.
    mapping(bytes32 account => mapping(address attester => uint256)) private _removedAt;

    /// @param rotationDelay_ seconds from a proposal of attesters to its earliest effect
    constructor(uint64 rotationDelay_) {
        rotationDelay = rotationDelay_;
    }

    /// @inheritdoc IBookRegistry
    function open(bytes32 subaccount, bool isolated, address[] calldata attesters, uint8 threshold)
        external
        returns (bytes32 account)
    {
        account = accountId(msg.sender, subaccount);
        Account storage opened = _accounts[account];
        if (opened.owner != address(0)) revert AccountExists(account);
        opened.owner = msg.sender;
        opened.book.isolated = isolated;
        opened.attesters.set(attesters, threshold);
        emit AccountOpened(account, msg.sender, subaccount, isolated, attesters, threshold);
    }

    /// @inheritdoc IBookRegistry
    function proposeAttesters(bytes32 account, address[] calldata attesters, uint8 threshold) external {
        Account storage owned = _owned(account);
        owned.proposal.set(attesters, threshold);
        uint256 effectiveAt = block.timestamp + rotationDelay;
        owned.effectiveAt = effectiveAt.toUint40();
        emit AttestersProposed(account, attesters, threshold, uint64(effectiveAt));
    }

    /// @inheritdoc IBookRegistry
    function cancelProposal(bytes32 account) external {
        Account storage owned = _owned(account);
        if (owned.effectiveAt == 0) revert NothingProposed(account);
        owned.effectiveAt = 0;
        delete owned.proposal;
        emit ProposalCancelled(account);
    }

    /// @inheritdoc IBookRegistry
    function applyProposal(bytes32 account) external {
        Account storage entry = _opened(account);
        uint64 effectiveAt = entry.effectiveAt;
        if (effectiveAt == 0) revert NothingProposed(account);
        if (block.timestamp < effectiveAt) revert TooEarly(effectiveAt, uint64(block.timestamp));

        address[] memory attesters = entry.proposal.members;
        uint8 threshold = entry.proposal.threshold;
        uint16 signers = entry.attesters.translate(entry.book.signers, attesters);
        address[] memory before = entry.attesters.members;
        entry.attesters.set(attesters, threshold);
        for (uint256 i = 0; i < before.length; ++i) {
            (bool stays,) = entry.attesters.indexOf(before[i]);
            if (!stays) _removedAt[account][before[i]] = block.timestamp;
        }
        entry.effectiveAt = 0;
        delete entry.proposal;
        emit AttestersChanged(account, attesters, threshold);
        _keepSigners(account, entry, signers);
    }

    /// @inheritdoc IBookRegistry
    function revokeAttester(bytes32 account, address attester) external {
        Account storage entry = _opened(account);
        if (msg.sender != entry.owner && msg.sender != attester) revert NotOwnerOrAttester(account, msg.sender);
        (bool found, uint256 index) = entry.attesters.indexOf(attester);
        if (!found) revert AttesterUnknown(account, attester);
        _removedAt[account][attester] = block.timestamp;
        uint16 signers = entry.attesters.remove(index, entry.book.signers);
        emit AttesterRevoked(account, attester);
        _keepSigners(account, entry, signers);
    }

    /// @inheritdoc IBookRegistry
    function breakBook(bytes32 account) external {
        StoredBook storage book = _owned(account).book;
        if (book.sequence == 0 || book.brokenAt != 0) revert BookNotLive(account);
        _break(account, book);
    }

    /// @inheritdoc IBookRegistry
    function accountId(address owner, bytes32 subaccount) public pure returns (bytes32) {
        return keccak256(abi.encode(owner, subaccount));
    }

    /// @inheritdoc IBookRegistry
    function ownerOf(bytes32 account) external view returns (address) {
        return _accounts[account].owner;
    }

    /// @inheritdoc IBookRegistry
    function isIsolated(bytes32 account) external view returns (bool) {
        return _accounts[account].book.isolated;
    }

    /// @inheritdoc IBookRegistry
    function isAttester(bytes32 account, address who) external view returns (bool found) {
        (found,) = _accounts[account].attesters.indexOf(who);
    }

    /// @inheritdoc IBookRegistry
    function isWitness(bytes32 account, address who) public view returns (bool) {
        Account storage entry = _accounts[account];
        (bool found,) = entry.attesters.indexOf(who);
        uint256 removedAt = _removedAt[account][who];
        return found || (removedAt != 0 && removedAt >= entry.book.attestedAt);
    }

    /// @inheritdoc IBookRegistry
    function hasSigned(bytes32 account, address who) external view returns (bool) {
        Account storage entry = _accounts[account];
        (bool found, uint256 index) = entry.attesters.indexOf(who);
        return found && (entry.book.signers >> index) & 1 == 1;
    }

    /// @inheritdoc IBookRegistry
    function attestersOf(bytes32 account) external view returns (address[] memory attesters, uint8 threshold) {
        AttesterSet storage set = _accounts[account].attesters;
        return (set.members, set.threshold);
    }

    /// @inheritdoc IBookRegistry
    function proposalOf(bytes32 account)
        external
        view
        returns (address[] memory attesters, uint8 threshold, uint64 effectiveAt)
    {
        Account storage entry = _accounts[account];
        return (entry.proposal.members, entry.proposal.threshold, entry.effectiveAt);
    }

    /// Records which of the newest book's signers are left. A broken book stays broken: only a new book replaces it.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param signers mask of the signers who are left
    function _keepSigners(bytes32 account, Account storage entry, uint16 signers) private {
        StoredBook storage book = entry.book;
        book.signers = signers;
        bool whole = book.sequence != 0 && book.brokenAt == 0;
        if (whole && AttesterSets.count(signers) < entry.attesters.threshold) _break(account, book);
    }

    /// Breaks a book, which then proves no health any more.
    /// @param account the account
    /// @param book the account's newest book
    function _break(bytes32 account, StoredBook storage book) private {
        book.brokenAt = uint40(block.timestamp);
        emit BookBroken(account, book.sequence);
    }

    /// What is stored of an account. Reverts if nobody has opened it.
    /// @param account the account
    /// @return opened what is stored of it
    function _opened(bytes32 account) internal view returns (Account storage opened) {
        opened = _accounts[account];
        if (opened.owner == address(0)) revert AccountUnknown(account);
    }

    /// What is stored of the caller's account. Reverts for anybody else's.
    /// @param account the account
    /// @return owned what is stored of it
    function _owned(bytes32 account) internal view returns (Account storage owned) {
        owned = _opened(account);
        if (owned.owner != msg.sender) revert NotOwner(account, owned.owner, msg.sender);
    }
}
