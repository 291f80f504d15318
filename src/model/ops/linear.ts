/**
 * Every linear operator with constant weights: output[row] = bias[row] + sum of weight * input over the row's entries.
 *
 * A sparse matrix in compressed rows over the joined inputs. Entries refer to `weights` by index, so that a convolution
 * keeps each kernel weight once, however often it is used. In a circuit this costs no constraint.
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
 * Exact, term by term. Where the terms' magnitudes add up to more than float64 holds exactly, a partial sum could round
 * although the result is small: the bound is then that magnitude, which `boundsOf` refuses.
 */
export function bound(op: Linear, inputs: readonly Interval[]): Interval {
  const joined = joinIntervals(inputs)
  const lo = op.bias.slice()
  const hi = op.bias.slice()
  for (let row = 0; row < lo.length; row++) {
    let magnitude = Math.abs(op.bias[row]!)
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const weight = op.weights[op.weight[entry]!]!
      const column = op.column[entry]!
      const [a, b] = [weight * joined.lo[column]!, weight * joined.hi[column]!]
      lo[row]! += Math.min(a, b)
      hi[row]! += Math.max(a, b)
      magnitude += Math.max(Math.abs(a), Math.abs(b))
    }
    if (magnitude > EXACT_LIMIT) hi[row] = magnitude
  }
  return { lo, hi }
}
