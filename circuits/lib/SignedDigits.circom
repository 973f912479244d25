pragma circom 2.1.6;

/**
 * The digits ±1 of an odd number.
 *
 * @param n              number of digits, at most 248
 * @input number         constrained here: 2^n + 1 + 2·Σ digits[i]·2^i
 * @output digits[n]     bits: {binary}; 1 stands for 1 and 0 for −1
 *
 * Sound because so few digits do not wrap: a number has one decomposition.
 */
template SignedDigits(n) {
    assert(n <= 248);
    signal input number;
    signal output {binary} digits[n];
    var lowest = 2 ** n + 1;
    var sum = lowest;
    var place = 2;
    for (var i = 0; i < n; i++) {
        digits[i] <-- ((number - lowest) >> (i + 1)) & 1; // HINT: a bit, and all of them sum to the number
        digits[i] * (digits[i] - 1) === 0;
        sum += digits[i] * place;
        place *= 2;
    }
    number === sum;
}
