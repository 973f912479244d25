pragma circom 2.1.6;

/**
 * A number that is 0 exactly where at most one of n natural numbers is not.
 *
 * @param n        number of inputs, at most 2^32, so that nothing wraps
 * @input in[n]    natural numbers, 0 ≤ in[i] < 2^65: {maxbit}
 * @output pairs   Σ_{i<j} in[i]·in[j]
 *
 * Sound because a sum of natural numbers is zero only if every one of them is.
 */
template AtMostOne(n) {
    assert(n <= 2 ** 32);
    signal input {maxbit} in[n];
    assert(in.maxbit <= 65);
    signal output pairs;

    signal product[n];
    var before = 0;
    var sum = 0;
    for (var i = 0; i < n; i++) {
        product[i] <== before * in[i];
        before += in[i];
        sum += product[i];
    }
    pairs <== sum;
}
