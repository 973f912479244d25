// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Proof, Status} from "../lib/Types.sol";
import {IBookRegistry} from "./IBookRegistry.sol";
import {IMarketLedger} from "./IMarketLedger.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// The periods of the status machine, in seconds, and the margin below which an account may be called.
struct GateTerms {
    /// A proof lapses this long after its round, wherever prices are.
    uint32 maxProofAge;
    /// From lapse to liquidatable, and least time from a change of parameters to a default. Longer than maxRoundAge less the
    /// proving window, plus the TWAP window: nothing can be proven in an outage that is too short to restart clocks, nor
    /// after it in the spread between spot and TWAP, and nobody is liquidated for that. Shorter than the profile's
    /// TIGHTENING_INTERVAL.
    uint32 gracePeriod;
    /// From margin call to liquidatable, no shorter than the grace.
    uint32 callPeriod;
    /// Highest health factor, basis points above 10 000, that a proof of ill health may deny to be exceeded.
    uint16 callMargin;
}

/// The claim of health that stands for an account: the newest accepted, and of one round the strongest.
struct HealthRecord {
    /// 0 if there never was one.
    uint64 round;
    /// Of the round, unix seconds.
    uint64 time;
    uint64 sequence;
    uint64 epoch;
    uint256 theta;
    uint256 envelope;
    uint256 odometer;
}

/// What stands against an account until a claim of health lifts it. 0 where nothing does.
struct Marks {
    /// Newest round at which it was proven not above maintenance, or in which it was found in default.
    uint32 breachRound;
    /// Newest round at which it was proven not above the call margin.
    uint32 callRound;
    /// Unix seconds of the first proof of a standing call.
    uint40 callSince;
    /// Unix seconds at which the standing claim of health lapsed, if somebody has had it written down.
    uint40 lapsedAt;
    /// Health factor that lifts a standing call.
    uint16 callTheta;
    /// Unix seconds at which the standing breach was first proven or noted. A newer proof of it does not move this.
    uint40 breachSince;
    /// Unix seconds of the change of parameters whose grace the standing breach waits for; 0 if it counts at once.
    uint40 graceSince;
    /// An attestor proved the standing breach; false if it is a default that was noted.
    bool breachProven;
}

/// Accepts proofs and says what an account may do. Fails closed on every doubt:
///
///     Unknown       nothing was ever proven, or the profile is paused, or the market cannot be relied on now.
///                   Nothing is released and nobody is liquidated.
///     Liquidatable  proven not above maintenance; or a lapse or a margin call was not answered in time.
///     MarginCall    proven not above the call margin. The owner has callPeriod. Or proven not above maintenance, soon
///                   after a change of parameters. The owner has what is left of the grace for that.
///     Grace         the claim of health has lapsed: by a price outside its envelope, by age, by a new epoch, by a new,
///                   expired or broken book, or one older than the profile's bookMaxAge. Reduce only; the owner has
///                   gracePeriod.
///     Healthy       a claim of health of the newest book, of the live epoch, inside its envelope and its age.
///
/// Of several that apply the worst counts. What a proof of ill health has marked stays, over new books too, until
/// a claim of health lifts it: one of a newer round than the mark's, or of a book as of after the mark was made and the
/// mark's round, above its margin, and inside its envelope at the moment. Neither re-attesting nor revoking an attestor nor letting a book expire gets a marked account out of it.
///
/// Both clocks start again when an outage ends (of the profile, or of the market once its round was older than
/// maxRoundAge): nobody is liquidated for time in which nobody could prove. And a lapse by a new book, or a new epoch, is
/// dated by the newest one. These are the two ways other than a proof in which a status betters itself; whoever wants to act on a
/// lapse or a default has it written down before, by `note`, as the vault does when it starts an auction.
///
/// A change of parameters is no default. Whatever begins an epoch, be it the governor's, a tightening or an expiry: a
/// clock that runs then ends no sooner than gracePeriod after it, a book that it makes too old has lapsed no sooner than
/// then, and what an attester proves not above maintenance in the first gracePeriod of it, of an account that was not in
/// breach before, counts from the end of that on. Who is to act on a breach under the old parameters has it proven before.
///
/// Warning: ill health can be proven of any round in the proving window that is no older than the book.
/// Warning: a proof is a bearer statement. Anybody may submit a claim of health that they have seen, and a newer round
/// replaces a wider envelope. Do not hand out proofs that you would not want recorded.
/// Warning: an account's status is worth what its attestors are; see IBookRegistry.
interface IMarginGate {
    struct Submission {
        bytes32 account;
        uint64 round;
        uint32 claim;
        Proof proof;
    }

