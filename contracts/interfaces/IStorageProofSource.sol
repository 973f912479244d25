// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IBlockRoots} from "./IBlockRoots.sol";
import {IMessageSource} from "./IMessageSource.sol";

/// A message source that needs no messenger: anybody shows by a Merkle-Patricia proof that the sender's outbox has the
/// message. What remains to be trusted is who vouches for the block's hash: see IBlockRoots.
interface IStorageProofSource is IMessageSource {
    /// What `eth_getProof` answers, with the header of its block.
    struct StorageProof {
        /// The block's header, RLP.
        bytes header;
        /// Nodes of the state's trie, from its root to the sender's account.
        bytes[] account;
        /// Nodes of the account's storage trie, from its root to the message's slot.
        bytes[] slot;
    }

    /// The header is not that of the block that is vouched for.
    /// @param number the block's number, as the header says
    /// @param expected the hash that is vouched for
    /// @param got the header's hash
    error HeaderOfOther(uint64 number, bytes32 expected, bytes32 got);

    /// Takes note of a message that the proof shows. Anybody may call it. Reverts unless the block is vouched for, is
    /// `finality` later than the message, and its state has the message.
    /// @param outbox the contract there that said it
    /// @param digest the message's digest
    /// @param proof what shows it
    function prove(address outbox, bytes32 digest, StorageProof calldata proof) external;

    /// Who vouches for blocks.
    /// @return the contract
    function roots() external view returns (IBlockRoots);
}
