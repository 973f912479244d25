// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../interfaces/IRiskProfile.sol";
import {BookState} from "../types/Book.sol";
import {Claims} from "../types/Claims.sol";
import {GateTerms, HealthRecord, Marks, SleeveRecord, SupportRecord} from "../types/Gate.sol";
import {Proof} from "../types/Groth16.sol";
import {Status} from "../types/Status.sol";

/// A gate for integrators' tests: the test sets the status of each account, and `submit` accepts every proof.
/// `requireMargin` and `statusOf` answer with the gate's own errors, and an account of which nothing was set is Unknown.
/// Until `setParts` names another, it is its own registry, of owners and newest books alone.
/// Warning: never deploy it where something of value depends on it.
contract MockMarginGate is IMarginGate {
    using Claims for uint96;

    /// Lowest theta of a claim of health, basis points.
    uint256 private constant MAINTENANCE = 10_000;

    /// @inheritdoc IMarginGate
    IMarketLedger public ledger;
    /// @inheritdoc IMarginGate
    IBookRegistry public registry;
    /// @inheritdoc IMarginGate
    IRiskProfile public profile;
    GateTerms private _terms =
        GateTerms({maxProofAge: 1 days, gracePeriod: 6 hours, callPeriod: 12 hours, callMargin: 11_000});
    mapping(bytes32 account => Status) private _statuses;
    mapping(bytes32 account => HealthRecord) private _records;
    mapping(bytes32 account => Marks) private _marks;
    mapping(bytes32 account => SupportRecord) private _taken;
    mapping(bytes32 account => SupportRecord) private _added;
    mapping(bytes32 account => uint64) private _deadlines;
    /// The owner of an account, as of IBookRegistry.
    mapping(bytes32 account => address) public ownerOf;
    mapping(bytes32 account => BookState) private _books;

    /// The mock is its own registry.
    constructor() {
        registry = IBookRegistry(address(this));
    }

    /// Sets an account's owner.
    /// @param account the account
    /// @param owner what `ownerOf` says from now on
    function setOwner(bytes32 account, address owner) external {
        ownerOf[account] = owner;
    }

    /// Gives an account a newer book, live and attested now. Its status stays.
    /// @param account the account
    /// @param asOf Unix seconds that the book is dated
    function setBook(bytes32 account, uint64 asOf) external {
        BookState storage book = _books[account];
        ++book.sequence;
        (book.asOf, book.expiresAt, book.attestedAt, book.live) =
            (asOf, asOf + 1 days, uint64(block.timestamp), true);
    }

    /// Makes an account Healthy, and sets the theta that `requireMargin` compares with.
    /// @param account the account
    /// @param theta health factor that it has proven to exceed, basis points, at least 10 000
    function setHealthy(bytes32 account, uint256 theta) external {
        if (theta < MAINTENANCE) revert ThetaBelowMaintenance(MAINTENANCE, theta);
        HealthRecord storage record = _records[account];
        (record.theta, record.time, record.sequence) = (theta, uint64(block.timestamp), _books[account].sequence);
        ++record.round;
        (_statuses[account], _deadlines[account]) = (Status.Healthy, 0);
    }

    /// Gives an account a record of health with a support, which holds until another is set. Its status stays.
    /// @param account the account
    /// @param theta health factor that it has proven to exceed with the support, basis points, at least 10 000
    /// @param support cents, negative for dollars taken; not 0
    function setSupport(bytes32 account, uint256 theta, int64 support) external {
        _setSupport(account, _records[account].round + 1, theta, 0, support);
    }

    /// Gives an account a status. The claim of health on record stays.
    /// @param account the account
    /// @param status what `statusOf` says from now on
    function setStatus(bytes32 account, Status status) external {
        _statuses[account] = status;
    }

    /// Sets when the first of the account's clocks runs out.
    /// @param account the account
    /// @param deadline Unix seconds, what `deadlineOf` says from now on; 0 if no clock runs
    function setDeadline(bytes32 account, uint64 deadline) external {
        _deadlines[account] = deadline;
    }

    /// Sets what stands against an account.
    /// @param account the account
    /// @param marks what `marksOf` says from now on
    function setMarks(bytes32 account, Marks calldata marks) external {
        _marks[account] = marks;
    }

    /// Sets the periods of the status machine, and the call margin.
    /// @param terms_ what `terms` says from now on
    function setTerms(GateTerms calldata terms_) external {
        _terms = terms_;
    }

    /// Sets the contracts that the gate names.
    /// @param ledger_ the market ledger
    /// @param registry_ the book registry
    /// @param profile_ the risk profile
    function setParts(IMarketLedger ledger_, IBookRegistry registry_, IRiskProfile profile_) external {
        (ledger, registry, profile) = (ledger_, registry_, profile_);
    }

    /// Accepts the claim as if its proof were valid. A claim of health makes the account Healthy, but for one with
    /// dollars added; a claim of ill health makes it Liquidatable if its theta is at most 10 000, and puts it under a
    /// margin call otherwise.
    /// @inheritdoc IMarginGate
    function submit(bytes32 account, uint64 round, uint96 claim, Proof calldata) external {
        _accept(account, round, claim);
    }

    /// Accepts every claim as `submit` does.
    /// @inheritdoc IMarginGate
    function submitBatch(Submission[] calldata submissions) external {
        for (uint256 i = 0; i < submissions.length; ++i) {
            _accept(submissions[i].account, submissions[i].round, submissions[i].claim);
        }
    }

    /// Always reverts: the test sets statuses itself.
    /// @inheritdoc IMarginGate
    function recordLapse(bytes32 account) external pure {
        revert NothingToRecord(account);
    }

    /// @inheritdoc IMarginGate
    function requireMargin(bytes32 account, uint256 theta) external view {
        Status status = _statuses[account];
        if (status != Status.Healthy) revert NotHealthy(account, status);
        uint256 proven = _records[account].theta;
        if (proven < theta) revert MarginTooLow(account, theta, proven);
    }

    /// @inheritdoc IMarginGate
    function requireMargin(bytes32 account, uint256 theta, int256 support) external view {
        Status status = _statuses[account];
        if (support <= 0 && status != Status.Healthy) revert NotHealthy(account, status);
        bool plain = support >= 0 && status == Status.Healthy && _records[account].theta >= theta;
        if (!plain && !_has(_taken[account], theta, support) && !_has(_added[account], theta, support)) {
            revert SupportNotProven(account, theta, support);
        }
    }

    /// @inheritdoc IMarginGate
    function statusOf(bytes32 account) external view returns (Status) {
        return _statuses[account];
    }

    /// @inheritdoc IMarginGate
    function isReduceOnly(bytes32 account) external view returns (bool) {
        Status status = _statuses[account];
        return status == Status.Grace || status == Status.MarginCall;
    }

    /// @inheritdoc IMarginGate
    function deadlineOf(bytes32 account) external view returns (uint64) {
        return _deadlines[account];
    }

    /// @inheritdoc IMarginGate
    function recordOf(bytes32 account) external view returns (HealthRecord memory) {
        return _records[account];
    }

    /// All zero: a mock knows of no sleeves.
    /// @inheritdoc IMarginGate
    function sleeveOf(bytes32) external pure returns (SleeveRecord memory none) {}

    /// @inheritdoc IMarginGate
    function supportOf(bytes32 account) external view returns (SupportRecord memory taken, SupportRecord memory added) {
        return (_taken[account], _added[account]);
    }

    /// @inheritdoc IMarginGate
    function marksOf(bytes32 account) external view returns (Marks memory) {
        return _marks[account];
    }

    /// @inheritdoc IMarginGate
    function terms() external view returns (GateTerms memory) {
        return _terms;
    }

    /// All that the mock knows of an account's newest book, as IBookRegistry tells it.
    /// @param account the account
    /// @return the book's standing; its sequence is 0 if there is no book
    function bookStateOf(bytes32 account) external view returns (BookState memory) {
        return _books[account];
    }

    /// Records a claim and the status that follows from it.
    /// @param account the account
    /// @param round number of the round that the claim names
    /// @param claim the packed claim
    function _accept(bytes32 account, uint64 round, uint96 claim) private {
        claim.check();
        uint256 theta = claim.theta();
        if (claim.healthy()) {
            if (theta < MAINTENANCE) revert ThetaBelowMaintenance(MAINTENANCE, theta);
            if (claim.support() != 0) _setSupport(account, round, theta, claim.envelope(), claim.support());
            if (claim.support() <= 0) {
                HealthRecord storage record = _records[account];
                (record.round, record.time, record.theta) = (round, uint64(block.timestamp), theta);
                (record.envelope, record.sequence) = (claim.envelope(), _books[account].sequence);
                (_statuses[account], _deadlines[account]) = (Status.Healthy, 0);
            }
        } else {
            if (claim.taken()) revert IllHealthWithTaken(claim);
            if (theta > _terms.callMargin) revert ThetaAboveCallMargin(_terms.callMargin, theta);
            _statuses[account] = theta > MAINTENANCE ? Status.MarginCall : Status.Liquidatable;
        }
        emit ProofAccepted(account, round, _books[account].sequence, claim, msg.sender);
    }

    /// Records a claim of health with a support.
    /// @param account the account
    /// @param round number of the round that the claim names
    /// @param theta health factor that it exceeds, basis points
    /// @param envelope basis points
    /// @param support cents, negative for dollars taken; not 0
    function _setSupport(bytes32 account, uint64 round, uint256 theta, uint256 envelope, int64 support) private {
        if (theta < MAINTENANCE) revert ThetaBelowMaintenance(MAINTENANCE, theta);
        HealthRecord memory claim;
        SleeveRecord memory none;
        (claim.round, claim.time, claim.theta) = (round, uint64(block.timestamp), theta);
        (claim.envelope, claim.sequence) = (envelope, _books[account].sequence);
        if (support < 0) _taken[account] = SupportRecord(support, true, claim, none);
        else _added[account] = SupportRecord(support, true, claim, none);
        emit SupportRecorded(account, round, claim.sequence, support);
    }

    /// Whether a record proves a theta with no more support than that.
    /// @param record the record
    /// @param theta health factor, basis points
    /// @param support cents
    /// @return whether it does
    function _has(SupportRecord storage record, uint256 theta, int256 support) private view returns (bool) {
        return record.holds && record.support <= support && record.claim.theta >= theta;
    }
}
