/**
 * Phase 5: the proof, from the sums of the multiplications and from r and s, which hide the witness.
 *
 * Source: J. Groth, eprint 2016/260, section 3.2; the letters are the paper's:
 * A = alpha + sum w_i A_i + r delta, B = beta + sum w_i B_i + s delta,
 * C = sum over private wires + sum h_i H_i + s A + r B - r s delta.
 */
import { mod } from '../../base/field.js'
import type { Proof } from '../proof.js'
import type { ZkeyHeader } from '../zkey.js'
import { inG1, inG2 } from './decimals.js'
import { G1, type G1Affine, type G2Affine } from './group.js'

/** Below P, drawn anew for each proof: who knows them, and the proof, learns of the witness. */
export type Blinding = { readonly r: bigint; readonly s: bigint }

/** A, and B in both groups; and C's first two sums. */
export type Sums = {
  readonly a: G1Affine
  readonly b1: G1Affine
  readonly b2: G2Affine
  readonly c: G1Affine
  readonly h: G1Affine
}

export function assemble({ delta1 }: ZkeyHeader, { a, b1, b2, c, h }: Sums, { r, s }: Blinding): Proof {
  const all = G1.combine([c, h, a, b1, G1.read(delta1, 0)], [1n, 1n, s, r, mod(-r * s)])
  return { pi_a: inG1(a), pi_b: inG2(b2), pi_c: inG1(all), protocol: 'groth16', curve: 'bn128' }
}
