// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IAny2EVMMessageReceiver} from "@chainlink/contracts-ccip/src/v0.8/ccip/interfaces/IAny2EVMMessageReceiver.sol";
import {IRouterClient} from "@chainlink/contracts-ccip/src/v0.8/ccip/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/src/v0.8/ccip/libraries/Client.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IMessengerSource, IOutbox} from "../interfaces/IMessageSource.sol";
import {Facts, MessengerSource} from "./Facts.sol";

/// Messages by Chainlink CCIP; see IMessengerSource. Chainlink's oracle networks vouch for the other chain.
contract CcipSource is MessengerSource, IAny2EVMMessageReceiver, IERC165 {
    /// Gas for `ccipReceive`, which takes about 55 000.
    uint256 private constant RECEIVE_GAS = 100_000;

    /// CCIP's router on this chain.
    IRouterClient public immutable router;
    /// The other chain, in CCIP's numbering.
    uint64 public immutable selector;

    /// @param chain_ id of the chain whose messages it knows
    /// @param finality_ seconds that a message must have stood on the chain that it is said on
    /// @param router_ CCIP's router on this chain
    /// @param selector_ the other chain, in CCIP's numbering
    constructor(uint256 chain_, uint64 finality_, IRouterClient router_, uint64 selector_) Facts(chain_, finality_) {
        (router, selector) = (router_, selector_);
    }

    /// @inheritdoc IMessengerSource
    function dispatch(IOutbox outbox, bytes32 digest) external payable returns (bytes32 messageId) {
        Client.EVM2AnyMessage memory message = _message(_finalBody(outbox, digest));
        _requireFee(router.getFee(selector, message));
        messageId = router.ccipSend{value: msg.value}(selector, message);
        emit MessageDispatched(address(outbox), digest, messageId);
    }

    /// @inheritdoc IMessengerSource
    function feeOf(IOutbox outbox, bytes32 digest) external view returns (uint256) {
        return router.getFee(selector, _message(_body(outbox, digest)));
    }

    /// Takes a message from the router.
    /// @param message the message, as CCIP delivers it; tokens may come with it, and nobody gets them
    function ccipReceive(Client.Any2EVMMessage calldata message) external {
        bytes32 sender = message.sender.length == 32 ? bytes32(message.sender) : bytes32(0);
        _requirePeer(address(router), selector, message.sourceChainSelector, sender);
        _learnBody(message.data);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IAny2EVMMessageReceiver).interfaceId || id == type(IERC165).interfaceId;
    }

    /// A message to the other half, paid in the chain's own coin.
    /// @param body what it says
    /// @return the message, as CCIP takes it
    function _message(bytes memory body) private view returns (Client.EVM2AnyMessage memory) {
        return Client.EVM2AnyMessage({
            receiver: abi.encode(_boundPeer()),
            data: body,
            tokenAmounts: new Client.EVMTokenAmount[](0),
            feeToken: address(0),
            extraArgs: Client._argsToBytes(Client.EVMExtraArgsV1(RECEIVE_GAS))
        });
    }
}
