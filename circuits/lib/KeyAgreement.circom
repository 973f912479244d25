pragma circom 2.1.6;

include "circomlib/circuits/babyjub.circom";
include "ClearingSpec.circom";
include "FixedMultiple.circom";
include "SignedDigits.circom";
include "SignedLadder.circom";

/**
 * Diffie and Hellman on Baby Jubjub: the ephemeral point of a scalar, and the point it shares with the holder of a key.
 *
 * @input scalar         constrained here: an odd number, 2^n < scalar < 3·2^n, where n = SCALAR_BITS
 * @input root[2]        constrained here: a point of the curve, of which `key` is 8 times
 * @input key[2]         constrained here: a point of the prime subgroup other than the neutral one
 * @output ephemeral[2]  scalar·B, where B is the base point of the subgroup
 * @output shared[2]     scalar·key
 *
 * Sound because the curve has 8·ℓ points with ℓ prime, so 8·root is in the subgroup of order ℓ whatever root is, and every
 * point of that subgroup has a root. Its neutral point (0, 1) has no Montgomery form: u·(1 − y) = 1 + y is false of it.
 *
 * The scalar is 2^n + 1 + 2·b of any n bits b. So it is never 0, its binary digits can be ±1 alone, and both ladders
 * need no case of their own. It is below ℓ, so x of the ephemeral point has one scalar.
 *
 * Complete, and each signal determined by the inputs: see SignedLadder and FixedMultiple. Edwards doubling has no
 * denominator that is zero for points of the curve.
 */
template KeyAgreement() {
    signal input scalar;
    signal input root[2];
    signal input key[2];
    signal output ephemeral[2];
    signal output shared[2];

    // 1. The key is 8 times a point of the curve.
    BabyCheck()(root[0], root[1]);
    component twice[3];
    for (var i = 0; i < 3; i++) {
        twice[i] = BabyDbl();
        twice[i].x <== i == 0 ? root[0] : twice[(i + 2) % 3].xout;
        twice[i].y <== i == 0 ? root[1] : twice[(i + 2) % 3].yout;
    }
    key[0] === twice[2].xout;
    key[1] === twice[2].yout;

    // 2. The digits of the scalar.
    signal {binary} digits[SCALAR_BITS()] <== SignedDigits(SCALAR_BITS())(scalar);

    // 3. Multiply.
    component fixed = FixedMultiple(SCALAR_BITS(), [BASE_X(), BASE_Y()], [START_X(), START_Y()]);
    component any = SignedLadder(SCALAR_BITS());
    for (var i = 0; i < SCALAR_BITS(); i++) {
        fixed.digits[i] <== digits[i];
        any.digits[i] <== digits[i];
    }
    any.point <== key;
    ephemeral <== fixed.multiple;
    shared <== any.multiple;
}
