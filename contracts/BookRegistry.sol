// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Spec} from "./generated/Spec.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {AttesterSet, AttesterSets} from "./lib/AttesterSets.sol";
import {RegistryAccounts} from "./registry/RegistryAccounts.sol";
import {Attestation, AttestedBook, BookState, SleeveTerms} from "./types/Book.sol";

/// Attested books and their sleeves; see IBookRegistry.
contract BookRegistry is EIP712, RegistryAccounts, ERC165 {
    using AttesterSets for AttesterSet;

    bytes32 private constant BOOK_TYPEHASH = keccak256(
        "Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)"
    );
    bytes32 private constant SLEEVED_BOOK_TYPEHASH = keccak256(
        "SleevedBook(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing,"
        "address ledger,uint64 pricedAt,uint16 band,uint64 until,bytes32 shocks)"
    );

    /// @inheritdoc IBookRegistry
    IRiskProfile public immutable profile;
    /// @inheritdoc IBookRegistry
    uint64 public immutable longestBook;
    bytes32 private immutable LISTING;

    /// @inheritdoc IBookRegistry
    mapping(address attester => mapping(uint256 commitment => bool)) public commitmentUsed;

    /// @param profile_ the risk profile; its `bookMaxAge` of now stays the longest life of a book
    /// @param rotationDelay_ seconds; no shorter than a book may live, so that an account whose attesters no longer
    /// sign has lapsed before others can
    constructor(IRiskProfile profile_, uint64 rotationDelay_)
        EIP712("zkmargin BookRegistry", "1")
        RegistryAccounts(rotationDelay_)
    {
        uint64 least = profile_.bookMaxAge();
        if (rotationDelay_ < least) revert RotationDelayTooShort(least, rotationDelay_);
        profile = profile_;
        longestBook = least;
        LISTING = bytes32(profile_.listing());
    }

    /// @inheritdoc IBookRegistry
    function attest(bytes32 account, AttestedBook calldata book, Attestation[] calldata attestations) external {
        Account storage entry = _opened(account);
        _checkBook(account, entry.book, book);
        _accept(account, entry, book, digestOf(account, book), attestations, false);
    }

    /// @inheritdoc IBookRegistry
    function attestWithSleeve(
        bytes32 account,
        AttestedBook calldata book,
        SleeveTerms calldata sleeve,
        Attestation[] calldata attestations
    ) external {
        Account storage entry = _opened(account);
        uint64 most = _checkBook(account, entry.book, book);
        if (entry.book.isolated) revert SleeveOfIsolated(account);
        _checkSleeve(book.asOf, most, sleeve);
        _accept(account, entry, book, sleevedDigestOf(account, book, sleeve), attestations, true);
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
        if (!entry.book.sleeved) revert NoSleeve(account);
        if (entry.sleeveVoidedAt != 0) revert SleeveAlreadyVoided(account, entry.sleeveVoidedAt);
        entry.sleeveVoidedAt = uint40(block.timestamp);
        emit SleeveVoided(account, entry.book.sequence, msg.sender);
    }

    /// @inheritdoc IBookRegistry
    function bookOf(bytes32 account) external view returns (AttestedBook memory) {
        Account storage entry = _accounts[account];
        StoredBook memory book = entry.book;
        return AttestedBook(entry.commitment, book.sequence, book.asOf, book.expiresAt);
    }

    /// @inheritdoc IBookRegistry
    function bookIsLive(bytes32 account) external view returns (bool) {
        StoredBook memory book = _accounts[account].book;
        return _isLive(book.sequence, book.expiresAt, book.brokenAt);
    }

    /// @inheritdoc IBookRegistry
    function bookStateOf(bytes32 account) external view returns (BookState memory) {
        Account storage entry = _accounts[account];
        StoredBook memory book = entry.book;
        return BookState({
            commitment: entry.commitment,
            sequence: book.sequence,
            asOf: book.asOf,
            expiresAt: book.expiresAt,
            attestedAt: book.attestedAt,
            brokenAt: book.brokenAt,
            isolated: book.isolated,
            live: _isLive(book.sequence, book.expiresAt, book.brokenAt)
        });
    }

    /// @inheritdoc IBookRegistry
    function liveBook(bytes32 account)
        external
        view
        returns (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated)
    {
        Account storage entry = _accounts[account];
        StoredBook storage book = entry.book;
        // No copy to memory: what is stored of the book is one word.
        (uint40 expiresAt, uint40 brokenAt) = (book.expiresAt, book.brokenAt);
        (sequence, asOf, isolated) = (book.sequence, book.asOf, book.isolated);
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
        if (!entry.book.sleeved) return (terms, 0, 0);
        (sequence, voidedAt) = (entry.book.sequence, entry.sleeveVoidedAt);
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
        if (!entry.book.sleeved) revert NoSleeve(account);
        if (healthy && entry.sleeveVoidedAt != 0) revert SleeveIsVoid(account, entry.sleeveVoidedAt);
        if (entry.sleeveShocks != shocks) revert SleeveOfOtherShocks(account, shocks, entry.sleeveShocks);
        Sleeve memory sleeve = entry.sleeve;
        if (sleeve.ledger != ledger) revert SleeveOfOtherLedger(account, ledger, sleeve.ledger);
        if (block.timestamp >= sleeve.until) revert SleeveEnded(sleeve.until, uint64(block.timestamp));
        return (sleeve.pricedAt, entry.book.attestedAt, sleeve.band, sleeve.until);
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
    function _checkBook(bytes32 account, StoredBook memory last, AttestedBook calldata book)
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
    function _accept(
        bytes32 account,
        Account storage entry,
        AttestedBook calldata book,
        bytes32 digest,
        Attestation[] calldata attestations,
        bool sleeved
    ) private {
        (uint16 mask, address[] memory signers) =
            _takeSignatures(account, entry, book.commitment, digest, attestations);
        entry.commitment = book.commitment;
        entry.book = StoredBook({
            sequence: uint40(book.sequence),
            asOf: uint40(book.asOf),
            expiresAt: uint40(book.expiresAt),
            attestedAt: uint40(block.timestamp),
            brokenAt: 0,
            signers: mask,
            isolated: entry.book.isolated,
            sleeved: sleeved
        });
        emit BookAttested(account, book.sequence, book.commitment, book.asOf, book.expiresAt, signers);
    }

    /// Checks the signatures, and uses up the commitment for their attesters. Those who have signed the newest book may sign
    /// its commitment again.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param commitment commitment to the book to be attested
    /// @param digest what the attesters have signed
    /// @param attestations the signatures, in strictly ascending order of attester
    /// @return mask the attesters who signed: bit i stands for attester i of the set
    /// @return signers the same attesters, in ascending order
    function _takeSignatures(
        bytes32 account,
        Account storage entry,
        uint256 commitment,
        bytes32 digest,
        Attestation[] calldata attestations
    ) private returns (uint16 mask, address[] memory signers) {
        AttesterSet storage set = entry.attesters;
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
            if (!commitmentUsed[attester][commitment]) {
                commitmentUsed[attester][commitment] = true;
            } else if (entry.commitment != commitment || (entry.book.signers >> index) & 1 == 0) {
                revert CommitmentUsed(attester, commitment);
            }
            if (!SignatureChecker.isValidSignatureNowCalldata(attester, digest, attestations[i].signature)) {
                revert SignatureInvalid(account, attester);
            }
            mask |= uint16(1 << index);
            signers[i] = before = attester;
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

}
