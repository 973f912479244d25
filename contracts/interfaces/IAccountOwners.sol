// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// Says who owns the accounts of a clearing house. An account's owner never changes.
interface IAccountOwners {
    /// Who owns an account.
    /// @param account the account
    /// @return owner its owner; zero if nobody has opened it here
    function ownerOf(bytes32 account) external view returns (address owner);
}
