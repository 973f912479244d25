// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IMarginGate} from "zkmargin/interfaces/IMarginGate.sol";
import {BookState} from "zkmargin/types/Book.sol";

/// What an account asks to be released, once a book without it is attested and proven.
struct Request {
    /// How much, in the unit of the contract that releases it; 0 if nothing is requested.
    uint256 amount;
    /// Sequence of the account's newest book at the request.
    uint64 sequence;
    /// Unix seconds of the request.
    uint64 requestedAt;
}

/// Releases something of value to an account only after the account has proven that it stays healthy without it.
///
/// `requireMargin` speaks of the newest attested book. So a release takes two steps. The account requests it; its
/// attesters then sign a book that is dated after the request and counts the amount as gone; the owner proves that book
/// healthy. Without the request, one healthy book would release the same collateral again and again.
abstract contract MarginGated {
    /// The gate that accepts the proofs.
    IMarginGate public immutable gate;
    /// Health factor that the proof must exceed, basis points: 12 500 is 1.25.
    uint256 public immutable theta;

    mapping(bytes32 account => Request) private _requests;

    /// Only the account's owner, as the registry knows it, may do this.
    error NotOwner(bytes32 account, address caller);
    /// The account has requested nothing, or less.
    error NotRequested(bytes32 account, uint256 requested, uint256 amount);
    /// The newest book is not newer than the request, or not dated after it.
    error BookTooEarly(bytes32 account, uint64 requestedAt, uint64 asOf);

    event ReleaseRequested(bytes32 indexed account, uint256 amount);

    modifier onlyAccountOwner(bytes32 account) {
        if (gate.registry().ownerOf(account) != msg.sender) revert NotOwner(account, msg.sender);
        _;
    }

    constructor(IMarginGate gate_, uint256 theta_) {
        (gate, theta) = (gate_, theta_);
    }

    /// What an account has requested and not yet taken.
    function requestOf(bytes32 account) public view returns (Request memory) {
        return _requests[account];
    }

    /// Records a request; it replaces the account's earlier one.
    function _request(bytes32 account, uint256 amount) internal {
        uint64 sequence = gate.registry().bookStateOf(account).sequence;
        _requests[account] = Request(amount, sequence, uint64(block.timestamp));
        emit ReleaseRequested(account, amount);
    }

    /// Takes an amount off the request, or reverts with the reason why it cannot be released yet.
    function _release(bytes32 account, uint256 amount) internal {
        Request storage request = _requests[account];
        if (amount == 0 || request.amount < amount) revert NotRequested(account, request.amount, amount);
        BookState memory book = gate.registry().bookStateOf(account);
        if (book.sequence <= request.sequence || book.asOf <= request.requestedAt) {
            revert BookTooEarly(account, request.requestedAt, book.asOf);
        }
        gate.requireMargin(account, theta);
        request.amount -= amount;
    }
}
