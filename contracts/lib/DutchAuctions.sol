// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Spec} from "../generated/Spec.sol";

/// A sale of collateral at a price that falls linearly with time, until `due` is raised or `offered` is sold.
struct Auction {
    address token;
    /// Unix seconds; 0 if there is no auction.
    uint64 startedAt;
    /// Who started it.
    address keeper;
    /// Token units put up, and those of them not sold yet.
    uint128 offered;
    uint128 left;
    /// Settlement units for all of `offered` at the start.
    uint128 startCost;
    /// Settlement units still to be raised.
    uint128 due;
}

library DutchAuctions {
    /// Basis points of the start cost that are asked `elapsed` seconds into the auction.
    /// @param floor basis points asked at the end of `period`, and after
    function factor(uint256 elapsed, uint256 period, uint256 floor) internal pure returns (uint256) {
        if (elapsed >= period) return floor;
        return Spec.BPS - Math.mulDiv(Spec.BPS - floor, elapsed, period);
    }

    /// What the buyer of at most `most` units gets and pays, when no more than `due` is to be raised. The cost is
    /// rounded against the buyer.
    function quote(Auction memory self, uint256 most, uint256 due, uint256 factor_)
        internal
        pure
        returns (uint256 amount, uint256 cost)
    {
        amount = Math.min(most, self.left);
        uint256 asked = uint256(self.startCost) * factor_;
        uint256 offered = uint256(self.offered) * Spec.BPS;
        cost = Math.mulDiv(amount, asked, offered, Math.Rounding.Ceil);
        if (cost > due) {
            cost = due;
            amount = Math.mulDiv(due, offered, asked);
        }
    }
}
