pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";

/**
 * Splits a signed number into its positive and its negative part.
 *
 * Parameters:     bits ≤ 250.
 * Input:          in, −2^bits ≤ in < 2^bits; constrained here.
 * Outputs:        positive = max(in, 0), negative = max(−in, 0).
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
