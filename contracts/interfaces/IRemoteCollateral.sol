// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {LockMessage, ReportMessage} from "../types/RemoteMessages.sol";
import {IMarginVault} from "./IMarginVault.sol";
import {IMessageSource} from "./IMessageSource.sol";

/// What a remote asset goes by, for its whole life but for the cap.
struct RemoteTerms {
    /// Where the claims are collateral.
    IMarginVault vault;
    /// Says what the lock has said, and which chain it is on.
    IMessageSource source;
    /// The lock on that chain.
    address lock;
    /// Decimals of the token on that chain.
    uint8 decimals;
    /// The most claims there may be, smallest units of the token.
    uint128 cap;
    /// How long the lock may stay silent until it counts 0, seconds.
    uint64 maxAge;
}

/// The home side of one asset that is locked on one other chain. For what is locked there and final, it puts claims into
/// the vault, as the account's collateral. The vault holds, auctions and releases them like any token; what leaves the
/// vault becomes a message to the lock. So every rule of the vault holds for them: requests, a book attested after the
/// request, a proof of it at initial margin, the creditor's signature, auctions.
///
/// A claim is an ERC-20 token that nobody can trade. It moves from here to the vault and back, and nowhere else.
///
/// Warning: a claim is as good as the other chain, the lock and the message source. The cap bounds what all of that can
/// cost: never are there more claims than it, so lenders lose at most what the cap is worth as collateral. Give it a slot
/// of its own in the listing, whose factor the guardian can tighten.
///
/// Warning: who buys claims from an auction bears that the message never arrives, or that the lock does not pay.
interface IRemoteCollateral {
    /// A lock on the other chain was credited.
    /// @param account the account that has the claims
    /// @param id number of the lock
    /// @param from who locked the tokens
    /// @param amount smallest units of the token
    event Credited(bytes32 indexed account, uint64 indexed id, address from, uint128 amount);
    /// A lock is not taken, and goes back.
    /// @param account the account that it named
    /// @param id number of the lock
    /// @param from who locked the tokens, and gets them back
    /// @param amount smallest units of the token
    event Declined(bytes32 indexed account, uint64 indexed id, address from, uint128 amount);
    /// Part of a lock is no longer pledged, and the lock is told to pay it out.
    /// @param account the account whose lock it is
    /// @param id number of the lock
    /// @param number number of the release among those of the lock
    /// @param to who gets the tokens on the other chain
    /// @param amount smallest units of the token
    event Released(bytes32 indexed account, uint64 indexed id, uint64 number, address to, uint128 amount);
    /// Claims were bought from an auction.
    /// @param account the account whose claims they were
    /// @param buyer who bought them
    /// @param amount smallest units of the token
    /// @param cost what the buyer paid, settlement units
    event Bought(bytes32 indexed account, address indexed buyer, uint256 amount, uint256 cost);
    /// The lock was heard of.
    /// @param held what it holds, smallest units of the token
    /// @param locks how many locks there were
    /// @param reportedAt Unix seconds, by the clock of the other chain
    event Reported(uint128 held, uint64 locks, uint64 reportedAt);
    /// The governor has changed the cap, or the contract was deployed with it.
    /// @param cap smallest units of the token
    event CapChanged(uint128 cap);
    /// The guardian has lowered the cap.
    /// @param cap smallest units of the token
    event CapLowered(uint128 cap);

    /// The lock was credited or declined before.
    /// @param id number of the lock
    error LockUsed(uint64 id);
    /// There would be more claims than the cap.
    /// @param cap smallest units of the token
    /// @param got smallest units that there would be
    error CapExceeded(uint128 cap, uint256 got);
    /// A guardian may only lower the cap.
    /// @param most the cap, smallest units of the token
    /// @param got the cap that was given, smallest units of the token
    error ClaimCapNotLower(uint128 most, uint128 got);
    /// The report is no newer than the last.
    /// @param last Unix seconds of the last report
    /// @param got Unix seconds of this one
    error ReportNotNewer(uint64 last, uint64 got);
    /// The report is older than a lock that was credited, and leaves it out.
    /// @param least number of the newest lock that was credited
    /// @param got how many locks the report knows of
    error ReportBeforeLock(uint64 least, uint64 got);
    /// The lock is another account's, or was not credited.
    /// @param id number of the lock
    /// @param account the account that it is of; 0 if of none
    error LockOfOther(uint64 id, bytes32 account);
    /// So much is not free: the vault still holds claims on these locks.
    /// @param free smallest units that may be released
    /// @param got smallest units that were asked for
    error StillPledged(uint256 free, uint256 got);
    /// The locks that were named have less than was bought.
    /// @param missing smallest units that are missing
    error LocksTooFew(uint256 missing);
    /// Nobody would get it.
    error ReceiverZero();
    /// A claim moves only from here to the vault and back.
    /// @param from who has it
    /// @param to who would have it
    error ClaimNotTransferable(address from, address to);

