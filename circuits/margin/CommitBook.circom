pragma circom 2.1.6;

include "../lib/PoseidonChain.circom";
include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";

/**
 * The commitment to a book over a listing.
 *
 * @param U             number of asset slots
 * @input listing       any field element
 * @input spot[U]       quanta; precondition, held by the caller: |spot[i]| < 2^65
 * @input perp[U]       likewise
 * @input basis         −2^127 ≤ basis < 2^127; constrained here
 * @input sleeve[4]     the packed sleeve; precondition, held by the caller: see Sleeve
 * @input detail        any field element: digest of what the sleeve was computed from; 0 without one
 * @input salt          any field element
 * @output commitment   Poseidon chain of DOMAIN, listing, packed quantities, packed basis, sleeve, detail, salt
 *
 * Binding because every packed number is in range before it is packed, so words and books are one to one.
 */
template CommitBook(U) {
    signal input listing;
    signal input spot[U];
    signal input perp[U];
    signal input basis;
    signal input sleeve[SLEEVE_WORDS()];
    signal input detail;
    signal input salt;
    signal output commitment;

    // 1. Pack the quantities, offset to be natural numbers, three to a word.
    var perWord = QUANTITIES_PER_WORD();
    var words = (2 * U + perWord - 1) \ perWord;
    var packed[words];
    for (var w = 0; w < words; w++) {
        packed[w] = 0;
    }
    for (var i = 0; i < 2 * U; i++) {
        var quantity = i < U ? spot[i % U] : perp[i % U];
        packed[i \ perWord] += (quantity + PACKED_OFFSET()) * 2 ** (PACKED_BITS() * (i % perWord));
    }

    // 2. Hold and offset the basis.
    component basisRange = RangeCheck(BASIS_BITS() + 1);
    basisRange.in <== basis + 2 ** BASIS_BITS();

    // 3. Hash.
    component chain = PoseidonChain(words + SLEEVE_WORDS() + 5);
    chain.in[0] <== BOOK_DOMAIN();
    chain.in[1] <== listing;
    for (var w = 0; w < words; w++) {
        chain.in[2 + w] <== packed[w];
    }
    chain.in[2 + words] <== basis + 2 ** BASIS_BITS();
    for (var w = 0; w < SLEEVE_WORDS(); w++) {
        chain.in[3 + words + w] <== sleeve[w];
    }
    chain.in[3 + words + SLEEVE_WORDS()] <== detail;
    chain.in[4 + words + SLEEVE_WORDS()] <== salt;
    commitment <== chain.out;
}
