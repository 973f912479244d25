// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {GateTerms, HealthRecord, Marks, SleeveRecord, SupportRecord} from "../types/Gate.sol";
import {Proof} from "../types/Groth16.sol";
import {Status} from "../types/Status.sol";
import {IBookRegistry} from "./IBookRegistry.sol";
import {IMarketLedger} from "./IMarketLedger.sol";
import {IRiskProfile} from "./IRiskProfile.sol";

/// Accepts proofs and says what an account may do. Fails closed on every doubt:
///
///     Unknown       nothing was ever proven of the account, or the profile is paused or expired, or the market has no
///                   fresh round of the live epoch. Release nothing and liquidate nobody.
///     Liquidatable  an attester proved it not above maintenance; or nobody answered a lapse or a margin call in time.
///     MarginCall    an attester proved it not above the call's theta: the owner has callPeriod. Or an attester proved
///                   it not above maintenance, soon after a change of parameters: the owner has the rest of the grace.
///     Grace         the claim of health has lapsed: by a price outside its envelope, by age, by a new epoch, by a new,
///                   expired or broken book, by one older than the profile's bookMaxAge, or by the end of its sleeve.
///                   Reduce only. The owner has gracePeriod.
///     Healthy       a claim of health of the newest book, of the live epoch, inside its envelope and its age.
///
/// If several apply, the worst counts. A mark that a proof of ill health has left stays, over new books too, until a
/// claim of health lifts it. That claim must be above the mark's margin and inside its envelope at that moment, and its
/// book must not be too old for the profile. It must be of a newer round than the mark, or of the same round and a book
/// dated after the mark was made. A marked account cannot escape by re-attesting, by revoking an attester, or by
/// letting a book expire.
///
/// All clocks start again when an outage ends: a pause of the profile, or a market whose newest round was older than
/// maxRoundAge. Nobody is liquidated for time in which nobody could prove. A lapse by a new book, or by a new epoch, is
/// dated by the newest one. A status can improve without a proof in these two ways only. To act on a lapse or a
/// default, call `recordLapse` first: it records the lapse or the default on chain. The vault does so when it starts an
/// auction.
///
/// A change of parameters is no default, whether the governor, a tightening or an expiry begins the epoch. A clock that
/// runs at the change ends no sooner than gracePeriod after it. A book that the change makes too old lapses at the
/// change, and not before. In the first gracePeriod of the epoch an attester may prove a breach of an account that was
/// not in breach. That breach counts from the end of that time on. To have a breach count at once, an attester must
/// prove it before the change.
///
/// A claim of a book with a sleeve needs the sleeve that the registry has for that book. It was priced for this market
/// and these shocks, at a round no older than the proving window when the registry accepted the book. It has not ended.
/// The sleeve odometer has run, between that round and the claim's, whichever comes first, at most as far as the band
/// allows. A claim of health needs a sleeve that is not voided besides. It lapses when its sleeve ends or is voided, when
/// the newest round leaves the band, and when the shocks change; a voided one still proves ill health. Another epoch
/// with the same shocks takes new proofs of the same sleeve.
///
/// A claim may have a support: so many dollars added to the collateral, or taken, that is, owed besides. One record for
/// each sign stands beside the claim of health. It lapses as that claim does, and has no grace: once lapsed it proves
/// nothing. A claim of health with dollars taken is one of plain health as well. One with dollars added is not: it
/// lifts no mark, and no status depends on it. A claim of ill health may only have dollars added.
///
/// Warning: ill health can be proven at any round in the proving window that is no older than the book.
/// Warning: a proof is a bearer statement. Anybody may submit a claim of health that they have seen, and a newer round
/// replaces a wider envelope. Do not hand out proofs that you would not want recorded.
/// Warning: a claim reserves nothing. The same dollars prove as many claims as their owner makes; see `requireMargin`
/// with a support.
/// Warning: an account's status is worth what its attesters are; see IBookRegistry.
interface IMarginGate {
    /// One proof of a batch.
    struct Submission {
        /// The account that the proof is of.
        bytes32 account;
        /// Number of the round that it is proven at.
        uint64 round;
        /// The packed claim; see `submit` for its layout.
        uint96 claim;
        /// The Groth16 proof, in the EVM's order of coordinates.
        Proof proof;
    }

