// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

/// A contract that says things to contracts on other chains. It writes a digest of each message into its own storage,
/// once and for good. It sends nothing: anybody carries the digest, by a message source. So a message that was dropped
/// can be carried again, and one that was carried twice says the same.
interface IOutbox {
    /// Something was said.
    /// @param digest the message's digest
    event MessageSent(bytes32 indexed digest);

    /// The same message was said before.
    /// @param digest the message's digest
    error MessageRepeated(bytes32 digest);

    /// When a message was said.
    /// @param digest the message's digest
    /// @return Unix seconds; 0 if it never was
    function sentAt(bytes32 digest) external view returns (uint64);
}

/// Knows what contracts on another chain have said, once that is final there. It only records facts: each holds for good,
/// their order has no meaning, and to learn one twice changes nothing. Who acts on a fact sees to it that it acts once.
interface IMessageSource {
    /// A message was found to be said.
    /// @param sender the contract that said it
    /// @param digest the message's digest
    event MessageVerified(address indexed sender, bytes32 indexed digest);

    /// Nobody has said this.
    /// @param sender the contract that was asked
    /// @param digest the message's digest
    error MessageUnknown(address sender, bytes32 digest);
    /// The message was said too short a time ago to be final.
    /// @param finalAt Unix seconds from which on it is, by the clock of its chain
    /// @param time Unix seconds, by the same clock
    error MessageNotFinal(uint256 finalAt, uint256 time);

    /// When this source learnt of a message.
    /// @param chain id of the chain that it was said on
    /// @param sender the contract that said it
    /// @param digest the message's digest
    /// @return Unix seconds, by the clock of this chain; 0 if it has not
    function verifiedAt(uint256 chain, address sender, bytes32 digest) external view returns (uint64);
    /// The chain whose messages it knows.
    /// @return the chain's id
    function chain() external view returns (uint256);
    /// How long a message must have stood on its chain.
    /// @return seconds, by the clock of its chain
    function finality() external view returns (uint64);
}

/// A message source that is half of a pair, one on each chain: a messenger carries from one half to the other.
interface IMessengerSource is IMessageSource {
    /// A message was handed to the messenger.
    /// @param outbox the contract that said it
    /// @param digest the message's digest
    /// @param messageId the messenger's identifier
    event MessageDispatched(address indexed outbox, bytes32 indexed digest, bytes32 messageId);

    /// Only the messenger may call this.
    /// @param expected the messenger
    /// @param got the caller
    error CallerNotMessenger(address expected, address got);
    /// The message comes from elsewhere than the other half.
    /// @param chain where the messenger says that it comes from, in its own numbering
    /// @param sender who the messenger says has sent it
    error SenderNotPeer(uint256 chain, bytes32 sender);
    /// The value sent along is not the messenger's fee.
    /// @param expected the fee, wei
    /// @param got the value, wei
    error FeeDiffers(uint256 expected, uint256 got);

    /// Hands a message to the messenger. Anybody may call it, and again, if a message was lost. Reverts unless the
    /// message has stood here for `finality`.
    /// @param outbox the contract here that said it
    /// @param digest the message's digest
    /// @return messageId the messenger's identifier
    function dispatch(IOutbox outbox, bytes32 digest) external payable returns (bytes32 messageId);
    /// What the messenger asks for carrying a message.
    /// @param outbox the contract here that said it
    /// @param digest the message's digest
    /// @return wei
    function feeOf(IOutbox outbox, bytes32 digest) external view returns (uint256);
}
