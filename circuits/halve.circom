// SPDX-License-Identifier: GPL-3.0-or-later
pragma circom 2.1.6;

include "decompose.circom";

/*
 * Proves:  flag[j] is 1 where x >= threshold[j], and 0 elsewhere.
 * Assumes: x is an integer of [lo, hi]; the t >= 2 thresholds rise strictly in (lo, hi]; from <= lo, hi < from + 2^b.
 * Cost:    b + 1 + p, for p halvings but the first that leave something of [lo, hi] on both sides.
 *
 * A place is 2^i aligned integers, counted from `from`, some of them in [lo, hi]. Its indicator times bit i - 1 is that
 * of its upper half, what is left that of its lower half; where only one half has a part of [lo, hi], x can be in no
 * other. Places are halved until no threshold is strictly inside.
 */
template Halve(t, b, p, from, lo, hi, threshold) {
    signal input x;
    signal output flag[t];

    component parts = Decompose(b);
    parts.x <== x - from;

    signal both[p];
    var made = 0;
    var sum[t + 1];
    for (var j = 0; j <= t; j++) {
        sum[j] = 0;
    }

    var count = 1;
    var start[2 * t];
    var indicator[2 * t];
    start[0] = from;
    indicator[0] = 1;
    var isFirst = 1;
    for (var level = b; level >= 0; level--) {
        var found = 0;
        var nextStart[2 * t];
        var next[2 * t];
        for (var at = 0; at < count; at++) {
            var reached = 0;
            var inside = 0;
            for (var j = 0; j < t; j++) {
                if (threshold[j] <= start[at]) {
                    reached++;
                } else {
                    if (threshold[j] < start[at] + 2 ** level) {
                        inside++;
                    }
                }
            }
            if (inside == 0) {
                sum[reached] += indicator[at];
            } else {
                var middle = start[at] + 2 ** (level - 1);
                if (middle > hi) {
                    nextStart[found] = start[at];
                    next[found] = indicator[at];
                    found++;
                } else {
                    if (middle <= lo) {
                        nextStart[found] = middle;
                        next[found] = indicator[at];
                        found++;
                    } else {
                        nextStart[found] = start[at];
                        nextStart[found + 1] = middle;
                        if (isFirst == 1) {
                            next[found] = 1 - parts.bit[level - 1];
                            next[found + 1] = parts.bit[level - 1];
                            isFirst = 0;
                        } else {
                            both[made] <== indicator[at] * parts.bit[level - 1];
                            next[found] = indicator[at] - both[made];
                            next[found + 1] = both[made];
                            made++;
                        }
                        found += 2;
                    }
                }
            }
        }
        count = found;
        for (var at = 0; at < count; at++) {
            start[at] = nextStart[at];
            indicator[at] = next[at];
        }
    }

    for (var j = 0; j < t; j++) {
        var reached = 0;
        for (var i = j + 1; i <= t; i++) {
            reached += sum[i];
        }
        flag[j] <== reached;
    }
}
