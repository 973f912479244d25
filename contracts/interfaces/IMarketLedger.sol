// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Round} from "../types/Round.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// The committed oracle price: one folded curve point a round, shared by all accounts.
interface IMarketLedger {
    /// All that makes a round, so that an auditor can fold it again.
    /// @param number the round's number, counted from 1
    /// @param epoch epoch of the risk profile that the round was folded with
    /// @param time Unix seconds of the poke that committed the round
    /// @param odometer sum of the market's relative moves since the first round, units of 10^-8, rounded up
    /// @param sleeveOdometer the same of the slots of `sleeveSlots`, with SLEEVE_FUNDING_WEIGHT times the drift of funding
    /// @param x x-coordinate of the folded point
    /// @param y y-coordinate of the folded point
    /// @param low lower price of each listed asset, attodollars per quantum, 0 < low < 2^64
    /// @param high upper price of each listed asset, attodollars per quantum, low ≤ high < 2^64
    /// @param funding cumulative funding of each listed asset, attodollars per quantum, |funding| < 2^63
    event RoundCommitted(
        uint64 indexed number,
        uint64 indexed epoch,
        uint64 time,
        uint128 odometer,
        uint128 sleeveOdometer,
        uint256 x,
        uint256 y,
        uint64[] low,
        uint64[] high,
        int128[] funding
    );

    /// Nobody has committed a round of this number.
    /// @param number the number that was asked for; 0 if there is no round at all
    error RoundUnknown(uint64 number);
    /// The ring of rounds no longer has this round.
    /// @param number the number that was asked for
    /// @param oldest number of the oldest round in the ring
    error RoundTooOld(uint64 number, uint64 oldest);
    /// Not in the ring, older than the proving window, of another epoch, or the profile is paused or has expired.
    /// @param number the number that was asked for
    error RoundNotUsable(uint64 number);

    /// The round that a sleeve was priced at was too old when its book was attested, or had not been committed.
    /// @param earliest Unix seconds of the earliest round: the proving window before the book was attested
    /// @param latest Unix seconds at which the book was attested
    /// @param got Unix seconds of the round
    error SleevePricedOutOfWindow(uint64 earliest, uint64 latest, uint64 got);
    /// Between a claim's round and the one that its sleeve was priced at, the market left the sleeve's band.
    /// @param most how far the sleeve odometer may run, units of 10^-8
    /// @param got how far it has run, units of 10^-8
    error SleeveBandLeft(uint256 most, uint256 got);

    /// Reads every feed and commits a round. Anybody may call it. Calls `expire` on the profile first if it has
    /// expired. Reverts as a whole on any doubt about a feed, and if the last round is too young: see IMarketSources.
    /// @return number number of the round that it committed
    function poke() external returns (uint64 number);

    /// The newest round. Reverts with RoundUnknown(0) before the first.
    /// @return the newest round; it may be stale: see `maxRoundAge`
    function latestRound() external view returns (Round memory);

    /// A round that is still in the ring. `usable` says whether it may be proven against.
    /// @param number the round's number, from `oldestRound` to the newest
    /// @return the round
    function roundAt(uint64 number) external view returns (Round memory);

    /// A round to prove against: in the ring, of the live epoch, and no older than the proving window. Reverts with
    /// RoundNotUsable for any other.
    /// @param number the round's number
    /// @return the round
    function usableRound(uint64 number) external view returns (Round memory);

    /// Whether `usableRound` returns this round.
    /// @param number the round's number
    /// @return whether the round may be proven against now
    function usable(uint64 number) external view returns (bool);

    /// The age at which the newest round is stale, and every reader must fail closed.
    /// @return seconds since the newest round's poke, at least `provingWindow`; a round of just this age is not stale
    function maxRoundAge() external view returns (uint64);

    /// The risk profile that rounds are folded with.
    /// @return the risk profile
    function profile() external view returns (IRiskProfile);

    /// The risk profile that the ledger which takes the prices folds them with. The registry of a gate on this ledger
    /// goes by it. It is `profile`, unless this ledger is derived from another: see IDerivedLedger.
    /// @return the base's risk profile
    function baseProfile() external view returns (IRiskProfile);

