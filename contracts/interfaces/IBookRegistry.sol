// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {AttestedBook, Attestation, BookState, SleeveTerms} from "../types/Book.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// Accounts, their required attesters, and the books that these have signed. Attesters sign
/// `Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)` by EIP-712
/// (name "zkmargin BookRegistry", version "1"). Anybody may relay the signatures.
///
/// A book with options or other positions that are not linear in a price has a sleeve: numbers that its attesters have
/// computed, and for which they answer. They sign such a book as `SleevedBook(bytes32 account,uint256 commitment,
/// uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing,address ledger,uint64 pricedAt,uint16 band,
/// uint64 until,bytes32 shocks)`, without the spaces after commas. Neither signature passes for the other.
///
/// Warning: a book is complete with respect to the registered attesters, and to nobody else. Anyone can open an account
/// with attesters of their own making. If you rely on an account, check who its attesters are. Check also whether the
/// threshold can be met without the attester that you trust.
///
/// A commitment counts once for each attester, in whatever account. So nobody's word that these assets are there counts
/// twice. An attester that has signed the newest book may sign its commitment again for the same account: that renews
/// the book, with a new sequence and new times. A commitment is not used up for the registry as a whole. Otherwise an attacker who sees one in the mempool
/// could use it up in an account with attesters of their own. Repeating that would starve the intended account into
/// liquidation.
interface IBookRegistry {
    /// An owner has opened an account.
    /// @param account the account's identifier: see `accountId`
    /// @param owner the address that opened the account and owns it for good
    /// @param subaccount the owner's name for the account
    /// @param isolated whether the account may hold at most one perpetual and one collateral asset
    /// @param attesters the account's attesters, 1 to 16
    /// @param threshold how many attesters must sign a book, 1 to the number of attesters
    event AccountOpened(
        bytes32 indexed account,
        address indexed owner,
        bytes32 subaccount,
        bool isolated,
        address[] attesters,
        uint8 threshold
    );
    /// A book has become the account's newest.
    /// @param account the account that the book is of
    /// @param sequence sequence of the book, above that of the book before it, at most 2^40 − 1
    /// @param commitment commitment to the book, below the field's order r
    /// @param asOf Unix seconds that the book is dated
    /// @param expiresAt Unix seconds from which on the book has expired
    /// @param signers the attesters who signed, in strictly ascending order
    event BookAttested(
        bytes32 indexed account,
        uint64 indexed sequence,
        uint256 commitment,
        uint64 asOf,
        uint64 expiresAt,
        address[] signers
    );
    /// The account's newest book no longer has the signatures it needs, or its owner has broken it.
    /// @param account the account that the book is of
    /// @param sequence sequence of the broken book
    event BookBroken(bytes32 indexed account, uint64 indexed sequence);
    /// The book that has become the account's newest has a sleeve. BookAttested of that sequence comes before.
    /// @param account the account that the book is of
    /// @param sequence sequence of the book
    /// @param ledger the ledger of the round that the sleeve was priced at
    /// @param pricedAt number of that round, 1 to 2^40 − 1
    /// @param band relative move of prices through which the sleeve holds, basis points, 1 to 2 000
    /// @param until Unix seconds from which on the sleeve no longer holds
    /// @param shocks what the profile's shocks hash to that the sleeve was made for
    event SleeveAttested(
        bytes32 indexed account,
        uint64 indexed sequence,
        address ledger,
        uint64 pricedAt,
        uint16 band,
        uint64 until,
        bytes32 shocks
    );
    /// The sleeve of the newest book proves no health any more.
    /// @param account the account that the book is of
    /// @param sequence sequence of the book
    /// @param by the owner or the witness who voided it
    event SleeveVoided(bytes32 indexed account, uint64 indexed sequence, address by);
    /// The owner has proposed other attesters, in place of an earlier proposal.
    /// @param account the account whose attesters are to change
    /// @param attesters the proposed attesters, 1 to 16
    /// @param threshold how many of them must sign a book, 1 to their number
    /// @param effectiveAt Unix seconds from which on anybody may apply the proposal
    event AttestersProposed(bytes32 indexed account, address[] attesters, uint8 threshold, uint64 effectiveAt);
    /// The owner has withdrawn the proposal.
    /// @param account the account whose attesters stay
    event ProposalCancelled(bytes32 indexed account);
    /// The proposal has taken effect.
    /// @param account the account whose attesters have changed
    /// @param attesters the account's attesters from now on, 1 to 16
    /// @param threshold how many of them must sign a book, 1 to their number
    event AttestersChanged(bytes32 indexed account, address[] attesters, uint8 threshold);
    /// The owner, or the attester itself, has revoked an attester.
    /// @param account the account that has lost the attester
    /// @param attester the revoked attester
    event AttesterRevoked(bytes32 indexed account, address indexed attester);

