// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {VmSafe} from "forge-std/Vm.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {G1, Proof, VerifyingKey} from "../../../contracts/types/Groth16.sol";
import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";

/// The real key, markets and proofs that `scripts/vectors.ts` wrote.
library Vectors {
    VmSafe private constant vm = VmSafe(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 internal constant MARKETS = 2;
    uint256 internal constant OTHERS = 6;

    struct Market {
        uint256 listing;
        uint256 listed;
        uint256[PROFILE_WORDS] profile;
        uint256[] low;
        uint256[] high;
        int256[] funding;
        G1 profilePoint;
        G1 folded;
    }

    struct Proven {
        uint256 market;
        uint256 commitment;
        uint256 claim;
        Proof proof;
    }

    function json() internal view returns (string memory) {
        return vm.readFile("test/vectors/proofs.json");
    }

    /// What SignalTable takes.
    function points(string memory text) internal pure returns (bytes memory) {
        return abi.encodePacked(vm.parseJsonUintArray(text, ".key.ic"));
    }

    function key(string memory text) internal pure returns (VerifyingKey memory vk) {
        uint256[] memory ic = vm.parseJsonUintArray(text, ".key.ic");
        vk.alpha = _g1(text, ".key.alpha");
        vk.beta = _four(text, ".key.beta");
        vk.gamma = _four(text, ".key.gamma");
        vk.delta = _four(text, ".key.delta");
        vk.ic1 = G1(ic[2], ic[3]);
        vk.ic2 = G1(ic[4], ic[5]);
    }

    function market(string memory text, uint256 index) internal pure returns (Market memory m) {
        string memory at = string.concat(".markets[", vm.toString(index), "]");
        m.listing = vm.parseJsonUint(text, string.concat(at, ".listing"));
        m.listed = vm.parseJsonUint(text, string.concat(at, ".listed"));
        uint256[] memory words = vm.parseJsonUintArray(text, string.concat(at, ".profile"));
        for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
            m.profile[i] = words[i];
        }
        m.low = vm.parseJsonUintArray(text, string.concat(at, ".low"));
        m.high = vm.parseJsonUintArray(text, string.concat(at, ".high"));
        words = vm.parseJsonUintArray(text, string.concat(at, ".funding"));
        m.funding = new int256[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            m.funding[i] = words[i] > Spec.FIELD_R / 2 ? -int256(Spec.FIELD_R - words[i]) : int256(words[i]);
        }
        m.profilePoint = _g1(text, string.concat(at, ".profilePoint"));
        m.folded = _g1(text, string.concat(at, ".folded"));
    }

    function count(string memory text) internal view returns (uint256 n) {
        while (vm.keyExistsJson(text, string.concat(".proofs[", vm.toString(n), "]"))) {
            ++n;
        }
    }

    /// A plain claim.
    function proven(string memory text, uint256 index) internal pure returns (Proven memory) {
        return _provenAt(text, string.concat(".proofs[", vm.toString(index), "]"));
    }

    /// A claim with a sleeve or a support, in the first market.
    function other(string memory text, uint256 index) internal pure returns (Proven memory) {
        return _provenAt(text, string.concat(".others[", vm.toString(index), "]"));
    }

    function _provenAt(string memory text, string memory at) private pure returns (Proven memory p) {
        p.market = vm.parseJsonUint(text, string.concat(at, ".market"));
        p.commitment = vm.parseJsonUint(text, string.concat(at, ".commitment"));
        p.claim = vm.parseJsonUint(text, string.concat(at, ".claim"));
        uint256[] memory a = vm.parseJsonUintArray(text, string.concat(at, ".a"));
        uint256[] memory c = vm.parseJsonUintArray(text, string.concat(at, ".c"));
        p.proof = Proof([a[0], a[1]], _four(text, string.concat(at, ".b")), [c[0], c[1]]);
    }

    function _g1(string memory text, string memory at) private pure returns (G1 memory) {
        uint256[] memory words = vm.parseJsonUintArray(text, at);
        return G1(words[0], words[1]);
    }

    function _four(string memory text, string memory at) private pure returns (uint256[4] memory) {
        uint256[] memory words = vm.parseJsonUintArray(text, at);
        return [words[0], words[1], words[2], words[3]];
    }
}
