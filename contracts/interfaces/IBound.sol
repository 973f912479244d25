// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// A contract whose counterpart on another chain is named after both are deployed, once and for good.
interface IBound {
    /// The counterpart was named.
    /// @param peer its address on the other chain
    event PeerBound(address peer);

    /// Only who deployed the contract may name its counterpart.
    /// @param expected the deployer
    /// @param got the caller
    error NotBinder(address expected, address got);
    /// The counterpart is named already.
    /// @param peer its address on the other chain
    error AlreadyBound(address peer);
    /// The counterpart is not named yet, or would be the zero address.
    error PeerMissing();

    /// Names the counterpart. Only the deployer may, once.
    /// Warning: before you use the contract, check whom it was bound to.
    /// @param peer its address on the other chain, not zero
    function bind(address peer) external;
    /// The counterpart.
    /// @return its address on the other chain; zero before it is named
    function peer() external view returns (address);
}
