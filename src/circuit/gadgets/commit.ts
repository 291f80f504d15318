/** Commitments in constraints, equal to artifacts/commitment.ts. */
import { BLOCK, type CommitmentShape, initialState, perElement } from '../../artifacts/commitment.js'
import type { ConstraintSystem } from '../cs/api.js'
import { poseidon } from './poseidon.js'

/**
 * Proves: the result is the commitment to the integers, with this salt.
 * Assumes: every value is an integer in [lo, lo + 2^width), by its range check or by interval bounds: else two lists of
 * values could share a packing.
 * Cost: the digests of ceil(elements / 15) blocks; 606 for a full one that comes first, 609 for any other.
 */
export function commitTo<V>(
  cs: ConstraintSystem<V>,
  shape: CommitmentShape,
  values: readonly V[],
  salt: V | undefined,
): V {
  return commitToElements(cs, shape, packElements(cs, shape, values), salt)
}

/** The same for integers that are packed already. */
export function commitToElements<V>(
  cs: ConstraintSystem<V>,
  shape: CommitmentShape,
  packed: readonly V[],
  salt: V | undefined,
): V {
  const elements = salt === undefined ? packed : [salt, ...packed]
  let state: V | undefined
  for (let at = 0; at < elements.length; at += BLOCK) {
    const block = elements.slice(at, at + BLOCK)
    const before = state
    state = cs.scope('poseidon', at / BLOCK, () =>
      before === undefined ? poseidon(cs, block, [initialState(shape)]) : poseidon(cs, [before, ...block]),
    )
  }
  return state ?? cs.constant(initialState(shape))
}

function packElements<V>(cs: ConstraintSystem<V>, { width, lo }: CommitmentShape, values: readonly V[]): V[] {
  const each = perElement(width)
  return Array.from({ length: Math.ceil(values.length / each) }, (_, k) => {
    const part = values.slice(k * each, (k + 1) * each)
    const weights = part.map((_, i) => 1n << BigInt(width * i))
    return cs.combine(part, weights, -weights.reduce((sum, weight) => sum + weight, 0n) * BigInt(lo))
  })
}
