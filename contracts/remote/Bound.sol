// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBound} from "../interfaces/IBound.sol";

/// A counterpart on another chain; see IBound.
abstract contract Bound is IBound {
    address private immutable BINDER = msg.sender;

    /// @inheritdoc IBound
    address public peer;

    /// @inheritdoc IBound
    function bind(address peer_) external {
        if (msg.sender != BINDER) revert NotBinder(BINDER, msg.sender);
        if (peer != address(0)) revert AlreadyBound(peer);
        if (peer_ == address(0)) revert PeerMissing();
        peer = peer_;
        emit PeerBound(peer_);
    }

    /// The counterpart. Reverts before it is named.
    /// @return bound its address on the other chain
    function _boundPeer() internal view returns (address bound) {
        bound = peer;
        if (bound == address(0)) revert PeerMissing();
    }
}
