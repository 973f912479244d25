// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Token} from "../support/Tokens.sol";
import {AccountWatch} from "./AccountWatch.sol";
import {Liquidation} from "../../../contracts/types/Vault.sol";

/// The auctions of the watched accounts as this contract has seen them, and what must be true of each sale. It has a
/// reason, and its price is no lower than time and blocks have made it. All sales of a liquidation raise no more than
/// its due.
abstract contract AuctionWatch is AccountWatch {
    struct Sale {
        uint256 startedAt;
        uint256 startBlock;
        uint256 offered;
        uint256 startCost;
    }

    struct Raising {
        uint256 startedAt;
        uint256 due;
        uint256 raised;
        bool ended;
    }

    /// Whether the sequencer is down.
    bool internal _down;
    /// Unix seconds at which everybody could bid again after the last outage.
    uint256 internal _resumedAt;
    mapping(bytes32 of_ => mapping(address token => Sale)) private _sales;
    mapping(bytes32 of_ => Raising) private _raising;

    /// Records the start of an auction of all that the account has of a token, and the debt at that time.
    function _seeStart(Token token, uint256 offered, uint256 debt) internal {
        if (_down) violation = "an auction started while the sequencer was away";
        uint256 startCost = vault.auctionOf(account, address(token)).startCost;
        _sales[account][address(token)] = Sale(block.timestamp, block.number, offered, startCost);

        Liquidation memory liquidation = vault.liquidationOf(account);
        Raising storage raising = _raising[account];
        if (liquidation.startedAt == raising.startedAt && !raising.ended) {
            if (liquidation.due > raising.due - raising.raised) violation = "a liquidation became larger";
            return;
        }
        bool other = raising.ended || _clearedAt[account] > raising.startedAt;
        if (raising.startedAt != 0 && !other) violation = "more was due before the last was raised";
        uint256 part = debt / 2 + 1 > 100e6 ? debt / 2 + 1 : 100e6;
        if (liquidation.due > part * 11 / 10 + 1) violation = "more was due than the close factor and the penalty";
        _raising[account] = Raising(liquidation.startedAt, liquidation.due, 0, false);
    }

    /// Records a sale: so much of a token for so much of the settlement token.
    function _seeTake(Token token, uint256 amount, uint256 cost) internal {
        Sale memory sale = _sales[account][address(token)];
        if (_down) violation = "something was sold while the sequencer was away";
        if (sale.startedAt < _clearedAt[account]) violation = "an auction outlived its reason";
        if (sale.startedAt < _resumedAt) violation = "an auction went on after an outage or in another epoch";
        uint256 blocks = (block.number - sale.startBlock) * BLOCK_TIME;
        uint256 time = block.timestamp - sale.startedAt;
        uint256 factor = 10_000 - 5_000 * (blocks < time ? blocks : time) / AUCTION_PERIOD;
        if (cost * sale.offered * 10_000 < amount * sale.startCost * factor) violation = "sold below the price";

        Raising storage raising = _raising[account];
        raising.raised += cost;
        if (raising.raised > raising.due) violation = "a liquidation raised more than its due";
        raising.ended = vault.liquidationOf(account).due == 0;
    }

    /// @inheritdoc AccountWatch
    function _nextEpoch(uint256 bookMaxAge) internal override {
        _resumedAt = block.timestamp;
        super._nextEpoch(bookMaxAge);
    }
}
