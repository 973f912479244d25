// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {ReleaseMessage} from "../types/RemoteMessages.sol";
import {IMessageSource} from "./IMessageSource.sol";

/// Collateral in one token, on another chain than the margin account that it secures. It is pledged to one contract, its
/// home, and goes only where home says.
///
/// Warning: only home can release it. If home's messages no longer come, because their source or home itself has failed,
/// the tokens stay. There is no way out by time, as home could not know of it.
interface ICollateralLock {
    /// Tokens were locked.
    /// @param id number of the lock
    /// @param account the account at home
    /// @param from who locked them
    /// @param amount smallest units of the token
    /// @param lockedAt Unix seconds
    event Locked(uint64 indexed id, bytes32 indexed account, address indexed from, uint128 amount, uint64 lockedAt);
    /// Tokens were released, as home said.
    /// @param id number of the lock
    /// @param number number of the release among those of the lock
    /// @param to who got them
    /// @param amount smallest units of the token
    event Released(uint64 indexed id, uint64 number, address indexed to, uint128 amount);
    /// The lock has said what it holds.
    /// @param held smallest units of the token
    /// @param locks how many locks there were
    /// @param reportedAt Unix seconds
    event Reported(uint128 held, uint64 locks, uint64 reportedAt);

    /// The other side has not said so, or nobody has carried it here yet. At home as well.
    /// @param digest the message's digest
    error MessageNotVerified(bytes32 digest);
    /// This release was paid out before.
    /// @param id number of the lock
    /// @param number number of the release
    error ReleaseRepeated(uint64 id, uint64 number);
    /// The lock has less than that, or there is no such lock. At home as well.
    /// @param id number of the lock
    /// @param left smallest units that are left of it
    /// @param got smallest units that were to be released
    error LockTooSmall(uint64 id, uint128 left, uint128 got);

    /// Locks tokens of the caller for an account. The account's owner at home can have them credited or returned.
    /// @param account the account at home; nobody checks here that it is there
    /// @param amount smallest units of the token, above 0
    /// @return id number of the lock
    function lock(bytes32 account, uint128 amount) external returns (uint64 id);

    /// Pays out what home has released, once. Anybody may call it.
    /// @param message what home has said
    function release(ReleaseMessage calldata message) external;

    /// Says what the lock holds, for home to know that it is still there. Anybody may call it, once a second.
    function report() external;

    /// A lock.
    /// @param id its number
    /// @return account the account at home; 0 if there is no such lock
    /// @return from who locked the tokens
    /// @return amount smallest units that were locked
    /// @return left smallest units that were not released
    /// @return lockedAt Unix seconds
    function lockOf(uint64 id)
        external
        view
        returns (bytes32 account, address from, uint128 amount, uint128 left, uint64 lockedAt);
    /// Whether a release was paid out.
    /// @param id number of the lock
    /// @param number number of the release
    /// @return whether it was
    function isReleased(uint64 id, uint64 number) external view returns (bool);
    /// How many locks there were.
    /// @return the number of the last one
    function locks() external view returns (uint64);
    /// What of all locks was not released.
    /// @return smallest units of the token
    function locked() external view returns (uint256);
    /// What is locked.
    /// @return the token
    function token() external view returns (address);
    /// The chain of the contract that it is pledged to.
    /// @return the chain's id
    function homeChain() external view returns (uint256);
    /// Who says what home has said.
    /// @return the source
    function source() external view returns (IMessageSource);
}
