// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {G1} from "../lib/Types.sol";

// A risk profile in words of 16-bit lanes, lane 0 in the lowest bits:
//   word 0    pnlFactor | shockCap << 16 | maxBorrowRate << 32 (32 bits) | bookMaxAge << 64 (32 bits)
//   words 1…4 collateralFactor, debtFactor, perpMargin, liquidity: a lane for each of 16 assets
//   words 5…8 impact: 64-bit lanes, four assets a word
//   words 9…  a word for each of 16 scenarios: the signed shock of each asset
// Basis points; maxBorrowRate in basis points a year, bookMaxAge in seconds, impact in 10^-8 attodollars per quantum².
uint256 constant PROFILE_WORDS = 25;

/// The governed parameters of a margin regime. Each change is a new epoch, which voids the proofs of the one before.
/// Warning: that loosening is delayed is the doing of the access manager. `setProfile` and `unpause` belong to a role
/// with an execution delay, `tighten` and `pause` to a guardian without one.
///
/// A tightening goes so far and no further, and the next has to wait, so that a guardian cannot
/// default everybody by one: each factor, rate of an asset and the shock cap moves by at most TIGHTENING_STEP,
/// maxBorrowRate rises by at most TIGHTENING_RATE_STEP, bookMaxAge at most halves, an impact at most doubles (one of 0
/// stays). What must happen sooner is what `pause` is for.
interface IRiskProfile {
    /// Why the profile changed.
    enum Change {
        Set,
        Tightened,
        Expired
    }

    /// All that makes an epoch's part of the folded point.
    event ProfileChanged(
        uint64 indexed epoch,
        Change indexed change,
        uint256[PROFILE_WORDS] profile,
        uint64 expiresAt,
        uint256[PROFILE_WORDS] fallbackProfile,
        uint256 x,
        uint256 y
    );
    event Paused(address by);
    event Unpaused(address by);

    /// A parameter is outside its hard bounds. `index` is the asset, or scenario · ASSETS + asset for a shock.
    error ParameterOutOfBounds(bytes32 parameter, uint256 index, int256 least, int256 most, int256 got);
    /// A tightening that loosens this parameter, or changes one that only the delayed role may change.
    error Loosened(bytes32 parameter, uint256 index, int256 before, int256 got);
    /// One tightening may not take this parameter so far: `furthest` is how far it may.
    error TightenedTooFar(bytes32 parameter, uint256 index, uint256 furthest, uint256 got);
    error TightenedTooSoon(uint256 earliest, uint256 time);
    /// A slot beyond the listing does not have the padding's value.
    error UnlistedSlot(bytes32 parameter, uint256 index);
    /// Bits of a word that mean nothing are set.
    error StrayBits(uint256 word);
    error NothingChanged();
    error ExpiryInThePast(uint64 expiresAt, uint256 time);
    error FallbackWithoutExpiry();
    error NotExpired(uint64 expiresAt, uint256 time);
    error AlreadyPaused();
    error NotPaused();

    /// Replaces the profile. With `expiresAt` ≠ 0 it is only good until then, and falls back to `fallbackProfile`,
    /// whose shocks must be the same; without, the fallback must be all zeros.
    function setProfile(
        uint256[PROFILE_WORDS] calldata profile,
        uint64 expiresAt,
        uint256[PROFILE_WORDS] calldata fallbackProfile
    ) external;

    /// Replaces the profile by one in which nothing is looser, nothing tighter by more than one step, and the shocks are
    /// the same. The expiry stays. Not within TIGHTENING_INTERVAL of the last tightening.
    function tighten(uint256[PROFILE_WORDS] calldata profile) external;

    /// Once the profile has expired: takes, parameter by parameter, the tighter of it and its fallback. Open to all.
    function expire() external;

    /// Nothing is released and nobody is liquidated until `unpause`.
    function pause() external;
    function unpause() external;

    /// Counts changes; the first profile is epoch 1.
    function epoch() external view returns (uint64);
    /// Unix seconds at which the live epoch began.
    function epochSince() external view returns (uint64);
    /// Unix seconds at which an epoch began, 0 if it has not.
    function startOf(uint64 epoch) external view returns (uint64);
    /// 0 if the profile does not expire.
    function expiresAt() external view returns (uint64);
    function paused() external view returns (bool);
    /// Unix seconds of the last unpause, 0 if there was none.
    function resumedAt() external view returns (uint64);
    /// Unix seconds of the last tightening, 0 if there was none.
    function tightenedAt() external view returns (uint64);
    /// Seconds between two tightenings. The gate's grace is shorter, so that no tightening falls into another's.
    function TIGHTENING_INTERVAL() external view returns (uint64);
    /// Most that one tightening moves a factor, a rate of an asset or the shock cap by, basis points.
    function TIGHTENING_STEP() external view returns (uint256);
    /// Most that one tightening raises maxBorrowRate by, basis points a year.
    function TIGHTENING_RATE_STEP() external view returns (uint256);
    /// Neither paused nor past its expiry. An expired profile is dead until somebody calls `expire` or pokes the market.
    function isLive() external view returns (bool);
    /// The epoch while the profile is live, 0 while it is not.
    function liveEpoch() external view returns (uint64);
    function isExpired() external view returns (bool);
    function profileWords() external view returns (uint256[PROFILE_WORDS] memory);
    /// IC0 + the listing's and the profile's signals times their points.
    function folded() external view returns (G1 memory);
    /// Digest of the listed assets and their quanta.
    function listing() external view returns (uint256);
    /// Number of listed assets; the slots beyond hold nothing.
    function listed() external view returns (uint256);
    /// Longest time between two attestations of a book that the debt factor pays for, seconds.
    function bookMaxAge() external view returns (uint32);
}
