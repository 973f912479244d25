pragma circom 2.1.6;

include "ClearingSpec.circom";

/**
 * Adds one of eight points that are fixed by the circuit, in Montgomery form.
 *
 * @param points         their two coordinates, each as a polynomial of the digits: the coefficient of the product of the digits
 *                       in the binary places of i at i
 * @input digits[3]      bits: {binary}; they select the point
 * @input to[2]          precondition, held by the caller: neither the selected point nor its opposite
 * @output sum[2]        both points' sum
 *
 * The selected coordinates are no wires of their own, and factors are in the order that keeps abscissae out of the
 * matrix B, whose points in G2 cost a prover the most.
 */
template AddWindow(points) {
    signal input {binary} digits[3];
    signal input to[2];
    signal output sum[2];

    // 1. Select.
    signal products[4];
    products[0] <== digits[0] * digits[1];
    products[1] <== digits[0] * digits[2];
    products[2] <== digits[1] * digits[2];
    products[3] <== products[0] * digits[2];
    var terms[8] = [1, digits[0], digits[1], products[0], digits[2], products[1], products[2], products[3]];
    var u = 0;
    var v = 0;
    for (var i = 0; i < 8; i++) {
        u += points[0][i] * terms[i];
        v += points[1][i] * terms[i];
    }

    // 2. Add.
    signal slope <-- (v - to[1]) / (u - to[0]); // HINT: the next line's one solution
    (u - to[0]) * slope === v - to[1];
    sum[0] <== slope * slope - MONTGOMERY_A() - to[0] - u;
    sum[1] <== (to[0] - sum[0]) * slope - to[1];
}
