/**
 * Every linear operator with constant weights: output[row] = bias[row] + sum of weight * input over the row's entries.
 *
 * A sparse matrix in compressed rows over the joined inputs. Entries refer to `weights` by index, so that a convolution
 * keeps each kernel weight once, however often it is used. In a circuit this costs no constraint, unless the weights are
 * secret: then circuit and bounds follow from the entries and the bits of weights alone, never from a weight.
 */

import { EXACT_LIMIT } from '../../base/integers.js'
import { type Interval, joinIntervals } from '../interval.js'
import { join } from './rearrange.js'

export type Linear = {
  readonly kind: 'linear'
  /** rows + 1 offsets into `column` and `weight`. */
  readonly rowStart: Int32Array
  /** For each entry, the element of the joined inputs. Within a row each column stands at most once. */
  readonly column: Int32Array
  /** For each entry, the index of its weight in `weights`. */
  readonly weight: Int32Array
  readonly weights: Float64Array
  /** One a row. */
  readonly bias: Float64Array
  /** Of an integer program: that weights and biases are private in the circuit. */
  readonly secret?: Secret
  /** Of a float program whose weights will be private. */
  readonly standIns?: StandIns
}

/** Integers of b bits are those of [-2^(b-1), 2^(b-1)). */
export type Secret = {
  readonly weightBits: number
  readonly biasBits: number
  /** For each row the number of its bias: rows of a convolution's filter share one. Numbered by first appearance. */
  readonly biasOf: Int32Array
}

/**
 * Numbers that stand in for the weights wherever structure is decided: whether an entry is there, and which entries and
 * rows share a number. They follow from the architecture, so what is decided by them says nothing of the weights.
 */
export type StandIns = {
  /** One for each of `weights`. */
  readonly weight: Float64Array
  /** One a row. */
  readonly bias: Float64Array
}

export function run(op: Linear, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  const { rowStart, column, weight, weights, bias } = op
  const output = new Float64Array(bias.length)
  for (let row = 0; row < output.length; row++) {
    let sum = bias[row]!
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      sum += weights[weight[entry]!]! * joined[column[entry]!]!
    }
    output[row] = sum
  }
  return output
}

/**
 * Exact, term by term; of secret weights, over all that they could be. Where the terms' magnitudes add up to more than
 * float64 holds exactly, a partial sum could round although the result is small: the bound is then that magnitude, which
 * `boundsOf` refuses.
 */
export function bound(op: Linear, inputs: readonly Interval[]): Interval {
  const joined = joinIntervals(inputs)
  const { lo, hi } = biasBound(op)
  const weights = weightBound(op)
  for (let row = 0; row < lo.length; row++) {
    let magnitude = Math.max(-lo[row]!, hi[row]!)
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const [weight, column] = [op.weight[entry]!, op.column[entry]!]
      const [least, greatest] = span(
        weights.lo[weight]!,
        weights.hi[weight]!,
        joined.lo[column]!,
        joined.hi[column]!,
      )
      lo[row]! += least
      hi[row]! += greatest
      magnitude += Math.max(-least, greatest)
    }
    if (magnitude > EXACT_LIMIT) hi[row] = magnitude
  }
  return { lo, hi }
}

function biasBound({ bias, secret }: Linear): Interval {
  if (secret === undefined) return { lo: bias.slice(), hi: bias.slice() }
  const { least, greatest } = rangeOf(secret.biasBits)
  return { lo: new Float64Array(bias.length).fill(least), hi: new Float64Array(bias.length).fill(greatest) }
}

function weightBound({ weights, secret }: Linear): Interval {
  if (secret === undefined) return { lo: weights, hi: weights }
  const { least, greatest } = rangeOf(secret.weightBits)
  const size = weights.length
  return { lo: new Float64Array(size).fill(least), hi: new Float64Array(size).fill(greatest) }
}

/** The integers of so many bits, with the sign. */
export function rangeOf(bits: number): { least: number; greatest: number } {
  return { least: -(2 ** (bits - 1)), greatest: 2 ** (bits - 1) - 1 }
}

/** The least and the greatest product of two intervals. */
function span(a: number, b: number, c: number, d: number): [number, number] {
  const [ac, ad, bc, bd] = [a * c, a * d, b * c, b * d]
  return [Math.min(ac, ad, bc, bd), Math.max(ac, ad, bc, bd)]
}

/** The biases of a secret operator, each once, in the order of their numbers. */
export function distinctBiases({ bias }: Linear, { biasOf }: Secret): Float64Array {
  const count = biasOf.reduce((most, number) => Math.max(most, number + 1), 0)
  const distinct = new Float64Array(count)
  biasOf.forEach((number, row) => {
    distinct[number] = bias[row]!
  })
  return distinct
}
