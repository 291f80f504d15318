/**
 * Elements against constants: output[i] = 1 where input[element[i]] >= threshold[i] (or is greater, where `strict`),
 * else 0.
 *
 * Thresholds of one element stand together and rise, so that a circuit ranks the element once among all of them.
 */
import { type Interval, joinIntervals } from '../interval.js'
import { join } from './rearrange.js'

export type Compare = {
  readonly kind: 'compare'
  /** For each output, the element of the joined inputs. */
  readonly element: Int32Array
  readonly threshold: Float64Array
  /** Of a float program: 1 for each output where the threshold itself is not reached. Integers have a next one instead. */
  readonly strict?: Uint8Array
}

export function run(op: Compare, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  return op.threshold.map((threshold, i) => {
    const value = joined[op.element[i]!]!
    return value > threshold || (value === threshold && !op.strict?.[i]) ? 1 : 0
  })
}

export function bound(op: Compare, inputs: readonly Interval[]): Interval {
  const { lo, hi } = joinIntervals(inputs)
  return { lo: run(op, [lo]), hi: run(op, [hi]) }
}
