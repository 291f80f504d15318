/** ReduceSum: axes as an attribute before opset 13, as an input from then on. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf, weightedSum } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 13)
  return groups === undefined ? x : weightedSum(node.graph, x, groups, 1)
}
