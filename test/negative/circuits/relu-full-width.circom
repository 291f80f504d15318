pragma circom 2.1.6;

// Bits of a field element, as many as it takes to write the prime: a value below 2^254 - P has two such forms, itself and
// itself plus P, and the second has the top bits of a negative number.
template Bits(n) {
    signal input in;
    signal output bit[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        bit[i] <-- (in >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * (1 << i);
    }
    sum === in;
}

// Relu by the top bit, over two outputs.
template ReluFullWidth(count) {
    signal input in[count];
    signal output out[count];

    component bits[count];
    for (var i = 0; i < count; i++) {
        bits[i] = Bits(254);
        bits[i].in <== in[i];
        out[i] <== in[i] * (1 - bits[i].bit[253]);
    }
}

component main {public [in]} = ReluFullWidth(2);
