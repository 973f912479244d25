// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Auction} from "../lib/DutchAuctions.sol";
import {Status} from "../lib/Types.sol";
import {IMarginGate} from "./IMarginGate.sol";

/// What the vault goes by, for its whole life. Basis points and seconds.
struct VaultTerms {
    /// Health factor that a release must leave behind; at least the gate's callMargin.
    uint16 initialMargin;
    /// On top of the debt that a liquidation repays; at most MAX_PENALTY.
    uint16 penalty;
    /// Share of the penalty for the account that starts the auction; the rest goes to the creditor's insurance fund.
    uint16 incentive;
    /// Share of the debt that one liquidation repays.
    uint16 closeFactor;
    /// What the price starts at, above the ledger's high.
    uint16 premium;
    /// What it ends at, as a share of what it started at; no higher than the ledger's high.
    uint16 floor;
    /// At least LEAST_BLOCKS blocks, as is reliefPeriod. Together they are no longer than the time that the registry's
    /// rotation delay leaves after a book and the gate's grace.
    uint32 auctionPeriod;
    /// After a liquidation has raised its due: time to attest what is left and prove it healthy, before the next.
    uint32 reliefPeriod;
    /// Nominal seconds from one block to the next: for each block an auction's price falls by no more than for that time.
    uint16 blockTime;
    /// Settlement units of debt that one liquidation repays at least, if there are as many.
    uint128 minimumClose;
}

/// How the ledger counts a token.
struct Asset {
    /// Whether it may be deposited. The rest is 0 if it never was listed.
    bool listed;
    /// Its slot in the listing.
    uint8 slot;
    /// The listing's decimals of its quantum.
    uint8 quantumDecimals;
    /// Its own.
    uint8 tokenDecimals;
}

/// What the auctions of one account are to raise, all together.
struct Liquidation {
    /// Settlement units still to be raised; 0 if it has ended or there never was one.
    uint128 due;
    /// Unix seconds.
    uint64 startedAt;
    /// Basis points on top of the debt that it repays: the terms' or none.
    uint16 penalty;
}

/// Something to be released once it is in an attested and proven book.
struct Request {
    /// 0 if there is none.
    uint128 amount;
    /// Unix seconds.
    uint64 requestedAt;
    /// Of the newest book at that time.
    uint64 sequence;
}

/// Collateral of margin accounts, and the loans of one creditor each that it secures. The positions are private and
/// elsewhere; what is here is public, and one of the attestors' sources of truth: they attest `recordedBalance` and
/// `recordedDebt`, which count what is requested as gone.
///
/// A withdrawal, or a loan, takes two steps. `request…` changes what is recorded. The attestors read that, sign a book
/// dated when they read it, the owner has it proven, and then `executeWithdrawal` or `lend` goes through, if the account
/// is healthy at initial margin by that book. So what was proven is the book without what is released.
///
/// An account that the gate calls liquidatable may have its collateral auctioned, one auction for each token, side by
/// side. Together they are a liquidation, and raise no more than its due: as much of the debt as the close factor allows,
/// plus the penalty. What one auction leaves to be raised the next one raises; only then comes relief, and after relief
/// another due. If health is proven in between, the next breach is another liquidation.
///
/// Bidders pay in the settlement token. Of each payment the debt's part goes to the creditor, and the penalty to the keeper that
/// started the auction and to the creditor's insurance fund. What need not be sold stays the owner's. A liquidation has a
/// penalty only if an attestor has proven the breach, or if the owner could have answered and did not: for the whole
/// grace period the newest book counted, had the creditor's signature, and left out no deposit and no repayment. So a
/// creditor earns nothing from a lapse that its own resignation or silence caused. Debt without collateral its creditor
/// can have paid from the insurance fund, as far as that reaches.
///
/// An auction is over once its time is up, once its liquidation has raised its due, or once health is proven, also if
/// nobody closed it and another breach follows; and if an outage or a new epoch came in between. Its price falls by
/// `blockTime` for each block at most, so that it stands still while nobody could bid.
///
/// Warning: a creditor lends on the word of the account's attestors, and must be one of them; see that the threshold
/// cannot be met without you, and watch for proposals to change it: while there is one, nothing is lent.
/// Warning: an empty book has no health factor, so that nobody can prove it: the last quantum of the last asset stays.
/// Warning: after an auction the newest book counts collateral and debt that are gone. Attest a new one; no older one
/// releases anything.
/// Warning: a deposit or repayment just before an unproven default keeps the penalty from it.
/// Warning: where `block.number` counts another chain's blocks, as Arbitrum's does, so must `blockTime`, and only the
/// ledger's sequencer guard ends an auction that fell in an outage.
/// Warning: debt is principal. Interest is part of what is lent, or of an agreement elsewhere.
/// Warning: tokens that charge on transfer are refused; list none that changes balances by itself.
interface IMarginVault {
    event AssetListed(address indexed token, uint8 slot, uint8 quantumDecimals);
    event AssetDelisted(address indexed token);
    event CreditorSet(bytes32 indexed account, address indexed creditor);
    event Deposited(bytes32 indexed account, address indexed token, uint256 amount, address from);
    event WithdrawalRequested(bytes32 indexed account, address indexed token, uint256 amount, uint64 sequence);
    event WithdrawalCancelled(bytes32 indexed account, address indexed token);
    event Withdrawn(bytes32 indexed account, address indexed token, uint256 amount, uint64 sequence, address to);
    event LoanRequested(bytes32 indexed account, uint256 amount, uint64 sequence);
    event LoanCancelled(bytes32 indexed account);
    event Lent(bytes32 indexed account, address indexed creditor, uint256 amount, uint64 sequence);
    event Repaid(bytes32 indexed account, address indexed creditor, uint256 amount, address from);
    event AuctionStarted(
        bytes32 indexed account,
        address indexed token,
        address indexed keeper,
        uint256 offered,
        uint256 startCost,
        uint256 due,
        uint256 penalty,
        uint256 startBlock
    );
    event Taken(
        bytes32 indexed account,
        address indexed token,
        address indexed bidder,
        uint256 amount,
        uint256 cost,
        uint256 repaid,
        uint256 incentive,
        uint256 insured,
        uint256 blockNumber
    );
    event AuctionClosed(bytes32 indexed account, address indexed token, uint256 returned);
    event ShortfallCovered(bytes32 indexed account, address indexed creditor, uint256 covered, uint256 uncovered);
    event InsuranceFunded(address indexed creditor, uint256 amount, address from);
    event InsuranceWithdrawn(address indexed creditor, uint256 amount);
    event Claimed(address indexed who, uint256 amount);

