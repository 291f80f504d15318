/**
 * OneHotEncoder of ai.onnx.ml: a new last axis that says which category an element is. Floats are cast to integers, towards
 * zero. A model that takes no unknown category (`zeros` is 0) fails on one; here it is none of them.
 */
import { sizeOf } from '../../base/tensor.js'
import { has, ints } from '../attributes.js'
import { checkSize, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'
import { type Step, spike, staircase } from '../staircase.js'
import { UnsupportedNodeError } from '../unsupported.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  if (has(node.attributes, 'cats_strings'))
    throw new UnsupportedNodeError('its categories are strings', 'encode them as numbers before the model')
  const categories = ints(node.attributes, 'cats_int64s') ?? []
  if (categories.length === 0) throw new InvalidNodeError(node, 'it has no categories')
  const shape = [...x.shape, categories.length]
  checkSize(node.graph, sizeOf(shape), 'a one-hot encoding')
  const stepsOf = x.range === undefined ? truncatedTo : (category: number) => spike(category, 1)
  // of equal categories the last counts, as in a table that is filled in order
  const steps = categories.map((category, at) =>
    categories.lastIndexOf(category) === at ? stepsOf(category) : [],
  )
  const rows = Array.from({ length: sizeOf(shape) }, (_, at) => ({
    element: Math.floor(at / categories.length),
    base: 0,
    steps: steps[at % categories.length]!,
  }))
  return { ...staircase(node.graph, x, rows, shape), type: 'float32', range: { lo: 0, hi: 1 } }
}

/** The floats that a cast makes this integer of. */
function truncatedTo(integer: number): Step[] {
  if (integer > 0) return [step(integer, false, 1), step(integer + 1, false, -1)]
  if (integer < 0) return [step(integer - 1, true, 1), step(integer, true, -1)]
  return [step(-1, true, 1), step(1, false, -1)]
}

function step(at: number, strict: boolean, rise: number): Step {
  return { at, strict, rise }
}
