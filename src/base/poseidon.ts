/**
 * Poseidon over BN254's scalar field, as circomlib has it: S-box x^5, 8 full rounds, the first element of the final
 * state as the digest.
 *
 * Spec: Grassi et al., "Poseidon: A New Hash Function for Zero-Knowledge Proof Systems", eprint 2019/458, sections 4 and
 * 5.3, appendix F: round constants and matrix come from a Grain LFSR, so none are written down here. Trap: the number of
 * partial rounds depends on the width, and the digest of k elements is not that of k + 1 with a zero.
 */
import { inverse, mod, P } from './field.js'

/** Elements that one call takes at most. */
export const MAX_INPUTS = 16

export const FULL_ROUNDS = 8

/** By the number of inputs, from 1. Paper, table 2 and the published script for 128 bits of security at x^5. */
const PARTIAL_ROUNDS = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68]

export type Parameters = {
  /** State elements: inputs + 1. */
  readonly width: number
  readonly partialRounds: number
  /** One a state element and round, round by round. */
  readonly constants: readonly bigint[]
  /** Rows of the mixing matrix. */
  readonly matrix: readonly (readonly bigint[])[]
}

const cache = new Map<number, Parameters>()

/** The parameters for `inputs` elements, 1 to 16. Throws `RangeError` for any other number. */
export function parametersFor(inputs: number): Parameters {
  const partialRounds = PARTIAL_ROUNDS[inputs - 1]
  if (partialRounds === undefined)
    throw new RangeError(`Poseidon takes 1 to ${MAX_INPUTS} elements, not ${inputs}`)
  const known = cache.get(inputs)
  if (known !== undefined) return known
  const made = generate(inputs + 1, partialRounds)
  cache.set(inputs, made)
  return made
}

/** Whether every element of the state goes through the S-box in this round, and not the first alone. */
function isFullRound(round: number, partialRounds: number): boolean {
  return round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + partialRounds
}

/** The digest of 1 to 16 elements. */
export function poseidon(inputs: readonly bigint[]): bigint {
  const { width, partialRounds, constants, matrix } = parametersFor(inputs.length)
  let state = [0n, ...inputs.map(mod)]
  for (let round = 0; round < FULL_ROUNDS + partialRounds; round++) {
    const full = isFullRound(round, partialRounds)
    const mixed = state.map((element, i) => {
      const sum = element + constants[round * width + i]!
      return full || i === 0 ? fifthPower(sum) : sum
    })
    state = matrix.map((row) => row.reduce((sum, weight, i) => sum + weight * mixed[i]!, 0n) % P)
  }
  return state[0]!
}

function fifthPower(x: bigint): bigint {
  const square = (x * x) % P
  return (((square * square) % P) * x) % P
}

function generate(width: number, partialRounds: number): Parameters {
  const bits = grain(width, partialRounds)
  const rounds = FULL_ROUNDS + partialRounds
  const constants = Array.from({ length: rounds * width }, () => {
    for (;;) {
      const candidate = take(bits)
      if (candidate < P) return candidate
    }
  })
  const points = distinctPoints(bits, 2 * width)
  const matrix = Array.from({ length: width }, (_, row) =>
    Array.from({ length: width }, (_, column) => inverse(points[row]! + points[width + column]!)),
  )
  return { width, partialRounds, constants, matrix }
}

/** The points of the Cauchy matrix: taken modulo P, not rejected, and drawn again as a whole if two are equal. */
function distinctPoints(bits: Iterator<number>, count: number): bigint[] {
  for (;;) {
    const points = Array.from({ length: count }, () => mod(take(bits)))
    if (new Set(points).size === count) return points
  }
}

const FIELD_BITS = 254

/** An integer of 254 bits, the most significant drawn first. */
function take(bits: Iterator<number>): bigint {
  let text = '0b'
  for (let i = 0; i < FIELD_BITS; i++) text += bits.next().value
  return BigInt(text)
}

/** The Grain LFSR in its self-shrinking mode (appendix F): of each pair of bits, the second counts if the first is 1. */
function* grain(width: number, partialRounds: number): Generator<number> {
  // prime field, S-box x^alpha, then the sizes, then ones
  const seed = [
    [1, 2],
    [0, 4],
    [FIELD_BITS, 12],
    [width, 12],
    [FULL_ROUNDS, 10],
    [partialRounds, 10],
    [2 ** 30 - 1, 30],
  ] as const
  const state = seed.flatMap(([value, size]) => Array.from(value.toString(2).padStart(size, '0'), Number))
  let at = 0
  const bit = (i: number) => state[(at + i) % 80]!
  const step = () => {
    const next = bit(62) ^ bit(51) ^ bit(38) ^ bit(23) ^ bit(13) ^ bit(0)
    state[at] = next
    at = (at + 1) % 80
    return next
  }
  for (let i = 0; i < 160; i++) step()
  for (;;) {
    const counts = step() === 1
    const value = step()
    if (counts) yield value
  }
}
