/** ReduceLogSum: the logarithm of the sum; axes as an attribute before opset 18, as an input from then on. */
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'
import { reductionOf, weightedSum } from '../reduce.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  return smooth(node.graph, groups === undefined ? x : weightedSum(node.graph, x, groups, 1), 'log')
}
