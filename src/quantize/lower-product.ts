/** Which forms of its factors a product is computed of. */
import type { Node, TensorId } from '../model/graph.js'
import { hull } from '../model/interval.js'
import type { Product } from '../model/ops/product.js'
import { narrow, raw, rescalePays, SUM_LIMIT, saturated, spareBits } from './forms.js'
import { isFlagged, productScale } from './lower-compare.js'
import { accumulatorsOf, joinScales, type Lowering } from './lowering.js'
import { boundStep } from './program.js'

/** Products of several scales may have to be brought to one, by whole numbers that must have room too. */
const MIXED_LIMIT = 2 ** 32

/**
 * As they were computed, unless rescaling a factor costs less than its bits in what is made of the products. A flag adds
 * no bits.
 */
export function factorsOf(state: Lowering, node: Node, op: Product): TensorId[] {
  if (isFlagged(state, node, op)) return node.inputs.map((tensor) => raw(state, tensor))
  const rows = accumulatorsAfter(state, node)
  const forms = node.inputs.map((tensor) => (rescalePays(state, tensor, rows) ? narrow : raw))
  const made = () => node.inputs.map((tensor, at) => forms[at]!(state, tensor))
  // products can hardly be made narrower than their factors: there are more of them
  const widest = [...node.inputs.keys()].sort(
    (a, b) => spareBits(state, node.inputs[b]!) - spareBits(state, node.inputs[a]!),
  )
  for (const form of [narrow, saturated]) {
    for (const at of widest) {
      if (fits(state, node, op, made())) return made()
      forms[at] = form
    }
  }
  return made()
}

/** The accumulators that the bits of a product end in: those of the sum over it, where there is one. */
function accumulatorsAfter(state: Lowering, { output }: Node): number {
  const readers = state.consumers[output]!
  if (!readers.every(({ op }) => op.kind === 'linear')) return accumulatorsOf(state, output)
  return readers.reduce((sum, reader) => sum + accumulatorsOf(state, reader.output), 0)
}

/** Whether sums of the products stay far enough from the end of what is exact for others to follow. */
function fits(state: Lowering, node: Node, op: Product, inputs: readonly TensorId[]): boolean {
  const { lo, hi } = hull(boundStep(state.program, op, inputs))
  const isMixed = productScale(op, joinScales(state.program, inputs)).length > 1
  return Math.max(-lo, hi) * longestSum(state, node) <= (isMixed ? MIXED_LIMIT : SUM_LIMIT)
}

/** The most terms of a sum over the products. */
function longestSum(state: Lowering, { output }: Node): number {
  let longest = 1
  for (const { op } of state.consumers[output]!) {
    if (op.kind !== 'linear') continue
    for (let row = 0; row < op.bias.length; row++)
      longest = Math.max(longest, op.rowStart[row + 1]! - op.rowStart[row]!)
  }
  return longest
}
