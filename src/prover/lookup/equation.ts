/**
 * What a verifier checks, as pairs of points whose pairings must multiply to one:
 *
 *     e(A, B) = e(alpha, beta) e(IC(x, challenge), gamma) e(D, deltaD) e(C, deltaC)
 *
 * The challenge is computed here, from the proof's D and the public signals, and never taken from anyone. Plain
 * arithmetic and no built-in module of Node: whoever has a pairing has a verifier.
 */
import { Q } from '../groth16/group.js'
import { type G1Point, type G2Point, type PublicSignals, parsePublicSignals } from '../proof.js'
import { challengeOf } from './challenge.js'
import {
  type LookupProof,
  type LookupVerificationKey,
  parseLookupProof,
  parseLookupVerificationKey,
} from './proof.js'

/** What IC's points are multiplied with: 1, the signals, the challenge. */
export type Statement = readonly bigint[]

export type Equation = {
  /** But for IC's, whose sum is paired with gamma. None is at infinity. */
  readonly pairs: readonly (readonly [G1Point, G2Point])[]
  readonly ic: readonly G1Point[]
  readonly statement: Statement
  readonly gamma: G2Point
}

/** Of a key, signals and a proof that are checked for their form first. Throws `FieldError`. */
export function equationOf(verificationKey: unknown, publicSignals: unknown, proof: unknown): Equation {
  const key = parseLookupVerificationKey(verificationKey)
  const signals = parsePublicSignals(publicSignals, key.nPublic)
  return equationOfChecked(key, signals, parseLookupProof(proof))
}

/** Of what was parsed before. */
export function equationOfChecked(
  key: LookupVerificationKey,
  signals: PublicSignals,
  { pi_a, pi_b, pi_c, commitment }: LookupProof,
): Equation {
  return {
    pairs: [
      [negate(pi_a), pi_b],
      [key.vk_alpha_1, key.vk_beta_2],
      [commitment, key.vk_commitment_2],
      [pi_c, key.vk_delta_2],
    ],
    ic: key.IC,
    statement: [1n, ...signals.map(BigInt), challengeOf(commitment, signals)],
    gamma: key.vk_gamma_2,
  }
}

/** No point of the curve has y = 0. */
function negate([x, y, z]: G1Point): G1Point {
  return [x, (Q - BigInt(y)).toString(), z]
}
