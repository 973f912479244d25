// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Spec} from "../generated/Spec.sol";
import {Auction} from "../types/Auction.sol";

/// The price of an auction.
library DutchAuctions {
    /// Seconds by which the price has fallen. A block counts for no more than `blockTime`, so that the price stands
    /// still while there is no block, and nobody could bid.
    /// @param self the auction
    /// @param blockTime nominal seconds from one block to the next
    /// @return seconds since the start, or `blockTime` for each block since, if that is less
    function elapsed(Auction storage self, uint256 blockTime) internal view returns (uint256) {
        return Math.min(block.timestamp - self.startedAt, (block.number - self.startBlock) * blockTime);
    }

    /// The price `elapsed_` seconds into an auction.
    /// @param elapsed_ seconds by which the price has fallen
    /// @param period seconds in which it falls, above 0
    /// @param floor basis points of the start cost at the end of `period` and later, at most 10 000
    /// @return basis points of the start cost, `floor` to 10 000
    function factor(uint256 elapsed_, uint256 period, uint256 floor) internal pure returns (uint256) {
        if (elapsed_ >= period) return floor;
        return Spec.BPS - Math.mulDiv(Spec.BPS - floor, elapsed_, period);
    }

    /// What the buyer of at most `most` units gets and pays, when no more than `due` is to be raised.
    /// @param self the auction
    /// @param most the most to buy, smallest units of the token
    /// @param due the most to raise, smallest units of the settlement token
    /// @param factor_ the price, basis points of the start cost
    /// @return amount what the buyer gets, smallest units of the token
    /// @return cost what the buyer pays, rounded up by less than one unit of the settlement token
    function quote(Auction storage self, uint256 most, uint256 due, uint256 factor_)
        internal
        view
        returns (uint256 amount, uint256 cost)
    {
        uint256 asked = uint256(self.startCost) * factor_;
        uint256 offered = uint256(self.offered) * Spec.BPS;
        amount = Math.min(most, self.left);
        cost = Math.mulDiv(amount, asked, offered, Math.Rounding.Ceil);
        if (cost > due) {
            amount = Math.mulDiv(due, offered, asked);
            cost = Math.mulDiv(amount, asked, offered, Math.Rounding.Ceil);
        }
    }
}
