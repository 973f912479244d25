// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {WordsVerifier} from "../../../contracts/clearing/WordsVerifier.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {BoundWords} from "../../../contracts/lib/BoundWords.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {Trapdoor} from "./Trapdoor.sol";

/// What a prover without a circuit knows: the secrets behind a verifier's key, so that it proves any words, and only
/// those.
library WordsTrapdoor {
    uint256 private constant IC0 = 0x1c0;
    uint256 private constant IC3 = 0x1c3;

    function verifier(uint256 wordCount) internal returns (WordsVerifier) {
        return new WordsVerifier(Trapdoor.key(), Trapdoor.point(IC0), Trapdoor.point(IC3), wordCount);
    }

    function prove(BoundWordsProbe probe, uint256 hash, uint256[] memory words, uint256 nonce)
        internal
        view
        returns (Proof memory)
    {
        (uint256 challenge, uint256 sum) = probe.bind(hash, words);
        uint256 folded = addmod(IC0, mulmod(sum, IC3, Spec.FIELD_R), Spec.FIELD_R);
        return Trapdoor.prove(folded, hash, challenge, nonce);
    }
}

/// Binds words that lie in calldata.
contract BoundWordsProbe {
    function bind(uint256 hash, uint256[] calldata words) external pure returns (uint256 challenge, uint256 sum) {
        return BoundWords.bind(hash, words);
    }
}
