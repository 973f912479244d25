// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IFundingSource} from "../interfaces/IFundingSource.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";
import {ISequencerGuard} from "../interfaces/ISequencerGuard.sol";
import {CodeStore} from "./CodeStore.sol";

/// The addresses that prices come from, kept as contract code: the funding source, the sequencer guard and the feeds,
/// 20 bytes each. Reading all of them costs little more than reading one.
library SourceCode {
    uint256 private constant ADDRESS_BYTES = 20;

    /// Stores the addresses.
    /// @param feeds one price feed for each listed asset, in the listing's order
    /// @param fundingSource where funding comes from; zero for none
    /// @param sequencerGuard the rollup's sequencer guard; zero for none
    /// @return code the contract that holds them
    function write(IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
        internal
        returns (address code)
    {
        bytes memory data = abi.encodePacked(fundingSource, sequencerGuard);
        for (uint256 u = 0; u < feeds.length; ++u) {
            data = bytes.concat(data, abi.encodePacked(feeds[u]));
        }
        return CodeStore.write(data, 0, data.length);
    }

    /// Reads what `write` has stored at `code`.
    /// @param code what `write` returned
    /// @param count how many feeds were written
    /// @return feeds one price feed for each listed asset, in the listing's order
    /// @return fundingSource where funding comes from; zero for none
    /// @return sequencerGuard the rollup's sequencer guard; zero for none
    function read(address code, uint256 count)
        internal
        view
        returns (IPriceFeed[] memory feeds, IFundingSource fundingSource, ISequencerGuard sequencerGuard)
    {
        feeds = new IPriceFeed[](count);
        uint256 length = (count + 2) * ADDRESS_BYTES;
        bytes memory data = new bytes(length);
        uint256 dataAt = CodeStore.DATA_AT;
        // Saves 1 230 gas for 16 feeds over `abi.decode(code.code, …)`, and stores 20 bytes an address instead of 32.
        assembly ("memory-safe") {
            extcodecopy(code, add(data, 0x20), dataAt, length)
            fundingSource := shr(96, mload(add(data, 0x20)))
            sequencerGuard := shr(96, mload(add(data, 0x34)))
            let from := add(data, 0x48)
            for { let to := add(feeds, 0x20) } lt(from, add(add(data, 0x20), length)) { to := add(to, 0x20) } {
                mstore(to, shr(96, mload(from)))
                from := add(from, ADDRESS_BYTES)
            }
        }
    }
}
