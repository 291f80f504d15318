/** Verifies proofs of circuits with lookups, by the pairing in plain JavaScript: no built-in module of Node. */
import { openEquation, openStatement, toG1 } from '../pairing.js'
import { FieldError, type PublicSignals, parsePublicSignals } from '../proof.js'
import { challengeOf } from './challenge.js'
import {
  type LookupProof,
  type LookupVerificationKey,
  parseLookupProof,
  parseLookupVerificationKey,
} from './proof.js'

/**
 * Whether the proof shows the statement. Everything must have been parsed: points on their curves and in their groups,
 * signals below P and as many as the key has.
 */
export type LookupVerifier = (signals: PublicSignals, proof: LookupProof) => boolean

/**
 * Checks e(A, B) = e(alpha, beta) e(IC(x, challenge), gamma) e(D, deltaD) e(C, deltaC). The challenge is computed here,
 * from the proof's D and the signals, and never taken from anyone: `challenge` is another only in tests.
 */
export function openLookupVerifier(
  key: LookupVerificationKey,
  challenge: typeof challengeOf = challengeOf,
): LookupVerifier {
  const denominators = [key.vk_gamma_2, key.vk_commitment_2, key.vk_delta_2]
  const holds = openEquation(key.vk_alpha_1, key.vk_beta_2, denominators)
  const statement = openStatement(key.IC)
  return (signals, { pi_a, pi_b, pi_c, commitment }) => {
    const numbers = [...signals.map(BigInt), challenge(commitment, signals)]
    return holds(pi_a, pi_b, [statement(numbers), toG1(commitment), toG1(pi_c)])
  }
}

/**
 * The same of what may be anything. Throws `FieldError` where it is not in its canonical form, and where the number of
 * signals is not the key's.
 */
export function verifyLookup(verificationKey: unknown, publicSignals: unknown, proof: unknown): boolean {
  const key = parseLookupVerificationKey(verificationKey)
  const signals = parsePublicSignals(publicSignals, key.nPublic)
  return openLookupVerifier(key)(signals, parseLookupProof(proof))
}

/** Of a proof that was just made: sums that went wrong need not be points at all. */
export function holdsOwn(verifier: LookupVerifier, signals: PublicSignals, proof: LookupProof): boolean {
  try {
    return verifier(signals, parseLookupProof(proof))
  } catch (error) {
    if (error instanceof FieldError) return false
    throw error
  }
}
