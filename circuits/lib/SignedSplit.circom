pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";

/**
 * Splits a signed number into its positive and its negative part.
 *
 * @param bits        at most 250
 * @input in          −2^bits ≤ in < 2^bits; constrained here
 * @output positive   max(in, 0)
 * @output negative   max(−in, 0)
 *
 * Sound because in + 2^bits has one decomposition into bits + 1 bits, and its top bit is set exactly where
 * in ≥ 0. Zero has one encoding.
 */
template SignedSplit(bits) {
    assert(bits <= 250);
    signal input in;
    signal output positive;
    signal output negative;

    component offset = Num2Bits(bits + 1);
    offset.in <== in + 2 ** bits;

    positive <== in * offset.out[bits];
    negative <== positive - in;
}
