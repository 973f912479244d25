// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Proof} from "../types/Groth16.sol";
import {CLEARED_ASSETS, HealthCall, Stage, TransitionCall, Withdrawal} from "../types/Transition.sol";
import {IAccountOwners} from "./IAccountOwners.sol";
import {IBookRegistry} from "./IBookRegistry.sol";
import {IClearingDefaults} from "./IClearingDefaults.sol";
import {IDefaultFund} from "./IDefaultFund.sol";
import {IMarginGate} from "./IMarginGate.sol";
import {IMarketLedger} from "./IMarketLedger.sol";
import {IWordsVerifier} from "./IWordsVerifier.sol";

/// A clearing house of perpetuals in one settlement token, whose accounts need no attester. An account's book begins
/// empty. Each change of its commitment is proven: see docs/CLEARING.md. So its commitment is that of what happened here,
/// and complete without anybody's word.
///
/// The house owns its accounts in the registry and is their only attester. It signs a book by EIP-1271, inside its own call
/// alone. It keeps who owns each account itself, and an owner can name no other attesters.
///
/// Every transition needs its owner, as caller or by signature, and four proofs of the book that it leaves: that the book
/// follows from the one before, that it is healthy at the gate, and that it is healthy under stress with the account's cap
/// added. A transition that opens risk needs the house's initial margin. One that deposits or reduces needs maintenance,
/// unless the account is liquidatable: then it needs initial margin, in a claim that lifts every mark.
///
/// Warning: cash is at par with the settlement token. A depeg is borne by the accounts that are owed.
/// Warning: an owner must stay awake. A claim of health that lapses and is not renewed in the gate's grace is a default.
/// Warning: the holders of the liquidators' key, t together, can read every book. They cannot change one.
/// Warning: integrators must ask `isCurrent` beside the gate. A book that a tear-up has overtaken can still be proven healthy.
interface IClearingHouse is IAccountOwners {
    /// An owner has opened an account.
    /// @param account the account's identifier in the registry
    /// @param owner who owns it for good
    /// @param subaccount the owner's name for it
    event ClearingAccountOpened(bytes32 indexed account, address indexed owner, bytes32 subaccount);
    /// An account's book has changed. The words are all that its proof binds; docs/CLEARING.md has their order. The
    /// ciphertext at their end is the book, encrypted to the liquidators' key and to its owner.
    /// @param account the account
    /// @param sequence sequence of the new book
    /// @param hash what the words hash to
    /// @param words the words of the transition
    event BookChanged(bytes32 indexed account, uint64 indexed sequence, uint256 hash, uint256[] words);
    /// An account's book was renewed: the same commitment has a new sequence and new times.
    /// @param account the account
    /// @param sequence the new sequence
    event BookRenewed(bytes32 indexed account, uint64 indexed sequence);
    /// Somebody has paid settlement tokens into an account.
    /// @param account the account
    /// @param from who paid
    /// @param amount smallest units of the settlement token
    event ClearingDeposited(bytes32 indexed account, address indexed from, uint256 amount);
    /// An owner has asked for a payment. It no longer backs the book.
    /// @param account the account
    /// @param amount what was asked for now, smallest units of the settlement token
    /// @param to who is to receive it, and what was asked for before
    /// @param due Unix seconds from which on everything asked for can be paid
    event WithdrawalAsked(bytes32 indexed account, uint256 amount, address to, uint64 due);
    /// A payment was made.
    /// @param account the account
    /// @param to who received it
    /// @param amount smallest units of the settlement token
    event WithdrawalPaid(bytes32 indexed account, address indexed to, uint256 amount);
    /// An account has shown an empty book. What is below one unit of the token stays with the house.
    /// @param account the account
    /// @param sequence sequence of the empty book
    /// @param dust attodollars that stay with the house
    event Exited(bytes32 indexed account, uint64 indexed sequence, uint256 dust);
    /// A default has frozen an account. What its owner had asked for stays with the house.
    /// @param account the account
    /// @param sequence sequence of its last book
    /// @param seized smallest units of the settlement token
    event AccountFrozen(bytes32 indexed account, uint64 indexed sequence, uint256 seized);
    /// A frozen account has come further.
    /// @param account the account
    /// @param stage how far
    event StageReached(bytes32 indexed account, Stage stage);
    /// A loss beyond the fund has cut all payments that were asked for and not made, in proportion.
    /// @param asked what was asked for, smallest units of the settlement token
    /// @param cut what it was cut by, smallest units of the settlement token
    event WithdrawalsCut(uint256 asked, uint256 cut);
    /// The market is closed: only transitions that reduce pass from now on, or none at all.
    /// @param ended whether it has ended, and nothing passes
    event MarketClosed(bool ended);