    /// The time of the first round since the market was last stale. Nobody could have proven anything just before it,
    /// so the grace of an account must not begin before it.
    /// @return Unix seconds of that round's poke; 0 before the first round
    function liveSince() external view returns (uint64);

    /// Since when everybody has been able to act on the market: the later of `liveSince` and of the moment at which the
    /// sequencer came back, if there is a sequencer. Reverts while the sequencer is down or in its grace. Prices look
    /// fresh then, and most people cannot send anything.
    /// @return Unix seconds
    function tradableSince() external view returns (uint64);

    /// The oldest round in the ring, which has room for 2 048 rounds.
    /// @return the round's number; 0 before the first
    function oldestRound() external view returns (uint64);

    /// When the market left an envelope: the oldest round in the ring whose odometer is above `limit`.
    /// @param from only rounds numbered above this count
    /// @param limit odometer reading up to which a claim holds, units of 10^-8
    /// @return found whether the ring has such a round
    /// @return round the round; all zero if there is none
    function firstBeyond(uint64 from, uint128 limit) external view returns (bool found, Round memory round);

    /// When the market left the band of a sleeve: the oldest round in the ring whose sleeve odometer is above `limit`.
    /// @param from only rounds numbered above this count
    /// @param limit reading of the sleeve odometer up to which the sleeve holds, units of 10^-8
    /// @return found whether the ring has such a round
    /// @return round the round; all zero if there is none
    function firstBeyondSleeve(uint64 from, uint128 limit) external view returns (bool found, Round memory round);

    /// How far the sleeve odometer may read while a sleeve holds. Reverts unless both rounds are in the ring, the sleeve's
    /// is at most a proving window older than the attestation of its book, and the market stayed within the band between
    /// the two rounds, whichever comes first.
    /// @param pricedAt number of the round that the sleeve was priced at
    /// @param attestedAt Unix seconds at which its book was attested
    /// @param band relative move of prices through which the sleeve holds, basis points
    /// @param number number of the round that a claim is proven at
    /// @return limit reading of the sleeve odometer, units of 10^-8: see `firstBeyondSleeve`
    function sleeveLimit(uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 number)
        external
        view
        returns (uint256 limit);

    /// The assets that may carry sleeves: underlyings of options and what these settle in. The sleeve odometer counts
    /// their moves alone.
    /// Warning: the numbers of a sleeve with any other underlying or settlement token are bounds of nothing.
    /// @return bit u for slot u of the listing; 0 if nothing carries sleeves, and no gate of this ledger takes any
    function sleeveSlots() external view returns (uint16);

    /// The ledger that numbers these rounds, and whose quotes they have. The terms of a sleeve name it.
    /// @return itself, or the ledger that this one is derived from
    function origin() external view returns (address);

    /// What the newest round says of an asset; zeros before the first round, and for a slot beyond the listing.
    /// @param slot the asset's slot in the listing, 0 to 15
    /// @return low lower price, attodollars per quantum, below 2^64
    /// @return high upper price, attodollars per quantum, below 2^64
    /// @return funding cumulative funding, attodollars per quantum, |funding| < 2^63
    function priceOf(uint256 slot) external view returns (uint64 low, uint64 high, int128 funding);

    /// What a round said of every asset, as a hash. With it a contract can check prices of a round that is no longer the
    /// newest: a caller gives them, and they hash to this.
    /// @param number the round's number, from `oldestRound` to the newest
    /// @return keccak256 of one word of 32 bytes for each listed asset, in the listing's order: bits 0–63 low, bits 64–127
    /// high, both attodollars per quantum, bits 128–191 zero, bits 192–255 cumulative funding, two's complement
    function quotesDigest(uint64 number) external view returns (bytes32);

    /// Span of the time-weighted average price (TWAP). It reaches back to the youngest round that is at least so old.
    /// @return seconds, at most 62 · `minInterval`
    function twapWindow() external view returns (uint64);

    /// How long a round may be proven against, counted from its poke.
    /// @return seconds, from `minInterval` to `maxRoundAge`
    function provingWindow() external view returns (uint64);
}