    /// The book of that sequence and its commitment are in BookAttested, the round's epoch and odometer in
    /// RoundCommitted.
    event ProofAccepted(
        bytes32 indexed account, uint64 indexed round, uint64 indexed sequence, uint32 claim, address submitter
    );
    /// A claim of health has lifted a breach, a margin call or both.
    event MarksLifted(bytes32 indexed account, uint64 indexed round, bool breach, bool call);
    event LapseNoted(bytes32 indexed account, uint64 lapsedAt);
    event DefaultNoted(bytes32 indexed account, uint64 indexed round);

    error IsolationMismatch(bytes32 account, bool expected, bool got);
    /// A claim of health at less than maintenance margin says nothing of use.
    error ThetaBelowMaintenance(uint256 least, uint256 got);
    error ThetaAboveCallMargin(uint256 most, uint256 got);
    error NotAttestor(bytes32 account, address submitter);
    /// An unhealthy proof at a round older than the book, or a healthy one whose envelope the market has left since.
    error RoundBeforeBook(bytes32 account, uint64 roundTime, uint64 asOf);
    error ProofOlder(bytes32 account, uint64 recorded, uint64 got);
    /// Of a round that already has one, only a proof that is no worse in anything and better in something counts.
    /// A proof that was accepted before, re-randomised or not, is never that.
    error ProofNotStronger(bytes32 account, uint64 round);
    error NothingToNote(bytes32 account);
    error NotHealthy(bytes32 account, Status status);
    error MarginTooLow(bytes32 account, uint256 expected, uint256 proven);
    error GraceTooShort(uint256 moreThan, uint256 got);
    error GraceTooLong(uint256 lessThan, uint256 got);
    error CallTooShort(uint256 least, uint256 got);
    error ProofAgeTooShort(uint256 least, uint256 got);
    error RotationTooFast(uint256 moreThan, uint256 got);
    error CallMarginTooLow(uint256 moreThan, uint256 got);
    /// Registry and ledger go by different risk profiles.
    error ProfileMismatch(address ledgers, address registrys);

    /// Verifies one proof of the account's newest book at a usable round. A claim of health may come from anybody;
    /// one of ill health only from a registered attestor of the account.
    ///
    /// A claim of health replaces the one on record if its round is newer; of the same round and book, if neither its
    /// theta nor its envelope is smaller and one of them is larger. At a round older than the book it must still hold, or a
    /// book that is made for prices of the past would restart the clock of a lapse. A claim of ill health counts if it is no older than
    /// the claim of health on record and than the book, and says more than the marks do; the book may have lost signers.
    function submit(bytes32 account, uint64 round, uint32 claim, Proof calldata proof) external;

    /// Many proofs, of one round or several, verified by one pairing check. All or none: one that `submit` would refuse
    /// has all refused, so simulate first.
    function submitBatch(Submission[] calldata submissions) external;

    /// Writes down what `statusOf` finds by looking back: a lapse, which the ledger's ring of rounds forgets in time,
    /// or that the time to answer has run out, so that no outage restarts it. Open to all. A default so noted is lifted as a
    /// breach is.
    function note(bytes32 account) external;

    function statusOf(bytes32 account) external view returns (Status);

    /// Reverts unless the account is Healthy by a proof of at least theta (basis points). What integrators call.
    /// Warning: the proof is of the newest attested book. Before you release something, see to it that the book is one
    /// of after the release.
    function requireMargin(bytes32 account, uint256 theta) external view;

    /// In Grace or under a margin call: it may close positions and add collateral, and nothing else.
    function isReduceOnly(bytes32 account) external view returns (bool);

    /// Unix seconds at the end of which the account becomes liquidatable unless it proves health; 0 if no clock runs.
    function deadlineOf(bytes32 account) external view returns (uint64);

    function recordOf(bytes32 account) external view returns (HealthRecord memory);
    function marksOf(bytes32 account) external view returns (Marks memory);
    function terms() external view returns (GateTerms memory);
    function ledger() external view returns (IMarketLedger);
    function registry() external view returns (IBookRegistry);
    function profile() external view returns (IRiskProfile);
}
