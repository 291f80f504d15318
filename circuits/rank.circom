// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  lo <= x <= hi, for any field element x, and flag[j] is 1 where x >= threshold[j], and 0 elsewhere.
 * Assumes: the t >= 2 thresholds rise strictly and lie in (lo, hi]; t < 2^b; neighbours among lo, the thresholds and
 *          hi + 1 are at most 2^g apart, and some are further apart than 1.
 * Cost:    b + (t - 1) + 2 * (g + 1), and 1 for each level on which the last prefix cannot go on with a 1.
 *
 * The prover names the interval between two thresholds that x is in, as a number of b bits, most significant first. Each
 * level splits the indicators of the prefixes by its bit; where the larger extension would name no interval, the bit is
 * forced to 0. Two range checks show that x is in the interval that was named; intervals do not overlap,
 * and together they are [lo, hi]. Thresholds that only cut a wide interval are thresholds like the others here.
 */
template Rank(t, b, g, lo, hi, threshold) {
    signal input x;
    signal output flag[t];

    var number = 0;
    for (var j = 0; j < t; j++) {
        if (x - threshold[j] >= 0) {
            number++;
        }
    }
    signal bit[b];
    for (var i = 0; i < b; i++) {
        bit[i] <-- (number >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
    }

    signal both[t - 1];
    var made = 0;
    var indicator[t + 1];
    var count = 1;
    indicator[0] = 1;
    for (var level = b - 1; level >= 0; level--) {
        var next[t + 1];
        var reachable = (t + 2 ** level) \ (2 ** level);
        for (var at = 0; at < count; at++) {
            if (2 * at + 1 >= reachable) {
                indicator[at] * bit[level] === 0;
                next[2 * at] = indicator[at];
            } else {
                if (count == 1) {
                    next[1] = bit[level];
                    next[0] = 1 - bit[level];
                } else {
                    both[made] <== indicator[at] * bit[level];
                    next[2 * at + 1] = both[made];
                    next[2 * at] = indicator[at] - both[made];
                    made++;
                }
            }
        }
        count = reachable;
        for (var at = 0; at < count; at++) {
            indicator[at] = next[at];
        }
    }

    var start = indicator[0] * lo;
    var end = indicator[t] * hi;
    for (var j = 0; j < t; j++) {
        start += indicator[j + 1] * threshold[j];
        end += indicator[j] * (threshold[j] - 1);
    }
    component above = Decompose(g);
    above.x <== x - start;
    component below = Decompose(g);
    below.x <== end - x;

    for (var j = 0; j < t; j++) {
        var sum = 0;
        for (var i = j + 1; i <= t; i++) {
            sum += indicator[i];
        }
        flag[j] <== sum;
    }
}
