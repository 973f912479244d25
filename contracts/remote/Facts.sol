// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMessageSource, IMessengerSource, IOutbox} from "../interfaces/IMessageSource.sol";
import {Bound} from "./Bound.sol";

/// What a message source has learnt; see IMessageSource.
abstract contract Facts is IMessageSource {
    /// @inheritdoc IMessageSource
    uint256 public immutable chain;
    /// @inheritdoc IMessageSource
    uint64 public immutable finality;
    mapping(address sender => mapping(bytes32 digest => uint64)) private _verifiedAt;

    /// @param chain_ id of the chain whose messages it knows
    /// @param finality_ seconds that a message must have stood there
    constructor(uint256 chain_, uint64 finality_) {
        (chain, finality) = (chain_, finality_);
    }

    /// @inheritdoc IMessageSource
    function verifiedAt(uint256 chain_, address sender, bytes32 digest) external view returns (uint64) {
        return chain_ == chain ? _verifiedAt[sender][digest] : 0;
    }

    /// Takes note of a message. One that is known already changes nothing.
    /// @param sender the contract that said it
    /// @param digest the message's digest
    function _learn(address sender, bytes32 digest) internal {
        if (_verifiedAt[sender][digest] != 0) return;
        _verifiedAt[sender][digest] = uint64(block.timestamp);
        emit MessageVerified(sender, digest);
    }

    /// Reverts unless a message was said long enough ago.
    /// @param sender the contract that said it
    /// @param digest the message's digest
    /// @param sentAt Unix seconds at which it was said; 0 if it never was
    /// @param time Unix seconds, by the same clock
    function _requireFinal(address sender, bytes32 digest, uint256 sentAt, uint256 time) internal view {
        if (sentAt == 0) revert MessageUnknown(sender, digest);
        if (time < sentAt + finality) revert MessageNotFinal(sentAt + finality, time);
    }
}

/// Half of a pair that a messenger connects; see IMessengerSource. What is carried is the outbox and the digest.
abstract contract MessengerSource is Facts, Bound, IMessengerSource {
    /// What is carried. Reverts unless the message was said here and is final.
    /// @param outbox the contract here that said it
    /// @param digest the message's digest
    /// @return body what the messenger carries
    function _finalBody(IOutbox outbox, bytes32 digest) internal view returns (bytes memory body) {
        _requireFinal(address(outbox), digest, outbox.sentAt(digest), block.timestamp);
        return _body(outbox, digest);
    }

    /// What is carried.
    /// @param outbox the contract here that said it
    /// @param digest the message's digest
    /// @return what the messenger carries
    function _body(IOutbox outbox, bytes32 digest) internal pure returns (bytes memory) {
        return abi.encode(outbox, digest);
    }

    /// Reverts unless the value sent along is the fee.
    /// @param fee wei
    function _requireFee(uint256 fee) internal view {
        if (msg.value != fee) revert FeeDiffers(fee, msg.value);
    }

    /// Reverts unless the messenger calls, with something from the other half.
    /// @param messenger the messenger
    /// @param expected the other chain, in the messenger's numbering
    /// @param from where the messenger says that it comes from, in its own numbering
    /// @param sender who the messenger says has sent it
    function _requirePeer(address messenger, uint256 expected, uint256 from, bytes32 sender) internal view {
        if (msg.sender != messenger) revert CallerNotMessenger(messenger, msg.sender);
        if (from != expected || sender != _toBytes32(_boundPeer())) revert SenderNotPeer(from, sender);
    }

    /// Takes note of what was carried.
    /// @param body what the other half made
    function _learnBody(bytes calldata body) internal {
        (address sender, bytes32 digest) = abi.decode(body, (address, bytes32));
        _learn(sender, digest);
    }

    /// An address as messengers write it.
    /// @param who the address
    /// @return the same, with zeros in front
    function _toBytes32(address who) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(who)));
    }
}
