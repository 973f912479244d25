pragma circom 2.1.6;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/escalarmulfix.circom";
include "ClearingSpec.circom";
include "NonZeroWhere.circom";

/**
 * Diffie and Hellman on Baby Jubjub: the ephemeral point of a scalar, and the point it shares with the holder of a key.
 *
 * @input scalar         constrained here: 0 < scalar < 2^246, which is below the prime order of the subgroup
 * @input root[2]        constrained here: a point of the curve, of which `key` is 8 times
 * @input key[2]         constrained here: a point of the prime subgroup other than the neutral one
 * @output ephemeral[2]  scalar·B, where B is the base point of the subgroup
 * @output shared[2]     scalar·key
 *
 * Sound because the curve has 8·ℓ points with ℓ prime, so 8·root is in the subgroup of order ℓ whatever root is, and every
 * point of that subgroup has a root. Its one point with x = 0 is the neutral one.
 *
 * Complete, and each signal determined by the inputs, because no denominator is zero. Edwards addition has none for points
 * of the curve. In circomlib's Montgomery ladders a denominator would be zero only for two multiples of one point of
 * order ℓ that are equal or opposite: within a segment all multiples are different and below ℓ / 2 (148 and 98 bits of any
 * point, 246 bits and one doubling of the base).
 */
template KeyAgreement() {
    signal input scalar;
    signal input root[2];
    signal input key[2];
    signal output ephemeral[2];
    signal output shared[2];

    // 1. The key is 8 times a point of the curve, and not neutral.
    BabyCheck()(root[0], root[1]);
    component twice[3];
    for (var i = 0; i < 3; i++) {
        twice[i] = BabyDbl();
        twice[i].x <== i == 0 ? root[0] : twice[(i + 2) % 3].xout;
        twice[i].y <== i == 0 ? root[1] : twice[(i + 2) % 3].yout;
    }
    key[0] === twice[2].xout;
    key[1] === twice[2].yout;
    signal {binary} always <== 1;
    NonZeroWhere()(always, key[0]);

    // 2. The scalar is in range and not zero.
    component bits = Num2Bits(SCALAR_BITS());
    bits.in <== scalar;
    NonZeroWhere()(always, scalar);

    // 3. Multiply.
    component fixed = EscalarMulFix(SCALAR_BITS(), [BASE_X(), BASE_Y()]);
    fixed.e <== bits.out;
    ephemeral <== fixed.out;
    component any = EscalarMulAny(SCALAR_BITS());
    any.e <== bits.out;
    any.p <== key;
    shared <== any.out;
}
