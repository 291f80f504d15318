/** A verifying key from iden3's JSON, as words of the chain. */
import { BaseError } from '../../base/errors.js'
import type { KeyKind, VerificationKey } from '../types.js'
import { type G1, type G2, parseG1, parseG2 } from './points.js'

/** The points of a verifying key, as the chain has them. */
export type Key = {
  readonly alpha: G1
  readonly beta: G2
  readonly gamma: G2
  readonly delta: G2
  /** What D is paired with: of keys with lookups alone. */
  readonly commitment?: G2
  /** One more than the public signals; with lookups a further one, the challenge's. */
  readonly ic: readonly G1[]
  readonly signals: number
}

/**
 * Throws `VerificationKeyError` for a key that is of neither scheme on BN254, that lacks a point, whose phase 2 was
 * skipped, or that is marked as a dev key but offered as another; `PointError` for a malformed point.
 */
export function readKey(file: VerificationKey, keys: KeyKind): Key {
  const lookups = file.protocol === 'groth16-lookup'
  if (file.protocol !== 'groth16' && !lookups)
    throw new VerificationKeyError(`its protocol is ${file.protocol}, not groth16 or groth16-lookup`)
  if (file.curve !== 'bn128') throw new VerificationKeyError(`its curve is ${file.curve}, not bn128`)
  if (!Array.isArray(file.IC) || file.IC.length !== file.nPublic + (lookups ? 2 : 1)) {
    throw new VerificationKeyError(`it has ${file.IC?.length} points IC for ${file.nPublic} public signals`)
  }
  if (keys === 'ceremony' && file.zkonnx?.setup === 'dev') {
    throw new VerificationKeyError('it is marked as a dev key, and cannot be rendered without that mark')
  }
  const key = {
    alpha: parseG1(file.vk_alpha_1, 'vk_alpha_1'),
    beta: parseG2(file.vk_beta_2, 'vk_beta_2'),
    gamma: parseG2(file.vk_gamma_2, 'vk_gamma_2'),
    delta: parseG2(file.vk_delta_2, 'vk_delta_2'),
    ...(lookups ? { commitment: parseG2(file.vk_commitment_2 ?? [], 'vk_commitment_2') } : {}),
    ic: file.IC.map((point, index) => parseG1(point, `IC[${index}]`)),
    signals: file.nPublic,
  }
  assertDifferent(key)
  if (lookups && key.ic.at(-1)!.every((word) => word === 0n))
    throw new VerificationKeyError('no proof would be bound to its challenge, whose point IC is infinity')
  return key
}

/**
 * With equal denominators anyone can make a proof of any statement: it happened where phase 2 was skipped. What is under
 * one can be moved under another, and as well where one is the other's negative.
 */
function assertDifferent({ gamma, delta, commitment }: Key): void {
  const isAlike = (a: G2, b: G2) => a[0] === b[0] && a[1] === b[1]
  if (isAlike(gamma, delta))
    throw new VerificationKeyError(
      'its gamma and delta are equal: phase 2 was skipped, and anyone could forge proofs',
    )
  if (commitment === undefined) return
  if (isAlike(gamma, commitment) || isAlike(delta, commitment))
    throw new VerificationKeyError(
      'its point for commitments equals gamma or delta: phase 2 was skipped, and anyone could forge proofs',
    )
}

export class VerificationKeyError extends BaseError {
  override name = 'Chain.VerificationKeyError'
  constructor(problem: string) {
    super(`No verifier can be made from this verifying key: ${problem}.`, {
      hint: 'give a verification_key.json that `zkonnx setup` or a finished ceremony wrote',
    })
  }
}
