/** ReduceL1: the sum of magnitudes; axes as an attribute before opset 18, as an input from then on. */
import type { Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf, weightedSum } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return x
  return weightedSum(node.graph, maximum(node.graph, [x, negate(node.graph, x)]), groups, 1)
}
