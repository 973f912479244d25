// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {Auction} from "../types/Auction.sol";
import {Status} from "../types/Status.sol";
import {Asset, Liquidation, Request, VaultTerms} from "../types/Vault.sol";
import {ICreditRegistry} from "./ICreditRegistry.sol";
import {IMarginGate} from "./IMarginGate.sol";

/// Collateral of margin accounts, and the loans of one creditor each that it secures. The positions are private and
/// elsewhere. What the vault holds is public, and one of the attesters' sources of truth. They attest `recordedBalance`
/// and `recordedDebt`, which count a request as if it were released. Amounts are in the smallest units of a token.
///
/// A withdrawal, or a loan, takes three steps. `request…` changes what is recorded. The attesters read that and sign a
/// book dated when they read it, and the owner has it proven. Then `executeWithdrawal` or `lend` goes through, if the
/// account is healthy at initial margin by that book. So the proven book is the one without what is released.
///
/// If the gate calls an account liquidatable, its collateral may be auctioned: one auction for each token, side by
/// side. Together they are a liquidation. It raises no more than its due: the part of the debt that the close factor
/// allows, plus the penalty. What one auction leaves to be raised, the next one raises. Relief comes only then, and
/// another due only after relief. If somebody proves health in between, the next breach starts another liquidation.
///
/// Bidders pay in the settlement token. Of each payment the debt's part goes to the creditor. The penalty goes to the
/// keeper that started the auction and to the creditor's insurance fund. What need not be sold stays the owner's.
///
/// A liquidation has a penalty only if an attester has proven the breach, or if the owner could have answered and did
/// not. The owner could have answered if the newest book counted for the whole grace period. It must also have had the
/// creditor's signature, and left out no deposit and no repayment. So a creditor earns nothing from a lapse that its
/// own resignation or silence caused. If debt is left without collateral, its creditor can use its insurance fund to
/// cover it.
///
/// An auction is over once its time is up, once its liquidation has raised its due, or once health is proven. The last
/// holds even if nobody closed the auction and another breach follows. It is also over if an outage or a new epoch came
/// in between. Its price falls by `blockTime` for each block at most, so that it stands still while nobody could bid.
///
/// Warning: a creditor lends on the word of the account's attesters, and must be one of them. As a creditor, make sure
/// that the threshold cannot be met without you. Watch for proposals to change it: while there is one, nothing is lent.
/// Warning: an empty book has no health factor, so nobody can prove it. The last quantum of the last asset stays.
/// Warning: after an auction the newest book counts collateral and debt that are gone. Attest a new one. A book dated
/// before the sale cannot release collateral.
/// Warning: a deposit or repayment just before an unproven default keeps the penalty from it.
/// Warning: where `block.number` counts another chain's blocks, as on Arbitrum, set `blockTime` to that chain's. Only
/// the ledger's sequencer guard then ends an auction that fell in an outage.
/// Warning: debt is principal. Interest is part of what is lent, or of an agreement elsewhere.
/// Warning: the vault refuses tokens that charge on transfer. List none that changes balances by itself.
interface IMarginVault {
    /// A token may be deposited from now on, or counts in another way.
    /// @param token the token
    /// @param slot slot of the asset in the listing, 0 to 15
    /// @param quantumDecimals the listing's decimals of its quantum, 0 to 10
    event AssetListed(address indexed token, uint8 slot, uint8 quantumDecimals);
    /// A token may no longer be deposited.
    /// @param token the token
    event AssetDelisted(address indexed token);
    /// The owner has named the account's creditor.
    /// @param account the account
    /// @param creditor who may lend to the account and is repaid from its collateral
    event CreditorSet(bytes32 indexed account, address indexed creditor);
    /// Somebody has added collateral.
    /// @param account the account that the collateral is of
    /// @param token the token
    /// @param amount what was added, smallest units of the token
    /// @param from the address that paid it
    event Deposited(bytes32 indexed account, address indexed token, uint256 amount, address from);
    /// The owner has requested a withdrawal, in place of an earlier request of that token.
    /// @param account the account
    /// @param token the token
    /// @param amount what is requested, smallest units of the token
    /// @param sequence sequence of the newest book, 0 if there is none; the release needs a newer book
    event WithdrawalRequested(bytes32 indexed account, address indexed token, uint256 amount, uint64 sequence);
    /// The owner has cancelled the request, or an auction of the token has.
    /// @param account the account
    /// @param token the token
    event WithdrawalCancelled(bytes32 indexed account, address indexed token);
    /// Collateral has left the vault.
    /// @param account the account
    /// @param token the token
    /// @param amount what was released, smallest units of the token
    /// @param sequence sequence of the book that the release went by
    /// @param to the address that received it
    event Withdrawn(bytes32 indexed account, address indexed token, uint256 amount, uint64 sequence, address to);
    /// The owner has requested a loan, in place of an earlier request.
    /// @param account the account
    /// @param amount what is requested, smallest units of the settlement token
    /// @param sequence sequence of the newest book, 0 if there is none; the loan needs a newer book
    event LoanRequested(bytes32 indexed account, uint256 amount, uint64 sequence);
    /// The owner has cancelled the requested loan.
    /// @param account the account
    event LoanCancelled(bytes32 indexed account);
    /// The creditor has paid the owner the requested loan.
    /// @param account the account that owes it
    /// @param creditor who lent it
    /// @param amount what was lent, smallest units of the settlement token
    /// @param sequence sequence of the book that the loan went by
    event Lent(bytes32 indexed account, address indexed creditor, uint256 amount, uint64 sequence);
    /// Somebody has repaid debt.
    /// @param account the account that owed it
    /// @param creditor who may claim it
    /// @param amount what was repaid, smallest units of the settlement token
    /// @param from the address that paid it
    event Repaid(bytes32 indexed account, address indexed creditor, uint256 amount, address from);
    /// A keeper has put an account's collateral up for auction.
    /// @param account the account
    /// @param token the token that is sold
    /// @param keeper who started the auction and gets the incentive
    /// @param offered what is put up, smallest units of `token`
    /// @param startCost what all of it costs at the start, smallest units of the settlement token
    /// @param due what the liquidation has still to raise, with all its auctions, smallest units of the settlement
    /// token
    /// @param penalty the liquidation's penalty, basis points of the debt that it repays: the terms' or 0
    /// @param startBlock number of the block
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
    /// A bidder has bought from an auction. `cost` is the sum of `repaid`, `incentive` and `insured`.
    /// @param account the account whose collateral was sold
    /// @param token the token that was sold
    /// @param bidder who paid
    /// @param amount what was sold, smallest units of `token`
    /// @param cost what the bidder paid, smallest units of the settlement token
    /// @param repaid the creditor's part, by which the debt fell, smallest units of the settlement token
    /// @param incentive the keeper's part of the penalty, smallest units of the settlement token
    /// @param insured the insurance fund's part of the penalty, smallest units of the settlement token
    /// @param blockNumber number of the block
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
    /// An auction has ended.
    /// @param account the account
    /// @param token the token of the auction
    /// @param returned what was not sold and is the account's balance again, smallest units of `token`
    event AuctionClosed(bytes32 indexed account, address indexed token, uint256 returned);
    /// A creditor has used its insurance fund to cover an account's debt.
    /// @param account the account
    /// @param creditor the creditor
    /// @param covered what the fund paid, smallest units of the settlement token
    /// @param uncovered the debt that is left, smallest units of the settlement token
    event ShortfallCovered(bytes32 indexed account, address indexed creditor, uint256 covered, uint256 uncovered);
    /// Somebody has added to a creditor's insurance fund.
    /// @param creditor the creditor whose fund it is
    /// @param amount what was added, smallest units of the settlement token
    /// @param from the address that paid it
    event InsuranceFunded(address indexed creditor, uint256 amount, address from);
    /// A creditor has withdrawn from its insurance fund.
    /// @param creditor the creditor whose fund it is
    /// @param amount what was withdrawn, smallest units of the settlement token
    event InsuranceWithdrawn(address indexed creditor, uint256 amount);
    /// A creditor or keeper has claimed what the vault held for it.
    /// @param who who claimed it
    /// @param amount what was paid out, smallest units of the settlement token
    event Claimed(address indexed who, uint256 amount);

