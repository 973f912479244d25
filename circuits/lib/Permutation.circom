pragma circom 2.1.6;

include "circomlib/circuits/poseidon_constants.circom";

/**
 * Poseidon's permutation of circomlib, with its constants and number for number, over a state whose capacity begins as 0.
 *
 * @param nInputs          words that the rate absorbs, 1 to 16; the state is one wider
 * @param nOuts            words of the state that come out, from the capacity on, at most nInputs + 1
 * @input inputs[nInputs]  any field elements
 * @output out[nOuts]      the state afterwards
 *
 * What differs is the time of a proof. Each power is the one before times x: four constraints an S-box where circomlib has
 * three, but of its wires x alone is in the matrix B, whose points in G2 cost a prover the most. And one template holds
 * the constants, where each round of circomlib's holds a copy of the whole table.
 *
 * Sound as circomlib's: every wire is a polynomial of the inputs.
 */
template Permutation(nInputs, nOuts) {
    var partialRounds[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    var t = nInputs + 1;
    var full = 8;
    var half = 4;
    var partial = partialRounds[t - 2];
    var C[t * full + partial] = POSEIDON_C(t);
    var S[partial * (2 * t - 1)] = POSEIDON_S(t);
    var M[t][t] = POSEIDON_M(t);
    var P[t][t] = POSEIDON_P(t);
    signal input inputs[nInputs];
    signal output out[nOuts];

    // The state before each round's S-boxes, and what they make of it.
    signal state[full][t];
    signal square[full][t];
    signal third[full][t];
    signal fourth[full][t];
    signal fifth[full][t];
    signal partialState[partial][t];
    signal partialSquare[partial];
    signal partialThird[partial];
    signal partialFourth[partial];
    signal partialFifth[partial];
    // Where the constants of the next round, and of the next sparse matrix, begin.
    var next = t;
    var sparse = 0;
    var mixed;
    state[0][0] <== C[0];
    for (var j = 1; j < t; j++) {
        state[0][j] <== inputs[j - 1] + C[j];
    }
    for (var r = 0; r < full; r++) {
        for (var j = 0; j < t; j++) {
            square[r][j] <== state[r][j] * state[r][j];
            third[r][j] <== square[r][j] * state[r][j];
            fourth[r][j] <== third[r][j] * state[r][j];
            fifth[r][j] <== fourth[r][j] * state[r][j];
        }
        if (r == half - 1) {
            // In the middle: the partial rounds, whose matrices are sparse.
            for (var i = 0; i < t; i++) {
                mixed = 0;
                for (var j = 0; j < t; j++) {
                    mixed += P[j][i] * (fifth[r][j] + C[next + j]);
                }
                partialState[0][i] <== mixed;
            }
            next += t;
            for (var p = 0; p < partial; p++) {
                partialSquare[p] <== partialState[p][0] * partialState[p][0];
                partialThird[p] <== partialSquare[p] * partialState[p][0];
                partialFourth[p] <== partialThird[p] * partialState[p][0];
                partialFifth[p] <== partialFourth[p] * partialState[p][0];
                var first = partialFifth[p] + C[next];
                next += 1;
                mixed = S[sparse] * first;
                for (var j = 1; j < t; j++) {
                    mixed += S[sparse + j] * partialState[p][j];
                }
                sparse += t - 1;
                if (p < partial - 1) {
                    partialState[p + 1][0] <== mixed;
                    for (var j = 1; j < t; j++) {
                        partialState[p + 1][j] <== partialState[p][j] + S[sparse + j] * first;
                    }
                } else {
                    state[half][0] <== mixed;
                    for (var j = 1; j < t; j++) {
                        state[half][j] <== partialState[p][j] + S[sparse + j] * first;
                    }
                }
                sparse += t;
            }
        } else if (r < full - 1) {
            for (var i = 0; i < t; i++) {
                mixed = 0;
                for (var j = 0; j < t; j++) {
                    mixed += M[j][i] * (fifth[r][j] + C[next + j]);
                }
                state[r + 1][i] <== mixed;
            }
            next += t;
        }
    }
    for (var i = 0; i < nOuts; i++) {
        mixed = 0;
        for (var j = 0; j < t; j++) {
            mixed += M[j][i] * fifth[full - 1][j];
        }
        out[i] <== mixed;
    }
}
