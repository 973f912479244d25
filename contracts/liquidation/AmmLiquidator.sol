// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IUniswapV3Factory} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Factory.sol";
import {IUniswapV3Pool} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Pool.sol";
import {IUniswapV3SwapCallback} from "@uniswap/v3-core/contracts/interfaces/callback/IUniswapV3SwapCallback.sol";
import {IHooks} from "@uniswap/v4-core/src/interfaces/IHooks.sol";
import {IPoolManager} from "@uniswap/v4-core/src/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "@uniswap/v4-core/src/interfaces/callback/IUnlockCallback.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {BalanceDelta} from "@uniswap/v4-core/src/types/BalanceDelta.sol";
import {Currency} from "@uniswap/v4-core/src/types/Currency.sol";
import {PoolKey} from "@uniswap/v4-core/src/types/PoolKey.sol";
import {SwapParams} from "@uniswap/v4-core/src/types/PoolOperation.sol";
import {Spec} from "../generated/Spec.sol";
import {Hop, IAmmLiquidator, Order} from "../interfaces/IAmmLiquidator.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMarketLedger} from "../interfaces/IMarketLedger.sol";
import {Asset} from "../types/Vault.sol";

/// Liquidations through Uniswap v3 and v4; see IAmmLiquidator.
contract AmmLiquidator is IAmmLiquidator, IUniswapV3SwapCallback, IUnlockCallback, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant HOPS_MAX = 2;

    /// What is on its way: everything was fixed before the first pool was asked.
    struct Trade {
        /// The account whose collateral is at auction.
        bytes32 account;
        /// The token that is bought and sold.
        address token;
        /// Unix seconds of the auction's start.
        uint64 startedAt;
        /// What is bought and sold, smallest units of the token.
        uint256 amount;
        /// What it costs, settlement units.
        uint256 cost;
        /// The pools.
        Hop[] hops;
    }

    /// @inheritdoc IAmmLiquidator
    IMarginVault public immutable vault;
    /// Makes the Uniswap v3 pools, and says which are its own.
    IUniswapV3Factory public immutable factory;
    /// Holds the Uniswap v4 pools; zero where there is none.
    IPoolManager public immutable poolManager;
    IERC20 private immutable SETTLEMENT;
    IMarketLedger private immutable LEDGER;

    /// @param vault_ the vault whose auctions it buys from
    /// @param factory_ the factory of Uniswap v3
    /// @param poolManager_ the pool manager of Uniswap v4; zero for none
    constructor(IMarginVault vault_, IUniswapV3Factory factory_, IPoolManager poolManager_) {
        (vault, factory, poolManager) = (vault_, factory_, poolManager_);
        SETTLEMENT = IERC20(vault_.settlement());
        LEDGER = vault_.gate().ledger();
    }

    /// @inheritdoc IAmmLiquidator
    function liquidate(Order calldata order, Hop[] calldata hops)
        external
        nonReentrant
        returns (uint256 amount, uint256 cost, uint256 profit)
    {
        if (hops.length == 0 || hops.length > HOPS_MAX || order.token == address(SETTLEMENT)) revert RouteInvalid();
        if (hops[hops.length - 1].token != address(SETTLEMENT)) revert RouteInvalid();
        (amount, cost) = vault.quote(order.account, order.token, order.most);
        uint256 before = SETTLEMENT.balanceOf(address(this));
        _swap(Trade(order.account, order.token, order.startedAt, amount, cost, hops), 0, amount);

        uint256 left = SETTLEMENT.balanceOf(address(this));
        uint256 least = order.leastProfit;
        // The sale in all is cost and profit.
        uint256 leastSale = Math.mulDiv(_lowValue(order.token, amount), Spec.BPS - order.slippage, Spec.BPS);
        if (leastSale > cost + least) least = leastSale - cost;
        // A loss is refused even where no profit is asked for: nothing that somebody left here pays for it.
        if (left < before || left - before < least) revert ProfitTooLow(least, left > before ? left - before : 0);
        profit = left - before;
        emit Liquidated(order.account, order.token, amount, cost, profit, order.to);
        SETTLEMENT.safeTransfer(order.to, profit);
    }

    /// A Uniswap v3 pool has given, and asks to be paid.
    /// @param delta0 what it asks of its first token, smallest units; what it has given is negative
    /// @param delta1 what it asks of its second token
    /// @param data the trade, the hop, and what the hop sells
    function uniswapV3SwapCallback(int256 delta0, int256 delta1, bytes calldata data) external {
        (Trade memory trade, uint256 at, uint256 amountIn) = abi.decode(data, (Trade, uint256, uint256));
        address tokenIn = _tokenIn(trade, at);
        // A pool of the factory calls back nobody but its caller, with what the caller gave it.
        if (msg.sender != _poolOf(tokenIn, trade.hops[at])) revert CallerNotPool(msg.sender);
        (uint256 owed, uint256 got) =
            delta0 > 0 ? (uint256(delta0), uint256(-delta1)) : (uint256(delta1), uint256(-delta0));
        _goOn(trade, at, amountIn, owed, got);
        IERC20(tokenIn).safeTransfer(msg.sender, owed);
    }

    /// The pool manager of Uniswap v4 lets its caller trade.
    /// @param data the trade, the hop, and what the hop sells
    /// @return nothing
    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        if (msg.sender != address(poolManager)) revert CallerNotPool(msg.sender);
        (Trade memory trade, uint256 at, uint256 amountIn) = abi.decode(data, (Trade, uint256, uint256));
        _swapUnlocked(trade, at, amountIn);
        return "";
    }

    /// Sells in the pool of a hop. The pool gives first, and is paid when all that follows is done.
    /// @param trade the trade
    /// @param at the hop, 0 or 1
    /// @param amountIn what it sells, smallest units
    function _swap(Trade memory trade, uint256 at, uint256 amountIn) private {
        Hop memory hop = trade.hops[at];
        if (hop.tickSpacing == 0) {
            address tokenIn = _tokenIn(trade, at);
            address pool = _poolOf(tokenIn, hop);
            if (pool == address(0)) revert PoolUnknown(tokenIn, hop.token, hop.fee);
            (bool isFirst, uint160 end) = _direction(tokenIn, hop.token);
            IUniswapV3Pool(pool).swap(address(this), isFirst, int256(amountIn), end, abi.encode(trade, at, amountIn));
        } else if (at == 1 && trade.hops[0].tickSpacing != 0) {
            // The first hop has unlocked the manager.
            _swapUnlocked(trade, at, amountIn);
        } else {
            poolManager.unlock(abi.encode(trade, at, amountIn));
        }
    }

    /// Sells in a Uniswap v4 pool while the manager is unlocked.
    /// @param trade the trade
    /// @param at the hop, 0 or 1
    /// @param amountIn what it sells, smallest units
    function _swapUnlocked(Trade memory trade, uint256 at, uint256 amountIn) private {
        Hop memory hop = trade.hops[at];
        address tokenIn = _tokenIn(trade, at);
        (bool isFirst, uint160 end) = _direction(tokenIn, hop.token);
        (address token0, address token1) = isFirst ? (tokenIn, hop.token) : (hop.token, tokenIn);
        BalanceDelta delta = poolManager.swap(
            PoolKey(Currency.wrap(token0), Currency.wrap(token1), hop.fee, hop.tickSpacing, IHooks(hop.hooks)),
            SwapParams(isFirst, -int256(amountIn), end),
            ""
        );
        (int128 paid, int128 given) =
            isFirst ? (delta.amount0(), delta.amount1()) : (delta.amount1(), delta.amount0());
        (uint256 owed, uint256 got) = (uint256(-int256(paid)), uint256(int256(given)));
        poolManager.take(Currency.wrap(hop.token), address(this), got);
        _goOn(trade, at, amountIn, owed, got);
        poolManager.sync(Currency.wrap(tokenIn));
        IERC20(tokenIn).safeTransfer(address(poolManager), owed);
        poolManager.settle();
    }

    /// What follows once a pool has given: the next pool, or the vault.
    /// @param trade the trade
    /// @param at the hop that has given, 0 or 1
    /// @param amountIn what it was to take, smallest units
    /// @param owed what it takes, smallest units
    /// @param got what it has given, smallest units
    function _goOn(Trade memory trade, uint256 at, uint256 amountIn, uint256 owed, uint256 got) private {
        if (owed != amountIn) revert PartlySold(amountIn, owed);
        if (at + 1 < trade.hops.length) return _swap(trade, at + 1, got);
        SETTLEMENT.forceApprove(address(vault), trade.cost);
        (uint256 amount,) =
            vault.take(trade.account, trade.token, trade.startedAt, trade.amount, trade.cost, address(this));
        if (amount != trade.amount) revert BoughtOther(trade.amount, amount);
    }

    /// What a hop sells.
    /// @param trade the trade
    /// @param at the hop, 0 or 1
    /// @return the token
    function _tokenIn(Trade memory trade, uint256 at) private pure returns (address) {
        return at == 0 ? trade.token : trade.hops[at - 1].token;
    }

    /// The Uniswap v3 pool of a hop.
    /// @param tokenIn what the hop sells
    /// @param hop the hop
    /// @return the pool; zero if there is none
    function _poolOf(address tokenIn, Hop memory hop) private view returns (address) {
        return factory.getPool(tokenIn, hop.token, hop.fee);
    }

    /// Which way a trade goes, and the price at which it would end for want of liquidity.
    /// @param tokenIn what is sold
    /// @param tokenOut what is bought
    /// @return isFirst whether the pool's first token is sold
    /// @return end square root of that price, times 2^96
    function _direction(address tokenIn, address tokenOut) private pure returns (bool isFirst, uint160 end) {
        isFirst = tokenIn < tokenOut;
        end = isFirst ? TickMath.MIN_SQRT_PRICE + 1 : TickMath.MAX_SQRT_PRICE - 1;
    }

    /// What an amount of a token is worth at the ledger's low, in the settlement token at its high. Rounded down.
    /// @param token the token
    /// @param amount smallest units of the token
    /// @return settlement units
    function _lowValue(address token, uint256 amount) private view returns (uint256) {
        (Asset memory asset, Asset memory paid) = (vault.assetOf(token), vault.assetOf(address(SETTLEMENT)));
        (uint64 low,,) = LEDGER.priceOf(asset.slot);
        (, uint64 high,) = LEDGER.priceOf(paid.slot);
        uint256 value = Math.mulDiv(amount * 10 ** asset.quantumDecimals, low, 10 ** asset.tokenDecimals);
        return Math.mulDiv(value, 10 ** paid.tokenDecimals, high * 10 ** paid.quantumDecimals);
    }
}
