/** The place, within each group, of its largest member; of equal ones the first, as ONNX has it by default. */

import type { Interval } from '../interval.js'
import type { Groups } from './groups.js'
import { join } from './rearrange.js'

export type ArgMax = Groups & {
  readonly kind: 'argmax'
}

export function run(op: ArgMax, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  const output = new Float64Array(op.groupStart.length - 1)
  for (let group = 0; group < output.length; group++) {
    const start = op.groupStart[group]!
    let best = start
    for (let at = start + 1; at < op.groupStart[group + 1]!; at++) {
      if (joined[op.member[at]!]! > joined[op.member[best]!]!) best = at
    }
    output[group] = best - start
  }
  return output
}

export function bound(op: ArgMax): Interval {
  const groups = op.groupStart.length - 1
  const size = (_: unknown, group: number) => op.groupStart[group + 1]! - op.groupStart[group]! - 1
  return { lo: new Float64Array(groups), hi: Float64Array.from({ length: groups }, size) }
}
