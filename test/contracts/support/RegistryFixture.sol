// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Attestation, AttestedBook} from "../../../contracts/types/Book.sol";
import {GateFixture} from "./GateFixture.sol";

/// The registry of a gate's fixture, with a third key, and lists of attesters.
abstract contract RegistryFixture is GateFixture {
    uint256 internal constant THIRD_KEY = 0x3d;

    function _openThree(uint8 threshold) internal {
        vm.prank(owner);
        account = registry.open("three", false, _list(venue, vm.addr(THIRD_KEY), custodian), threshold);
    }

    /// Signed by venue, custodian and the third.
    function _all(AttestedBook memory book) internal view returns (Attestation[] memory all) {
        all = new Attestation[](3);
        (all[0], all[1], all[2]) =
        (_sign(account, book, VENUE_KEY), _sign(account, book, CUSTODIAN_KEY), _sign(account, book, THIRD_KEY));
        for (uint256 i = 1; i < 3; ++i) {
            for (uint256 j = i; j > 0 && all[j - 1].attester > all[j].attester; --j) {
                (all[j - 1], all[j]) = (all[j], all[j - 1]);
            }
        }
    }

    function _refuse(AttestedBook memory book, bytes memory error) internal {
        _refuse(book, _signatures(account, book), error);
    }

    function _refuse(AttestedBook memory book, Attestation[] memory attestations, bytes memory error) internal {
        vm.expectRevert(error);
        registry.attest(account, book, attestations);
    }

    function _list(address a) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = a;
    }

    function _list(address a, address b) internal pure returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (a, b);
    }

    function _list(address a, address b, address c) internal pure returns (address[] memory list) {
        list = new address[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}
