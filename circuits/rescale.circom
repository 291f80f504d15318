// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  y = floor((x + 2^(shift - 1)) / 2^shift).
 * Assumes: x is an integer whose y lies in [least, least + 2^width); another x has no witness. shift >= 1.
 * Cost:    shift + width + 1.
 *
 * x + 2^(shift - 1) - least * 2^shift = remainder + 2^shift * (y - least), both limbs range-checked, and the sum stays
 * far below the field's order: only the quotient and remainder of integers satisfy it.
 */
template Rescale(shift, width, least) {
    signal input x;
    signal output y;

    component bits = Decompose(shift + width);
    bits.x <== x + 2 ** (shift - 1) - least * 2 ** shift;

    var quotient = 0;
    for (var i = 0; i < width; i++) {
        quotient += bits.bit[shift + i] * 2 ** i;
    }
    y <== quotient + least;
}
