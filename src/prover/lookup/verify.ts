/** Verifies proofs of circuits with lookups, by the pairing in plain JavaScript: no built-in module of Node. */
import { type G1, openEquation, openStatement, toG1 } from '../pairing.js'
import { FieldError, type G1Point, type PublicSignals, parseG1, parsePublicSignals } from '../proof.js'
import { challengeOf } from './challenge.js'
import type { Known } from './engine.js'
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
  const { holds } = openPairings(key)
  const statement = openStatement(key.IC)
  return (signals, proof) =>
    holds(statement([...signals.map(BigInt), challenge(proof.commitment, signals)]), proof)
}

function openPairings(key: LookupVerificationKey) {
  const denominators = [key.vk_gamma_2, key.vk_commitment_2, key.vk_delta_2]
  const equation = openEquation(key.vk_alpha_1, key.vk_beta_2, denominators)
  /** All but C. */
  const begin = (statement: G1, { pi_a, pi_b, commitment }: Omit<LookupProof, 'pi_c'>) =>
    equation.begin(pi_a, pi_b, [statement, toG1(commitment)])
  return {
    begin,
    holds: (statement: G1, proof: LookupProof): boolean =>
      equation.holds(proof.pi_a, proof.pi_b, [statement, toG1(proof.commitment), toG1(proof.pi_c)]),
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

/**
 * Of a proof as it is made, with IC's sum as its maker's kernels have it: it costs as much as the pairings. Most of the work
 * is begun before C is known, while others make it. Sums that went wrong need not be points at all; a wrong one of IC fails
 * the equation, as any other does.
 */
export function openOwnVerifier(key: LookupVerificationKey) {
  const { begin } = openPairings(key)
  return () => {
    let [rest, milliseconds]: [((c: G1) => boolean) | undefined, number] = [undefined, 0]
    /** Nothing where there is no point. */
    const timed = <Result>(work: () => Result): Result | undefined => {
      const start = performance.now()
      try {
        return work()
      } catch (error) {
        if (error instanceof FieldError) return undefined
        throw error
      } finally {
        milliseconds += performance.now() - start
      }
    }
    return {
      begin({ statement, pi_a, pi_b, commitment, protocol, curve }: Known): void {
        rest = timed(() => {
          const own = parseLookupProof({ pi_a, pi_b, pi_c: commitment, commitment, protocol, curve })
          return begin(toG1(parseG1(statement, 'the proof', 'its statement')), own)
        })
      },
      holds: (c: G1Point): boolean => timed(() => rest?.(toG1(parseG1(c, 'the proof', 'pi_c')))) ?? false,
      milliseconds: (): number => milliseconds,
    }
  }
}