    error TermOutOfRange(bytes32 term, uint256 least, uint256 most, uint256 got);
    error AssetNotListed(address token);
    error SlotOutOfRange(uint256 most, uint256 got);
    error DecimalsOutOfRange(uint256 most, uint256 got);
    error NotOwner(bytes32 account, address expected, address got);
    error NotCreditor(bytes32 account, address expected, address got);
    error NotAttestor(bytes32 account, address creditor);
    error AccountUnknown(bytes32 account);
    error DebtOutstanding(uint256 debt);
    error AmountZero();
    error BalanceTooLow(uint256 balance, uint256 got);
    error ReceivedOther(address token, uint256 expected, uint256 got);
    error NothingRequested(bytes32 account);
    error AmountDiffers(uint256 requested, uint256 got);
    /// The newest book is not dated after `since`: the request, or a later sale of collateral.
    error BookTooEarly(bytes32 account, uint64 requestSequence, uint64 since, uint64 sequence, uint64 asOf);
    /// The newest book of an account that owes lacks its creditor's signature.
    error NotSignedByCreditor(bytes32 account, address creditor);
    /// Other attestors are proposed, and could take effect right after the loan.
    error RotationProposed(bytes32 account, uint64 effectiveAt);
    error NotLiquidatable(bytes32 account, Status status);
    error AuctionRunning(bytes32 account, address token);
    error NoAuction(bytes32 account, address token);
    /// The bid names an auction that started at another time.
    error AuctionDiffers(uint64 startedAt, uint64 got);
    /// The auction has time left, its account is still to be liquidated, and there is debt to repay.
    error AuctionGoesOn(bytes32 account, address token);
    /// Close it, and start another.
    error AuctionOver(bytes32 account, address token);
    error InRelief(uint64 until, uint64 time);
    error NothingOwed(bytes32 account);
    error CollateralLeft(bytes32 account);
    /// `most` is the bid's for as many units as there are.
    error CostTooHigh(uint256 most, uint256 got);
    error PriceMissing(uint8 slot);

    /// Lets a token be deposited, or changes how it is counted. For a role with an execution delay.
    /// Warning: a wrong slot or quantum starts auctions at a wrong price.
    function listAsset(address token, uint8 slot, uint8 quantumDecimals) external;
    /// Stops deposits of a token; what is there can be withdrawn and auctioned.
    function delistAsset(address token) external;

