pragma circom 2.1.6;

/**
 * Baby Jubjub as a Montgomery curve, v² = u³ + A·u² + u, where an addition of two different points takes three
 * constraints. ERC-2494: A = 168698, B = 1.
 */
function MONTGOMERY_A() {
    return 168698;
}

/**
 * From the Edwards form: u = (1 + y) / (1 − y), v = u / x.
 *
 * @input point[2]  precondition, held by the caller: of the prime subgroup, and not its neutral point. So x ≠ 0 and y ≠ 1.
 * @output out[2]   u and v
 */
template ToMontgomery() {
    signal input point[2];
    signal output out[2];
    out[0] <-- (1 + point[1]) / (1 - point[1]);
    out[0] * (1 - point[1]) === 1 + point[1];
    out[1] <-- out[0] / point[0];
    out[1] * point[0] === out[0];
}

/**
 * To the Edwards form: x = u / v, y = (u − 1) / (u + 1).
 *
 * @input u, v     precondition, held by the caller: of order ℓ. So v ≠ 0; and no point of the curve has u = −1, as A − 2
 *                 is no square.
 * @output out[2]  x and y
 */
template ToEdwards() {
    signal input u;
    signal input v;
    signal output out[2];
    out[0] <-- u / v;
    out[0] * v === u;
    out[1] <-- (u - 1) / (u + 1);
    out[1] * (u + 1) === u - 1;
}

/**
 * Twice a point.
 *
 * @input u, v          precondition, held by the caller: of order ℓ, so v ≠ 0
 * @output outU, outV   the point twice
 */
template DoubleMontgomery() {
    signal input u;
    signal input v;
    signal output outU;
    signal output outV;
    signal square <== u * u;
    signal slope <-- (3 * square + 2 * MONTGOMERY_A() * u + 1) / (2 * v);
    slope * (2 * v) === 3 * square + 2 * MONTGOMERY_A() * u + 1;
    outU <== slope * slope - MONTGOMERY_A() - 2 * u;
    outV <== slope * (u - outU) - v;
}
