// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Test} from "forge-std/Test.sol";
import {IMarginGate} from "zkmargin/interfaces/IMarginGate.sol";
import {MockMarginGate} from "zkmargin/mocks/MockMarginGate.sol";
import {Status} from "zkmargin/types/Status.sol";
import {GatedVault} from "../src/GatedVault.sol";
import {LendingPool} from "../src/LendingPool.sol";
import {MarginGated} from "../src/MarginGated.sol";

contract Token is ERC20("Token", "TKN") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

abstract contract IntegratorTest is Test {
    bytes32 internal constant ACCOUNT = keccak256("desk-1/cross");
    uint256 internal constant THETA = 12_500;

    MockMarginGate internal gate = new MockMarginGate();
    Token internal token = new Token();
    address internal desk = makeAddr("desk");

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        gate.setOwner(ACCOUNT, desk);
        gate.setBook(ACCOUNT, uint64(block.timestamp));
        gate.setHealthy(ACCOUNT, THETA);
        token.mint(desk, 100e18);
    }

    /// A book dated after now, attested and proven healthy.
    function _proveNewBook(uint256 theta) internal {
        skip(60);
        gate.setBook(ACCOUNT, uint64(block.timestamp));
        gate.setHealthy(ACCOUNT, theta);
    }

    function _expectBookTooEarly() internal {
        vm.expectPartialRevert(MarginGated.BookTooEarly.selector);
    }
}

contract LendingPoolTest is IntegratorTest {
    LendingPool private pool;
    Token private dollars = new Token();

    function setUp() public override {
        super.setUp();
        pool = new LendingPool(gate, THETA, token, dollars);
        dollars.mint(address(pool), 1_000e18);
        vm.startPrank(desk);
        token.approve(address(pool), type(uint256).max);
        pool.deposit(ACCOUNT, 10e18);
    }

    function test_withdraw_gives_collateral_back_after_a_newer_proof() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        _proveNewBook(THETA);
        pool.withdraw(ACCOUNT, 4e18);
        assertEq(token.balanceOf(desk), 94e18);
        assertEq(pool.collateralOf(ACCOUNT), 6e18);
    }

    function test_withdraw_refuses_the_book_of_before_the_request() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        gate.setHealthy(ACCOUNT, THETA);
        _expectBookTooEarly();
        pool.withdraw(ACCOUNT, 4e18);
    }

    function test_withdraw_releases_a_request_once() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        _proveNewBook(THETA);
        pool.withdraw(ACCOUNT, 4e18);
        vm.expectRevert(abi.encodeWithSelector(MarginGated.NotRequested.selector, ACCOUNT, 0, 1));
        pool.withdraw(ACCOUNT, 1);
    }

    function test_withdraw_refuses_a_lower_health_factor() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        _proveNewBook(THETA - 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.MarginTooLow.selector, ACCOUNT, THETA, THETA - 1));
        pool.withdraw(ACCOUNT, 4e18);
    }

    function test_withdraw_refuses_an_account_in_grace() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        _proveNewBook(THETA);
        gate.setStatus(ACCOUNT, Status.Grace);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.NotHealthy.selector, ACCOUNT, Status.Grace));
        pool.withdraw(ACCOUNT, 4e18);
    }

    function test_withdraw_refuses_strangers() public {
        address stranger = makeAddr("stranger");
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(MarginGated.NotOwner.selector, ACCOUNT, stranger));
        pool.requestWithdrawal(ACCOUNT, 4e18);
    }

    function test_borrow_pays_out_only_what_was_requested_as_a_loan() public {
        pool.requestWithdrawal(ACCOUNT, 4e18);
        _proveNewBook(THETA);
        vm.expectRevert(abi.encodeWithSelector(LendingPool.OtherRequest.selector, ACCOUNT));
        pool.borrow(ACCOUNT, 4e18);
        pool.requestLoan(ACCOUNT, 300e18);
        _proveNewBook(THETA);
        pool.borrow(ACCOUNT, 300e18);
        assertEq(dollars.balanceOf(desk), 300e18);
        dollars.approve(address(pool), 300e18);
        pool.repay(ACCOUNT, 300e18);
        assertEq(pool.debtOf(ACCOUNT), 0);
    }
}

contract GatedVaultTest is IntegratorTest {
    GatedVault private vault;

    function setUp() public override {
        super.setUp();
        vault = new GatedVault(gate, THETA, token);
        vm.startPrank(desk);
        token.approve(address(vault), type(uint256).max);
        vault.useAccount(ACCOUNT);
        vault.deposit(10e18, desk);
    }

    function test_redeem_takes_a_request_and_a_newer_proof() public {
        assertEq(vault.maxRedeem(desk), 0);
        vault.requestRedeem(4e18);
        _expectBookTooEarly();
        vault.redeem(4e18, desk, desk);
        _proveNewBook(THETA);
        vault.redeem(3e18, desk, desk);
        assertEq(vault.maxRedeem(desk), 1e18);
        vault.withdraw(1e18, desk, desk);
        assertEq(token.balanceOf(desk), 94e18);
        assertEq(vault.maxWithdraw(desk), 0);
    }

    function test_max_redeem_is_zero_unless_healthy() public {
        vault.requestRedeem(4e18);
        _proveNewBook(THETA);
        assertEq(vault.maxRedeem(desk), 4e18);
        gate.setStatus(ACCOUNT, Status.MarginCall);
        assertEq(vault.maxRedeem(desk), 0);
        assertEq(vault.maxWithdraw(desk), 0);
    }

    function test_transfer_moves_no_shares_around_the_gate() public {
        vm.expectRevert(GatedVault.NotTransferable.selector);
        vault.transfer(makeAddr("friend"), 1e18);
    }

    function test_deposit_needs_a_margin_account() public {
        assertEq(vault.maxDeposit(makeAddr("friend")), 0);
        assertEq(vault.maxMint(makeAddr("friend")), 0);
        vm.expectRevert(abi.encodeWithSelector(GatedVault.HasShares.selector, desk));
        vault.useAccount(ACCOUNT);
    }
}
