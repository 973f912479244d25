pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "../lib/ClearingSpec.circom";
include "../lib/RangeCheck.circom";

/**
 * An asset's price words, in one word that has one reading.
 *
 * @input box          low − funding and high − funding of the round, each + 2^65 in 66 bits, low first; constrained here to
 *                     132 bits
 * @input tearPrice    attodollars a quantum, net of funding; constrained here: −2^67 ≤ tearPrice < 2^67
 * @output low, high   the halves of the box: below 2^66
 * @output packed      box, and above it tearPrice + 2^67: below 2^200
 */
template PackPrices() {
    signal input box;
    signal input tearPrice;
    signal output low;
    signal output high;
    signal output packed;

    var bits = QUOTE_BITS() + 1;
    component halves = Num2Bits(2 * bits);
    halves.in <== box;
    var lower = 0;
    var higher = 0;
    var place = 1;
    for (var i = 0; i < bits; i++) {
        lower += halves.out[i] * place;
        higher += halves.out[bits + i] * place;
        place *= 2;
    }
    low <== lower;
    high <== higher;
    RangeCheck(TEAR_PRICE_BITS() + 1)(tearPrice + 2 ** TEAR_PRICE_BITS());
    packed <== box + 2 ** (2 * bits) * (tearPrice + 2 ** TEAR_PRICE_BITS());
}
