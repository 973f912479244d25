// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MarketFixture} from "./support/Market.sol";

/// What a poke of 16 assets costs as a transaction, with feeds that cost as little as feeds can.
/// forge-config: default.isolate = true
contract PokeGasTest is MarketFixture {
    uint256 private _seed;
    int128[] private _indices = new int128[](16);

    function setUp() public {
        _setUpMarket();
    }

    function test_gas_of_rounds_fresh_and_full_ring() public {
        // Until the observations of the average have gone round.
        for (uint256 i = 0; i < ledger.OBSERVATIONS() + 2; ++i) {
            _round(16);
        }
        _check("fresh words in the ring of rounds");
        vm.pauseGasMetering();
        while (ledger.latestRound().number <= ledger.ROUNDS()) {
            _round(0);
        }
        for (uint256 i = 0; i < ledger.OBSERVATIONS(); ++i) {
            _round(16);
        }
        vm.resumeGasMetering();
        _check("the ring of rounds has gone round");
    }

    function _check(string memory ring) private {
        _settle();
        _round(0);
        uint256 half = _round(8);
        _settle();
        uint256 all = _round(16);
        assertLe((all - half) / 24, 7_200, ring);
    }

    /// Until the averages are where the prices are.
    function _settle() private {
        for (uint256 time = 0; time <= 2 * timing.twapWindow; time += timing.provingWindow / 2) {
            _round(0);
        }
    }

    /// A round in which price, confidence and funding of the first so many assets move: low, high and funding.
    function _round(uint256 assets) private returns (uint256) {
        ++_seed;
        for (uint256 u = 0; u < assets; ++u) {
            feeds[u].set(uint64(1e12 + _seed * 1_234_567_891), uint64(_seed * 12_345_679));
            _indices[u] = int128(int256(_seed * 1e9));
        }
        funding.set(_indices);
        vm.warp(block.timestamp + timing.provingWindow / 2);
        ledger.poke();
        return vm.lastCallGas().gasTotalUsed;
    }
}
