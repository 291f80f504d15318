// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  y = max(0, floor((x + 2^(shift - 1)) / 2^shift)); for shift 0, y = max(0, x).
 * Assumes: x is an integer whose quotient lies in [-2^k, 2^k); another x has no witness.
 * Cost:    n + 2 for n = shift + k + 1.
 *
 * x + 2^(shift - 1) + 2^(shift + k) = remainder + 2^shift * magnitude + 2^(shift + k) * sign: the sign bit is set exactly
 * where the quotient is not negative, and then magnitude is the quotient.
 */
template RescaleRelu(shift, k) {
    signal input x;
    signal output y;

    var half = shift == 0 ? 0 : 2 ** (shift - 1);
    component bits = Decompose(shift + k + 1);
    bits.x <== x + half + 2 ** (shift + k);

    var magnitude = 0;
    for (var i = 0; i < k; i++) {
        magnitude += bits.bit[shift + i] * 2 ** i;
    }
    y <== magnitude * bits.bit[shift + k];
}
