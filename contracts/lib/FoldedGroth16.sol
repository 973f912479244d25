// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {G1, Proof, VerifyingKey} from "../types/Groth16.sol";
import {Bn254, Sum} from "./Bn254.sol";

/// Proofs that are to be verified together: see `_newBatch`, `_append` and `_verifyBatch`.
struct Batch {
    /// How many were appended so far.
    uint256 count;
    /// INSTANCE_BYTES for each: the eight words of the proof, then round, commitment and claim.
    bytes instances;
}

/// Verifies Groth16 proofs whose market signals were folded into one point beforehand:
///
///     e(A, B) = e(alpha, beta) · e(folded + commitment·IC1 + claim·IC2, gamma) · e(C, delta)
///
/// Warning: a folded point means only what the contract that folded it says. Take it from the market ledger only.
/// Warning: proofs can be re-randomised by anybody. Guard against replay by the statement, not by proof bytes.
abstract contract FoldedGroth16 {
    /// A commitment or a claim is not below the scalar field's order r.
    /// @param word the commitment or the claim
    error WordOutOfField(uint256 word);
    /// A coordinate of the proof is not below the base field's order q.
    /// @param coordinate the proof's largest coordinate
    error CoordinateOutOfField(uint256 coordinate);
    /// A batch was verified before it was full, or appended to when it was full, or it is empty and proves nothing.
    /// @param expected how many proofs the batch has room for
    /// @param got how many were appended, with the refused one
    error BatchMismatch(uint256 expected, uint256 got);
    /// A proof of the batch names a round that was not given.
    /// @param round index of the round
    /// @param rounds how many rounds were given
    error RoundMissing(uint256 round, uint256 rounds);
    /// The proof, or one of the batch, is not of its statement under this key.
    error ProofRejected();
    /// gamma = delta: the proving key had no phase-2 contribution, and anybody can forge.
    error KeyWithoutContribution();

    uint256 private constant PAIR_BYTES = 0xc0;
    uint256 private constant PROOF_BYTES = 0x100;
    uint256 private constant INSTANCE_BYTES = 0x160;

    uint256 private immutable ALPHA_X;
    uint256 private immutable ALPHA_Y;
    uint256 private immutable BETA_X1;
    uint256 private immutable BETA_X0;
    uint256 private immutable BETA_Y1;
    uint256 private immutable BETA_Y0;
    uint256 private immutable GAMMA_X1;
    uint256 private immutable GAMMA_X0;
    uint256 private immutable GAMMA_Y1;
    uint256 private immutable GAMMA_Y0;
    uint256 private immutable DELTA_X1;
    uint256 private immutable DELTA_X0;
    uint256 private immutable DELTA_Y1;
    uint256 private immutable DELTA_Y0;
    uint256 private immutable IC1_X;
    uint256 private immutable IC1_Y;
    uint256 private immutable IC2_X;
    uint256 private immutable IC2_Y;

    constructor(VerifyingKey memory vk) {
        if (keccak256(abi.encode(vk.gamma)) == keccak256(abi.encode(vk.delta))) revert KeyWithoutContribution();
        (ALPHA_X, ALPHA_Y) = (vk.alpha.x, vk.alpha.y);
        (BETA_X1, BETA_X0, BETA_Y1, BETA_Y0) = (vk.beta[0], vk.beta[1], vk.beta[2], vk.beta[3]);
        (GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0) = (vk.gamma[0], vk.gamma[1], vk.gamma[2], vk.gamma[3]);
        (DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0) = (vk.delta[0], vk.delta[1], vk.delta[2], vk.delta[3]);
        (IC1_X, IC1_Y) = (vk.ic1.x, vk.ic1.y);
        (IC2_X, IC2_Y) = (vk.ic2.x, vk.ic2.y);
        // The product does not matter. The precompile refuses constants that are no points of their groups.
        uint256[24] memory input;
        _putKey(_at(input), vk.alpha.x, vk.alpha.y, vk.ic1.x, vk.ic1.y, vk.ic2.x, vk.ic2.y);
        Bn254.pairingIsOne(_at(input), 3 * PAIR_BYTES);
    }

    /// The key that proofs are verified under.
    /// @return the key without its points of the market's signals
    function verifyingKey() public view returns (VerifyingKey memory) {
        return VerifyingKey({
            alpha: G1(ALPHA_X, ALPHA_Y),
            beta: [BETA_X1, BETA_X0, BETA_Y1, BETA_Y0],
            gamma: [GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0],
            delta: [DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0],
            ic1: G1(IC1_X, IC1_Y),
            ic2: G1(IC2_X, IC2_Y)
        });
    }

    /// Reverts unless `proof` is valid for these words and the market of `folded`.
    /// @param folded the point that the market's signals were folded into
    /// @param commitment first signal, below r
    /// @param claim second signal, below r
    /// @param proof the proof, each coordinate below q
    function _verify(G1 memory folded, uint256 commitment, uint256 claim, Proof calldata proof) internal view {
        _checkWord(commitment);
        _checkWord(claim);
        _checkCoordinates(proof);

        // The pairs (−A, B), (alpha, beta), (signals, gamma) and (C, delta), each put where the precompile reads it.
        uint256 input;
        uint256 negatedY = Bn254.negated(proof.a[1]);
        // Saves 260 gas over an array that is filled word by word.
        assembly ("memory-safe") {
            input := mload(0x40)
            mstore(0x40, add(input, mul(4, PAIR_BYTES)))
            calldatacopy(input, proof, PAIR_BYTES)
            mstore(add(input, 0x20), negatedY)
            calldatacopy(add(input, mul(3, PAIR_BYTES)), add(proof, PAIR_BYTES), 0x40)
        }
        unchecked {
            _putG1(input + PAIR_BYTES, ALPHA_X, ALPHA_Y);
            _putG2(input + PAIR_BYTES, BETA_X1, BETA_X0, BETA_Y1, BETA_Y0);
            // The sum is made in the room of its pair, before gamma goes there.
            uint256 signals = input + 2 * PAIR_BYTES;
            Bn254.mulTo(signals, IC1_X, IC1_Y, commitment);
            Bn254.mulTo(signals + 0x40, IC2_X, IC2_Y, claim);
            Bn254.addNext(signals);
            _putG1(signals + 0x40, folded.x, folded.y);
            Bn254.addNext(signals);
            _putG2(signals, GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0);
            _putG2(input + 3 * PAIR_BYTES, DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0);
        }
        if (!Bn254.pairingIsOne(input, 4 * PAIR_BYTES)) revert ProofRejected();
    }

    /// Room for `size` proofs.
    /// @param size how many proofs
    /// @return the empty batch
    function _newBatch(uint256 size) internal pure returns (Batch memory) {
        return Batch(0, new bytes(size * INSTANCE_BYTES));
    }

    /// Adds a proof and what it is for.
    /// @param batch the batch
    /// @param round index of its folded point in what `_verifyBatch` is given
    /// @param commitment first signal, below r
    /// @param claim second signal, below r
    /// @param proof the proof, each coordinate below q
    function _append(Batch memory batch, uint256 round, uint256 commitment, uint256 claim, Proof calldata proof)
        internal
        pure
    {
        uint256 at = batch.count++ * INSTANCE_BYTES;
        bytes memory instances = batch.instances;
        if (at >= instances.length) revert BatchMismatch(instances.length / INSTANCE_BYTES, batch.count);
        _checkWord(commitment);
        _checkWord(claim);
        _checkCoordinates(proof);
        // Saves 150 gas a proof over copying word by word.
        assembly ("memory-safe") {
            let instance := add(add(instances, 0x20), at)
            calldatacopy(instance, proof, PROOF_BYTES)
            mstore(add(instance, 0x100), round)
            mstore(add(instance, 0x120), commitment)
            mstore(add(instance, 0x140), claim)
        }
    }

    /// Takes back the room that a batch has left, so that it counts as full.
    /// @param batch the batch
    function _close(Batch memory batch) internal pure {
        (bytes memory instances, uint256 size) = (batch.instances, batch.count * INSTANCE_BYTES);
        // Solidity cannot shorten an array.
        assembly ("memory-safe") {
            mstore(instances, size)
        }
    }

    /// Reverts unless every proof of the batch is valid for its statement. The check is of a random linear combination
    /// of the n equations, by one pairing of n + 3 pairs: a batch with a false proof passes for about one in r
    /// challenges, and the challenge is a hash of everything in the batch, the contract and the chain.
    /// @param rounds the folded points, each once: proofs of the same round share one multiplication
    /// @param batch the batch
    function _verifyBatch(G1[] memory rounds, Batch memory batch) internal view {
        uint256 count = batch.count;
        uint256 size = batch.instances.length / INSTANCE_BYTES;
        if (count != size || count == 0) revert BatchMismatch(size, count);

        uint256 challenge =
            uint256(keccak256(abi.encode(block.chainid, address(this), rounds, keccak256(batch.instances))));
        bytes memory input = new bytes((count + 3) * PAIR_BYTES);
        uint256 pair = _start(input);
        uint256 instance = _start(batch.instances);
        Weights memory weights = Weights(0, 0, 0, new uint256[](rounds.length));
        Sum memory c;
        for (uint256 i = 0; i < count; ++i) {
            // The first needs none: the combination is determined up to a factor.
            uint256 weight = i == 0 ? 1 : _weight(challenge, i);
            _weigh(weights, instance, weight);
            _putWeighed(pair, c, instance, weight);
            unchecked {
                pair += PAIR_BYTES;
                instance += INSTANCE_BYTES;
            }
        }

        Sum memory signals = _weighedSignals(rounds, weights);
        Sum memory alpha;
        Bn254.addMul(alpha, ALPHA_X, ALPHA_Y, weights.total);
        _putKey(pair, alpha.x, alpha.y, signals.x, signals.y, c.x, c.y);
        if (!Bn254.pairingIsOne(_start(input), input.length)) revert ProofRejected();
    }

    /// Sums of weights mod r: of all proofs, of the words times them, and of the proofs of each round.
    struct Weights {
        /// Σ weight.
        uint256 total;
        /// Σ weight · commitment.
        uint256 commitments;
        /// Σ weight · claim.
        uint256 claims;
        /// Σ weight of the proofs of each round.
        uint256[] rounds;
    }

    /// Adds a proof's weight to the sums.
    /// @param weights the sums so far
    /// @param instance where in memory the proof and its words begin
    /// @param weight weight of the proof
    function _weigh(Weights memory weights, uint256 instance, uint256 weight) private pure {
        uint256 round;
        uint256 commitment;
        uint256 claim;
        // Solidity cannot read at a place in memory.
        assembly ("memory-safe") {
            round := mload(add(instance, 0x100))
            commitment := mload(add(instance, 0x120))
            claim := mload(add(instance, 0x140))
        }
        if (round >= weights.rounds.length) revert RoundMissing(round, weights.rounds.length);
        weights.total = addmod(weights.total, weight, Spec.FIELD_R);
        weights.commitments = _addMul(weights.commitments, weight, commitment);
        weights.claims = _addMul(weights.claims, weight, claim);
        weights.rounds[round] = addmod(weights.rounds[round], weight, Spec.FIELD_R);
    }

    /// sum + a · b mod r
    /// @param sum below r
    /// @param a any 256 bits
    /// @param b any 256 bits
    /// @return below r
    function _addMul(uint256 sum, uint256 a, uint256 b) private pure returns (uint256) {
        return addmod(sum, mulmod(a, b, Spec.FIELD_R), Spec.FIELD_R);
    }

    /// Σ weight · (folded + commitment·IC1 + claim·IC2)
    /// @param rounds the folded points
    /// @param weights the sums so far
    /// @return signals the sum
    function _weighedSignals(G1[] memory rounds, Weights memory weights) private view returns (Sum memory signals) {
        Bn254.addMul(signals, IC1_X, IC1_Y, weights.commitments);
        Bn254.addMul(signals, IC2_X, IC2_Y, weights.claims);
        for (uint256 i = 0; i < rounds.length; ++i) {
            Bn254.addMul(signals, rounds[i].x, rounds[i].y, weights.rounds[i]);
        }
    }

    /// The weight of proof i > 0: a word of 256 bits, which ecMul takes modulo r.
    /// @param challenge hash of everything in the batch
    /// @param i number of the proof in the batch
    /// @return weight the weight, keccak256(challenge ‖ i)
    function _weight(uint256 challenge, uint256 i) private pure returns (uint256 weight) {
        // Saves 90 gas a proof over abi.encode.
        assembly ("memory-safe") {
            mstore(0, challenge)
            mstore(0x20, i)
            weight := keccak256(0, 0x40)
        }
    }

    /// Puts the pair (−weight·A, B) of a proof and adds weight·C to `c`.
    /// @param pair where in memory the pair begins
    /// @param c Σ weight · C so far
    /// @param instance where in memory the proof and its words begin
    /// @param weight weight of the proof
    function _putWeighed(uint256 pair, Sum memory c, uint256 instance, uint256 weight) private view {
        uint256 ax;
        uint256 ay;
        uint256 cx;
        uint256 cy;
        // Solidity cannot read at a place in memory.
        assembly ("memory-safe") {
            ax := mload(instance)
            ay := mload(add(instance, 0x20))
            cx := mload(add(instance, 0xc0))
            cy := mload(add(instance, 0xe0))
        }
        ay = Bn254.negated(ay);
        if (weight == 1) {
            _putG1(pair, ax, ay);
            Bn254.add(c, cx, cy);
        } else {
            Bn254.mulTo(pair, ax, ay, weight);
            Bn254.addMul(c, cx, cy, weight);
        }
        // Solidity cannot copy from place to place in memory.
        assembly ("memory-safe") {
            mcopy(add(pair, 0x40), add(instance, 0x40), 0x80)
        }
    }

    /// The three pairs with G2 points of the key: (alpha, beta), (signals, gamma), (c, delta).
    /// @param to where in memory the pairs begin
    /// @param ax x of the point paired with beta
    /// @param ay its y
    /// @param sx x of the point paired with gamma
    /// @param sy its y
    /// @param cx x of the point paired with delta
    /// @param cy its y
    function _putKey(uint256 to, uint256 ax, uint256 ay, uint256 sx, uint256 sy, uint256 cx, uint256 cy) private view {
        _putG1(to, ax, ay);
        _putG2(to, BETA_X1, BETA_X0, BETA_Y1, BETA_Y0);
        _putG1(to + PAIR_BYTES, sx, sy);
        _putG2(to + PAIR_BYTES, GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0);
        _putG1(to + 2 * PAIR_BYTES, cx, cy);
        _putG2(to + 2 * PAIR_BYTES, DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0);
    }

    /// Puts the first point of a pair.
    /// @param pair where in memory the pair begins
    /// @param x x-coordinate
    /// @param y y-coordinate
    function _putG1(uint256 pair, uint256 x, uint256 y) private pure {
        // Solidity cannot write at a place in memory.
        assembly ("memory-safe") {
            mstore(pair, x)
            mstore(add(pair, 0x20), y)
        }
    }

    /// Puts the second point of a pair, in the EVM's order of coordinates.
    /// @param pair where in memory the pair begins
    /// @param x1 x, imaginary
    /// @param x0 x, real
    /// @param y1 y, imaginary
    /// @param y0 y, real
    function _putG2(uint256 pair, uint256 x1, uint256 x0, uint256 y1, uint256 y0) private pure {
        // Solidity cannot write at a place in memory.
        assembly ("memory-safe") {
            mstore(add(pair, 0x40), x1)
            mstore(add(pair, 0x60), x0)
            mstore(add(pair, 0x80), y1)
            mstore(add(pair, 0xa0), y0)
        }
    }

    /// Where the bytes of `data` begin.
    /// @param data bytes in memory
    /// @return start address in memory
    function _start(bytes memory data) private pure returns (uint256 start) {
        // Solidity cannot name a place in memory.
        assembly ("memory-safe") {
            start := add(data, 0x20)
        }
    }

    /// Where the words of `input` begin.
    /// @param input words in memory
    /// @return at address in memory
    function _at(uint256[24] memory input) private pure returns (uint256 at) {
        // Solidity cannot name a place in memory.
        assembly ("memory-safe") {
            at := input
        }
    }

    /// Reverts unless a signal is below r: r more of it would be the same signal.
    /// @param word the signal
    function _checkWord(uint256 word) private pure {
        if (word >= Spec.FIELD_R) revert WordOutOfField(word);
    }

    /// Reverts unless each coordinate of a proof is below q.
    /// @param proof the proof, each coordinate below q
    function _checkCoordinates(Proof calldata proof) private pure {
        uint256 q = Spec.FIELD_Q;
        bool inField;
        // A Proof in calldata is its eight words in a row. Saves 120 gas a proof over eight comparisons in Solidity.
        assembly ("memory-safe") {
            inField := and(
                and(
                    and(lt(calldataload(proof), q), lt(calldataload(add(proof, 0x20)), q)),
                    and(lt(calldataload(add(proof, 0x40)), q), lt(calldataload(add(proof, 0x60)), q))
                ),
                and(
                    and(lt(calldataload(add(proof, 0x80)), q), lt(calldataload(add(proof, 0xa0)), q)),
                    and(lt(calldataload(add(proof, 0xc0)), q), lt(calldataload(add(proof, 0xe0)), q))
                )
            )
        }
        if (!inField) revert CoordinateOutOfField(_largest(proof));
    }

    /// The largest coordinate of a proof, to name in an error.
    /// @param proof the proof, each coordinate below q
    /// @return largest the largest of its eight words
    function _largest(Proof calldata proof) private pure returns (uint256 largest) {
        // Only a refusal pays for it. Saves code: the words of a Proof are three arrays in Solidity.
        assembly ("memory-safe") {
            for { let at := proof } lt(at, add(proof, PROOF_BYTES)) { at := add(at, 0x20) } {
                let word := calldataload(at)
                if gt(word, largest) { largest := word }
            }
        }
    }
}
