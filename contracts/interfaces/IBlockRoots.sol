// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Attestation} from "../types/Book.sol";

/// The hashes of another chain's final blocks, as a threshold of known attesters vouches for them. They sign
/// `BlockRoot(uint256 chain,uint64 number,bytes32 blockHash)` by EIP-712 (name "zkmargin BlockRoots", version "1").
///
/// Warning: all that is proven against these hashes is as good as the attesters' word. A threshold of them can invent
/// whatever they like. Any one of them can stop a hash while it waits, and two hashes of one block stop each other.
interface IBlockRoots {
    /// A block's hash was accepted, and counts after the wait.
    /// @param number the block's number
    /// @param blockHash the block's hash
    /// @param countsAt Unix seconds from which on it counts
    /// @param signers who signed, in strictly ascending order
    event RootAccepted(uint64 indexed number, bytes32 blockHash, uint64 countsAt, address[] signers);
    /// A block's hash counts no more, for good.
    /// @param number the block's number
    /// @param by the attester who stopped it; zero if another hash of the same block was signed
    event RootStopped(uint64 indexed number, address by);

    /// A set of attesters is empty or too large.
    /// @param most most attesters, 16
    /// @param got the number of attesters that was given
    error RootAttesterCount(uint256 most, uint256 got);
    /// A threshold that the attesters cannot meet, or that is none.
    /// @param most highest threshold: the number of attesters
    /// @param got the threshold that was given
    error RootThresholdOutOfRange(uint256 most, uint256 got);
    /// Attesters must be in strictly ascending order.
    /// @param before the attester before, zero if there is none
    /// @param got attester that is not above it
    error RootAttestersUnordered(address before, address got);
    /// Fewer signatures were given than the threshold.
    /// @param expected the threshold
    /// @param got the number of signatures
    error RootTooFewSignatures(uint256 expected, uint256 got);
    /// This address is no attester of the chain's blocks.
    /// @param got the address
    error RootAttesterUnknown(address got);
    /// The signature is not this attester's of the block.
    /// @param attester the attester whose signature was given
    error RootSignatureInvalid(address attester);
    /// The same hash was accepted before.
    /// @param number the block's number
    error RootRepeated(uint64 number);
    /// No hash of this block was accepted.
    /// @param number the block's number
    error RootUnknown(uint64 number);
    /// The hash of this block waits.
    /// @param countsAt Unix seconds from which on it counts
    /// @param time Unix seconds of the block
    error RootWaits(uint64 countsAt, uint64 time);
    /// The hash of this block was stopped.
    /// @param number the block's number
    error RootIsStopped(uint64 number);
    /// The hash counts already, and nobody can stop it alone.
    /// @param number the block's number
    error RootCounts(uint64 number);

    /// Accepts a block's hash. Anybody may call it. Another hash of a block stops that block for good, also after it
    /// counts: somebody who signed both has lied.
    /// @param number the block's number
    /// @param blockHash the block's hash
    /// @param attestations at least the threshold, each valid, in strictly ascending order of attester
    function accept(uint64 number, bytes32 blockHash, Attestation[] calldata attestations) external;

    /// Stops a block's hash while it waits. Any attester may call it.
    /// @param number the block's number
    function stop(uint64 number) external;

    /// The hash of a block. Reverts unless one was accepted, has waited and was not stopped.
    /// @param number the block's number
    /// @return the block's hash
    function hashOf(uint64 number) external view returns (bytes32);
    /// What is stored of a block.
    /// @param number the block's number
    /// @return blockHash the block's hash; 0 if none was accepted
    /// @return countsAt Unix seconds from which on it counts
    /// @return stopped whether it counts no more
    function rootOf(uint64 number) external view returns (bytes32 blockHash, uint64 countsAt, bool stopped);
    /// The hash that an attester signs.
    /// @param number the block's number
    /// @param blockHash the block's hash
    /// @return the EIP-712 digest
    function digestOf(uint64 number, bytes32 blockHash) external view returns (bytes32);
    /// Who vouches.
    /// @return attesters in strictly ascending order, 1 to 16
    /// @return threshold how many of them must sign, 1 to their number
    function attestersOf() external view returns (address[] memory attesters, uint8 threshold);
    /// The chain whose blocks these are.
    /// @return the chain's id
    function chain() external view returns (uint256);
    /// How long a hash waits before it counts, in which an attester can stop it.
    /// @return seconds
    function wait() external view returns (uint64);
}
