// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {G1} from "../types/Groth16.sol";
import {PROFILE_WORDS} from "../types/ProfileWords.sol";

/// The governed parameters of a margin regime. Each change is a new epoch, which voids the proofs of the epoch before.
///
/// The contracts store the scenarios and fold them into the market's point. They never compute the scenario loss M, nor
/// any other part of a health factor. The TypeScript model computes M from a book, and the circuit proves it.
///
/// Warning: the access manager is what delays a loosening. Give `setProfile` and `unpause` to a role with an execution
/// delay, and `tighten` and `pause` to a guardian without one.
///
/// A tightening is bounded, and the next one has to wait. So a guardian cannot push every account into default at once.
/// Each factor and each rate of an asset moves by at most TIGHTENING_STEP. maxBorrowRate rises by at most
/// TIGHTENING_RATE_STEP. bookMaxAge at most halves. An impact at most doubles, and an impact of 0 stays 0. A shock
/// stays. For what cannot wait, use `pause`.
interface IRiskProfile {
    /// Why the profile changed.
    enum Change {
        /// By `setProfile`, or by the deployment.
        Set,
        /// By `tighten`.
        Tightened,
        /// By `expire`.
        Expired
    }

    /// An epoch has begun. The arguments are all that makes the epoch's part of the folded point.
    /// @param epoch the epoch that has begun, counted from 1
    /// @param change why it has begun
    /// @param profile the parameters, in the layout of PROFILE_WORDS
    /// @param expiresAt Unix seconds from which on the profile has expired; 0 if it does not expire
    /// @param fallbackProfile what the profile falls back to when it expires; all zeros if it does not expire
    /// @param x x-coordinate of the profile's folded point
    /// @param y y-coordinate of the profile's folded point
    event ProfileChanged(
        uint64 indexed epoch,
        Change indexed change,
        uint256[PROFILE_WORDS] profile,
        uint64 expiresAt,
        uint256[PROFILE_WORDS] fallbackProfile,
        uint256 x,
        uint256 y
    );
    /// The profile has been paused.
    /// @param by the caller who paused it
    event Paused(address by);
    /// The pause has ended.
    /// @param by the caller who ended it
    event Unpaused(address by);

    /// A parameter is outside its hard bounds.
    /// @param parameter the parameter's name, ASCII, padded with zeros on the right
    /// @param index slot of the asset, scenario · 16 + slot for a shock, 0 for a parameter of the whole profile
    /// @param least lowest value, in the parameter's unit
    /// @param most highest value, in the parameter's unit
    /// @param got the value that was given, in the parameter's unit
    error ParameterOutOfBounds(bytes32 parameter, uint256 index, int256 least, int256 most, int256 got);
    /// A tightening loosens this parameter or changes a shock, or a fallback has another shock than its profile.
    /// @param parameter the parameter's name, ASCII, padded with zeros on the right
    /// @param index slot of the asset, scenario · 16 + slot for a shock, 0 for a parameter of the whole profile
    /// @param before the value that it was to be held against, in the parameter's unit
    /// @param got the value that was given, in the parameter's unit
    error Loosened(bytes32 parameter, uint256 index, int256 before, int256 got);
    /// One tightening may not move this parameter so far.
    /// @param parameter the parameter's name, ASCII, padded with zeros on the right
    /// @param index slot of the asset, 0 for a parameter of the whole profile
    /// @param furthest the tightest value that one tightening may set, in the parameter's unit
    /// @param got the value that was given, in the parameter's unit
    error TightenedTooFar(bytes32 parameter, uint256 index, uint256 furthest, uint256 got);
    /// The last tightening is younger than TIGHTENING_INTERVAL.
    /// @param earliest Unix seconds from which on the next tightening may follow
    /// @param time Unix seconds of the block
    error TightenedTooSoon(uint256 earliest, uint256 time);
    /// A slot beyond the listing does not have the padding's value.
    /// @param parameter the parameter's name, ASCII, padded with zeros on the right
    /// @param index slot of the asset, or scenario · 16 + slot for a shock
    error UnlistedSlot(bytes32 parameter, uint256 index);
    /// Bits of a word that mean nothing are set.
    /// @param word number of the word, 0: only word 0 has such bits
    error StrayBits(uint256 word);
    /// A tightening leaves every parameter as it is.
    error NothingChanged();
    /// The new profile has already expired.
    /// @param expiresAt Unix seconds from which on it has expired
    /// @param time Unix seconds of the block
    error ExpiryInThePast(uint64 expiresAt, uint256 time);
    /// A profile that does not expire may not have a fallback.
    error FallbackWithoutExpiry();
    /// The profile has not expired yet.
    /// @param expiresAt Unix seconds from which on it has expired; 0 if it does not expire
    /// @param time Unix seconds of the block
    error NotExpired(uint64 expiresAt, uint256 time);
    /// The profile is paused already.
    error AlreadyPaused();
    /// The profile is not paused.
    error NotPaused();

