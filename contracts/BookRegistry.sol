// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "./generated/Spec.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {AttesterSet, AttesterSets} from "./lib/AttesterSets.sol";
import {Attestation, AttestedBook, BookStanding, SleeveTerms} from "./types/Book.sol";

/// Accounts, attesters and attested books; see IBookRegistry.
contract BookRegistry is IBookRegistry, EIP712, ERC165 {
    using AttesterSets for AttesterSet;
    using SafeCast for uint256;

    bytes32 private constant BOOK_TYPEHASH = keccak256(
        "Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)"
    );
    bytes32 private constant SLEEVED_BOOK_TYPEHASH = keccak256(
        "SleevedBook(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing,"
        "address ledger,uint64 pricedAt,uint16 band,uint64 until,bytes32 shocks)"
    );

    /// The newest book but for its commitment: one word, as the gate reads it with every proof. The fields follow each
    /// other from the least significant bit.
    struct Standing {
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
        Standing standing;
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
    IRiskProfile public immutable profile;
    /// @inheritdoc IBookRegistry
    uint64 public immutable rotationDelay;
    /// @inheritdoc IBookRegistry
    uint64 public immutable longestBook;
    bytes32 private immutable LISTING;

    mapping(bytes32 account => Account) private _accounts;
    /// Unix seconds at which an attester was last removed, by the owner, by a rotation or by itself.
    mapping(bytes32 account => mapping(address attester => uint256)) private _removedAt;
    /// @inheritdoc IBookRegistry
    mapping(address attester => mapping(uint256 commitment => bool)) public commitmentUsed;

    /// @param profile_ the risk profile; its `bookMaxAge` of now stays the longest life of a book
    /// @param rotationDelay_ seconds; no shorter than a book may live, so that an account whose attesters no longer
    /// sign has lapsed before others can
    constructor(IRiskProfile profile_, uint64 rotationDelay_) EIP712("zkmargin BookRegistry", "1") {
        uint64 least = profile_.bookMaxAge();
        if (rotationDelay_ < least) revert RotationDelayTooShort(least, rotationDelay_);
        profile = profile_;
        rotationDelay = rotationDelay_;
        longestBook = least;
        LISTING = bytes32(profile_.listing());
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
        opened.standing.isolated = isolated;
        opened.attesters.set(attesters, threshold);
        emit AccountOpened(account, msg.sender, subaccount, isolated, attesters, threshold);
    }

    /// @inheritdoc IBookRegistry
    function attest(bytes32 account, AttestedBook calldata book, Attestation[] calldata attestations) external {
        Account storage entry = _opened(account);
        _checkBook(account, entry.standing, book);
        _take(account, entry, book, digestOf(account, book), attestations, false);
    }

    /// @inheritdoc IBookRegistry
    function attestWithSleeve(
        bytes32 account,
        AttestedBook calldata book,
        SleeveTerms calldata sleeve,
        Attestation[] calldata attestations
    ) external {
        Account storage entry = _opened(account);
        uint64 most = _checkBook(account, entry.standing, book);
        if (entry.standing.isolated) revert SleeveOfIsolated(account);
        _checkSleeve(book.asOf, most, sleeve);
        _take(account, entry, book, sleevedDigestOf(account, book, sleeve), attestations, true);
        entry.sleeve = Sleeve(sleeve.ledger, uint40(sleeve.pricedAt), sleeve.band, uint40(sleeve.until));
        (entry.sleeveShocks, entry.sleeveVoidedAt) = (sleeve.shocks, 0);
        emit SleeveAttested(
            account, book.sequence, sleeve.ledger, sleeve.pricedAt, sleeve.band, sleeve.until, sleeve.shocks
        );
    }

    /// @inheritdoc IBookRegistry
    function voidSleeve(bytes32 account) external {
        Account storage entry = _opened(account);
        if (msg.sender != entry.owner && !isWitness(account, msg.sender)) {
            revert NotOwnerOrWitness(account, msg.sender);
        }
        if (!entry.standing.sleeved) revert NoSleeve(account);
        if (entry.sleeveVoidedAt != 0) revert SleeveAlreadyVoided(account, entry.sleeveVoidedAt);
        entry.sleeveVoidedAt = uint40(block.timestamp);
        emit SleeveVoided(account, entry.standing.sequence, msg.sender);
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
        uint16 signers = entry.attesters.translate(entry.standing.signers, attesters);
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
        uint16 signers = entry.attesters.remove(index, entry.standing.signers);
        emit AttesterRevoked(account, attester);
        _keepSigners(account, entry, signers);
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
        return _accounts[account].standing.isolated;
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
        return found || (removedAt != 0 && removedAt >= entry.standing.attestedAt);
    }

    /// @inheritdoc IBookRegistry
    function hasSigned(bytes32 account, address who) external view returns (bool) {
        Account storage entry = _accounts[account];
        (bool found, uint256 index) = entry.attesters.indexOf(who);
        return found && (entry.standing.signers >> index) & 1 == 1;
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

    /// @inheritdoc IBookRegistry
    function bookOf(bytes32 account) external view returns (AttestedBook memory) {
        Account storage entry = _accounts[account];
        Standing memory standing = entry.standing;
        return AttestedBook(entry.commitment, standing.sequence, standing.asOf, standing.expiresAt);
    }

    /// @inheritdoc IBookRegistry
    function bookIsLive(bytes32 account) external view returns (bool) {
        Standing memory standing = _accounts[account].standing;
        return _isLive(standing.sequence, standing.expiresAt, standing.brokenAt);
    }

    /// @inheritdoc IBookRegistry
    function standingOf(bytes32 account) external view returns (BookStanding memory) {
        Account storage entry = _accounts[account];
        Standing memory standing = entry.standing;
        return BookStanding({
            commitment: entry.commitment,
            sequence: standing.sequence,
            asOf: standing.asOf,
            expiresAt: standing.expiresAt,
            attestedAt: standing.attestedAt,
            brokenAt: standing.brokenAt,
            isolated: standing.isolated,
            live: _isLive(standing.sequence, standing.expiresAt, standing.brokenAt)
        });
    }

    /// @inheritdoc IBookRegistry
    function liveBook(bytes32 account)
        external
        view
        returns (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated)
    {
        Account storage entry = _accounts[account];
        Standing storage standing = entry.standing;
        // No copy to memory: the standing is one word of storage.
        (uint40 expiresAt, uint40 brokenAt) = (standing.expiresAt, standing.brokenAt);
        (sequence, asOf, isolated) = (standing.sequence, standing.asOf, standing.isolated);
        if (!_isLive(sequence, expiresAt, brokenAt)) revert BookNotLive(account);
        commitment = entry.commitment;
    }

    /// @inheritdoc IBookRegistry
    function sleeveOf(bytes32 account)
        external
        view
        returns (SleeveTerms memory terms, uint64 sequence, uint64 voidedAt)
    {
        Account storage entry = _accounts[account];
        if (!entry.standing.sleeved) return (terms, 0, 0);
        (sequence, voidedAt) = (entry.standing.sequence, entry.sleeveVoidedAt);
        Sleeve storage sleeve = entry.sleeve;
        terms = SleeveTerms(sleeve.ledger, sleeve.pricedAt, sleeve.band, sleeve.until, entry.sleeveShocks);
    }

    /// @inheritdoc IBookRegistry
    function liveSleeve(bytes32 account, address ledger, bytes32 shocks, bool healthy)
        external
        view
        returns (uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 until)
    {
        Account storage entry = _accounts[account];
        if (!entry.standing.sleeved) revert NoSleeve(account);
        if (healthy && entry.sleeveVoidedAt != 0) revert SleeveIsVoid(account, entry.sleeveVoidedAt);
        if (entry.sleeveShocks != shocks) revert SleeveOfOtherShocks(account, shocks, entry.sleeveShocks);
        Sleeve memory sleeve = entry.sleeve;
        if (sleeve.ledger != ledger) revert SleeveOfOtherLedger(account, ledger, sleeve.ledger);
        if (block.timestamp >= sleeve.until) revert SleeveEnded(sleeve.until, uint64(block.timestamp));
        return (sleeve.pricedAt, entry.standing.attestedAt, sleeve.band, sleeve.until);
    }

    /// @inheritdoc IBookRegistry
    function digestOf(bytes32 account, AttestedBook calldata book) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(BOOK_TYPEHASH, account, book.commitment, book.sequence, book.asOf, book.expiresAt, LISTING)
            )
        );
    }

    /// @inheritdoc IBookRegistry
    function sleevedDigestOf(bytes32 account, AttestedBook calldata book, SleeveTerms calldata sleeve)
        public
        view
        returns (bytes32)
    {
        // In two parts, as the stack has no room for all. Every part is a whole word.
        bytes memory ofBook = abi.encode(
            SLEEVED_BOOK_TYPEHASH, account, book.commitment, book.sequence, book.asOf, book.expiresAt, LISTING
        );
        return _hashTypedDataV4(keccak256(bytes.concat(ofBook, abi.encode(sleeve))));
    }

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IBookRegistry).interfaceId || super.supportsInterface(id);
    }

    /// Reverts unless the book's sequence and times may follow those of the newest book, and its commitment is one.
    /// @param account the account
    /// @param last the newest book but for its commitment
    /// @param book the book to be attested
    /// @return most longest life of a book and of a sleeve now, seconds
    function _checkBook(bytes32 account, Standing memory last, AttestedBook calldata book)
        private
        view
        returns (uint64 most)
    {
        uint64 time = uint64(block.timestamp);
        if (book.sequence <= last.sequence) revert SequenceNotNewer(account, last.sequence, book.sequence);
        if (book.sequence > type(uint40).max) revert SequenceTooLarge(type(uint40).max, book.sequence);
        if (book.asOf > time) revert AsOfInFuture(time, book.asOf);
        if (book.asOf < last.asOf) revert AsOfBeforeLast(account, last.asOf, book.asOf);
        if (book.expiresAt <= time) revert BookExpired(book.expiresAt, time);
        most = profile.bookMaxAge();
        if (most > longestBook) most = longestBook;
        if (book.expiresAt - book.asOf > most) revert BookLivesTooLong(most, book.expiresAt - book.asOf);
        if (book.commitment >= Spec.FIELD_R) revert CommitmentOutOfField(book.commitment);
    }

    /// Reverts unless a sleeve's terms are within their bounds. What they say of the market, each gate checks.
    /// @param asOf Unix seconds that its book is dated
    /// @param most longest life of a sleeve now, seconds
    /// @param sleeve the terms
    function _checkSleeve(uint64 asOf, uint64 most, SleeveTerms calldata sleeve) private view {
        if (sleeve.pricedAt == 0 || sleeve.pricedAt > type(uint40).max) {
            revert SleeveRoundOutOfRange(type(uint40).max, sleeve.pricedAt);
        }
        if (sleeve.band == 0 || sleeve.band > Spec.SLEEVE_BAND_MAX) {
            revert SleeveBandOutOfRange(Spec.SLEEVE_BAND_MAX, sleeve.band);
        }
        if (sleeve.until <= block.timestamp) revert SleeveEnded(sleeve.until, uint64(block.timestamp));
        if (sleeve.until - asOf > most) revert SleeveLivesTooLong(most, sleeve.until - asOf);
    }

    /// Makes a book the account's newest, by its signatures.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param book the book, which has been checked
    /// @param digest what its attesters have signed
    /// @param attestations the signatures, in strictly ascending order of attester
    /// @param sleeved whether the book has a sleeve
    function _take(
        bytes32 account,
        Account storage entry,
        AttestedBook calldata book,
        bytes32 digest,
        Attestation[] calldata attestations,
        bool sleeved
    ) private {
        (uint16 mask, address[] memory signers) =
            _takeSignatures(account, entry.attesters, book.commitment, digest, attestations);
        entry.commitment = book.commitment;
        entry.standing = Standing({
            sequence: uint40(book.sequence),
            asOf: uint40(book.asOf),
            expiresAt: uint40(book.expiresAt),
            attestedAt: uint40(block.timestamp),
            brokenAt: 0,
            signers: mask,
            isolated: entry.standing.isolated,
            sleeved: sleeved
        });
        emit BookAttested(account, book.sequence, book.commitment, book.asOf, book.expiresAt, signers);
    }

    /// Checks the signatures, and uses up the commitment for their attesters.
    /// @param account the account
    /// @param set the account's attesters
    /// @param commitment commitment to the book to be attested
    /// @param digest what the attesters have signed
    /// @param attestations the signatures, in strictly ascending order of attester
    /// @return mask the attesters who signed: bit i stands for attester i of the set
    /// @return signers the same attesters, in ascending order
    function _takeSignatures(
        bytes32 account,
        AttesterSet storage set,
        uint256 commitment,
        bytes32 digest,
        Attestation[] calldata attestations
    ) private returns (uint16 mask, address[] memory signers) {
        if (attestations.length < set.threshold) {
            revert TooFewSignatures(set.threshold, attestations.length);
        }
        signers = new address[](attestations.length);
        address before;
        for (uint256 i = 0; i < attestations.length; ++i) {
            address attester = attestations[i].attester;
            if (attester <= before) revert SignersUnordered(before, attester);
            (bool found, uint256 index) = set.indexOf(attester);
            if (!found) revert AttesterUnknown(account, attester);
            if (commitmentUsed[attester][commitment]) revert CommitmentUsed(attester, commitment);
            commitmentUsed[attester][commitment] = true;
            if (!SignatureChecker.isValidSignatureNowCalldata(attester, digest, attestations[i].signature)) {
                revert SignatureInvalid(account, attester);
            }
            mask |= uint16(1 << index);
            signers[i] = before = attester;
        }
    }

    /// Records which of the newest book's signers are left. A broken book stays broken: only a new book replaces it.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param signers mask of the signers who are left
    function _keepSigners(bytes32 account, Account storage entry, uint16 signers) private {
        Standing storage standing = entry.standing;
        standing.signers = signers;
        bool whole = standing.sequence != 0 && standing.brokenAt == 0;
        if (whole && AttesterSets.count(signers) < entry.attesters.threshold) {
            standing.brokenAt = uint40(block.timestamp);
            emit BookBroken(account, standing.sequence);
        }
    }

    /// Whether a book counts: there is one, its signatures are whole, and it has not expired.
    /// @param sequence sequence of the book; 0 if there is none
    /// @param expiresAt Unix seconds from which on it has expired
    /// @param brokenAt Unix seconds at which it lost the signatures it needs; 0 if it has them
    /// @return whether it counts now
    function _isLive(uint256 sequence, uint256 expiresAt, uint256 brokenAt) private view returns (bool) {
        return sequence != 0 && brokenAt == 0 && block.timestamp < expiresAt;
    }

    /// What is stored of an account. Reverts if nobody has opened it.
    /// @param account the account
    /// @return opened what is stored of it
    function _opened(bytes32 account) private view returns (Account storage opened) {
        opened = _accounts[account];
        if (opened.owner == address(0)) revert AccountUnknown(account);
    }

    /// What is stored of the caller's account. Reverts for anybody else's.
    /// @param account the account
    /// @return owned what is stored of it
    function _owned(bytes32 account) private view returns (Account storage owned) {
        owned = _opened(account);
        if (owned.owner != msg.sender) revert NotOwner(account, owned.owner, msg.sender);
    }
}
