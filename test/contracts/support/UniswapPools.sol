// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IUniswapV3Factory} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Factory.sol";
import {IUniswapV3Pool as IPool} from "@uniswap/v3-core/contracts/interfaces/IUniswapV3Pool.sol";
import {IUniswapV3MintCallback} from "@uniswap/v3-core/contracts/interfaces/callback/IUniswapV3MintCallback.sol";
import {IUniswapV3SwapCallback} from "@uniswap/v3-core/contracts/interfaces/callback/IUniswapV3SwapCallback.sol";
import {IHooks} from "@uniswap/v4-core/src/interfaces/IHooks.sol";
import {IPoolManager} from "@uniswap/v4-core/src/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "@uniswap/v4-core/src/interfaces/callback/IUnlockCallback.sol";
import {StateLibrary} from "@uniswap/v4-core/src/libraries/StateLibrary.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {BalanceDelta} from "@uniswap/v4-core/src/types/BalanceDelta.sol";
import {Currency} from "@uniswap/v4-core/src/types/Currency.sol";
import {PoolKey} from "@uniswap/v4-core/src/types/PoolKey.sol";
import {ModifyLiquidityParams, SwapParams} from "@uniswap/v4-core/src/types/PoolOperation.sol";
import {CommonBase} from "forge-std/Base.sol";
import {Token} from "./Tokens.sol";

/// Uniswap v3 and v4 pools, made by Uniswap's own code.
abstract contract UniswapPools is CommonBase, IUniswapV3MintCallback, IUniswapV3SwapCallback, IUnlockCallback {
    string private constant FACTORY =
        "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
    string private constant MANAGER = "node_modules/@uniswap/v4-core/out/PoolManager.sol/PoolManager.json";
    uint24 internal constant FEE = 3_000;
    int24 internal constant SPACING = 60;

    IUniswapV3Factory internal factory;
    IPoolManager internal poolManager;

    function _setUpFactory() internal {
        factory = IUniswapV3Factory(_create(vm.parseJsonBytes(vm.readFile(FACTORY), ".bytecode")));
    }

    function _setUpManager() internal {
        bytes memory code = vm.parseJsonBytes(vm.readFile(MANAGER), ".bytecode.object");
        poolManager = IPoolManager(_create(bytes.concat(code, abi.encode(address(this)))));
    }

    function _create(bytes memory code) private returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
    }

    /// A pool in which `amount` units of the token cost `cost` of the other.
    function _pool(Token token, Token other, uint256 cost, uint256 amount, uint128 depth) internal returns (IPool pool) {
        return _poolOf(token, other, cost, amount, depth, FEE);
    }

    function _poolOf(Token token, Token other, uint256 cost, uint256 amount, uint128 depth, uint24 fee)
        internal
        returns (IPool pool)
    {
        pool = IPool(factory.createPool(address(token), address(other), fee));
        pool.initialize(_root(pool.token0() == address(token), cost, amount));
        pool.increaseObservationCardinalityNext(16);
        int24 most = TickMath.maxUsableTick(pool.tickSpacing());
        if (depth != 0) pool.mint(address(this), -most, most, depth, "");
    }

    /// As _pool, of the manager's.
    function _poolV4(Token token, Token other, uint256 cost, uint256 amount, uint128 depth) internal {
        _poolV4Of(token, other, cost, amount, depth, _keyOf(token, other, FEE, SPACING, address(0)));
    }

    function _poolV4Of(
        Token token,
        Token other,
        uint256 cost,
        uint256 amount,
        uint128 depth,
        PoolKey memory key
    ) internal {
        poolManager.initialize(key, _root(address(token) < address(other), cost, amount));
        int24 most = TickMath.maxUsableTick(key.tickSpacing);
        if (depth != 0) _addV4(key, -most, most, depth);
    }

    function _keyOf(Token token, Token other, uint24 fee, int24 spacing, address hooks)
        internal
        pure
        returns (PoolKey memory)
    {
        (Token one, Token two) = address(token) < address(other) ? (token, other) : (other, token);
        return PoolKey(Currency.wrap(address(one)), Currency.wrap(address(two)), fee, spacing, IHooks(hooks));
    }

    function _addV4(PoolKey memory key, int24 from, int24 to, uint128 depth) internal {
        poolManager.unlock(abi.encode(key, from, to, depth, uint160(0)));
    }

    /// As _moveTo, of a pool of the manager's.
    function _moveV4To(PoolKey memory key, Token token, uint256 cost, uint256 amount) internal {
        bool isFirst = Currency.unwrap(key.currency0) == address(token);
        poolManager.unlock(abi.encode(key, int24(0), int24(0), uint128(0), _root(isFirst, cost, amount)));
    }

    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        (PoolKey memory key, int24 from, int24 to, uint128 depth, uint160 root) =
            abi.decode(data, (PoolKey, int24, int24, uint128, uint160));
        BalanceDelta delta;
        if (root == 0) {
            (delta,) = poolManager.modifyLiquidity(
                key, ModifyLiquidityParams(from, to, int256(uint256(depth)), 0), ""
            );
        } else {
            (uint160 now_,,,) = StateLibrary.getSlot0(poolManager, key.toId());
            // A pool refuses a trade that would end where it stands.
            if (root == now_) return "";
            delta = poolManager.swap(key, SwapParams(root < now_, -int256(type(int128).max), root), "");
        }
        _settle(key.currency0, delta.amount0());
        _settle(key.currency1, delta.amount1());
        return "";
    }

    function _settle(Currency currency, int128 delta) private {
        if (delta > 0) return poolManager.take(currency, address(this), uint256(int256(delta)));
        poolManager.sync(currency);
        Token(Currency.unwrap(currency)).mint(address(poolManager), uint256(-int256(delta)));
        poolManager.settle();
    }

    /// Trades until `amount` units of the token cost `cost` of the other.
    function _moveTo(IPool pool, Token token, uint256 cost, uint256 amount) internal {
        uint160 root = _root(pool.token0() == address(token), cost, amount);
        (uint160 now_,,,,,,) = pool.slot0();
        // A pool refuses a trade that would end where it stands.
        if (root == now_) return;
        pool.swap(address(this), root < now_, type(int128).max, root, "");
    }

    function _root(bool isFirst, uint256 cost, uint256 amount) private pure returns (uint160) {
        if (!isFirst) (cost, amount) = (amount, cost);
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
