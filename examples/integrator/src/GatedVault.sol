// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IMarginGate} from "zkmargin/interfaces/IMarginGate.sol";
import {Status} from "zkmargin/types/Status.sol";
import {MarginGated, Request} from "./MarginGated.sol";

/// An ERC-4626 vault whose shares are collateral of margin accounts: its depositors' books count them. So shares are
/// redeemed only by a proof that the account stays healthy without them, and nobody can transfer them around the gate.
contract GatedVault is ERC4626, MarginGated {
    /// The margin account whose book counts an address's shares.
    mapping(address holder => bytes32) public accountOf;

    /// Shares stay with the account whose book counts them.
    error NotTransferable();
    /// The holder has shares that its present account's book counts.
    error HasShares(address holder);

    constructor(IMarginGate gate_, uint256 theta_, IERC20 asset_)
        ERC20("Gated vault", "gVLT")
        ERC4626(asset_)
        MarginGated(gate_, theta_)
    {}

    /// Names the caller's margin account. A deposit needs it.
    function useAccount(bytes32 account) external onlyAccountOwner(account) {
        if (balanceOf(msg.sender) > 0) revert HasShares(msg.sender);
        accountOf[msg.sender] = account;
    }

    /// Asks to redeem shares of the caller. The next book must count them as gone.
    function requestRedeem(uint256 shares) external {
        _request(accountOf[msg.sender], shares);
    }

    /// @inheritdoc ERC4626
    function maxDeposit(address receiver) public view override returns (uint256) {
        return accountOf[receiver] == 0 ? 0 : super.maxDeposit(receiver);
    }

    /// @inheritdoc ERC4626
    function maxMint(address receiver) public view override returns (uint256) {
        return accountOf[receiver] == 0 ? 0 : super.maxMint(receiver);
    }

    /// The requested shares, while the account is Healthy. The redemption itself checks book and margin, and says why it
    /// reverts.
    /// @inheritdoc ERC4626
    function maxRedeem(address holder) public view override returns (uint256) {
        bytes32 account = accountOf[holder];
        if (gate.statusOf(account) != Status.Healthy) return 0;
        return Math.min(requestOf(account).amount, super.maxRedeem(holder));
    }

    /// @inheritdoc ERC4626
    function maxWithdraw(address holder) public view override returns (uint256) {
        return previewRedeem(maxRedeem(holder));
    }

    /// @inheritdoc ERC4626
    function _withdraw(address caller, address receiver, address holder, uint256 assets, uint256 shares)
        internal
        override
    {
        _release(accountOf[holder], shares);
        super._withdraw(caller, receiver, holder, assets, shares);
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) revert NotTransferable();
        super._update(from, to, value);
    }
}
