/** Inputs to attack from: the ends of the domain and zero, where signs and ties are decided, and seeded ones. */
import { InternalError } from '../base/errors.js'
import type { Random } from '../base/random.js'
import { sizeOf } from '../base/tensor.js'
import type { Assignment } from '../circuit/cs/evaluator.js'
import type { Extra } from '../circuit/disclose.js'
import { type Blueprint, privateInputsOf } from '../circuit/synthesize.js'
import { execute, type Values } from '../model/execute.js'
import { at, type QuantizedInput, type QuantizedModel } from '../model/quantized.js'

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

/** What an honest prover starts from: the inputs, random salts and context, and claims that are true. */
export function assignmentOf(blueprint: Blueprint, inputs: Values, random: Random): Assignment {
  const strongest = strongestClaims(blueprint, inputs)
  const extras = blueprint.extras.map((extra, i) => {
    const claim = strongest[i]
    if (claim === undefined) return random.element()
    return random.pick([claim, random.int(leastClaim(blueprint, extra), claim)])
  })
  return {
    publicInputs: blueprint.layout.publicInputs.map(() => random.element()),
    privateInputs: privateInputsOf(blueprint, inputs, extras),
  }
}

/**
 * By extra, the greatest claim that is true of the inputs: the value itself is the greatest threshold that it reaches,
 * the lead over the next score the greatest margin. Nothing for salts.
 */
export function strongestClaims({ model, extras }: Blueprint, inputs: Values): (number | undefined)[] {
  const values = execute(model, inputs)
  return extras.map(({ kind, name }) => {
    if (kind === 'salt') return undefined
    const output = model.outputs.find((port) => port.name === name)
    if (output === undefined) throw new InternalError(`A claim is about "${name}", which is no output.`)
    const scores = values[output.tensor]!.toSorted()
    return kind === 'threshold' ? scores[0]! : scores.at(-1)! - scores.at(-2)!
  })
}

function leastClaim({ statement }: Blueprint, { kind, name }: Extra): number {
  return statement.outputs.find((part) => part.name === name && part.shows === kind)!.lo
}

function fill({ inputs, tensors }: Inputs, choose: (lo: number, hi: number) => number): Values {
  const size = ({ tensor }: QuantizedInput) => sizeOf(tensors[tensor]!.shape)
  return inputs.map((input) =>
    Float64Array.from({ length: size(input) }, (_, i) => choose(at(input.lo, i), at(input.hi, i))),
  )
}
