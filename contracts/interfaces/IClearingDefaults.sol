// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {DefaultTerms, Estate} from "../types/Estate.sol";
import {Proof} from "../types/Groth16.sol";
import {CLEARED_ASSETS, TearUp, TransitionCall} from "../types/Transition.sol";

/// What becomes of an account that is silent: it is frozen, its book is revealed, its lines are sold in hundredths, and
/// what is missing is paid by the fund, by payments that owners have asked for, and last by tearing lines up.
///
///     start     anybody, of an account that is liquidatable at the gate, or whose cap is overdue
///     reveal    anybody who can open the book: the holders of the liquidators' key, t together, or the owner
///     bid       a member takes n of the parts that are left, for cash that it names, if that is at least the price now
///     settle    anybody, once everything is sold or the auction is over: the fund pays, what nobody bought is torn up
///
/// The price of an estate begins above the value of its lines and falls with time. It never falls below what the estate's
/// own cash and the fund can pay, so no bid can cost money that is not there.
///
/// If a book is not revealed in time, the market is closed for all but transitions that reduce. Later it ends: every
/// account's book counts at the ledger's prices, and what the house holds is divided among the claims that are proven.
///
/// Warning: a reveal makes the whole book public for good.
/// Warning: the prices of a settlement are the middle of the newest round. Nobody settles while that round is stale.
interface IClearingDefaults {
    /// A default has begun.
    /// @param account the account
    /// @param by who started it
    /// @param sequence sequence of its last book
    /// @param revealUntil Unix seconds, the last for a reveal before the market closes
    event DefaultStarted(bytes32 indexed account, address indexed by, uint64 sequence, uint64 revealUntil);
    /// A book is public. Its auction has begun.
    /// @param account the account
    /// @param basis attodollars, after tear-ups, with what its owner had asked for
    /// @param perp quanta of each asset, after tear-ups
    /// @param funded attodollars that the fund can pay for it
    event EstateRevealed(
        bytes32 indexed account, int256 basis, int256[CLEARED_ASSETS] perp, uint256 funded
    );
    /// A member has taken parts of an estate. The house's BookChanged has the transition.
    /// @param account the account in default
    /// @param buyer the account that has taken them
    /// @param parts hundredths
    /// @param cash attodollars that it paid; negative if it was paid
    event EstateSold(bytes32 indexed account, bytes32 indexed buyer, uint256 parts, int256 cash);
    /// The fund has paid for an estate.
    /// @param account the account in default
    /// @param paid smallest units of the settlement token
    event EstateFunded(bytes32 indexed account, uint256 paid);
    /// Lines are torn up: every account closes them with its next transition.
    /// @param number number of the tear-up, from 1
    /// @param assets bit u: asset u
    /// @param netPrice attodollars a quantum, net of funding; 0 for an asset that is not torn up
    event TornUp(uint32 indexed number, uint16 assets, int256[CLEARED_ASSETS] netPrice);
    /// A default is over.
    /// @param account the account
    /// @param left what its owner may ask to be paid, smallest units of the settlement token
    event EstateSettled(bytes32 indexed account, uint256 left);
    /// The market has ended.
    /// @param round number of the round whose prices count
    /// @param netPrice attodollars a quantum of each asset, net of funding
    event MarketEnded(uint64 round, int256[CLEARED_ASSETS] netPrice);
    /// An account's claim at the end of the market is proven.
    /// @param account the account
    /// @param claim attodollars, above 0
    event EndClaimProven(bytes32 indexed account, uint256 claim);
    /// A claim at the end of the market was paid.
    /// @param account the account
    /// @param amount smallest units of the settlement token
    event EndClaimPaid(bytes32 indexed account, uint256 amount);

    /// A term is out of its bounds.
    /// @param what its name
    /// @param least the least
    /// @param most the most
    /// @param got what was given
    error DefaultTermOutOfRange(bytes32 what, uint256 least, uint256 most, uint256 got);
    /// The account is not in default: it is not liquidatable and its cap is not overdue, or its book is empty.
    /// @param account the account
    error NotInDefault(bytes32 account);
    /// The default has not come as far as the call needs, or is further.
    /// @param account the account
    error EstateStageWrong(bytes32 account);
    /// A bid takes no part, or more than are left.
    /// @param left parts that are left
    /// @param got parts of the bid
    error PartsOutOfRange(uint256 left, uint256 got);
    /// A bid is below the present price.
    /// @param price attodollars for so many parts, rounded up
    /// @param got attodollars of the bid
    error BidTooLow(int256 price, int256 got);
    /// Parts are left, and their price still falls.
    /// @param until Unix seconds at which the auction ends
    error EstateAuctionRunning(uint64 until);
    /// Members can still pay what they owe.
    /// @param until Unix seconds, the last
    error EstateAssessmentsOpen(uint64 until);
    /// The newest round is too old.
    /// @param time Unix seconds of its poke
    error RoundStale(uint64 time);
    /// It is too early.
    /// @param from Unix seconds from which on it may be done
    error TooEarlyToEnd(uint64 from);
    /// The market has not ended, or it has, and the call needs the other.
    /// @param ended whether it has
    error MarketEndWrong(bool ended);
    /// The claim is proven already, or it was not.
    /// @param account the account
    error EndClaimWrong(bytes32 account);

