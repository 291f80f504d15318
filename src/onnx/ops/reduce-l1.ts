/** ReduceL1: the sum of magnitudes; axes as an attribute before opset 18, as an input from then on. */
import type { Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf, weightedSum } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  // without axes ONNX Runtime reduces nothing, but takes magnitudes all the same
  const magnitudes = maximum(node.graph, [x, negate(node.graph, x)])
  return groups === undefined ? magnitudes : weightedSum(node.graph, magnitudes, groups, 1)
}
