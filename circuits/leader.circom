// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "max.circom";

/*
 * Proves:  place is the index of the largest of the n members, of equal ones the first; lead is the largest less the
 *          next one, 0 where two are equal.
 * Assumes: any two members differ by an integer of [-2^k, 2^k). n >= 2.
 * Cost:    k + 4 for the second member, 2k + 7 for each one after it.
 *
 * Of a member and the best so far, one becomes the best; the other is their sum less the best, and competes with the
 * second so far.
 */
template Leader(n, k) {
    signal input x[n];
    signal output place;
    signal output lead;

    component step[n - 1];
    component runnerUp[n - 2];
    signal at[n];
    at[0] <== 0;
    var best = x[0];
    var second = 0;
    for (var i = 1; i < n; i++) {
        step[i - 1] = Max2(k);
        step[i - 1].best <== best;
        step[i - 1].member <== x[i];
        at[i] <== i + step[i - 1].stays * (at[i - 1] - i);

        var loser = best + x[i] - step[i - 1].larger;
        best = step[i - 1].larger;
        if (i == 1) {
            second = loser;
        } else {
            runnerUp[i - 2] = Max2(k);
            runnerUp[i - 2].best <== second;
            runnerUp[i - 2].member <== loser;
            second = runnerUp[i - 2].larger;
        }
    }
    place <== at[n - 1];
    lead <== best - second;
}
