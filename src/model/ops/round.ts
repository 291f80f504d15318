/**
 * x / 2^shift as a whole number: the one below, or the nearest, of two equally near ones the even one. In a float program
 * the shift is 0: Floor and Round of ONNX.
 */
import { shiftRoundEven } from '../../base/integers.js'
import { type Interval, mapMonotone } from '../interval.js'

export type Round = {
  readonly kind: 'round'
  /** To the nearest; otherwise down. */
  readonly even: boolean
  /** >= 0. */
  readonly shift: number
}

export function run(op: Round, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map((x) => roundTo(x, op))
}

export function bound(op: Round, inputs: readonly Interval[]): Interval {
  return mapMonotone(inputs[0]!, (x) => roundTo(x, op))
}

function roundTo(x: number, { even, shift }: Round): number {
  return even ? shiftRoundEven(x, shift) : Math.floor(x / 2 ** shift) + 0
}