    /// Credits a lock: makes claims and deposits them in the vault for the account. Anybody may call it. The lock's message
    /// must be verified, the account open and not isolated, and the claim listed in the vault.
    /// @param message what the lock has said
    function credit(LockMessage calldata message) external;

    /// Sends a lock back that was not credited. Only the owner of the account that it names may call it; anybody if there
    /// is no such account.
    /// @param message what the lock has said
    function decline(LockMessage calldata message) external;

    /// Takes note that the lock is there, and what it holds. Anybody may call it.
    /// @param message what the lock has said; newer than the last, and than every credited lock
    function report(ReportMessage calldata message) external;

    /// Tells the lock to pay out what has left the vault. Withdraw claims from the vault to this contract first. Owner
    /// only. An account's locks always hold at least what the vault has of it.
    /// @param account the account
    /// @param id number of one of its locks
    /// @param amount smallest units of the token, above 0
    /// @param to who gets the tokens on the other chain, not zero
    function release(bytes32 account, uint64 id, uint128 amount, address to) external;

    /// Buys claims from an auction of the vault, and tells the lock to pay them out. The caller pays the vault's price in
    /// the settlement token, which this contract must be allowed to take. Use it in place of the vault's `take`: a bidder
    /// who has the vault send claims here would pay for the account's owner.
    /// @param account the account
    /// @param startedAt Unix seconds of the auction's start
    /// @param most the most to buy, smallest units of the token
    /// @param mostCost the most to pay for `most`, settlement units
    /// @param ids numbers of the account's locks that pay, in the order in which they are used up
    /// @param to who gets the tokens on the other chain, not zero
    /// @return amount what was bought, smallest units of the token
    /// @return cost what was paid, settlement units
    function buy(
        bytes32 account,
        uint64 startedAt,
        uint256 most,
        uint256 mostCost,
        uint64[] calldata ids,
        address to
    ) external returns (uint256 amount, uint256 cost);

    /// Changes the cap. What is above it stays, and nothing more is credited. The governor may, after a delay.
    /// @param cap smallest units of the token
    function setCap(uint128 cap) external;
    /// Lowers the cap at once. The guardian may.
    /// @param cap smallest units of the token, at most the present cap
    function lowerCap(uint128 cap) external;

    /// What attesters must attest of an account in this asset: what the vault records, or 0 while the lock is stale.
    /// @param account the account
    /// @return smallest units of the token
    function recordedBalance(bytes32 account) external view returns (uint256);
    /// Whether the lock was not heard of for `maxAge`, or holds less than there are claims. Then it counts 0 in the next
    /// book.
    /// @return whether it does
    function isStale() external view returns (bool);
    /// What may be released now: what an account's locks hold beyond what the vault has of it.
    /// @param account the account
    /// @return smallest units of the token
    function releasable(bytes32 account) external view returns (uint256);
    /// A lock as it stands here.
    /// @param id number of the lock
    /// @return account the account that it is of; 0 if it was not credited
    /// @return left smallest units that are pledged or may be released
    /// @return releases how many releases of it there were
    /// @return used whether it was credited or declined
    function lockOf(uint64 id)
        external
        view
        returns (bytes32 account, uint128 left, uint64 releases, bool used);
    /// What is left of all locks of an account.
    /// @param account the account
    /// @return smallest units of the token
    function lockedOf(bytes32 account) external view returns (uint256);
    /// The last that was heard of the lock, credits since then included.
    /// @return held smallest units of the token
    /// @return locks how many locks there were at the last report
    /// @return reportedAt Unix seconds of the last report, by the clock of the other chain
    /// @return heardAt Unix seconds of the newest thing that was heard, at most this chain's time
    function heard() external view returns (uint256 held, uint64 locks, uint64 reportedAt, uint64 heardAt);
    /// The most claims there may be.
    /// @return smallest units of the token
    function cap() external view returns (uint128);
    /// Where the claims are collateral.
    /// @return the vault
    function vault() external view returns (IMarginVault);
    /// Who says what the lock has said.
    /// @return the source
    function source() external view returns (IMessageSource);
    /// The chain of the lock.
    /// @return the chain's id
    function chain() external view returns (uint256);
    /// The lock on that chain.
    /// @return the contract's address there
    function lock() external view returns (address);
    /// How long the lock may not be heard of.
    /// @return seconds
    function maxAge() external view returns (uint64);
}
