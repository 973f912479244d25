// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Spec} from "../generated/Spec.sol";

/// A sale of an account's collateral in one token, at a price that falls linearly with time, until its liquidation has
/// raised its due or `offered` is sold.
struct Auction {
    /// Who started it.
    address keeper;
    /// Unix seconds; 0 if there is no auction.
    uint64 startedAt;
    /// Token units put up, and those of them not sold yet.
    uint128 offered;
    uint128 left;
    /// Settlement units for all of `offered` at the start.
    uint128 startCost;
    /// Number of the block in which it started.
    uint64 startBlock;
}

library DutchAuctions {
    /// Seconds by which the price has fallen. A block counts for no more than `blockTime`, so that the price stands
    /// still while no block is made: nobody could bid.
    function elapsed(Auction storage self, uint256 blockTime) internal view returns (uint256) {
        return Math.min(block.timestamp - self.startedAt, (block.number - self.startBlock) * blockTime);
    }

    /// Basis points of the start cost that are asked `elapsed_` seconds into the auction.
    /// @param floor basis points asked at the end of `period`, and after
    function factor(uint256 elapsed_, uint256 period, uint256 floor) internal pure returns (uint256) {
        if (elapsed_ >= period) return floor;
        return Spec.BPS - Math.mulDiv(Spec.BPS - floor, elapsed_, period);
    }

    /// What the buyer of at most `most` units gets and pays, when no more than `due` is to be raised. The cost is
    /// rounded up, by less than one settlement unit.
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
