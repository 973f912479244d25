// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../interfaces/IBookRegistry.sol";

/// Who may attest an account's books, and how many of them must.
struct AttesterSet {
    /// The attesters: 1 to 16 when set, each once and none zero. Revocations can leave none.
    address[] members;
    /// How many of them must sign, from 1. Revocations can leave fewer members than that.
    uint8 threshold;
}

/// A set of at most 16 attesters, and masks over it in which bit i, from the least significant, stands for member i.
library AttesterSets {
    /// Bits of a mask.
    uint256 internal constant MOST = 16;

    /// Replaces the set; refuses an empty or too large one, a repeated or zero member and a threshold out of reach.
    /// @param self the set
    /// @param members the attesters: 1 to 16, each once and none zero
    /// @param threshold how many of them must sign, 1 to their number
    function set(AttesterSet storage self, address[] memory members, uint8 threshold) internal {
        uint256 size = members.length;
        if (size == 0 || size > MOST) revert IBookRegistry.AttesterCount(1, MOST, size);
        if (threshold == 0 || threshold > size) revert IBookRegistry.ThresholdOutOfRange(1, size, threshold);
        for (uint256 i = 0; i < size; ++i) {
            if (members[i] == address(0)) revert IBookRegistry.AttesterZero();
            for (uint256 j = 0; j < i; ++j) {
                if (members[j] == members[i]) revert IBookRegistry.AttesterRepeated(members[i]);
            }
        }
        self.members = members;
        self.threshold = threshold;
    }

    /// Where `member` is in the set.
    /// @param self the set
    /// @param member an address
    /// @return found whether it is in the set
    /// @return index where; no meaning unless `found`
    function indexOf(AttesterSet storage self, address member) internal view returns (bool found, uint256 index) {
        uint256 size = self.members.length;
        for (; index < size; ++index) {
            if (self.members[index] == member) return (true, index);
        }
    }

    /// Removes member `index`; the last takes its place.
    /// @param self the set
    /// @param index which member
    /// @param mask members of the set: bit i stands for member i
    /// @return the mask of the same members, without the removed one
    function remove(AttesterSet storage self, uint256 index, uint16 mask) internal returns (uint16) {
        uint256 last = self.members.length - 1;
        bool lastInMask = mask & (1 << last) != 0;
        mask &= ~uint16((1 << index) | (1 << last));
        if (index != last) {
            self.members[index] = self.members[last];
            if (lastInMask) mask |= uint16(1 << index);
        }
        self.members.pop();
        return mask;
    }

    /// The mask over `members` of those of them that `mask` has over this set.
    /// @param self the set
    /// @param mask members of the set: bit i stands for member i
    /// @param members another set of attesters
    /// @return translated bit i stands for `members[i]`
    function translate(AttesterSet storage self, uint16 mask, address[] memory members)
        internal
        view
        returns (uint16 translated)
    {
        for (uint256 i = 0; i < members.length; ++i) {
            (bool found, uint256 index) = indexOf(self, members[i]);
            if (found && mask & (1 << index) != 0) translated |= uint16(1 << i);
        }
    }

    /// Number of members in a mask.
    /// @param mask members of a set
    /// @return members how many, 0 to 16
    function count(uint16 mask) internal pure returns (uint256 members) {
        for (; mask != 0; mask &= mask - 1) {
            ++members;
        }
    }
}