    /// A term is outside its bounds.
    /// @param term the term's name, ASCII, padded with zeros on the right
    /// @param least lowest value, in the term's unit
    /// @param most highest value, in the term's unit
    /// @param got the value that was given, in the term's unit
    error TermOutOfRange(bytes32 term, uint256 least, uint256 most, uint256 got);
    /// The token is not listed.
    /// @param token the token
    error AssetNotListed(address token);
    /// The listing has no such slot.
    /// @param most highest slot, 15
    /// @param got the slot that was given
    error SlotOutOfRange(uint256 most, uint256 got);
    /// The quantum, or the token itself, has too many decimals.
    /// @param most most decimals: 10 for a quantum, 36 for a token
    /// @param got the decimals of the refused asset
    error DecimalsOutOfRange(uint256 most, uint256 got);
    /// Only the account's creditor may do this.
    /// @param account the account
    /// @param expected the account's creditor, zero if it has none
    /// @param got the caller
    error NotCreditor(bytes32 account, address expected, address got);
    /// The account still owes something, or somebody still owes the caller something.
    /// @param debt what is owed, smallest units of the settlement token
    error DebtOutstanding(uint256 debt);
    /// The amount is 0.
    error AmountZero();
    /// There is less than was asked for.
    /// @param balance what there is, smallest units of the token
    /// @param got what was asked for, smallest units of the token; 1 where any amount would do
    error BalanceTooLow(uint256 balance, uint256 got);
    /// The token has not transferred what it was told to.
    /// @param token the token
    /// @param expected what was to be transferred, smallest units of the token
    /// @param got what the vault received, smallest units of the token
    error ReceivedOther(address token, uint256 expected, uint256 got);
    /// There is no such request.
    /// @param account the account
    error NothingRequested(bytes32 account);
    /// The loan is not the requested one.
    /// @param requested what the owner requested, smallest units of the settlement token
    /// @param got what the creditor meant to lend, smallest units of the settlement token
    error AmountDiffers(uint256 requested, uint256 got);
    /// The newest book is not newer than the request, or is not dated after `since`.
    /// @param account the account
    /// @param requestSequence sequence of the newest book when the request was made
    /// @param since Unix seconds of the request, or of a later sale of the account's collateral
    /// @param sequence sequence of the newest book, 0 if there is none
    /// @param asOf Unix seconds that the newest book is dated
    error BookTooEarly(bytes32 account, uint64 requestSequence, uint64 since, uint64 sequence, uint64 asOf);
    /// The newest book of an account that owes lacks its creditor's signature.
    /// @param account the account
    /// @param creditor the account's creditor
    error NotSignedByCreditor(bytes32 account, address creditor);
    /// Other attesters are proposed, and could take effect right after the loan.
    /// @param account the account
    /// @param effectiveAt Unix seconds from which on anybody may apply the proposal
    error RotationProposed(bytes32 account, uint64 effectiveAt);
    /// The gate does not call the account liquidatable.
    /// @param account the account
    /// @param status the account's status
    error NotLiquidatable(bytes32 account, Status status);
    /// There is an auction of that token already.
    /// @param account the account
    /// @param token the token
    error AuctionRunning(bytes32 account, address token);
    /// There is no auction of that token.
    /// @param account the account
    /// @param token the token
    error NoAuction(bytes32 account, address token);
    /// The bid names an auction that started at another time.
    /// @param startedAt Unix seconds at which the running auction started
    /// @param got Unix seconds that the bid names
    error AuctionDiffers(uint64 startedAt, uint64 got);
    /// The auction has time left, its account is still to be liquidated, and there is debt to repay.
    /// @param account the account
    /// @param token the token
    error AuctionGoesOn(bytes32 account, address token);
    /// The auction is over. Close it, and start another.
    /// @param account the account
    /// @param token the token
    error AuctionOver(bytes32 account, address token);
    /// The last liquidation has raised its due, and the account has time to prove health.
    /// @param until Unix seconds from which on another auction may start
    /// @param time Unix seconds of the block
    error InRelief(uint64 until, uint64 time);
    /// The account owes nothing, the repayment is 0, or the creditor's insurance fund is empty.
    /// @param account the account
    error NothingOwed(bytes32 account);
    /// The account still has collateral here.
    /// @param account the account
    error CollateralLeft(bytes32 account);
    /// The auction asks for more than the bid allows.
    /// @param most the most that the bid allows for what there is, smallest units of the settlement token
    /// @param got what the auction asks for, smallest units of the settlement token
    error CostTooHigh(uint256 most, uint256 got);
    /// The credit registry goes by another gate.
    /// @param expected the vault's gate
    /// @param got the gate of the credit registry
    error CreditOfOtherGate(address expected, address got);
    /// The ledger has no price of an asset.
    /// @param slot slot of the asset in the listing
    error PriceMissing(uint8 slot);

