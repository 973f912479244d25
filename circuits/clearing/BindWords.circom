pragma circom 2.1.6;

include "../lib/PermutationChain.circom";

/**
 * Ties any number of public words to three public signals.
 *
 * @param n           number of words, fixed by the circuit
 * @param m           number of hashed ones, at most n
 * @input word[n]     any field elements
 * @input hashed[m]   any field elements, the first a domain; precondition, held by the caller: its constraints allow one
 *                    list of words at most for each list of these
 * @input challenge   public: the verifier takes it from a hash of its words and of `hash`
 * @output hash       Poseidon chain of `hashed`, as PoseidonChain has it
 * @output sum        Σ word[i]·challenge^i
 *
 * Sound because `hash` fixes the circuit's words before the challenge is known. If the verifier's words were others, the
 * two sums would be different polynomials of degree below n, which agree in fewer than n of about 2^254 challenges.
 * Without `hash` a prover who knows the challenge solves one linear equation for a word that is free.
 */
template BindWords(n, m) {
    signal input word[n];
    signal input hashed[m];
    signal input challenge;
    signal output hash;
    signal output sum;

    component chain = PermutationChain(m);
    chain.in <== hashed;
    hash <== chain.out;

    signal partial[n];
    for (var i = 0; i < n; i++) {
        partial[i] <== (i == 0 ? 0 : partial[(i + n - 1) % n] * challenge) + word[n - 1 - i];
    }
    sum <== partial[n - 1];
}
