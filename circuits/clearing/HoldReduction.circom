pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/RangeCheck.circom";

/**
 * Holds, where a transition claims to reduce, that one asset's quantity moves towards zero and not through it, at a quote of
 * the round's box.
 *
 * @param U             number of asset slots
 * @input reduces       a bit: {binary}
 * @input at[U]         the asset, one-hot: {binary}
 * @input old[U]        quanta, −2^63 ≤ old[u] < 2^63; held by the caller
 * @input new[U]        likewise
 * @input quote         attodollars a quantum, −2^65 ≤ quote < 2^65; held by the caller
 * @input low[U]        the round's low − funding, + 2^65 in 66 bits; held by the caller
 * @input high[U]       its high − funding, likewise
 *
 * Sound because new·(old − new) ≥ 0 says of integers that new lies between 0 and old, both included. Its magnitude is below
 * 2^127, so it does not wrap. The quote's distances from low and high are natural numbers of 66 bits.
 */
template HoldReduction(U) {
    signal input {binary} reduces;
    signal input {binary} at[U];
    signal input old[U];
    signal input new[U];
    signal input quote;
    signal input low[U];
    signal input high[U];

    // 1. Select the asset.
    signal oldAt[U];
    signal newAt[U];
    signal lowAt[U];
    signal highAt[U];
    var before = 0;
    var after = 0;
    var lowest = 0;
    var highest = 0;
    for (var u = 0; u < U; u++) {
        oldAt[u] <== at[u] * old[u];
        newAt[u] <== at[u] * new[u];
        lowAt[u] <== at[u] * low[u];
        highAt[u] <== at[u] * high[u];
        before += oldAt[u];
        after += newAt[u];
        lowest += lowAt[u];
        highest += highAt[u];
    }

    // 2. Towards zero, and not through it.
    signal between <== after * (before - after);
    signal held <== reduces * between;
    RangeCheck(2 * CLEARED_BITS() + 1)(held);

    // 3. Inside low … high.
    signal aboveLow <== reduces * (quote + 2 ** QUOTE_BITS() - lowest);
    signal belowHigh <== reduces * (highest - quote - 2 ** QUOTE_BITS());
    RangeCheck(QUOTE_BITS() + 1)(aboveLow);
    RangeCheck(QUOTE_BITS() + 1)(belowHigh);
}
