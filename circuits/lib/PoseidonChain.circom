pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";
include "Spec.circom";

/**
 * Poseidon over any fixed number of words: the first block takes up to 16 of them, each later one the digest
 * so far and up to 15 more.
 *
 * @param n       number of words, at least 1
 * @input in[n]   any field elements
 * @output out    the digest
 *
 * Collision resistant for messages of one length whose first word is a fixed tag.
 */
template PoseidonChain(n) {
    signal input in[n];
    signal output out;

    var blocks = 1;
    while (POSEIDON_INPUTS() + (blocks - 1) * (POSEIDON_INPUTS() - 1) < n) {
        blocks++;
    }

    component hash[blocks];
    var taken = 0;
    for (var b = 0; b < blocks; b++) {
        var carried = b == 0 ? 0 : 1;
        var fresh = POSEIDON_INPUTS() - carried;
        if (n - taken < fresh) {
            fresh = n - taken;
        }
        hash[b] = Poseidon(carried + fresh);
        if (carried == 1) {
            hash[b].inputs[0] <== hash[b - 1].out;
        }
        for (var i = 0; i < fresh; i++) {
            hash[b].inputs[carried + i] <== in[taken + i];
        }
        taken += fresh;
    }
    out <== hash[blocks - 1].out;
}
