// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  lo <= x <= hi as integers.
 * Assumes: nothing about x. lo < hi and hi - lo < 2^252 are constants.
 * Cost:    b + 1 for the b bits of hi - lo, and AtMost(b, hi - lo).
 */
template AssertInterval(lo, hi) {
    signal input x;

    var n = lengthOf(hi - lo);
    component bits = Decompose(n);
    bits.x <== x - lo;

    component atMost = AtMost(n, hi - lo);
    for (var i = 0; i < n; i++) {
        atMost.bit[i] <== bits.bit[i];
    }
}

/*
 * Proves:  the integer of the bits is at most limit.
 * Assumes: every bit[i] is 0 or 1; limit has exactly n bits.
 * Cost:    1 for each run of zeros in limit, and 1 for each of its ones above its lowest zero but the first.
 *
 * Seen from above, a larger integer first differs from limit at a place where limit has a zero; above that place it has
 * a one wherever limit does. For each run of zeros: (product of the bits at the ones above it) * (sum of its bits) = 0.
 * The sum of fewer than 253 bits does not wrap, so it is zero only when all of them are.
 */
template AtMost(n, limit) {
    signal input bit[n];

    var last = lowestZero(limit, n);
    signal product[productsOf(limit, last, n)];
    var above = 0;
    var zeros = 0;
    var ones = 0;
    for (var i = n - 1; i >= last; i--) {
        if ((limit >> i) & 1 == 1) {
            if (ones == 0) {
                above = bit[i];
            } else {
                product[ones - 1] <== above * bit[i];
                above = product[ones - 1];
            }
            ones++;
        } else {
            zeros += bit[i];
            var endsRun = 1;
            if (i > last) {
                endsRun = (limit >> (i - 1)) & 1;
            }
            if (endsRun == 1) {
                above * zeros === 0;
                zeros = 0;
            }
        }
    }
}

// The least b such that value < 2^b.
function lengthOf(value) {
    var b = 0;
    while (2 ** b <= value) {
        b++;
    }
    return b;
}

// The place of the lowest zero among the n bits of limit; n where there is none.
function lowestZero(limit, n) {
    var i = 0;
    while (i < n && (limit >> i) & 1 == 1) {
        i++;
    }
    return i;
}

// The ones of limit at the places from `last` up, but the first.
function productsOf(limit, last, n) {
    var ones = 0;
    for (var i = last; i < n; i++) {
        ones += (limit >> i) & 1;
    }
    return ones == 0 ? 0 : ones - 1;
}
