// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Round} from "../lib/Types.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// The committed oracle price: one folded curve point a round, shared by all accounts.
interface IMarketLedger {
    /// All that makes a round, so that an auditor can fold it again. Prices and funding in attodollars per quantum.
    event RoundCommitted(
        uint64 indexed number,
        uint64 indexed epoch,
        uint64 time,
        uint128 odometer,
        uint256 x,
        uint256 y,
        uint64[] low,
        uint64[] high,
        int128[] funding
    );

    error RoundUnknown(uint64 number);
    error RoundTooOld(uint64 number, uint64 oldest);
    /// Not in the ring, too old, of another epoch, or the profile is paused or has expired.
    error RoundNotUsable(uint64 number);

    /// Reads every feed and commits a round. Anybody may call it. Reverts as a whole on any doubt about a feed, and if the
    /// last round is too young: see IMarketSources.
    function poke() external returns (uint64 number);

    /// The newest round. Reverts with RoundUnknown(0) before the first.
    function latestRound() external view returns (Round memory);

    /// A round that is still in the ring. Whether it may be proven against is `usable`.
    function roundAt(uint64 number) external view returns (Round memory);

    /// A round to prove against: in the ring, of the live epoch, and no older than the proving window. Reverts with
    /// RoundNotUsable for any other.
    function usableRound(uint64 number) external view returns (Round memory);

    /// Whether `usableRound` has it.
    function usable(uint64 number) external view returns (bool);

    /// Seconds after which the newest round is stale, and every reader must fail closed.
    function maxRoundAge() external view returns (uint64);

    /// The risk profile that rounds are folded with.
    function profile() external view returns (IRiskProfile);

    /// Unix seconds of the first round since the market was last stale: nobody could have proven anything before it, so
    /// the grace of an account must not begin before it.
    function liveSince() external view returns (uint64);

    /// Unix seconds since which everybody has been able to act on the market: the later of `liveSince` and of when the
    /// sequencer came back, where there is one. Reverts while the sequencer is down or in its grace: prices look fresh
    /// then, and nobody else can send anything.
    function tradableSince() external view returns (uint64);

    /// Number of the oldest round in the ring; 0 before the first.
    function oldestRound() external view returns (uint64);

    /// The oldest round in the ring that is numbered above `from` and whose odometer is above `limit`: when the market
    /// left an envelope.
    function firstBeyond(uint64 from, uint128 limit) external view returns (bool found, Round memory round);

    /// What the newest round says of an asset, attodollars per quantum; zeros before the first.
    function priceOf(uint256 slot) external view returns (uint64 low, uint64 high, int128 funding);

    /// Seconds of the time-weighted average (TWAP): it reaches back to the youngest round that is at least so old.
    function twapWindow() external view returns (uint64);

    /// Seconds during which a round may be proven against, counted from its poke.
    function provingWindow() external view returns (uint64);
}
