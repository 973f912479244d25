// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SequencerGuard} from "../../../contracts/feeds/SequencerGuard.sol";
import {IMarketLedger} from "../../../contracts/interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../../../contracts/interfaces/IRiskProfile.sol";
import {G1} from "../../../contracts/types/Groth16.sol";
import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";
import {Round} from "../../../contracts/types/Round.sol";
import {Trapdoor} from "./Trapdoor.sol";

/// A risk profile whose epoch and life the test sets.
contract SettableProfile is IRiskProfile {
    uint64 public epoch = 1;
    uint64 public epochSince = uint64(block.timestamp);
    uint64 public resumedAt;
    uint32 public bookMaxAge = 1 days;
    uint256 public constant listing = uint256(keccak256("listing")) >> 8;
    bool public paused;
    bool public isExpired;
    bytes32 public shocksHash = keccak256("shocks");
    uint64 public shocksSince = uint64(block.timestamp);

    mapping(uint64 epoch => uint64) public startOf;

    constructor() {
        startOf[epoch] = epochSince;
    }

    function nextEpoch() public {
        epochSince = startOf[++epoch] = uint64(block.timestamp);
    }

    function setBookMaxAge(uint32 age) external {
        bookMaxAge = age;
    }

    /// A new epoch with another age.
    function change(uint32 age) external {
        nextEpoch();
        bookMaxAge = age;
    }

    /// A new epoch with other shocks.
    function changeShocks(bytes32 shocks) external {
        nextEpoch();
        (shocksHash, shocksSince) = (shocks, epochSince);
    }

    function setExpired(bool expired) external {
        isExpired = expired;
    }

    function pause() external {
        paused = true;
    }

    function unpause() external {
        paused = false;
        resumedAt = uint64(block.timestamp);
    }

    function isLive() external view returns (bool) {
        return !paused && !isExpired;
    }

    function liveEpoch() external view returns (uint64) {
        return paused || isExpired ? 0 : epoch;
    }

    uint64 public constant TIGHTENING_INTERVAL = 1 days;

    // What the gate never asks for.
    uint64 public constant tightenedAt = 0;
    uint256 public constant TIGHTENING_STEP = 0;
    uint256 public constant TIGHTENING_RATE_STEP = 0;
    function setProfile(uint256[PROFILE_WORDS] calldata, uint64, uint256[PROFILE_WORDS] calldata) external {}
    function tighten(uint256[PROFILE_WORDS] calldata) external {}
    function expire() external {}
    function expiresAt() external view returns (uint64) {}
    function profileWords() external view returns (uint256[PROFILE_WORDS] memory) {}
    function folded() external view returns (G1 memory) {}
    function listed() external view returns (uint256) {}
}

