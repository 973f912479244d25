pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "../lib/NonZeroWhere.circom";
include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";

/**
 * Unpacks a claim and holds its bounds.
 *
 * @input claim             theta | envelope ≪ 16 | healthy ≪ 30 | isolated ≪ 31 | sleeve ≪ 32 | taken ≪ 33 | |support| ≪ 34,
 *                          90 bits; constrained here
 * @output theta            basis points, 1 ≤ theta < 2^16
 * @output envelope         basis points, 0 ≤ envelope ≤ 10^4; 0 where not healthy
 * @output healthy          a bit: {binary}
 * @output isolated         a bit: {binary}
 * @output sleeve           a bit: {binary}; 0 where isolated
 * @output supportAdded     cents added to the collateral, below 2^56; 0 where some are taken
 * @output supportTaken     cents owed on top of the debt, below 2^56; 0 where some are added
 */
template ReadClaim() {
    signal input claim;
    signal output theta;
    signal output envelope;
    signal output {binary} healthy;
    signal output {binary} isolated;
    signal output {binary} sleeve;
    signal output supportAdded;
    signal output supportTaken;

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
    sleeve <== word.out[THETA_BITS() + ENVELOPE_BITS() + 2];

    signal {binary} taken <== word.out[THETA_BITS() + ENVELOPE_BITS() + 3];
    var supportSum = 0;
    for (var i = 0; i < SUPPORT_BITS(); i++) {
        supportSum += word.out[THETA_BITS() + ENVELOPE_BITS() + 4 + i] * 2 ** i;
    }
    supportTaken <== taken * supportSum;
    supportAdded <== supportSum - supportTaken;
    NonZeroWhere()(taken, supportSum);

    component thetaAboveZero = RangeCheck(THETA_BITS());
    thetaAboveZero.in <== theta - 1;

    component envelopeAtMostOne = RangeCheck(ENVELOPE_BITS());
    envelopeAtMostOne.in <== BPS() - envelope;

    (1 - healthy) * envelope === 0;
    isolated * sleeve === 0;
}
