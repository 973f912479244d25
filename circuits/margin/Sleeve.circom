pragma circom 2.1.6;

include "../lib/RangeCheck.circom";
include "../lib/Spec.circom";

/**
 * Holds a sleeve's numbers in range and packs them for the commitment. A sleeve is what is not linear in a price: the
 * attesters compute its numbers and answer for them; see docs/STATEMENT.md.
 *
 * @param S            number of scenarios
 * @input present      a bit: {binary}. Without it the sleeve is zero throughout.
 * @input value        cents, −2^46 ≤ value < 2^46; constrained here, like all below
 * @input gain[S]      cents, −2^46 ≤ gain[s] < 2^46
 * @input charge       cents, 0 ≤ charge < 2^46
 * @input slack        cents, 0 ≤ slack < 2^40
 * @input detail       any field element; 0 without a sleeve
 * @output words[4]    value, gain[0], …, gain[S − 1], charge, slack, five to a word in base 2^47, signed
 *
 * Binding because digits of −2^46 … 2^46 − 1 in base 2^47 are unique, and no word reaches half of the field. For the same reason
 * a word is zero only if its numbers are.
 */
template Sleeve(S) {
    signal input {binary} present;
    signal input value;
    signal input gain[S];
    signal input charge;
    signal input slack;
    signal input detail;
    signal output words[SLEEVE_WORDS()];
    var numbers = S + 3;
    assert(numbers <= SLEEVE_WORDS() * SLEEVE_PER_WORD());

    // 1. Signed numbers in range, then those that are not.
    component signedRange[S + 1];
    for (var i = 0; i <= S; i++) {
        signedRange[i] = RangeCheck(SLEEVE_BITS() + 1);
        signedRange[i].in <== (i == 0 ? value : gain[(i + S - 1) % S]) + 2 ** SLEEVE_BITS();
    }
    RangeCheck(SLEEVE_BITS())(charge);
    RangeCheck(SLACK_BITS())(slack);

    // 2. Pack.
    var packed[SLEEVE_WORDS()];
    for (var w = 0; w < SLEEVE_WORDS(); w++) {
        packed[w] = 0;
    }
    for (var i = 0; i < numbers; i++) {
        var number = slack;
        if (i == 0) {
            number = value;
        } else if (i <= S) {
            number = gain[(i + S - 1) % S];
        } else if (i == S + 1) {
            number = charge;
        }
        packed[i \ SLEEVE_PER_WORD()] += number * 2 ** ((SLEEVE_BITS() + 1) * (i % SLEEVE_PER_WORD()));
    }
    words <== packed;

    // 3. All zero without the claim's bit.
    for (var w = 0; w < SLEEVE_WORDS(); w++) {
        (1 - present) * words[w] === 0;
    }
    (1 - present) * detail === 0;
}
