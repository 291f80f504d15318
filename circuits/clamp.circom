// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "sign.circom";

/*
 * Proves:  y = min(max(x, lo), hi).
 * Assumes: x - lo is an integer of [-2^below, 2^below), and max(x, lo) - hi one of [-2^above, 2^above); another x has
 *          no witness. lo <= hi are constants.
 * Cost:    below + 3 + above + 3.
 *
 * max(x, lo) = lo + positive part of (x - lo), and min(z, hi) = z - positive part of (z - hi). The gadget leaves a side
 * out where the bounds of x show that it is never crossed.
 */
template Clamp(lo, hi, below, above) {
    signal input x;
    signal output y;

    component under = Sign(below);
    under.x <== x - lo;
    signal least <== lo + under.magnitude * under.isNonNegative;

    component over = Sign(above);
    over.x <== least - hi;
    y <== least - over.magnitude * over.isNonNegative;
}