    /// The owner has already opened an account of that name.
    /// @param account the account that exists
    error AccountExists(bytes32 account);
    /// There is no book, it has expired, or it is broken.
    /// @param account the account without a live book
    error BookNotLive(bytes32 account);
    /// Nobody has opened this account.
    /// @param account the identifier that was given
    error AccountUnknown(bytes32 account);
    /// Only the account's owner may do this.
    /// @param account the account
    /// @param expected the account's owner
    /// @param got the caller
    error NotOwner(bytes32 account, address expected, address got);
    /// Only the owner and the attester itself may revoke an attester.
    /// @param account the account
    /// @param got the caller
    error NotOwnerOrAttester(bytes32 account, address got);
    /// This address is no attester of the account.
    /// @param account the account
    /// @param attester the address that was given
    error AttesterUnknown(bytes32 account, address attester);
    /// A set of attesters is empty or too large.
    /// @param least fewest attesters, 1
    /// @param most most attesters, 16
    /// @param got the number of attesters that was given
    error AttesterCount(uint256 least, uint256 most, uint256 got);
    /// A set names an attester twice.
    /// @param attester the repeated attester
    error AttesterRepeated(address attester);
    /// A set names the zero address.
    error AttesterZero();
    /// A set of attesters could not meet the threshold, or would not need to.
    /// @param least lowest threshold, 1
    /// @param most highest threshold: the number of attesters
    /// @param got the threshold that was given
    error ThresholdOutOfRange(uint256 least, uint256 most, uint256 got);
    /// The book's sequence is not above that of the newest book.
    /// @param account the account
    /// @param newest sequence of the account's newest book, 0 if there is none
    /// @param got sequence of the refused book
    error SequenceNotNewer(bytes32 account, uint64 newest, uint64 got);
    /// The book's sequence does not fit its 40 bits.
    /// @param most highest sequence, 2^40 − 1
    /// @param got sequence of the refused book
    error SequenceTooLarge(uint64 most, uint64 got);
    /// The book is dated later than the block.
    /// @param latest Unix seconds of the block
    /// @param got Unix seconds that the refused book is dated
    error AsOfInFuture(uint64 latest, uint64 got);
    /// The book is dated earlier than the newest book.
    /// @param account the account
    /// @param last Unix seconds that the account's newest book is dated
    /// @param got Unix seconds that the refused book is dated
    error AsOfBeforeLast(bytes32 account, uint64 last, uint64 got);
    /// The book has already expired.
    /// @param expiresAt Unix seconds at which the refused book expired
    /// @param time Unix seconds of the block
    error BookExpired(uint64 expiresAt, uint64 time);
    /// The book lives too long, counted from `asOf` to `expiresAt`.
    /// @param most longest life, seconds: the lesser of the profile's `bookMaxAge` and `longestBook`
    /// @param got life of the refused book, seconds
    error BookLivesTooLong(uint64 most, uint64 got);
    /// The commitment is not below the field's order r.
    /// @param commitment commitment of the refused book
    error CommitmentOutOfField(uint256 commitment);
    /// The registry has already accepted this attester's signature of this commitment, in this account or another. It may
    /// come again only for the account whose newest book has it.
    /// @param attester the attester that signed twice
    /// @param commitment the commitment that it signed
    error CommitmentUsed(address attester, uint256 commitment);
    /// Fewer attestations were given than the threshold.
    /// @param expected the account's threshold
    /// @param got the number of attestations
    error TooFewSignatures(uint256 expected, uint256 got);
    /// Attestations must be in strictly ascending order of attester, so that each counts once.
    /// @param before attester of the attestation before, zero if there is none
    /// @param got attester that is not above it
    error SignersUnordered(address before, address got);
    /// The signature is not this attester's signature of the book.
    /// @param account the account
    /// @param attester the attester whose signature was given
    error SignatureInvalid(bytes32 account, address attester);
    /// An isolated account's book may have no sleeve.
    /// @param account the account
    error SleeveOfIsolated(bytes32 account);
    /// The number of the round that a sleeve was priced at is 0 or does not fit its 40 bits.
    /// @param most highest number, 2^40 − 1
    /// @param got the number that was given
    error SleeveRoundOutOfRange(uint64 most, uint64 got);
    /// The band of a sleeve is 0 or too wide.
    /// @param most widest band, basis points: 2 000
    /// @param got the band that was given, basis points
    error SleeveBandOutOfRange(uint256 most, uint256 got);
    /// The sleeve has already ended.
    /// @param until Unix seconds at which the refused sleeve ended
    /// @param time Unix seconds of the block
    error SleeveEnded(uint64 until, uint64 time);
    /// The sleeve lives too long, counted from its book's `asOf` to its `until`.
    /// @param most longest life, seconds: the lesser of the profile's `bookMaxAge` and `longestBook`
    /// @param got life of the refused sleeve, seconds
    error SleeveLivesTooLong(uint64 most, uint64 got);
    /// The newest book has no sleeve.
    /// @param account the account
    error NoSleeve(bytes32 account);
    /// The newest book's sleeve was priced at another ledger's round.
    /// @param account the account
    /// @param expected the ledger that was asked for
    /// @param got the ledger that the sleeve names
    error SleeveOfOtherLedger(bytes32 account, address expected, address got);
    /// The newest book's sleeve was made for other shocks.
    /// @param account the account
    /// @param expected what the shocks hash to that were asked for
    /// @param got what the sleeve's shocks hash to
    error SleeveOfOtherShocks(bytes32 account, bytes32 expected, bytes32 got);
    /// The newest book's sleeve was voided: it proves ill health alone.
    /// @param account the account
    /// @param voidedAt Unix seconds at which it was voided
    error SleeveIsVoid(bytes32 account, uint64 voidedAt);
    /// The newest book's sleeve is void already.
    /// @param account the account
    /// @param voidedAt Unix seconds at which it was voided
    error SleeveAlreadyVoided(bytes32 account, uint64 voidedAt);
    /// Only the owner and a witness may void a sleeve; see `isWitness`.
    /// @param account the account
    /// @param got the caller
    error NotOwnerOrWitness(bytes32 account, address got);
    /// No other attesters are proposed.
    /// @param account the account
    error NothingProposed(bytes32 account);
    /// The proposal cannot take effect yet.
    /// @param effectiveAt Unix seconds from which on anybody may apply the proposal
    /// @param time Unix seconds of the block
    error TooEarly(uint64 effectiveAt, uint64 time);
    /// A registry's rotation delay may not be shorter than a book may live.
    /// @param least shortest delay, seconds: the profile's `bookMaxAge`
    /// @param got the delay that was given, seconds
    error RotationDelayTooShort(uint64 least, uint64 got);

