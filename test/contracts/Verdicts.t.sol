// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Spec} from "../../contracts/generated/Spec.sol";
import {G1, Proof} from "../../contracts/types/Groth16.sol";
import {Vectors} from "./support/Vectors.sol";
import {Statement, Verifier} from "./support/Verifier.sol";

/// The contract's verifier against snarkjs' verdicts, which `scripts/verdicts.ts` recorded. They are of real proofs, as
/// they are, re-randomised, swapped, and altered or aliased in every word.
contract VerdictsTest is Test {
    /// As written: `edits` are index and word by turns, of commitment, claim and the proof's eight coordinates.
    struct Written {
        bool accepted;
        uint256[] edits;
        uint256 market;
        string name;
        uint256 proof;
    }

    struct Case {
        string name;
        uint256 market;
        uint256 commitment;
        uint256 claim;
        Proof proof;
        bool accepted;
        /// Every word below its modulus. snarkjs does not ask that of coordinates.
        bool canonical;
    }

    uint256 private constant WORDS = 10;
    uint256 private constant PLENTY = 2_000_000;

    Verifier private verifier;
    G1[] private folded;
    Case[] private cases;
    Vectors.Proven private honest;

    function setUp() public {
        string memory text = Vectors.json();
        verifier = new Verifier(Vectors.key(text));
        for (uint256 i = 0; i < Vectors.MARKETS; ++i) {
            folded.push(Vectors.market(text, i).folded);
        }
        Vectors.Proven[] memory proven = new Vectors.Proven[](Vectors.count(text));
        for (uint256 i = 0; i < proven.length; ++i) {
            proven[i] = Vectors.proven(text, i);
        }
        honest = proven[0];
        bytes memory written = vm.parseJsonTypeArray(
            vm.readFile("test/vectors/verdicts.json"),
            ".cases",
            "Written(bool accepted,uint256[] edits,uint256 market,string name,uint256 proof)"
        );
        Written[] memory list = abi.decode(written, (Written[]));
        for (uint256 i = 0; i < list.length; ++i) {
            cases.push(_case(list[i], proven[list[i].proof]));
        }
    }

    // shows: P36, T9
    function test_verdict_matches_snarkjs_but_aliases() public view {
        uint256 accepted;
        uint256 aliased;
        for (uint256 i = 0; i < cases.length; ++i) {
            Case memory c = cases[i];
            bool expected = c.accepted && c.canonical;
            assertEq(_verifies(c, PLENTY), expected, c.name);
            if (expected) ++accepted;
            else if (c.accepted) ++aliased;
        }
        // As proven and re-randomised, of six proofs at least; and eight coordinates of each.
        assertGe(accepted, 12);
        assertGe(aliased, 48);
        assertGe(cases.length, 250);
    }

    // shows: P38, T9
    /// Before or after an honest proof in a batch, each is accepted or refused as it is alone.
    function test_verdict_of_batch_matches_one_by_one() public view {
        for (uint256 i = 0; i < cases.length; ++i) {
            for (uint256 at = 0; at < 2; ++at) {
                assertEq(
                    _verifiesInBatch(cases[i], at, 2 * PLENTY), cases[i].accepted && cases[i].canonical, cases[i].name
                );
            }
        }
    }

    // shows: P36, T10
    /// At any gas limit a false proof is never accepted, and a true one only with the gas that its precompiles cost.
    function test_fuzz_verdict_unmoved_by_gas_limit(uint256 index, uint256 gasGiven) public view {
        Case memory c = cases[bound(index, 0, cases.length - 1)];
        gasGiven = bound(gasGiven, 0, 400_000);
        bool verified = _verifies(c, gasGiven);
        if (!c.accepted || !c.canonical || gasGiven <= 193_300) assertFalse(verified, c.name);
        // 214 000 for a pairing of five, and six multiplications or more.
        verified = _verifiesInBatch(c, gasGiven % 2, gasGiven);
        if (!c.accepted || !c.canonical || gasGiven <= 251_000) assertFalse(verified, c.name);
    }

    /// A true proof, with gas in steps of a hundredth of a pairing: once there is enough, more does no harm.
    function test_verdict_passes_from_one_gas_limit() public view {
        bool passed;
        for (uint256 gasGiven = 0; gasGiven <= 400_000; gasGiven += 2_000) {
            bool verified = _verifies(cases[0], gasGiven);
            assertTrue(verified || !passed);
            passed = verified;
        }
        assertTrue(passed);
    }

    function _verifies(Case memory c, uint256 gasGiven) private view returns (bool verified) {
        (verified,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verify, (folded[c.market], c.commitment, c.claim, c.proof))
        );
    }

    function _verifiesInBatch(Case memory c, uint256 at, uint256 gasGiven) private view returns (bool verified) {
        Statement[] memory statements = new Statement[](2);
        Proof[] memory proofs = new Proof[](2);
        (statements[at], proofs[at]) = (Statement(c.market, c.commitment, c.claim), c.proof);
        (statements[1 - at], proofs[1 - at]) = (Statement(honest.market, honest.commitment, honest.claim), honest.proof);
        (verified,) = address(verifier).staticcall{gas: gasGiven}(
            abi.encodeCall(verifier.verifyBatch, (2, folded, statements, proofs))
        );
    }

    function _case(Written memory written, Vectors.Proven memory p) private pure returns (Case memory c) {
        uint256[WORDS] memory words = [
            p.commitment,
            p.claim,
            p.proof.a[0],
            p.proof.a[1],
            p.proof.b[0],
            p.proof.b[1],
            p.proof.b[2],
            p.proof.b[3],
            p.proof.c[0],
            p.proof.c[1]
        ];
        for (uint256 i = 0; i < written.edits.length; i += 2) {
            words[written.edits[i]] = written.edits[i + 1];
        }
        c.canonical = true;
        for (uint256 i = 0; i < WORDS; ++i) {
            if (words[i] >= (i < 2 ? Spec.FIELD_R : Spec.FIELD_Q)) c.canonical = false;
        }
        (c.name, c.market, c.accepted) = (written.name, written.market, written.accepted);
        (c.commitment, c.claim) = (words[0], words[1]);
        c.proof = Proof([words[2], words[3]], [words[4], words[5], words[6], words[7]], [words[8], words[9]]);
    }
}
