/**
 * Every layout operator: element i of the output is element `index[i]` of the inputs, joined end to end, or `fill`
 * where the index is -1 (padding). Free in a circuit.
 */
import { type Interval, joinIntervals } from '../interval.js'

export type Rearrange = {
  readonly kind: 'rearrange'
  readonly index: Int32Array
  readonly fill: number
}

export function run(op: Rearrange, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  const output = new Float64Array(op.index.length)
  for (let i = 0; i < output.length; i++) {
    const source = op.index[i]!
    output[i] = source < 0 ? op.fill : joined[source]!
  }
  return output
}

/** The inputs of a node end to end: what the columns and indices of core operators count along. */
export function join(inputs: readonly Float64Array[]): Float64Array {
  if (inputs.length === 1) return inputs[0]!
  const joined = new Float64Array(inputs.reduce((size, input) => size + input.length, 0))
  let offset = 0
  for (const input of inputs) {
    joined.set(input, offset)
    offset += input.length
  }
  return joined
}

export function bound(op: Rearrange, inputs: readonly Interval[]): Interval {
  const { lo, hi } = joinIntervals(inputs)
  return { lo: run(op, [lo]), hi: run(op, [hi]) }
}
