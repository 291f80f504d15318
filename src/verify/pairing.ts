/**
 * Groth16's equation over BN254, in plain JavaScript: the one door to @noble/curves, and nothing of Node.
 *
 * Source: J. Groth, eprint 2016/260, section 3.2: e(A, B) = e(alpha, beta) e(IC(x), gamma) e(C, delta), checked as one
 * product of four pairings, e(-A, B) among them.
 */
import { bn254 } from '@noble/curves/bn254.js'
import type { G1Point, G2Point, Proof, PublicSignals, VerificationKey } from '../prover/proof.js'

/** Everything must have been parsed: points on their curves and in their groups, signals below P and as many as the key has. */
export function holds(key: VerificationKey, signals: PublicSignals, proof: Proof): boolean {
  const pairs = [
    { g1: toG1(proof.pi_a).negate(), g2: toG2(proof.pi_b) },
    { g1: toG1(key.vk_alpha_1), g2: toG2(key.vk_beta_2) },
    { g1: combine(key.IC, signals), g2: toG2(key.vk_gamma_2) },
    { g1: toG1(proof.pi_c), g2: toG2(key.vk_delta_2) },
  ]
  // infinity pairs to one, which is not for the library to multiply by
  const { Fp12 } = bn254.fields
  return Fp12.eql(bn254.pairingBatch(pairs.filter(({ g1 }) => !g1.is0())), Fp12.ONE)
}

type G1 = InstanceType<typeof bn254.G1.Point>
type G2 = InstanceType<typeof bn254.G2.Point>

/** IC_0 + sum x_i IC_i. */
function combine([constant, ...ic]: readonly G1Point[], signals: PublicSignals): G1 {
  return signals.reduce(
    (sum, signal, i) => sum.add(toG1(ic[i]!).multiplyUnsafe(BigInt(signal))),
    toG1(constant!),
  )
}

function toG1([x, y, z]: G1Point): G1 {
  return z === '0' ? bn254.G1.Point.ZERO : bn254.G1.Point.fromAffine({ x: BigInt(x), y: BigInt(y) })
}

function toG2([x, y]: G2Point): G2 {
  const { Fp2 } = bn254.fields
  const [ofX, ofY] = [x, y].map(([real, imaginary]) => Fp2.fromBigTuple([BigInt(real), BigInt(imaginary)]))
  return bn254.G2.Point.fromAffine({ x: ofX!, y: ofY! })
}
