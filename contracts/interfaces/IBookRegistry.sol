// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AttestedBook} from "../lib/Types.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// A signature of a book by one attestor: of an EOA, or what its contract's `isValidSignature` (EIP-1271) accepts.
struct Attestation {
    address attestor;
    bytes signature;
}

/// All that the gate needs to know of an account's newest book.
struct BookStanding {
    uint256 commitment;
    /// 0 if there is no book.
    uint64 sequence;
    uint64 asOf;
    uint64 expiresAt;
    /// Unix seconds at which it was accepted here, and its predecessor died.
    uint64 attestedAt;
    /// Unix seconds at which a revocation or a rotation left it short of its threshold; 0 if none did.
    uint64 brokenAt;
    /// Of the account, for its whole life.
    bool isolated;
    /// There is a book, it has not expired and its signers still meet the threshold.
    bool live;
}

/// Accounts, their required attestors, and the books that these have signed. Attestors sign
/// `Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)` by EIP-712
/// (name "zkmargin BookRegistry", version "1"); anybody may relay the signatures.
///
/// Warning: a book is complete with respect to the registered attestors, and to nobody else. Anyone can open an account
/// with attestors of their own making: whoever relies on an account checks who its attestors are, and whether the
/// threshold can be met without the one they trust.
///
/// A commitment counts once for each attestor, in whatever account: nobody's word that these assets are there counts
/// twice. It is not counted for the registry as a whole: then whoever sees a commitment on its way could burn it in an
/// account with attestors of their own, again and again, and starve the account it is meant for into liquidation.
interface IBookRegistry {
    event AccountOpened(
        bytes32 indexed account,
        address indexed owner,
        bytes32 subaccount,
        bool isolated,
        address[] attestors,
        uint8 threshold
    );
    event BookAttested(
        bytes32 indexed account,
        uint64 indexed sequence,
        uint256 commitment,
        uint64 asOf,
        uint64 expiresAt,
        address[] signers
    );
    /// The account's newest book no longer has the signatures it needs.
    event BookBroken(bytes32 indexed account, uint64 indexed sequence);
    event AttestorsProposed(bytes32 indexed account, address[] attestors, uint8 threshold, uint64 effectiveAt);
    event ProposalCancelled(bytes32 indexed account);
    event AttestorsChanged(bytes32 indexed account, address[] attestors, uint8 threshold);
    event AttestorRevoked(bytes32 indexed account, address indexed attestor);

    error AccountExists(bytes32 account);
    error BookNotLive(bytes32 account);
    error AccountUnknown(bytes32 account);
    error NotOwner(bytes32 account, address expected, address got);
    /// Revoking is for the owner and for the attestor itself.
    error NotOwnerOrAttestor(bytes32 account, address got);
    error AttestorUnknown(bytes32 account, address attestor);
    error AttestorCount(uint256 least, uint256 most, uint256 got);
    error AttestorRepeated(address attestor);
    error AttestorZero();
    error ThresholdOutOfRange(uint256 least, uint256 most, uint256 got);
    error SequenceNotNewer(bytes32 account, uint64 newest, uint64 got);
    error SequenceTooLarge(uint64 most, uint64 got);
    error AsOfInFuture(uint64 latest, uint64 got);
    error AsOfBeforeLast(bytes32 account, uint64 last, uint64 got);
    error BookExpired(uint64 expiresAt, uint64 time);
    error BookLivesTooLong(uint64 most, uint64 got);
    error CommitmentOutOfField(uint256 commitment);
    /// This attestor has signed a book of this commitment before, of this account or another.
    error CommitmentUsed(address attestor, uint256 commitment);
    error TooFewSignatures(uint256 expected, uint256 got);
    /// Attestations stand in strictly ascending order of attestor, so that each counts once.
    error SignersUnordered(address before, address got);
    error SignatureInvalid(bytes32 account, address attestor);
    error NothingProposed(bytes32 account);
    error TooEarly(uint64 effectiveAt, uint64 time);
    error RotationDelayTooShort(uint64 least, uint64 got);

    /// Opens the caller's account of that name. `isolated` holds for its whole life.
    function open(bytes32 subaccount, bool isolated, address[] calldata attestors, uint8 threshold)
        external
        returns (bytes32 account);

    /// Makes `book` the account's newest. It voids every proof of the one before.
    /// @param attestations at least the threshold, each valid, in strictly ascending order of attestor
    function attest(bytes32 account, AttestedBook calldata book, Attestation[] calldata attestations) external;

    /// Proposes other attestors, to take effect after `rotationDelay`; replaces an earlier proposal. Owner only.
    /// Warning: the delay is the time in which creditors can act on an owner who wants friendlier attestors.
    function proposeAttestors(bytes32 account, address[] calldata attestors, uint8 threshold) external;

    /// Withdraws the proposal. Owner only.
    function cancelProposal(bytes32 account) external;

    /// Puts the proposal in force once its time has come. Anybody may call it. The newest book stays only if those of
    /// its signers who stay meet the new threshold.
    function applyProposal(bytes32 account) external;

    /// Strikes an attestor off, at once, and with it its signature under the newest book. For the owner and for the
    /// attestor itself. Warning: the threshold stays; an account with fewer attestors than that gets no new book
    /// before a rotation, and its proof lapses.
    function revokeAttestor(bytes32 account, address attestor) external;

    /// keccak256(owner, subaccount)
    function accountId(address owner, bytes32 subaccount) external pure returns (bytes32);
    /// address(0) if it was never opened.
    function ownerOf(bytes32 account) external view returns (address);
    function isIsolated(bytes32 account) external view returns (bool);
    function isAttestor(bytes32 account, address who) external view returns (bool);
    /// Whether `who` may prove the newest book unhealthy: an attestor, or one that was removed since that book was attested,
    /// by the owner, by a rotation or by itself. Else an owner would remove an attester in front of its proof.
    function isWitness(bytes32 account, address who) external view returns (bool);
    /// Whether the newest book has the signature of `who`, who is still an attestor.
    function hasSigned(bytes32 account, address who) external view returns (bool);
    function attestorsOf(bytes32 account) external view returns (address[] memory attestors, uint8 threshold);
    /// effectiveAt is 0 if nothing is proposed.
    function proposalOf(bytes32 account)
        external
        view
        returns (address[] memory attestors, uint8 threshold, uint64 effectiveAt);
    /// The newest attested book; sequence 0 if there is none. Whether it still counts is `bookIsLive`.
    function bookOf(bytes32 account) external view returns (AttestedBook memory);
    /// True if there is a book, it has not expired, and its signers still meet the threshold.
    function bookIsLive(bytes32 account) external view returns (bool);
    function standingOf(bytes32 account) external view returns (BookStanding memory);
    /// Of the standing, what a proof needs. Reverts with BookNotLive unless the book is live.
    function liveBook(bytes32 account)
        external
        view
        returns (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated);
    /// The hash that an attestor signs.
    function digestOf(bytes32 account, AttestedBook calldata book) external view returns (bytes32);
    /// Whether a book of this commitment with this attestor's signature was accepted, of any account.
    function commitmentUsed(address attestor, uint256 commitment) external view returns (bool);
    /// Where the listing and the longest life of a book come from.
    function profile() external view returns (IRiskProfile);
    /// Seconds between the proposal of other attestors and their time.
    function rotationDelay() external view returns (uint64);
    /// Longest life of a book, seconds, whatever the profile comes to allow: its bookMaxAge when this registry was made.
    /// Else a later profile could have books outlive the delay in which their account must lapse.
    function longestBook() external view returns (uint64);
}