    /// Opens the caller's account of that name.
    /// @param subaccount the caller's name for the account, any 32 bytes
    /// @param isolated whether the account may hold at most one perpetual and one collateral asset, for its whole life
    /// @param attesters the account's attesters: 1 to 16, each once and none zero
    /// @param threshold how many attesters must sign a book, 1 to the number of attesters
    /// @return account the account's identifier: see `accountId`
    function open(bytes32 subaccount, bool isolated, address[] calldata attesters, uint8 threshold)
        external
        returns (bytes32 account);

    /// Makes `book` the account's newest. It voids every proof of the book before. Anybody may call it.
    /// @param account the account that the book is of
    /// @param book the book. Its sequence is above the newest's and at most 2^40 − 1. It is not dated before the newest
    /// or after the block, and has not expired. It lives at most the profile's `bookMaxAge` and `longestBook`.
    /// @param attestations at least the threshold, each valid, in strictly ascending order of attester
    function attest(bytes32 account, AttestedBook calldata book, Attestation[] calldata attestations) external;

    /// As `attest`, of a book with a sleeve.
    /// Warning: an attester who signs answers for the sleeve's numbers. Sign none with an underlying or a settlement token
    /// outside the ledger's `sleeveSlots`. Wait until a re-org can no longer replace the round that it is priced at.
    /// @param account the account that the book is of; it is not isolated
    /// @param book the book, within the bounds of `attest`
    /// @param sleeve for which market the sleeve holds. It has not ended. It ends at most the profile's `bookMaxAge` and
    /// `longestBook` after the book's date. A gate takes claims of it only if the round was in the last proving window when
    /// the registry accepted the book.
    /// @param attestations at least the threshold, each valid, in strictly ascending order of attester
    function attestWithSleeve(
        bytes32 account,
        AttestedBook calldata book,
        SleeveTerms calldata sleeve,
        Attestation[] calldata attestations
    ) external;

