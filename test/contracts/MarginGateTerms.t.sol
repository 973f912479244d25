// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {GateTerms} from "../../contracts/types/Gate.sol";
import {VerifyingKey} from "../../contracts/types/Groth16.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {SettableProfile} from "./support/SettableMarket.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Construction and interfaces.
contract MarginGateTermsTest is GateFixture {
    // shows: A18
    function test_terms_refused_unsafe() public {
        GateTerms memory terms = _terms();
        // An hour in which the market is not stale, of which ten minutes can be proven in, and half an hour's average.
        terms.gracePeriod = 80 minutes;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.GraceTooShort.selector, 80 minutes, 80 minutes));
        terms = _terms();
        (terms.gracePeriod, terms.callPeriod) = (1 days, 1 days);
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.GraceTooLong.selector, 1 days, 1 days));
        terms = _terms();
        terms.callPeriod = GRACE_PERIOD - 1;
        _refuseTerms(
            terms, abi.encodeWithSelector(IMarginGate.CallTooShort.selector, GRACE_PERIOD, GRACE_PERIOD - 1)
        );
        terms = _terms();
        terms.maxProofAge = 10 minutes - 1;
        _refuseTerms(
            terms, abi.encodeWithSelector(IMarginGate.ProofAgeTooShort.selector, 10 minutes, 10 minutes - 1)
        );
        terms = _terms();
        terms.callMargin = 10_000;
        _refuseTerms(terms, abi.encodeWithSelector(IMarginGate.CallMarginTooLow.selector, 10_000, 10_000));
        terms = _terms();
        // A book lives for a day at most.
        registry = new BookRegistry(profile, 1 days + 2 * GRACE_PERIOD);
        _refuseTerms(
            terms,
            abi.encodeWithSelector(
                IMarginGate.RotationTooFast.selector, 1 days + 2 * GRACE_PERIOD, 1 days + 2 * GRACE_PERIOD
            )
        );
    }

    function test_terms_accepted_just_safe() public {
        GateTerms memory terms =
            GateTerms({
                maxProofAge: 10 minutes, gracePeriod: 80 minutes + 1, callPeriod: 80 minutes + 1, callMargin: 10_001
            });
        registry = new BookRegistry(profile, 1 days + 2 * terms.gracePeriod + 1);
        assertEq(abi.encode(new MarginGate(ledger, registry, Trapdoor.key(), terms).terms()), abi.encode(terms));
        registry = new BookRegistry(profile, ROTATION_DELAY);
        (terms.gracePeriod, terms.callPeriod) = (1 days - 1, 1 days - 1);
        assertEq(abi.encode(new MarginGate(ledger, registry, Trapdoor.key(), terms).terms()), abi.encode(terms));
    }

    function test_registry_refused_of_another_profile() public {
        SettableProfile other = new SettableProfile();
        registry = new BookRegistry(other, ROTATION_DELAY);
        _refuseTerms(_terms(), abi.encodeWithSelector(IMarginGate.ProfileMismatch.selector, profile, other));
    }

    function _refuseTerms(GateTerms memory terms, bytes memory error) private {
        VerifyingKey memory key = Trapdoor.key();
        vm.expectRevert(error);
        new MarginGate(ledger, registry, key, terms);
    }

    function test_interface_supported() public view {
        assertTrue(gate.supportsInterface(type(IMarginGate).interfaceId));
        assertTrue(gate.supportsInterface(type(IERC165).interfaceId));
        assertFalse(gate.supportsInterface(0xffffffff));
        assertEq(address(gate.ledger()), address(ledger));
        assertEq(address(gate.registry()), address(registry));
        assertEq(address(gate.profile()), address(profile));
        assertEq(keccak256(abi.encode(gate.terms())), keccak256(abi.encode(_terms())));
    }
}