    /// A part does not belong to this house.
    /// @param what its name
    /// @param expected what it must say
    /// @param got what it says
    error HouseMismatch(bytes32 what, uint256 expected, uint256 got);
    /// Payments would be made before a default that they could have hidden has come to its end.
    /// @param least shortest horizon, seconds
    /// @param got the horizon that was given, seconds
    error HorizonTooShort(uint256 least, uint256 got);
    /// Only the contract of the house's defaults may do this.
    /// @param got the caller
    error NotDefaults(address got);
    /// Neither is the caller the account's owner, nor is the signature its owner's of this transition.
    /// @param account the account
    /// @param owner its owner
    error NotOwnersTransition(bytes32 account, address owner);
    /// The account is not open here, or a default has begun.
    /// @param account the account
    /// @param stage how far it has come
    error AccountNotOpen(bytes32 account, Stage stage);
    /// The deadline is over.
    /// @param deadline Unix seconds, the last in time
    /// @param time Unix seconds of the block
    error DeadlineOver(uint64 deadline, uint64 time);
    /// A transition says that it buys and sells one note, or it uses a note that it does not name, or names one that it does
    /// not use.
    /// @param account the account
    /// @param note place of the note, 0 to 3
    error NoteMalformed(bytes32 account, uint256 note);
    /// A note may be in a trade only.
    /// @param account the account
    error NoteOutsideTrade(bytes32 account);
    /// A trade has each account once, in ascending order.
    /// @param before the account before, 0 if there is none
    /// @param got the account that is not above it
    error TradeUnordered(bytes32 before, bytes32 got);
    /// A note is used three times, or twice by one account.
    /// @param note the note's digest
    error NoteUsedTwice(uint256 note);
    /// Both sides of a note buy, or both sell.
    /// @param note the note's digest
    error NoteSidesEqual(uint256 note);
    /// A note has one side only.
    /// @param note the note's digest
    error NoteOneSided(uint256 note);
    /// A transition that reduces has exactly one note.
    /// @param account the account
    error ReducesWithoutNote(bytes32 account);
    /// The prices are not those of the round.
    /// @param round number of the round
    /// @param expected what the round's quotes hash to
    /// @param got what the given ones hash to
    error QuotesWrong(uint64 round, bytes32 expected, bytes32 got);
    /// The round's prices are too old for a transition that reduces.
    /// @param round number of the round
    error QuotesTooOld(uint64 round);
    /// The book is older than a tear-up: it needs a transition, which closes the torn lines.
    /// @param account the account
    error BookTornUp(bytes32 account);
    /// The account is current. Nobody may break its book.
    /// @param account the account
    error BookCurrent(bytes32 account);
    /// An amount is 0 or too large.
    /// @param most the largest
    /// @param got the amount that was given
    error AmountOutOfRange(uint256 most, uint256 got);
    /// The token has delivered another amount than was asked for.
    /// @param expected smallest units of the settlement token
    /// @param got smallest units of the settlement token
    error TokenAmountWrong(uint256 expected, uint256 got);
    /// The account's owner owes the fund an assessment.
    /// @param account the account
    error AssessmentOwed(bytes32 account);
    /// The account has asked for nothing.
    /// @param account the account
    error NothingAsked(bytes32 account);
    /// What a default leaves is more than backs the books: others in default lack the rest, and have to be settled first.
    /// @param needed smallest units of the settlement token
    /// @param held smallest units of it that back the books
    error HeldTooLow(uint256 needed, uint256 held);
    /// The payment is not due yet.
    /// @param due Unix seconds from which on it is
    /// @param time Unix seconds of the block
    error PaymentNotDue(uint64 due, uint64 time);
    /// A default is open: nothing is paid until its loss is known.
    /// @param open how many are
    error PaymentWhileDefault(uint256 open);
    /// The account's cap has lapsed, or its book is older than a tear-up.
    /// @param account the account
    error NotCurrent(bytes32 account);
    /// The market is closed.
    /// @param ended whether it has ended
    error MarketIsClosed(bool ended);
    /// The recipient may not be zero or the house.
    /// @param to the address
    error RecipientInvalid(address to);

