// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ICreditRegistry} from "../../contracts/interfaces/ICreditRegistry.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {CallingToken} from "./support/Tokens.sol";
import {VaultFixture} from "./support/VaultFixture.sol";

/// A vault whose settlement token calls back on every transfer. The attacker is the token. The vault refuses every call
/// in the middle of another before it checks anything else, so the caller does not matter.
contract MarginVaultReentryTest is VaultFixture {
    CallingToken private coin;

    function setUp() public override {
        super.setUp();
        coin = new CallingToken();
        vault = new MarginVault(gate, coin, 2, 6, _vaultTerms(), ICreditRegistry(address(0)), address(manager));
        vm.prank(owner);
        vault.setCreditor(account, venue);
        address[3] memory who = [owner, venue, bidder];
        for (uint256 i = 0; i < 3; ++i) {
            coin.mint(who[i], 1_000 ether);
            _approve(who[i], coin);
        }
    }

    // shows: A17
    function test_reentry_refused_in_another_call() public {
        bytes[9] memory calls = [
            abi.encodeCall(vault.deposit, (account, address(coin), 1)),
            abi.encodeCall(vault.executeWithdrawal, (account, address(coin), stranger)),
            abi.encodeCall(vault.lend, (account, 1)),
            abi.encodeCall(vault.repay, (account, 1)),
            abi.encodeCall(vault.fundInsurance, (venue, 1)),
            abi.encodeCall(vault.withdrawInsurance, (0)),
            abi.encodeCall(vault.claim, ()),
            abi.encodeCall(vault.startAuction, (account, address(coin))),
            abi.encodeCall(vault.take, (account, address(coin), 1, 1, 1, stranger))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            coin.callOnTransfer(address(vault), calls[i]);
            vm.prank(owner);
            vault.deposit(account, address(coin), 1);
            _expectRefusal();
        }
        assertEq(vault.balanceOf(account, address(coin)), calls.length);
    }

    // shows: A17
    function test_lock_held_while_tokens_move() public {
        // With an amount of 0, this would succeed for anybody.
        coin.callOnTransfer(address(vault), abi.encodeCall(vault.withdrawInsurance, (0)));
        vm.prank(owner);
        vault.deposit(account, address(coin), 500 ether);
        _expectRefusal();

        vm.prank(owner);
        vault.requestWithdrawal(account, address(coin), 100 ether);
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(coin), owner);
        _expectRefusal();

        _lend(200 ether);
        _expectRefusal();
        vm.prank(bidder);
        vault.repay(account, 200 ether);
        _expectRefusal();
        vm.prank(bidder);
        vault.fundInsurance(venue, 10 ether);
        _expectRefusal();
        vm.prank(venue);
        vault.withdrawInsurance(10 ether);
        _expectRefusal();
        vm.prank(venue);
        vault.claim();
        _expectRefusal();

        _lend(200 ether);
        _expectRefusal();
        _breach();
        vault.startAuction(account, address(coin));
        _takeOf(coin, 1 ether);
        _expectRefusal();
    }

    /// The token called, and the vault refused the call as a re-entry.
    function _expectRefusal() private {
        assertFalse(coin.succeeded());
        assertEq(coin.answer(), abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector));
        coin.forget();
    }
}
