// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IBookRegistry} from "../interfaces/IBookRegistry.sol";
import {ICollateralLock} from "../interfaces/ICollateralLock.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IMessageSource} from "../interfaces/IMessageSource.sol";
import {IRemoteCollateral, RemoteTerms} from "../interfaces/IRemoteCollateral.sol";
import {LockMessage, ReleaseMessage, RemoteMessages, ReportMessage} from "../types/RemoteMessages.sol";
import {Outbox} from "./Outbox.sol";

/// Claims on collateral that is locked on another chain; see IRemoteCollateral.
contract RemoteCollateral is IRemoteCollateral, Outbox, ERC20, AccessManaged, ReentrancyGuardTransient {
    using RemoteMessages for *;
    using SafeERC20 for IERC20;

    /// All that is stored of a lock.
    struct Lock {
        /// The account that it was credited to; 0 if it was declined.
        bytes32 account;
        /// Smallest units that are pledged or may be released.
        uint128 left;
        /// How many releases of it there were.
        uint64 releases;
        /// Whether it was credited or declined.
        bool used;
    }

    /// @inheritdoc IRemoteCollateral
    IMarginVault public immutable vault;
    /// @inheritdoc IRemoteCollateral
    IMessageSource public immutable source;
    /// @inheritdoc IRemoteCollateral
    uint256 public immutable chain;
    /// @inheritdoc IRemoteCollateral
    address public immutable lock;
    /// @inheritdoc IRemoteCollateral
    uint64 public immutable maxAge;
    IBookRegistry private immutable REGISTRY;
    IERC20 private immutable SETTLEMENT;
    uint8 private immutable DECIMALS;

    /// @inheritdoc IRemoteCollateral
    uint128 public cap;
    uint64 private _reportedAt;
    uint64 private _heardAt;
    uint64 private _locksReported;
    /// Number of the newest lock that was credited.
    uint64 private _newest;
    uint256 private _held;
    mapping(uint64 id => Lock) private _locks;
    /// @inheritdoc IRemoteCollateral
    mapping(bytes32 account => uint256) public lockedOf;

    /// @param name_ the claim's name
    /// @param symbol_ the claim's symbol
    /// @param terms what it goes by
    /// @param authority_ the access manager, which delays `setCap`
    constructor(string memory name_, string memory symbol_, RemoteTerms memory terms, address authority_)
        ERC20(name_, symbol_)
        AccessManaged(authority_)
    {
        (vault, source, chain) = (terms.vault, terms.source, terms.source.chain());
        (lock, maxAge, cap, DECIMALS) = (terms.lock, terms.maxAge, terms.cap, terms.decimals);
        REGISTRY = terms.vault.gate().registry();
        SETTLEMENT = IERC20(terms.vault.settlement());
        emit CapChanged(terms.cap);
    }

    // --- what the lock has said ---

    /// @inheritdoc IRemoteCollateral
    function credit(LockMessage calldata message) external nonReentrant {
        (bytes32 account, uint64 id, uint128 amount) = (message.account, message.id, message.amount);
        Lock storage entry = _take(message);
        uint256 supply = totalSupply() + amount;
        if (supply > cap) revert CapExceeded(cap, supply);
        (entry.account, entry.left) = (account, amount);
        lockedOf[account] += amount;
        if (id > _locksReported) _held += amount;
        if (id > _newest) _newest = id;
        _hear(message.lockedAt);
        emit Credited(account, id, message.from, amount);
        _mint(address(this), amount);
        _approve(address(this), address(vault), amount);
        vault.deposit(account, address(this), amount);
    }

    /// @inheritdoc IRemoteCollateral
    function decline(LockMessage calldata message) external {
        address owner = REGISTRY.ownerOf(message.account);
        if (owner != address(0)) _requireCaller(message.account, owner);
        Lock storage entry = _take(message);
        emit Declined(message.account, message.id, message.from, message.amount);
        _tell(message.account, message.id, entry, message.amount, message.from);
    }

    /// @inheritdoc IRemoteCollateral
    function report(ReportMessage calldata message) external {
        _requireSaid(message.digest(block.chainid, address(this)));
        if (message.reportedAt <= _reportedAt) revert ReportNotNewer(_reportedAt, message.reportedAt);
        // Otherwise a report that comes late would leave out what was credited since.
        if (message.locks < _newest) revert ReportBeforeLock(_newest, message.locks);
        (_held, _locksReported, _reportedAt) = (message.held, message.locks, message.reportedAt);
        _hear(message.reportedAt);
        emit Reported(message.held, message.locks, message.reportedAt);
    }

    // --- what the lock is told ---

    /// @inheritdoc IRemoteCollateral
    function release(bytes32 account, uint64 id, uint128 amount, address to) external nonReentrant {
        _requireCaller(account, REGISTRY.ownerOf(account));
        if (amount == 0) revert IMarginVault.AmountZero();
        uint256 free = releasable(account);
        if (amount > free) revert StillPledged(free, amount);
        _draw(account, id, amount, to);
        _burn(address(this), amount);
    }

    /// @inheritdoc IRemoteCollateral
    function buy(
        bytes32 account,
        uint64 startedAt,
        uint256 most,
        uint256 mostCost,
        uint64[] calldata ids,
        address to
    ) external nonReentrant returns (uint256 amount, uint256 cost) {
        (, cost) = vault.quote(account, address(this), most);
        SETTLEMENT.safeTransferFrom(msg.sender, address(this), cost);
        SETTLEMENT.forceApprove(address(vault), cost);
        (amount, cost) = vault.take(account, address(this), startedAt, most, mostCost, address(this));
        emit Bought(account, msg.sender, amount, cost);
        uint256 missing = amount;
        for (uint256 i = 0; i < ids.length && missing != 0; ++i) {
            uint128 part = uint128(Math.min(missing, _locks[ids[i]].left));
            missing -= part;
            _draw(account, ids[i], part, to);
        }
        if (missing != 0) revert LocksTooFew(missing);
        _burn(address(this), amount);
    }

    // --- the cap ---

    /// @inheritdoc IRemoteCollateral
    function setCap(uint128 cap_) external restricted {
        cap = cap_;
        emit CapChanged(cap_);
    }

    /// @inheritdoc IRemoteCollateral
    function lowerCap(uint128 cap_) external restricted {
        if (cap_ > cap) revert ClaimCapNotLower(cap, cap_);
        cap = cap_;
        emit CapLowered(cap_);
    }

    // --- what stands ---

    /// @inheritdoc IRemoteCollateral
    function recordedBalance(bytes32 account) external view returns (uint256) {
        return isStale() ? 0 : vault.recordedBalance(account, address(this));
    }

    /// @inheritdoc IRemoteCollateral
    function isStale() public view returns (bool) {
        return block.timestamp > uint256(_heardAt) + maxAge || _held < totalSupply();
    }

    /// @inheritdoc IRemoteCollateral
    function releasable(bytes32 account) public view returns (uint256) {
        uint256 held = vault.balanceOf(account, address(this)) + vault.auctionOf(account, address(this)).left;
        return lockedOf[account] - held;
    }

    /// @inheritdoc IRemoteCollateral
    function lockOf(uint64 id)
        external
        view
        returns (bytes32 account, uint128 left, uint64 releases, bool used)
    {
        Lock storage entry = _locks[id];
        return (entry.account, entry.left, entry.releases, entry.used);
    }

    /// @inheritdoc IRemoteCollateral
    function heard() external view returns (uint256 held, uint64 locks, uint64 reportedAt, uint64 heardAt) {
        return (_held, _locksReported, _reportedAt, _heardAt);
    }

    /// Decimals of the token on the other chain.
    /// @return as many as a claim has
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    // --- inside ---

    /// A claim moves from here to the vault and back, and is made and ends here.
    /// @param from who has it; zero if it is made
    /// @param to who gets it; zero if it ends
    /// @param value smallest units of the token
    function _update(address from, address to, uint256 value) internal override {
        bool left = from == address(vault) && to == address(this);
        bool went = from == address(this) && (to == address(vault) || to == address(0));
        if (from != address(0) && !left && !went) revert ClaimNotTransferable(from, to);
        super._update(from, to, value);
    }

    /// Uses a lock up. Reverts unless the lock has said so, once.
    /// @param message what the lock has said
    /// @return entry what is stored of the lock
    function _take(LockMessage calldata message) private returns (Lock storage entry) {
        _requireSaid(message.digest(block.chainid, address(this)));
        entry = _locks[message.id];
        if (entry.used) revert LockUsed(message.id);
        entry.used = true;
    }

    /// Takes from a credited lock, and tells it to pay out.
    /// @param account the account whose lock it must be
    /// @param id number of the lock
    /// @param amount smallest units of the token
    /// @param to who gets the tokens on the other chain
    function _draw(bytes32 account, uint64 id, uint128 amount, address to) private {
        Lock storage entry = _locks[id];
        if (entry.account != account) revert LockOfOther(id, entry.account);
        if (amount > entry.left) revert ICollateralLock.LockTooSmall(id, entry.left, amount);
        if (to == address(0)) revert ReceiverZero();
        entry.left -= amount;
        lockedOf[account] -= amount;
        _tell(account, id, entry, amount, to);
    }

    /// Tells a lock to pay out.
    /// @param account the account whose lock it is
    /// @param id number of the lock
    /// @param entry what is stored of the lock
    /// @param amount smallest units of the token
    /// @param to who gets the tokens on the other chain
    function _tell(bytes32 account, uint64 id, Lock storage entry, uint128 amount, address to) private {
        uint64 number = ++entry.releases;
        emit Released(account, id, number, to, amount);
        _say(ReleaseMessage(id, number, to, amount).digest(chain, lock));
    }

    /// The other side was there at that time, by its own clock.
    /// @param time Unix seconds
    function _hear(uint64 time) private {
        _heardAt = uint64(Math.max(_heardAt, Math.min(time, block.timestamp)));
    }

    /// Reverts unless the lock has said so.
    /// @param digest the message's digest
    function _requireSaid(bytes32 digest) private view {
        if (source.verifiedAt(chain, lock, digest) == 0) revert ICollateralLock.MessageNotVerified(digest);
    }

    /// Reverts unless the caller owns the account.
    /// @param account the account
    /// @param owner its owner; zero if nobody has opened it
    function _requireCaller(bytes32 account, address owner) private view {
        if (owner == address(0)) revert IBookRegistry.AccountUnknown(account);
        if (msg.sender != owner) revert IBookRegistry.NotOwner(account, owner, msg.sender);
    }
}