    /// Opens the caller's account of that name. It has no book until its first transition.
    /// @param subaccount the caller's name for the account, any 32 bytes
    /// @return account the account's identifier in the registry
    function open(bytes32 subaccount) external returns (bytes32 account);

    /// Adds settlement tokens of the caller to an account's basis, at par. Needs a claim at maintenance.
    /// @param call the transition, without notes
    /// @param amount smallest units of the settlement token, above 0, of which the caller has approved as many
    function deposit(TransitionCall calldata call, uint256 amount) external;

    /// Passes notes between accounts. Anybody may call it who has all sides. Each note is used by exactly two of the
    /// transitions, on opposite sides. A side needs a claim at initial margin, or at maintenance if it `reduces`.
    /// @param calls the transitions, in ascending order of account
    /// @param round number of the round whose prices a side that reduces is held to; 0 if none reduces
    /// @param quotes what that round said of each listed asset, as IMarketLedger.quotesDigest hashes it; none if no side
    /// reduces
    function trade(TransitionCall[] calldata calls, uint64 round, uint256[] calldata quotes) external;

    /// Closes torn-up lines, or changes the salt, and nothing else. Needs a claim at maintenance. An owner who owes an
    /// assessment may call it as well, if lines are torn up.
    /// @param call the transition, without notes
    function refresh(TransitionCall calldata call) external;

    /// Gives the newest book new times. Its claims of health are needed again. Owner only.
    /// @param account the account, whose book is current
    /// @param initial a claim at maintenance for the house's gate
    /// @param stress a claim for the stress gate
    /// @param capSteps step of the fund's grid
    function renew(bytes32 account, HealthCall calldata initial, HealthCall calldata stress, uint64 capSteps) external;

    /// Takes settlement tokens out of an account's basis, and pays them after the horizon: see `pay`. Needs a claim at
    /// initial margin. What was asked for before is added, and waits as long. Owner only.
    /// @param call the transition, without notes
    /// @param amount smallest units of the settlement token, above 0
    /// @param to who is to receive all that the account has asked for
    function withdraw(TransitionCall calldata call, uint256 amount, address to) external;

    /// Takes everything out of an account, and shows that its book is empty then: no claim of health holds of an empty book.
    /// Owner only.
    /// @param call the transition, without notes, with a cap of 0 and without claims of health
    /// @param basis what is taken off the basis, attodollars, not negative
    /// @param to who is to receive all that the account has asked for
    /// @param hash what the words of RevealBook hash to
    /// @param proof the proof of RevealBook of the empty book
    function exit(TransitionCall calldata call, uint256 basis, address to, uint256 hash, Proof calldata proof) external;

    /// Pays what an account has asked for. It must be due, and the owner may owe no assessment. Unless the market has ended,
    /// no default may be open, and the account must be current and Healthy at initial margin, or have exited, or its
    /// default be over. Anybody may call it.
    /// @param account the account
    /// @return amount smallest units of the settlement token
    function pay(bytes32 account) external returns (uint256 amount);

    /// Breaks the book of an account that is not current. Its grace runs from then on. Anybody may call it.
    /// @param account the account
    function breakBook(bytes32 account) external;

