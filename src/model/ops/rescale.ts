/**
 * Integers only: y = floor((x + 2^(shift-1)) / 2^shift), then at least 0 where `relu` is set.
 * One decomposition in the circuit gives quotient, remainder range and sign together.
 */
import { shiftRound } from '../../base/integers.js'
import { type Interval, mapMonotone } from '../interval.js'

export type Rescale = {
  readonly kind: 'rescale'
  /** >= 0; 0 with `relu` is a plain Relu. */
  readonly shift: number
  readonly relu: boolean
}

export function run(op: Rescale, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map((x) => rescale(x, op))
}

function rescale(x: number, { shift, relu }: Rescale): number {
  const y = shiftRound(x, shift)
  return relu && y < 0 ? 0 : y
}

export function bound(op: Rescale, inputs: readonly Interval[]): Interval {
  return mapMonotone(inputs[0]!, (x) => rescale(x, op))
}
