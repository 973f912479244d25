// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IMarginVault} from "./IMarginVault.sol";

/// One pool on the way from a token to the settlement token.
struct Hop {
    /// What the pool gives: the settlement token, in the last hop.
    address token;
    /// The pool's fee, millionths.
    uint24 fee;
    /// Of a Uniswap v4 pool; 0 for a Uniswap v3 pool, which has none to choose.
    int24 tickSpacing;
    /// Of a Uniswap v4 pool; zero if it has none, and for a Uniswap v3 pool.
    address hooks;
}

/// What a liquidation is for, and what it must bring.
struct Order {
    /// The account whose collateral is at auction.
    bytes32 account;
    /// The token that is bought and sold.
    address token;
    /// Unix seconds of the auction's start: another auction is another order.
    uint64 startedAt;
    /// The most to buy, smallest units of the token.
    uint256 most;
    /// Least profit, settlement units.
    uint256 leastProfit;
    /// How far the sale may be below the ledger's low, basis points, 0 to 10 000.
    uint16 slippage;
    /// Who gets the profit.
    address to;
}

/// Buys collateral from an auction of the vault and sells it in Uniswap pools, in one transaction and with no capital.
///
/// A pool hands over what it gives before it is paid. So the settlement token comes first from the pool. It pays the
/// vault, the vault hands over the collateral, and the collateral pays the pool. The vault needs no callback for that.
interface IAmmLiquidator {
    /// Collateral was bought and sold.
    /// @param account the account
    /// @param token the token
    /// @param amount what was bought and sold, smallest units of the token
    /// @param cost what the vault was paid, settlement units
    /// @param profit what is left of the sale, settlement units
    /// @param to who got it
    event Liquidated(
        bytes32 indexed account, address indexed token, uint256 amount, uint256 cost, uint256 profit, address to
    );

    /// The route has no hop or more than two, does not end at the settlement token, or begins there.
    error RouteInvalid();
    /// There is no such pool.
    /// @param tokenIn what the pool would be paid in
    /// @param tokenOut what it would give
    /// @param fee the pool's fee, millionths
    error PoolUnknown(address tokenIn, address tokenOut, uint24 fee);
    /// A pool took less than it was to take: it has too little liquidity.
    /// @param expected what was to be sold, smallest units
    /// @param got what the pool took, smallest units
    error PartlySold(uint256 expected, uint256 got);
    /// The auction gave or took otherwise than it said: somebody bid in between.
    /// @param amount what was to be bought, smallest units of the token
    /// @param got what was bought, smallest units of the token
    error BoughtOther(uint256 amount, uint256 got);
    /// The profit is too low, the sale too far below the ledger's low, or there is a loss.
    /// @param least least profit, settlement units
    /// @param got the profit, settlement units; 0 if there is none, or a loss
    error ProfitTooLow(uint256 least, uint256 got);
    /// A callback came from somebody else than the pool that was asked.
    /// @param caller who called
    error CallerNotPool(address caller);

    /// Buys and sells. Reverts unless the sale brings the least profit, and is no further below the ledger's low than
    /// the slippage. Anybody may call it, and it holds nothing between calls.
    /// @param order what to buy, and what it must bring
    /// @param hops the pools, one or two
    /// @return amount what was bought and sold, smallest units of the token
    /// @return cost what the vault was paid, settlement units
    /// @return profit what `to` got, settlement units
    function liquidate(Order calldata order, Hop[] calldata hops)
        external
        returns (uint256 amount, uint256 cost, uint256 profit);

    /// The vault whose auctions it buys from.
    /// @return the vault
    function vault() external view returns (IMarginVault);
}
