pragma circom 2.1.6;

// A dense layer that rescales by division: quotient and remainder come from outside, and what ties them to each other is
// one equation. The remainder's range is looked at by an assert alone, which is a check of the witness generator and no
// constraint: whoever writes the witness by hand proves any output.
template DenseUnchecked(n, divisor) {
    signal input in[n];
    signal input weight[n];
    signal input bias;
    signal input quotient;
    signal input remainder;
    signal output out;

    signal term[n + 1];
    term[0] <== bias;
    for (var i = 0; i < n; i++) {
        term[i + 1] <== term[i] + in[i] * weight[i];
    }
    assert(remainder < divisor);
    quotient * divisor + remainder === term[n];
    out <== quotient;
}

component main {public [in]} = DenseUnchecked(3, 10);
