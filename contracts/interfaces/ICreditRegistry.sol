// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {CreditTerms, LineTerms} from "../types/Credit.sol";
import {IMarginGate} from "./IMarginGate.sol";

/// The credit lines of a deployment, and the covenant over all of them. There is one registry for each deployment: the
/// vault is deployed with it, and whatever else releases an account's assets asks it too.
///
/// A line lends to one account without security. The account's owner opens it here. Every line is a clone of the
/// registry's own code, so that nobody can bring a contract that hides a debt or invents one. The registry asks each
/// line what it is owed, and adds that up.
///
/// The covenant of an account that owes its lines something:
///
///     support ≤ −Σ outstanding · (1 + rate · horizon)
///
/// The account must be Healthy now. A claim of health of its newest book must hold, and exceed `covenantMargin` with so
/// many more dollars owed. Each lender's attester must have signed that book. A new book ends every claim of the book
/// before, so the claim is always of the newest. Outstanding is counted at the ledger's higher price of the settlement
/// token. Two lines never count the same dollars twice, because the sum is compared with one claim.
///
/// The attested book leaves the debt of lines out: the covenant adds it. An attester that counts it in the book as well
/// counts it twice, against the account.
///
/// Warning: debts elsewhere are not known. What the account owes outside the book and outside this registry is not
/// counted, and another account of the same owner is another account.
/// Warning: the covenant is worth what the account's attesters are; see IBookRegistry.
/// Warning: between two checks the account may break the covenant, by a price or by a payment elsewhere. Its attesters
/// see that in the next book. The lenders bear what is lost until then.
interface ICreditRegistry {
    /// The owner of an account has opened a line.
    /// @param account the account that may draw
    /// @param line address of the line
    /// @param terms what the line goes by
    event LineOpened(bytes32 indexed account, address indexed line, LineTerms terms);
    /// The owner has closed a line. Nothing can be drawn from it any more.
    /// @param account the account
    /// @param line address of the line
    event LineClosed(bytes32 indexed account, address indexed line);

    /// A term is out of its bounds.
    /// @param term the term's name, ASCII
    /// @param least lowest value
    /// @param most highest value
    /// @param got the value that was given
    error CreditTermOutOfRange(bytes32 term, uint256 least, uint256 most, uint256 got);
    /// The account has as many open lines as it may.
    /// @param most number of open lines
    error TooManyLines(uint256 most);
    /// This address is no open line of the registry.
    /// @param line the address that was given
    error LineNotOpen(address line);
    /// The account still owes the line something.
    /// @param owed smallest units of the settlement token
    error LineOwed(uint256 owed);
    /// The attester of a line that is owed something has not signed the newest book, or is no attester any more.
    /// @param account the account
    /// @param line the line
    /// @param attester the line's attester
    error AttesterHasNotSigned(bytes32 account, address line, address attester);
    /// The ledger has no price of the settlement token.
    /// @param slot slot of the settlement token in the listing
    error SettlementPriceMissing(uint8 slot);
    /// Too little gas is left to tell whether the covenant holds.
    error CovenantOutOfGas();

    /// Opens a line. Owner only.
    /// @param account the account that may draw
    /// @param terms what the line goes by: see LineTerms for the bounds
    /// @return line address of the line
    function openLine(bytes32 account, LineTerms calldata terms) external returns (address line);
    /// Closes a line that is owed nothing. Its lenders can still withdraw. Owner only.
    /// @param line the line
    function closeLine(address line) external;

    /// Reverts unless the account's covenant holds, or nothing is owed. The reason is the gate's, AttesterHasNotSigned or
    /// SettlementPriceMissing. A contract that releases an account's assets must ask.
    /// @param account the account
    function requireCovenant(bytes32 account) external view;
    /// Whether `requireCovenant` passes. Reverts with CovenantOutOfGas if too little gas is left to tell.
    /// @param account the account
    /// @return whether the covenant holds, or nothing is owed
    function covenantHolds(bytes32 account) external view returns (bool);
    /// What an account owes all its lines, with the interest that the covenant counts ahead.
    /// @param account the account
    /// @return smallest units of the settlement token, each line's part rounded up
    function owedAhead(bytes32 account) external view returns (uint256);
    /// The same in dollars: what a claim must take to keep the covenant.
    /// @param account the account
    /// @return cents, rounded up; 0 if nothing is owed
    function owedCents(bytes32 account) external view returns (uint256);

    /// The open lines of an account, at most 8.
    /// @param account the account
    /// @return lines their addresses; their order has no meaning
    function linesOf(bytes32 account) external view returns (address[] memory lines);
    /// How many lines were ever opened.
    /// @return their number
    function lineCount() external view returns (uint256);
    /// One of all lines that were ever opened.
    /// @param index its number, from 0
    /// @return its address
    function lineAt(uint256 index) external view returns (address);
    /// Whether a line is open, so that its account may draw.
    /// @param line the address
    /// @return whether it is
    function isOpen(address line) external view returns (bool);
    /// The code of every line.
    /// @return address of the contract that lines are clones of
    function implementation() external view returns (address);
    /// What the registry goes by. It never changes.
    /// @return the terms
    function terms() external view returns (CreditTerms memory);
    /// The gate whose word on an account counts.
    /// @return the margin gate
    function gate() external view returns (IMarginGate);
    /// The token that lines lend.
    /// @return the settlement token, an ERC-20
    function settlement() external view returns (address);
    /// How the ledger counts the settlement token.
    /// @return slot its slot in the listing, 0 to 15
    /// @return quantumDecimals the listing's decimals of its quantum, 0 to 10
    function settlementAsset() external view returns (uint8 slot, uint8 quantumDecimals);
}
