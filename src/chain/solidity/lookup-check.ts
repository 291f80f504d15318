/** The check of a proof of the scheme with lookups, in the assembly of a generated verifier. */

/** Sets `ok`, whether all points were points, and `product`, which is one if the proof holds. */
export function lookupCheck(count: number): string {
  return `        // Five pairs of points, each x, y and the four words of a point of the twist. The product of their pairings
        // is one if the proof holds. The sum over the signals and the challenge, IC0 + signals[0] * IC1 + ..., takes
        // words 12 and 13; words 14 and 15 are scratch then. Behind the pairs stand the points of the signals and the
        // challenge's, each with room for its factor. All of it lies beyond the allocated memory, and is needed no longer
        // than this block.
        bool ok = true;
        uint256 product;
        assembly ("memory-safe") {
            let pairs := mload(0x40)
            let sum := add(pairs, 0x180)
            // The challenge is a hash of D and of all signals: neither can be chosen after it.
            mstore(pairs, TAG)
            calldatacopy(add(pairs, 0x20), add(proof, 0x100), 0x40)
            calldatacopy(add(pairs, 0x60), signals.offset, ${32 * count})
            let factor := mod(keccak256(pairs, ${96 + 32 * count}), R)
            let ic := add(pairs, ${PAIRS})
${statementPoints(count + 1)}
            mstore(add(ic, ${96 * count + 64}), factor)
            mstore(sum, IC0_X)
            mstore(add(sum, 0x20), IC0_Y)
            let end := add(signals.offset, ${32 * count})
            for { let at := signals.offset } lt(at, end) { at := add(at, 0x20) } {
                let signal := calldataload(at)
                if iszero(lt(signal, R)) {
                    mstore(0, SIGNAL_OUT_OF_FIELD)
                    mstore(0x20, shr(5, sub(at, signals.offset)))
                    mstore(0x40, signal)
                    revert(0x1c, 0x44)
                }
                mstore(add(ic, 0x40), signal)
                ok := and(staticcall(gas(), 7, ic, 0x60, add(pairs, 0x1c0), 0x40), ok)
                ok := and(staticcall(gas(), 6, sum, 0x80, sum, 0x40), ok)
                ic := add(ic, 0x60)
            }
            ok := and(staticcall(gas(), 7, ic, 0x60, add(pairs, 0x1c0), 0x40), ok)
            ok := and(staticcall(gas(), 6, sum, 0x80, sum, 0x40), ok)
            calldatacopy(pairs, proof, 0xc0) // A and B into words 0 to 5
            mstore(add(pairs, 0xc0), NEG_ALPHA_X)
            mstore(add(pairs, 0xe0), NEG_ALPHA_Y)
            mstore(add(pairs, 0x100), BETA_X1)
            mstore(add(pairs, 0x120), BETA_X0)
            mstore(add(pairs, 0x140), BETA_Y1)
            mstore(add(pairs, 0x160), BETA_Y0)
            mstore(add(pairs, 0x1c0), NEG_GAMMA_X1)
            mstore(add(pairs, 0x1e0), NEG_GAMMA_X0)
            mstore(add(pairs, 0x200), NEG_GAMMA_Y1)
            mstore(add(pairs, 0x220), NEG_GAMMA_Y0)
            calldatacopy(add(pairs, 0x240), add(proof, 0xc0), 0x40) // C into words 18 and 19
            mstore(add(pairs, 0x280), NEG_DELTA_X1)
            mstore(add(pairs, 0x2a0), NEG_DELTA_X0)
            mstore(add(pairs, 0x2c0), NEG_DELTA_Y1)
            mstore(add(pairs, 0x2e0), NEG_DELTA_Y0)
            calldatacopy(add(pairs, 0x300), add(proof, 0x100), 0x40) // D into words 24 and 25
            mstore(add(pairs, 0x340), NEG_COMMITMENT_X1)
            mstore(add(pairs, 0x360), NEG_COMMITMENT_X0)
            mstore(add(pairs, 0x380), NEG_COMMITMENT_Y1)
            mstore(add(pairs, 0x3a0), NEG_COMMITMENT_Y0)
            mstore(0, 0) // where a chain has no such precompile, nothing is written
            ok := and(staticcall(gas(), 8, pairs, ${PAIRS}, 0, 0x20), ok)
            product := mload(0)
        }`
}

const PAIRS = '0x3c0'

/** The points IC1, IC2, ... into memory from `ic` on, each with a word behind it. */
export function statementPoints(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `            mstore(add(ic, ${96 * index}), IC${index + 1}_X)
            mstore(add(ic, ${96 * index + 32}), IC${index + 1}_Y)`,
  ).join('\n')
}
