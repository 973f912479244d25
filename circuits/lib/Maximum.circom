pragma circom 2.1.6;

include "RangeCheck.circom";

/**
 * The largest of n signed numbers, or 0 if all are negative.
 *
 * @param n       number of inputs
 * @param bits    at most 251
 * @input in[n]   precondition, held by the caller: |in[i]| < 2^(bits − 1)
 * @output out    max(0, in[0], …, in[n − 1])
 *
 * Sound because `out` is at least 0 and at least every in[i] (a difference that wrapped would be no number of
 * so few bits), and equals one of them (the product of all differences is zero in a field only if one is).
 */
template Maximum(n, bits) {
    assert(bits <= 251);
    signal input in[n];
    signal output out;

    var largest = 0;
    for (var i = 0; i < n; i++) {
        largest = in[i] > largest ? in[i] : largest;
    }
    out <-- largest; // HINT: bounded below by every range check, attained by the product

    component atLeastZero = RangeCheck(bits - 1);
    atLeastZero.in <== out;

    component atLeast[n];
    signal product[n + 1];
    product[0] <== out;
    for (var i = 0; i < n; i++) {
        atLeast[i] = RangeCheck(bits);
        atLeast[i].in <== out - in[i];
        product[i + 1] <== product[i] * (out - in[i]);
    }
    product[n] === 0;
}
