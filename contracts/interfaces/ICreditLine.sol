// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {LineState, LineTerms, WithdrawalBatch} from "../types/Credit.sol";

/// Credit without security for one account, from anybody who lends. Lenders hold shares (ERC-4626) of what is in the
/// line and of what the account owes it. Amounts are in the smallest units of the settlement token.
///
/// The account draws while the covenant of all its lines holds (see ICreditRegistry), at most to the limit, and at most
/// so far that the required cash stays. Required are the reserve and all that waits to be withdrawn. While the cash is
/// below that, the line is short, and seconds count; while it is not, they count back. Above `gracePeriod` of them the
/// penalty rate runs.
///
/// A line is late while it is short, while the penalty runs, and from a notice on. A late line lends nothing.
///
/// Lenders leave in batches. A request joins the batch of its time, which closes `batchPeriod` after its first request.
/// From then on cash pays it, batch by batch in order, and within a batch in proportion to shares, at the price of the
/// payment. What waits earns and loses as all shares do, until it is paid.
///
/// From bad to worse, by anybody:
///
///     notice    while the covenant is broken or the penalty runs, or by the steward without a cause. It is withdrawn
///               once its cause is gone.
///     call      noticePeriod after the notice, if its cause stands. All debt is due, and the penalty runs.
///     impaired  impairPeriod after the call. A part of the debt no longer counts in the shares' price.
///     default   curePeriod after the call. No debt counts any more, nothing is ever lent again, and requests that
///               were not paid go back to their lenders. Each later repayment is for all shares alike.
///
/// Repayment of all debt ends notice, call and impairment, and never a default. An outage of the market or a pause of
/// the profile restarts the notice, and while the account's status is Unknown a broken covenant calls nothing.
///
/// Whether the line is short is found out whenever somebody acts on it, and holds until the next time; see `touch`.
///
/// Warning: lenders can lose all that the account owes. Nothing secures it but the covenant, which is as good as the
/// attesters, and the owner's wish to draw and to withdraw again.
/// Warning: a batch that closes first is paid first. Who waits in a later batch waits with the others' loss.
/// Warning: the steward can force a repayment at the end of the notice, and can take nothing.
/// Warning: `withdraw` and `redeem` of ERC-4626 are not available; their maximum is 0. Use `requestWithdrawal`.
/// Warning: the price of a share falls by an impairment or a default. Do not take it for collateral at that price.
interface ICreditLine {
    /// The account has drawn.
    /// @param account the account
    /// @param amount what was lent
    /// @param debt what is owed after it, rounded up
    /// @param to the address that received it
    event Drawn(bytes32 indexed account, uint256 amount, uint256 debt, address to);
    /// Somebody has repaid debt.
    /// @param account the account that owed it
    /// @param amount what was repaid
    /// @param debt what is owed after it, rounded up
    /// @param from the address that paid it
    event DebtRepaid(bytes32 indexed account, uint256 amount, uint256 debt, address from);
    /// Time has added interest.
    /// @param interest what the debt grew by, 10^-18 of a smallest unit, rounded up
    /// @param penaltySeconds for how many of the seconds since the last interest the penalty ran
    /// @param lateSeconds seconds short that count now
    event InterestAccrued(uint256 interest, uint64 penaltySeconds, uint64 lateSeconds);
    /// The line has become short, or is not any more.
    /// @param short whether the cash is below what is required
    /// @param cash what is in the line
    /// @param required what must be
    event ReserveJudged(bool short, uint256 cash, uint256 required);
    /// A lender has requested a withdrawal.
    /// @param lender the lender
    /// @param batch number of the batch, from 0
    /// @param shares what is to be withdrawn
    /// @param closesAt Unix seconds at which the batch closes
    event ExitRequested(address indexed lender, uint256 indexed batch, uint256 shares, uint64 closesAt);
    /// A batch was paid.
    /// @param batch number of the batch
    /// @param assets what was paid
    /// @param shares what was burned for it
    event BatchPaid(uint256 indexed batch, uint256 assets, uint256 shares);
    /// A batch is worth less than a smallest unit, and goes back to its lenders.
    /// @param batch number of the batch
    /// @param shares what of it was not paid
    event BatchReturned(uint256 indexed batch, uint256 shares);
    /// A lender has claimed a part of a batch.
    /// @param lender the lender
    /// @param batch number of the batch
    /// @param assets what the lender received
    /// @param shares what the lender got back: after a default, or of a batch that was returned
    event ExitClaimed(address indexed lender, uint256 indexed batch, uint256 assets, uint256 shares);
    /// A notice was given.
    /// @param bySteward whether the steward gave it, who needs no cause
    event NoticeGiven(bool bySteward);
    /// The notice was withdrawn, or repayment has ended it.
    event NoticeWithdrawn();
    /// All debt is due.
    /// @param debt what is owed, rounded up
    event DebtCalled(uint256 debt);
    /// A part of the debt no longer counts.
    /// @param debt what is owed, rounded up
    /// @param counted what of it still counts
    event DebtImpaired(uint256 debt, uint256 counted);
    /// Nothing of the debt counts any more.
    /// @param debt what is owed, rounded up
    event LineDefaulted(uint256 debt);

