// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IMarketLedger} from "./IMarketLedger.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// A market at the prices of one ledger and under the parameters of another profile. A gate on it verifies proofs under
/// that profile, with the books of the same registry and without a second oracle.
///
/// It is the risk profile of that gate as well: a view of the other profile, which is paused also while the base's is.
/// Epochs, parameters and expiry are the other profile's. So a change of the base's parameters, or its expiry, lapses
/// nothing here, as no claim here is about them. It only makes the rounds before it unusable, as if their proving window
/// were over: the next proof needs a new round, which anybody may poke at once. A round's epoch is the newest of the
/// other profile, since its point always has the newest parameters: a change of these takes no new round.
///
/// Govern the other profile itself. Its access manager may be another than the base's.
///
/// Warning: the base's governor names the feeds, and its guardian can pause this market too.
interface IDerivedLedger is IMarketLedger, IRiskProfile {
    /// The base is a derived ledger itself. Derive from its base: the market is the same.
    /// @param base the base that was given
    error BaseIsDerived(address base);
    /// The other profile is the base's own.
    /// @param profile the profile that was given
    error ProfileIsBase(address profile);
    /// The profiles are of different listings.
    /// @param base digest of the base's listing
    /// @param other digest of the other profile's listing
    error ListingMismatch(uint256 base, uint256 other);
    /// The profiles list different numbers of assets.
    /// @param base number of assets that the base lists
    /// @param other number of assets that the other profile lists
    error SlotsMismatch(uint256 base, uint256 other);
    /// The base, its profile and the other profile must be folded with one signal table.
    /// @param base the base's signal table
    /// @param got another signal table, of the base's profile or of the other profile
    error TableMismatch(address base, address got);
    /// This is a view of a profile: what changes the profile must be asked of it.
    /// @param profile the other profile
    error GovernedElsewhere(address profile);

    /// The ledger whose prices this is a market of.
    /// @return the base
    function base() external view returns (IMarketLedger);

    /// The profile whose parameters this is a market under.
    /// @return the other profile
    function other() external view returns (IRiskProfile);
}
