pragma circom 2.1.6;

include "circomlib/circuits/montgomery.circom";
include "AddWindow.circom";
include "ClearingSpec.circom";

/// In Montgomery form: the sum of two points that are neither the same nor opposite.
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

/// In Montgomery form: 2^times·base, of a point in Edwards form.
function shiftedBase(base, times) {
    var u = (1 + base[1]) / (1 - base[1]);
    return doublePoint([u, u / base[0]], times);
}

/// The multiples ±1, ±3, ±5, ±7 of 2^times·base for three digits, as AddWindow takes them.
function windowOf(base, times) {
    var one[2] = shiftedBase(base, times);
    var two[2] = doublePoint(one, 1);
    var odd[4][2];
    odd[0] = one;
    for (var i = 1; i < 4; i++) {
        odd[i] = addPoints(odd[i - 1], two);
    }
    // 1. Their values: 7 stands for the digits 111, and 7 times the point.
    var points[2][8];
    for (var i = 0; i < 4; i++) {
        points[0][4 + i] = odd[i][0];
        points[1][4 + i] = odd[i][1];
        points[0][3 - i] = odd[i][0];
        points[1][3 - i] = -odd[i][1];
    }
    // 2. Their coefficients, one digit after the other.
    for (var bit = 1; bit < 8; bit *= 2) {
        for (var i = 0; i < 8; i++) {
            if ((i & bit) != 0) {
                points[0][i] -= points[0][i - bit];
                points[1][i] -= points[1][i - bit];
            }
        }
    }
    return points;
}

/**
 * A multiple of a constant point of Baby Jubjub's prime subgroup.
 *
 * @param n              number of digits, at most 246, a multiple of 3
 * @param base           the point's x and y
 * @param start          x and y of 2^(n + 1)·base, which a witness would take long to compute
 * @input digits[n]      bits: {binary}; 1 stands for 1 and 0 for −1
 * @output multiple[2]   (2^n + 1 + 2·Σ digits[i]·2^i)·base
 *
 * From m = 2^(n + 1), each window of three digits adds ±1, ±3, ±5 or ±7 times 8^w, the highest first.
 *
 * Complete and determined, because no denominator is zero: what is added is below 2^n in magnitude, and 2^n < m < 3·2^n < ℓ.
 * So neither their sum nor their difference is a multiple of ℓ.
 */
template FixedMultiple(n, base, start) {
    assert(n % 3 == 0);
    assert(n <= 246);
    signal input {binary} digits[n];
    signal output multiple[2];

    var windows = n \ 3;
    component montgomery = Edwards2Montgomery();
    montgomery.in <== start;
    component add[windows];
    for (var w = windows - 1; w >= 0; w--) {
        add[w] = AddWindow(windowOf(base, 3 * w));
        for (var i = 0; i < 3; i++) {
            add[w].digits[i] <== digits[3 * w + i];
        }
        if (w == windows - 1) {
            add[w].to <== montgomery.out;
        } else {
            add[w].to <== add[w + 1].sum;
        }
    }
    component edwards = Montgomery2Edwards();
    edwards.in <== add[0].sum;
    multiple <== edwards.out;
}
