// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.30;

interface Cheats {
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function setEnv(string calldata name, string calldata value) external;
    function writeLine(string calldata path, string calldata line) external;
    function toString(uint256 value) external pure returns (string memory);
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 value) external;
}

/// Tells instrumented contracts which of their mutants is active: the number that is the block's coinbase, which costs an
/// instruction to read and which no test looks at. Where that is the largest number, none is, and each that is asked for is
/// noted once in the file MUTANT_NOTES.
library Mutants {
    Cheats private constant CHEATS = Cheats(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    /// Where a test has its own account of what it has noted, by number: quicker to ask than the environment.
    address private constant SEEN = address(uint160(uint256(keccak256("zkmargin mutants seen"))));

    function on(uint256 id) internal pure returns (bool) {
        uint256 number = awake();
        if (number == type(uint160).max) _note(id);
        return number == id;
    }

    /// The number that is active, for Yul with the mutants from `first` to `last` in it.
    function among(uint256 first, uint256 last) internal pure returns (uint256 number) {
        number = awake();
        if (number == type(uint160).max) for (uint256 id = first; id <= last; ++id) _note(id);
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

    function _read() private view returns (uint256) {
        return uint160(address(block.coinbase));
    }

    function _write(uint256 id) private {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
            mstore(0x40, add(free, 0x2000))
        }
        if (CHEATS.load(SEEN, bytes32(id)) == 0) {
            string memory text = CHEATS.toString(id);
            string memory seen = string.concat("MUTANT_SEEN_", text);
            if (CHEATS.envOr(seen, uint256(0)) == 0) {
                // In this order: a test that runs out of gas between the two would leave it seen and not noted.
                CHEATS.writeLine(CHEATS.envOr("MUTANT_NOTES", string("")), text);
                CHEATS.setEnv(seen, "1");
            }
            CHEATS.store(SEEN, bytes32(id), bytes32(uint256(1)));
        }
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
