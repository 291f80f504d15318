/** Inputs to attack from: the ends of the domain and zero, where signs and ties are decided, and seeded ones. */
import { sizeOf } from '../base/tensor.js'
import type { Values } from '../model/execute.js'
import { at, type QuantizedInput, type QuantizedModel } from '../model/quantized.js'
import type { Random } from './random.js'

type Inputs = Pick<QuantizedModel, 'inputs' | 'tensors'>

/** All elements at their least, at their greatest, and as near to zero as they come. */
export function edgeInputs(model: Inputs): Values[] {
  return [
    fill(model, (lo) => lo),
    fill(model, (_, hi) => hi),
    fill(model, (lo, hi) => Math.min(Math.max(0, lo), hi)),
  ]
}

/** Integers from the domain, its ends more often than chance would have them. */
export function randomInputs(model: Inputs, random: Random): Values {
  return fill(model, (lo, hi) => random.pick([lo, hi, random.int(lo, hi), random.int(lo, hi)]))
}

function fill({ inputs, tensors }: Inputs, choose: (lo: number, hi: number) => number): Values {
  const size = ({ tensor }: QuantizedInput) => sizeOf(tensors[tensor]!.shape)
  return inputs.map((input) =>
    Float64Array.from({ length: size(input) }, (_, i) => choose(at(input.lo, i), at(input.hi, i))),
  )
}
