// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMessageSource, IOutbox} from "../../../contracts/interfaces/IMessageSource.sol";
import {RemoteTerms} from "../../../contracts/interfaces/IRemoteCollateral.sol";
import {CollateralLock} from "../../../contracts/remote/CollateralLock.sol";
import {Facts} from "../../../contracts/remote/Facts.sol";
import {RemoteCollateral} from "../../../contracts/remote/RemoteCollateral.sol";
import {LockMessage, ReleaseMessage, RemoteMessages, ReportMessage} from "../../../contracts/types/RemoteMessages.sol";
import {Token} from "./Tokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

/// A message source that learns what the test carries, with the finality of every source.
contract Courier is Facts {
    constructor(uint256 chain_, uint64 finality_) Facts(chain_, finality_) {}

    function carry(IOutbox outbox, bytes32 digest) external {
        _requireFinal(address(outbox), digest, outbox.sentAt(digest), block.timestamp);
        _learn(address(outbox), digest);
    }

    /// What a hostile source would say.
    function lie(address outbox, bytes32 digest) external {
        _learn(outbox, digest);
    }
}

/// A vault, and a lock on another chain whose claims have slot 4. Both sides are contracts of one chain here.
abstract contract RemoteFixture is VaultFixture {
    using RemoteMessages for *;

    uint64 internal constant FINALITY = 15 minutes;
    uint64 internal constant MAX_AGE = 1 days;
    uint128 internal constant CAP = 100 ether;

    Token internal arb;
    Courier internal fromLock;
    Courier internal fromHome;
    CollateralLock internal lock;
    RemoteCollateral internal remote;
    address internal far = makeAddr("address of the owner on the other chain");

    function setUp() public virtual override {
        super.setUp();
        arb = new Token("WETH", 18);
        fromLock = new Courier(block.chainid, FINALITY);
        fromHome = new Courier(block.chainid, FINALITY);
        lock = new CollateralLock(address(arb), fromHome);
        remote = _home(address(lock), fromLock);
        lock.bind(address(remote));
        ledger.setPrice(4, ETHER_PRICE, ETHER_PRICE);
        vault.listAsset(address(remote), 4, 9);
        _grant(remote.setCap.selector, 2);
        _grant(remote.lowerCap.selector, 3);
        manager.grantRole(3, guardian, 0);
        vm.prank(bidder);
        usdc.approve(address(remote), type(uint256).max);
    }

    function _home(address lock_, IMessageSource source) internal returns (RemoteCollateral) {
        RemoteTerms memory terms = RemoteTerms(vault, source, lock_, 18, CAP, MAX_AGE);
        return new RemoteCollateral("Locked WETH", "WETH.arb", terms, address(manager));
    }

    function _grant(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(address(remote), selectors, role);
    }

    // --- on the other chain ---

    function _lock(uint128 amount) internal returns (LockMessage memory) {
        return _lockFor(account, amount);
    }

    function _lockFor(bytes32 for_, uint128 amount) internal returns (LockMessage memory message) {
        arb.mint(far, amount);
        vm.startPrank(far);
        arb.approve(address(lock), amount);
        uint64 id = lock.lock(for_, amount);
        vm.stopPrank();
        return LockMessage(id, for_, far, amount, uint64(block.timestamp));
    }

    // --- messages ---

    function _digest(LockMessage memory message) internal view returns (bytes32) {
        return message.digest(block.chainid, address(remote));
    }

    function _digest(ReportMessage memory message) internal view returns (bytes32) {
        return message.digest(block.chainid, address(remote));
    }

    function _digest(ReleaseMessage memory message) internal view returns (bytes32) {
        return message.digest(block.chainid, address(lock));
    }

    function _carry(LockMessage memory message) internal {
        fromLock.carry(lock, _digest(message));
    }

    function _carry(ReleaseMessage memory message) internal {
        fromHome.carry(remote, _digest(message));
    }

    /// The lock reports, and home takes note once that is final.
    function _report() internal {
        lock.report();
        ReportMessage memory message =
            ReportMessage(uint128(arb.balanceOf(address(lock))), lock.locks(), uint64(block.timestamp));
        skip(FINALITY);
        fromLock.carry(lock, _digest(message));
        remote.report(message);
    }

    /// Locks and credits.
    function _credit(uint128 amount) internal returns (LockMessage memory message) {
        message = _lock(amount);
        skip(FINALITY);
        _carry(message);
        remote.credit(message);
    }

    // --- at home ---

    /// The owner takes claims out of the vault, by all of its rules.
    function _withdrawClaims(uint256 amount) internal {
        vm.prank(owner);
        vault.requestWithdrawal(account, address(remote), amount);
        _attestAndProve(INITIAL_MARGIN);
        vm.prank(owner);
        vault.executeWithdrawal(account, address(remote), address(remote));
    }

    function _release(uint64 id, uint128 amount) internal returns (ReleaseMessage memory) {
        vm.prank(owner);
        remote.release(account, id, amount, far);
        (,, uint64 number,) = remote.lockOf(id);
        return ReleaseMessage(id, number, far, amount);
    }

    /// Carries a release and has it paid out.
    function _payOut(ReleaseMessage memory message) internal {
        skip(FINALITY);
        _carry(message);
        lock.release(message);
    }

    function _ids(uint64 id) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](1);
        ids[0] = id;
    }

    function _startClaims() internal returns (uint64) {
        vm.prank(keeper);
        vault.startAuction(account, address(remote));
        return uint64(block.timestamp);
    }

    /// An account that owes, with `amount` of claims at auction.
    function _auctionClaims(uint128 amount) internal returns (uint64 startedAt, uint64 id) {
        id = _credit(amount).id;
        _lend(1_000e6);
        _breach();
        skip(GRACE_PERIOD + 1);
        ledger.move(0);
        startedAt = _startClaims();
    }
}
