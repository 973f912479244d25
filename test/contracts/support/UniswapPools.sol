// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IUniswapV3Factory} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Factory.sol";
import {IUniswapV3Pool as IPool} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Pool.sol";
import {IUniswapV3MintCallback} from "@uniswap/v3-core/contracts/interfaces/callback/IUniswapV3MintCallback.sol";
import {IUniswapV3SwapCallback} from "@uniswap/v3-core/contracts/interfaces/callback/IUniswapV3SwapCallback.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {CommonBase} from "forge-std/Base.sol";
import {Token} from "./Tokens.sol";

/// Uniswap v3 pools with liquidity over all prices, made by the factory's own code.
abstract contract UniswapPools is CommonBase, IUniswapV3MintCallback, IUniswapV3SwapCallback {
    string private constant FACTORY =
        "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
    uint24 private constant FEE = 3_000;
    int24 private constant SPACING = 60;

    IUniswapV3Factory internal factory;

    function _setUpFactory() internal {
        bytes memory code = vm.parseJsonBytes(vm.readFile(FACTORY), ".bytecode");
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        factory = IUniswapV3Factory(created);
    }

    /// A pool in which `amount` units of the token cost `cost` of the other.
    function _pool(Token token, Token other, uint256 cost, uint256 amount, uint128 depth) internal returns (IPool pool) {
        pool = IPool(factory.createPool(address(token), address(other), FEE));
        pool.initialize(_root(pool, token, cost, amount));
        pool.increaseObservationCardinalityNext(16);
        int24 most = TickMath.maxUsableTick(SPACING);
        pool.mint(address(this), -most, most, depth, "");
    }

    /// Trades until `amount` units of the token cost `cost` of the other.
    function _moveTo(IPool pool, Token token, uint256 cost, uint256 amount) internal {
        uint160 root = _root(pool, token, cost, amount);
        (uint160 now_,,,,,,) = pool.slot0();
        pool.swap(address(this), root < now_, type(int128).max, root, "");
    }

    function _root(IPool pool, Token token, uint256 cost, uint256 amount) private view returns (uint160) {
        if (pool.token0() != address(token)) (cost, amount) = (amount, cost);
        // √(cost / amount) · 2^96, with as many digits as fit.
        uint256 ratio = Math.mulDiv(cost, 1 << 128, amount);
        return uint160(Math.sqrt(ratio) << 32);
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        Token(IPool(msg.sender).token0()).mint(msg.sender, amount0);
        Token(IPool(msg.sender).token1()).mint(msg.sender, amount1);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        if (amount0 > 0) Token(IPool(msg.sender).token0()).mint(msg.sender, uint256(amount0));
        if (amount1 > 0) Token(IPool(msg.sender).token1()).mint(msg.sender, uint256(amount1));
    }
}
