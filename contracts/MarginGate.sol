// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Spec} from "./generated/Spec.sol";
import {IBookRegistry} from "./interfaces/IBookRegistry.sol";
import {IMarginGate} from "./interfaces/IMarginGate.sol";
import {IMarketLedger} from "./interfaces/IMarketLedger.sol";
import {GateStatus} from "./gate/GateStatus.sol";
import {Batch, FoldedGroth16} from "./lib/FoldedGroth16.sol";
import {BookState} from "./types/Book.sol";
import {Claims} from "./types/Claims.sol";
import {GateTerms, Marks} from "./types/Gate.sol";
import {G1, Proof, VerifyingKey} from "./types/Groth16.sol";
import {HealthWord, HealthWords} from "./types/HealthWord.sol";
import {Round} from "./types/Round.sol";
import {SleeveWord, SleeveWords} from "./types/SleeveWord.sol";
import {Status} from "./types/Status.sol";
import {SupportedHealth, Supports} from "./types/SupportedHealth.sol";

/// Margin accounts behind proofs; see IMarginGate. Nobody governs it. A pause of the risk profile stops it. Nobody can
/// replace its ledger, its registry, its key or its terms.
contract MarginGate is FoldedGroth16, GateStatus, ERC165 {
    using SafeCast for uint256;

    /// @param ledger_ where rounds come from; its risk profile is the gate's
    /// @param registry_ where books come from; it must go by the ledger's base profile
    /// @param key the verification key of the circuit
    /// @param terms_ the periods of the status machine, and the call margin: see GateTerms for their bounds
    constructor(IMarketLedger ledger_, IBookRegistry registry_, VerifyingKey memory key, GateTerms memory terms_)
        FoldedGroth16(key)
        GateStatus(ledger_, registry_, terms_)
    {}

    /// @inheritdoc IMarginGate
    function submit(bytes32 account, uint64 round, uint96 claim, Proof calldata proof) external {
        Round memory priced = _usableRound(round);
        uint256 commitment = _accept(account, claim, priced, msg.sender);
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
            (bool accepted, uint256 word) = _tryAccept(submission.account, submission.claim, rounds[at]);
            if (accepted) {
                _append(batch, at, word, submission.claim, submission.proof);
            } else {
                bytes4 reason = bytes4(bytes32(word));
                // A refusal names its error. A call without one had too little gas: that is no reason to skip.
                if (reason == 0) revert BatchOutOfGas();
                emit ProofSkipped(submission.account, submission.round, submission.claim, reason);
            }
        }
        if (batch.count == 0 && count != 0) return;
        _close(batch);
        G1[] memory folded = new G1[](distinct);
        for (uint256 i = 0; i < distinct; ++i) {
            folded[i] = rounds[i].folded;
        }
        _verifyBatch(folded, batch);
    }

    /// What `submitBatch` does for each of its proofs, as a call of its own, so that a refusal undoes that proof alone. Only
    /// the gate itself may call it: it records a claim whose proof is still to be verified.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param submitter the caller of `submitBatch`
    /// @param words the round that the claim was proven at, without its point
    /// @return commitment to the book that the proof must be of
    function acceptOfBatch(bytes32 account, uint96 claim, address submitter, uint256[5] calldata words)
        external
        returns (uint256)
    {
        if (msg.sender != address(this)) revert NotGate();
        Round memory round;
        // Saves what solc would decode; these are the gate's own words.
        assembly ("memory-safe") {
            calldatacopy(round, words, 0xa0)
        }
        return _accept(account, claim, round, submitter);
    }

    /// @inheritdoc IMarginGate
    function recordLapse(bytes32 account) external {
        StatusNow memory found = _statusNow(account);
        Account storage entry = _accounts[account];
        Marks memory marks = entry.marks;
        if (found.status == Status.Liquidatable && (marks.breachRound == 0 || marks.graceSince != 0)) {
            if (marks.breachRound == 0) _breach(marks, ledger.latestRound().number);
            marks.graceSince = 0;
            emit DefaultRecorded(account, marks.breachRound);
        } else if (found.lapsedAt != 0 && found.lapsedAt != marks.lapsedAt) {
            marks.lapsedAt = found.lapsedAt.toUint40();
            emit LapseRecorded(account, uint64(found.lapsedAt));
        } else {
            revert NothingToRecord(account);
        }
        _mark(entry, marks);
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
            returndatacopy(round, 0, 0xa0)
            returndatacopy(folded, 0xa0, 0x40)
        }
    }

    /// Calls `acceptOfBatch`. A copy of the error that it reverts with is cut to a word, zero if it had none.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param round the round that the claim was proven at
    /// @return accepted whether it has recorded the claim
    /// @return word the commitment if so, else the first word of the error
    function _tryAccept(bytes32 account, uint96 claim, Round memory round)
        private
        returns (bool accepted, uint256 word)
    {
        bytes4 selector = this.acceptOfBatch.selector;
        // Saves 500 bytes over the encoder and the decoder that solc writes.
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), account)
            mstore(add(data, 0x24), claim)
            mstore(add(data, 0x44), caller())
            mcopy(add(data, 0x64), round, 0xa0)
            mstore(0, 0)
            accepted := call(gas(), address(), 0, data, 0x104, 0, 0x20)
            word := mload(0)
        }
    }

    /// Checks everything about a submission but its proof, and records it. The caller verifies the proof, or all is
    /// undone.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param round the round that the claim was proven at
    /// @param submitter who submits the proof
    /// @return commitment commitment to the book that the proof must be of
    function _accept(bytes32 account, uint96 claim, Round memory round, address submitter)
        private
        returns (uint256 commitment)
    {
        uint64 sequence;
        uint64 asOf;
        bool isolated;
        Claims.check(claim);
        bool healthy = Claims.healthy(claim);
        (commitment, sequence, asOf, isolated) =
            healthy ? registry.liveBook(account) : _deniableBook(account, round.time);
        if (Claims.isolated(claim) != isolated) revert IsolationMismatch(account, isolated, !isolated);

        if (healthy) _recordHealth(account, claim, round, sequence, asOf);
        else _recordIllHealth(account, claim, round, submitter);
        emit ProofAccepted(account, round.number, sequence, claim, submitter);
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
        BookState memory book = registry.bookStateOf(account);
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
    function _recordHealth(bytes32 account, uint96 claim, Round memory round, uint64 sequence, uint64 asOf) private {
        uint256 theta = Claims.theta(claim);
        if (theta < Spec.BPS) revert ThetaBelowMaintenance(Spec.BPS, theta);
        Account storage entry = _accounts[account];
        HealthWord last = entry.health;
        HealthWord health =
            HealthWords.pack(uint32(claim), round.number, round.time, sequence, round.epoch, round.odometer);
        SleeveWord sleeve;
        bool plain = Claims.plain(claim);
        if (!plain && Claims.sleeve(claim)) {
            sleeve = _requireSleeve(account, claim, round.number);
            health = health.withSleeve();
        }
        if (plain || Claims.support(claim) == 0) _requireStronger(account, last, 0, health, 0);
        if (round.time < asOf && !_isInside(health, sleeve)) revert RoundBeforeBook(account, round.time, asOf);
        if (!plain) {
            int64 support = Claims.support(claim);
            if (support != 0) {
                _recordSupport(account, health, sleeve, support);
                // With dollars added it says nothing of the account as it is. With dollars taken it says more than a
                // plain claim, and is one as well, unless a better one is on record.
                if (support > 0 || round.number < last.round()) return;
                if (round.number == last.round() && !_isStronger(last, 0, health, 0)) return;
            }
            if (health.sleeve()) _sleeves[account] = sleeve;
        }
        if (last.marked() && _liftMarks(account, health, sleeve, asOf)) health = health.mark();
        entry.health = health;
    }

    /// Reverts unless a claim of a book with a sleeve may be accepted at a round; see IMarginGate for the rules.
    /// @param account the account
    /// @param claim the packed claim: see Claims
    /// @param round number of the round that the claim was proven at
    /// @return how long the sleeve holds
    function _requireSleeve(bytes32 account, uint96 claim, uint64 round) private view returns (SleeveWord) {
        if (ORIGIN == address(0)) revert SleeveRefused(claim);
        (uint64 pricedAt, uint64 attestedAt, uint16 band, uint64 until) =
            registry.liveSleeve(account, ORIGIN, profile.shocksHash(), Claims.healthy(claim));
        uint256 limit = ledger.sleeveLimit(pricedAt, attestedAt, band, round);
        return SleeveWords.pack(limit, until, profile.shocksSince());
    }

    /// Records a claim of health with a support, unless the record of its sign says more.
    /// @param account the account
    /// @param health the claim but for its support
    /// @param sleeve how long its sleeve holds; 0 without one
    /// @param support cents, not 0
    function _recordSupport(bytes32 account, HealthWord health, SleeveWord sleeve, int64 support) private {
        Supports storage records = _supports[account];
        SupportedHealth storage record = support < 0 ? records.taken : records.added;
        _requireStronger(account, record.health, record.support, health, support);
        (record.health, record.support, record.sleeve) = (health, support, sleeve);
        emit SupportRecorded(account, health.round(), health.sequence(), support);
    }

    /// Reverts unless a claim of health says more than the one on record.
    /// @param account the account
    /// @param last the claim on record
    /// @param lastSupport its support, cents
    /// @param next the claim that was proven
    /// @param support its support, cents
    function _requireStronger(bytes32 account, HealthWord last, int64 lastSupport, HealthWord next, int64 support)
        private
        pure
    {
        (uint64 was, uint64 round) = (last.round(), next.round());
        if (round > was) return;
        if (round < was) revert ProofOlder(account, was, round);
        if (!_isStronger(last, lastSupport, next, support)) revert ProofNotStronger(account, round);
    }

    /// Whether a claim of health says more than another of the same round: it is of another book or epoch, or no worse in
    /// anything and better in something. Rounds of a derived ledger go over to the next epoch, in which they are other
    /// markets.
    /// @param last the claim on record
    /// @param lastSupport its support, cents
    /// @param next the claim that was proven
    /// @param support its support, cents
    /// @return whether it does
    function _isStronger(HealthWord last, int64 lastSupport, HealthWord next, int64 support)
        private
        pure
        returns (bool)
    {
        if (next.sequence() != last.sequence() || next.epoch() != last.epoch()) return true;
        (uint256 theta, uint256 lastTheta) = (next.theta(), last.theta());
        (uint256 envelope, uint256 lastEnvelope) = (next.envelope(), last.envelope());
        // A sleeve can only end a claim sooner.
        (bool sleeve, bool lastSleeve) = (next.sleeve(), last.sleeve());
        bool worse =
            theta < lastTheta || envelope < lastEnvelope || support > lastSupport || (sleeve && !lastSleeve);
        bool same =
            theta == lastTheta && envelope == lastEnvelope && support == lastSupport && sleeve == lastSleeve;
        return !(worse || same);
    }

    /// A claim of health ends the lapse of the claim before. It lifts a breach or a call only if it is newer and still
    /// holds. Otherwise a short-lived high price in the proving window would lift them.
    /// @param account the account
    /// @param health the claim of health
    /// @param sleeve how long its sleeve holds; 0 without one
    /// @param asOf Unix seconds that the book is dated
    /// @return whether a mark is left
    function _liftMarks(bytes32 account, HealthWord health, SleeveWord sleeve, uint64 asOf)
        private
        returns (bool)
    {
        Marks memory marks = _accounts[account].marks;
        uint64 round = health.round();
        bool holds = _isInside(health, sleeve) && block.timestamp < _endOfBookAge(asOf);
        bool breach = holds && _isAfter(round, asOf, marks.breachRound, marks.breachSince);
        bool call = holds && _isAfter(round, asOf, marks.callRound, marks.callSince) && health.theta() >= marks.callTheta;
        marks.lapsedAt = 0;
        if (breach) {
            (marks.breachRound, marks.breachSince, marks.graceSince, marks.breachProven) = (0, 0, 0, false);
        }
        if (call) (marks.callRound, marks.callSince, marks.callTheta) = (0, 0, 0);
        _accounts[account].marks = marks;
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
    /// @param submitter who submits the proof
    function _recordIllHealth(bytes32 account, uint96 claim, Round memory priced, address submitter) private {
        uint256 theta = Claims.theta(claim);
        if (theta > CALL_MARGIN) revert ThetaAboveCallMargin(CALL_MARGIN, theta);
        if (Claims.taken(claim)) revert IllHealthWithTaken(claim);
        if (!registry.isWitness(account, submitter)) revert NotAttester(account, submitter);
        if (Claims.sleeve(claim)) _requireSleeve(account, claim, priced.number);
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

    /// Stores marks, and notes in the health word that there are some.
    /// @param entry what is stored of the account
    /// @param marks what stands against the account
    function _mark(Account storage entry, Marks memory marks) private {
        entry.marks = marks;
        entry.health = entry.health.mark();
    }

}
