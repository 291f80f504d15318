// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

/*
 * Proves:  y is the largest integer with y^2 <= x.
 * Assumes: x is an integer whose root y has 2y < 2^width; another x has no witness. width is far below half of the field's.
 * Cost:    2 width + 1.
 *
 * The prover names above = x - y^2 and below = 2y - above = (y + 1)^2 - 1 - x by their bits; so neither is negative, and
 * y^2 <= x < (y + 1)^2. y is half of their sum: were that odd, 4 y^2 would be an odd square and 4 (x - above) is none.
 */
template Root(width) {
    signal input x;
    signal output y;

    var root = rootOf(x, width);
    signal aboveBit[width];
    signal belowBit[width];
    var above = 0;
    var below = 0;
    for (var i = 0; i < width; i++) {
        aboveBit[i] <-- ((x - root * root) >> i) & 1;
        aboveBit[i] * (aboveBit[i] - 1) === 0;
        above += aboveBit[i] * 2 ** i;
        belowBit[i] <-- ((2 * root - (x - root * root)) >> i) & 1;
        belowBit[i] * (belowBit[i] - 1) === 0;
        below += belowBit[i] * 2 ** i;
    }
    y <== (above + below) / 2;
    y * y === x - above;
}

// The largest integer of `width` bits whose square is at most x.
function rootOf(x, width) {
    var root = 0;
    for (var i = width - 1; i >= 0; i--) {
        if ((root + 2 ** i) * (root + 2 ** i) <= x) {
            root += 2 ** i;
        }
    }
    return root;
}
