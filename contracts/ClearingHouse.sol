// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {HouseAccounts} from "./clearing/HouseAccounts.sol";
import {HouseTransitions} from "./clearing/HouseTransitions.sol";
import {Moves, TransitionWords} from "./clearing/TransitionWords.sol";
import {IClearingHouse} from "./interfaces/IClearingHouse.sol";
import {AttestedBook} from "./types/Book.sol";
import {Proof} from "./types/Groth16.sol";
import {
    CLEARED_ASSETS,
    HealthCall,
    HouseTerms,
    Stage,
    TRANSITION_NOTES,
    TransitionCall
} from "./types/Transition.sol";

/// A clearing house whose accounts need no attester; see IClearingHouse. Nobody governs it. It keeps its gates, its fund,
/// its keys and its terms for good.
contract ClearingHouse is HouseTransitions {
    using SafeERC20 for IERC20;

    bool private _closed;
    bool private _ended;

    /// @param terms what the house is made of: see HouseTerms
    constructor(HouseTerms memory terms) HouseAccounts(terms) {}

    /// Reverts if the market has ended, or is closed and the call opens risk.
    /// @param opens whether it does
    modifier whileOpen(bool opens) {
        _requireMarket(opens);
        _;
    }

    /// @inheritdoc IClearingHouse
    function deposit(TransitionCall calldata call, uint256 amount) external nonReentrant whileOpen(false) {
        Moves memory moves;
        moves.deltaBasis = int256(_checkAmount(amount) * unit);
        _changeOne(call, moves, false);
        held += amount;
        emit ClearingDeposited(call.account, msg.sender, amount);
        IERC20 token = IERC20(settlement);
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert TokenAmountWrong(amount, got);
    }

    /// @inheritdoc IClearingHouse
    function trade(TransitionCall[] calldata calls, uint64 round, uint256[] calldata quotes)
        external
        nonReentrant
        whileOpen(false)
    {
        uint256 count = calls.length;
        Change[] memory changes = new Change[](count);
        uint256[][] memory words = new uint256[][](count);
        _prepareTrade(calls, changes, words, quotes.length == 0 ? _noBox() : _boxOf(round, quotes));
        _matchNotes(calls);
        _verifyTrade(calls, words);
        for (uint256 i = 0; i < count; ++i) {
            _record(changes[i], calls[i].hash, words[i]);
        }
        _requireHealth(changes);
    }

    /// @inheritdoc IClearingHouse
    function refresh(TransitionCall calldata call) external nonReentrant whileOpen(false) {
        Moves memory moves;
        (Change[] memory changes, uint256[][] memory words) = (new Change[](1), new uint256[][](1));
        (changes[0], words[0]) = _prepareOne(call, moves, false);
        // An owner who owes an assessment closes torn-up lines all the same, and keeps its cap.
        changes[0].keepsCap = moves.tearUp.assets != 0 && !fund.mayTransition(call.account);
        transitions.verify(call.hash, words[0], call.proof);
        _record(changes[0], call.hash, words[0]);
        _requireHealth(changes);
    }

    /// @inheritdoc IClearingHouse
    function renew(bytes32 account, HealthCall calldata initial, HealthCall calldata stress, uint64 capSteps)
        external
        nonReentrant
        whileOpen(false)
    {
        _requireOwner(account);
        _requireOpen(account);
        if (_accounts[account].tearUps != defaults.tearUps()) revert BookTornUp(account);
        AttestedBook memory book = registry.bookOf(account);
        Change[] memory changes = new Change[](1);
        uint64 sequence = book.sequence + 1;
        uint256 theta = _thetaOf(account, false);
        changes[0] = Change(account, book.commitment, sequence, theta, true, false, capSteps, _at(initial), _at(stress));
        _attest(account, book.commitment, sequence);
        emit BookRenewed(account, sequence);
        _requireHealth(changes);
    }

    /// @inheritdoc IClearingHouse
    function withdraw(TransitionCall calldata call, uint256 amount, address to) external nonReentrant whileOpen(true) {
        _requireOwner(call.account);
        Moves memory moves;
        moves.deltaBasis = -int256(_checkAmount(amount) * unit);
        _changeOne(call, moves, true);
        _payLater(call.account, amount, to);
    }

    /// @inheritdoc IClearingHouse
    function exit(TransitionCall calldata call, uint256 basis, address to, uint256 hash, Proof calldata proof)
        external
        nonReentrant
        whileOpen(false)
    {
        bytes32 account = call.account;
        _requireOwner(account);
        _requireNothingOwed(account);
        uint256 amount = basis / unit;
        if (amount != 0) _checkAmount(amount);
        Moves memory moves;
        moves.deltaBasis = -int256(basis);
        (Change memory change, uint256[] memory words) = _prepareOne(call, moves, false);
        transitions.verify(call.hash, words, call.proof);
        _record(change, call.hash, words);
        int256[CLEARED_ASSETS] memory none;
        words = TransitionWords.ofReveal(
            TransitionWords.placeOf(account), change.sequence, call.newCommitment, LISTING, 0, none
        );
        reveals.verify(hash, words, proof);
        _accounts[account].emptyAt = uint40(change.sequence);
        fund.releaseCap(account);
        dust += basis % unit;
        emit Exited(account, change.sequence, basis % unit);
        if (amount != 0) _payLater(account, amount, to);
    }

    /// @inheritdoc IClearingHouse
    function pay(bytes32 account) external nonReentrant returns (uint256 amount) {
        bool settled = _accounts[account].stage == Stage.Settled;
        if (!settled) _requireOpen(account);
        (address to, uint64 due) = (_asked[account].to, _asked[account].due);
        amount = _takeAsked(account);
        if (amount == 0) revert NothingAsked(account);
        if (block.timestamp < due) revert PaymentNotDue(due, uint64(block.timestamp));
        _requireNothingOwed(account);
        // At the end of the market no default goes on, and no book can be renewed.
        if (!_ended) {
            if (openDefaults != 0) revert PaymentWhileDefault(openDefaults);
            if (!settled && !isEmpty(account)) {
                if (!isCurrent(account)) revert NotCurrent(account);
                gate.requireMargin(account, initialMargin);
            }
        }
        emit WithdrawalPaid(account, to, amount);
        IERC20(settlement).safeTransfer(to, amount);
    }

    /// @inheritdoc IClearingHouse
    function takeOver(TransitionCall calldata call, int256[CLEARED_ASSETS] calldata deltaPerp, int256 deltaBasis)
        external
        onlyDefaults
        nonReentrant
        whileOpen(false)
    {
        Moves memory moves;
        (moves.deltaPerp, moves.deltaBasis) = (deltaPerp, deltaBasis);
        _changeOne(call, moves, true);
    }

    /// @inheritdoc IClearingHouse
    function closeMarket(bool ended) external onlyDefaults {
        (_closed, _ended) = (true, ended);
        emit MarketClosed(ended);
    }

    /// @inheritdoc IClearingHouse
    function payOut(address to, uint256 amount) external onlyDefaults nonReentrant {
        _takeHeld(amount);
        IERC20(settlement).safeTransfer(to, amount);
    }

    /// Reverts if the market has ended, or is closed and a call opens risk.
    /// @param opens whether it does
    function _requireMarket(bool opens) private view {
        if (_ended || (_closed && opens)) revert MarketIsClosed(_ended);
    }

    /// Checks every side of a trade, and makes its words.
    /// @param calls what the owners give
    /// @param changes where what is known of each is put
    /// @param words where its words are put
    /// @param box the round's prices, as words
    function _prepareTrade(
        TransitionCall[] calldata calls,
        Change[] memory changes,
        uint256[][] memory words,
        uint256[CLEARED_ASSETS] memory box
    ) private view {
        bytes32 before;
        for (uint256 i = 0; i < calls.length; ++i) {
            TransitionCall calldata call = calls[i];
            if (call.account <= before) revert TradeUnordered(before, call.account);
            before = call.account;
            _requireMarket(!call.reduces);
            Moves memory moves;
            if (call.reduces) moves.box = box;
            (changes[i], words[i]) = _prepare(call, moves, !call.reduces);
        }
    }

    /// Reverts unless each note is used by exactly two transitions, on opposite sides.
    /// @param calls what the owners give
    function _matchNotes(TransitionCall[] calldata calls) private pure {
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 k = 0; k < TRANSITION_NOTES; ++k) {
                uint256 side = (calls[i].sides >> (2 * k)) & 3;
                if (side != 0) _matchNote(calls, i, calls[i].notes[k], side);
            }
        }
    }

    /// Reverts unless exactly one other transition uses a note, on the other side, and this one uses it once.
    /// @param calls what the owners give
    /// @param from place of the transition that uses the note
    /// @param digest the note's digest
    /// @param side which side it takes: 1 buys, 2 sells
    function _matchNote(TransitionCall[] calldata calls, uint256 from, uint256 digest, uint256 side) private pure {
        uint256 uses;
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 k = 0; k < TRANSITION_NOTES; ++k) {
                if (calls[i].notes[k] != digest) continue;
                ++uses;
                if (i == from) continue;
                if ((calls[i].sides >> (2 * k)) & 3 == side) revert NoteSidesEqual(digest);
                side = 0;
            }
        }
        if (side != 0 && uses == 1) revert NoteOneSided(digest);
        if (uses != 2 || side != 0) revert NoteUsedTwice(digest);
    }

    /// Verifies the transitions of a trade together.
    /// @param calls what the owners give
    /// @param words the words of each
    function _verifyTrade(TransitionCall[] calldata calls, uint256[][] memory words) private view {
        uint256 count = calls.length;
        uint256[] memory hashes = new uint256[](count);
        Proof[] memory proofs = new Proof[](count);
        for (uint256 i = 0; i < count; ++i) {
            (hashes[i], proofs[i]) = (calls[i].hash, calls[i].proof);
        }
        transitions.verifyBatch(hashes, words, proofs);
    }

    /// The prices of a round, as words of a transition. The round may still be proven against.
    /// @param round number of the round
    /// @param quotes what it said of each listed asset
    /// @return box one word an asset
    function _boxOf(uint64 round, uint256[] calldata quotes)
        private
        view
        returns (uint256[CLEARED_ASSETS] memory box)
    {
        if (!ledger.usable(round)) revert QuotesTooOld(round);
        (bytes32 expected, bytes32 got) = (ledger.quotesDigest(round), keccak256(abi.encodePacked(quotes)));
        if (got != expected) revert QuotesWrong(round, expected, got);
        for (uint256 u = 0; u < quotes.length; ++u) {
            box[u] = TransitionWords.boxOf(quotes[u]);
        }
    }

    /// No prices: no quote is inside them.
    /// @return box all zero
    function _noBox() private pure returns (uint256[CLEARED_ASSETS] memory box) {}

    /// Moves backing of the books to what is paid later.
    /// @param account the account
    /// @param amount smallest units of the settlement token
    /// @param to who is to receive it
    function _payLater(bytes32 account, uint256 amount, address to) private {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
        held -= amount;
        _ask(account, amount, to);
    }

    /// Reverts unless the caller owns the account.
    /// @param account the account
    function _requireOwner(bytes32 account) private view {
        address owner = _accounts[account].owner;
        if (msg.sender != owner) revert NotOwnersTransition(account, owner);
    }

    /// Reverts if the account's owner owes the fund an assessment.
    /// @param account the account
    function _requireNothingOwed(bytes32 account) private view {
        if (!fund.mayTransition(account)) revert AssessmentOwed(account);
    }

    /// Reverts unless an amount is above 0 and no basis of an int128 is too small for it.
    /// @param amount smallest units of the settlement token
    /// @return the same amount
    function _checkAmount(uint256 amount) private view returns (uint256) {
        uint256 most = uint256(uint128(type(int128).max)) / unit - 1;
        if (amount == 0 || amount > most) revert AmountOutOfRange(most, amount);
        return amount;
    }
}
