/**
 * Phase 5: the proof, from the sums of the multiplications and from r and s, which hide the witness.
 *
 * Source: J. Groth, eprint 2016/260, section 3.2; the letters are the paper's:
 * A = alpha + sum w_i A_i + r delta, B = beta + sum w_i B_i + s delta,
 * C = sum over private wires + sum h_i H_i + s A + r B - r s delta.
 */
import { mod } from '../../base/field.js'
import type { G1Point, Proof } from '../proof.js'
import type { ZkeyHeader } from '../zkey.js'
import { type Complex, G1, type G1Affine, G2, type G2Affine } from './group.js'

/** Below P, drawn anew for each proof: who knows them, and the proof, learns of the witness. */
export type Blinding = { readonly r: bigint; readonly s: bigint }

/** What each section of the key sums up to. */
export type Sums = {
  readonly a: G1Affine
  readonly b1: G1Affine
  readonly b2: G2Affine
  readonly c: G1Affine
  readonly h: G1Affine
}

export function assemble(header: ZkeyHeader, sums: Sums, { r, s }: Blinding): Proof {
  const [alpha1, beta1, delta1] = [header.alpha1, header.beta1, header.delta1].map((bytes) =>
    G1.read(bytes, 0),
  )
  const [beta2, delta2] = [header.beta2, header.delta2].map((bytes) => G2.read(bytes, 0))
  const a = G1.combine([alpha1, sums.a, delta1], [1n, 1n, r])
  const b = G2.combine([beta2, sums.b2, delta2], [1n, 1n, s])
  const b1 = G1.combine([beta1, sums.b1, delta1], [1n, 1n, s])
  const c = G1.combine([sums.c, sums.h, a, b1, delta1], [1n, 1n, s, r, mod(-r * s)])
  return { pi_a: inG1(a), pi_b: inG2(b), pi_c: inG1(c), protocol: 'groth16', curve: 'bn128' }
}

function inG1(point: G1Affine): G1Point {
  return point === undefined ? ['0', '1', '0'] : [point.x.toString(), point.y.toString(), '1']
}

function inG2(point: G2Affine): Proof['pi_b'] {
  if (point === undefined)
    return [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
  const pair = ([real, imaginary]: Complex) => [real.toString(), imaginary.toString()] as const
  return [pair(point.x), pair(point.y), ['1', '0']]
}
