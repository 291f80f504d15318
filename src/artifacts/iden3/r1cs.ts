/**
 * Rank-1 constraint systems and iden3's `.r1cs` files (github.com/iden3/r1csfile, doc/r1cs_bin_format.md, version 1).
 *
 * Constraint k: (A_k . w) * (B_k . w) = C_k . w modulo P, where w[0] = 1. Wires stand in the order one, public outputs,
 * public inputs, private inputs, the rest; the first two are the statement's public signals.
 */

export type R1cs = {
  readonly wires: number
  readonly publicOutputs: number
  readonly publicInputs: number
  readonly privateInputs: number
  readonly constraints: number
  readonly a: Matrix
  readonly b: Matrix
  readonly c: Matrix
  /** The coefficients that are too large for a code of their own, in [0, P). */
  readonly large: readonly bigint[]
}

/** Sparse rows: constraint k holds the entries from rowStart[k] to rowStart[k + 1], by rising wire. */
export type Matrix = {
  readonly rowStart: Int32Array
  readonly wire: Int32Array
  /** The coefficient itself where its magnitude is below 2^30; from 2^30 on, `large[code - 2^30]`. */
  readonly coefficient: Int32Array
}

export const LARGE = 2 ** 30