    /// Lets a token be deposited, or changes how it is counted. Give it to a role with an execution delay.
    /// Warning: a wrong slot or quantum starts auctions at a wrong price.
    /// @param token the token, of at most 36 decimals
    /// @param slot slot of the asset in the listing, 0 to 15
    /// @param quantumDecimals the listing's decimals of its quantum, 0 to 10
    function listAsset(address token, uint8 slot, uint8 quantumDecimals) external;
    /// Stops deposits of a token. What the vault holds of it can still be withdrawn and auctioned.
    /// @param token the token
    function delistAsset(address token) external;

    /// Names the account's creditor, who may lend to it and is repaid from its collateral. Owner only, while nothing is
    /// owed.
    /// @param account the account
    /// @param creditor one of the account's attesters
    function setCreditor(bytes32 account, address creditor) external;

    /// Adds collateral from the caller's own tokens. Anybody may call it. If the account is isolated, only its owner
    /// may deposit a token of which nothing is recorded.
    /// @param account the account
    /// @param token a listed token, of which the caller has approved `amount`
    /// @param amount what is added, smallest units of the token, above 0
    function deposit(bytes32 account, address token, uint256 amount) external;

    /// Requests a withdrawal, in place of an earlier request of that token. It is recorded as gone. Owner only.
    /// @param account the account
    /// @param token the token
    /// @param amount what is requested, smallest units of the token, above 0 and at most `balanceOf`
    function requestWithdrawal(bytes32 account, address token, uint256 amount) external;
    /// Cancels the request of a withdrawal. Owner only.
    /// @param account the account
    /// @param token the token
    function cancelWithdrawal(bytes32 account, address token) external;
    /// Releases what was requested. The newest book must be newer than the request, dated after it and after the last
    /// sale of collateral, and proven at initial margin. The covenant of credit lines must hold. If there is debt, the
    /// creditor must have signed it. Owner only.
    /// @param account the account
    /// @param token the token
    /// @param to the address that receives it
    function executeWithdrawal(bytes32 account, address token, address to) external;

