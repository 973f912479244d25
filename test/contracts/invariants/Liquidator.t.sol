// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {PoolKey} from "@uniswap/v4-core/src/types/PoolKey.sol";
import {Test} from "forge-std/Test.sol";
import {AmmLiquidator} from "../../../contracts/liquidation/AmmLiquidator.sol";
import {Hop, Order} from "../../../contracts/interfaces/IAmmLiquidator.sol";
import {Token} from "../support/Tokens.sol";
import {IPool, UniswapPools} from "../support/UniswapPools.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// What liquidators, traders, donors, strangers and time do to auctions that are sold in Uniswap's own pools, in any order.
contract LiquidatorHandler is VaultFixture, UniswapPools {
    uint128 private constant DEEP = 1e17;
    uint256 private constant BPS = 10_000;

    AmmLiquidator public liquidator;
    /// What is wrong; empty if nothing is.
    string public violation;
    mapping(string name => uint256) public done;
    /// What was given to the liquidator for nothing.
    mapping(Token token => uint256) private _given;
    mapping(address receiver => uint256) private _profits;

    address[2] private _receivers = [makeAddr("first"), makeAddr("second")];
    Token private _mid;
    IPool[3] private _pools;
    PoolKey private _key;

    function setUp() public override {
        super.setUp();
        _setUpFactory();
        _setUpManager();
        liquidator = new AmmLiquidator(vault, factory, poolManager);
        _mid = new Token("DAI", 18);
        _pools = [
            _poolOf(weth, usdc, 2_000e6, 1e18, DEEP, 500),
            _poolOf(weth, usdc, 2_000e6, 1e18, DEEP / 1_000, FEE),
            _pool(weth, _mid, 2_000e18, 1e18, 1e23)
        ];
        _pool(_mid, usdc, 1e6, 1e18, DEEP * 10);
        _poolV4(weth, usdc, 2_000e6, 1e18, DEEP);
        _key = _keyOf(weth, usdc, FEE, SPACING, address(0));
        usdc.mint(venue, 1e15);
        this.borrow();
    }

    /// A new loan once the last is repaid, and a proof that its account is unhealthy.
    function borrow() external {
        uint256 owed = vault.debtOf(account);
        if (owed != 0) {
            usdc.mint(bidder, owed);
            vm.prank(bidder);
            vault.repay(account, owed);
        }
        try vault.closeAuction(account, address(weth)) {} catch {}
        _deposit(10 ether);
        _lend(15_000e6);
        _breach();
        _startAuctionOf(weth);
    }

    function borrowAgain() external {
        _try(abi.encodeCall(this.borrow, ()), "borrowed");
    }

    function wait(uint256 time) external {
        skip(bound(time, 1, AUCTION_PERIOD / 3));
    }

    function breach() external {
        _breach();
    }

    function start() external {
        _startAuctionOf(weth);
    }

    /// The breach is proven in a new round, and an auction that is over makes room for another.
    function restart(uint256 way) external {
        if (way % 2 == 0) _try(abi.encodeCall(this.breach, ()), "breached");
        try vault.closeAuction(account, address(weth)) {
            done["closed"]++;
        } catch {}
        _try(abi.encodeCall(this.start, ()), "started");
    }

    function movePool(uint256 which, uint256 dollars) external {
        uint256 cost = bound(dollars, 1_500, 2_500);
        if (which % 4 == 3) _moveV4To(_key, weth, cost * 1e6, 1e18);
        else if (which % 4 == 2) _moveTo(_pools[2], weth, cost * 1e18, 1e18);
        else _moveTo(_pools[which % 4], weth, cost * 1e6, 1e18);
    }

    function donate(uint256 which, uint256 amount) external {
        amount = bound(amount, 0, 1e24);
        Token token = [usdc, weth, _mid][which % 3];
        token.mint(address(liquidator), amount);
        _given[token] += amount;
    }

    /// Nobody but pools in the middle of a liquidation may call back.
    function callBack(uint256 way, uint256 amount) external {
        amount = bound(amount, 1, 1e24);
        bytes memory data = abi.encode(_route(0), uint256(0), amount);
        vm.startPrank(stranger);
        try liquidator.uniswapV3SwapCallback(int256(amount), -1, data) {
            violation = "a stranger called back for a pool of v3";
        } catch {}
        if (way % 2 == 0) {
            try liquidator.unlockCallback(data) {
                violation = "a stranger called back for the pool manager";
            } catch {}
        }
        vm.stopPrank();
        done["called back"]++;
    }

    function liquidate(uint256 way, uint256 most, uint256 least, uint256 slippage, uint256 stale) external {
        uint64 startedAt = vault.auctionOf(account, address(weth)).startedAt;
        Order memory order = Order({
            account: account,
            token: address(weth),
            startedAt: startedAt + (stale % 16 == 0 ? 1 : 0),
            most: bound(most, 1, 12 ether),
            leastProfit: bound(least, 0, 200e6),
            slippage: uint16(bound(slippage, 0, 3_000)),
            to: _receivers[most % 2]
        });
        uint256 paid = usdc.balanceOf(address(vault));
        uint256 debt = vault.debtOf(account);
        vm.prank(stranger);
        try liquidator.liquidate(order, _route(way)) returns (uint256 amount, uint256 cost, uint256 profit) {
            done[["v3", "thin", "v4", "two hops", "two hops"][way % 5]]++;
            _profits[order.to] += profit;
            if (order.startedAt != startedAt) violation = "an auction that nobody named was bought from";
            if (amount == 0 || amount > order.most) violation = "another amount than was ordered";
            if (profit < order.leastProfit) violation = "less profit than was asked for";
            if (cost + profit < amount * 2_000e6 / 1e18 * (BPS - order.slippage) / BPS) {
                violation = "a sale below the ledger's low";
            }
            if (usdc.balanceOf(address(vault)) - paid != cost) violation = "the vault was paid another cost";
            if (vault.debtOf(account) >= debt) violation = "a liquidation that pays no debt";
        } catch {
            done["refused"]++;
            if (usdc.balanceOf(address(vault)) != paid) violation = "a refused liquidation paid the vault";
        }
    }

    /// Empty if the liquidator has exactly what it was given, lets nobody take of it, and has paid out every profit.
    function unbalanced() external view returns (string memory) {
        Token[3] memory tokens = [usdc, weth, _mid];
        for (uint256 i = 0; i < 3; ++i) {
            if (tokens[i].balanceOf(address(liquidator)) != _given[tokens[i]]) return "something stayed, or is gone";
            if (tokens[i].allowance(address(liquidator), address(vault)) != 0) return "an allowance stayed";
        }
        for (uint256 i = 0; i < 2; ++i) {
            if (usdc.balanceOf(_receivers[i]) != _profits[_receivers[i]]) return "a profit was not paid";
        }
        return "";
    }

    function _route(uint256 way) private view returns (Hop[] memory hops) {
        uint256 kind = way % 5;
        hops = new Hop[](kind < 3 ? 1 : 2);
        if (kind == 0) {
            hops[0] = Hop(address(usdc), 500, 0, address(0));
        } else if (kind == 1) {
            hops[0] = Hop(address(usdc), FEE, 0, address(0));
        } else if (kind == 2) {
            hops[0] = Hop(address(usdc), FEE, SPACING, address(0));
        } else {
            hops[0] = Hop(address(_mid), FEE, 0, address(0));
            // A pool of v4 that nobody made is refused.
            hops[1] = Hop(address(usdc), FEE, kind == 4 && way % 2 == 0 ? SPACING : int24(0), address(0));
        }
    }

    function _try(bytes memory call, string memory name) private {
        (bool isDone,) = address(this).call(call);
        if (isDone) done[name]++;
    }
}

