// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A plain token that anybody may mint.
contract Token is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(string memory symbol_, uint8 decimals_) ERC20(symbol_, symbol_) {
        DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// A token that keeps one hundredth of each transfer.
contract TaxedToken is Token("TAX", 18) {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// A token that makes a call on every transfer, as ERC-777 did.
contract CallingToken is Token("CALL", 18) {
    address private _target;
    bytes private _data;
    /// Whether the call succeeded, and what it returned.
    bool public succeeded;
    bytes public answer;

    function callOnTransfer(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// Forgets how the last call ended.
    function forget() external {
        (succeeded, answer) = (false, "");
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target != address(0)) (succeeded, answer) = _target.call(_data);
    }
}

/// A token that its issuer can stop.
contract PausableToken is Token("PSE", 18) {
    bool public paused;

    function pause() external {
        paused = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!paused, "paused");
        super._update(from, to, value);
    }
}
