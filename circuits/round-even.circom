// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  y is the whole number nearest to x / 2^shift, of two equally near ones the even one.
 * Assumes: x is an integer with floor(x / 2^shift) in [least, least + 2^width); another x has no witness. least is even;
 *          shift >= 1, width >= 1.
 * Cost:    2 shift + width + 3.
 *
 * x - least * 2^shift = remainder + 2^shift * (floor(x / 2^shift) - least): since least is even, the quotient's lowest bit
 * says whether the whole number below is odd. remainder + odd + 2^(shift - 1) - 1 reaches 2^shift exactly where the
 * remainder is over half, or is half and the number below is odd.
 */
template RoundEven(shift, width, least) {
    signal input x;
    signal output y;

    component bits = Decompose(shift + width);
    bits.x <== x - least * 2 ** shift;

    var remainder = 0;
    for (var i = 0; i < shift; i++) {
        remainder += bits.bit[i] * 2 ** i;
    }
    var quotient = 0;
    for (var i = 0; i < width; i++) {
        quotient += bits.bit[shift + i] * 2 ** i;
    }

    component over = Decompose(shift + 1);
    over.x <== remainder + bits.bit[shift] + 2 ** (shift - 1) - 1;

    y <== quotient + over.bit[shift] + least;
}
