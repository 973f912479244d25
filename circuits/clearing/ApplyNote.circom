pragma circom 2.1.6;

include "../lib/ClearingSpec.circom";
include "../lib/OneHot.circom";
include "../lib/Permutation.circom";
include "../lib/RangeCheck.circom";

/**
 * One side of a trade: what a note adds to a book. The other side uses the same note with the other sign.
 *
 * @param U            number of asset slots, at most 256
 * @input adds         1 where the account buys the note's size; constrained here to a bit
 * @input takes        1 where it sells; constrained here to a bit, and not both are 1
 * @input asset        slot; constrained here: 0 ≤ asset < U
 * @input size         quanta; constrained here: 0 ≤ size < 2^63
 * @input quote        attodollars a quantum, net of one funding index; constrained here: −2^65 ≤ quote < 2^65
 * @input blind        any field element
 * @output used        adds + takes: {binary}
 * @output at[U]       1 at `asset`, 0 elsewhere: {binary}
 * @output perp[U]     quanta that the book gains: ± size at `asset`, 0 elsewhere
 * @output basis       attodollars that the book gains: ∓ size·quote
 * @output digest      Poseidon of NOTE_DOMAIN, the packed note and blind; 0 where the note is not used
 *
 * Binding because asset, size and quote are in range before they are packed. Both sides of one digest move the same
 * quanta and the same attodollars, with opposite signs: nothing is rounded, so nothing is made or lost.
 */
template ApplyNote(U) {
    assert(U <= 2 ** NOTE_ASSET_BITS());
    signal input adds;
    signal input takes;
    signal input asset;
    signal input size;
    signal input quote;
    signal input blind;
    signal output {binary} used;
    signal output {binary} at[U];
    signal output perp[U];
    signal output basis;
    signal output digest;

    // 1. The side.
    adds * (adds - 1) === 0;
    takes * (takes - 1) === 0;
    adds * takes === 0;
    used <== adds + takes;

    // 2. The note, in range.
    at <== OneHot(U)(asset);
    RangeCheck(NOTE_SIZE_BITS())(size);
    RangeCheck(QUOTE_BITS() + 1)(quote + 2 ** QUOTE_BITS());

    // 3. What it moves.
    signal sized <== (adds - takes) * size;
    for (var u = 0; u < U; u++) {
        perp[u] <== at[u] * sized;
    }
    basis <== -sized * quote;

    // 4. What both sides name it by.
    var packed = asset + 2 ** NOTE_ASSET_BITS() * (size + 2 ** NOTE_SIZE_BITS() * (quote + 2 ** QUOTE_BITS()));
    component hash = Permutation(3, 1);
    hash.inputs[0] <== NOTE_DOMAIN();
    hash.inputs[1] <== packed;
    hash.inputs[2] <== blind;
    digest <== used * hash.out[0];
}
