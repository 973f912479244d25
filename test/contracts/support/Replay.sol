// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {IMarketLedger} from "../../../contracts/interfaces/IMarketLedger.sol";
import {Bn254, Sum} from "../../../contracts/lib/Bn254.sol";
import {RiskProfile} from "../../../contracts/RiskProfile.sol";
import {G1} from "../../../contracts/types/Groth16.sol";
import {Round} from "../../../contracts/types/Round.sol";
import {MarketFixture} from "./Market.sol";

/// Moves the market, and reads rounds back from their events as an auditor does.
abstract contract ReplayFixture is MarketFixture {
    struct Seen {
        uint64 epoch;
        uint64 time;
        uint128 odometer;
        uint128 sleeveOdometer;
        uint256 x;
        uint256 y;
        uint64[] low;
        uint64[] high;
        int128[] funding;
    }

    function _flat(uint64 price) internal {
        for (uint256 u = 0; u < ledger.listed(); ++u) {
            feeds[u].set(price, 0);
        }
    }

    /// Moves every feed by up to a fifth, with confidence, and funding by a little. Returns asset 0's price.
    function _step(uint256 draw) internal returns (uint256 first) {
        int128[] memory indices = funding.read();
        for (uint256 u = 0; u < ledger.listed(); ++u) {
            uint256 own = uint256(keccak256(abi.encode(draw, u)));
            (uint64 price,,) = feeds[u].read();
            price = uint64(uint256(price) * (800 + own % 451) / 1000);
            if (u == 0) feeds[u].set(price, 0);
            else if ((own >> 100) & 3 != 0) feeds[u].set(price, price / 10_000);
            indices[u] += int128(int256((own >> 16) % (price / 500 + 1))) - int128(uint128(price) / 1000);
        }
        funding.set(indices);
        (uint64 spot,,) = feeds[0].read();
        return spot;
    }

    function _poke() internal returns (Seen memory) {
        vm.recordLogs();
        ledger.poke();
        return _seen(vm.getRecordedLogs());
    }

    /// The newest round as its event would say it.
    function _lastSeen() internal view returns (Seen memory seen) {
        Round memory round = ledger.latestRound();
        seen = Seen(
            round.epoch,
            round.time,
            round.odometer,
            round.sleeveOdometer,
            round.folded.x,
            round.folded.y,
            new uint64[](ledger.listed()),
            new uint64[](ledger.listed()),
            new int128[](ledger.listed())
        );
        for (uint256 u = 0; u < ledger.listed(); ++u) {
            (seen.low[u], seen.high[u], seen.funding[u]) = ledger.priceOf(u);
        }
    }

    function _seen(Vm.Log[] memory logs) internal pure returns (Seen memory seen) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarketLedger.RoundCommitted.selector) continue;
            seen.epoch = uint64(uint256(logs[i].topics[2]));
            bytes memory data = logs[i].data;
            (seen.time, seen.odometer, seen.sleeveOdometer) = abi.decode(data, (uint64, uint128, uint128));
            (,,, seen.x, seen.y, seen.low, seen.high, seen.funding) =
                abi.decode(data, (uint64, uint128, uint128, uint256, uint256, uint64[], uint64[], int128[]));
        }
    }

    function _foldAnew(Seen memory seen) internal view returns (G1 memory) {
        return _foldAnew(seen, profile);
    }

    /// The point of an event, from the profile's: what an auditor does.
    function _foldAnew(Seen memory seen, RiskProfile with_) internal view returns (G1 memory) {
        Sum memory sum;
        G1 memory start = with_.folded();
        (sum.x, sum.y) = (start.x, start.y);
        for (uint256 u = 0; u < seen.low.length; ++u) {
            _add(sum, Spec.SIGNAL_LOW + u, seen.low[u]);
            _add(sum, Spec.SIGNAL_HIGH + u, seen.high[u]);
            _add(
                sum,
                Spec.SIGNAL_FUNDING + u,
                addmod(uint256(int256(seen.funding[u]) + 2 ** 64), Spec.FIELD_R - 2 ** 64, Spec.FIELD_R)
            );
        }
        return G1(sum.x, sum.y);
    }

    function _add(Sum memory sum, uint256 signal, uint256 value) internal view {
        G1 memory point = table.pointAt(signal + 1);
        Bn254.addMul(sum, point.x, point.y, value);
    }
}