    /// Begins the default of an account, unless the market has ended. Anybody may call it.
    /// @param account the account
    function start(bytes32 account) external;
    /// Makes the book of a frozen account public, and begins its auction. Anybody may call it who can prove it.
    /// @param account the account
    /// @param basis attodollars of the book
    /// @param perp quanta of each asset of the book
    /// @param hash what the words of RevealBook hash to
    /// @param proof the proof of RevealBook
    function reveal(
        bytes32 account,
        int256 basis,
        int256[CLEARED_ASSETS] calldata perp,
        uint256 hash,
        Proof calldata proof
    ) external;
    /// Takes parts of an estate into a member's book, for cash of that book.
    /// @param account the account in default
    /// @param parts hundredths, 1 to what is left
    /// @param cash attodollars that the buyer pays; negative if it is to be paid; at least the price now
    /// @param call the buyer's transition, signed, without notes: the parts' quanta as public deltas, and less cash
    function bid(bytes32 account, uint256 parts, int256 cash, TransitionCall calldata call) external;
    /// Goes on with the settlement of an estate, as far as can be now. Anybody may call it. Once the market has ended, it ends
    /// the default: the fund pays a public estate's deficit into what is divided, and is free again.
    /// @param account the account in default
    function settle(bytes32 account) external;
    /// Closes the market for all but transitions that reduce: a book was not revealed in time. Anybody may call it.
    /// @param account the account whose book was not
    function closeMarket(bytes32 account) external;
    /// Ends a market that has been closed for long enough. Anybody may call it.
    function endMarket() external;
    /// Proves what an account's book is worth at the end of the market. Anybody may call it who can prove it.
    /// @param account the account
    /// @param basis attodollars of the book
    /// @param perp quanta of each asset of the book
    /// @param hash what the words of RevealBook hash to
    /// @param proof the proof of RevealBook
    function claimAtEnd(
        bytes32 account,
        int256 basis,
        int256[CLEARED_ASSETS] calldata perp,
        uint256 hash,
        Proof calldata proof
    ) external;
    /// Pays a proven claim to the account's owner, once the time for claims is over. Anybody may call it.
    /// @param account the account
    /// @return amount smallest units of the settlement token, rounded down
    function payAtEnd(bytes32 account) external returns (uint256 amount);

    /// The present price of parts of an estate.
    /// @param account the account in default
    /// @param parts hundredths, 1 to what is left
    /// @return cash attodollars that a buyer must pay; negative if it is paid
    function priceOf(bytes32 account, uint256 parts) external view returns (int256 cash);
    /// Quanta of parts of an estate, as a buyer's transition has them.
    /// @param account the account in default
    /// @param parts hundredths, 1 to what is left
    /// @return perp quanta of each asset
    function sharesOf(bytes32 account, uint256 parts) external view returns (int256[CLEARED_ASSETS] memory perp);
    /// What is on record of an account's default, without tear-ups that it has not applied.
    /// @param account the account
    /// @return the record; all zero if there is none
    function estateOf(bytes32 account) external view returns (Estate memory);
    /// Attodollars that settlements have left: a part of what the house holds that no book has.
    /// @return attodollars
    function dust() external view returns (uint256);
    /// Unix seconds at which the market was closed; 0 if it was not.
    /// @return Unix seconds
    function closedAt() external view returns (uint64);
    /// Unix seconds at which the market ended; 0 if it has not.
    /// @return Unix seconds
    function endedAt() external view returns (uint64);
    /// The times and prices of defaults. They never change.
    /// @return the terms
    function terms() external view returns (DefaultTerms memory);
    /// The house whose accounts default here.
    /// @return the house
    function house() external view returns (address);
    /// The longest time from the start of a default to its end.
    /// @return seconds
    function longest() external view returns (uint64);
    /// How many tear-ups there were.
    /// @return their number
    function tearUps() external view returns (uint32);
    /// A tear-up.
    /// @param number its number, from 1
    /// @return the tear-up
    function tearUpAt(uint32 number) external view returns (TearUp memory);
    /// The lines that a book closes with its next transition: the first tear-up of each asset that it has not applied.
    /// @param applied number of the newest tear-up that the book has applied
    /// @return the lines and their prices
    function pendingTearUp(uint32 applied) external view returns (TearUp memory);
}
