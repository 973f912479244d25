pragma circom 2.1.6;

include "MontgomeryForm.circom";

/// Digits of a window, and windows of `n` digits.
function WINDOW() {
    return 3;
}

/// In Montgomery form: the sum of two points that are not the same, nor opposite.
function addPoints(p, q) {
    var slope = (q[1] - p[1]) / (q[0] - p[0]);
    var u = slope * slope - MONTGOMERY_A() - p[0] - q[0];
    return [u, slope * (p[0] - u) - p[1]];
}

/// In Montgomery form: 2^times·p.
function doublePoint(p, times) {
    for (var i = 0; i < times; i++) {
        var slope = (3 * p[0] * p[0] + 2 * MONTGOMERY_A() * p[0] + 1) / (2 * p[1]);
        var u = slope * slope - MONTGOMERY_A() - 2 * p[0];
        p = [u, slope * (p[0] - u) - p[1]];
    }
    return p;
}

/// In Montgomery form: 2^times·base.
function shiftedBase(base, times) {
    var u = (1 + base[1]) / (1 - base[1]);
    return doublePoint([u, u / base[0]], times);
}

/**
 * The multiples ±1, ±3, ±5, ±7 of 2^times·base, as polynomials of three digits.
 *
 * @return   coordinate by coordinate, the coefficient of the product of the digits in the binary places of 0 … 7
 */
function windowOf(base, times) {
    var one[2] = shiftedBase(base, times);
    var two[2] = doublePoint(one, 1);
    var odd[4][2];
    odd[0] = one;
    for (var i = 1; i < 4; i++) {
        odd[i] = addPoints(odd[i - 1], two);
    }
    // 1. Their values: 7 stands for the digits 111, and 7 times the point.
    var of[2][8];
    for (var i = 0; i < 4; i++) {
        of[0][4 + i] = odd[i][0];
        of[1][4 + i] = odd[i][1];
        of[0][3 - i] = odd[i][0];
        of[1][3 - i] = -odd[i][1];
    }
    // 2. Their coefficients, one digit after the other.
    for (var bit = 1; bit < 8; bit *= 2) {
        for (var i = 0; i < 8; i++) {
            if ((i & bit) != 0) {
                of[0][i] -= of[0][i - bit];
                of[1][i] -= of[1][i - bit];
            }
        }
    }
    return of;
}

/**
 * Adds one of the eight points of a window.
 *
 * @param window         the eight, as windowOf gives them
 * @input digits[3]      bits: {binary}; they select the point
 * @input u, v           precondition, held by the caller: neither the selected point nor its opposite
 * @output outU, outV    the sum
 */
template AddWindow(window) {
    signal input {binary} digits[WINDOW()];
    signal input u;
    signal input v;
    signal output outU;
    signal output outV;

    // 1. Select: each coordinate is linear in the products of the digits.
    signal products[8];
    for (var i = 0; i < 8; i++) {
        var top = i < 4 ? (i < 2 ? 0 : 1) : 2;
        var bit = 1 << top;
        if (i == 0) {
            products[i] <== 1;
        } else if (i == bit) {
            products[i] <== digits[top];
        } else {
            products[i] <== products[i - bit] * digits[top];
        }
    }
    var point[2] = [0, 0];
    for (var i = 0; i < 8; i++) {
        point[0] += window[0][i] * products[i];
        point[1] += window[1][i] * products[i];
    }

    // 2. Add.
    signal slope <-- (point[1] - v) / (point[0] - u);
    (point[0] - u) * slope === point[1] - v;
    outU <== slope * slope - MONTGOMERY_A() - u - point[0];
    outV <== (u - outU) * slope - v;
}

/// A point that is fixed by the circuit.
template FixedPoint(point) {
    signal output u <== point[0];
    signal output v <== point[1];
}

/**
 * A multiple of a constant point of Baby Jubjub's prime subgroup.
 *
 * @param n              number of digits, at most 246, a multiple of 3
 * @param base[2]        the point
 * @input digits[n]      bits: {binary}; 1 stands for 1 and 0 for −1
 * @output multiple[2]   (2^n + 1 + 2·Σ digits[i]·2^i)·base
 *
 * From m = 2^(n+1), each window of three digits adds ±1, ±3, ±5 or ±7 times 8^w, the highest first.
 *
 * Complete and determined, because no denominator is zero: what is added is below 2^n in magnitude, and 2^n < m < 3·2^n.
 * So neither their sum nor their difference is a multiple of ℓ.
 */
template FixedMultiple(n, base) {
    assert(n % WINDOW() == 0);
    assert(n <= 246);
    signal input {binary} digits[n];
    signal output multiple[2];

    var windows = n \ WINDOW();
    component start = FixedPoint(shiftedBase(base, n + 1));
    component add[windows];
    for (var w = windows - 1; w >= 0; w--) {
        add[w] = AddWindow(windowOf(base, WINDOW() * w));
        for (var i = 0; i < WINDOW(); i++) {
            add[w].digits[i] <== digits[WINDOW() * w + i];
        }
        add[w].u <== w == windows - 1 ? start.u : add[(w + 1) % windows].outU;
        add[w].v <== w == windows - 1 ? start.v : add[(w + 1) % windows].outV;
    }
    multiple <== ToEdwards()(add[0].outU, add[0].outV);
}