    /// The gate has accepted a proof. BookAttested of that sequence has the book's commitment. RoundCommitted of that
    /// round has its epoch and odometer.
    /// @param account the account that the proof is of
    /// @param round number of the round that it was proven at
    /// @param sequence sequence of the book that it was proven of
    /// @param claim the packed claim; see `submit` for its layout
    /// @param submitter the caller who submitted the proof
    event ProofAccepted(
        bytes32 indexed account, uint64 indexed round, uint64 indexed sequence, uint96 claim, address submitter
    );
    /// `submitBatch` has skipped a proof that `submit` would refuse. It has recorded nothing of it and not verified it.
    /// @param account the account that the proof names
    /// @param round number of the round that the proof names
    /// @param claim the packed claim; see `submit` for its layout
    /// @param reason selector of the error that `submit` would revert with
    event ProofSkipped(bytes32 indexed account, uint64 indexed round, uint96 claim, bytes4 reason);
    /// A claim of health has lifted a breach, a margin call or both.
    /// @param account the account
    /// @param round number of the round that the claim was proven at
    /// @param breach whether it has lifted a breach
    /// @param call whether it has lifted a margin call
    event MarksLifted(bytes32 indexed account, uint64 indexed round, bool breach, bool call);
    /// A claim of health with a support has replaced the record of its sign. ProofAccepted, which follows, has the whole
    /// claim.
    /// @param account the account
    /// @param round number of the round that the claim was proven at
    /// @param sequence sequence of the book that it was proven of
    /// @param support cents, negative for dollars taken
    event SupportRecorded(
        bytes32 indexed account, uint64 indexed round, uint64 indexed sequence, int64 support
    );
    /// `recordLapse` has recorded that the claim of health lapsed.
    /// @param account the account
    /// @param lapsedAt Unix seconds at which the claim lapsed
    event LapseRecorded(bytes32 indexed account, uint64 lapsedAt);
    /// `recordLapse` has recorded that the account is in default.
    /// @param account the account
    /// @param round number of the round that the breach is recorded at: the newest, or that of the proof if the breach
    /// was proven and waited for a grace
    event DefaultRecorded(bytes32 indexed account, uint64 indexed round);

