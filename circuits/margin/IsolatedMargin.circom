pragma circom 2.1.6;

include "../lib/AtMostOne.circom";

/**
 * Holds the rule of isolated margin where the claim asks for it: at most one perpetual, at most one collateral.
 *
 * @param U                  number of asset slots
 * @input isolated           a bit: {binary}
 * @input spotPositive[U]    natural numbers below 2^65: {maxbit}
 * @input perpMagnitude[U]   likewise
 */
template IsolatedMargin(U) {
    signal input {binary} isolated;
    signal input {maxbit} spotPositive[U];
    signal input {maxbit} perpMagnitude[U];

    component collaterals = AtMostOne(U);
    collaterals.in <== spotPositive;
    component perpetuals = AtMostOne(U);
    perpetuals.in <== perpMagnitude;

    isolated * (collaterals.pairs + perpetuals.pairs) === 0;
}