    /// Freezes an account: its book stays as it is. The contract of defaults only.
    /// @param account the account
    /// @return commitment commitment to its book
    /// @return sequence sequence of its book
    /// @return seized what its owner had asked for, which backs the books again, smallest units of the settlement token
    function freeze(bytes32 account) external returns (uint256 commitment, uint64 sequence, uint256 seized);
    /// Takes a frozen account further. The contract of defaults only.
    /// @param account the account
    /// @param stage Revealed or Settled
    function setStage(bytes32 account, Stage stage) external;
    /// A transition that takes a share of an estate. Needs a claim at initial margin. The contract of defaults only.
    /// @param call the transition, without notes
    /// @param deltaPerp quanta of each asset
    /// @param deltaBasis attodollars
    function takeOver(TransitionCall calldata call, int256[CLEARED_ASSETS] calldata deltaPerp, int256 deltaBasis) external;
    /// Counts tokens that the fund has paid to the house as backing. The contract of defaults only.
    /// @param amount smallest units of the settlement token
    function credit(uint256 amount) external;
    /// Turns backing of an estate into a payment that its owner may ask for. The contract of defaults only.
    /// @param account the account
    /// @param amount smallest units of the settlement token
    function owe(bytes32 account, uint256 amount) external;
    /// Cuts all payments that are asked for, in proportion. The contract of defaults only.
    /// @param loss smallest units of the settlement token
    /// @return cut what they were cut by, which backs the books again: the lesser of the loss and of all of them
    function cutWithdrawals(uint256 loss) external returns (uint256 cut);
    /// Closes the market for all but transitions that reduce, or for all. The contract of defaults only.
    /// @param ended whether for all
    function closeMarket(bool ended) external;
    /// Pays backing out: a claim at the end of the market, or what the fund is paid back. The contract of defaults only.
    /// @param to who receives it
    /// @param amount smallest units of the settlement token
    function payOut(address to, uint256 amount) external;

    /// How far an account has come.
    /// @param account the account
    /// @return the stage
    function stageOf(bytes32 account) external view returns (Stage);
    /// Whether an account's book is what happened: it is open, no tear-up has overtaken its book, and its cap has not lapsed.
    /// An integrator that relies on its health must ask this, too.
    /// @param account the account
    /// @return whether it is
    function isCurrent(bytes32 account) external view returns (bool);
    /// Whether an account has shown an empty book, and has had no other since.
    /// @param account the account
    /// @return whether it has
    function isEmpty(bytes32 account) external view returns (bool);
    /// What an account has asked for.
    /// @param account the account
    /// @return the payment
    function withdrawalOf(bytes32 account) external view returns (Withdrawal memory);
    /// What the words of an account's transitions and reveals say of their place.
    /// @param account the account
    /// @return place the first 248 bits of keccak256 of tag, chain, house and account
    function placeOf(bytes32 account) external view returns (uint256 place);
    /// Number of the newest tear-up that an account's book has applied: see IClearingDefaults.
    /// @param account the account
    /// @return its number, 0 if none
    function appliedTearUps(bytes32 account) external view returns (uint32);
    /// What backs all books.
    /// @return smallest units of the settlement token
    function held() external view returns (uint256);
    /// What owners have asked for and were not paid, after all cuts.
    /// @return smallest units of the settlement token, rounded down
    function asked() external view returns (uint256);
    /// What exits have left with the house: a part of `held` that no book has.
    /// @return attodollars
    function dust() external view returns (uint256);
    /// How many accounts are in default.
    /// @return their number
    function openDefaults() external view returns (uint256);
    /// Attodollars of one smallest unit of the settlement token.
    /// @return their number
    function unit() external view returns (uint256);
    /// The liquidators' key: all books are encrypted to it.
    /// @return x its x-coordinate on Baby Jubjub
    /// @return y its y-coordinate
    function liquidatorsKey() external view returns (uint256 x, uint256 y);
    /// Health factor that a transition needs which opens risk.
    /// @return basis points, above 10 000
    function initialMargin() external view returns (uint16);
    /// Time from a request to its payment.
    /// @return seconds
    function horizon() external view returns (uint64);
    /// The settlement token.
    /// @return the token, an ERC-20
    function settlement() external view returns (address);
    /// The gate of the house's margin.
    /// @return the gate
    function gate() external view returns (IMarginGate);
    /// The gate of the stress profile.
    /// @return the gate
    function stressGate() external view returns (IMarginGate);
    /// Where the books are.
    /// @return the registry
    function registry() external view returns (IBookRegistry);
    /// Where prices come from.
    /// @return the ledger
    function ledger() external view returns (IMarketLedger);
    /// The default fund.
    /// @return the fund
    function fund() external view returns (IDefaultFund);
    /// The contract of the house's defaults.
    /// @return the contract
    function defaults() external view returns (IClearingDefaults);
    /// Verifies proofs of BookTransition.
    /// @return the verifier
    function transitions() external view returns (IWordsVerifier);
    /// Verifies proofs of RevealBook.
    /// @return the verifier
    function reveals() external view returns (IWordsVerifier);
}
