// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../../contracts/BookRegistry.sol";
import {DerivedLedger} from "../../../contracts/DerivedLedger.sol";
import {MarginGate} from "../../../contracts/MarginGate.sol";
import {RiskProfile} from "../../../contracts/RiskProfile.sol";
import {GateTerms} from "../../../contracts/types/Gate.sol";
import {VerifyingKey} from "../../../contracts/types/Groth16.sol";
import {PROFILE_WORDS, ProfileWords} from "../../../contracts/types/ProfileWords.sol";
import {ProfileFixture} from "./ProfileFixture.sol";
import {ReplayFixture} from "./Replay.sol";

/// The fixture's market, and a second one at its prices under a stricter profile, with the same roles.
abstract contract DerivedFixture is ProfileFixture, ReplayFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint64 internal constant ROTATION_DELAY = 14 days;
    uint32 internal constant GRACE = 4 hours;
    /// By how much the stricter profile asks more liquidity of each asset, basis points.
    uint256 internal constant STRICTER = 300;

    RiskProfile internal strict;
    DerivedLedger internal derived;

    function _setUpDerived() internal {
        _setUpMarket();
        strict = _newProfile(vectors[0].listed, _withMore(vectors[0].profile, STRICTER));
        bytes4[] memory slow = new bytes4[](2);
        (slow[0], slow[1]) = (RiskProfile.setProfile.selector, RiskProfile.unpause.selector);
        manager.setTargetFunctionRole(address(strict), slow, GOVERNOR_ROLE);
        bytes4[] memory fast = new bytes4[](2);
        (fast[0], fast[1]) = (RiskProfile.tighten.selector, RiskProfile.pause.selector);
        manager.setTargetFunctionRole(address(strict), fast, GUARDIAN_ROLE);
        derived = new DerivedLedger(ledger, strict);
    }

    /// The profile with more liquidity of every asset, basis points.
    function _withMore(uint256[PROFILE_WORDS] memory words, uint256 more)
        internal
        pure
        returns (uint256[PROFILE_WORDS] memory next)
    {
        next = words;
        for (uint256 u = 0; u < 16; ++u) {
            uint256 lane = ProfileWords.LIQUIDITY + u;
            next = _lane(next, ProfileWords.RATES_WORD + lane / 16, lane % 16, 16, words.rate(lane) + more);
        }
    }

    /// The guardian tightens a profile by a little: its next epoch begins.
    function _tighten(RiskProfile of_) internal {
        uint256[PROFILE_WORDS] memory next = _withMore(of_.profileWords(), 1);
        vm.prank(guardian);
        of_.tighten(next);
    }

    function _pause(RiskProfile of_) internal {
        vm.prank(guardian);
        of_.pause();
    }

    function _unpause(RiskProfile of_) internal {
        _execute(address(of_), abi.encodeCall(RiskProfile.unpause, ()));
    }

    /// The governor has a profile expire at `end`, and fall back to itself.
    function _setToExpire(RiskProfile of_, uint64 end) internal {
        uint256[PROFILE_WORDS] memory words = of_.profileWords();
        _execute(address(of_), abi.encodeCall(RiskProfile.setProfile, (words, end, words)));
    }

    function _newGate(bool onDerived, BookRegistry registry, VerifyingKey memory key) internal returns (MarginGate) {
        GateTerms memory terms = GateTerms(24 hours, GRACE, 12 hours, 12_500);
        if (onDerived) return new MarginGate(derived, registry, key, terms);
        return new MarginGate(ledger, registry, key, terms);
    }
}
