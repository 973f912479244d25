// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Spec} from "../generated/Spec.sol";
import {PROFILE_WORDS, ProfileWords} from "../types/ProfileWords.sol";
import {TornLine, TornPrices} from "../types/TearUp.sol";

/// The last step of the waterfall: prices at which the assets of a book in default are torn up, for everybody.
///
///     p*[u] = p[u] + λ · cap[u] · p[u] where the book is long, and p[u] − λ · cap[u] · p[u] where it is short
///
/// One λ for all lines: each asset's other side pays in proportion to how far the profile says that it may move. λ is such
/// that the book gains its deficit. Each price is rounded in the book's favour, so the gain is at least the deficit, and
/// above it by less than one attodollar for each quantum.
///
/// A line is closed for every account by `perp = 0` and `basis += perp · (p* − funding)`. The quantities of all accounts
/// add up to 0, so whatever p* is, nobody gains what somebody else does not lose.
library TearUps {
    /// A price at or above this has no word in a transition: see docs/CLEARING.md.
    uint256 internal constant PRICE_LIMIT = 1 << 66;
    uint256 private constant LAMBDA_UNIT = 1e18;

    /// The largest move of an asset in a profile's scenarios: the `cap` of its line.
    /// @param words the profile
    /// @param slot slot of the asset in the listing, 0 to 15
    /// @return cap basis points
    function capOf(uint256[PROFILE_WORDS] memory words, uint256 slot) internal pure returns (uint16 cap) {
        for (uint256 s = 0; s < Spec.SCENARIOS; ++s) {
            int256 shock = ProfileWords.shock(words, s * Spec.ASSETS + slot);
            uint256 size = uint256(shock < 0 ? -shock : shock);
            if (size > cap) cap = uint16(size);
        }
    }

    /// Finds the prices of a tear-up.
    /// @param lines the lines of the book in default
    /// @param deficit what the book lacks at the round's prices and nobody has paid, attodollars, below 2^128
    /// @return torn the prices; where they are not possible, prices and gain are 0
    function pricesOf(TornLine[] memory lines, uint256 deficit) internal pure returns (TornPrices memory torn) {
        uint256 weight = 0;
        for (uint256 i = 0; i < lines.length; ++i) {
            weight += _magnitude(lines[i]) * lines[i].price * lines[i].cap;
        }
        torn.prices = new uint256[](lines.length);
        if (weight == 0 && deficit != 0) return torn;
        torn.possible = true;
        if (deficit != 0) torn.lambda = Math.mulDiv(deficit, Spec.BPS * LAMBDA_UNIT, weight, Math.Rounding.Ceil);
        for (uint256 i = 0; i < lines.length; ++i) {
            uint256 quantity = _magnitude(lines[i]);
            if (quantity == 0) continue;
            uint256 price = lines[i].price;
            uint256 move = deficit == 0 ? 0 : Math.ceilDiv(price * lines[i].cap * deficit, weight);
            bool long = lines[i].quantity > 0;
            if (long ? price + move >= PRICE_LIMIT : move >= price) return _none(lines.length, torn.lambda);
            torn.prices[i] = long ? price + move : price - move;
            torn.gain += quantity * move;
        }
    }

    /// The size of a line.
    /// @param line the line
    /// @return quanta
    function _magnitude(TornLine memory line) private pure returns (uint256) {
        int256 quantity = line.quantity;
        return uint256(quantity < 0 ? -quantity : quantity);
    }

    /// No prices.
    /// @param lines how many lines there are
    /// @param lambda the share of each cap that it would have taken
    /// @return torn the answer
    function _none(uint256 lines, uint256 lambda) private pure returns (TornPrices memory torn) {
        torn.lambda = lambda;
        torn.prices = new uint256[](lines);
    }
}
