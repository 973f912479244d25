// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IMarginGate} from "zkmargin/interfaces/IMarginGate.sol";
import {MarginGated} from "./MarginGated.sol";

/// A small lending pool. An account deposits collateral and borrows against its whole private book, wherever the rest of
/// that book is. Collateral leaves, and loans are paid out, only by a proof of health.
///
/// It leaves out interest, lenders' shares and liquidation: `gate.statusOf(account) == Status.Liquidatable` is where
/// liquidation would begin. See MarginVault for a whole one.
contract LendingPool is MarginGated {
    using SafeERC20 for IERC20;

    /// The token that accounts deposit.
    IERC20 public immutable collateral;
    /// The token that accounts borrow; the pool lends what it holds of it.
    IERC20 public immutable lent;
    /// Smallest units of `collateral` that an account has deposited.
    mapping(bytes32 account => uint256) public collateralOf;
    /// Smallest units of `lent` that an account owes.
    mapping(bytes32 account => uint256) public debtOf;
    /// What the account's request is for: a loan, or else its collateral.
    mapping(bytes32 account => bool) private _requestsLoan;

    /// The account's request is for the other thing.
    error OtherRequest(bytes32 account);

    constructor(IMarginGate gate_, uint256 theta_, IERC20 collateral_, IERC20 lent_) MarginGated(gate_, theta_) {
        (collateral, lent) = (collateral_, lent_);
    }

    /// Adds collateral to an account. Anybody may: it needs no proof.
    function deposit(bytes32 account, uint256 amount) external {
        collateralOf[account] += amount;
        collateral.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// Pays an account's debt. Anybody may: it needs no proof.
    function repay(bytes32 account, uint256 amount) external {
        debtOf[account] -= amount;
        lent.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// Asks for collateral back. The next book must count it as gone.
    function requestWithdrawal(bytes32 account, uint256 amount) external onlyAccountOwner(account) {
        _requestsLoan[account] = false;
        _request(account, amount);
    }

    /// Asks for a loan. The next book must count it as debt.
    function requestLoan(bytes32 account, uint256 amount) external onlyAccountOwner(account) {
        _requestsLoan[account] = true;
        _request(account, amount);
    }

    /// Gives collateral back to the owner, once a newer book is proven healthy.
    function withdraw(bytes32 account, uint256 amount) external onlyAccountOwner(account) {
        if (_requestsLoan[account]) revert OtherRequest(account);
        _release(account, amount);
        collateralOf[account] -= amount;
        collateral.safeTransfer(msg.sender, amount);
    }

    /// Pays a loan out to the owner, once a newer book is proven healthy.
    function borrow(bytes32 account, uint256 amount) external onlyAccountOwner(account) {
        if (!_requestsLoan[account]) revert OtherRequest(account);
        _release(account, amount);
        debtOf[account] += amount;
        lent.safeTransfer(msg.sender, amount);
    }
}
