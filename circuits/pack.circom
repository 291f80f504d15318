// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

/*
 * Proves:  signal = sum of (x[i] - lo) * 2^(width * i).
 * Assumes: every x[i] is an integer of [lo, lo + 2^width), shown elsewhere. n * width <= 253, so that the signal has one
 *          reading only.
 * Cost:    1.
 */
template Pack(n, width, lo) {
    assert(n * width <= 253);
    signal input x[n];
    signal output packed;

    var sum = 0;
    for (var i = 0; i < n; i++) {
        sum += (x[i] - lo) * 2 ** (width * i);
    }
    packed <== sum;
}
