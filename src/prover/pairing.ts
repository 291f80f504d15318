/**
 * Groth16's equation over BN254, in plain JavaScript: the one door to @noble/curves, and nothing of Node.
 *
 * Source: J. Groth, eprint 2016/260, section 3.2: e(A, B) = e(alpha, beta) e(IC(x), gamma) e(C, delta), checked as
 * e(-A, B) e(IC(x), gamma) e(C, delta) e(alpha, beta) = 1. What depends on the key alone is computed once.
 */
import { bn254 } from '@noble/curves/bn254.js'
import type { G1Point, G2Point, Proof, PublicSignals, VerificationKey } from './proof.js'

/**
 * Whether the proof shows the statement. Everything must have been parsed: points on their curves and in their groups,
 * signals below P and as many as the key has.
 */
export type Verifier = (signals: PublicSignals, proof: Proof) => boolean

export function openVerifier(key: VerificationKey): Verifier {
  const { holds } = openEquation(key.vk_alpha_1, key.vk_beta_2, [key.vk_gamma_2, key.vk_delta_2])
  const statement = openStatement(key.IC)
  return (signals, { pi_a, pi_b, pi_c }) => holds(pi_a, pi_b, [statement(signals.map(BigInt)), toG1(pi_c)])
}

/** Whether e(A, B) = e(alpha, beta) times the pairings of the points with those of the key, each with the next. */
export function openEquation(alpha: G1Point, beta: G2Point, others: readonly G2Point[]) {
  const alphaBeta = bn254.pairing(toG1(alpha), toG2(beta), false)
  const fixed = others.map(lines)
  type Pair = { readonly g1: G1; readonly g2: Lines }
  const pairsOf = (a: G1Point, b: G2Point, points: readonly G1[]): Pair[] => [
    { g1: toG1(a).negate(), g2: lines(b) },
    ...points.map((g1, i) => ({ g1, g2: fixed[i]! })),
  ]
  // infinity pairs to one, and has no coordinates to multiply by
  const loop = (pairs: readonly Pair[]) =>
    bn254.millerLoopBatch(pairs.filter(({ g1 }) => !g1.is0()).map(({ g1, g2 }) => millerInput(g1, g2)))
  const isOne = (product: ReturnType<typeof loop>) =>
    Fp12.eql(Fp12.finalExponentiate(Fp12.mul(product, alphaBeta)), Fp12.ONE)
  return {
    holds: (a: G1Point, b: G2Point, points: readonly G1[]): boolean => isOne(loop(pairsOf(a, b, points))),
    /** All but the last point, and then that one. */
    begin(a: G1Point, b: G2Point, points: readonly G1[]): (last: G1) => boolean {
      const product = loop(pairsOf(a, b, points))
      return (last) => isOne(Fp12.mul(product, loop([{ g1: last, g2: fixed.at(-1)! }])))
    },
  }
}

/** IC_0 + sum x_i IC_i. */
export function openStatement(points: readonly G1Point[]): (signals: readonly bigint[]) => G1 {
  const [constant, ...ic] = points.map(toG1)
  return (signals) => signals.reduce((sum, signal, i) => sum.add(ic[i]!.multiplyUnsafe(signal)), constant!)
}

/** e(P, Q) as iden3's files have it: two times three elements of F_Q2, of two coordinates each. */
export function pairing(p: G1Point, q: G2Point): readonly (readonly (readonly [bigint, bigint])[])[] {
  const { c0, c1 } = bn254.pairing(toG1(p), toG2(q))
  return [c0, c1].map((half) => [half.c0, half.c1, half.c2].map(({ c0, c1 }) => [c0, c1] as const))
}

export type G1 = InstanceType<typeof bn254.G1.Point>
type G2 = InstanceType<typeof bn254.G2.Point>
type Lines = ReturnType<typeof bn254.utils.calcPairingPrecomputes>

const { Fp2, Fp12 } = bn254.fields

/** What the Miller loop evaluates at a point of G1. */
function lines(point: G2Point): Lines {
  return bn254.utils.calcPairingPrecomputes(toG2(point))
}

function millerInput(g1: G1, g2: Lines): [Lines, bigint, bigint] {
  const { x, y } = g1.toAffine()
  return [g2, x, y]
}

export function toG1([x, y, z]: G1Point): G1 {
  return z === '0' ? bn254.G1.Point.ZERO : bn254.G1.Point.fromAffine({ x: BigInt(x), y: BigInt(y) })
}

function toG2([x, y]: G2Point): G2 {
  const [ofX, ofY] = [x, y].map(([real, imaginary]) => Fp2.fromBigTuple([BigInt(real), BigInt(imaginary)]))
  return bn254.G2.Point.fromAffine({ x: ofX!, y: ofY! })
}
