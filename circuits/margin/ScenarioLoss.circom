pragma circom 2.1.6;

include "../lib/Maximum.circom";
include "../lib/Spec.circom";

/**
 * The loss of the worst joint price scenario, exactly.
 *
 * Parameters:     U assets, S scenarios; assetBits with U ≤ 2^assetBits.
 * Inputs:         exposure[U]: signed attodollars, precondition |exposure| < 2^129.
 *                 shock[S][U]: signed basis points, |shock| ≤ 10^4. Public: the verifier holds the bound.
 * Output:         loss = max(0, maxₛ −Σ exposure·shock[s]), attodollars · 10^4.
 * The factor 1 ± e is common to all scenarios and so stays outside: each loss fits 129 + 14 + assetBits bits.
 */
template ScenarioLoss(U, S, assetBits) {
    signal input exposure[U];
    signal input shock[S][U];
    signal output loss;

    signal gain[S][U];
    component worst = Maximum(S, QUANTITY_BITS() + 1 + PRICE_BITS() + 14 + assetBits + 1);
    for (var s = 0; s < S; s++) {
        var sum = 0;
        for (var u = 0; u < U; u++) {
            gain[s][u] <== exposure[u] * shock[s][u];
            sum += gain[s][u];
        }
        worst.in[s] <== -sum;
    }
    loss <== worst.out;
}
