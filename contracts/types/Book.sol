// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// A book that its account's attesters have signed.
struct AttestedBook {
    /// Commitment to the book, below the scalar field's order r.
    uint256 commitment;
    /// Rises with each book of the account, 1 to 2^40 − 1; 0 if there is no book.
    uint64 sequence;
    /// Unix seconds that the book is dated.
    uint64 asOf;
    /// Unix seconds from which on the book has expired.
    uint64 expiresAt;
}

/// For which market the numbers of a book's sleeve hold, as its attesters have signed with the book. They bound what the
/// sleeve is worth at every price within the band of that round's, for these shocks, until that end.
struct SleeveTerms {
    /// The ledger whose round it is: an origin.
    address ledger;
    /// Number of the round whose prices the band is around, 1 to 2^40 − 1.
    uint64 pricedAt;
    /// Relative move of prices through which the numbers hold, basis points, 1 to 2 000.
    uint16 band;
    /// Unix seconds from which on the numbers no longer hold.
    uint64 until;
    /// What the profile's shocks hash to that they are made for: IRiskProfile.shocksHash.
    bytes32 shocks;
}

/// One attester's signature of a book.
struct Attestation {
    /// The attester: an EOA or a contract.
    address attester;
    /// The ECDSA signature of an EOA, or the bytes that the contract's `isValidSignature` (EIP-1271) accepts.
    bytes signature;
}

/// All that the gate needs to know of an account's newest book. All zero but `isolated` if there is no book.
struct BookState {
    /// Commitment to the book, below the field's order r.
    uint256 commitment;
    /// Sequence of the book, 1 to 2^40 − 1; 0 if there is no book.
    uint64 sequence;
    /// Unix seconds that the book is dated.
    uint64 asOf;
    /// Unix seconds from which on the book has expired.
    uint64 expiresAt;
    /// Unix seconds at which the registry accepted the book and its predecessor stopped counting.
    uint64 attestedAt;
    /// Unix seconds at which a revocation or a rotation left the book short of its threshold; 0 if none did.
    uint64 brokenAt;
    /// Whether the account is isolated; it stays so for its whole life.
    bool isolated;
    /// There is a book, it has not expired and its signers still meet the threshold.
    bool live;
}
