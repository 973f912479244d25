// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "../generated/Spec.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {BookState} from "../types/Book.sol";
import {GateTerms, HealthRecord, Marks, SleeveRecord, SupportRecord} from "../types/Gate.sol";
import {HealthWord} from "../types/HealthWord.sol";
import {Round} from "../types/Round.sol";
import {SleeveWord} from "../types/SleeveWord.sol";
import {Status} from "../types/Status.sol";
import {SupportedHealth, Supports} from "../types/SupportedHealth.sol";

/// What a gate has on record, and what an account may do by it: when a claim of health lapses, when a clock runs out,
/// and which status follows; see IMarginGate.
abstract contract GateStatus is IMarginGate {
    using SafeCast for uint256;

    /// All that is stored of an account.
    struct Account {
        /// The claim of health on record, and whether there are marks.
        HealthWord health;
        /// What stands against the account.
        Marks marks;
    }

    /// What is known of an account at this moment.
    struct StatusNow {
        /// The worst status that applies.
        Status status;
        /// Unix seconds at which the claim of health lapsed; 0 if it has not.
        uint256 lapsedAt;
        /// Unix seconds at which the first of its clocks runs out; 0 if none runs.
        uint256 deadline;
    }

    /// @inheritdoc IMarginGate
    IMarketLedger public immutable ledger;
    /// @inheritdoc IMarginGate
    IBookRegistry public immutable registry;
    /// @inheritdoc IMarginGate
    IRiskProfile public immutable profile;
    uint256 internal immutable MAX_PROOF_AGE;
    uint256 internal immutable GRACE_PERIOD;
    uint256 internal immutable CALL_PERIOD;
    uint256 internal immutable CALL_MARGIN;
    /// The ledger that sleeves must have been priced at; zero if nothing in the market carries sleeves.
    address internal immutable ORIGIN;

    mapping(bytes32 account => Account) internal _accounts;
    /// Apart from the accounts: a plain claim neither reads nor writes them.
    mapping(bytes32 account => Supports) internal _supports;
    /// How long the sleeve of the claim of health holds, if it has one. If it has none, the word is of a claim before.
    mapping(bytes32 account => SleeveWord) internal _sleeves;

    /// @param ledger_ where rounds come from; its risk profile is the gate's
    /// @param registry_ where books come from; it must go by the ledger's base profile
    /// @param terms_ the periods of the status machine, and the call margin: see GateTerms for their bounds
    constructor(IMarketLedger ledger_, IBookRegistry registry_, GateTerms memory terms_) {
        IRiskProfile profile_ = ledger_.profile();
        IRiskProfile base = ledger_.baseProfile();
        if (registry_.profile() != base) revert ProfileMismatch(address(base), address(registry_.profile()));
        uint64 window = ledger_.provingWindow();
        uint64 longest = ledger_.maxRoundAge() + ledger_.twapWindow();
        // A change of a derived ledger's base lapses nothing, but it ends the window of every round before it.
        if (base == profile_) longest -= window;
        if (terms_.gracePeriod <= longest) revert GraceTooShort(longest, terms_.gracePeriod);
        uint64 interval = profile_.TIGHTENING_INTERVAL();
        if (terms_.gracePeriod >= interval) revert GraceTooLong(interval, terms_.gracePeriod);
        if (terms_.callPeriod < terms_.gracePeriod) revert CallTooShort(terms_.gracePeriod, terms_.callPeriod);
        if (terms_.maxProofAge < window) revert ProofAgeTooShort(window, terms_.maxProofAge);
        if (terms_.callMargin <= Spec.BPS) revert CallMarginTooLow(Spec.BPS, terms_.callMargin);
        // An owner who swaps attesters must be liquidatable before the new ones may sign. That holds even if a change
        // of parameters puts off the end of the grace by another grace. The deployer adds the time that auctions take.
        uint256 slowest = uint256(registry_.longestBook()) + 2 * uint256(terms_.gracePeriod);
        if (registry_.rotationDelay() <= slowest) revert RotationTooFast(slowest, registry_.rotationDelay());

        ledger = ledger_;
        registry = registry_;
        profile = profile_;
        MAX_PROOF_AGE = terms_.maxProofAge;
        GRACE_PERIOD = terms_.gracePeriod;
        CALL_PERIOD = terms_.callPeriod;
        CALL_MARGIN = terms_.callMargin;
        ORIGIN = ledger_.sleeveSlots() == 0 ? address(0) : ledger_.origin();
    }

    /// @inheritdoc IMarginGate
    function statusOf(bytes32 account) public view returns (Status) {
        return _statusNow(account).status;
    }

    /// @inheritdoc IMarginGate
    function requireMargin(bytes32 account, uint256 theta) external view {
        Status status = statusOf(account);
        if (status != Status.Healthy) revert NotHealthy(account, status);
        uint256 proven = _accounts[account].health.theta();
        if (proven < theta) revert MarginTooLow(account, theta, proven);
    }

    /// @inheritdoc IMarginGate
    function requireMargin(bytes32 account, uint256 theta, int256 support) external view {
        if (support <= 0) {
            Status status = statusOf(account);
            if (status != Status.Healthy) revert NotHealthy(account, status);
        }
        Supports storage records = _supports[account];
        HealthWord health = _accounts[account].health;
        bool proven = (support >= 0 && _holds(account, health, _sleeveOf(account, health), theta))
            || (support >= records.taken.support
                && _holds(account, records.taken.health, records.taken.sleeve, theta))
            || (support >= records.added.support
                && _holds(account, records.added.health, records.added.sleeve, theta));
        if (!proven) revert SupportNotProven(account, theta, support);
    }

    /// @inheritdoc IMarginGate
    function isReduceOnly(bytes32 account) external view returns (bool) {
        Status status = statusOf(account);
        return status == Status.Grace || status == Status.MarginCall;
    }

    /// @inheritdoc IMarginGate
    function deadlineOf(bytes32 account) external view returns (uint64) {
        return uint64(_statusNow(account).deadline);
    }

    /// @inheritdoc IMarginGate
    function recordOf(bytes32 account) external view returns (HealthRecord memory) {
        return _recordOf(_accounts[account].health);
    }

    /// @inheritdoc IMarginGate
    function sleeveOf(bytes32 account) external view returns (SleeveRecord memory) {
        return _sleeveRecordOf(_sleeveOf(account, _accounts[account].health));
    }

    /// @inheritdoc IMarginGate
    function supportOf(bytes32 account) external view returns (SupportRecord memory taken, SupportRecord memory added) {
        Supports storage records = _supports[account];
        return (_supportRecordOf(account, records.taken), _supportRecordOf(account, records.added));
    }

    /// @inheritdoc IMarginGate
    function marksOf(bytes32 account) external view returns (Marks memory) {
        return _accounts[account].marks;
    }

    /// @inheritdoc IMarginGate
    function terms() external view returns (GateTerms memory) {
        return GateTerms({
            maxProofAge: uint32(MAX_PROOF_AGE),
            gracePeriod: uint32(GRACE_PERIOD),
            callPeriod: uint32(CALL_PERIOD),
            callMargin: uint16(CALL_MARGIN)
        });
    }

    /// Whether the market has left neither the claim's envelope nor the band of its sleeve.
    /// @param health the claim of health
    /// @param sleeve how long its sleeve holds; 0 without one
    /// @return whether the newest odometer readings are within their limits
    function _isInside(HealthWord health, SleeveWord sleeve) internal view returns (bool) {
        Round memory latest = ledger.latestRound();
        return latest.odometer <= health.limit() && (!health.sleeve() || latest.sleeveOdometer <= sleeve.limit());
    }

    /// Unix seconds at which a book dated `asOf` becomes too old for the live profile, whose debt factor pays for no
    /// more. Never earlier than the profile's epoch.
    /// @param asOf Unix seconds that the book is dated
    /// @return Unix seconds
    function _endOfBookAge(uint64 asOf) internal view returns (uint256) {
        return Math.max(uint256(asOf) + profile.bookMaxAge(), profile.epochSince());
    }

    /// When an outage of the profile or of the market last ended.
    /// @return Unix seconds; 0 if there was none
    function _restart() internal view returns (uint256) {
        return Math.max(profile.resumedAt(), ledger.liveSince());
    }

    /// Finds what the account may do now: see IMarginGate for the rules.
    /// @param account the account
    /// @return found its status, its lapse and its deadline
    function _statusNow(bytes32 account) internal view returns (StatusNow memory found) {
        Account memory entry = _accounts[account];
        Marks memory marks = entry.marks;
        bool proven = entry.health.round() != 0;
        if (!(proven || entry.health.marked())) return found;
        Round memory latest = ledger.latestRound();
        if (!_isReliable(latest)) return found;

        if (proven) {
            found.lapsedAt = _lapse(account, entry.health, _sleeveOf(account, entry.health), marks.lapsedAt, latest);
        }
        uint256 restart = _restart();
        uint256 deadline = type(uint256).max;
        if (marks.callRound != 0) deadline = Math.max(marks.callSince, restart) + CALL_PERIOD;
        if (found.lapsedAt != 0) deadline = Math.min(deadline, Math.max(found.lapsedAt, restart) + GRACE_PERIOD);
        if (marks.graceSince != 0) deadline = Math.min(deadline, Math.max(marks.graceSince, restart) + GRACE_PERIOD);
        if (deadline != type(uint256).max) {
            deadline = _putOff(deadline, latest.epoch);
            found.deadline = deadline;
        }

        bool breach = marks.breachRound != 0;
        if ((breach && marks.graceSince == 0) || block.timestamp > deadline) found.status = Status.Liquidatable;
        else if (breach || marks.callRound != 0) found.status = Status.MarginCall;
        else found.status = found.lapsedAt == 0 ? Status.Healthy : Status.Grace;
    }

    /// A clock that runs when the parameters change ends no sooner than the grace of the change. A change within that
    /// grace puts it off again.
    /// @param deadline Unix seconds at which the clock runs out by itself
    /// @param epoch the live epoch
    /// @return Unix seconds at which it runs out
    function _putOff(uint256 deadline, uint64 epoch) private view returns (uint256) {
        uint256 since = profile.epochSince();
        // Start of the first in a row of epochs that each began within the grace of the epoch before.
        uint256 first = since;
        while (deadline < first && epoch > 1) {
            uint256 start = profile.startOf(--epoch);
            if (first > start + GRACE_PERIOD) break;
            first = start;
        }
        return deadline < first ? deadline : Math.max(deadline, since + GRACE_PERIOD);
    }

    /// Whether the newest round is of the live epoch and fresh.
    /// @param latest the newest round
    /// @return whether it is
    function _isReliable(Round memory latest) private view returns (bool) {
        return latest.epoch == profile.liveEpoch() && block.timestamp <= uint256(latest.time) + ledger.maxRoundAge();
    }

    /// Whether a claim of health proves a theta now: no lapse, and a fresh round of the live epoch that says so.
    /// @param account the account
    /// @param health the claim; 0 if there is none
    /// @param sleeve how long its sleeve holds; 0 without one
    /// @param theta health factor that it must exceed, basis points
    /// @return whether it does
    function _holds(bytes32 account, HealthWord health, SleeveWord sleeve, uint256 theta)
        private
        view
        returns (bool)
    {
        if (health.round() == 0 || health.theta() < theta) return false;
        Round memory latest = ledger.latestRound();
        return _isReliable(latest) && _lapse(account, health, sleeve, 0, latest) == 0;
    }

    /// How long the sleeve of the claim of health on record holds.
    /// @param account the account
    /// @param health the claim on record
    /// @return sleeve the word; 0 without a sleeve
    function _sleeveOf(bytes32 account, HealthWord health) internal view returns (SleeveWord sleeve) {
        if (health.sleeve()) sleeve = _sleeves[account];
    }

    /// What a health word says.
    /// @param health the word
    /// @return the record; all zero if there is no claim
    function _recordOf(HealthWord health) private pure returns (HealthRecord memory) {
        return HealthRecord({
            round: health.round(),
            time: health.time(),
            sequence: health.sequence(),
            epoch: health.epoch(),
            theta: health.theta(),
            envelope: health.envelope(),
            odometer: health.odometer()
        });
    }

    /// What is on record for one sign of support.
    /// @param account the account
    /// @param record what is stored of it
    /// @return the record; all zero if there is none
    function _supportRecordOf(bytes32 account, SupportedHealth storage record)
        private
        view
        returns (SupportRecord memory)
    {
        (HealthWord health, SleeveWord sleeve) = (record.health, record.sleeve);
        bool holds = _holds(account, health, sleeve, 0);
        return SupportRecord(record.support, holds, _recordOf(health), _sleeveRecordOf(sleeve));
    }

    /// What a sleeve's word says.
    /// @param sleeve the word
    /// @return the record; all zero without a sleeve
    function _sleeveRecordOf(SleeveWord sleeve) private pure returns (SleeveRecord memory) {
        return SleeveRecord(sleeve.limit(), sleeve.until(), sleeve.shocksSince());
    }

    /// The earliest known moment at which a claim of health ceased to hold. The true moment may be earlier: a book was
    /// replaced twice, or a round has left the ring. The error never exceeds the proof's age, and there is none once
    /// `recordLapse` has recorded the lapse.
    /// @param account the account
    /// @param health the claim
    /// @param sleeve how long its sleeve holds; 0 without one
    /// @param recordedAt Unix seconds of a lapse that `recordLapse` has recorded; 0 if there is none
    /// @param latest the newest round
    /// @return Unix seconds; 0 if the claim holds
    function _lapse(
        bytes32 account,
        HealthWord health,
        SleeveWord sleeve,
        uint256 recordedAt,
        Round memory latest
    ) private view returns (uint256) {
        uint256 earliest = recordedAt == 0 ? type(uint256).max : recordedAt;
        if (health.sleeve()) earliest = Math.min(earliest, _sleeveLapse(health.round(), sleeve, latest));

        uint256 aged = health.time() + MAX_PROOF_AGE;
        if (block.timestamp > aged) earliest = Math.min(earliest, aged);

        if (health.epoch() != latest.epoch) earliest = Math.min(earliest, profile.epochSince());

        BookState memory book = registry.bookStateOf(account);
        if (book.sequence != health.sequence()) {
            earliest = Math.min(earliest, book.attestedAt);
        } else {
            if (book.brokenAt != 0) earliest = Math.min(earliest, book.brokenAt);
            if (health.sleeve()) {
                (,, uint64 voidedAt) = registry.sleeveOf(account);
                if (voidedAt != 0) earliest = Math.min(earliest, voidedAt);
            }
            uint256 end = Math.min(book.expiresAt, _endOfBookAge(book.asOf));
            if (block.timestamp >= end) earliest = Math.min(earliest, end);
        }

        uint256 limit = health.limit();
        if (latest.odometer > limit) {
            (bool inRing, Round memory beyond) = ledger.firstBeyond(health.round(), limit.toUint128());
            earliest = Math.min(earliest, inRing ? beyond.time : latest.time);
        }
        return earliest == type(uint256).max ? 0 : earliest;
    }

    /// The earliest known moment at which the sleeve of a claim of health ceased to hold, but for being voided: its end,
    /// a change of the shocks, or the first round beyond its band.
    /// @param round number of the round of the claim
    /// @param sleeve how long the sleeve holds
    /// @param latest the newest round
    /// @return earliest Unix seconds; the highest number if it holds
    function _sleeveLapse(uint64 round, SleeveWord sleeve, Round memory latest)
        private
        view
        returns (uint256 earliest)
    {
        earliest = block.timestamp < sleeve.until() ? type(uint256).max : sleeve.until();
        uint256 shocksSince = profile.shocksSince();
        if (shocksSince != sleeve.shocksSince()) earliest = Math.min(earliest, shocksSince);
        uint256 limit = sleeve.limit();
        if (latest.sleeveOdometer > limit) {
            (bool inRing, Round memory beyond) = ledger.firstBeyondSleeve(round, limit.toUint128());
            earliest = Math.min(earliest, inRing ? beyond.time : latest.time);
        }
    }
}
