pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "BindWords.circom";

/**
 * The words of a transition, and those of them that are hashed: docs/CLEARING.md.
 *
 * @param U                  number of asset slots
 * @input challenge          public: see BindWords
 * @input place … cipher     the words, in their order, and as BookTransition constrains them
 * @input prices[U]          the asset's box and tear price in one word that has one reading: see PackPrices
 * @output hash, sum         see BindWords
 *
 * What is hashed fixes every other word, as BookTransition constrains them, if Poseidon has no collisions:
 *     key, ephemeral point     of a point of the prime subgroup x fixes y: with (x, y) only −(x, y) + (0, −1) has that x, and
 *                              (0, −1), of order 2, is not in it
 *     listing                  is in what the new commitment opens to
 *     deltaPerp, deltaBasis    are what is between both openings, besides notes and tear-ups; whose sides the flags say,
 *                              whose numbers the digests and the prices
 *     tearPrice, box           are in the prices
 *     ciphertext               is a function of the new opening, of the key, and of the scalar, which is below the order and
 *                              so the only one of its ephemeral point
 */
template BindTransition(U) {
    var K = NOTES();
    var cipherWords = (U + CLEARED_PER_WORD() - 1) \ CLEARED_PER_WORD() + 2;
    signal input challenge;
    signal input place;
    signal input terms;
    signal input key[2];
    signal input oldCommitment;
    signal input newCommitment;
    signal input listing;
    signal input flags;
    signal input deltaBasis;
    signal input ephemeral[2];
    signal input digest[K];
    signal input deltaPerp[U];
    signal input tearPrice[U];
    signal input box[U];
    signal input prices[U];
    signal input cipher[cipherWords];
    signal output hash;
    signal output sum;

    var fixed = TRANSITION_FIXED_WORDS() + K;
    var hashed = TRANSITION_HASHED_WORDS() + K;
    component bind = BindWords(fixed + 3 * U + cipherWords, hashed + U);
    bind.challenge <== challenge;
    bind.word[0] <== TRANSITION_DOMAIN();
    bind.word[1] <== place;
    bind.word[2] <== terms;
    bind.word[3] <== key[0];
    bind.word[4] <== key[1];
    bind.word[5] <== oldCommitment;
    bind.word[6] <== newCommitment;
    bind.word[7] <== listing;
    bind.word[8] <== flags;
    bind.word[9] <== deltaBasis;
    bind.word[10] <== ephemeral[0];
    bind.word[11] <== ephemeral[1];
    bind.hashed[0] <== TRANSITION_DOMAIN();
    bind.hashed[1] <== place;
    bind.hashed[2] <== terms;
    bind.hashed[3] <== key[0];
    bind.hashed[4] <== oldCommitment;
    bind.hashed[5] <== newCommitment;
    bind.hashed[6] <== flags;
    bind.hashed[7] <== ephemeral[0];
    for (var k = 0; k < K; k++) {
        bind.word[12 + k] <== digest[k];
        bind.hashed[8 + k] <== digest[k];
    }
    for (var u = 0; u < U; u++) {
        bind.word[fixed + u] <== deltaPerp[u];
        bind.word[fixed + U + u] <== tearPrice[u];
        bind.word[fixed + 2 * U + u] <== box[u];
        bind.hashed[hashed + u] <== prices[u];
    }
    for (var w = 0; w < cipherWords; w++) {
        bind.word[fixed + 3 * U + w] <== cipher[w];
    }
    hash <== bind.hash;
    sum <== bind.sum;
}
