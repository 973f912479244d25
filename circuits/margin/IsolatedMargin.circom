pragma circom 2.1.6;

include "../lib/AtMostOne.circom";

/**
 * Holds the rule of isolated margin where the claim asks for it: at most one perpetual, at most one collateral.
 *
 * Parameters:     U assets.
 * Inputs:         isolated, a bit; spotPositive[U], perpMagnitude[U]: natural numbers below 2^65.
 */
template IsolatedMargin(U) {
    signal input isolated;
    signal input spotPositive[U];
    signal input perpMagnitude[U];

    component collaterals = AtMostOne(U);
    collaterals.in <== spotPositive;
    component perpetuals = AtMostOne(U);
    perpetuals.in <== perpMagnitude;

    isolated * (collaterals.pairs + perpetuals.pairs) === 0;
}
