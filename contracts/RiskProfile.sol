// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Spec} from "./generated/Spec.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {Bn254, Sum} from "./lib/Bn254.sol";
import {ManyMul, Terms} from "./lib/ManyMul.sol";
import {ProfileRules} from "./lib/ProfileRules.sol";
import {SignalPoints, SignalTable} from "./lib/SignalTable.sol";
import {G1} from "./types/Groth16.sol";
import {PROFILE_WORDS, ProfileWords} from "./types/ProfileWords.sol";

/// The governed risk parameters of a market, and their part of the folded point; see IRiskProfile. A change multiplies
/// the points of the signals that change and no others.
contract RiskProfile is IRiskProfile, AccessManaged {
    using ManyMul for Terms;
    using ProfileRules for uint256[PROFILE_WORDS];
    using ProfileWords for uint256[PROFILE_WORDS];

    /// The number of listed assets must be 1 to 16, and the listing's digest below the field's order r.
    /// @param listing digest of the listing that was given
    /// @param listed number of listed assets that was given
    error ListingInvalid(uint256 listing, uint256 listed);

    /// @inheritdoc IRiskProfile
    uint64 public constant TIGHTENING_INTERVAL = uint64(Spec.TIGHTENING_INTERVAL);
    /// @inheritdoc IRiskProfile
    uint256 public constant TIGHTENING_STEP = Spec.TIGHTENING_STEP;
    /// @inheritdoc IRiskProfile
    uint256 public constant TIGHTENING_RATE_STEP = Spec.TIGHTENING_RATE_STEP;

    /// The IC points of the verification key that the profile is folded with.
    SignalTable public immutable table;
    /// @inheritdoc IRiskProfile
    uint256 public immutable listing;
    /// @inheritdoc IRiskProfile
    uint256 public immutable listed;

    uint256[PROFILE_WORDS] private _profile;
    uint256[PROFILE_WORDS] private _fallback;
    G1 private _folded;
    /// @inheritdoc IRiskProfile
    uint64 public epoch;
    /// @inheritdoc IRiskProfile
    uint64 public epochSince;
    /// @inheritdoc IRiskProfile
    uint64 public expiresAt;
    /// @inheritdoc IRiskProfile
    bool public paused;
    /// @inheritdoc IRiskProfile
    uint64 public resumedAt;
    /// @inheritdoc IRiskProfile
    uint64 public tightenedAt;
    /// @inheritdoc IRiskProfile
    uint64 public shocksSince;
    /// @inheritdoc IRiskProfile
    bytes32 public shocksHash;

    /// @inheritdoc IRiskProfile
    mapping(uint64 epoch => uint64) public startOf;

    /// @param authority the access manager; see the warning in IRiskProfile
    /// @param table_ the IC points of the verification key
    /// @param listing_ digest of the listed assets and their quanta, below the field's order r
    /// @param listed_ number of listed assets, 1 to 16
    /// @param profile the first parameters, in the layout of PROFILE_WORDS; they do not expire
    constructor(
        address authority,
        SignalTable table_,
        uint256 listing_,
        uint256 listed_,
        uint256[PROFILE_WORDS] memory profile
    ) AccessManaged(authority) {
        if (listing_ >= Spec.FIELD_R || listed_ == 0 || listed_ > Spec.ASSETS) {
            revert ListingInvalid(listing_, listed_);
        }
        (table, listing, listed) = (table_, listing_, listed_);
        profile.check(listed_);

        Sum memory sum;
        (G1 memory constant0, G1 memory ic) = (table_.pointAt(0), table_.pointAt(Spec.SIGNAL_LISTING + 1));
        (sum.x, sum.y) = (constant0.x, constant0.y);
        Bn254.addMul(sum, ic.x, ic.y, listing_);
        uint256[PROFILE_WORDS] memory none;
        _begin(Change.Set, sum, none, profile);
    }

    /// @inheritdoc IRiskProfile
    function setProfile(
        uint256[PROFILE_WORDS] calldata profile,
        uint64 expiresAt_,
        uint256[PROFILE_WORDS] calldata fallbackProfile
    ) external restricted {
        uint256[PROFILE_WORDS] memory next = profile;
        uint256[PROFILE_WORDS] memory later = fallbackProfile;
        next.check(listed);
        if (expiresAt_ == 0) {
            for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
                if (later[i] != 0) revert FallbackWithoutExpiry();
            }
        } else {
            if (expiresAt_ <= block.timestamp) revert ExpiryInThePast(expiresAt_, block.timestamp);
            later.check(listed);
            next.requireSameShocks(later);
        }
        expiresAt = expiresAt_;
        _fallback = later;
        _begin(Change.Set, _sum(), _profile, next);
    }

    /// @inheritdoc IRiskProfile
    function tighten(uint256[PROFILE_WORDS] calldata profile) external restricted {
        uint256[PROFILE_WORDS] memory current = _profile;
        uint256[PROFILE_WORDS] memory next = profile;
        uint256 last = tightenedAt;
        if (last != 0 && block.timestamp < last + TIGHTENING_INTERVAL) {
            revert TightenedTooSoon(last + TIGHTENING_INTERVAL, block.timestamp);
        }
        next.check(listed);
        current.requireTighter(next);
        if (keccak256(abi.encode(current)) == keccak256(abi.encode(next))) revert NothingChanged();
        tightenedAt = uint64(block.timestamp);
        _begin(Change.Tightened, _sum(), current, next);
    }

    /// @inheritdoc IRiskProfile
    function expire() external {
        if (!isExpired()) revert NotExpired(expiresAt, block.timestamp);
        uint256[PROFILE_WORDS] memory current = _profile;
        uint256[PROFILE_WORDS] memory next = current.tightest(_fallback);
        expiresAt = 0;
        delete _fallback;
        _begin(Change.Expired, _sum(), current, next);
    }

    /// @inheritdoc IRiskProfile
    function pause() external restricted {
        if (paused) revert AlreadyPaused();
        paused = true;
        emit Paused(msg.sender);
    }

    /// @inheritdoc IRiskProfile
    function unpause() external restricted {
        if (!paused) revert NotPaused();
        paused = false;
        resumedAt = uint64(block.timestamp);
        emit Unpaused(msg.sender);
    }

    /// @inheritdoc IRiskProfile
    function isLive() external view returns (bool) {
        return liveEpoch() != 0;
    }

    /// @inheritdoc IRiskProfile
    function liveEpoch() public view returns (uint64) {
        // Read together: they share a word.
        (uint64 current, uint64 end, bool stopped) = (epoch, expiresAt, paused);
        return stopped || (end != 0 && block.timestamp >= end) ? 0 : current;
    }

    /// @inheritdoc IRiskProfile
    function isExpired() public view returns (bool) {
        return expiresAt != 0 && block.timestamp >= expiresAt;
    }

    /// @inheritdoc IRiskProfile
    function profileWords() external view returns (uint256[PROFILE_WORDS] memory) {
        return _profile;
    }

    /// @inheritdoc IRiskProfile
    function folded() external view returns (G1 memory) {
        return _folded;
    }

    /// @inheritdoc IRiskProfile
    function bookMaxAge() external view returns (uint32) {
        return uint32(_profile[0] >> ProfileWords.BOOK_AGE_SHIFT);
    }

    /// The folded point, to add points to.
    /// @return sum the sum
    function _sum() private view returns (Sum memory sum) {
        (sum.x, sum.y) = (_folded.x, _folded.y);
    }

    /// Begins an epoch: `next` replaces `current`.
    /// @param change why
    /// @param sum the folded point of `current`
    /// @param current the profile until now
    /// @param next the profile from now on
    function _begin(
        Change change,
        Sum memory sum,
        uint256[PROFILE_WORDS] memory current,
        uint256[PROFILE_WORDS] memory next
    ) private {
        _refold(sum, current.signals(), next.signals());
        _profile = next;
        _folded = G1(sum.x, sum.y);
        uint64 begun = ++epoch;
        (epochSince, startOf[begun]) = (uint64(block.timestamp), uint64(block.timestamp));
        bytes32 shocks = next.hashOfShocks();
        if (shocks != shocksHash) (shocksHash, shocksSince) = (shocks, uint64(block.timestamp));
        emit ProfileChanged(begun, change, next, expiresAt, _fallback, sum.x, sum.y);
    }

    /// sum += Σ (next − current) · IC
    /// @param sum the folded point of `current`
    /// @param current signals of the profile until now: see `ProfileWords.signals`
    /// @param next signals of the profile from now on
    function _refold(Sum memory sum, int256[] memory current, int256[] memory next) private view {
        Terms memory terms = ManyMul.newTerms(next.length);
        terms.push(SignalPoints.load(address(table), Spec.SIGNAL_PNL_FACTOR + 1, 1), next[0] - current[0]);
        uint256 point = SignalPoints.load(address(table), Spec.SIGNAL_COLLATERAL_FACTOR + 1, next.length - 1);
        // No difference of 64-bit numbers can overflow.
        unchecked {
            for (uint256 i = 1; i < next.length; ++i) {
                terms.push(point, next[i] - current[i]);
                point += SignalPoints.POINT_BYTES;
            }
        }
        terms.addTo(sum);
    }
}
