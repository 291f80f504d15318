/**
 * The last phase: the proof, from the sums of the multiplications and from kappa, r and s, which hide the witness.
 *
 * D = sum over round 1 of w_i D_i + kappa deltaC,
 * A = alpha + sum w_i A_i + r deltaC, B = beta + sum w_i B_i + s deltaC,
 * C = sum over round 2 of w_i C_i + sum h_i H_i + s A + r B - r s deltaC - kappa deltaD.
 */
import { mod } from '../../base/field.js'
import { inG1, inG2 } from '../groth16/decimals.js'
import { G1, type G1Affine, type G2Affine } from '../groth16/group.js'
import type { G1Point } from '../proof.js'
import type { Header } from './key-format.js'
import { type LookupProof, PROTOCOL } from './proof.js'

/** Below P, drawn anew for each proof: who knows them, and the proof, learns of the witness. */
export type Blinding = { readonly kappa: bigint; readonly r: bigint; readonly s: bigint }

/** A, and B in both groups, with their blinding; and C's first two sums. */
export type Sums = {
  readonly a: G1Affine
  readonly b1: G1Affine
  readonly b2: G2Affine
  readonly c: G1Affine
  readonly h: G1Affine
}

export function commitmentOf({ deltaC1 }: Pick<Header, 'deltaC1'>, d: G1Affine, kappa: bigint): G1Point {
  return inG1(G1.combine([d, G1.read(deltaC1, 0)], [1n, kappa]))
}

export function assemble(
  header: Pick<Header, 'deltaC1' | 'deltaD1'>,
  commitment: G1Point,
  { h, ...sums }: Sums,
  blinding: Blinding,
): LookupProof {
  return proofOf(commitment, sums, G1.add(beforeH(header, sums, blinding), h))
}

/** C without H, which is known last. */
export function beforeH(
  { deltaC1, deltaD1 }: Pick<Header, 'deltaC1' | 'deltaD1'>,
  { a, b1, c }: Pick<Sums, 'a' | 'b1' | 'c'>,
  { kappa, r, s }: Blinding,
): G1Affine {
  const points = [c, a, b1, G1.read(deltaC1, 0), G1.read(deltaD1, 0)]
  return G1.combine(points, [1n, s, r, mod(-r * s), mod(-kappa)])
}

export function proofOf(commitment: G1Point, { a, b2 }: Pick<Sums, 'a' | 'b2'>, c: G1Affine): LookupProof {
  return {
    pi_a: inG1(a),
    pi_b: inG2(b2),
    pi_c: inG1(c),
    commitment,
    protocol: PROTOCOL,
    curve: 'bn128',
  }
}
