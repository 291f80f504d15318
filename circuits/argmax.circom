// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "max.circom";

/*
 * Proves:  place is the index of the largest of the n members, of equal ones the first.
 * Assumes: any two members differ by an integer of [-2^k, 2^k). n >= 2.
 * Cost:    (n - 1) * (k + 4) - 1.
 *
 * The best so far stays where it is at least as large as the next member, so of equal ones the first wins:
 * place' = i + stays * (place - i). The last comparison needs the sign alone.
 */
template ArgMax(n, k) {
    signal input x[n];
    signal output place;

    component step[n - 2];
    signal at[n];
    at[0] <== 0;
    var best = x[0];
    for (var i = 1; i < n - 1; i++) {
        step[i - 1] = Max2(k);
        step[i - 1].best <== best;
        step[i - 1].member <== x[i];
        best = step[i - 1].larger;
        at[i] <== i + step[i - 1].stays * (at[i - 1] - i);
    }

    component last = Sign(k);
    last.x <== best - x[n - 1];
    at[n - 1] <== n - 1 + last.isNonNegative * (at[n - 2] - (n - 1));
    place <== at[n - 1];
}
