/** A tensor known at compile time. */
import type { Interval } from '../interval.js'

export type Constant = {
  readonly kind: 'constant'
  readonly data: Float64Array
}

export function run(op: Constant): Float64Array {
  return op.data
}

export function bound(op: Constant): Interval {
  return { lo: op.data, hi: op.data }
}
