pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";
include "../margin/CommitBook.circom";

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

    component book = CommitBook(U);
    for (var u = 0; u < U; u++) {
        RangeCheck(CLEARED_BITS() + 1)(perp[u] + 2 ** CLEARED_BITS());
        book.spot[u] <== 0;
        book.perp[u] <== perp[u];
    }
    for (var w = 0; w < SLEEVE_WORDS(); w++) {
        book.sleeve[w] <== 0;
    }
    book.listing <== listing;
    book.basis <== basis;
    book.detail <== 0;
    book.salt <== salt;
    commitment <== book.commitment;
}
