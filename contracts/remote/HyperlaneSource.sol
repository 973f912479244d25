// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "@hyperlane-xyz/core/contracts/interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "@hyperlane-xyz/core/contracts/interfaces/IMailbox.sol";
import {IMessageRecipient} from "@hyperlane-xyz/core/contracts/interfaces/IMessageRecipient.sol";
import {IMessengerSource, IOutbox} from "../interfaces/IMessageSource.sol";
import {Facts, MessengerSource} from "./Facts.sol";

/// Messages by Hyperlane; see IMessengerSource. The security module is this contract's own choice, for good. The
/// validators that it names vouch for the other chain.
contract HyperlaneSource is MessengerSource, IMessageRecipient, ISpecifiesInterchainSecurityModule {
    /// Hyperlane's mailbox on this chain.
    IMailbox public immutable mailbox;
    /// Decides which messages are the other chain's.
    IInterchainSecurityModule public immutable interchainSecurityModule;
    /// The other chain, in Hyperlane's numbering.
    uint32 public immutable domain;

    /// @param chain_ id of the chain whose messages it knows
    /// @param finality_ seconds that a message must have stood on the chain that it is said on
    /// @param mailbox_ Hyperlane's mailbox on this chain
    /// @param module_ decides which messages are the other chain's
    /// @param domain_ the other chain, in Hyperlane's numbering
    constructor(
        uint256 chain_,
        uint64 finality_,
        IMailbox mailbox_,
        IInterchainSecurityModule module_,
        uint32 domain_
    ) Facts(chain_, finality_) {
        (mailbox, interchainSecurityModule, domain) = (mailbox_, module_, domain_);
    }

    /// @inheritdoc IMessengerSource
    function dispatch(IOutbox outbox, bytes32 digest) external payable returns (bytes32 messageId) {
        bytes memory body = _finalBody(outbox, digest);
        bytes32 to = _toBytes32(_boundPeer());
        _requireFee(mailbox.quoteDispatch(domain, to, body));
        messageId = mailbox.dispatch{value: msg.value}(domain, to, body);
        emit MessageDispatched(address(outbox), digest, messageId);
    }

    /// @inheritdoc IMessengerSource
    function feeOf(IOutbox outbox, bytes32 digest) external view returns (uint256) {
        return mailbox.quoteDispatch(domain, _toBytes32(_boundPeer()), _body(outbox, digest));
    }

    /// Takes a message from the mailbox, which has asked the security module.
    /// @param origin the chain that it comes from, in Hyperlane's numbering
    /// @param sender who dispatched it there
    /// @param body what it says
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable {
        _requirePeer(address(mailbox), domain, origin, sender);
        _requireFee(0);
        _learnBody(body);
    }
}
