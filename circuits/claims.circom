// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "leader.circom";

/*
 * Proves:  lo <= limit <= value; claim is limit - lo, as the public signal carries it.
 * Assumes: value is an integer of [lo, lo + 2^width). Nothing about limit, which the prover chooses.
 * Cost:    2 * (width + 1) + 1.
 *
 * Without the first range check a limit below lo would stand in the signal as an element near the field's order, which
 * a reader that takes its lowest bits would read as a high limit. The second one says that limit does not exceed value.
 */
template AtLeast(lo, width) {
    signal input value;
    signal input limit;
    signal output claim;

    component known = Decompose(width);
    known.x <== limit - lo;

    component excess = Decompose(width);
    excess.x <== value - limit;

    claim <== limit - lo;
}

/*
 * Proves:  place is the index of the largest of the n scores, of equal ones the first, and that score is at least claim
 *          above every other one; claim >= 0.
 * Assumes: any two scores differ by an integer of [-2^k, 2^k), and by less than 2^width. n >= 2.
 * Cost:    that of Leader(n, k) and AtLeast(0, width), and 1 for each signal.
 */
template Margin(n, k, width) {
    signal input x[n];
    signal input limit;
    signal output place;
    signal output claim;

    component leader = Leader(n, k);
    for (var i = 0; i < n; i++) {
        leader.x[i] <== x[i];
    }
    place <== leader.place;

    component atLeast = AtLeast(0, width);
    atLeast.value <== leader.lead;
    atLeast.limit <== limit;
    claim <== atLeast.claim;
}