    /// Requests a loan, in place of an earlier request. It is recorded as owed. Owner only.
    /// @param account the account
    /// @param amount what is requested, smallest units of the settlement token, above 0
    function requestLoan(bytes32 account, uint256 amount) external;
    /// Cancels the requested loan. Owner only.
    /// @param account the account
    function cancelLoan(bytes32 account) external;
    /// Pays the requested loan from the creditor to the owner. The newest book must be newer than the request, dated
    /// after it and after the last sale of collateral, and proven at initial margin. No other attesters may be
    /// proposed. Creditor only.
    /// @param account the account
    /// @param amount what is lent, smallest units of the settlement token: exactly what is requested
    function lend(bytes32 account, uint256 amount) external;
    /// Repays debt from the caller's own tokens. Anybody may call it.
    /// @param account the account
    /// @param amount the most to repay, smallest units of the settlement token, above 0
    /// @return repaid what was taken: the lesser of `amount` and the debt
    function repay(bytes32 account, uint256 amount) external returns (uint256 repaid);

    /// Puts all of the account's collateral in `token` up for auction. What need not be sold comes back. It cancels a
    /// requested withdrawal of that token. Anybody may call it, once the account is liquidatable and out of relief. It
    /// reverts while the ledger's sequencer guard does.
    /// @param account the account
    /// @param token the token to sell
    function startAuction(bytes32 account, address token) external;
    /// Buys from an auction at the price of the moment, while the account is liquidatable.
    /// @param account the account
    /// @param token the token to buy
    /// @param startedAt Unix seconds at which the auction started: another auction asks another price
    /// @param most the most to buy, smallest units of `token`, above 0
    /// @param mostCost the most to pay for `most` units, smallest units of the settlement token; in proportion, rounded
    /// up, for as many as there are
    /// @param to the address that receives what was bought
    /// @return amount what was bought, smallest units of `token`
    /// @return cost what the caller paid, smallest units of the settlement token
    function take(bytes32 account, address token, uint64 startedAt, uint256 most, uint256 mostCost, address to)
        external
        returns (uint256 amount, uint256 cost);
    /// Ends an auction that is over, whose account is no longer in liquidation by proof, or whose debt is repaid. What
    /// is left of it is the account's balance again. Anybody may call it.
    /// @param account the account
    /// @param token the token of the auction
    function closeAuction(bytes32 account, address token) external;
    /// Covers the debt of a liquidatable account without any collateral here, as far as the creditor's insurance fund
    /// reaches. Creditor only: the account may be solvent elsewhere, and merely not proven.
    /// @param account the account
    /// @return covered what the fund paid, smallest units of the settlement token
    function coverShortfall(bytes32 account) external returns (uint256 covered);

