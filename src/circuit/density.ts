/**
 * Where a tensor's elements should become wires of their own.
 *
 * A linear combination of t terms that u others use is written out u times; a wire costs one constraint and is written
 * once. Linear layers are free only while their rows stay short enough to write, read and check.
 */
import { widthOf } from '../base/integers.js'
import type { Bounds } from '../model/bounds.js'
import type { Node } from '../model/graph.js'
import { hull } from '../model/interval.js'
import type { QuantizedModel } from '../model/quantized.js'

/** Matrix entries that a constraint is worth. */
const ENTRIES_PER_CONSTRAINT = 200

/** By tensor id. Depends on the model alone, so that every constraint system decides alike. */
export function tensorsToWire(model: QuantizedModel, bounds: Bounds): readonly boolean[] {
  const uses = countUses(model)
  const terms = new Float64Array(model.tensors.length).fill(1)
  const decisions = new Array<boolean>(model.tensors.length).fill(false)
  for (const node of model.nodes) {
    const elements = Math.max(1, bounds[node.output]!.lo.length)
    const [t, u] = [termsOf(node, terms, bounds) / elements, uses[node.output]! / elements]
    decisions[node.output] = t * u - t - u > ENTRIES_PER_CONSTRAINT
    terms[node.output] = decisions[node.output] ? 1 : t
  }
  return decisions
}

/** How often, in all, the elements of each tensor stand in another's combination. */
function countUses(model: QuantizedModel): Float64Array {
  const uses = new Float64Array(model.tensors.length)
  for (const { op, inputs } of [...model.nodes].reverse()) {
    for (const id of inputs) {
      if (op.kind === 'linear') uses[id]! += op.column.length / inputs.length
      else uses[id]! += 1
    }
  }
  return uses
}

/** Terms of all elements of a node's output together. */
function termsOf(node: Node, terms: Float64Array, bounds: Bounds): number {
  const { op } = node
  const elements = bounds[node.output]!.lo.length
  const mean = node.inputs.reduce((sum, id) => sum + terms[id]!, 0) / Math.max(1, node.inputs.length)
  if (op.kind === 'linear') return op.column.length * mean + elements
  if (op.kind === 'rearrange') return elements * mean
  if (op.kind === 'rescale' && !op.relu) {
    const { lo, hi } = hull(bounds[node.output]!)
    return elements * (op.shift === 0 ? mean : widthOf(lo, hi))
  }
  return elements
}
