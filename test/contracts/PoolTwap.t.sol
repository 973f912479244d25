// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockV3Aggregator} from "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol";
import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {Test} from "forge-std/Test.sol";
import {FeedLimits} from "../../contracts/feeds/BoundedFeed.sol";
import {ChainlinkFeed} from "../../contracts/feeds/ChainlinkFeed.sol";
import {MedianFeed} from "../../contracts/feeds/MedianFeed.sol";
import {PoolTwap, TwapTerms} from "../../contracts/feeds/PoolTwap.sol";
import {PythFeed} from "../../contracts/feeds/PythFeed.sol";
import {CheckState, IMedianFeed, MedianTerms} from "../../contracts/interfaces/IMedianFeed.sol";
import {IPriceFeed} from "../../contracts/interfaces/IPriceFeed.sol";
import {Token} from "./support/Tokens.sol";
import {IPool, UniswapPools} from "./support/UniswapPools.sol";

/// Averages of real Uniswap v3 pools, from the factory of Uniswap's own package.
contract PoolTwapTest is Test, UniswapPools {
    uint32 private constant WINDOW = 30 minutes;
    uint128 private constant DEPTH = 1e18;

    Token private weth;
    Token private usdc;
    IPool private pool;

    function setUp() public {
        vm.warp(1_722_800_000);
        _setUpFactory();
        weth = new Token("WETH", 18);
        usdc = new Token("USDC", 6);
        // 2 400 dollars: 2.4e-9 units of USDC for one of WETH.
        pool = _pool(weth, usdc, 2_400e6, 1e18, DEPTH);
        vm.warp(block.timestamp + 1 days);
    }

    function _terms() private pure returns (TwapTerms memory) {
        return TwapTerms({decimals: 9, window: WINDOW, leastLiquidity: 0, quote: IPriceFeed(address(0)), quoteDecimals: 0});
    }

    function _twap(IPool pool_, Token token) private returns (PoolTwap) {
        return new PoolTwap(pool_, address(token), _terms());
    }

    function test_average_is_price_of_quiet_pool() public {
        (uint64 price, uint64 confidence, uint64 updatedAt) = _twap(pool, weth).read();
        // One tick is a basis point.
        assertApproxEqRel(price, 2.4e12, 0.0001e18);
        assertEq(confidence, 0);
        assertEq(updatedAt, block.timestamp);
    }

    /// The price of either token, whichever the pool has first, and for tokens of any decimals.
    function test_fuzz_average_of_either_token(uint8 decimals, uint8 others, uint256 dollars, bool isSwapped) public {
        decimals = uint8(bound(decimals, 0, 18));
        others = uint8(bound(others, 6, 18));
        dollars = bound(dollars, 1, 100_000);
        Token asset = new Token("A", decimals);
        Token cash = new Token("C", others);
        if (isSwapped) (asset, cash) = (new Token("A", decimals), new Token("C", others));
        IPool other = _pool(asset, cash, dollars * 10 ** others, 10 ** uint256(decimals), 1e6);
        vm.warp(block.timestamp + WINDOW);
        (uint64 price,,) = _twap(other, asset).read();
        assertApproxEqRel(price, dollars * 1e9, 0.0002e18);
        // A dollar in that asset, in which it is at par.
        TwapTerms memory terms = _terms();
        terms.decimals = 0;
        (uint64 inverse,,) = new PoolTwap(other, address(cash), terms).read();
        assertApproxEqRel(inverse, 1e18 / dollars, 0.0002e18);
    }

    // shows: A72
    /// Who moves the pool within a block moves the average by nothing, and by the share of the window after it.
    function test_move_within_block_moves_no_average() public {
        PoolTwap twap = _twap(pool, weth);
        (uint64 before,,) = twap.read();
        _moveTo(pool, weth, 24_000e6, 1e18);
        (uint64 same,,) = twap.read();
        assertEq(same, before);
        // Held for half the window, ×10 is ×√10 in a geometric mean.
        vm.warp(block.timestamp + WINDOW / 2);
        (uint64 half,,) = twap.read();
        assertApproxEqRel(half, uint256(before) * 3_162_278 / 1e6, 0.001e18);
        vm.warp(block.timestamp + WINDOW / 2);
        (uint64 all,,) = twap.read();
        assertApproxEqRel(all, 2.4e13, 0.001e18);
    }

    function test_other_token_has_price_and_doubt_of_its_own() public {
        Token wsteth = new Token("wstETH", 18);
        IPool pair = _pool(wsteth, weth, 1.175e18, 1e18, DEPTH);
        vm.warp(block.timestamp + WINDOW);
        MockPyth pyth = new MockPyth(60, 0);
        bytes[] memory updates = new bytes[](1);
        uint64 time = uint64(block.timestamp);
        updates[0] = pyth.createPriceFeedUpdateData("ETH", 2_400e8, 12e8, -8, 2_400e8, 12e8, time - 5, time - 6);
        pyth.updatePriceFeeds(updates);
        TwapTerms memory terms = _terms();
        terms.quote = new PythFeed(pyth, "ETH", 100, FeedLimits(9, 1 hours, 1e11, 1e14));
        terms.quoteDecimals = 9;
        (uint64 price, uint64 confidence, uint64 updatedAt) = new PoolTwap(pair, address(wsteth), terms).read();
        assertApproxEqRel(price, 2.82e12, 0.0001e18);
        // Half a per cent, as the other's.
        assertApproxEqRel(confidence, uint256(price) / 200, 0.0001e18);
        assertEq(updatedAt, time - 5);
    }

    function test_young_and_thin_pools_do_not_answer() public {
        Token other = new Token("O", 18);
        IPool young = _pool(other, usdc, 1e6, 1e18, DEPTH);
        PoolTwap twap = _twap(young, other);
        vm.warp(block.timestamp + WINDOW - 1);
        vm.expectRevert(bytes("OLD"));
        twap.read();
        vm.warp(block.timestamp + 1);
        twap.read();

        TwapTerms memory terms = _terms();
        terms.leastLiquidity = DEPTH;
        new PoolTwap(pool, address(weth), terms).read();
        terms.leastLiquidity = 2 * DEPTH;
        PoolTwap thick = new PoolTwap(pool, address(weth), terms);
        vm.expectPartialRevert(PoolTwap.LiquidityTooThin.selector);
        thick.read();
    }

    /// A price that no word can hold, and one of nothing.
    function test_prices_beyond_words_are_refused() public {
        Token dear = new Token("D", 0);
        Token cheap = new Token("X", 18);
        IPool pair = _pool(dear, cheap, 1e30, 1, 1e6);
        vm.warp(block.timestamp + WINDOW);
        PoolTwap twap = _twap(pair, dear);
        vm.expectPartialRevert(IPriceFeed.PriceOutOfBounds.selector);
        twap.read();
        TwapTerms memory terms = _terms();
        terms.quoteDecimals = 0;
        terms.quote = new ChainlinkFeed(new MockV3Aggregator(18, 1), FeedLimits(0, 1 hours, 0, 10));
        twap = new PoolTwap(pair, address(cheap), terms);
        vm.expectRevert(
            abi.encodeWithSelector(IPriceFeed.PriceOutOfBounds.selector, 0, uint256(type(uint64).max) + 1, 0)
        );
        twap.read();
        // A doubt that no word can hold: the other token's is far above its price.
        vm.mockCall(
            address(terms.quote), abi.encodeCall(IPriceFeed.read, ()), abi.encode(uint64(1), type(uint64).max, uint64(1))
        );
        terms.decimals = 0;
        twap = new PoolTwap(pair, address(dear), terms);
        vm.expectPartialRevert(IPriceFeed.ConfidenceTooWide.selector);
        twap.read();
    }

    function test_terms_of_average_are_held_to_bounds() public {
        TwapTerms[4] memory wrong = [_terms(), _terms(), _terms(), _terms()];
        wrong[0].decimals = 11;
        (wrong[1].quoteDecimals, wrong[1].quote) = (11, IPriceFeed(address(1)));
        wrong[2].window = 0;
        wrong[3].quoteDecimals = 1;
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(PoolTwap.TwapTermsInvalid.selector, wrong[i]));
            new PoolTwap(pool, address(weth), wrong[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(PoolTwap.TokenNotInPool.selector, address(1)));
        new PoolTwap(pool, address(1), _terms());
        Token fine = new Token("F", 19);
        IPool pair = _pool(fine, weth, 1, 1, 1e6);
        vm.expectRevert(abi.encodeWithSelector(PoolTwap.TokenDecimalsTooMany.selector, 18, 19));
        new PoolTwap(pair, address(weth), _terms());
        PoolTwap twap = _twap(pool, weth);
        assertEq(address(twap.pool()), address(pool));
        assertEq(twap.token(), address(weth));
        assertEq(twap.window(), WINDOW);
        assertEq(address(twap.quote()), address(0));
        assertEq(twap.leastLiquidity(), 0);
    }

    // shows: A72
    /// The pool as the check of a median: manipulated for the whole window, young, or gone, it is an event and no more.
    function test_pool_is_check_and_no_source() public {
        PoolTwap twap = _twap(pool, weth);
        MedianFeed feed = _checkedBy(twap);
        (uint64 price,,) = twap.read();
        vm.expectEmit(address(feed));
        emit IMedianFeed.CheckChanged(CheckState.Agrees, price, 2.4e12, 2.4e12);
        feed.record();
        _moveTo(pool, weth, 4_800e6, 1e18);
        vm.warp(block.timestamp + WINDOW);
        (price,,) = twap.read();
        vm.expectEmit(address(feed));
        emit IMedianFeed.CheckChanged(CheckState.Disagrees, price, 2.4e12, 2.4e12);
        feed.record();
        vm.etch(address(pool), hex"fe");
        vm.expectEmit(address(feed));
        emit IMedianFeed.CheckChanged(CheckState.Silent, 0, 2.4e12, 2.4e12);
        feed.record();
        (uint64 read, uint64 confidence,) = feed.read();
        assertEq(read, 2.4e12);
        assertEq(confidence, 0);
    }

    function test_gas_of_record_with_pool() public {
        MedianFeed feed = _checkedBy(_twap(pool, weth));
        feed.record();
        vm.snapshotGasLastCall("MedianFeed", "record, the first, with a pool");
    }

    /// A median of three that agree on 2 400 dollars.
    function _checkedBy(PoolTwap twap) private returns (MedianFeed) {
        IPriceFeed[] memory list = new IPriceFeed[](3);
        for (uint256 i = 0; i < 3; ++i) {
            list[i] = new ChainlinkFeed(new MockV3Aggregator(8, 2_400e8), FeedLimits(9, 30 days, 1e11, 1e14));
        }
        return new MedianFeed(list, twap, MedianTerms(3, 2, 0, 100));
    }

    /// The arithmetic's own library agrees with the pool on what a tick is.
    function test_tick_of_pool_is_tick_of_library() public view {
        (uint160 root, int24 tick,,,,,) = pool.slot0();
        assertLe(TickMath.getSqrtPriceAtTick(tick), root);
        assertGt(TickMath.getSqrtPriceAtTick(tick + 1), root);
    }
}