    /// Only the gate itself may call this, from `submitBatch`.
    error NotGate();
    /// Too little gas is left to tell whether a proof of a batch is to be skipped.
    error BatchOutOfGas();
    /// Nothing in this gate's market carries sleeves.
    /// @param got the packed claim
    error SleeveRefused(uint96 got);
    /// A claim of ill health has dollars taken: with enough of them it is true of everybody.
    /// @param got the packed claim
    error IllHealthWithTaken(uint96 got);
    /// The claim is not of the account's kind.
    /// @param account the account
    /// @param expected whether the account is isolated
    /// @param got whether the claim says that it is
    error IsolationMismatch(bytes32 account, bool expected, bool got);
    /// A claim of health below maintenance margin proves nothing that the gate records.
    /// @param least lowest theta of a claim of health, basis points: 10 000
    /// @param got theta of the claim, basis points
    error ThetaBelowMaintenance(uint256 least, uint256 got);
    /// A claim of ill health denies more than an account may be called for.
    /// @param most highest theta of a claim of ill health, basis points: callMargin
    /// @param got theta of the claim, basis points
    error ThetaAboveCallMargin(uint256 most, uint256 got);
    /// This address is no attester of the account. Only an attester may prove ill health, or one that was removed since
    /// the newest book was attested. The vault takes no other creditor than an attester.
    /// @param account the account
    /// @param got the caller, or the creditor that was given
    error NotAttester(bytes32 account, address got);
    /// The round is older than the book, and the proof is unhealthy, or is healthy but the market has left its
    /// envelope.
    /// @param account the account
    /// @param roundTime Unix seconds of the round
    /// @param asOf Unix seconds that the book is dated
    error RoundBeforeBook(bytes32 account, uint64 roundTime, uint64 asOf);
    /// The proof is of an older round than the claim of health on record.
    /// @param account the account
    /// @param recorded number of the round on record
    /// @param got number of the proof's round
    error ProofOlder(bytes32 account, uint64 recorded, uint64 got);
    /// The proof says no more than what is on record. A claim of health at a round, book and epoch that already have one
    /// must be smaller in nothing and larger in theta or envelope. With a support it may also add less or take more, and
    /// never the reverse; it is held against the record of its sign. Without a sleeve it says more than with one. A proof
    /// that was accepted before, re-randomised or not, never says more. A claim at maintenance must be of a newer round
    /// than the breach on record. A claim above maintenance must be below the call on record in neither round nor theta,
    /// and above it in one.
    /// @param account the account
    /// @param round number of the proof's round
    error ProofNotStronger(bytes32 account, uint64 round);
    /// There is no lapse and no default that is not on record.
    /// @param account the account
    error NothingToRecord(bytes32 account);
    /// The account is not Healthy.
    /// @param account the account
    /// @param status the account's status
    error NotHealthy(bytes32 account, Status status);
    /// The account is Healthy, but by a proof of a lower health factor.
    /// @param account the account
    /// @param expected health factor that was asked for, basis points
    /// @param proven theta of the claim on record, basis points
    error MarginTooLow(bytes32 account, uint256 expected, uint256 proven);
    /// No claim of health that holds now proves so much with so little support.
    /// @param account the account
    /// @param theta health factor that was asked for, basis points
    /// @param support the most that the claim may add, cents; negative for the least that it must take
    error SupportNotProven(bytes32 account, uint256 theta, int256 support);
    /// The gate's grace is too short for the ledger's times.
    /// @param moreThan seconds that the grace must exceed: maxRoundAge less the proving window, plus the TWAP window; on a
    /// derived ledger maxRoundAge plus the TWAP window
    /// @param got the grace that was given, seconds
    error GraceTooShort(uint256 moreThan, uint256 got);
    /// The gate's grace is too long for the profile.
    /// @param lessThan seconds that the grace must stay below: the profile's TIGHTENING_INTERVAL
    /// @param got the grace that was given, seconds
    error GraceTooLong(uint256 lessThan, uint256 got);
    /// The call period is shorter than the grace.
    /// @param least shortest call period, seconds: gracePeriod
    /// @param got the call period that was given, seconds
    error CallTooShort(uint256 least, uint256 got);
    /// Proofs would lapse before their round stops being usable.
    /// @param least shortest maxProofAge, seconds: the ledger's proving window
    /// @param got the maxProofAge that was given, seconds
    error ProofAgeTooShort(uint256 least, uint256 got);
    /// The registry's owners could change attesters before their account is liquidatable.
    /// @param moreThan seconds that the rotation delay must exceed: `longestBook` and two graces
    /// @param got the registry's rotation delay, seconds
    error RotationTooFast(uint256 moreThan, uint256 got);
    /// The call margin is not above maintenance.
    /// @param moreThan basis points that the call margin must exceed: 10 000
    /// @param got the call margin that was given, basis points
    error CallMarginTooLow(uint256 moreThan, uint256 got);
    /// Registry and ledger go by different risk profiles.
    /// @param ledgers the ledger's base profile
    /// @param registrys the registry's risk profile
    error ProfileMismatch(address ledgers, address registrys);

    /// Verifies one proof of the account's newest book at a usable round. Anybody may submit a claim of health. Only an
    /// attester of the account may submit a claim of ill health, or one that was removed since the book was attested.
    ///
    /// A claim of health replaces the one on record if its round is newer. It also does at the same round of another
    /// book or epoch. At the same round of the same book and epoch, neither its theta nor its envelope may be smaller,
    /// and one of them must be larger. At a round older than the book, the market must still be inside the envelope.
    /// Otherwise a book made for past prices would restart the clock of a lapse.
    ///
    /// A claim of health with a support is held against the record of its sign in the same way, support included. One
    /// with dollars taken then also replaces the claim of health on record, if it says more than that.
    ///
    /// A claim of ill health counts if its round is no older than the claim of health on record and than the book. It
    /// must say more than the marks do. The book may have lost signers.
    /// @param account the account that the proof is of
    /// @param round number of the round that it is proven at
    /// @param claim the packed claim, from the least significant bit: bits 0–15 theta, basis points, from 1; bits 16–29
    /// envelope, basis points, 0 to 10 000, and 0 in a claim of ill health; bit 30 healthy; bit 31 isolated; bit 32
    /// sleeve; bit 33 taken; bits 34–89 the support's magnitude in cents. Theta is at least 10 000 in a claim of health
    /// and at most callMargin in a claim of ill health.
    /// @param proof the Groth16 proof, in the EVM's order of coordinates
    function submit(bytes32 account, uint64 round, uint96 claim, Proof calldata proof) external;

