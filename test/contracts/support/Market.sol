// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {SequencerGuard} from "../../../contracts/feeds/SequencerGuard.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {IFundingSource} from "../../../contracts/interfaces/IFundingSource.sol";
import {IPriceFeed} from "../../../contracts/interfaces/IPriceFeed.sol";
import {SignalTable} from "../../../contracts/lib/SignalTable.sol";
import {MarketLedger} from "../../../contracts/MarketLedger.sol";
import {RiskProfile} from "../../../contracts/RiskProfile.sol";
import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";
import {Vectors} from "./Vectors.sol";

/// A feed that answers what a test sets.
contract SettableFeed is IPriceFeed {
    uint64 private _price;
    uint64 private _confidence;

    function set(uint64 price, uint64 confidence) external {
        (_price, _confidence) = (price, confidence);
    }

    function read() external view returns (uint64, uint64, uint64) {
        return (_price, _confidence, uint64(block.timestamp));
    }
}

contract SettableFunding is IFundingSource {
    int128[] private _indices;

    function set(int128[] memory indices) external {
        _indices = indices;
    }

    function read() external view returns (int128[] memory) {
        return _indices;
    }
}

/// A market over the real key and the vectors' first profile, with the roles of a deployment.
abstract contract MarketFixture is Test {
    uint64 internal constant GOVERNOR_ROLE = 1;
    uint64 internal constant GUARDIAN_ROLE = 2;
    uint32 internal constant DELAY = 2 days;
    MarketLedger.Timing internal timing = MarketLedger.Timing({
        twapWindow: 30 minutes, minInterval: 1 minutes, provingWindow: 10 minutes, maxRoundAge: 2 hours
    });

    /// Slots 0, 3 and 5.
    uint16 internal sleeveSlots = 41;

    address internal governor = makeAddr("governor");
    address internal guardian = makeAddr("guardian");
    AccessManager internal manager;
    SignalTable internal table;
    RiskProfile internal profile;
    MarketLedger internal ledger;
    SettableFeed[] internal feeds;
    SettableFunding internal funding;
    Vectors.Market[2] internal vectors;

    function _setUpMarket() internal {
        vm.warp(1_621_400_000);
        string memory text = Vectors.json();
        for (uint256 i = 0; i < Vectors.MARKETS; ++i) {
            vectors[i] = Vectors.market(text, i);
        }
        manager = new AccessManager(address(this));
        table = new SignalTable(Vectors.points(text));
        profile = _newProfile(vectors[0].listed, vectors[0].profile);
        funding = new SettableFunding();
        for (uint256 u = 0; u < vectors[0].listed; ++u) {
            feeds.push(new SettableFeed());
        }
        _say(0);
        ledger = _newLedger(profile, _feeds(vectors[0].listed));
        _govern();
    }

    function _newProfile(uint256 listed, uint256[PROFILE_WORDS] memory words) internal returns (RiskProfile) {
        return new RiskProfile(address(manager), table, vectors[0].listing, listed, words);
    }

    /// The vectors' profile with padding beyond the first `listed` assets.
    function _padded(uint256 listed) internal view returns (uint256[PROFILE_WORDS] memory words) {
        words = vectors[0].profile;
        uint256 kept = (uint256(1) << (16 * listed)) - 1;
        for (uint256 i = 1; i < PROFILE_WORDS; ++i) {
            if (i < 5 || i >= 9) words[i] &= kept;
        }
        for (uint256 u = listed; u < 16; ++u) {
            words[2] |= Spec.BPS << (16 * u);
            words[5 + u / 4] &= ~(uint256(type(uint64).max) << (64 * (u % 4)));
        }
    }

    function _newLedger(RiskProfile profile_, IPriceFeed[] memory feeds_) internal returns (MarketLedger) {
        uint16 slots = sleeveSlots & uint16((uint256(1) << feeds_.length) - 1);
        return new MarketLedger(
            address(manager), table, profile_, timing, feeds_, funding, SequencerGuard(address(0)), slots
        );
    }

    function _govern() private {
        bytes4[] memory slow = new bytes4[](2);
        (slow[0], slow[1]) = (RiskProfile.setProfile.selector, RiskProfile.unpause.selector);
        manager.setTargetFunctionRole(address(profile), slow, GOVERNOR_ROLE);
        bytes4[] memory sources = new bytes4[](1);
        sources[0] = MarketLedger.setSources.selector;
        manager.setTargetFunctionRole(address(ledger), sources, GOVERNOR_ROLE);
        bytes4[] memory fast = new bytes4[](2);
        (fast[0], fast[1]) = (RiskProfile.tighten.selector, RiskProfile.pause.selector);
        manager.setTargetFunctionRole(address(profile), fast, GUARDIAN_ROLE);
        manager.grantRole(GOVERNOR_ROLE, governor, DELAY);
        manager.grantRole(GUARDIAN_ROLE, guardian, 0);
    }

    /// Runs a call of the governor, with its delay.
    function _execute(address target, bytes memory data) internal {
        vm.startPrank(governor);
        manager.schedule(target, data, 0);
        vm.warp(block.timestamp + DELAY);
        manager.execute(target, data);
        vm.stopPrank();
    }

    function _feeds(uint256 count) internal view returns (IPriceFeed[] memory list) {
        list = new IPriceFeed[](count);
        for (uint256 u = 0; u < count; ++u) {
            list[u] = feeds[u];
        }
    }

    /// Sets the feeds to the middle of vector `index`'s prices, ± half its spread.
    function _say(uint256 index) internal {
        Vectors.Market storage market = vectors[index];
        int128[] memory indices = new int128[](market.listed);
        for (uint256 u = 0; u < market.listed; ++u) {
            (uint256 low, uint256 high) = (market.low[u], market.high[u]);
            feeds[u].set(uint64((low + high) / 2), uint64((high - low) / 2));
            indices[u] = int128(market.funding[u]);
        }
        funding.set(indices);
    }
}
