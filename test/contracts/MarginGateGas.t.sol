// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {AttestedBook, SleeveTerms} from "../../contracts/types/Book.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {GateFixture} from "./support/GateFixture.sol";

/// What proofs cost to execute, as snapshots and within bounds. docs/GAS.md has what mined transactions pay.
contract MarginGateGasTest is GateFixture {
    /// forge-config: default.isolate = true
    function test_gas_of_submit() public {
        _attestNext();
        ledger.move(0);
        _measure("submit, the account's first", 1, _healthy(11_000, 300), 280_000);
        _measure("submit", 2, _healthy(11_000, 300), 260_000);
    }

    /// A record of support is two words, of which the second is mostly rewritten as well.
    /// forge-config: default.isolate = true
    function test_gas_of_submit_with_support() public {
        _attestNext();
        ledger.move(0);
        _measure("submit with dollars taken, the account's first", 1, _with(_healthy(11_000, 300), -1_000_00), 330_000);
        _measure("submit with dollars taken", 2, _with(_healthy(11_000, 300), -2_000_00), 280_000);
        _measure("submit with dollars added, the account's first", 1, _with(_healthy(11_000, 300), 1_000_00), 320_000);
        _measure("submit with dollars added", 2, _with(_healthy(11_000, 300), 2_000_00), 280_000);
    }

    /// The terms of the sleeve in the registry, its round in the ledger, the shocks, and a record of how long it holds.
    /// forge-config: default.isolate = true
    function test_gas_of_submit_with_sleeve() public {
        AttestedBook memory book = _book(1);
        SleeveTerms memory sleeve = _sleeve();
        registry.attestWithSleeve(account, book, sleeve, _sleevedSignatures(account, book, sleeve));
        assertLe(vm.snapshotGasLastCall("BookRegistry", "attestWithSleeve, two signers' first"), 300_000);
        ledger.move(0);
        _measure("submit with a sleeve, the account's first", 1, _sleeved(_healthy(11_000, 300)), 330_000);
        _measure("submit with a sleeve", 2, _sleeved(_healthy(11_000, 300)), 295_000);
    }

    function _measure(string memory name, uint64 round, uint96 claim, uint256 most) private {
        Proof memory proof = _prove(account, round, claim);
        gate.submit(account, round, claim, proof);
        assertLe(vm.snapshotGasLastCall("MarginGate", name), most, name);
    }

    /// forge-config: default.isolate = true
    function test_gas_of_batches() public {
        _measureBatch(16, [uint256(102_000), 85_000]);
        _measureBatch(64, [uint256(92_000), 75_000]);
    }

    /// `most` is gas for each proof: in the first batch of these accounts, and in the next.
    function _measureBatch(uint256 size, uint256[2] memory most) private {
        bytes32[] memory accounts = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            accounts[i] = _open(bytes32(size * 1000 + i), false);
            AttestedBook memory book = _book(1);
            book.commitment = uint256(keccak256(abi.encode(size, i))) >> 8;
            _attest(accounts[i], book);
        }
        for (uint256 turn = 0; turn < 2; ++turn) {
            uint64 round = ledger.move(0);
            IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](size);
            for (uint256 i = 0; i < size; ++i) {
                batch[i] = _submission(accounts[i], round, _healthy(11_000, 300));
            }
            gate.submitBatch(batch);
            string memory name =
                string.concat("submitBatch of ", vm.toString(size), turn == 0 ? ", the accounts' first" : "");
            assertLe(vm.snapshotGasLastCall("MarginGate", name) / size, most[turn], name);
        }
    }
}
