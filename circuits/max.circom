// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "sign.circom";

/*
 * Proves:  larger is max(best, member); stays is 1 where best >= member and 0 elsewhere.
 * Assumes: best - member is an integer of [-2^k, 2^k); another pair has no witness.
 * Cost:    k + 3.
 *
 * larger = member + stays * magnitude of (best - member).
 */
template Max2(k) {
    signal input best;
    signal input member;
    signal output larger;
    signal output stays;

    component sign = Sign(k);
    sign.x <== best - member;
    stays <== sign.isNonNegative;
    larger <== member + sign.magnitude * sign.isNonNegative;
}

/*
 * Proves:  largest is the largest of the n members.
 * Assumes: any two members differ by an integer of [-2^k, 2^k). n >= 1.
 * Cost:    (n - 1) * (k + 3).
 */
template Max(n, k) {
    signal input x[n];
    signal output largest;

    component step[n - 1];
    var best = x[0];
    for (var i = 1; i < n; i++) {
        step[i - 1] = Max2(k);
        step[i - 1].best <== best;
        step[i - 1].member <== x[i];
        best = step[i - 1].larger;
    }
    largest <== best;
}
