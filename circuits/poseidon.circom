// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

/*
 * Proves:  y = x^5.
 * Cost:    3.
 */
template FifthPower() {
    signal input x;
    signal output y;

    signal square <== x * x;
    signal fourth <== square * square;
    y <== fourth * x;
}

/*
 * Proves:  digest is the Poseidon digest of x, over BN254's scalar field.
 * Assumes: nothing about x. C holds (8 + partial) * (n + 1) round constants, round by round; M is the mixing matrix, row
 *          by row: those of the paper for width n + 1, which src/base/poseidon.ts derives.
 * Cost:    3 for each S-box but the one of the constant first element: 3 * (8 * (n + 1) + partial - 1).
 *
 * Grassi et al., eprint 2019/458, section 2.2, as it stands there: constants are added, every element (in the partial
 * rounds the first alone) goes through x^5, the matrix mixes. The state begins as 0 and the inputs, and ends with the
 * digest first.
 */
template Poseidon(n, partial, C, M) {
    signal input x[n];
    signal output digest;

    var t = n + 1;
    component sbox[8 * t + partial];
    var used = 0;

    var state[t];
    state[0] = 0;
    for (var i = 0; i < n; i++) {
        state[i + 1] = x[i];
    }
    for (var round = 0; round < 8 + partial; round++) {
        var isFull = round < 4 || round >= 4 + partial;
        var powers[t];
        for (var i = 0; i < t; i++) {
            powers[i] = state[i] + C[round * t + i];
            if (isFull || i == 0) {
                sbox[used] = FifthPower();
                sbox[used].x <== powers[i];
                powers[i] = sbox[used].y;
                used++;
            }
        }
        for (var i = 0; i < t; i++) {
            state[i] = 0;
            for (var j = 0; j < t; j++) {
                state[i] += M[i][j] * powers[j];
            }
        }
    }
    digest <== state[0];
}