    /// Names who may lend to the account and is repaid from its collateral: one of its attestors. Owner only, while
    /// nothing is owed.
    function setCreditor(bytes32 account, address creditor) external;

    /// Adds collateral. Anybody may, from what they have; to an isolated account only its owner a token of which nothing is
    /// recorded.
    function deposit(bytes32 account, address token, uint256 amount) external;

    /// Counts `amount` as gone, in place of an earlier request for that token. Owner only.
    function requestWithdrawal(bytes32 account, address token, uint256 amount) external;
    function cancelWithdrawal(bytes32 account, address token) external;
    /// Releases what was requested, if the newest book is dated after the request and after the last sale of collateral,
    /// proven at initial margin, and, where there is debt, signed by the creditor. Owner only.
    function executeWithdrawal(bytes32 account, address token, address to) external;

    /// Counts `amount` settlement units as owed, in place of an earlier request. Owner only.
    function requestLoan(bytes32 account, uint256 amount) external;
    function cancelLoan(bytes32 account) external;
    /// Pays the requested loan from the creditor to the owner, on the conditions of a withdrawal, while no other attestors
    /// are proposed. Creditor only.
    function lend(bytes32 account, uint256 amount) external;
    /// Repays at most what is owed. Anybody may. Returns what was taken.
    function repay(bytes32 account, uint256 amount) external returns (uint256 repaid);

    /// Puts all of the account's collateral in `token` up for auction; what of it need not be sold comes back. A withdrawal
    /// requested of that token is cancelled. Anybody may, once the account is liquidatable, and not while the ledger's
    /// sequencer guard says that the sequencer is away.
    function startAuction(bytes32 account, address token) external;
    /// Buys at most `most` units at the price of the moment, while the account is liquidatable.
    /// @param startedAt of the auction that is bid for: another one asks another price
    /// @param mostCost for `most` units, and in proportion (rounded up) for as many as there are
    function take(bytes32 account, address token, uint64 startedAt, uint256 most, uint256 mostCost, address to)
        external
        returns (uint256 amount, uint256 cost);
    /// Ends an auction that is over, whose account has proven itself out of liquidation, or whose debt is repaid; what is
    /// left of it is the account's balance again. Anybody may.
    function closeAuction(bytes32 account, address token) external;
    /// Pays what a liquidatable account without any collateral here owes, as far as the creditor's insurance fund reaches.
    /// Creditor only: the account may be solvent elsewhere, and merely not proven.
    function coverShortfall(bytes32 account) external returns (uint256 covered);

    /// Adds to the fund that covers this creditor's shortfalls, and no other's.
    function fundInsurance(address creditor, uint256 amount) external;
    /// Pays the caller's fund out, while nobody owes the caller anything.
    function withdrawInsurance(uint256 amount) external;
    /// Pays out what repayments and incentives the vault holds for the caller.
    function claim() external returns (uint256 amount);

    function gate() external view returns (IMarginGate);
    function settlement() external view returns (IERC20);
    function terms() external view returns (VaultTerms memory);
    function assetOf(address token) external view returns (Asset memory);
    function creditorOf(bytes32 account) external view returns (address);
    /// Units of the account that are not at auction: what its owner may request.
    function balanceOf(bytes32 account, address token) external view returns (uint256);
    /// What an attestor is to attest: the balance and what is left of it at auction, less what is requested.
    function recordedBalance(bytes32 account, address token) external view returns (uint256);
    function debtOf(bytes32 account) external view returns (uint256);
    /// What an attestor is to attest: the debt and what is requested.
    function recordedDebt(bytes32 account) external view returns (uint256);
    function withdrawalOf(bytes32 account, address token) external view returns (Request memory);
    function loanRequestOf(bytes32 account) external view returns (Request memory);
    /// The auction of the account's collateral in a token; startedAt is 0 if there is none.
    function auctionOf(bytes32 account, address token) external view returns (Auction memory);
    /// Whether an auction that nobody has closed yet is over. Reverts while the sequencer is away.
    function isOver(bytes32 account, address token) external view returns (bool);
    /// The newest liquidation of the account.
    function liquidationOf(bytes32 account) external view returns (Liquidation memory);
    /// What `take` gives and asks for now, while the auction is not over.
    function quote(bytes32 account, address token, uint256 most) external view returns (uint256 amount, uint256 cost);
    function insuranceOf(address creditor) external view returns (uint256);
    function claimableOf(address who) external view returns (uint256);
}
