// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "pack.circom";
include "poseidon.circom";

/*
 * Proves:  commitment is the salted commitment to x: Poseidon(start, salt, x packed).
 * Assumes: every x[i] is an integer of [lo, lo + 2^width), shown elsewhere. n * width <= 253: one packed element. start
 *          is the constant that names kind, width and count (src/artifacts/commitment.ts). partial, C and M are
 *          Poseidon's for three inputs.
 * Cost:    3 for each S-box of something unknown, 6 less than Poseidon of three unknown inputs costs with its capacity.
 *
 * Longer commitments chain: the digest takes the place of start, and the next up to 15 elements follow it.
 */
template Commit(n, width, lo, start, partial, C, M) {
    signal input salt;
    signal input x[n];
    signal output commitment;

    component pack = Pack(n, width, lo);
    for (var i = 0; i < n; i++) {
        pack.x[i] <== x[i];
    }
    component poseidon = Poseidon(3, partial, C, M);
    poseidon.x[0] <== start;
    poseidon.x[1] <== salt;
    poseidon.x[2] <== pack.packed;
    commitment <== poseidon.digest;
}
