pragma circom 2.1.6;

include "RangeCheck.circom";

/**
 * Splits two signed numbers and the magnitude of their sum, with two range checks instead of three.
 *
 * Of |a|, |b| and |a + b| the largest is always the sum of the other two, which are called p and q here. So it
 * suffices to range-check p and q, and to say which of the three is the largest:
 *
 *     largest   a             b             a + b
 *     a + b     σ·p           σ·q           σ·(p + q)
 *     a         σ·(p + q)    −σ·p           σ·q
 *     b        −σ·p           σ·(p + q)     σ·q
 *
 * @param bits            at most 125
 * @input a               constrained here: of |a|, |b| and |a + b| the two smaller are below 2^bits. Every pair with
 *                        |a|, |b| < 2^bits satisfies that; what satisfies it has |a|, |b|, |a + b| < 2^(bits + 1).
 * @input b               likewise
 * @output aPositive      max(a, 0), like all outputs of at most bits + 1 bits: {maxbit}
 * @output bPositive      max(b, 0)
 * @output aMagnitude     |a|
 * @output bMagnitude     |b|
 * @output sumMagnitude   |a + b|
 *
 * Sound because every row of the table is an identity of integers that do not wrap (p + q < 2^(bits + 1)), the
 * row is chosen by two bits that are not both set, and σ is a bit: whichever row a prover picks, the outputs
 * are those of a and b. Where one of the numbers is zero two rows agree, and so do their outputs.
 */
template NettedPair(bits) {
    assert(bits <= 125);
    signal input a;
    signal input b;
    signal output {maxbit} aPositive;
    signal output {maxbit} bPositive;
    signal output {maxbit} aMagnitude;
    signal output {maxbit} bMagnitude;
    signal output {maxbit} sumMagnitude;
    aPositive.maxbit = bits + 1;
    bPositive.maxbit = bits + 1;
    aMagnitude.maxbit = bits + 1;
    bMagnitude.maxbit = bits + 1;
    sumMagnitude.maxbit = bits + 1;

    // 1. What the prover says: the row, the sign of its largest number, and the two smaller magnitudes.
    var aIsNegative = a < 0;
    var bIsNegative = b < 0;
    var aSize = aIsNegative ? -a : a;
    var bSize = bIsNegative ? -b : b;
    var opposite = aIsNegative != bIsNegative;

    signal aIsLargest;
    aIsLargest <-- opposite && aSize >= bSize; // HINT: boolean below, excludes bIsLargest
    signal bIsLargest;
    bIsLargest <-- opposite && aSize < bSize; // HINT: boolean below, excludes aIsLargest
    signal largestIsPositive;
    largestIsPositive <-- 1 - (bIsLargest ? bIsNegative : aIsNegative); // HINT: boolean below
    signal p;
    p <-- aIsLargest ? bSize : aSize; // HINT: range-checked below, pinned by 4
    signal q;
    q <-- aIsLargest ? aSize - bSize : (bIsLargest ? bSize - aSize : bSize); // HINT: likewise

    // 2. The row and the sign are bits, and at most one of a and b is the largest.
    aIsLargest * (aIsLargest - 1) === 0;
    bIsLargest * (bIsLargest - 1) === 0;
    largestIsPositive * (largestIsPositive - 1) === 0;
    aIsLargest * bIsLargest === 0;

    // 3. The smaller magnitudes are in range.
    RangeCheck(bits)(p);
    RangeCheck(bits)(q);

    // 4. The table, by columns: magnitudes first, then signs.
    signal qIfA <== aIsLargest * q;
    signal pIfSum <== (1 - aIsLargest - bIsLargest) * p;
    aMagnitude <== p + qIfA;
    bMagnitude <== p + q - pIfSum - qIfA;
    sumMagnitude <== q + pIfSum;

    signal signOfA <== (1 - 2 * bIsLargest) * (2 * largestIsPositive - 1);
    signal signOfB <== (1 - 2 * aIsLargest) * (2 * largestIsPositive - 1);
    signOfA * aMagnitude === a;
    signOfB * bMagnitude === b;

    // (m + σ·m) / 2 is linear in what is already constrained.
    aPositive <== (aMagnitude + a) / 2;
    bPositive <== (bMagnitude + b) / 2;
}
