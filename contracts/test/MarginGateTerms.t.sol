// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {BookRegistry} from "../BookRegistry.sol";
import {MarginGate} from "../MarginGate.sol";
import {GateTerms, IMarginGate} from "../interfaces/IMarginGate.sol";
import {VerifyingKey} from "../lib/FoldedGroth16.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {SettableProfile} from "./support/SettableMarket.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Construction and interfaces.
contract MarginGateTermsTest is GateFixture {
    function test_refuses_terms_that_are_unsafe() public {
        GateTerms memory terms = _terms();
        terms.gracePeriod = 30 minutes;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.GraceTooShort.selector, 30 minutes, 30 minutes));
        terms = _terms();
        terms.maxProofAge = 0;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.PeriodZero.selector));
        terms = _terms();
        terms.callPeriod = 0;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.PeriodZero.selector));
        terms = _terms();
        terms.callMargin = 10_000;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.CallMarginTooLow.selector, 10_000, 10_000));
        terms = _terms();
        terms.gracePeriod = 6 days;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.RotationTooFast.selector, 7 days, ROTATION_DELAY));
    }

    function test_takes_terms_that_are_just_safe() public {
        GateTerms memory terms =
            GateTerms({maxProofAge: 1, gracePeriod: 30 minutes + 1, callPeriod: 1, callMargin: 10_001});
        assertEq(abi.encode(new MarginGate(ledger, registry, Trapdoor.key(), terms).terms()), abi.encode(terms));
        // A book lives for a day at most.
        terms.gracePeriod = uint32(ROTATION_DELAY - 1 days - 1);
        assertEq(abi.encode(new MarginGate(ledger, registry, Trapdoor.key(), terms).terms()), abi.encode(terms));
    }

    function test_refuses_a_registry_of_another_profile() public {
        SettableProfile other = new SettableProfile();
        registry = new BookRegistry(other, ROTATION_DELAY);
        _refuseTerms(_terms(), abi.encodeWithSelector(IMarginGate.ProfileMismatch.selector, profile, other));
    }

    function _refuseTerms(GateTerms memory terms, bytes memory error) private {
        VerifyingKey memory key = Trapdoor.key();
        vm.expectRevert(error);
        new MarginGate(ledger, registry, key, terms);
    }

    function test_says_what_it_is() public view {
        assertTrue(gate.supportsInterface(type(IMarginGate).interfaceId));
        assertTrue(gate.supportsInterface(type(IERC165).interfaceId));
        assertFalse(gate.supportsInterface(0xffffffff));
        assertEq(address(gate.ledger()), address(ledger));
        assertEq(address(gate.registry()), address(registry));
        assertEq(address(gate.profile()), address(profile));
        assertEq(keccak256(abi.encode(gate.terms())), keccak256(abi.encode(_terms())));
    }
}
