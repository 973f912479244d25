pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";

/**
 * Constrains 0 ≤ in < 2^bits.
 *
 * @param bits   at most 251, so that the decomposition cannot alias modulo the field
 * @input in     any field element
 *
 * Sound because a field element has one decomposition into so few bits, and circomlib's Num2Bits constrains
 * every bit to be 0 or 1 and their weighted sum to be `in`.
 */
template RangeCheck(bits) {
    assert(bits <= 251);
    signal input in;

    component decomposition = Num2Bits(bits);
    decomposition.in <== in;
}
