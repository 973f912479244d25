// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICollateralLock} from "../interfaces/ICollateralLock.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMessageSource} from "../interfaces/IMessageSource.sol";
import {LockMessage, ReleaseMessage, RemoteMessages, ReportMessage} from "../types/RemoteMessages.sol";
import {Bound} from "./Bound.sol";
import {Outbox} from "./Outbox.sol";

/// Collateral that is pledged to a contract on another chain; see ICollateralLock.
contract CollateralLock is ICollateralLock, Outbox, Bound, ReentrancyGuardTransient {
    using RemoteMessages for *;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// All that is stored of a lock.
    struct Lock {
        /// The account at home.
        bytes32 account;
        /// Who locked the tokens.
        address from;
        /// Unix seconds.
        uint64 lockedAt;
        /// Smallest units that were locked.
        uint128 amount;
        /// Smallest units that were not released.
        uint128 left;
        /// Which releases were paid out.
        mapping(uint64 number => bool) released;
    }

    /// @inheritdoc ICollateralLock
    address public immutable token;
    /// @inheritdoc ICollateralLock
    IMessageSource public immutable source;
    /// @inheritdoc ICollateralLock
    uint256 public immutable homeChain;
    /// @inheritdoc ICollateralLock
    uint64 public locks;
    /// @inheritdoc ICollateralLock
    uint256 public locked;
    mapping(uint64 id => Lock) private _locks;

    /// @param token_ what is locked: a token that moves the amounts that it is told to, and changes no balances by itself
    /// @param source_ who says what home has said, and which chain that is
    constructor(address token_, IMessageSource source_) {
        (token, source, homeChain) = (token_, source_, source_.chain());
    }

    /// @inheritdoc ICollateralLock
    function lock(bytes32 account, uint128 amount) external nonReentrant returns (uint64 id) {
        if (amount == 0) revert IMarginVault.AmountZero();
        uint64 lockedAt = uint64(block.timestamp);
        id = ++locks;
        locked += amount;
        Lock storage entry = _locks[id];
        (entry.account, entry.from, entry.lockedAt) = (account, msg.sender, lockedAt);
        (entry.amount, entry.left) = (amount, amount);
        emit Locked(id, account, msg.sender, amount, lockedAt);
        _say(LockMessage(id, account, msg.sender, amount, lockedAt).digest(homeChain, _boundPeer()));
        uint256 before = _held();
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = _held() - before;
        if (got != amount) revert IMarginVault.ReceivedOther(token, amount, got);
    }

    /// @inheritdoc ICollateralLock
    function release(ReleaseMessage calldata message) external nonReentrant {
        bytes32 digest = message.digest(block.chainid, address(this));
        if (source.verifiedAt(homeChain, _boundPeer(), digest) == 0) revert MessageNotVerified(digest);
        Lock storage entry = _locks[message.id];
        if (entry.released[message.number]) revert ReleaseRepeated(message.id, message.number);
        if (message.amount > entry.left) revert LockTooSmall(message.id, entry.left, message.amount);
        entry.released[message.number] = true;
        entry.left -= message.amount;
        locked -= message.amount;
        emit Released(message.id, message.number, message.to, message.amount);
        IERC20(token).safeTransfer(message.to, message.amount);
    }

    /// @inheritdoc ICollateralLock
    function report() external {
        ReportMessage memory message = ReportMessage(_held().toUint128(), locks, uint64(block.timestamp));
        emit Reported(message.held, message.locks, message.reportedAt);
        _say(message.digest(homeChain, _boundPeer()));
    }

    /// @inheritdoc ICollateralLock
    function lockOf(uint64 id)
        external
        view
        returns (bytes32 account, address from, uint128 amount, uint128 left, uint64 lockedAt)
    {
        Lock storage entry = _locks[id];
        return (entry.account, entry.from, entry.amount, entry.left, entry.lockedAt);
    }

    /// @inheritdoc ICollateralLock
    function isReleased(uint64 id, uint64 number) external view returns (bool) {
        return _locks[id].released[number];
    }

    /// What this contract holds.
    /// @return smallest units of the token
    function _held() private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }
}
