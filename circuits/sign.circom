// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  isNonNegative is 1 where x >= 0 and 0 elsewhere; magnitude is x where x >= 0.
 * Assumes: x is an integer of [-2^k, 2^k); another x has no witness.
 * Not:     magnitude is x + 2^k where x is negative: multiply it by the sign.
 * Cost:    k + 2.
 *
 * x + 2^k lies in [0, 2^(k + 1)); its top bit is the sign, and the rest is x where that bit is set.
 */
template Sign(k) {
    signal input x;
    signal output isNonNegative;
    signal output magnitude;

    component bits = Decompose(k + 1);
    bits.x <== x + 2 ** k;

    var sum = 0;
    for (var i = 0; i < k; i++) {
        sum += bits.bit[i] * 2 ** i;
    }
    magnitude <== sum;
    isNonNegative <== bits.bit[k];
}
