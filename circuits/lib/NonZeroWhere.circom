pragma circom 2.1.6;

/**
 * Holds that a number is not zero where a bit is set.
 *
 * @input where   a bit: {binary}
 * @input in      any field element
 *
 * Sound because in·inverse = 1 has no solution for in = 0. Where the bit is not set inverse is 0, so `in` is free and the
 * witness is determined.
 */
template NonZeroWhere() {
    signal input {binary} where;
    signal input in;

    signal inverse;
    inverse <-- where == 1 && in != 0 ? 1 / in : 0; // HINT: exists only where the number is not zero
    in * inverse === where;
    (1 - where) * inverse === 0;
}
