/** The largest of each group: MaxPool (padding is simply not a member), ReduceMax, Max with broadcasting. */

import { type Interval, joinIntervals } from '../interval.js'
import type { Groups } from './groups.js'
import { join } from './rearrange.js'

export type Max = Groups & {
  readonly kind: 'max'
}

export function run(op: Max, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  const output = new Float64Array(op.groupStart.length - 1)
  for (let group = 0; group < output.length; group++) {
    let best = -Infinity
    for (let at = op.groupStart[group]!; at < op.groupStart[group + 1]!; at++) {
      best = Math.max(best, joined[op.member[at]!]!)
    }
    output[group] = best
  }
  return output
}

export function bound(op: Max, inputs: readonly Interval[]): Interval {
  const { lo, hi } = joinIntervals(inputs)
  return { lo: run(op, [lo]), hi: run(op, [hi]) }
}