/// A ledger without feeds: the test says how far the market moved. The scalar behind each folded point is known, so
/// that Trapdoor can prove against it.
contract SettableLedger is IMarketLedger {
    uint64 public constant RING = 32;
    uint64 public constant maxRoundAge = 1 hours;
    uint64 public constant provingWindow = 10 minutes;
    uint64 public constant twapWindow = 30 minutes;
    uint16 public immutable sleeveSlots;

    SettableProfile private immutable PROFILE;
    uint64 public liveSince;
    /// Unix seconds at which the sequencer came back; the highest while it is down.
    uint64 private _upSince;
    uint64 private _latest;
    mapping(uint64 number => Round) private _rounds;
    mapping(uint256 slot => uint64) private _lows;
    mapping(uint256 slot => uint64) private _highs;

    constructor(SettableProfile profile_, uint16 sleeveSlots_) {
        (PROFILE, sleeveSlots) = (profile_, sleeveSlots_);
    }

    function setPrice(uint256 slot, uint64 low, uint64 high) external {
        (_lows[slot], _highs[slot]) = (low, high);
    }

    function setUpSince(uint64 upSince) external {
        _upSince = upSince;
    }

    function tradableSince() external view returns (uint64) {
        if (_upSince == type(uint64).max) revert SequencerGuard.SequencerDown(1);
        return _upSince > liveSince ? _upSince : liveSince;
    }

    /// A round in which the odometer has moved on by `moved`, and no asset of a sleeve has.
    function move(uint128 moved) public returns (uint64 number) {
        return move(moved, 0);
    }

    /// A round in which the odometers have moved on by `moved` and `sleeveMoved`.
    function move(uint128 moved, uint128 sleeveMoved) public returns (uint64 number) {
        Round memory last = _rounds[_latest % RING];
        if (_latest == 0 || block.timestamp > last.time + maxRoundAge) liveSince = uint64(block.timestamp);
        number = ++_latest;
        _rounds[number % RING] = Round({
            number: number,
            time: uint64(block.timestamp),
            epoch: PROFILE.epoch(),
            odometer: last.odometer + moved,
            sleeveOdometer: last.sleeveOdometer + sleeveMoved,
            folded: Trapdoor.point(scalarOf(number))
        });
    }

    function poke() external returns (uint64) {
        return move(0);
    }

    function scalarOf(uint64 number) public view returns (uint256) {
        return uint256(keccak256(abi.encode(address(this), number)));
    }

    function latestRound() external view returns (Round memory) {
        return roundAt(_latest);
    }

    function roundAt(uint64 number) public view returns (Round memory) {
        if (number == 0 || number > _latest) revert RoundUnknown(number);
        if (number < oldestRound()) revert RoundTooOld(number, oldestRound());
        return _rounds[number % RING];
    }

    function oldestRound() public view returns (uint64) {
        return _latest > RING ? _latest - RING + 1 : (_latest == 0 ? 0 : 1);
    }

    function usable(uint64 number) public view returns (bool) {
        Round storage round = _rounds[number % RING];
        return number != 0 && round.number == number && round.epoch == PROFILE.liveEpoch()
            && block.timestamp <= round.time + provingWindow;
    }

    function usableRound(uint64 number) external view returns (Round memory) {
        if (!usable(number)) revert RoundNotUsable(number);
        return _rounds[number % RING];
    }

    function firstBeyond(uint64 from, uint128 limit) external view returns (bool, Round memory round) {
        uint64 oldest = oldestRound();
        for (uint64 number = from + 1 < oldest ? oldest : from + 1; number <= _latest; ++number) {
            round = _rounds[number % RING];
            if (round.odometer > limit) return (true, round);
        }
        return (false, round);
    }

    function firstBeyondSleeve(uint64 from, uint128 limit) external view returns (bool, Round memory round) {
        uint64 oldest = oldestRound();
        for (uint64 number = from + 1 < oldest ? oldest : from + 1; number <= _latest; ++number) {
            round = _rounds[number % RING];
            if (round.sleeveOdometer > limit) return (true, round);
        }
        return (false, round);
    }

    function sleeveLimit(uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 number)
        external
        view
        returns (uint256)
    {
        (Round memory priced, Round memory round) = (roundAt(pricedAt), roundAt(number));
        uint64 earliest = attestedAt - provingWindow;
        if (priced.time < earliest || priced.time > attestedAt) {
            revert SleevePricedOutOfWindow(earliest, attestedAt, priced.time);
        }
        (uint256 low, uint256 high) = (priced.sleeveOdometer, round.sleeveOdometer);
        if (low > high) (low, high) = (high, low);
        uint256 most = uint256(band) * 1e8 / (10_000 + uint256(band));
        if (high - low > most) revert SleeveBandLeft(most, high - low);
        return priced.sleeveOdometer + most;
    }

    function origin() external view returns (address) {
        return address(this);
    }

    function priceOf(uint256 slot) external view returns (uint64 low, uint64 high, int128 funding) {
        return (_lows[slot], _highs[slot], 0);
    }

    /// Of the prices that the test has set last, for sixteen slots, whatever the round.
    function quotesDigest(uint64) external view returns (bytes32) {
        return keccak256(abi.encodePacked(quotes()));
    }

    /// One word a slot, as `quotesDigest` hashes them.
    function quotes() public view returns (uint256[] memory words) {
        words = new uint256[](16);
        for (uint256 u = 0; u < 16; ++u) {
            words[u] = _lows[u] | uint256(_highs[u]) << 64;
        }
    }

    function profile() external view returns (IRiskProfile) {
        return PROFILE;
    }

    function baseProfile() external view returns (IRiskProfile) {
        return PROFILE;
    }
}
