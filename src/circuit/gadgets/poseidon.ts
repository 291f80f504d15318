/** Poseidon in constraints, equal to base/poseidon.ts and so to circomlib's. */
import { P, power } from '../../base/field.js'
import { FULL_ROUNDS, type Parameters, parametersFor } from '../../base/poseidon.js'
import type { ConstraintSystem } from '../cs/api.js'

/**
 * Proves: the result is the Poseidon digest of the inputs, constants first (1 to 16 field elements together).
 * Cost: 3 for each S-box of something unknown: 3 * (8 * (elements + 1) + partial rounds - 1 - constants), e.g. 609 for
 * 16 inputs and 606 for 15 after a constant.
 *
 * Between S-boxes everything is linear, so it costs nothing; but state elements that skip the S-box in a partial round
 * would grow denser with every round if they were mixed one after the other. So each S-box of the partial rounds, and
 * the state after them, is written once as a combination of the state before them and of the S-boxes so far.
 *
 * In the first round the capacity, which is 0, and the constants go through their S-boxes when the circuit is written.
 */
export function poseidon<V>(
  cs: ConstraintSystem<V>,
  inputs: readonly V[],
  constants: readonly bigint[] = [],
): V {
  const parameters = parametersFor(constants.length + inputs.length)
  let state = cs.scope('full', 0, () => firstRound(cs, parameters, [0n, ...constants], inputs))
  for (let round = 1; round < FULL_ROUNDS / 2; round++) state = fullRound(cs, parameters, round, state)
  state = partialRounds(cs, parameters, state)
  const rounds = FULL_ROUNDS + parameters.partialRounds
  for (let round = rounds - FULL_ROUNDS / 2; round < rounds; round++) {
    state = fullRound(cs, parameters, round, state)
  }
  return state[0]!
}

function firstRound<V>(
  cs: ConstraintSystem<V>,
  { constants, matrix }: Parameters,
  known: readonly bigint[],
  inputs: readonly V[],
): V[] {
  const knownPowers = known.map((element, i) => power(element + constants[i]!, 5n))
  const powers = inputs.map((input, i) =>
    sbox(cs, i, cs.combine([input], [1n], constants[known.length + i]!)),
  )
  return matrix.map((row) => {
    const constant = knownPowers.reduce((sum, element, i) => sum + row[i]! * element, 0n)
    return cs.combine(powers, row.slice(known.length), constant % P)
  })
}

function fullRound<V>(
  cs: ConstraintSystem<V>,
  { width, constants, matrix }: Parameters,
  round: number,
  state: readonly V[],
): V[] {
  return cs.scope('full', round, () => {
    const powers = state.map((element, i) =>
      sbox(cs, i, cs.combine([element], [1n], constants[round * width + i]!)),
    )
    return matrix.map((row) => cs.combine(powers, row))
  })
}

function partialRounds<V>(cs: ConstraintSystem<V>, parameters: Parameters, state: readonly V[]): V[] {
  const { sboxes, result } = unrolledFor(parameters)
  const known = [...state]
  cs.scope('partial', undefined, () => {
    sboxes.forEach(({ weights, constant }, k) => {
      known.push(sbox(cs, k, cs.combine(known, weights, constant)))
    })
  })
  return result.map(({ weights, constant }) => cs.combine(known, weights, constant))
}

/** x^5. */
function sbox<V>(cs: ConstraintSystem<V>, index: number, x: V): V {
  return cs.scope('sbox', index, () => {
    const square = cs.product(x, x, 'square')
    return cs.product(x, cs.product(square, square, 'fourth'), 'fifth')
  })
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
