// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IPriceFeed} from "../../../contracts/interfaces/IPriceFeed.sol";

/// A source of prices that answers what it is told, or does its worst.
contract HostileFeed is IPriceFeed {
    enum Way {
        Answers,
        Reverts,
        RevertsBriefly,
        RevertsAtLength,
        BurnsAllGas,
        ReturnsNothing,
        ReturnsTwoWords,
        ReturnsMuchThatIsNone,
        ReturnsLongWords
    }

    error Hostile();

    uint64 private _price;
    uint64 private _confidence;
    uint256 private _time;
    uint256 private _burn;
    Way private _way;

    function set(uint64 price, uint64 confidence) external {
        (_price, _confidence) = (price, confidence);
    }

    function setTime(uint256 time) external {
        _time = time;
    }

    function misbehave(Way way) external {
        _way = way;
    }

    /// Gas that an answer uses up beside.
    function burn(uint256 amount) external {
        _burn = amount;
    }

    function read() external view returns (uint64, uint64, uint64) {
        if (_burn != 0) {
            uint256 until = gasleft() > _burn ? gasleft() - _burn : 0;
            while (gasleft() > until) {}
        }
        Way way = _way;
        if (way == Way.Reverts) revert Hostile();
        if (way == Way.BurnsAllGas) {
            while (true) {}
        }
        if (way == Way.RevertsBriefly) _end(true, 3);
        if (way == Way.RevertsAtLength) _end(true, 100_000);
        if (way == Way.ReturnsNothing) _end(false, 0);
        if (way == Way.ReturnsTwoWords) {
            uint256 price = _price;
            assembly ("memory-safe") {
                mstore(0, price)
                mstore(0x20, 0)
                return(0, 0x40)
            }
        }
        if (way == Way.ReturnsMuchThatIsNone) _end(false, 100_000);
        if (way == Way.ReturnsLongWords) {
            uint256 long = uint256(type(uint64).max) + 1 + _price;
            assembly ("memory-safe") {
                mstore(0, long)
                mstore(0x20, 0)
                return(0, 0x60)
            }
        }
        return (_price, _confidence, uint64(_time == 0 ? block.timestamp : _time));
    }

    function _end(bool isError, uint256 length) private pure {
        assembly ("memory-safe") {
            let from := mload(0x40)
            mstore(from, not(0))
            if isError { revert(from, length) }
            return(from, length)
        }
    }
}