    /// Voids the sleeve of the newest book, whichever that is: its claims of health lapse. It still proves ill health, or
    /// an owner would void it to hide a breach. Only the owner and a witness may call it: see `isWitness`. An owner cannot
    /// forestall it by revoking the attester.
    /// @param account the account
    function voidSleeve(bytes32 account) external;

    /// Proposes other attesters, to take effect after `rotationDelay`. Replaces an earlier proposal. Owner only.
    /// Warning: the delay is the time in which creditors can act on an owner who wants friendlier attesters.
    /// @param account the account whose attesters are to change
    /// @param attesters the proposed attesters: 1 to 16, each once and none zero
    /// @param threshold how many of them must sign a book, 1 to their number
    function proposeAttesters(bytes32 account, address[] calldata attesters, uint8 threshold) external;

    /// Withdraws the proposal. Owner only.
    /// @param account the account whose attesters are to stay
    function cancelProposal(bytes32 account) external;

    /// Puts the proposal in force from its `effectiveAt` on. Anybody may call it. The newest book stays live only if
    /// those of its signers who stay meet the new threshold.
    /// @param account the account whose attesters change
    function applyProposal(bytes32 account) external;

    /// Revokes an attester at once, and with it its signature of the newest book. Only the owner and the attester
    /// itself may call it. Warning: the threshold stays. An account with fewer attesters than its threshold gets no new
    /// book until a rotation, and its proof lapses.
    /// @param account the account that loses the attester
    /// @param attester the attester to revoke
    function revokeAttester(bytes32 account, address attester) external;

    /// Breaks the newest book: it proves no health from now on, and still ill health. The attesters stay, and may sign the
    /// next book or renew this one. Owner only. It reverts with BookNotLive if there is no book, or it is broken already.
    /// @param account the account
    function breakBook(bytes32 account) external;

