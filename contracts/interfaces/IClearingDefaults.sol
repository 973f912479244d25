// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {CLEARED_ASSETS, TearUp} from "../types/Transition.sol";

/// What a clearing house asks of the contract of its defaults.
interface IClearingDefaults {
    /// Lines are torn up: every account closes them with its next transition.
    /// @param number number of the tear-up, from 1
    /// @param assets bit u: asset u
    /// @param netPrice attodollars a quantum, net of funding; 0 for an asset that is not torn up
    event TornUp(uint32 indexed number, uint16 assets, int256[CLEARED_ASSETS] netPrice);

    /// The house whose accounts default here.
    /// @return the house
    function house() external view returns (address);
    /// The longest time from the start of a default to its end.
    /// @return seconds
    function longest() external view returns (uint64);
    /// How many tear-ups there were.
    /// @return their number
    function tearUps() external view returns (uint32);
    /// A tear-up.
    /// @param number its number, from 1
    /// @return the tear-up
    function tearUpAt(uint32 number) external view returns (TearUp memory);
    /// The lines that a book closes with its next transition: the first tear-up of each asset that it has not applied.
    /// @param applied number of the newest tear-up that the book has applied
    /// @return the lines and their prices
    function pendingTearUp(uint32 applied) external view returns (TearUp memory);
}
