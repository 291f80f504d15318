/** min(max(x, lo), hi), elementwise. Relu is lo = 0, hi = Infinity; an absent side is an infinity. */
import { type Interval, mapMonotone } from '../interval.js'

export type Clamp = {
  readonly kind: 'clamp'
  readonly lo: number
  readonly hi: number
}

export function run(op: Clamp, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map((x) => Math.min(Math.max(x, op.lo), op.hi))
}

export function bound(op: Clamp, inputs: readonly Interval[]): Interval {
  return mapMonotone(inputs[0]!, (x) => Math.min(Math.max(x, op.lo), op.hi))
}
