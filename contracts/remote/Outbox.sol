// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";
import {IOutbox} from "../interfaces/IMessageSource.sol";

/// Where an outbox writes: a place of its own (ERC-7201), so that a storage proof is of the same slots whatever else the
/// contract stores.
library OutboxStorage {
    using SlotDerivation for bytes32;

    /// Of "zkmargin.outbox", by ERC-7201.
    bytes32 internal constant ROOT =
        keccak256(abi.encode(uint256(keccak256("zkmargin.outbox")) - 1)) & ~bytes32(uint256(0xff));

    /// The slot that has when a message was said.
    /// @param digest the message's digest
    /// @return the slot
    function slotOf(bytes32 digest) internal pure returns (bytes32) {
        return ROOT.deriveMapping(digest);
    }
}

/// What a contract says to other chains; see IOutbox.
abstract contract Outbox is IOutbox {
    /// @inheritdoc IOutbox
    function sentAt(bytes32 digest) public view returns (uint64) {
        return uint64(StorageSlot.getUint256Slot(OutboxStorage.slotOf(digest)).value);
    }

    /// Says something. Reverts if it was said before.
    /// @param digest the message's digest
    function _say(bytes32 digest) internal {
        StorageSlot.Uint256Slot storage slot = StorageSlot.getUint256Slot(OutboxStorage.slotOf(digest));
        if (slot.value != 0) revert MessageRepeated(digest);
        slot.value = block.timestamp;
        emit MessageSent(digest);
    }
}
