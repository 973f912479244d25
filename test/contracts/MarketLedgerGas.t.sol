// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ReplayFixture} from "./support/Replay.sol";

contract MarketLedgerGasTest is ReplayFixture {
    function setUp() public {
        _setUpMarket();
    }

    function test_gas_of_poke() public {
        for (uint256 i = 0; i < ledger.OBSERVATIONS() + 2; ++i) {
            _step(i + 1);
            ledger.poke();
            vm.warp(block.timestamp + timing.provingWindow / 2);
        }
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow / 2);
        uint256 still = _pokeGas();
        vm.snapshotGasLastCall("MarketLedger", "poke, averages move only");
        _step(99);
        vm.warp(block.timestamp + timing.provingWindow / 2);
        uint256 moving = _pokeGas();
        vm.snapshotGasLastCall("MarketLedger", "poke, prices and funding move");
        // The first 2048 rounds pay 51 300 more than later ones, whose words in the ring are not zero.
        assertLe(still, 700_000, "averages move only");
        assertLe(moving, 900_000, "prices and funding move");
        assertLt(still, moving);
    }

    function test_gas_of_fold() public {
        _flat(1e12);
        funding.set(new int128[](16));
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow / 2);
        ledger.poke();
        vm.warp(block.timestamp + timing.provingWindow / 2);
        uint256 still = _pokeGas();
        int128[] memory indices = new int128[](16);
        for (uint256 u = 0; u < 16; ++u) {
            feeds[u].set(1.03e12, 1e9);
            indices[u] = -12_345_678_901;
        }
        funding.set(indices);
        vm.warp(block.timestamp + timing.provingWindow / 2);
        // What differs: 48 folded signals, 16 words of storage that change, and the point that changes.
        uint256 each = (_pokeGas() - still) / 48;
        assertLe(each, 7_200, "a folded signal, its storage included");
        vm.snapshotValue("MarketLedger", "a folded signal, its storage included", each);
    }

    function _pokeGas() private returns (uint256 used) {
        vm.cool(address(ledger));
        vm.cool(address(profile));
        vm.cool(address(table));
        vm.cool(address(funding));
        for (uint256 u = 0; u < 16; ++u) {
            vm.cool(address(feeds[u]));
        }
        uint256 before = gasleft();
        ledger.poke();
        return before - gasleft();
    }
}
