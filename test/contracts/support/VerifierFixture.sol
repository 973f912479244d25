// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {G1, Proof, VerifyingKey} from "../../../contracts/types/Groth16.sol";
import {Vectors} from "./Vectors.sol";
import {Statement, Verifier} from "./Verifier.sol";

/// A verifier of the development key, and real proofs in two markets.
abstract contract VerifierFixture is Test {
    Verifier internal verifier;
    VerifyingKey internal vk;
    Vectors.Proven[] internal proven;
    G1[] internal folded;

    function setUp() public {
        string memory text = Vectors.json();
        vk = Vectors.key(text);
        verifier = new Verifier(vk);
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            proven.push(Vectors.proven(text, i));
        }
        for (uint256 i = 0; i < Vectors.MARKETS; ++i) {
            folded.push(Vectors.market(text, i).folded);
        }
    }

    /// Proofs from `first` on, again from the first after the last.
    function _batch(uint256 size, uint256 first)
        internal
        view
        returns (G1[] memory rounds, Statement[] memory statements, Proof[] memory proofs)
    {
        rounds = folded;
        statements = new Statement[](size);
        proofs = new Proof[](size);
        for (uint256 i = 0; i < size; ++i) {
            Vectors.Proven memory p = proven[(first + i) % proven.length];
            statements[i] = Statement(p.market, p.commitment, p.claim);
            proofs[i] = p.proof;
        }
    }

    function _get(Proof memory proof, uint256 at) internal pure returns (uint256) {
        if (at < 2) return proof.a[at];
        return at < 6 ? proof.b[at - 2] : proof.c[at - 6];
    }

    function _put(Proof memory proof, uint256 at, uint256 coordinate) internal pure {
        if (at < 2) proof.a[at] = coordinate;
        else if (at < 6) proof.b[at - 2] = coordinate;
        else proof.c[at - 6] = coordinate;
    }
}
