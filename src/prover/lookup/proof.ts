/**
 * Proofs and verifying keys of circuits with lookups, in JSON like iden3's, read as strictly as those (proof.ts): every
 * number in its one canonical form, every point on its curve and in its group. No built-in module of Node.
 */
import type { PublicSignals } from '../proof.js'
import { FieldError, type G1Point, type G2Point, type KeyMark, reader } from '../proof.js'

export const PROTOCOL = 'groth16-lookup'

export type LookupProof = {
  readonly pi_a: G1Point
  readonly pi_b: G2Point
  readonly pi_c: G1Point
  /** D, the commitment to round 1. */
  readonly commitment: G1Point
  readonly protocol: typeof PROTOCOL
  readonly curve: 'bn128'
}

export type LookupVerificationKey = {
  readonly protocol: typeof PROTOCOL
  readonly curve: 'bn128'
  /** Of public signals; the challenge is not among them. */
  readonly nPublic: number
  readonly vk_alpha_1: G1Point
  readonly vk_beta_2: G2Point
  readonly vk_gamma_2: G2Point
  /** Of C. */
  readonly vk_delta_2: G2Point
  /** Of D. */
  readonly vk_commitment_2: G2Point
  /** One point for the constant one, one a public signal, and the challenge's. */
  readonly IC: readonly G1Point[]
  readonly zkonnx?: KeyMark
}

/** Checks a parsed `proof.json`; `file` stands in the errors. Throws `FieldError`. */
export function parseLookupProof(value: unknown, file = 'proof.json'): LookupProof {
  const read = reader(file)
  const proof = read.object(value, '')
  return {
    pi_a: read.g1(proof.pi_a, 'pi_a'),
    pi_b: read.g2(proof.pi_b, 'pi_b'),
    pi_c: read.g1(proof.pi_c, 'pi_c'),
    commitment: read.g1(proof.commitment, 'commitment'),
    ...read.system(proof, PROTOCOL),
  }
}

/**
 * Checks a parsed `verification_key.json`. Throws `FieldError`, also where two of gamma and the two deltas are equal: what
 * belongs under the one could then be moved under the other.
 */
export function parseLookupVerificationKey(
  value: unknown,
  file = 'verification_key.json',
): LookupVerificationKey {
  const read = reader(file)
  const key = read.object(value, '')
  const system = read.system(key, PROTOCOL)
  const nPublic = read.count(key.nPublic, 'nPublic', 'public signals')
  const denominators = {
    vk_gamma_2: read.g2(key.vk_gamma_2, 'vk_gamma_2'),
    vk_delta_2: read.g2(key.vk_delta_2, 'vk_delta_2'),
    vk_commitment_2: read.g2(key.vk_commitment_2, 'vk_commitment_2'),
  }
  assertDifferent(denominators, file)
  const ic = read.array(key.IC, 'IC', nPublic + 2)
  return {
    ...system,
    nPublic,
    vk_alpha_1: read.g1(key.vk_alpha_1, 'vk_alpha_1'),
    vk_beta_2: read.g2(key.vk_beta_2, 'vk_beta_2'),
    ...denominators,
    IC: ic.map((point, index) => read.g1(point, `IC[${index}]`, 'or infinity')),
    ...(key.zkonnx === undefined ? {} : { zkonnx: read.mark(key.zkonnx) }),
  }
}

function assertDifferent(points: Readonly<Record<string, G2Point>>, file: string): void {
  const seen = new Map<string, string>()
  for (const [name, point] of Object.entries(points)) {
    const other = seen.get(String(point))
    if (other !== undefined)
      throw new FieldError(
        file,
        name,
        `equals ${other}: its setup stopped before phase 2, and anyone can forge`,
      )
    seen.set(String(point), name)
  }
}

export type { PublicSignals }