    /// Verifies many proofs, of one round or several, by one pairing check. It skips each proof that `submit` would
    /// refuse for what it claims or for what is on record of its account, and emits ProofSkipped for it. So a proof that
    /// somebody has copied and submitted first costs the others nothing. A false proof among those that are left, or a
    /// round that is not usable, reverts the whole batch.
    /// @param submissions the proofs, at least one, recorded in this order
    function submitBatch(Submission[] calldata submissions) external;

    /// Records a lapse or a default that `statusOf` finds, a default first. The ledger's ring of rounds forgets in time
    /// when a claim lapsed; the record does not. Once a default is on record, no outage restarts the time to answer.
    /// Anybody may call it. A claim of health lifts a recorded default as it lifts a breach.
    /// @param account the account
    function recordLapse(bytes32 account) external;

    /// What the account may do now.
    /// @param account the account
    /// @return the account's status, the worst that applies
    function statusOf(bytes32 account) external view returns (Status);

    /// Reverts unless the account is Healthy by a proof of at least theta. Integrators call this.
    /// Warning: the proof is of the newest attested book. Before you release something, make sure that the book already
    /// counts it as released.
    /// @param account the account
    /// @param theta health factor that the proof must exceed, basis points; 10 000 is maintenance margin
    function requireMargin(bytes32 account, uint256 theta) external view;

    /// Reverts unless a claim of health that holds now proves at least theta with no more support than that. A plain
    /// claim has a support of 0. For a support of at most 0 the account must be Healthy besides. For a positive one no
    /// status is asked for: the account may be in default without those dollars.
    ///
    /// So −1 000 000 says that the account stays above theta although 10 000 dollars more are owed: free equity, or a
    /// covenant. 1 000 000 says that 10 000 dollars more would keep it above theta: a cap on what is missing.
    /// Warning: a claim reserves nothing. Each of many readers sees the same free equity, and the account may spend it
    /// within the claim's life. To count it once, put it into the book: see `requireMargin` without a support.
    /// Warning: what is owed or pledged elsewhere and is not in the attested book is not counted.
    /// @param account the account
    /// @param theta health factor that the proof must exceed, basis points; 10 000 is maintenance margin
    /// @param support the most that the claim may add, cents; negative for the least that it must take
    function requireMargin(bytes32 account, uint256 theta, int256 support) external view;

    /// Whether the account is in Grace or under a margin call. It may close positions and add collateral, and nothing
    /// else.
    /// @param account the account
    /// @return whether it may only reduce
    function isReduceOnly(bytes32 account) external view returns (bool);

    /// When the first of the account's clocks runs out. Later than that it is liquidatable, unless it proves health.
    /// @param account the account
    /// @return Unix seconds, the last second in time; 0 if no clock runs, or if the market or the profile is not live
    function deadlineOf(bytes32 account) external view returns (uint64);

    /// The claim of health on record. It may have lapsed: `statusOf` says so.
    /// @param account the account
    /// @return the record; all zero if there never was a claim
    function recordOf(bytes32 account) external view returns (HealthRecord memory);
    /// How long the sleeve of the claim of health on record holds, unless it is voided.
    /// @param account the account
    /// @return the record; all zero if there never was a claim, or if its book has no sleeve
    function sleeveOf(bytes32 account) external view returns (SleeveRecord memory);
    /// The claims of health with a support on record, one for each sign.
    /// @param account the account
    /// @return taken the record with dollars taken; all zero if there never was one
    /// @return added the record with dollars added; all zero if there never was one
    function supportOf(bytes32 account) external view returns (SupportRecord memory taken, SupportRecord memory added);
    /// What stands against the account.
    /// @param account the account
    /// @return the marks; all zero if nothing stands against it
    function marksOf(bytes32 account) external view returns (Marks memory);
    /// The periods of the status machine, and the call margin. They never change.
    /// @return the terms
    function terms() external view returns (GateTerms memory);
    /// Where rounds come from.
    /// @return the market ledger
    function ledger() external view returns (IMarketLedger);
    /// Where books and attesters come from.
    /// @return the book registry
    function registry() external view returns (IBookRegistry);
    /// The risk profile that the ledger's rounds are folded with. The registry goes by the ledger's base profile.
    /// @return the risk profile
    function profile() external view returns (IRiskProfile);
}
