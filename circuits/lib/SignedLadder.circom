pragma circom 2.1.6;

include "circomlib/circuits/montgomery.circom";
include "ClearingSpec.circom";

/**
 * A multiple of any point of Baby Jubjub's prime subgroup, in Montgomery form: v² = u³ + A·u² + u with A = MONTGOMERY_A.
 *
 * @param n               number of digits, at most 248
 * @input digits[n]       bits: {binary}; 1 stands for 1 and 0 for −1
 * @input point[2]        precondition, held by the caller: of the subgroup of order ℓ, and not its neutral point
 * @output multiple[2]    (2^n + 1 + 2·Σ digits[i]·2^i)·point
 *
 * From the highest digit on, m ← 2m ± 1 of a multiple m of the point, from m = 2. One step is (P ± point) + P. It never
 * needs that sum's ordinate, and takes six constraints a digit. Factors are in the order that keeps abscissae out of
 * the matrix B, whose points in G2 cost a prover the most.
 *
 * Complete and determined, because no denominator is zero: 2 ≤ m and 2m + 1 < 3·2^n < ℓ. So P is neither the point nor
 * its opposite. P ± point is (m ± 1) times the point: not neutral, not P, and not −P, as 2m ± 1 is no multiple of ℓ.
 */
template SignedLadder(n) {
    assert(n <= 248);
    signal input {binary} digits[n];
    signal input point[2];
    signal output multiple[2];

    var A = MONTGOMERY_A();
    signal u[n + 1];
    signal v[n + 1];
    signal signed[n];
    signal first[n];
    signal middle[n];
    signal second[n];
    component base = Edwards2Montgomery();
    base.in <== point;
    component twice = MontgomeryDouble();
    twice.in <== base.out;
    u[n] <== twice.out[0];
    v[n] <== twice.out[1];
    for (var i = n - 1; i >= 0; i--) {
        // 1. P ± point: the slope, and the abscissa.
        signed[i] <== base.out[1] * (2 * digits[i] - 1);
        first[i] <-- (signed[i] - v[i + 1]) / (base.out[0] - u[i + 1]); // HINT: the next line's one solution
        (base.out[0] - u[i + 1]) * first[i] === signed[i] - v[i + 1];
        middle[i] <== first[i] * first[i] - A - u[i + 1] - base.out[0];

        // 2. And P again. The slope from P to the sum is 2v / (u − middle) − first.
        second[i] <-- 2 * v[i + 1] / (u[i + 1] - middle[i]); // HINT: the next line's one solution
        (u[i + 1] - middle[i]) * second[i] === 2 * v[i + 1];
        u[i] <== (second[i] - first[i]) * (second[i] - first[i]) - A - u[i + 1] - middle[i];
        v[i] <== (u[i + 1] - u[i]) * (second[i] - first[i]) - v[i + 1];
    }
    component edwards = Montgomery2Edwards();
    edwards.in <== [u[0], v[0]];
    multiple <== edwards.out;
}
