pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "BindWords.circom";
include "ClearedBook.circom";

/**
 * The statement: the commitment opens to exactly these quantities and this basis, and to nothing else. It is how a book that
 * liquidators have decrypted becomes public. See docs/CLEARING.md for the words.
 *
 * @param U            number of asset slots
 * @input hash         public: see BindWords, like all of these three
 * @input challenge    public
 * @input sum          public
 * @input place        a word: where the proof counts, any field element; see docs/CLEARING.md
 * @input terms        a word: the book's sequence, any field element
 * @input listing      a word: digest of the listed assets
 * @input perp[U]      words: quanta, signed; constrained here to −2^63 ≤ perp[u] < 2^63
 * @input basis        a word: attodollars, signed; constrained here to −2^127 ≤ basis < 2^127
 * @input salt         private, any field element
 */
template RevealBook(U) {
    signal input hash;
    signal input challenge;
    signal input sum;
    signal input place;
    signal input terms;
    signal input listing;
    signal input perp[U];
    signal input basis;
    signal input salt;

    // 1. The commitment.
    component book = ClearedBook(U);
    book.listing <== listing;
    book.perp <== perp;
    book.basis <== basis;
    book.salt <== salt;

    // 2. The words.
    var words = REVEAL_FIXED_WORDS() + U;
    component bind = BindWords(words, words);
    bind.challenge <== challenge;
    bind.word[0] <== REVEAL_DOMAIN();
    bind.word[1] <== place;
    bind.word[2] <== terms;
    bind.word[3] <== book.commitment;
    bind.word[4] <== listing;
    bind.word[5] <== basis;
    for (var u = 0; u < U; u++) {
        bind.word[6 + u] <== perp[u];
    }
    bind.hashed <== bind.word;
    hash === bind.hash;
    sum === bind.sum;
}
