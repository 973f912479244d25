pragma circom 2.1.6;

include "Permutation.circom";
include "Spec.circom";

/**
 * PoseidonChain's digest, by Permutation: for circuits whose proofs hash much.
 *
 * @param n       number of words, at least 1
 * @input in[n]   any field elements
 * @output out    the digest
 *
 * Collision resistant as PoseidonChain.
 */
template PermutationChain(n) {
    signal input in[n];
    signal output out;

    var blocks = 1;
    while (POSEIDON_INPUTS() + (blocks - 1) * (POSEIDON_INPUTS() - 1) < n) {
        blocks++;
    }
    component block[blocks];
    var taken = 0;
    for (var b = 0; b < blocks; b++) {
        var carried = b == 0 ? 0 : 1;
        var fresh = POSEIDON_INPUTS() - carried;
        if (n - taken < fresh) {
            fresh = n - taken;
        }
        block[b] = Permutation(carried + fresh, 1);
        if (carried == 1) {
            block[b].inputs[0] <== block[b - 1].out[0];
        }
        for (var i = 0; i < fresh; i++) {
            block[b].inputs[carried + i] <== in[taken + i];
        }
        taken += fresh;
    }
    out <== block[blocks - 1].out[0];
}