contract LiquidatorInvariants is Test {
    LiquidatorHandler private handler;
    bytes4[] private steps;

    function setUp() public {
        handler = new LiquidatorHandler();
        handler.setUp();
        steps = [
            handler.wait.selector,
            handler.wait.selector,
            handler.borrowAgain.selector,
            handler.restart.selector,
            handler.movePool.selector,
            handler.movePool.selector,
            handler.donate.selector,
            handler.callBack.selector,
            handler.liquidate.selector,
            handler.liquidate.selector,
            handler.liquidate.selector
        ];
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), steps));
    }

    // shows: A77
    /// Wherever pools, auctions and the clock are: the liquidator keeps nothing and loses no gift, the vault has its cost,
    /// the receiver the profit, and no sale is below the profit or the price that its order bounds.
    /// forge-config: default.invariant.depth = 100
    /// forge-config: ci.invariant.depth = 100
    function invariant_liquidator_keeps_and_loses_nothing() public view {
        assertEq(handler.violation(), "");
        assertEq(handler.unbalanced(), "");
    }

    // shows: A77
    /// The steps reach what the invariant is about. Otherwise it would hold of nothing.
    function test_liquidator_handler_reaches_everything() public {
        for (uint256 i = 0; i < 1_500; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            bytes memory call = abi.encodePacked(
                steps[seed % steps.length], seed >> 16, seed >> 48, seed >> 96, seed >> 144, seed >> 192
            );
            (bool isDone,) = address(handler).call(call);
            assertTrue(isDone);
            assertEq(handler.violation(), "");
            assertEq(handler.unbalanced(), "");
        }
        string[9] memory names =
            ["borrowed", "breached", "closed", "started", "called back", "v3", "v4", "two hops", "refused"];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.done(names[i]), 0, names[i]);
        }
    }
}
