// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  y = floor((2a + b) / (2b)), the quotient a / b rounded to the nearest, halves up.
 * Assumes: a and b are integers, 1 <= b, 2b <= 2^m; y lies in [least, least + 2^width), another pair has no witness.
 *          m and width are far below the field's size.
 * Cost:    width + 2m + 3.
 *
 * The prover names y by the bits of y - least. With remainder = 2a + b - 2b * y, both remainder and 2b - 1 - remainder are
 * range-checked, so that 0 <= remainder < 2b: of integers there is one such y. All sums stay far below the field's order.
 */
template Quotient(width, m, least) {
    signal input a;
    signal input b;
    signal output y;

    // never negative, so that the division of field elements is that of integers
    var number = (2 * a + b - 2 * b * least) \ (2 * b);
    signal bit[width];
    var sum = 0;
    for (var i = 0; i < width; i++) {
        bit[i] <-- (number >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * 2 ** i;
    }
    y <== sum + least;

    signal product <== b * y;
    component remainder = Decompose(m);
    remainder.x <== 2 * a + b - 2 * product;
    component room = Decompose(m);
    room.x <== 2 * b - 1 - (2 * a + b - 2 * product);
}
