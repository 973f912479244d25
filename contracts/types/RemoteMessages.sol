// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// What a lock says to the other side: these tokens are locked for this account.
struct LockMessage {
    /// Number of the lock, from 1 on, each once.
    uint64 id;
    /// The account at home that they are locked for.
    bytes32 account;
    /// Who locked them, and gets them back if the other side declines them.
    address from;
    /// Smallest units of the token.
    uint128 amount;
    /// Unix seconds of the lock, by the clock of its chain.
    uint64 lockedAt;
}

/// What home says to a lock: these tokens are no longer pledged, and are that address's.
struct ReleaseMessage {
    /// Number of the lock.
    uint64 id;
    /// Number of the release among those of the lock, from 1 on, each once.
    uint64 number;
    /// Who gets the tokens on the lock's chain.
    address to;
    /// Smallest units of the token.
    uint128 amount;
}

/// What a lock says of itself: it is there, and holds so much.
struct ReportMessage {
    /// What the lock contract holds, smallest units of the token, at most 2^128 − 1.
    uint128 held;
    /// How many locks there were.
    uint64 locks;
    /// Unix seconds, by the clock of the lock's chain.
    uint64 reportedAt;
}

/// The digests of messages between a lock and its home. Each names the chain and the contract that it is for. Which
/// chain and contract it is from, a message source says.
library RemoteMessages {
    bytes32 private constant LOCK = keccak256(
        "Lock(uint256 chain,address to,uint64 id,bytes32 account,address from,uint128 amount,uint64 lockedAt)"
    );
    bytes32 private constant RELEASE = keccak256(
        "Release(uint256 chain,address to,uint64 id,uint64 number,address receiver,uint128 amount)"
    );
    bytes32 private constant REPORT =
        keccak256("Report(uint256 chain,address to,uint128 held,uint64 locks,uint64 reportedAt)");

    /// The digest of what a lock says.
    /// @param self the message
    /// @param chain the chain id that it is for
    /// @param to the contract that it is for
    /// @return the digest
    function digest(LockMessage memory self, uint256 chain, address to) internal pure returns (bytes32) {
        return keccak256(abi.encode(LOCK, chain, to, self));
    }

    /// The digest of what home says.
    /// @param self the message
    /// @param chain the chain id that it is for
    /// @param to the contract that it is for
    /// @return the digest
    function digest(ReleaseMessage memory self, uint256 chain, address to) internal pure returns (bytes32) {
        return keccak256(abi.encode(RELEASE, chain, to, self));
    }

    /// The digest of what a lock says of itself.
    /// @param self the message
    /// @param chain the chain id that it is for
    /// @param to the contract that it is for
    /// @return the digest
    function digest(ReportMessage memory self, uint256 chain, address to) internal pure returns (bytes32) {
        return keccak256(abi.encode(REPORT, chain, to, self));
    }
}
