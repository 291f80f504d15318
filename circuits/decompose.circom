// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

/*
 * Proves:  x = sum of bit[i] * 2^i and every bit[i] is 0 or 1; so 0 <= x < 2^n.
 * Assumes: nothing about x. n < 253, so that no two answers differ by the field's order.
 * Cost:    n + 1.
 *
 * The gadget's limbs are sums of consecutive bits and cost nothing.
 */
template Decompose(n) {
    assert(n < 253);
    signal input x;
    signal output bit[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        bit[i] <-- (x >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * 2 ** i;
    }
    sum === x;
}