    /// Replaces the profile. Give it to a role with an execution delay.
    /// @param profile the parameters, in the layout of PROFILE_WORDS and within their hard bounds
    /// @param expiresAt Unix seconds from which on the profile has expired, later than the block; 0 for no expiry
    /// @param fallbackProfile what the profile falls back to: within the hard bounds and with the same shocks; all
    /// zeros if the profile does not expire
    function setProfile(
        uint256[PROFILE_WORDS] calldata profile,
        uint64 expiresAt,
        uint256[PROFILE_WORDS] calldata fallbackProfile
    ) external;

    /// Replaces the profile by one in which nothing is looser, nothing is tighter by more than one step, and the shocks
    /// are the same. The expiry and the fallback stay. Reverts within TIGHTENING_INTERVAL of the last tightening. Give
    /// it to a guardian without a delay.
    /// @param profile the parameters, in the layout of PROFILE_WORDS and within their hard bounds
    function tighten(uint256[PROFILE_WORDS] calldata profile) external;

    /// Begins the epoch of an expired profile: takes, parameter by parameter, the tighter of it and its fallback. The
    /// result does not expire. Anybody may call it.
    function expire() external;

    /// Pauses the profile. Nothing is released and nobody is liquidated until `unpause`. Give it to a guardian without
    /// a delay.
    function pause() external;
    /// Ends the pause. All clocks of accounts start again. Give it to a role with an execution delay.
    function unpause() external;

    /// The number of the newest epoch. It counts changes.
    /// @return the epoch, 1 for the first profile
    function epoch() external view returns (uint64);
    /// When the newest epoch began.
    /// @return Unix seconds
    function epochSince() external view returns (uint64);
    /// When an epoch began.
    /// @param epoch the epoch, counted from 1
    /// @return Unix seconds; 0 if the epoch has not begun
    function startOf(uint64 epoch) external view returns (uint64);
    /// When the profile expires.
    /// @return Unix seconds from which on the profile has expired; 0 if it does not expire
    function expiresAt() external view returns (uint64);
    /// Whether the profile is paused.
    /// @return whether it is paused
    function paused() external view returns (bool);
    /// When the last pause ended.
    /// @return Unix seconds; 0 if no pause has ended
    function resumedAt() external view returns (uint64);
    /// When the guardian last tightened the profile.
    /// @return Unix seconds; 0 if there was no tightening
    function tightenedAt() external view returns (uint64);
    /// What the shocks of the newest epoch hash to. The numbers of a sleeve are made for certain shocks, and its attesters
    /// name them by this. A tightening leaves it, and so does an expiry.
    /// @return keccak256 of the words of shocks, 9 to 24 in the layout of PROFILE_WORDS
    function shocksHash() external view returns (bytes32);
    /// Since when these shocks are in force: the beginning of the first epoch in a row that has them.
    /// @return Unix seconds
    function shocksSince() external view returns (uint64);
    /// Least time between two tightenings. The gate's grace is shorter, so that no tightening falls into the grace of
    /// another.
    /// @return seconds: 86 400
    function TIGHTENING_INTERVAL() external view returns (uint64);
    /// The furthest that one tightening moves a factor or a rate of an asset.
    /// @return basis points: 1 000
    function TIGHTENING_STEP() external view returns (uint256);
    /// The furthest that one tightening raises maxBorrowRate.
    /// @return basis points a year: 10 000
    function TIGHTENING_RATE_STEP() external view returns (uint256);
    /// Whether the profile is neither paused nor past its expiry. An expired profile is dead until somebody calls
    /// `expire` or pokes the market.
    /// @return whether the profile is live
    function isLive() external view returns (bool);
    /// The newest epoch, while the profile is live.
    /// @return the epoch, counted from 1; 0 while the profile is not live
    function liveEpoch() external view returns (uint64);
    /// Whether the profile is past its expiry, and `expire` may be called.
    /// @return whether it has expired; false if it does not expire
    function isExpired() external view returns (bool);
    /// The parameters of the newest epoch.
    /// @return the words, in the layout of PROFILE_WORDS
    function profileWords() external view returns (uint256[PROFILE_WORDS] memory);
    /// The profile's part of the folded point: IC0 + the listing's and the profile's signals times their IC points.
    /// @return the point, affine
    function folded() external view returns (G1 memory);
    /// Digest of the listed assets and their quanta.
    /// @return the digest, below the field's order r
    function listing() external view returns (uint256);
    /// Number of listed assets. The slots beyond hold nothing.
    /// @return 1 to 16
    function listed() external view returns (uint256);
    /// Longest time between two attestations of a book that the debt factor pays for.
    /// @return seconds, 1 to 31 536 000
    function bookMaxAge() external view returns (uint32);
}
