// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Hooks} from "@uniswap/v4-core/src/libraries/Hooks.sol";
import {StateLibrary} from "@uniswap/v4-core/src/libraries/StateLibrary.sol";
import {FeeTakingHook} from "@uniswap/v4-core/src/test/FeeTakingHook.sol";
import {PoolKey} from "@uniswap/v4-core/src/types/PoolKey.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {AmmLiquidator} from "../../contracts/liquidation/AmmLiquidator.sol";
import {Hop, IAmmLiquidator, Order} from "../../contracts/interfaces/IAmmLiquidator.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {CallingToken, PausableToken, Token} from "./support/Tokens.sol";
import {IPool, UniswapPools} from "./support/UniswapPools.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// Bids for four ether, once.
contract Interloper {
    bool private _done;

    function bid(MarginVault vault, Token usdc, bytes32 account, Token weth, uint64 startedAt) external {
        require(!_done);
        _done = true;
        usdc.approve(address(vault), type(uint256).max);
        vault.take(account, address(weth), startedAt, 4 ether, type(uint256).max, address(this));
    }
}

/// Auctions of the vault, bought and sold in real Uniswap pools: v3 of the factory, v4 of the pool manager.
contract AmmLiquidatorTest is VaultFixture, UniswapPools {
    /// At 2 000 USD an ether: √(2.24e9 · …) of depth holds about 2 200 ether.
    uint128 private constant DEEP = 1e17;
    uint128 private constant THIN = 1e13;

    AmmLiquidator private liquidator;
    address private to = makeAddr("to");

    function setUp() public override {
        super.setUp();
        _setUpFactory();
        _setUpManager();
        liquidator = new AmmLiquidator(vault, factory, poolManager);
        _deposit(10 ether);
        _lend(15_000e6);
        _breach();
        _startAuctionOf(weth);
    }

    /// The price falls until the auction asks a tenth less than the market.
    function _wait() private {
        skip(AUCTION_PERIOD * 2 / 5);
    }

    function _order(uint256 most) private view returns (Order memory) {
        uint64 startedAt = vault.auctionOf(account, address(weth)).startedAt;
        return Order(account, address(weth), startedAt, most, 1, 300, to);
    }

    function _hop(Token token, uint24 fee, int24 spacing) private pure returns (Hop memory) {
        return Hop(address(token), fee, spacing, address(0));
    }

    function _one(Hop memory hop) private pure returns (Hop[] memory hops) {
        hops = new Hop[](1);
        hops[0] = hop;
    }

    function _two(Hop memory hop, Hop memory next) private pure returns (Hop[] memory hops) {
        hops = new Hop[](2);
        (hops[0], hops[1]) = (hop, next);
    }

    /// Buys and sells an ether, and holds what moved to what the vault asked.
    function _liquidate(Hop[] memory hops) private returns (uint256 profit) {
        Order memory order = _order(1 ether);
        (uint256 amount, uint256 cost) = vault.quote(account, address(weth), order.most);
        uint256 owed = vault.debtOf(account);
        uint256 bought;
        uint256 paid;
        (bought, paid, profit) = liquidator.liquidate(order, hops);
        assertEq(bought, amount);
        assertEq(paid, cost);
        assertEq(usdc.balanceOf(to), profit);
        assertLt(vault.debtOf(account), owed);
        // It holds nothing, and nobody may take anything of it.
        assertEq(weth.balanceOf(address(liquidator)), 0);
        assertEq(usdc.balanceOf(address(liquidator)), 0);
        assertEq(usdc.allowance(address(liquidator), address(vault)), 0);
        assertEq(uint256(vault.auctionOf(account, address(weth)).left), 9 ether);
    }

    function test_liquidate_through_pool_of_v3() public {
        _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        _wait();
        uint256 profit = _liquidate(_one(_hop(usdc, FEE, 0)));
        // A fee of 0.3 % and a little slippage of 2 000 dollars less what the auction asks.
        (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        assertApproxEqAbs(profit, 1_994e6 - cost, 2e6);
    }

    function test_liquidate_through_pool_of_v4() public {
        _poolV4(weth, usdc, 2_000e6, 1e18, DEEP);
        _wait();
        _liquidate(_one(_hop(usdc, FEE, SPACING)));
    }

    /// Two hops, of either version in either place.
    function test_liquidate_through_two_pools() public {
        Token mid = new Token("DAI", 18);
        _pool(weth, mid, 2_000e18, 1e18, 1e23);
        _poolV4(weth, mid, 2_000e18, 1e18, 1e23);
        _pool(mid, usdc, 1e6, 1e18, DEEP * 10);
        _poolV4(mid, usdc, 1e6, 1e18, DEEP * 10);
        _wait();
        uint256 id = vm.snapshotState();
        for (uint256 way = 0; way < 4; ++way) {
            int24 first = way % 2 == 0 ? int24(0) : SPACING;
            int24 second = way < 2 ? int24(0) : SPACING;
            uint256 profit = _liquidate(_two(_hop(mid, FEE, first), _hop(usdc, FEE, second)));
            assertGt(profit, 100e6);
            assertEq(mid.balanceOf(address(liquidator)), 0);
            vm.revertToState(id);
        }
    }

    // shows: A77
    /// Wherever the pool and the auction are: it reverts, or the vault has its cost, `to` the profit, and both bounds hold.
    function test_fuzz_liquidation_is_paid_or_reverts(uint256 most, uint256 time, uint256 dollars, uint16 slippage) public {
        IPool pool = _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        skip(bound(time, 0, AUCTION_PERIOD));
        _moveTo(pool, weth, bound(dollars, 1_000, 3_000) * 1e6, 1e18);
        Order memory order = _order(bound(most, 1e12, 20 ether));
        order.slippage = uint16(bound(slippage, 0, 10_000));
        order.leastProfit = 1e6;
        uint256 before = usdc.balanceOf(address(vault));
        try liquidator.liquidate(order, _one(_hop(usdc, FEE, 0))) returns (
            uint256 amount, uint256 cost, uint256 profit
        ) {
            assertEq(usdc.balanceOf(address(vault)) - before, cost);
            assertEq(usdc.balanceOf(to), profit);
            assertGe(profit, order.leastProfit);
            // At 2 000 dollars an ether, rounded down.
            uint256 low = amount * 2_000e6 / 1e18;
            assertGe(cost + profit, low * (10_000 - order.slippage) / 10_000);
        } catch {
            assertEq(usdc.balanceOf(address(vault)), before);
            assertEq(usdc.balanceOf(to), 0);
        }
        assertEq(weth.balanceOf(address(liquidator)), 0);
        assertEq(usdc.balanceOf(address(liquidator)), 0);
    }

    function test_fee_tiers_are_pools_of_their_own() public {
        _poolOf(weth, usdc, 2_000e6, 1e18, DEEP, 500);
        _poolOf(weth, usdc, 2_000e6, 1e18, DEEP, 10_000);
        _wait();
        Order memory order = _order(1 ether);
        uint256 id = vm.snapshotState();
        (,, uint256 cheap) = liquidator.liquidate(order, _one(_hop(usdc, 500, 0)));
        vm.revertToState(id);
        (,, uint256 dear) = liquidator.liquidate(order, _one(_hop(usdc, 10_000, 0)));
        assertApproxEqAbs(cheap - dear, 19e6, 1e6);
        vm.revertToState(id);
        vm.expectRevert(
            abi.encodeWithSelector(IAmmLiquidator.PoolUnknown.selector, address(weth), address(usdc), FEE)
        );
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
    }

    // shows: A77
    /// Nothing is bought where the sale would lose, or bring less than is asked: at the start, and in a thin pool.
    function test_liquidation_without_profit_reverts() public {
        _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        Order memory order = _order(1 ether);
        vm.expectRevert();
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        _wait();
        (, uint256 cost) = vault.quote(account, address(weth), 1 ether);
        uint256 id = vm.snapshotState();
        (,, uint256 profit) = liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        vm.revertToState(id);
        order.leastProfit = profit;
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        vm.revertToState(id);
        order.leastProfit = profit + 1;
        vm.expectRevert(abi.encodeWithSelector(IAmmLiquidator.ProfitTooLow.selector, profit + 1, profit));
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        // What somebody left here pays for no loss.
        usdc.mint(address(liquidator), 10_000e6);
        (order.leastProfit, order.slippage) = (0, 10_000);
        _poolOf(weth, usdc, 500e6, 1e18, DEEP, 500);
        vm.expectRevert(abi.encodeWithSelector(IAmmLiquidator.ProfitTooLow.selector, 1, 0));
        order.leastProfit = 1;
        liquidator.liquidate(order, _one(_hop(usdc, 500, 0)));
        // Nor where no profit is asked for.
        order.leastProfit = 0;
        vm.expectRevert(abi.encodeWithSelector(IAmmLiquidator.ProfitTooLow.selector, 0, 0));
        liquidator.liquidate(order, _one(_hop(usdc, 500, 0)));
        assertEq(usdc.balanceOf(address(liquidator)), 10_000e6);
        assertGt(cost, 0);
    }

    // shows: A77
    /// Somebody moves the pool in front of it, in the same block: the ledger's low bounds what a sandwich takes.
    function test_manipulated_pool_is_bounded_by_ledger() public {
        IPool pool = _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        skip(AUCTION_PERIOD);
        skip(0);
        Order memory order = _order(1 ether);
        _moveTo(pool, weth, 1_900e6, 1e18);
        // At 1 900 dollars the auction's price still leaves a profit, but the sale is 5 % below the ledger's low.
        vm.expectPartialRevert(IAmmLiquidator.ProfitTooLow.selector);
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        order.slippage = 600;
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
    }

    function test_thin_and_empty_pools_are_refused() public {
        _poolOf(weth, usdc, 2_000e6, 1e18, THIN, 500);
        IPool oneSided = _poolOf(weth, usdc, 2_000e6, 1e18, 0, FEE);
        // Liquidity of ether alone, above the price: nothing to be bought with ether.
        bool isFirst = oneSided.token0() == address(weth);
        (, int24 tick,,,,,) = oneSided.slot0();
        int24 from = tick / SPACING * SPACING;
        if (isFirst) oneSided.mint(address(this), from + SPACING, from + 600 * SPACING / 60, DEEP, "");
        else oneSided.mint(address(this), from - 600 * SPACING / 60, from - SPACING, DEEP, "");
        _wait();
        Order memory order = _order(10 ether);
        vm.expectRevert();
        liquidator.liquidate(order, _one(_hop(usdc, 500, 0)));
        vm.expectPartialRevert(IAmmLiquidator.PartlySold.selector);
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
    }

    // Pools of the manager: the same bounds.

    // shows: A77
    function test_v4_thin_empty_and_missing_pools_are_refused() public {
        _poolV4Of(weth, usdc, 2_000e6, 1e18, THIN, _keyOf(weth, usdc, 500, 10, address(0)));
        PoolKey memory oneSided = _keyOf(weth, usdc, FEE, SPACING, address(0));
        _poolV4Of(weth, usdc, 2_000e6, 1e18, 0, oneSided);
        (, int24 tick,,) = StateLibrary.getSlot0(poolManager, oneSided.toId());
        int24 from = tick / SPACING * SPACING;
        // Liquidity of ether alone, above the price: nothing to be bought with ether.
        if (address(weth) < address(usdc)) _addV4(oneSided, from + SPACING, from + 10 * SPACING, DEEP);
        else _addV4(oneSided, from - 10 * SPACING, from - SPACING, DEEP);
        _wait();
        Order memory order = _order(10 ether);
        vm.expectRevert();
        liquidator.liquidate(order, _one(_hop(usdc, 500, 10)));
        vm.expectPartialRevert(IAmmLiquidator.PartlySold.selector);
        liquidator.liquidate(order, _one(_hop(usdc, FEE, SPACING)));
        vm.expectRevert(bytes4(keccak256("PoolNotInitialized()")));
        liquidator.liquidate(order, _one(_hop(usdc, 10_000, 200)));
    }

    // shows: A77
    function test_v4_fee_tiers_and_manipulated_pool() public {
        PoolKey memory cheap = _keyOf(weth, usdc, 500, 10, address(0));
        _poolV4Of(weth, usdc, 2_000e6, 1e18, DEEP, cheap);
        _poolV4Of(weth, usdc, 2_000e6, 1e18, DEEP, _keyOf(weth, usdc, 10_000, 200, address(0)));
        skip(AUCTION_PERIOD);
        Order memory order = _order(1 ether);
        uint256 id = vm.snapshotState();
        (,, uint256 more) = liquidator.liquidate(order, _one(_hop(usdc, 500, 10)));
        vm.revertToState(id);
        (,, uint256 less) = liquidator.liquidate(order, _one(_hop(usdc, 10_000, 200)));
        vm.revertToState(id);
        assertApproxEqAbs(more - less, 19e6, 1e6);
        _moveV4To(cheap, weth, 1_900e6, 1e18);
        vm.expectPartialRevert(IAmmLiquidator.ProfitTooLow.selector);
        liquidator.liquidate(order, _one(_hop(usdc, 500, 10)));
        order.slippage = 600;
        liquidator.liquidate(order, _one(_hop(usdc, 500, 10)));
    }

    // shows: A77
    /// A hook that keeps 1.23 % of what a swap gives: the sale is bound as any other, and nothing stays behind.
    function test_v4_hook_that_takes_is_bounded_by_ledger() public {
        uint160 flags = Hooks.AFTER_SWAP_FLAG | Hooks.AFTER_SWAP_RETURNS_DELTA_FLAG;
        // Which hooks a pool calls stands in the lowest bits of their address.
        address hook = address((uint160(0x1234) << 140) | flags);
        vm.etch(hook, address(new FeeTakingHook(poolManager)).code);
        _poolV4Of(weth, usdc, 2_000e6, 1e18, DEEP, _keyOf(weth, usdc, FEE, SPACING, hook));
        skip(AUCTION_PERIOD);
        Order memory order = _order(1 ether);
        Hop[] memory hops = _one(Hop(address(usdc), FEE, SPACING, hook));
        order.slippage = 100;
        vm.expectPartialRevert(IAmmLiquidator.ProfitTooLow.selector);
        liquidator.liquidate(order, hops);
        order.slippage = 300;
        (, uint256 cost, uint256 profit) = liquidator.liquidate(order, hops);
        assertApproxEqAbs(cost + profit, 2_000e6 * 997 / 1_000 * 9_877 / 10_000, 2e6);
        assertGt(usdc.balanceOf(hook), 24e6);
        assertEq(usdc.balanceOf(address(liquidator)), 0);
        assertEq(weth.balanceOf(address(liquidator)), 0);
    }

    function test_routes_that_are_none_are_refused() public {
        Order memory order = _order(1 ether);
        Hop memory hop = _hop(usdc, FEE, 0);
        Hop[] memory three = new Hop[](3);
        three[2] = hop;
        Hop[][4] memory wrong = [new Hop[](0), three, _one(_hop(weth, FEE, 0)), _two(hop, _hop(weth, FEE, 0))];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(IAmmLiquidator.RouteInvalid.selector);
            liquidator.liquidate(order, wrong[i]);
        }
        order.token = address(usdc);
        vm.expectRevert(IAmmLiquidator.RouteInvalid.selector);
        liquidator.liquidate(order, _one(hop));
    }

    function test_other_auction_is_refused() public {
        _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        _wait();
        Order memory order = _order(1 ether);
        order.startedAt -= 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.AuctionDiffers.selector, order.startedAt + 1, order.startedAt)
        );
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
    }

    // shows: A77
    function test_callbacks_are_of_pools_alone() public {
        bytes memory trade = abi.encode(
            AmmLiquidator.Trade(account, address(weth), 1, 1, 1, _one(_hop(usdc, FEE, 0))), uint256(0), uint256(1)
        );
        IPool pool = _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        vm.expectRevert(abi.encodeWithSelector(IAmmLiquidator.CallerNotPool.selector, address(this)));
        liquidator.uniswapV3SwapCallback(1, -1, trade);
        vm.expectRevert(abi.encodeWithSelector(IAmmLiquidator.CallerNotPool.selector, address(this)));
        liquidator.unlockCallback(trade);
        assertEq(address(liquidator.vault()), address(vault));
        assertEq(address(liquidator.factory()), address(factory));
        assertEq(address(liquidator.poolManager()), address(poolManager));
        assertTrue(address(pool) != address(0));
    }

    // shows: A77
    /// A token that cannot move stops its own liquidation, and nothing is lost. One that calls back finds the door shut.
    function test_tokens_that_revert_or_call_back() public {
        PausableToken stuck = new PausableToken();
        CallingToken calling = new CallingToken();
        Token[2] memory tokens = [Token(address(stuck)), Token(address(calling))];
        for (uint256 i = 0; i < 2; ++i) {
            vault.listAsset(address(tokens[i]), uint8(4 + i), 9);
            ledger.setPrice(4 + i, ETHER_PRICE, ETHER_PRICE);
            tokens[i].mint(owner, 10 ether);
            _approve(owner, tokens[i]);
            vm.prank(owner);
            vault.deposit(account, address(tokens[i]), 10 ether);
            _pool(tokens[i], usdc, 2_000e6, 1e18, DEEP);
            _startAuctionOf(tokens[i]);
        }
        _wait();
        Order memory order = _order(1 ether);
        order.token = address(stuck);
        order.startedAt = vault.auctionOf(account, address(stuck)).startedAt;
        uint256 debt = vault.debtOf(account);
        stuck.pause();
        vm.expectRevert(bytes("paused"));
        liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        assertEq(vault.debtOf(account), debt);

        order.token = address(calling);
        order.startedAt = vault.auctionOf(account, address(calling)).startedAt;
        calling.callOnTransfer(
            address(liquidator), abi.encodeCall(liquidator.liquidate, (order, _one(_hop(usdc, FEE, 0))))
        );
        (,, uint256 profit) = liquidator.liquidate(order, _one(_hop(usdc, FEE, 0)));
        assertGt(profit, 0);
        assertFalse(calling.succeeded());
        assertEq(
            calling.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    // shows: A77
    /// Somebody bids while a token on the way moves, and leaves less than was quoted.
    function test_bid_in_between_reverts() public {
        CallingToken mid = new CallingToken();
        _pool(weth, mid, 2_000e18, 1e18, 1e23);
        _pool(mid, usdc, 1e6, 1e18, DEEP * 10);
        _wait();
        Order memory order = _order(1 ether);
        Interloper interloper = new Interloper();
        usdc.mint(address(interloper), 1_000_000e6);
        mid.callOnTransfer(
            address(interloper), abi.encodeCall(Interloper.bid, (vault, usdc, account, weth, order.startedAt))
        );
        vm.expectPartialRevert(IAmmLiquidator.BoughtOther.selector);
        liquidator.liquidate(order, _two(_hop(mid, FEE, 0), _hop(usdc, FEE, 0)));
    }

    function test_gas_of_liquidations() public {
        Token mid = new Token("DAI", 18);
        _pool(weth, usdc, 2_000e6, 1e18, DEEP);
        _poolV4(weth, usdc, 2_000e6, 1e18, DEEP);
        _pool(weth, mid, 2_000e18, 1e18, 1e23);
        _poolV4(mid, usdc, 1e6, 1e18, DEEP * 10);
        _wait();
        uint256 id = vm.snapshotState();
        liquidator.liquidate(_order(1 ether), _one(_hop(usdc, FEE, 0)));
        vm.snapshotGasLastCall("AmmLiquidator", "liquidate, one pool of v3");
        vm.revertToState(id);
        liquidator.liquidate(_order(1 ether), _one(_hop(usdc, FEE, SPACING)));
        vm.snapshotGasLastCall("AmmLiquidator", "liquidate, one pool of v4");
        vm.revertToState(id);
        liquidator.liquidate(_order(1 ether), _two(_hop(mid, FEE, 0), _hop(usdc, FEE, SPACING)));
        vm.snapshotGasLastCall("AmmLiquidator", "liquidate, a pool of v3 and one of v4");
    }
}
