pragma circom 2.1.6;

include "../lib/Maximum.circom";
include "../lib/Spec.circom";

/**
 * The loss of the worst joint price scenario, exactly.
 *
 * @param U             number of asset slots
 * @param S             number of scenarios
 * @param assetBits     U ≤ 2^assetBits
 * @input exposure[U]   attodollars, signed, |exposure| < 2^129: {maxbit_abs}
 * @input shock[S][U]   signed basis points, |shock| ≤ 10^4. Public: the verifier holds the bound.
 * @input other[S]      attodollars · 10^4, signed, |other| < 2^115: what else the book gains in the scenario
 * @output loss         max(0, maxₛ −Σ exposure·shock[s] − other[s]), attodollars · 10^4
 *
 * The factor 1 ± e is common to all scenarios and so stays outside. Each loss is below 2^(129 + assetBits)·10^4 + 2^115, less
 * than 2^(129 + 14 + assetBits).
 */
template ScenarioLoss(U, S, assetBits) {
    signal input {maxbit_abs} exposure[U];
    signal input shock[S][U];
    signal input other[S];
    signal output loss;
    assert(exposure.maxbit_abs <= QUANTITY_BITS() + 1 + PRICE_BITS());

    signal gain[S][U];
    component worst = Maximum(S, QUANTITY_BITS() + 1 + PRICE_BITS() + 14 + assetBits + 1);
    for (var s = 0; s < S; s++) {
        var sum = 0;
        for (var u = 0; u < U; u++) {
            gain[s][u] <== exposure[u] * shock[s][u];
            sum += gain[s][u];
        }
        worst.in[s] <== -sum - other[s];
    }
    loss <== worst.out;
}
