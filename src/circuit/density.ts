/**
 * Where a tensor's elements should become wires of their own.
 *
 * A linear combination of t terms that u others use is written out u times; a wire costs one constraint and is written
 * once. Linear layers are free only while their rows stay short enough to write, read and check. Where weights are secret
 * each of their factors stands in a product of its own, on the side that costs the prover most: one wire each, always.
 */
import { widthOf } from '../base/integers.js'
import type { Bounds } from '../model/bounds.js'
import type { Node } from '../model/graph.js'
import { hull, type Interval } from '../model/interval.js'
import type { QuantizedModel } from '../model/quantized.js'

/** Matrix entries that a constraint is worth. */
export const ENTRIES_PER_CONSTRAINT = 200

/** By tensor id. Depends on the model alone, so that every constraint system decides alike. */
export function tensorsToWire(model: QuantizedModel, bounds: Bounds): readonly boolean[] {
  const uses = countUses(model)
  const factors = factorsOfSecrets(model)
  const terms = new Float64Array(model.tensors.length).fill(1)
  const decisions = new Array<boolean>(model.tensors.length).fill(false)
  for (const node of model.nodes) {
    const elements = Math.max(1, bounds[node.output]!.lo.length)
    const [t, u] = [termsOf(node, terms, bounds) / elements, uses[node.output]! / elements]
    const asFactor = factors[node.output]! && !makesWires(node, bounds)
    decisions[node.output] = asFactor || t * u - t - u > ENTRIES_PER_CONSTRAINT
    terms[node.output] = decisions[node.output] ? 1 : t
  }
  return decisions
}

/** By tensor id: whether a secret operator reads it, layout between them aside. */
function factorsOfSecrets(model: QuantizedModel): readonly boolean[] {
  const factors = new Array<boolean>(model.tensors.length).fill(false)
  for (const { op, inputs, output } of [...model.nodes].reverse()) {
    const reads = op.kind === 'rearrange' ? factors[output]! : op.kind === 'linear' && op.secret !== undefined
    if (reads) for (const id of inputs) factors[id] = true
  }
  return factors
}

/** Whether every element of a node's output is one wire already, or what it was before. */
function makesWires({ op, inputs }: Node, bounds: Bounds): boolean {
  if (op.kind === 'linear') return op.secret !== undefined
  if (op.kind === 'rescale') return op.relu && isSigned(bounds[inputs[0]!]!)
  return op.kind === 'rearrange'
}

function isSigned({ lo, hi }: Interval): boolean {
  return lo.every((least, i) => least < 0 && hi[i]! > 0)
}

/** How often, in all, the elements of each tensor stand in another's combination. */
function countUses(model: QuantizedModel): Float64Array {
  const uses = new Float64Array(model.tensors.length)
  for (const { op, inputs } of [...model.nodes].reverse()) {
    for (const id of inputs) {
      if (op.kind === 'linear') uses[id]! += op.column.length / inputs.length
      else if (op.kind === 'product') uses[id]! += (2 * op.left.length) / inputs.length
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
  if (op.kind === 'linear') return op.secret === undefined ? op.column.length * mean + elements : elements
  if (op.kind === 'rearrange') return elements * mean
  if (op.kind === 'rescale' && !op.relu) {
    const { lo, hi } = hull(bounds[node.output]!)
    return elements * (op.shift === 0 ? mean : widthOf(lo, hi))
  }
  if (op.kind === 'round') {
    const { lo, hi } = hull(bounds[node.output]!)
    return elements * (op.shift === 0 ? mean : widthOf(lo, hi) + 1)
  }
  return elements
}
