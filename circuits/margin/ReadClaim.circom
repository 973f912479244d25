pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";

/**
 * Unpacks a claim and holds its bounds.
 *
 * @input claim       theta | envelope ≪ 16 | healthy ≪ 30 | isolated ≪ 31, 32 bits; constrained here
 * @output theta      basis points, 1 ≤ theta < 2^16
 * @output envelope   basis points, 0 ≤ envelope ≤ 10^4; 0 where not healthy
 * @output healthy    a bit: {binary}
 * @output isolated   a bit: {binary}
 */
template ReadClaim() {
    signal input claim;
    signal output theta;
    signal output envelope;
    signal output {binary} healthy;
    signal output {binary} isolated;

    component word = Num2Bits(CLAIM_BITS());
    word.in <== claim;

    var thetaSum = 0;
    for (var i = 0; i < THETA_BITS(); i++) {
        thetaSum += word.out[i] * 2 ** i;
    }
    theta <== thetaSum;

    var envelopeSum = 0;
    for (var i = 0; i < ENVELOPE_BITS(); i++) {
        envelopeSum += word.out[THETA_BITS() + i] * 2 ** i;
    }
    envelope <== envelopeSum;

    healthy <== word.out[THETA_BITS() + ENVELOPE_BITS()];
    isolated <== word.out[THETA_BITS() + ENVELOPE_BITS() + 1];

    component thetaAboveZero = RangeCheck(THETA_BITS());
    thetaAboveZero.in <== theta - 1;

    component envelopeAtMostOne = RangeCheck(ENVELOPE_BITS());
    envelopeAtMostOne.in <== BPS() - envelope;

    (1 - healthy) * envelope === 0;
}
