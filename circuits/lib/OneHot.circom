pragma circom 2.1.6;

/**
 * Selects one of n slots.
 *
 * @param n       number of slots
 * @input index   constrained here: 0 ≤ index < n
 * @output at[n]  1 at `index`, 0 elsewhere: {binary}
 *
 * Sound because n bits whose sum is 1 are one-hot, and then Σ i·at[i] is the one place that is set.
 */
template OneHot(n) {
    signal input index;
    signal output {binary} at[n];

    var sum = 0;
    var place = 0;
    for (var i = 0; i < n; i++) {
        at[i] <-- index == i; // HINT: boolean below, one-hot by the two sums
        at[i] * (at[i] - 1) === 0;
        sum += at[i];
        place += i * at[i];
    }
    sum === 1;
    place === index;
}
