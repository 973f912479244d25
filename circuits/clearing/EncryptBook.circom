pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/KeyAgreement.circom";
include "../lib/Permutation.circom";
include "../lib/Spec.circom";

/**
 * A book's opening, encrypted to the liquidators' key: Diffie and Hellman on Baby Jubjub, then one Poseidon permutation as a
 * sponge, whose rate is the keystream.
 *
 * @param U              number of asset slots
 * @input perp[U]        quanta, −2^63 ≤ perp[u] < 2^63; held by the caller
 * @input basis          attodollars, −2^127 ≤ basis < 2^127; held by the caller
 * @input salt           any field element
 * @input key[2]         the liquidators' key; constrained here, see KeyAgreement
 * @input root[2]        constrained here: `key` is 8 times it
 * @input scalar         constrained here: odd, 2^n < scalar < 3·2^n with n = SCALAR_BITS; see KeyAgreement
 * @output ephemeral[2]  scalar·B
 * @output cipher[C]     packed perpetuals, basis + 2^127 and salt, each plus a word of the keystream; C = ⌈U / 3⌉ + 2
 *
 * Sound because the keystream is a function of key and scalar, and the ciphertext of keystream and plaintext: who holds the
 * key's secret decrypts what is committed, whatever the owner does. The capacity of the sponge never leaves it.
 */
template EncryptBook(U) {
    var perWord = CLEARED_PER_WORD();
    var words = (U + perWord - 1) \ perWord;
    signal input perp[U];
    signal input basis;
    signal input salt;
    signal input key[2];
    signal input root[2];
    signal input scalar;
    signal output ephemeral[2];
    signal output cipher[words + 2];

    // 1. What is encrypted.
    var plain[words + 2];
    for (var w = 0; w < words; w++) {
        plain[w] = 0;
    }
    for (var u = 0; u < U; u++) {
        plain[u \ perWord] += (perp[u] + 2 ** CLEARED_BITS()) * 2 ** ((CLEARED_BITS() + 1) * (u % perWord));
    }
    plain[words] = basis + 2 ** BASIS_BITS();
    plain[words + 1] = salt;

    // 2. The shared point.
    component agreement = KeyAgreement();
    agreement.scalar <== scalar;
    agreement.root <== root;
    agreement.key <== key;
    ephemeral <== agreement.ephemeral;

    // 3. The keystream: the rate absorbs the point, a domain and zeros, and is squeezed once.
    component sponge = Permutation(words + 2, words + 3);
    sponge.inputs[0] <== agreement.shared[0];
    sponge.inputs[1] <== agreement.shared[1];
    sponge.inputs[2] <== CIPHER_DOMAIN();
    for (var w = 3; w < words + 2; w++) {
        sponge.inputs[w] <== 0;
    }
    for (var w = 0; w < words + 2; w++) {
        cipher[w] <== plain[w] + sponge.out[w + 1];
    }
}