    /// The identifier of an account: `keccak256(abi.encode(owner, subaccount))`. The account need not be open.
    /// @param owner the account's owner
    /// @param subaccount the owner's name for the account
    /// @return the account's identifier
    function accountId(address owner, bytes32 subaccount) external pure returns (bytes32);
    /// The owner of an account.
    /// @param account the account
    /// @return the owner; address(0) if nobody has opened the account
    function ownerOf(bytes32 account) external view returns (address);
    /// Whether an account is isolated: it may hold at most one perpetual and one collateral asset.
    /// @param account the account
    /// @return whether it is isolated; false if nobody has opened it
    function isIsolated(bytes32 account) external view returns (bool);
    /// Whether an address is an attester of an account now.
    /// @param account the account
    /// @param who the address
    /// @return whether `who` is one of the account's attesters
    function isAttester(bytes32 account, address who) external view returns (bool);
    /// Whether an address may prove the newest book unhealthy. Every attester may, and every attester that was removed
    /// since that book was attested, by the owner, by a rotation or by itself. Otherwise an owner would front-run an
    /// attester's proof by a revocation.
    /// @param account the account
    /// @param who the address
    /// @return whether `who` may prove the newest book unhealthy
    function isWitness(bytes32 account, address who) external view returns (bool);
    /// Whether an address has signed the newest book and is still an attester.
    /// @param account the account
    /// @param who the address
    /// @return whether the newest book has the signature of `who`
    function hasSigned(bytes32 account, address who) external view returns (bool);
    /// The attesters of an account.
    /// @param account the account
    /// @return attesters the account's attesters, at most 16; their order has no meaning
    /// @return threshold how many of them must sign a book
    function attestersOf(bytes32 account) external view returns (address[] memory attesters, uint8 threshold);
    /// The attesters that the owner has proposed.
    /// @param account the account
    /// @return attesters the proposed attesters, 1 to 16; none if nothing is proposed
    /// @return threshold how many of them must sign a book; 0 if nothing is proposed
    /// @return effectiveAt Unix seconds from which on anybody may apply the proposal; 0 if nothing is proposed
    function proposalOf(bytes32 account)
        external
        view
        returns (address[] memory attesters, uint8 threshold, uint64 effectiveAt);
    /// The newest attested book. `bookIsLive` says whether it still counts.
    /// @param account the account
    /// @return the book; its sequence is 0 if there is none
    function bookOf(bytes32 account) external view returns (AttestedBook memory);
    /// Whether the newest book counts.
    /// @param account the account
    /// @return whether there is a book, it has not expired, and its signers still meet the threshold
    function bookIsLive(bytes32 account) external view returns (bool);
    /// All that the gate needs to know of the newest book.
    /// @param account the account
    /// @return the book's state; its sequence is 0 if there is no book
    function bookStateOf(bytes32 account) external view returns (BookState memory);
    /// Of that state, what a proof needs. Reverts with BookNotLive unless the book is live.
    /// @param account the account
    /// @return commitment commitment to the book, below the field's order r
    /// @return sequence sequence of the book, 1 to 2^40 − 1
    /// @return asOf Unix seconds that the book is dated
    /// @return isolated whether the account is isolated
    function liveBook(bytes32 account)
        external
        view
        returns (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated);
    /// The sleeve of the newest book. It may have ended, and no gate may take it: see `liveSleeve`.
    /// @param account the account
    /// @return terms for which market the sleeve holds; all zero if the newest book has none
    /// @return sequence sequence of the newest book; 0 if it has no sleeve
    /// @return voidedAt Unix seconds at which the sleeve was voided; 0 if it was not
    function sleeveOf(bytes32 account)
        external
        view
        returns (SleeveTerms memory terms, uint64 sequence, uint64 voidedAt);
    /// Of the newest book's sleeve, what a proof needs. Reverts unless there is one, it was made for this ledger and these
    /// shocks, it has not ended, and, for a claim of health, nobody has voided it.
    /// @param account the account
    /// @param ledger the ledger whose round the sleeve must be priced at
    /// @param shocks what the shocks hash to that the sleeve must be made for
    /// @param healthy whether it is for a claim of health
    /// @return pricedAt number of the round that it was priced at
    /// @return attestedAt Unix seconds at which the registry accepted its book
    /// @return band relative move of prices through which it holds, basis points
    /// @return until Unix seconds from which on it no longer holds
    function liveSleeve(bytes32 account, address ledger, bytes32 shocks, bool healthy)
        external
        view
        returns (uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 until);
    /// The hash that an attester signs for a book without a sleeve.
    /// @param account the account that the book is of
    /// @param book the book; it need not be acceptable
    /// @return the EIP-712 digest of the book, the account and the profile's listing
    function digestOf(bytes32 account, AttestedBook calldata book) external view returns (bytes32);
    /// The hash that an attester signs for a book with a sleeve.
    /// @param account the account that the book is of
    /// @param book the book; it need not be acceptable
    /// @param sleeve the terms of its sleeve; they need not be acceptable
    /// @return the EIP-712 digest of the book, the account, the profile's listing and the terms
    function sleevedDigestOf(bytes32 account, AttestedBook calldata book, SleeveTerms calldata sleeve)
        external
        view
        returns (bytes32);
    /// Whether the registry has accepted this attester's signature of this commitment, in any account.
    /// @param attester the attester
    /// @param commitment the commitment to a book
    /// @return whether the attester has used the commitment up
    function commitmentUsed(address attester, uint256 commitment) external view returns (bool);
    /// Where the listing and the longest life of a book come from.
    /// @return the risk profile
    function profile() external view returns (IRiskProfile);
    /// The time between the proposal of other attesters and its earliest effect.
    /// @return seconds, at least `longestBook`
    function rotationDelay() external view returns (uint64);
    /// Longest life of a book, whatever the profile comes to allow: the profile's `bookMaxAge` when this registry was
    /// deployed. Otherwise books of a later profile could outlive the delay in which their account must lapse.
    /// @return seconds from a book's `asOf` to its `expiresAt`
    function longestBook() external view returns (uint64);
}