    /// Adds to a creditor's insurance fund, which covers this creditor's shortfalls and no other's. Anybody may call
    /// it.
    /// @param creditor the creditor whose fund it is
    /// @param amount what is added from the caller's own tokens, smallest units of the settlement token
    function fundInsurance(address creditor, uint256 amount) external;
    /// Pays out from the caller's own insurance fund, while nobody owes the caller anything.
    /// @param amount what is paid out, smallest units of the settlement token, at most `insuranceOf` the caller
    function withdrawInsurance(uint256 amount) external;
    /// Pays out what the vault holds for the caller: repayments for a creditor, incentives for a keeper.
    /// @return amount what was paid out, smallest units of the settlement token, above 0
    function claim() external returns (uint256 amount);

    /// The gate whose word on an account counts.
    /// @return the margin gate
    function gate() external view returns (IMarginGate);
    /// Whose covenant every release needs besides. It never changes.
    /// @return the credit registry; zero if there is none
    function credit() external view returns (ICreditRegistry);
    /// The token that is lent, and that bidders pay in.
    /// @return the settlement token, an ERC-20
    function settlement() external view returns (address);
    /// What the vault goes by. It never changes.
    /// @return the terms
    function terms() external view returns (VaultTerms memory);
    /// How the ledger counts a token.
    /// @param token the token
    /// @return the asset; all zero if nobody ever listed the token
    function assetOf(address token) external view returns (Asset memory);
    /// Who may lend to an account and is repaid from its collateral.
    /// @param account the account
    /// @return the creditor; zero if the owner has named none
    function creditorOf(bytes32 account) external view returns (address);
    /// The account's collateral that is not at auction: what its owner may request.
    /// @param account the account
    /// @param token the token
    /// @return smallest units of the token
    function balanceOf(bytes32 account, address token) external view returns (uint256);
    /// What an attester is to attest: the balance and what is left of it at auction, less what is requested.
    /// @param account the account
    /// @param token the token
    /// @return smallest units of the token
    function recordedBalance(bytes32 account, address token) external view returns (uint256);
    /// What an account owes, principal.
    /// @param account the account
    /// @return smallest units of the settlement token
    function debtOf(bytes32 account) external view returns (uint256);
    /// What an attester is to attest: the debt and what is requested.
    /// @param account the account
    /// @return smallest units of the settlement token
    function recordedDebt(bytes32 account) external view returns (uint256);
    /// The requested withdrawal of a token.
    /// @param account the account
    /// @param token the token
    /// @return the request; its amount is 0 if there is none
    function withdrawalOf(bytes32 account, address token) external view returns (Request memory);
    /// The requested loan.
    /// @param account the account
    /// @return the request; its amount is 0 if there is none
    function loanRequestOf(bytes32 account) external view returns (Request memory);
    /// The auction of the account's collateral in a token.
    /// @param account the account
    /// @param token the token
    /// @return the auction; its startedAt is 0 if there is none
    function auctionOf(bytes32 account, address token) external view returns (Auction memory);
    /// Whether an auction that nobody has closed yet is over. Reverts with NoAuction if there is none. While the
    /// sequencer is away it reverts unless the answer is known without it.
    /// @param account the account
    /// @param token the token
    /// @return whether nobody can buy from it any more
    function isOver(bytes32 account, address token) external view returns (bool);
    /// The newest liquidation of the account.
    /// @param account the account
    /// @return the liquidation; its due is 0 if it has ended or there never was one
    function liquidationOf(bytes32 account) external view returns (Liquidation memory);
    /// What `take` gives and asks for now, while the auction is not over. Reverts with NoAuction if there is none.
    /// @param account the account
    /// @param token the token of the auction
    /// @param most the most to buy, smallest units of `token`
    /// @return amount what can be bought, smallest units of `token`; less than `most` if less is left or due
    /// @return cost what it costs, smallest units of the settlement token, rounded up
    function quote(bytes32 account, address token, uint256 most) external view returns (uint256 amount, uint256 cost);
    /// What is in a creditor's insurance fund.
    /// @param creditor the creditor
    /// @return smallest units of the settlement token
    function insuranceOf(address creditor) external view returns (uint256);
    /// What the vault holds for a creditor or keeper to claim.
    /// @param who the creditor or keeper
    /// @return smallest units of the settlement token
    function claimableOf(address who) external view returns (uint256);
}