    /// Only the account's owner may draw.
    /// @param owner the owner
    /// @param got the caller
    error NotLineOwner(address owner, address got);
    /// Only the registry sets a line up, once.
    error NotCreditRegistry();
    /// The line is late, and lends nothing.
    error LineLate();
    /// The line has closed, or has never been one.
    error LineHasClosed();
    /// Other attesters are proposed. They would sign unchecked after the drawdown.
    /// @param effectiveAt Unix seconds from which on anybody may apply the proposal
    error AttestersProposed(uint64 effectiveAt);
    /// The drawdown is above the limit, or leaves less cash than is required.
    /// @param most what can be drawn
    /// @param got what was to be drawn
    error DrawdownTooLarge(uint256 most, uint256 got);
    /// The amount is 0, or nothing is owed.
    error NothingToDo();
    /// A token has moved another amount than it was told to.
    /// @param expected what was to arrive
    /// @param got what arrived
    error ArrivedOther(uint256 expected, uint256 got);
    /// There is no cause for a notice, or a cause stands against withdrawing it.
    error CauseMismatch();
    /// It is too early, or there is no notice or call that it could follow.
    /// @param from Unix seconds from which on it may be done; 0 if something else must come first
    error StepTooEarly(uint64 from);
    /// It has been done already.
    error DoneBefore();

    /// Sets the line up. Registry only.
    /// @param account_ the account that may draw
    /// @param terms_ what the line goes by
    function initialise(bytes32 account_, LineTerms calldata terms_) external;

    /// Lends to the account. Owner only, while the line is not late and the covenant holds after it.
    /// @param amount what is lent, above 0
    /// @param to the address that receives it
    function draw(uint256 amount, address to) external;
    /// Repays debt from the caller's own tokens. Anybody may call it.
    /// @param amount the most to repay, above 0
    /// @return repaid what was taken: the lesser of `amount` and the debt
    function repay(uint256 amount) external returns (uint256 repaid);

    /// Requests a withdrawal of the caller's shares, which join the open batch.
    /// @param shares what is to be withdrawn, above 0
    /// @return batch number of the batch
    function requestWithdrawal(uint256 shares) external returns (uint256 batch);
    /// Pays out what a lender's requests in a batch have come to. After a default, and of a batch that was returned, it
    /// gives back the shares that were not paid. Anybody may call it.
    /// @param batch number of the batch
    /// @param lender the lender who receives it
    /// @return assets what was paid out
    /// @return shares what was given back
    function claim(uint256 batch, address lender) external returns (uint256 assets, uint256 shares);
    /// Adds interest, pays batches and judges the reserve. Anybody may call it.
    function touch() external;

    /// Gives notice. Anybody may, while there is a cause; the steward always.
    function giveNotice() external;
    /// Withdraws the notice. Anybody may, once it has no cause; the steward's only the steward.
    function withdrawNotice() external;
    /// Calls the debt, after the notice. Anybody may call it.
    function callDebt() external;
    /// Impairs the debt. Anybody may call it.
    function impair() external;
    /// Declares the default. Anybody may call it.
    function declareDefault() external;

    /// What the line has come to, with the interest up to now. Batches that are due may not have been paid yet.
    /// @return the state
    function state() external view returns (LineState memory);
    /// What the line goes by. It never changes.
    /// @return the terms
    function terms() external view returns (LineTerms memory);
    /// The account that may draw.
    /// @return the account
    function account() external view returns (bytes32);
    /// What the account can draw now, if its covenant holds after it.
    /// @return the amount; 0 while the line is late
    function drawable() external view returns (uint256);
    /// What the account owes, with interest.
    /// @return the amount, rounded up
    function debt() external view returns (uint256);
    /// What the covenant counts of it.
    /// @return owed the debt, with the registry's horizon of interest at the highest rate, rounded up
    /// @return attester on whose word the lenders rely
    function exposure() external view returns (uint256 owed, address attester);
    /// How many batches there are.
    /// @return their number
    function batchCount() external view returns (uint256);
    /// A batch.
    /// @param batch its number
    /// @return the batch; all zero if there is none
    function batchOf(uint256 batch) external view returns (WithdrawalBatch memory);
    /// What a lender requested in a batch.
    /// @param batch number of the batch
    /// @param lender the lender
    /// @return shares what was requested
    /// @return claimed what was claimed of it
    /// @return returned whether the lender got the rest back
    function requestOf(uint256 batch, address lender)
        external
        view
        returns (uint256 shares, uint256 claimed, bool returned);
}
