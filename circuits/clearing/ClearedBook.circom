pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/PermutationChain.circom";
include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";

/**
 * A book that the clearing house can hold, and its commitment: perpetuals and cash alone. Every spot slot, the sleeve and
 * its detail are zero.
 *
 * @param U             number of asset slots
 * @input listing       any field element
 * @input perp[U]       quanta; constrained here: −2^63 ≤ perp[u] < 2^63
 * @input basis         attodollars; constrained here: −2^127 ≤ basis < 2^127
 * @input salt          any field element
 * @output commitment   as CommitBook has it
 *
 * Binding because every number is in range before it is packed.
 */
template ClearedBook(U) {
    signal input listing;
    signal input perp[U];
    signal input basis;
    signal input salt;
    signal output commitment;

    // 1. Quantities in range, packed as CommitBook packs them: every spot slot, which comes first, holds 0.
    var perWord = QUANTITIES_PER_WORD();
    var words = (2 * U + perWord - 1) \ perWord;
    var packed[words];
    var lane = 2 ** PACKED_BITS();
    var place = 1;
    var filled = 0;
    var w = 0;
    packed[0] = 0;
    for (var i = 0; i < 2 * U; i++) {
        if (filled == perWord) {
            filled = 0;
            place = 1;
            w++;
            packed[w] = 0;
        }
        packed[w] += PACKED_OFFSET() * place;
        if (i >= U) {
            packed[w] += perp[i - U] * place;
        }
        place *= lane;
        filled++;
    }
    for (var u = 0; u < U; u++) {
        RangeCheck(CLEARED_BITS() + 1)(perp[u] + 2 ** CLEARED_BITS());
    }
    RangeCheck(BASIS_BITS() + 1)(basis + 2 ** BASIS_BITS());

    // 2. The commitment, with no sleeve and no detail.
    component chain = PermutationChain(words + SLEEVE_WORDS() + 5);
    chain.in[0] <== BOOK_DOMAIN();
    chain.in[1] <== listing;
    for (w = 0; w < words; w++) {
        chain.in[2 + w] <== packed[w];
    }
    chain.in[2 + words] <== basis + 2 ** BASIS_BITS();
    for (w = 0; w <= SLEEVE_WORDS(); w++) {
        chain.in[3 + words + w] <== 0;
    }
    chain.in[4 + words + SLEEVE_WORDS()] <== salt;
    commitment <== chain.out;
}
