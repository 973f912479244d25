// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.30;

interface Environment {
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function setEnv(string calldata name, string calldata value) external;
    function writeLine(string calldata path, string calldata line) external;
    function toString(uint256 value) external pure returns (string memory);
}

/// Tells instrumented contracts which of their mutants is awake: the number in the environment of forge, MUTANT. Where
/// that is the largest number, none is, and each that is asked for is noted once in the file MUTANT_NOTES.
library Mutants {
    Environment private constant ENVIRONMENT = Environment(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    function on(uint256 id) internal pure returns (bool) {
        uint256 number = awake();
        if (number == type(uint256).max) _note(id);
        return number == id;
    }

    /// The number that is awake, for Yul with the mutants from `first` to `last` in it.
    function among(uint256 first, uint256 last) internal pure returns (uint256 number) {
        number = awake();
        if (number == type(uint256).max) for (uint256 id = first; id <= last; ++id) _note(id);
    }

    /// Says pure, or no pure function could ask.
    function awake() internal pure returns (uint256) {
        function() view returns (uint256) reads = _read;
        function() pure returns (uint256) asks;
        assembly ("memory-safe") {
            asks := reads
        }
        return asks();
    }

    function _note(uint256 id) private pure {
        function(uint256) writes = _write;
        function(uint256) pure notes;
        assembly ("memory-safe") {
            notes := writes
        }
        notes(id);
    }

    /// Works above all memory that is in use, and leaves the pointer to it alone.
    function _read() private view returns (uint256 found) {
        (address from, bytes4 selector) = (address(ENVIRONMENT), bytes4(0x5e97348f));
        assembly ("memory-safe") {
            let at := add(mload(0x40), 0x2000)
            mstore(at, selector)
            mstore(add(at, 0x04), 0x40)
            mstore(add(at, 0x24), 0)
            mstore(add(at, 0x44), 6)
            mstore(add(at, 0x64), "MUTANT")
            if iszero(staticcall(gas(), from, at, 0x84, at, 0x20)) { revert(0, 0) }
            found := mload(at)
        }
    }

    function _write(uint256 id) private {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
            mstore(0x40, add(free, 0x2000))
        }
        string memory text = ENVIRONMENT.toString(id);
        string memory seen = string.concat("MUTANT_SEEN_", text);
        if (ENVIRONMENT.envOr(seen, uint256(0)) == 0) {
            // In this order: a test that runs out of gas between the two would leave it seen and not noted.
            ENVIRONMENT.writeLine(ENVIRONMENT.envOr("MUTANT_NOTES", string("")), text);
            ENVIRONMENT.setEnv(seen, "1");
        }
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
