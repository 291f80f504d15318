// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "rank.circom";

/*
 * Proves:  y = slope[j] * x + offset[j] for the piece j that x is on, the number of starts that x has reached.
 * Assumes: as Rank(t, b, g, lo, hi, start): x is an integer of [lo, hi], the t >= 2 starts rise strictly in (lo, hi].
 * Cost:    that of Rank, and 1.
 *
 * Each start that x has reached adds what its piece differs by from the one before it.
 */
template Piecewise(t, b, g, lo, hi, start, slope, offset) {
    signal input x;
    signal output y;

    component rank = Rank(t, b, g, lo, hi, start);
    rank.x <== x;

    var steepness = slope[0];
    var shift = offset[0];
    for (var j = 0; j < t; j++) {
        steepness += (slope[j + 1] - slope[j]) * rank.flag[j];
        shift += (offset[j + 1] - offset[j]) * rank.flag[j];
    }
    y <== steepness * x + shift;
}
