/** Poseidon in constraints, equal to base/poseidon.ts and so to circomlib's. */

import { P } from '../../base/field.js'
import { FULL_ROUNDS, type Parameters, parametersFor } from '../../base/poseidon.js'
import type { ConstraintSystem } from '../cs/api.js'

/**
 * Proves: the result is the Poseidon digest of the inputs (1 to 16 field elements).
 * Cost: 3 for each S-box: 3 * (8 * (inputs + 1) + partial rounds), e.g. 612 for 16 inputs.
 *
 * Between S-boxes everything is linear, so it costs nothing; but state elements that skip the S-box in a partial round
 * would grow denser with every round if they were mixed one after the other. So each S-box of the partial rounds, and
 * the state after them, is written once as a combination of the state before them and of the S-boxes so far.
 */
export function poseidon<V>(cs: ConstraintSystem<V>, inputs: readonly V[]): V {
  const parameters = parametersFor(inputs.length)
  let state: V[] = [cs.constant(0), ...inputs]
  for (let round = 0; round < FULL_ROUNDS / 2; round++) state = fullRound(cs, parameters, round, state)
  state = partialRounds(cs, parameters, state)
  const rounds = FULL_ROUNDS + parameters.partialRounds
  for (let round = rounds - FULL_ROUNDS / 2; round < rounds; round++) {
    state = fullRound(cs, parameters, round, state)
  }
  return state[0]!
}

function fullRound<V>(
  cs: ConstraintSystem<V>,
  { width, constants, matrix }: Parameters,
  round: number,
  state: readonly V[],
): V[] {
  const powers = state.map((element, i) =>
    fifthPower(cs, cs.combine([element], [1n], constants[round * width + i]!)),
  )
  return matrix.map((row) => cs.combine(powers, row))
}

function partialRounds<V>(cs: ConstraintSystem<V>, parameters: Parameters, state: readonly V[]): V[] {
  const { sboxes, result } = unrolledFor(parameters)
  const known = [...state]
  for (const { weights, constant } of sboxes) {
    known.push(fifthPower(cs, cs.combine(known, weights, constant)))
  }
  return result.map(({ weights, constant }) => cs.combine(known, weights, constant))
}

function fifthPower<V>(cs: ConstraintSystem<V>, x: V): V {
  const square = cs.product(x, x, 'square')
  return cs.product(x, cs.product(square, square, 'fourth'), 'fifth')
}

/** A combination of the state before the partial rounds and the S-boxes of those so far. */
type Combination = { readonly weights: readonly bigint[]; readonly constant: bigint }

type Unrolled = { readonly sboxes: readonly Combination[]; readonly result: readonly Combination[] }

const cache = new Map<number, Unrolled>()

function unrolledFor(parameters: Parameters): Unrolled {
  const known = cache.get(parameters.width)
  if (known !== undefined) return known
  const made = unroll(parameters)
  cache.set(parameters.width, made)
  return made
}

function unroll({ width, partialRounds, constants, matrix }: Parameters): Unrolled {
  let state: Combination[] = Array.from({ length: width }, (_, i) => ({
    weights: Array.from({ length: width }, (_, j) => (i === j ? 1n : 0n)),
    constant: 0n,
  }))
  const sboxes: Combination[] = []
  for (let k = 0; k < partialRounds; k++) {
    const offset = (FULL_ROUNDS / 2 + k) * width
    const shifted = state.map(({ weights, constant }, i) => ({
      weights,
      constant: (constant + constants[offset + i]!) % P,
    }))
    sboxes.push(shifted[0]!)
    const fresh = { weights: [...new Array<bigint>(width + k).fill(0n), 1n], constant: 0n }
    const mixed = [fresh, ...shifted.slice(1).map((one) => ({ ...one, weights: [...one.weights, 0n] }))]
    state = matrix.map((row) => mix(row, mixed))
  }
  return { sboxes, result: state }
}

function mix(row: readonly bigint[], parts: readonly Combination[]): Combination {
  const weights = parts[0]!.weights.map(
    (_, j) => parts.reduce((sum, part, i) => sum + row[i]! * part.weights[j]!, 0n) % P,
  )
  const constant = parts.reduce((sum, part, i) => sum + row[i]! * part.constant, 0n) % P
  return { weights, constant }
}
