pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/NonZeroWhere.circom";
include "../lib/RangeCheck.circom";
include "ApplyNote.circom";
include "BindTransition.circom";
include "ClearedBook.circom";
include "EncryptBook.circom";
include "HoldReduction.circom";
include "PackPrices.circom";

/**
 * The statement: the new commitment opens to the old book, less what was torn up, plus a public delta and one side of up to
 * four notes (K), over the same listing and under another salt; and the ciphertext is the new opening, encrypted to the liquidators'
 * key. It is the reference model of src/protocol/transition.ts. See docs/CLEARING.md for the words.
 *
 * The circuit trusts the verifier for the bounds of two words that are public numbers: |deltaPerp[u]| < 2^64 and
 * |deltaBasis| < 2^128. Then nothing wraps:
 *     perp     2^63 + 2^63 + 2^64 + K·2^63                     below 2^68
 *     basis    2^127 + 2^128 + U·2^(63 + 67) + K·2^(63 + 65)   below 2^137
 *
 * @param U             number of asset slots
 * @input hash          public: see BindWords, like all of these three
 * @input challenge     public
 * @input sum           public
 * @input place         a word: where the proof counts, any field element
 * @input terms         a word: sequence and deadline, any field element
 * @input key[2]        words: the liquidators' key; constrained here to the prime subgroup, and not neutral
 * @input listing       a word: digest of the listed assets
 * @input birth         of the word of flags; constrained here to a bit. The old book is then empty, its commitment 0.
 * @input reduces       of the word of flags; constrained here to a bit. See HoldReduction: one note moves, and nothing else.
 * @input adds[K]       of the word of flags: the account buys note k; constrained here to a bit
 * @input takes[K]      of the word of flags: it sells note k; constrained here to a bit
 * @input torn[U]       of the word of flags: the asset is torn up first; constrained here to a bit
 * @input deltaBasis    a word: attodollars, signed
 * @input deltaPerp[U]  words: quanta, signed
 * @input tearPrice[U]  words: attodollars a quantum, net of funding, signed; constrained in PackPrices
 * @input box[U]        words: the round's prices, net of funding; constrained in PackPrices
 * @input oldPerp[U]    private, quanta; constrained here to −2^63 ≤ oldPerp[u] < 2^63
 * @input oldBasis      private, attodollars; constrained here to −2^127 ≤ oldBasis < 2^127
 * @input oldSalt       private, any field element
 * @input newSalt       private; constrained here: 0 ≤ newSalt < 2^248, and not oldSalt
 * @input asset[K]      private, slots; see ApplyNote, like all of these four
 * @input size[K]       private, quanta
 * @input quote[K]      private, attodollars a quantum, net of funding
 * @input blind[K]      private, any field elements
 * @input root[2]       private; constrained here: `key` is 8 times it
 * @input scalar        private; constrained here: odd, 2^n < scalar < 3·2^n with n = SCALAR_BITS
 */
template BookTransition(U) {
    var K = NOTES();
    signal input hash;
    signal input challenge;
    signal input sum;
    // Words.
    signal input place;
    signal input terms;
    signal input key[2];
    signal input listing;
    signal input birth;
    signal input reduces;
    signal input adds[K];
    signal input takes[K];
    signal input torn[U];
    signal input deltaBasis;
    signal input deltaPerp[U];
    signal input tearPrice[U];
    signal input box[U];
    // Private.
    signal input oldPerp[U];
    signal input oldBasis;
    signal input oldSalt;
    signal input newSalt;
    signal input asset[K];
    signal input size[K];
    signal input quote[K];
    signal input blind[K];
    signal input root[2];
    signal input scalar;

    // 1. The old book: empty at birth, else what the old commitment opens to.
    birth * (birth - 1) === 0;
    signal opened <== ClearedBook(U)(listing, oldPerp, oldBasis, oldSalt);
    signal oldCommitment <== (1 - birth) * opened;
    birth * oldBasis === 0;
    for (var u = 0; u < U; u++) {
        birth * oldPerp[u] === 0;
    }

    // 2. Tear-ups come first, then the delta.
    signal tornPerp[U];
    signal tornBasis[U];
    signal kept[U];
    var moved[U];
    var flags = birth + 2 * reduces;
    var basis = oldBasis + deltaBasis;
    for (var u = 0; u < U; u++) {
        torn[u] * (torn[u] - 1) === 0;
        flags += torn[u] * 2 ** (2 + 2 * K + u);
        tornPerp[u] <== torn[u] * oldPerp[u];
        kept[u] <== oldPerp[u] - tornPerp[u];
        moved[u] = kept[u] + deltaPerp[u];
        tornBasis[u] <== tornPerp[u] * tearPrice[u];
        basis += tornBasis[u];
    }

    // 3. The notes.
    component note[K];
    var others = 0;
    for (var k = 0; k < K; k++) {
        note[k] = ApplyNote(U);
        note[k].adds <== adds[k];
        note[k].takes <== takes[k];
        note[k].asset <== asset[k];
        note[k].size <== size[k];
        note[k].quote <== quote[k];
        note[k].blind <== blind[k];
        flags += (adds[k] + 2 * takes[k]) * 4 ** (1 + k);
        basis += note[k].basis;
        others += k == 0 ? 0 : note[k].used;
        for (var u = 0; u < U; u++) {
            moved[u] += note[k].perp[u];
        }
    }

    // 4. The new book, under another salt.
    component new = ClearedBook(U);
    new.listing <== listing;
    new.perp <== moved;
    new.basis <== basis;
    new.salt <== newSalt;
    RangeCheck(SALT_BITS())(newSalt);
    signal {binary} always <== 1;
    NonZeroWhere()(always, newSalt - oldSalt);

    // 5. A transition that reduces has its first note, no other and no delta.
    signal {binary} reducing <== reduces;
    reduces * (reduces - 1) === 0;
    reduces * (1 - note[0].used + others) === 0;
    reduces * deltaBasis === 0;
    for (var u = 0; u < U; u++) {
        reduces * deltaPerp[u] === 0;
    }
    signal low[U];
    signal high[U];
    signal prices[U];
    for (var u = 0; u < U; u++) {
        (low[u], high[u], prices[u]) <== PackPrices()(box[u], tearPrice[u]);
    }
    HoldReduction(U)(reducing, note[0].at, kept, new.perp, quote[0], low, high);

    // 6. The new opening for the liquidators.
    component sealed = EncryptBook(U);
    sealed.perp <== moved;
    sealed.basis <== basis;
    sealed.salt <== newSalt;
    sealed.key <== key;
    sealed.root <== root;
    sealed.scalar <== scalar;

    // 7. The words.
    component bind = BindTransition(U);
    bind.challenge <== challenge;
    bind.place <== place;
    bind.terms <== terms;
    bind.key <== key;
    bind.oldCommitment <== oldCommitment;
    bind.newCommitment <== new.commitment;
    bind.listing <== listing;
    bind.flags <== flags;
    bind.deltaBasis <== deltaBasis;
    bind.ephemeral <== sealed.ephemeral;
    for (var k = 0; k < K; k++) {
        bind.digest[k] <== note[k].digest;
    }
    bind.deltaPerp <== deltaPerp;
    bind.tearPrice <== tearPrice;
    bind.box <== box;
    bind.prices <== prices;
    bind.cipher <== sealed.cipher;
    hash === bind.hash;
    sum === bind.sum;
}
