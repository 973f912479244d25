// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IUniswapV3Pool} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Pool.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {Spec} from "../generated/Spec.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";

/// What a pool's average is held to.
struct TwapTerms {
    /// The asset's quantum is 10^-decimals units, 0 to 10.
    uint8 decimals;
    /// Seconds of the average, above 0.
    uint32 window;
    /// Least harmonic mean of the liquidity in range over the window, in the pool's unit.
    uint128 leastLiquidity;
    /// USD price of the pool's other token; zero if one of it counts as one dollar.
    IPriceFeed quote;
    /// The quantum of that price is 10^-quoteDecimals units of the other token, 0 to 10; 0 where there is none.
    uint8 quoteDecimals;
}

/// The time-weighted average price of a token in a Uniswap v3 pool. It is a check of a MedianFeed, and no source: who has
/// capital can move a pool for as long as the window lasts.
contract PoolTwap is IPriceFeed {
    /// The terms are outside their bounds.
    /// @param terms the terms that were given
    error TwapTermsInvalid(TwapTerms terms);
    /// The token is not in the pool.
    /// @param token the token that was given
    error TokenNotInPool(address token);
    /// A token of the pool has more decimals than the arithmetic takes.
    /// @param most most decimals
    /// @param got the token's decimals
    error TokenDecimalsTooMany(uint256 most, uint256 got);
    /// Over the window the pool had too little liquidity in range.
    /// @param least least harmonic mean
    /// @param got harmonic mean over the window
    error LiquidityTooThin(uint256 least, uint256 got);

    uint256 private constant TOKEN_DECIMALS_MAX = 18;

    /// The Uniswap v3 pool.
    IUniswapV3Pool public immutable pool;
    /// The token whose price this is.
    address public immutable token;
    /// Seconds of the average.
    uint32 public immutable window;
    /// USD price of the pool's other token; zero if one of it counts as one dollar.
    IPriceFeed public immutable quote;
    /// Least harmonic mean of the liquidity in range over the window, in the pool's unit.
    uint128 public immutable leastLiquidity;
    bool private immutable IS_FIRST;
    /// From units of the pool to attodollars per quantum: times the one, by the other. One of them is 1.
    uint256 private immutable UP;
    uint256 private immutable DOWN;

    /// @param pool_ the Uniswap v3 pool
    /// @param token_ the token whose price this is: one of the pool's two
    /// @param terms_ what the average is held to
    constructor(IUniswapV3Pool pool_, address token_, TwapTerms memory terms_) {
        bool isAtPar = address(terms_.quote) == address(0);
        if (
            terms_.decimals > Spec.MAX_DECIMALS || terms_.quoteDecimals > Spec.MAX_DECIMALS || terms_.window == 0
                || (isAtPar && terms_.quoteDecimals != 0)
        ) revert TwapTermsInvalid(terms_);
        (address first, address second) = (pool_.token0(), pool_.token1());
        if (token_ != first && token_ != second) revert TokenNotInPool(token_);
        uint256 ups = _decimals(token_) + (isAtPar ? Spec.USD_DECIMALS : terms_.quoteDecimals);
        uint256 downs = _decimals(token_ == first ? second : first) + terms_.decimals;
        (UP, DOWN) = ups > downs ? (10 ** (ups - downs), uint256(1)) : (uint256(1), 10 ** (downs - ups));
        (pool, token, IS_FIRST, window) = (pool_, token_, token_ == first, terms_.window);
        (quote, leastLiquidity) = (terms_.quote, terms_.leastLiquidity);
    }

    /// The average over the window times the other token's price. The mean tick is rounded down, which is against the
    /// pool's first token and for its second, by less than a basis point; what is computed from it is rounded down.
    /// @return price attodollars per quantum, 0 < price < 2^64
    /// @return confidence what the other token's feed doubts, attodollars per quantum, rounded up
    /// @return updatedAt Unix seconds of the other token's price, or of the block
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt) {
        uint256 ratio = _ratio();
        (uint256 unit, uint256 doubt) = (1, 0);
        updatedAt = uint64(block.timestamp);
        if (address(quote) != address(0)) (unit, doubt, updatedAt) = quote.read();
        uint256 value = Math.mulDiv(ratio, unit * UP, DOWN << 128);
        if (value == 0 || value > type(uint64).max) revert PriceOutOfBounds(0, uint256(type(uint64).max) + 1, value);
        uint256 width = Math.mulDiv(value, doubt, unit, Math.Rounding.Ceil);
        if (width > type(uint64).max) revert ConfidenceTooWide(type(uint64).max, width);
        (price, confidence) = (uint64(value), uint64(width));
    }

    /// The average as smallest units of the other token for one of the token, times 2^128.
    /// @return the ratio, above 0
    function _ratio() private view returns (uint256) {
        uint32[] memory ago = new uint32[](2);
        ago[0] = window;
        (int56[] memory ticks, uint160[] memory perLiquidity) = pool.observe(ago);
        int56 moved;
        uint160 passed;
        // The pool's sums wrap, and so does their difference.
        unchecked {
            moved = ticks[1] - ticks[0];
            passed = perLiquidity[1] - perLiquidity[0];
        }
        uint256 liquidity = uint256(window) * type(uint160).max / (uint256(passed) << 32);
        if (liquidity < leastLiquidity) revert LiquidityTooThin(leastLiquidity, liquidity);
        int56 seconds_ = int56(uint56(window));
        int56 mean = moved / seconds_;
        if (moved < 0 && moved % seconds_ != 0) --mean;
        // The price of one token is the inverse of the other's, and so is that of the tick with the other sign.
        uint256 root = TickMath.getSqrtPriceAtTick(int24(IS_FIRST ? mean : -mean));
        return Math.mulDiv(root, root, 1 << 64);
    }

    /// A token's decimals.
    /// @param token_ the token
    /// @return decimals 0 to 18
    function _decimals(address token_) private view returns (uint256 decimals) {
        decimals = IERC20Metadata(token_).decimals();
        if (decimals > TOKEN_DECIMALS_MAX) revert TokenDecimalsTooMany(TOKEN_DECIMALS_MAX, decimals);
    }
}
