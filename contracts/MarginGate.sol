// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "./generated/Spec.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {GateTerms, HealthRecord, IMarginGate, Marks} from "./interfaces/IMarginGate.sol";
import {IMarketLedger} from "./interfaces/IMarketLedger.sol";
import {IRiskProfile} from "./interfaces/IRiskProfile.sol";
import {Batch, FoldedGroth16} from "./lib/FoldedGroth16.sol";
import {BookStanding} from "./types/Book.sol";
import {Claims} from "./types/Claims.sol";
import {G1, Proof, VerifyingKey} from "./types/Groth16.sol";
import {HealthWord, HealthWords} from "./types/HealthWord.sol";
import {Round} from "./types/Round.sol";
import {Status} from "./types/Status.sol";

/// Margin accounts behind proofs; see IMarginGate. Nobody governs it. A pause of the risk profile stops it. Nobody can
/// replace its ledger, its registry, its key or its terms.
contract MarginGate is IMarginGate, FoldedGroth16, ERC165 {
    using SafeCast for uint256;

    /// All that is stored of an account.
    struct Account {
        /// The claim of health on record, and whether there are marks.
        HealthWord health;
        /// What stands against the account.
        Marks marks;
    }

    /// What is known of an account at this moment.
    struct Assessment {
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
    uint256 private immutable MAX_PROOF_AGE;
    uint256 private immutable GRACE_PERIOD;
    uint256 private immutable CALL_PERIOD;
    uint256 private immutable CALL_MARGIN;

    mapping(bytes32 account => Account) private _accounts;

    /// @param ledger_ where rounds come from; its risk profile is the gate's
    /// @param registry_ where books come from; it must go by the ledger's base profile
    /// @param key the verification key of the circuit
    /// @param terms_ the periods of the status machine, and the call margin: see GateTerms for their bounds
    constructor(IMarketLedger ledger_, IBookRegistry registry_, VerifyingKey memory key, GateTerms memory terms_)
        FoldedGroth16(key)
    {
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
    }

    /// @inheritdoc IMarginGate
    function submit(bytes32 account, uint64 round, uint32 claim, Proof calldata proof) external {
        Round memory priced = _usableRound(round);
        uint256 commitment = _accept(account, claim, priced);
        _verify(priced.folded, commitment, claim, proof);
    }

    /// @inheritdoc IMarginGate
    function submitBatch(Submission[] calldata submissions) external {
        uint256 count = submissions.length;
        Round[] memory rounds = new Round[](count);
        uint256 distinct;
        Batch memory batch = _newBatch(count);
        for (uint256 i = 0; i < count; ++i) {
            Submission calldata submission = submissions[i];
            uint256 at = 0;
            while (at < distinct && rounds[at].number != submission.round) ++at;
            if (at == distinct) rounds[distinct++] = _usableRound(submission.round);
            uint256 commitment = _accept(submission.account, submission.claim, rounds[at]);
            _append(batch, at, commitment, submission.claim, submission.proof);
        }
        G1[] memory folded = new G1[](distinct);
        for (uint256 i = 0; i < distinct; ++i) {
            folded[i] = rounds[i].folded;
        }
        _verifyBatch(folded, batch);
    }

    /// @inheritdoc IMarginGate
    function note(bytes32 account) external {
        Assessment memory found = _assess(account);
        Account storage entry = _accounts[account];
        Marks memory marks = entry.marks;
        if (found.status == Status.Liquidatable && (marks.breachRound == 0 || marks.graceSince != 0)) {
            if (marks.breachRound == 0) _breach(marks, ledger.latestRound().number);
            marks.graceSince = 0;
            emit DefaultNoted(account, marks.breachRound);
        } else if (found.lapsedAt != 0 && found.lapsedAt != marks.lapsedAt) {
            marks.lapsedAt = found.lapsedAt.toUint40();
            emit LapseNoted(account, uint64(found.lapsedAt));
        } else {
            revert NothingToNote(account);
        }
        _mark(entry, marks);
    }

    /// @inheritdoc IMarginGate
    function statusOf(bytes32 account) public view returns (Status) {
        return _assess(account).status;
    }

    /// @inheritdoc IMarginGate
    function requireMargin(bytes32 account, uint256 theta) external view {
        Status status = statusOf(account);
        if (status != Status.Healthy) revert NotHealthy(account, status);
        uint256 proven = _accounts[account].health.theta();
        if (proven < theta) revert MarginTooLow(account, theta, proven);
    }

    /// @inheritdoc IMarginGate
    function isReduceOnly(bytes32 account) external view returns (bool) {
        Status status = statusOf(account);
        return status == Status.Grace || status == Status.MarginCall;
    }

    /// @inheritdoc IMarginGate
    function deadlineOf(bytes32 account) external view returns (uint64) {
        return uint64(_assess(account).deadline);
    }

    /// @inheritdoc IMarginGate
    function recordOf(bytes32 account) external view returns (HealthRecord memory) {
        HealthWord health = _accounts[account].health;
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

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IMarginGate).interfaceId || super.supportsInterface(id);
    }

    /// `ledger.usableRound(index)`, decoded in place. A copy of more than was returned reverts.
    /// @param index number of the round
    /// @return round the round
    function _usableRound(uint256 index) private view returns (Round memory round) {
        (address from, bytes4 selector) = (address(ledger), IMarketLedger.usableRound.selector);
        G1 memory folded = round.folded;
        // Saves 580 gas a proof over the decoder that solc writes.
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, index)
            if iszero(staticcall(gas(), from, 0, 0x24, 0, 0)) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
            returndatacopy(round, 0, 0x80)
            returndatacopy(folded, 0x80, 0x40)
        }
    }

    /// Checks everything about a submission but its proof, and records it. The caller verifies the proof, or all is
    /// undone.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param round the round that the claim was proven at
    /// @return commitment commitment to the book that the proof must be of
    function _accept(bytes32 account, uint32 claim, Round memory round) private returns (uint256 commitment) {
        uint64 sequence;
        uint64 asOf;
        bool isolated;
        Claims.check(claim);
        bool healthy = Claims.healthy(claim);
        (commitment, sequence, asOf, isolated) =
            healthy ? registry.liveBook(account) : _deniableBook(account, round.time);
        if (Claims.isolated(claim) != isolated) revert IsolationMismatch(account, isolated, !isolated);

        if (healthy) _recordHealth(account, claim, round, sequence, asOf);
        else _recordIllHealth(account, claim, round);
        emit ProofAccepted(account, round.number, sequence, claim, msg.sender);
    }

    /// The book that ill health may be proven of at a round of that time. It may have lost signers: otherwise its owner
    /// would break it by a front-run revocation. It may not be dated after the round: it may have been changed for the
    /// round's prices.
    /// @param account the account
    /// @param time Unix seconds of the round
    /// @return commitment commitment to the book
    /// @return sequence sequence of the book
    /// @return asOf Unix seconds that the book is dated
    /// @return isolated whether the account is isolated
    function _deniableBook(bytes32 account, uint64 time)
        private
        view
        returns (uint256 commitment, uint64 sequence, uint64 asOf, bool isolated)
    {
        BookStanding memory book = registry.standingOf(account);
        if (book.sequence == 0 || block.timestamp >= book.expiresAt) revert IBookRegistry.BookNotLive(account);
        if (time < book.asOf) revert RoundBeforeBook(account, time, book.asOf);
        return (book.commitment, book.sequence, book.asOf, book.isolated);
    }

    /// Records a claim of health, unless what is on record says more.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param round the round that the claim was proven at
    /// @param sequence sequence of the book
    /// @param asOf Unix seconds that the book is dated
    function _recordHealth(bytes32 account, uint32 claim, Round memory round, uint64 sequence, uint64 asOf) private {
        uint256 theta = Claims.theta(claim);
        if (theta < Spec.BPS) revert ThetaBelowMaintenance(Spec.BPS, theta);
        Account storage entry = _accounts[account];
        HealthWord last = entry.health;
        uint64 number = round.number;
        if (number < last.round()) revert ProofOlder(account, last.round(), number);
        // Rounds of a derived ledger go over to the next epoch, in which they are other markets.
        if (number == last.round() && sequence == last.sequence() && round.epoch == last.epoch()) {
            (uint256 envelope, uint256 lastTheta, uint256 lastEnvelope) =
                (Claims.envelope(claim), last.theta(), last.envelope());
            bool worse = theta < lastTheta || envelope < lastEnvelope;
            bool same = theta == lastTheta && envelope == lastEnvelope;
            if (worse || same) revert ProofNotStronger(account, number);
        }
        HealthWord health = HealthWords.pack(claim, number, round.time, sequence, round.epoch, round.odometer);
        if (round.time < asOf && !_isInside(health)) revert RoundBeforeBook(account, round.time, asOf);
        if (last.marked() && _isLeftMarked(account, entry, health, asOf)) health = health.mark();
        entry.health = health;
    }

    /// Whether the market has not left the claim's envelope.
    /// @param health the claim of health
    /// @return whether the newest odometer reading is within its limit
    function _isInside(HealthWord health) private view returns (bool) {
        return ledger.latestRound().odometer <= health.limit();
    }

    /// A claim of health ends the lapse of the claim before. It lifts a breach or a call only if it is newer and still
    /// holds. Otherwise a short-lived high price in the proving window would lift them.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param health the claim of health
    /// @param asOf Unix seconds that the book is dated
    /// @return whether a mark is left
    function _isLeftMarked(bytes32 account, Account storage entry, HealthWord health, uint64 asOf)
        private
        returns (bool)
    {
        Marks memory marks = entry.marks;
        uint64 round = health.round();
        bool holds = _isInside(health) && block.timestamp < _endOf(asOf);
        bool breach = holds && _isAfter(round, asOf, marks.breachRound, marks.breachSince);
        bool call = holds && _isAfter(round, asOf, marks.callRound, marks.callSince) && health.theta() >= marks.callTheta;
        marks.lapsedAt = 0;
        if (breach) {
            (marks.breachRound, marks.breachSince, marks.graceSince, marks.breachProven) = (0, 0, 0, false);
        }
        if (call) (marks.callRound, marks.callSince, marks.callTheta) = (0, 0, 0);
        entry.marks = marks;
        if (breach || call) emit MarksLifted(account, round, breach, call);
        return marks.breachRound != 0 || marks.callRound != 0;
    }

    /// Whether health at `round`, of a book dated `asOf`, answers a mark. It does at a newer round, and at the same
    /// round if the book is dated after the mark was made: the next round may be far away.
    /// @param round number of the round of the claim
    /// @param asOf Unix seconds that the book is dated
    /// @param markRound number of the round of the mark; 0 if there is none
    /// @param markSince Unix seconds at which the mark was made
    /// @return whether the claim answers it
    function _isAfter(uint64 round, uint64 asOf, uint32 markRound, uint40 markSince) private pure returns (bool) {
        return markRound != 0 && (round > markRound || (round == markRound && asOf > markSince));
    }

    /// Records a claim of ill health as a breach or a margin call, unless what is on record says more.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param priced the round that the claim was proven at
    function _recordIllHealth(bytes32 account, uint32 claim, Round memory priced) private {
        uint256 theta = Claims.theta(claim);
        if (theta > CALL_MARGIN) revert ThetaAboveCallMargin(CALL_MARGIN, theta);
        if (!registry.isWitness(account, msg.sender)) revert NotAttester(account, msg.sender);
        Account storage entry = _accounts[account];
        uint64 round = priced.number;
        if (round < entry.health.round()) revert ProofOlder(account, entry.health.round(), round);
        Marks memory marks = entry.marks;
        if (theta <= Spec.BPS) {
            if (round <= marks.breachRound) revert ProofNotStronger(account, round);
            if (marks.breachRound == 0) marks.graceSince = _graceSince(entry.health, priced.epoch);
            _breach(marks, round);
            marks.breachProven = true;
        } else {
            bool weaker = round < marks.callRound || theta < marks.callTheta;
            bool same = round == marks.callRound && theta == marks.callTheta;
            if (weaker || same) revert ProofNotStronger(account, round);
            if (marks.callRound == 0) marks.callSince = block.timestamp.toUint40();
            (marks.callRound, marks.callTheta) = (uint256(round).toUint32(), uint16(theta));
        }
        _mark(entry, marks);
    }

    /// Dates a breach: its first moment stays, its round is the newest.
    /// @param marks what stands against the account
    /// @param round number of the round
    function _breach(Marks memory marks, uint64 round) private view {
        if (marks.breachRound == 0) marks.breachSince = block.timestamp.toUint40();
        marks.breachRound = uint256(round).toUint32();
    }

    /// When the epoch began, if a breach that is proven now waits for the grace of that change; else 0. An account
    /// without a claim of health in this epoch has the grace of its lapse, which an outage restarts. The first epoch
    /// changed nothing.
    /// @param health the claim of health on record
    /// @param epoch epoch of the round, which is live
    /// @return Unix seconds at which the epoch began, or 0
    function _graceSince(HealthWord health, uint64 epoch) private view returns (uint40) {
        if (epoch == 1) return 0;
        uint256 since = profile.epochSince();
        uint256 from = since;
        if (health.round() != 0 && health.epoch() != epoch) from = Math.max(since, _restart());
        return block.timestamp <= from + GRACE_PERIOD ? since.toUint40() : 0;
    }

    /// When an outage of the profile or of the market last ended.
    /// @return Unix seconds; 0 if there was none
    function _restart() private view returns (uint256) {
        return Math.max(profile.resumedAt(), ledger.liveSince());
    }

    /// Stores marks, and notes in the health word that there are some.
    /// @param entry what is stored of the account
    /// @param marks what stands against the account
    function _mark(Account storage entry, Marks memory marks) private {
        entry.marks = marks;
        entry.health = entry.health.mark();
    }

    /// Unix seconds at which a book dated `asOf` becomes too old for the live profile, whose debt factor pays for no
    /// more. Never earlier than the profile's epoch.
    /// @param asOf Unix seconds that the book is dated
    /// @return Unix seconds
    function _endOf(uint64 asOf) private view returns (uint256) {
        return Math.max(uint256(asOf) + profile.bookMaxAge(), profile.epochSince());
    }

    /// Finds what the account may do now: see IMarginGate for the rules.
    /// @param account the account
    /// @return found its status, its lapse and its deadline
    function _assess(bytes32 account) private view returns (Assessment memory found) {
        Account memory entry = _accounts[account];
        Marks memory marks = entry.marks;
        bool proven = entry.health.round() != 0;
        if (!(proven || entry.health.marked())) return found;
        Round memory latest = ledger.latestRound();
        if (!_isReliable(latest)) return found;

        if (proven) found.lapsedAt = _lapse(account, entry, latest);
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

    /// The earliest known moment at which the claim of health on record ceased to hold. The true moment may be earlier:
    /// a book was replaced twice, or a round has left the ring. The error never exceeds the proof's age, and there is
    /// none once `note` has recorded the lapse.
    /// @param account the account
    /// @param entry what is stored of the account
    /// @param latest the newest round
    /// @return Unix seconds; 0 if the claim holds
    function _lapse(bytes32 account, Account memory entry, Round memory latest) private view returns (uint256) {
        HealthWord health = entry.health;
        uint256 earliest = type(uint256).max;
        if (entry.marks.lapsedAt != 0) earliest = entry.marks.lapsedAt;

        uint256 aged = health.time() + MAX_PROOF_AGE;
        if (block.timestamp > aged) earliest = Math.min(earliest, aged);

        if (health.epoch() != latest.epoch) earliest = Math.min(earliest, profile.epochSince());

        BookStanding memory book = registry.standingOf(account);
        if (book.sequence != health.sequence()) {
            earliest = Math.min(earliest, book.attestedAt);
        } else {
            if (book.brokenAt != 0) earliest = Math.min(earliest, book.brokenAt);
            uint256 end = Math.min(book.expiresAt, _endOf(book.asOf));
            if (block.timestamp >= end) earliest = Math.min(earliest, end);
        }

        uint256 limit = health.limit();
        if (latest.odometer > limit) {
            (bool inRing, Round memory beyond) = ledger.firstBeyond(health.round(), limit.toUint128());
            earliest = Math.min(earliest, inRing ? beyond.time : latest.time);
        }
        return earliest == type(uint256).max ? 0 : earliest;
    }
}
